"""Use case of `galu population`: a table of samples of many subjects in, a population fit out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from galu.desk.nca_table import read_rows
from galu.finding import InputError
from galu.pharmacokinetics.population import PopulationData, fit_foce, fit_laplace, population_data

METHODS = {"foce": fit_foce, "laplace": fit_laplace}


def fit(path: Path, method: str, covariate: str | None, reference: float) -> dict[str, Any]:
    """Fit the bi-exponential model to columns subject, time, conc, and where given cens and a covariate.

    Raises
    ------
    InputError
        When the file, a column or a number is bad, or the method is unknown.
    """
    if method == "bayes":
        return _bayesian(read_data(path, covariate, reference))
    if method not in METHODS:
        raise InputError("--method", f"{method!r} is unknown", "use foce, laplace or bayes")
    found = METHODS[method](read_data(path, covariate, reference))
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

    def number(line: int, column: str) -> float:
        text = rows[line].get(column, "")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            place = f"{path} line {line + 2}, {column}"
            raise InputError(place, f"{text!r} is no number", "enter a plain decimal number")
        return value

    lines = range(len(rows))
    scaled = None
    if covariate is not None:
        values = [number(line, covariate) for line in lines]
        if min(values) <= 0.0:
            raise InputError(f"{path}, {covariate}", "holds a value that is not positive", "correct it")
        scaled = [math.log(value / reference) for value in values]
    return population_data(
        [row["subject"] for row in rows],
        [number(line, "time") for line in lines],
        [number(line, "conc") for line in lines],
        [row.get("cens", "") in ("1", "true", "TRUE") for row in rows],
        scaled,
    )
