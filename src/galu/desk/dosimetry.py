"""Use cases of dosimetry: read the physicist's tables, fit, compute doses, project the next cycle."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from galu import dosimetry, kinetics
from galu.desk.time_activity import Row, fit_facts, read_table, samples_of
from galu.finding import InputError
from galu.foreign import MAX_DOCUMENT_BYTES, require_plain
from galu.nuclides import half_life_h, nuclide
from galu.protocol.loading import read_values

#: Cycles of each subject and region.
Activities = Mapping[tuple[str, str], tuple[dosimetry.CycleActivity, ...]]
#: Cycles beyond this are a mistake (assumed).
MOST_CYCLES = 100


def biological(
    dose_gy: float, teff_h: float | None, curve: str, radiobiology: tuple[float, float], cycles: int
) -> Row:
    """BED of a dose in every cycle; `curve` is `A:T,A:T…`, or empty for one exponential.

    `radiobiology` is (α/β [Gy], repair half-time [h]).

    Raises
    ------
    InputError
        When neither or both of half-life and curve are given, or a number is bad.
    """
    if bool(curve) == (teff_h is not None):
        fault = "and --curve are both given" if curve else "is missing"
        raise InputError("--teff-h", fault, "give it, or --curve A:T,A:T")
    phases = [(1.0, teff_h or 0.0)]
    if curve:
        try:
            phases = [(float(a), float(t)) for a, t in (part.split(":") for part in curve.split(","))]
        except ValueError:
            raise InputError(
                "--curve", f"{curve!r} is not A:T,A:T", "give amplitude:half-life pairs"
            ) from None
    shape = kinetics.ExponentialSum(tuple(a for a, _ in phases), tuple(t for _, t in phases))
    try:
        result = dosimetry.biological_dose(dose_gy, shape, radiobiology[0], radiobiology[1], cycles)
        answer = {"g": result.g, "bed_gy": result.bed_gy, "eqd2_gy": result.eqd2_gy}
    except (OverflowError, ZeroDivisionError, ValueError):
        answer = {"g": math.inf}
    if not all(map(math.isfinite, answer.values())):
        raise InputError("BED", "is beyond any number", "check dose [Gy], curve and half-lives [h]")
    return answer


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
    path = study / "study.yaml" if study.is_dir() else study
    require_plain(path, MAX_DOCUMENT_BYTES)
    try:
        section = read_values(path.read_text("utf-8"), str(path))["dosimetry"]
        return dosimetry.DosimetryPlan.model_validate(section)
    except (OSError, UnicodeDecodeError) as error:
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


def read_activities(path: Path, plan: dosimetry.DosimetryPlan) -> Activities:
    """Read the measurements of every subject and region, cycle by cycle.

    Raises
    ------
    InputError
        When the file or a cell is bad, or a cycle has several masses or administered activities.
    """
    half_life = half_life_h(plan.therapy_nuclide.value)
    groups: dict[tuple[str, str, int], list[Row]] = {}
    for row, cells in read_table(path, _DOSE_COLUMNS, ("subject", "region")):
        if not (1 <= row["cycle"] <= MOST_CYCLES and row["cycle"].is_integer()):
            raise InputError(cells.place("cycle"), f"{row['cycle']:g} is no cycle", "number cycles 1, 2, …")
        groups.setdefault((row["subject"], row["region"], int(row["cycle"])), []).append(row)
    found: dict[tuple[str, str], tuple[dosimetry.CycleActivity, ...]] = {}
    for (subject, region, cycle), rows in sorted(groups.items()):
        place = f"{path} subject {subject} cycle {cycle} {region}"
        one = _cycle_activity(cycle, rows, half_life, place)
        found[subject, region] = (*found.get((subject, region), ()), one)
    try:
        return dosimetry.join_sides(found)
    except InputError as error:
        raise InputError(f"{path} {error.place}", error.fault, error.remedy) from None


def not_judged(activities: Activities, rows: list[Row], plan: dosimetry.DosimetryPlan) -> list[Row]:
    """Limits of the study that no dose of a subject was held against, and why."""
    judged = {(row["subject"], dosimetry.organ_of(row["region"])) for row in rows if row["limits"]}
    found = []
    for subject in dict.fromkeys(subject for subject, _ in activities):
        reasons = {
            dosimetry.organ_of(row["region"]): row["reason"] for row in rows if row["subject"] == subject
        }
        for limit in plan.limits.value:
            organ = dosimetry.organ_of(limit.region)
            if (subject, organ) in judged or limit.only_with_risk_factors:
                continue
            found.append(
                {"subject": subject, "region": limit.region, "quantity": limit.quantity}
                | {"limit_gy": limit.limit_gy, "action": limit.action}
                | {"reason": reasons.get(organ, "nothing was measured")}
            )
    return found


def dose_rows(
    activities: Activities, plan: dosimetry.DosimetryPlan, override: str = "", risk_factors: bool = False
) -> list[Row]:
    """Dose, BED, cumulative and projected dose of every subject, cycle and region."""
    rows: list[Row] = []
    for (subject, region), cycles in activities.items():
        course = dosimetry.derive_course(region, cycles, plan, override, risk_factors)
        rows += [{"subject": subject} | _dose_row(one) for one in course]
    return rows


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
    if not times or not all(0 <= time <= kinetics.LATEST_H for time in times):
        raise InputError("--candidates", f"{candidates!r} is no list of hours", "give them as 24,48,72")
    if not (0 < sigma < 1 and 0.05 <= teff[0] < float("inf") and 0 < teff[1] < 1):
        raise InputError(
            "scan times", "sigma, half-life or spread is impossible", "give relative values below 1"
        )
    half_life = half_life_h(nuclide_name)
    best: tuple[float, ...]
    if scans == 1:
        time, u = kinetics.best_scan_time_h(times, sigma, *teff, half_life)
        best = (time,)
    elif scans == 2:
        best, u = kinetics.best_two_scan_times_h(times, sigma, *teff, half_life)
    else:
        raise InputError("--scans", f"{scans} is neither 1 nor 2", "ask for one or two")
    return {"times_h": list(best), "u_relative": u}


def _cycle_activity(cycle: int, rows: list[Row], half_life_h: float, place: str) -> dosimetry.CycleActivity:
    for name in ("mass_g", "administered_mbq"):
        if len({row[name] for row in rows}) != 1:
            raise InputError(place, f"has several values of {name}", "give one per cycle and region")
    columns = [[row[name] for row in rows] for name in ("time_h", "activity_mbq", "sigma_mbq")]
    return dosimetry.CycleActivity(
        cycle, samples_of(columns, half_life_h, place), rows[0]["mass_g"], rows[0]["administered_mbq"]
    )


def _dose_row(one: dosimetry.CycleDose) -> Row:
    fit, dose = one.fit, one.dose
    row: Row = {"cycle": one.cycle, "region": one.region} | fit_facts(fit) | {"reason": one.reason}
    row |= {"dose_gy": None if dose is None else dose.dose_gy, "u_dose_gy": one.u_dose_gy}
    row |= {"interval_gy": one.interval_gy, "alpha_gy": None if dose is None else dose.alpha_gy}
    row |= {"gy_per_gbq": None if dose is None else dose.gy_per_gbq}
    row |= {"bed_gy": one.bed_gy, "eqd2_gy": one.eqd2_gy, "warning": one.warning}
    row |= {"cumulative_dose_gy": one.cumulative_dose_gy, "u_cumulative_dose_gy": one.u_cumulative_dose_gy}
    row |= {"cumulative_bed_gy": one.cumulative_bed_gy, "projected_dose_gy": one.projected_dose_gy}
    row |= {"u_projected_dose_gy": one.u_projected_dose_gy, "at_least": one.at_least}
    row["limits"] = [dataclasses.asdict(limit) for limit in one.limits]
    method = ("", ()) if dose is None else (dose.method, dose.assumptions)
    return row | {"method": method[0], "assumptions": list(method[1])}
