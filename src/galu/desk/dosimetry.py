"""Use cases of dosimetry: read the physicist's tables, fit, compute doses, project the next cycle."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from pydantic import ValidationError

from galu import dosimetry, kinetics
from galu.finding import InputError
from galu.nuclides import nuclide

Row = dict[str, Any]
#: Cycles of each subject and region.
Activities = dict[tuple[str, str], tuple[dosimetry.CycleActivity, ...]]
#: Coefficient of variation of a population's effective half-life (assumed).
POPULATION_SPREAD = 0.3
#: Monte Carlo draws of a budget, and their seed: the same table gives the same numbers.
DRAWS, DRAWS_SEED = 5000, 1


def read_table(path: Path, columns: tuple[str, ...], text: tuple[str, ...]) -> pl.DataFrame:
    """Read a CSV file with the named columns; those in `text` stay text, the others become numbers.

    Raises
    ------
    InputError
        When the file, a column or a number is bad.
    """
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(str(path), f"cannot be read ({error})", "give a CSV file with a header") from None
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise InputError(str(path), f"lacks column {', '.join(missing)}", f"give {', '.join(columns)}")
    numbers = [name for name in columns if name not in text]
    for name in numbers:
        parsed = frame[name].str.strip_chars().cast(pl.Float64, strict=False)
        bad = parsed.is_null() | ~parsed.is_finite().fill_null(False)
        if bad.any():
            line = int(bad.arg_true()[0]) + 2
            fault = f"{frame[name][line - 2]!r} is no number"
            raise InputError(f"{path} line {line} column {name}", fault, "correct the cell or remove the row")
        frame = frame.with_columns(parsed.alias(name))
    return frame


def _samples(group: pl.DataFrame, half_life_h: float) -> kinetics.Samples:
    columns = [tuple(group[name].to_list()) for name in ("time_h", "activity_mbq", "sigma_mbq")]
    return kinetics.Samples(columns[0], columns[1], columns[2], half_life_h)


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
    if population_teff_h is None or not population_teff_h > 0:
        raise InputError("madsen", "needs a population half-life", "give --population-teff-h")
    return kinetics.madsen(*scan, population_teff_h, samples.half_life_h)


def time_activity(
    path: Path, nuclide_name: str, model: str, tail: str, population_teff_h: float | None
) -> dict[str, list[Row]]:
    """Fit every region of a CSV file (region, time_h, activity_mbq, sigma_mbq; activity at scan time)."""
    half_life = nuclide(nuclide_name).half_life_h
    table = read_table(path, ("region", "time_h", "activity_mbq", "sigma_mbq"), ("region",))
    regions = []
    for (name,), group in table.group_by(["region"], maintain_order=True):
        try:
            fit = fit_region(_samples(group, half_life), model, tail, population_teff_h)
        except InputError as error:
            raise InputError(f"{path} region {name}, {error.place}", error.fault, error.remedy) from None
        row = {"region": name, "model": fit.model, "parameters": dict(fit.parameters)}
        row |= {"tia_mbq_h": fit.tia_mbq_h, "u_tia_mbq_h": fit.u_tia_mbq_h, "t_eff_h": fit.t_eff_h}
        row |= {"at_bound": fit.at_bound, "reason": fit.reason, "decay_state": fit.decay_state}
        row |= {"interval_mbq_h": fit.interval_mbq_h}
        regions.append(row)
    return {"regions": regions}


def biological(
    dose_gy: float, teff_h: float | None, curve: str, radiobiology: tuple[float, float], cycles: int
) -> Row:
    """BED of a dose in every cycle; `curve` is `A:T,A:T…`, or empty for one exponential.

    `radiobiology` is (α/β [Gy], repair half-time [h]).
    """
    if not curve and teff_h is None:
        raise InputError("--teff-h", "is missing", "give it, or --curve A:T,A:T")
    phases = [(1.0, teff_h or 0.0)]
    if curve:
        try:
            phases = [(float(a), float(t)) for a, t in (part.split(":") for part in curve.split(","))]
        except ValueError:
            raise InputError(
                "--curve", f"{curve!r} is not A:T,A:T", "give amplitude:half-life pairs"
            ) from None
    shape = kinetics.ExponentialSum(tuple(a for a, _ in phases), tuple(t for _, t in phases))
    result = dosimetry.biological_dose(dose_gy, shape, radiobiology[0], radiobiology[1], cycles)
    return {"g": result.g, "bed_gy": result.bed_gy, "eqd2_gy": result.eqd2_gy}


def refuse_alpha(nuclide_name: str) -> None:
    """Refuse BED of a nuclide that emits α particles.

    Raises
    ------
    InputError
        When it does, or is unknown.
    """
    dosimetry.refuse_alpha(nuclide(nuclide_name))


def read_plan(study: Path) -> dosimetry.DosimetryPlan:
    """Read the dosimetry section of a study file, or of `study.yaml` in a folder.

    Raises
    ------
    InputError
        When the file or the section is bad.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    path = study / "study.yaml" if study.is_dir() else study
    try:
        document = YAML(typ="safe").load(path.read_text("utf-8"))
        section = document["dosimetry"]
        return dosimetry.DosimetryPlan.model_validate(section)
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise InputError(str(path), f"cannot be read ({error})", "give a study file") from None
    except (KeyError, TypeError):
        raise InputError(str(path), "has no dosimetry section", "add one") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{path} dosimetry.{where}", first["msg"], "correct the study file") from None


_DOSE_COLUMNS = (
    "subject", "cycle", "region", "time_h", "activity_mbq", "sigma_mbq", "mass_g", "administered_mbq",
)  # fmt: skip


def doses(path: Path, study: Path, override: str = "", risk_factors: bool = False) -> dict[str, list[Row]]:
    """Dose, BED, cumulative and projected dose of every subject, cycle and region of a CSV file.

    `override` is the id of the signed statement that accepts unusual doses; an impossible dose is
    refused whatever it says.
    """
    plan = read_plan(study)
    return dose_rows(read_activities(path, plan), plan, override, risk_factors)


def read_activities(path: Path, plan: dosimetry.DosimetryPlan) -> Activities:
    """Read the measurements of every subject and region, cycle by cycle.

    Raises
    ------
    InputError
        When the file or a cell is bad, or a cycle has several masses or administered activities.
    """
    half_life = nuclide(plan.therapy_nuclide.value).half_life_h
    table = read_table(path, _DOSE_COLUMNS, ("subject", "region"))
    table = table.sort("subject", "region", "cycle", "time_h")
    found: Activities = {}
    for (subject, region), group in table.group_by(["subject", "region"], maintain_order=True):
        place = f"{path} subject {subject}"
        found[str(subject), str(region)] = tuple(
            _cycle_activity(int(cycle), part, half_life, f"{place} cycle {cycle:g} {region}")
            for (cycle,), part in group.group_by(["cycle"], maintain_order=True)
        )
    return found


def dose_rows(
    activities: Activities, plan: dosimetry.DosimetryPlan, override: str = "", risk_factors: bool = False
) -> dict[str, list[Row]]:
    """Doses of every subject, cycle and region, as `doses` gives them."""
    rows: list[Row] = []
    for (subject, region), cycles in activities.items():
        course = dosimetry.derive_course(region, cycles, plan, override, risk_factors)
        rows += [{"subject": subject} | _dose_row(one) for one in course]
    return {"doses": rows}


def with_budgets(doses: dict[str, list[Row]], path: Path, study: Path) -> dict[str, list[Row]]:
    """Rows of `doses` with the relative uncertainty of dose and BED, to first order and by Monte Carlo.

    Calibration and recovery are those of the study, together; the draws have a fixed seed.
    """
    plan = read_plan(study)
    therapy, shared = nuclide(plan.therapy_nuclide.value), plan.uncertainty.value
    table = read_table(path, _DOSE_COLUMNS, ("subject", "region")).sort("time_h")
    rows = []
    for row in doses["doses"]:
        same = pl.all_horizontal(pl.col(name) == row[name] for name in ("subject", "cycle", "region"))
        part, region = table.filter(same), plan.region(row["region"])
        if row["dose_gy"] is None:
            rows.append(row | {"budget": None})
            continue
        used = row["parameters"]
        one_scan = "prior_teff_h" in used
        if part.height == 1 and not one_scan:
            rows.append(row | {"budget": None})
            continue
        chain = dosimetry.Chain(
            samples=_samples(part, therapy.half_life_h),
            nuclide=therapy,
            volume_ml=part["mass_g"][0] / region.density_g_ml,
            u_volume=shared.mass,
            calibration=float(np.hypot(shared.calibration, shared.recovery)),
            recovery=dosimetry.RecoveryCurve(0.0, 1.0),
            u_s=shared.s_value,
            radiobiology=(region.alpha_beta_gy, region.repair_half_time_h),
            prior=(used["prior_teff_h"], used["prior_spread"]) if one_scan else None,
            shape=region.fast_phase() or kinetics.NO_FAST_PHASE,
        )
        rows.append(row | {"budget": _budget_row(chain)})
    return {"doses": rows}


def _budget_row(chain: dosimetry.Chain) -> Row:
    budget = dosimetry.dose_budget(chain, np.random.default_rng(DRAWS_SEED), DRAWS)
    lines = {
        line.quantity: {
            "first_order": line.first_order,
            "monte_carlo": line.monte_carlo,
            "first_order_reliable": line.first_order_reliable,
            "reported": line.reported(),
        }
        for line in budget.lines
    }
    return {"relative": lines, "contributions": dict(budget.contributions), "note": budget.note}


def scan_times(
    candidates: str, scans: int, sigma: float, teff: tuple[float, float], nuclide_name: str
) -> Row:
    """Best one or two of the candidate times [h] for a population's half-life (median, spread).

    Raises
    ------
    InputError
        When a candidate is no time, or a number of scans other than one or two is wanted.
    """
    try:
        times = tuple(float(part) for part in candidates.split(","))
    except ValueError:
        times = ()
    if not times or not all(0 <= time < float("inf") for time in times):
        raise InputError("--candidates", f"{candidates!r} is no list of hours", "give them as 24,48,72")
    if not (0 < sigma < 1 and 0 < teff[0] < float("inf") and 0 < teff[1] < 1):
        raise InputError(
            "scan times", "sigma, half-life or spread is impossible", "give relative values below 1"
        )
    half_life = nuclide(nuclide_name).half_life_h
    best: tuple[float, ...]
    if scans == 1:
        time, u = kinetics.best_scan_time_h(times, sigma, *teff, half_life)
        best = (time,)
    elif scans == 2:
        best, u = kinetics.best_two_scan_times_h(times, sigma, *teff, half_life)
    else:
        raise InputError("--scans", f"{scans} is neither 1 nor 2", "ask for one or two")
    return {"times_h": list(best), "u_relative": u}


def _cycle_activity(
    cycle: int, part: pl.DataFrame, half_life_h: float, place: str
) -> dosimetry.CycleActivity:
    for name in ("mass_g", "administered_mbq"):
        if part[name].n_unique() != 1:
            raise InputError(place, f"has several values of {name}", "give one per cycle and region")
    return dosimetry.CycleActivity(
        cycle, _samples(part, half_life_h), part["mass_g"][0], part["administered_mbq"][0]
    )


def _dose_row(one: dosimetry.CycleDose) -> Row:
    fit, dose = one.fit, one.dose
    row: Row = {"cycle": one.cycle, "region": one.region, "model": fit.model}
    row |= {"parameters": dict(fit.parameters)}
    row |= {"tia_mbq_h": fit.tia_mbq_h, "u_tia_mbq_h": fit.u_tia_mbq_h, "t_eff_h": fit.t_eff_h}
    row |= {"at_bound": fit.at_bound, "reason": one.reason}
    row |= {"dose_gy": None if dose is None else dose.dose_gy, "u_dose_gy": one.u_dose_gy}
    row |= {"interval_gy": one.interval_gy, "alpha_gy": None if dose is None else dose.alpha_gy}
    row |= {"gy_per_gbq": None if dose is None else dose.gy_per_gbq}
    row |= {"bed_gy": one.bed_gy, "eqd2_gy": one.eqd2_gy, "warning": one.warning}
    row |= {"cumulative_dose_gy": one.cumulative_dose_gy, "u_cumulative_dose_gy": one.u_cumulative_dose_gy}
    row |= {"cumulative_bed_gy": one.cumulative_bed_gy, "projected_dose_gy": one.projected_dose_gy}
    row |= {"u_projected_dose_gy": one.u_projected_dose_gy}
    row["limits"] = [dataclasses.asdict(limit) for limit in one.limits]
    method = ("", ()) if dose is None else (dose.method, dose.assumptions)
    return row | {"method": method[0], "assumptions": list(method[1])}
