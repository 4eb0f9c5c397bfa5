"""Use case of `galu tac`: a table of scans of many regions in, a fitted curve of each out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from galu import kinetics
from galu.desk.rows import Row as Cells
from galu.desk.rows import read_rows
from galu.desk.table import plain_columns
from galu.finding import InputError
from galu.nuclides import HALF_LIFE_SOURCE, nuclide
from galu.vocabulary.regions import place, region_name

Row = dict[str, Any]
#: Coefficient of variation of a population's effective half-life (assumed).
POPULATION_SPREAD = 0.3
_COLUMNS = ("region", "time_h", "activity_mbq", "sigma_mbq")


def read_table(path: Path, columns: tuple[str, ...], text: tuple[str, ...]) -> list[tuple[Row, Cells]]:
    """Read a CSV file with the named columns, those in `text` filled and the others numbers.

    Returns
    -------
    list of (dict, Row)
        Values of the named columns, and the cells they come from.

    Raises
    ------
    InputError
        When the file, a column or a cell is bad, or there is no row.
    """
    rows = read_rows(path, columns)
    if not rows:
        raise InputError(str(path), "holds no row below its header", "give one row per measurement")
    return [({name: _value(row, name, name in text) for name in columns}, row) for row in rows]


def _value(row: Cells, name: str, is_text: bool) -> str | float:
    if is_text:
        return row.given(name, "name it in every row")
    number = row.number(name)
    if number is None:
        raise InputError(row.place(name), "holds no number", "fill the cell or remove the row")
    return number


def samples_of(columns: Sequence[Sequence[float]], half_life_h: float, place: str) -> kinetics.Samples:
    """Scans of a region from its times [h], activities and σ [MBq].

    Raises
    ------
    InputError
        When they are no samples; it names their place.
    """
    time_h, activity_mbq, sigma_mbq = map(tuple, columns)
    try:
        return kinetics.Samples(time_h, activity_mbq, sigma_mbq, half_life_h)
    except InputError as error:
        raise InputError(f"{place}, {error.place}", error.fault, error.remedy) from None


def fit_region(
    samples: kinetics.Samples, model: str, tail: str, population_teff_h: float | None
) -> kinetics.FittedCurve:
    """Fit one region by the model a person named.

    Raises
    ------
    InputError
        When the model is unknown or cannot be used with these scans.
    """
    if model == "trapezoid":
        tails = {"physical": kinetics.trapezoid_physical_tail, "fitted": kinetics.trapezoid_fitted_tail}
        if tail not in tails:
            raise InputError("--tail", f"{tail!r} is unknown", "say physical or fitted")
        return tails[tail](samples)
    if model == "auto" and len(samples.time_h) == 1 and population_teff_h is not None:
        return kinetics.single_scan(samples, population_teff_h, POPULATION_SPREAD)
    if model not in ("hanscheid", "madsen"):
        if model not in kinetics.MODELS:
            known = ", ".join((*kinetics.MODELS, "trapezoid", "hanscheid", "madsen"))
            raise InputError("--model", f"{model!r} is unknown", f"use one of {known}")
        return kinetics.MODELS[model](samples)
    if len(samples.time_h) != 1:
        raise InputError(model, "is for one scan", "give one row per region or fit a curve")
    scan = (samples.time_h[0], samples.activity_mbq[0], samples.sigma_mbq[0])
    if model == "hanscheid":
        return kinetics.hanscheid(*scan)
    if population_teff_h is None:
        raise InputError("madsen", "needs a population half-life", "give --population-teff-h")
    return kinetics.madsen(*scan, population_teff_h, samples.half_life_h)


def time_activity(
    path: Path, nuclide_name: str, model: str, tail: str, population_teff_h: float | None
) -> Row:
    """Fit every region of a CSV file (region, time_h, activity_mbq, sigma_mbq; activity at scan time).

    Raises
    ------
    InputError
        When the file, a model or the population's half-life is bad.
    """
    if population_teff_h is not None and not 0 < population_teff_h < math.inf:
        fault = f"{population_teff_h:g} h is no half-life"
        raise InputError("--population-teff-h", fault, "give it in hours, above zero")
    agent = nuclide(nuclide_name)
    half_life = agent.half_life_h
    regions = []
    for name, columns in _by_region(path):
        samples = samples_of(columns, half_life, f"{path} region {name}")
        try:
            fit = fit_region(samples, model, tail, population_teff_h)
        except InputError as error:
            raise InputError(f"{path} region {name}, {error.place}", error.fault, error.remedy) from None
        regions.append({"region": name} | fit_facts(fit) | {"interval_mbq_h": fit.interval_mbq_h})
    of_nuclide = {"nuclide": agent.name, "half_life_h": half_life, "half_life_source": HALF_LIFE_SOURCE}
    return {**of_nuclide, "regions": regions}


def _by_region(path: Path) -> Iterator[tuple[str, list[list[float]]]]:
    """Each region with its times [h], activities and σ [MBq], however its name is spelled."""
    names, *numbers = _plain_scans(path) or _scans(path)
    known = {name: region_name(name) for name in dict.fromkeys(names)}
    groups: dict[str, tuple[str, list[list[float]]]] = {}
    for name, *scan in zip(names, *numbers, strict=True):
        _, columns = groups.setdefault(known[name], (name, [[], [], []]))
        for column, number in zip(columns, scan, strict=True):
            column.append(number)
    for told, (name, columns) in groups.items():
        yield told if place(told) is not None else name, columns


def _plain_scans(path: Path) -> list[list[Any]] | None:
    """Columns of a file in which nothing is missing and every number is one, else None."""
    header, columns = plain_columns(path) or ((), ())
    named = dict(zip((name.strip() for name in header), columns, strict=True))
    if not set(_COLUMNS) <= set(named) or not all(named["region"]):
        return None
    try:
        numbers = [list(map(float, named[name])) for name in _COLUMNS[1:]]
    except ValueError:
        return None
    finite = all(all(map(math.isfinite, column)) for column in numbers)
    return [named["region"], *numbers] if finite and named["region"] else None


def _scans(path: Path) -> list[list[Any]]:
    """The same columns read row by row; what is wrong ends in a sentence with its place."""
    rows = [row for row, _ in read_table(path, _COLUMNS, ("region",))]
    return [[row[name] for row in rows] for name in _COLUMNS]


def fit_facts(fit: kinetics.FittedCurve) -> Row:
    """What is said of a fitted curve, of one region or of one cycle of it."""
    return {
        "model": fit.model,
        "parameters": dict(fit.parameters),
        "tia_mbq_h": fit.tia_mbq_h,
        "u_tia_mbq_h": fit.u_tia_mbq_h,
        "t_eff_h": fit.t_eff_h,
        "at_bound": fit.at_bound,
        "reason": fit.reason,
        "chi2": fit.chi2 if math.isfinite(fit.chi2) else None,
        "degrees_of_freedom": fit.degrees,
        "decay_state": fit.decay_state,
    }
