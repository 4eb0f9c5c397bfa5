"""Use cases of dosimetry: read the physicist's tables, fit, compute doses, project the next cycle."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from galu import dosimetry, kinetics
from galu.finding import InputError
from galu.nuclides import nuclide

Row = dict[str, Any]


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
    return kinetics.madsen(*scan, population_teff_h)


def time_activity(
    path: Path, nuclide_name: str, model: str, tail: str, population_teff_h: float | None
) -> dict[str, list[Row]]:
    """Fit every region of a CSV file (region, time_h, activity_mbq, sigma_mbq; activity at scan time)."""
    half_life = nuclide(nuclide_name).half_life_h
    table = read_table(path, ("region", "time_h", "activity_mbq", "sigma_mbq"), ("region",))
    regions = []
    for (name,), group in table.group_by(["region"], maintain_order=True):
        fit = fit_region(_samples(group, half_life), model, tail, population_teff_h)
        row = {"region": name, "model": fit.model, "parameters": dict(fit.parameters)}
        row |= {"tia_mbq_h": fit.tia_mbq_h, "u_tia_mbq_h": fit.u_tia_mbq_h, "t_eff_h": fit.t_eff_h}
        row |= {"at_bound": fit.at_bound, "reason": fit.reason, "decay_state": fit.decay_state}
        regions.append(row)
    return {"regions": regions}


def biological(
    dose_gy: float, teff_h: float | None, curve: str, radiobiology: tuple[float, float], cycles: int
) -> Row:
    """BED of a dose; `curve` is `A:T,A:T…`, or empty for one exponential; radiobiology is (α/β, T_rep)."""
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


@dataclasses.dataclass
class _History:
    """What earlier cycles of one region left: doses, random uncertainties, BEDs, last own half-life."""

    doses: list[float] = dataclasses.field(default_factory=list)
    random: list[float] = dataclasses.field(default_factory=list)
    beds: list[float] = dataclasses.field(default_factory=list)
    u_beds: list[float] = dataclasses.field(default_factory=list)
    administered_mbq: list[float] = dataclasses.field(default_factory=list)
    teff_h: float | None = None


_DOSE_COLUMNS = (
    "subject", "cycle", "region", "time_h", "activity_mbq", "sigma_mbq", "mass_g", "administered_mbq",
)  # fmt: skip


def doses(path: Path, study: Path, override: str = "", risk_factors: bool = False) -> dict[str, list[Row]]:
    """Dose, BED, cumulative and projected dose of every subject, cycle and region of a CSV file.

    `override` is the id of the signed statement that accepts unusual doses; an impossible dose is
    refused whatever it says.
    """
    plan = read_plan(study)
    table = read_table(path, _DOSE_COLUMNS, ("subject", "region")).sort(
        "subject", "region", "cycle", "time_h"
    )
    rows: list[Row] = []
    histories: dict[tuple[str, str], _History] = {}
    for (subject, region, cycle), group in table.group_by(
        ["subject", "region", "cycle"], maintain_order=True
    ):
        for name in ("mass_g", "administered_mbq"):
            if group[name].n_unique() != 1:
                place = f"{path} subject {subject} cycle {cycle:g} {region}"
                raise InputError(place, f"has several values of {name}", "give one per cycle and region")
        history = histories.setdefault((subject, region), _History())
        row = {"subject": subject, "cycle": int(cycle), "region": region}
        rows.append(row | _dose_row(group, plan, history, (override, risk_factors)))
    return {"doses": rows}


def _fit_cycle(
    samples: kinetics.Samples, own_teff_h: float | None, region: dosimetry.Region, between_cycles: float
) -> kinetics.FittedCurve:
    """Curve of one cycle; with one scan the patient's own half-life, or else the population's."""
    if len(samples.time_h) > 1:
        return kinetics.fit_best(samples)
    if own_teff_h is not None:
        return kinetics.single_scan(samples, own_teff_h, between_cycles)
    if region.population_teff_h is not None:
        return kinetics.single_scan(samples, region.population_teff_h, region.population_teff_spread)
    scan = (samples.time_h[0], samples.activity_mbq[0], samples.sigma_mbq[0])
    return kinetics.hanscheid(*scan)


def _dose_row(
    group: pl.DataFrame, plan: dosimetry.DosimetryPlan, history: _History, choice: tuple[str, bool]
) -> Row:
    therapy = nuclide(plan.therapy_nuclide.value)
    name, mass = group["region"][0], group["mass_g"][0]
    administered = group["administered_mbq"][0]
    region = plan.region(name)
    between = plan.uncertainty.value.between_cycles
    fit = _fit_cycle(_samples(group, therapy.half_life_h), history.teff_h, region, between)
    row: Row = {"model": fit.model, "tia_mbq_h": fit.tia_mbq_h, "u_tia_mbq_h": fit.u_tia_mbq_h}
    row |= {"t_eff_h": fit.t_eff_h, "at_bound": fit.at_bound, "reason": fit.reason}
    if fit.tia_mbq_h is None or fit.u_tia_mbq_h is None:
        return row | {"dose_gy": None, "u_dose_gy": None, "bed_gy": None, "limits": []}
    dose = dosimetry.absorbed_dose(name, fit.tia_mbq_h, fit.u_tia_mbq_h, mass, administered, therapy)
    warning = dosimetry.check_plausible(dose, region, choice[0])
    if len(group) > 1:
        history.teff_h = fit.t_eff_h
    shape = fit.curve or kinetics.ExponentialSum((1.0,), (fit.t_eff_h or therapy.half_life_h,))
    bed = dosimetry.biological_dose(dose.dose_gy, shape, region.alpha_beta_gy, region.repair_half_time_h)
    shared = plan.uncertainty.value.systematic()
    history.doses.append(dose.dose_gy)
    history.random.append(dose.u_dose_gy)
    history.beds.append(bed.bed_gy)
    history.u_beds.append(dosimetry.u_bed(dose.dose_gy, dose.u_dose_gy, bed.g, region.alpha_beta_gy))
    history.administered_mbq.append(administered)
    total = dosimetry.cumulative_dose(history.doses, history.random, shared)
    this = dosimetry.cumulative_dose([dose.dose_gy], [dose.u_dose_gy], shared)
    row |= {"dose_gy": dose.dose_gy, "u_dose_gy": this.u_gy()}
    row |= {"gy_per_gbq": dose.gy_per_gbq, "bed_gy": bed.bed_gy, "eqd2_gy": bed.eqd2_gy, "warning": warning}
    row |= {"cumulative_dose_gy": total.dose_gy, "u_cumulative_dose_gy": total.u_gy()}
    row |= {"cumulative_bed_gy": dosimetry.cumulative_bed(history.beds)}
    row["limits"] = [_against(limit, plan, history) for limit in plan.limits_of(name, choice[1])]
    return row | {"method": dose.method, "assumptions": list(dose.assumptions)}


def _against(limit: dosimetry.DoseLimit, plan: dosimetry.DosimetryPlan, history: _History) -> Row:
    """The cumulative and the projected dose or BED against one limit."""
    budget = plan.uncertainty.value
    given_gbq = sum(history.administered_mbq) / 1000.0
    planned = history.administered_mbq[-1]
    if limit.quantity == "dose":
        values, random, stretch = history.doses, history.random, 1.0
    else:
        # A relative change of every dose changes BED by (BED + its quadratic part): 2·BED − D in all.
        values, random = history.beds, history.u_beds
        stretch = (2.0 * sum(history.beds) - sum(history.doses)) / sum(history.beds) if sum(values) else 1.0
    so_far = dosimetry.cumulative_dose(values, random, budget.systematic() * stretch)
    between = budget.between_cycles * stretch
    bound = (limit.limit_gy, plan.accepted_risk.value)
    proposal = dosimetry.propose_next(so_far, sum(values) / given_gbq, planned, between, bound)
    row: Row = {"quantity": limit.quantity, "limit_gy": limit.limit_gy, "action": limit.action}
    row |= {"probability_passed": so_far.probability_above(limit.limit_gy), "planned_mbq": planned}
    row |= {"projected_gy": proposal.projected.dose_gy, "u_projected_gy": proposal.projected.u_gy()}
    row |= {"probability_projected": proposal.probability, "accepted_risk": plan.accepted_risk.value}
    return row | {"largest_mbq": proposal.largest_mbq}
