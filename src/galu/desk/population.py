"""Use case of `galu population`: a table of samples of many subjects in, a population fit out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from galu.desk.nca_table import number, read_rows
from galu.desk.table import Row
from galu.finding import InputError
from galu.pharmacokinetics.population import PopulationData, fit_foce, fit_laplace, population_data

METHODS = {"foce": fit_foce, "laplace": fit_laplace}
_CENSORED: Final = {"": False, "0": False, "false": False, "1": True, "true": True}


def fit(path: Path, method: str, covariate: str | None, reference: float) -> dict[str, Any]:
    """Fit the bi-exponential model to columns subject, time, conc, and where given cens and a covariate.

    Raises
    ------
    InputError
        When the file, a column or a number is bad, or the method is unknown.
    """
    if method not in (*METHODS, "bayes"):
        raise InputError("--method", f"{method!r} is unknown", "use foce, laplace or bayes")
    data = read_data(path, covariate, reference)
    with _in_file(path):
        if method == "bayes":
            return _bayesian(data)
        found = METHODS[method](data)
    individual = dict(zip(found.subjects, found.individual.tolist(), strict=True))
    return {
        "method": found.method,
        "subjects": len(found.subjects),
        "estimate": found.estimate,
        "standard_error": {k: None if math.isnan(v) else v for k, v in found.standard_error.items()},
        "omega": found.omega,
        "sigma": found.sigma,
        "log_likelihood": found.log_likelihood,
        "individual": individual,
        "converged": found.converged,
        "reason": found.reason,
    }


def _bayesian(data: PopulationData) -> dict[str, Any]:
    from galu.pharmacokinetics.bayesian import fit_bayesian

    found = fit_bayesian(data, seed=1)
    answer: dict[str, Any] = {"method": "Bayesian (NUTS), M3", "subjects": len(data.subjects)}
    answer |= {"estimate": found.mean, "standard_error": found.sd, "r_hat": found.r_hat, "ess": found.ess}
    said = f"not to be trusted: R̂ {found.r_hat:.3f}, ESS {found.ess:.0f}, {found.divergences} divergences"
    answer |= {"divergences": found.divergences, "trusted": found.trusted}
    return answer | {"reason": "" if found.trusted else said}


def read_data(path: Path, covariate: str | None, reference: float) -> PopulationData:
    """Rows of a CSV file; `cens` 1 marks a concentration that is the limit of quantification."""
    rows = read_rows(path)
    if covariate is not None and covariate not in rows[0]:
        raise InputError(str(path), f"no column {covariate}", "name a column of the file, or leave it out")
    if not reference > 0.0:
        raise InputError("--reference", f"{reference:g} is not positive", "give the covariate's reference")

    lines = range(len(rows))
    scaled = None
    if covariate is not None:
        values = [_number(path, rows, line, covariate) for line in lines]
        low = next((line for line in lines if values[line] <= 0.0), None)
        if low is not None:
            raise InputError(_place(path, low, covariate), "it is not positive", "correct it")
        scaled = [math.log(value / reference) for value in values]
    with _in_file(path):
        return population_data(
            [_subject(path, rows, line) for line in lines],
            [_time_h(path, rows, line) for line in lines],
            [_conc(path, rows, line) for line in lines],
            [_censored(path, rows, line) for line in lines],
            scaled,
        )


@contextmanager
def _in_file(path: Path) -> Iterator[None]:
    """Name the file in what the fit says of its data."""
    try:
        yield
    except InputError as error:
        place = error.place.replace("population data", str(path), 1)
        raise InputError(place, error.fault, error.remedy) from error


def _place(path: Path, line: int, column: str) -> str:
    return f"{path} line {line + 2}, {column}"


def _number(path: Path, rows: list[Row], line: int, column: str) -> float:
    return number(rows[line].get(column, ""), _place(path, line, column))


def _subject(path: Path, rows: list[Row], line: int) -> str:
    if not rows[line]["subject"]:
        raise InputError(_place(path, line, "subject"), "it is empty", "name the subject of every sample")
    return rows[line]["subject"]


def _time_h(path: Path, rows: list[Row], line: int) -> float:
    time = _number(path, rows, line, "time")
    if time < 0.0:
        fault = f"{time:g} h is before the dose, where the model has no curve"
        raise InputError(_place(path, line, "time"), fault, "leave the sample out")
    return time


def _conc(path: Path, rows: list[Row], line: int) -> float:
    conc = _number(path, rows, line, "conc")
    if not conc > 0.0:
        remedy = "give the limit of quantification and cens 1 where it is below, or leave the sample out"
        raise InputError(_place(path, line, "conc"), f"{conc:g} is not positive", remedy)
    return conc


def _censored(path: Path, rows: list[Row], line: int) -> bool:
    text = rows[line].get("cens", "")
    if text.lower() not in _CENSORED:
        raise InputError(_place(path, line, "cens"), f"{text!r} is neither 0 nor 1", "mark it 0 or 1")
    return _CENSORED[text.lower()]
