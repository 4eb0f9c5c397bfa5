"""Dosimetry: doses per activity, sums against limits, curves."""

from __future__ import annotations

from statistics import mean, median, stdev

from galu.dosimetry import CycleDose
from galu.report.blocks import Block, Picture, Section, Table
from galu.report.figures.dosimetry import TimeActivity, kidney_strip, time_activity
from galu.report.sections.exposure import activities_of
from galu.report.sections.overview import assumed_in
from galu.trial.dosimetry import SubjectDose
from galu.trial.state import TrialState

Points = dict[tuple[str, str], tuple[tuple[float, float], ...]]


def dosimetry(state: TrialState, points: Points) -> Section:
    """Absorbed doses of organs and lesions.

    Parameters
    ----------
    points
        Time [h] and measured activity [MBq] of cycle 1 by subject and region, for the curves.
    """
    assumed = assumed_in(state, "dosimetry")
    if state.study.dosimetry is None:
        return Section("dosimetry", "Dosimetry", silent="The study file plans no dosimetry.")
    if not state.absorbed_doses:
        return Section(
            "dosimetry", "Dosimetry", assumed=assumed, silent="No activity of any region was measured yet."
        )
    failed = sum(one.course is None or one.course.dose is None for one in state.absorbed_doses)
    subjects = {one.subject for one in state.absorbed_doses}
    sentences = (
        f"{len(state.absorbed_doses)} regions and cycles of {len(subjects)} subjects; {failed} without a "
        "dose, "
        "each with its reason. Uncertainties are standard uncertainties and hold what all cycles share.",
    )
    blocks: list[Block] = [*_figures(state, points), _first_cycle(state), _against_limits(state)]
    blocks += [_every_dose(state)]
    return Section("dosimetry", "Dosimetry", sentences, tuple(blocks), assumed)


def _organ(region: str) -> str:
    return "lesions" if region.startswith("lesion") else region


def _first_cycle(state: TrialState) -> Table:
    groups: dict[tuple[str, int | None], list[float]] = {}
    for one in state.absorbed_doses:
        if one.cycle == 1 and one.course is not None and one.course.dose is not None:
            groups.setdefault((_organ(one.region), one.level), []).append(one.course.dose.gy_per_gbq)
    rows = tuple(
        (region, level, len(found), mean(found), stdev(found) if len(found) > 1 else None, median(found),
         min(found), max(found))
        for (region, level), found in sorted(groups.items(), key=lambda kv: (kv[0][0], kv[0][1] or 0))
    )  # fmt: skip
    columns = ("region", "level", "n", "mean [Gy/GBq]", "SD [Gy/GBq]", "median [Gy/GBq]", "lowest", "highest")
    why = "masses, kinetics where one scan was made, and radiobiology are assumed"
    return Table(
        "dose-per-activity", "Absorbed dose per administered activity, cycle 1", columns, rows, assumed=why
    )


def latest(state: TrialState) -> list[tuple[SubjectDose, CycleDose]]:
    """The last cycle of each subject and region that has a dose."""
    found: dict[tuple[str, str], tuple[SubjectDose, CycleDose]] = {}
    for one in state.absorbed_doses:
        if one.course is not None and one.course.dose is not None:
            found[one.subject, one.region] = (one, one.course)
    return list(found.values())


def _lacks(state: TrialState) -> dict[tuple[str, str], str]:
    """By subject and region which administrations the sum lacks, those after the last scans included."""
    known: dict[tuple[str, str], set[int]] = {}
    for one in state.absorbed_doses:
        if one.course is not None and one.course.dose is not None:
            known.setdefault((one.subject, one.region), set()).add(one.cycle)
    given = {one.id: {dose.number for dose in one.therapy if dose.number} for one in state.subjects}
    lacking = {key: sorted(given.get(key[0], set()) - cycles) for key, cycles in known.items()}
    return {
        key: f"at least: administration {', '.join(map(str, numbers))} has no dose"
        for key, numbers in lacking.items()
        if numbers
    }


def _against_limits(state: TrialState) -> Table:
    lacks = _lacks(state)
    rows = tuple(
        (one.subject, one.level, one.region, one.cycle, check.quantity, check.limit_gy, check.action,
         course.cumulative_dose_gy if check.quantity == "dose" else course.cumulative_bed_gy,
         check.probability_passed, check.planned_mbq, check.projected_gy, check.probability_projected,
         check.largest_mbq,
         lacks.get((one.subject, one.region), "at least: a cycle lacks" if course.at_least else ""))
        for one, course in latest(state)
        for check in course.limits
    )  # fmt: skip
    columns = ("subject", "level", "region", "cycles to", "quantity", "limit [Gy]", "action", "so far [Gy]",
               "P(passed)", "next planned [MBq]", "then [Gy]", "P(then passed)",
               "largest next [MBq]", "the sum is")  # fmt: skip
    limits = state.study.dosimetry.limits if state.study.dosimetry else None
    why = (limits.why or "") if limits is not None and limits.source == "assumed" else ""
    note = "" if rows else "No region with a limit has a dose."
    places = {"P(passed)": 3, "P(then passed)": 3}
    caption = "Cumulative doses against limits, and the next cycle"
    return Table("dose-limits", caption, columns, rows, note, why, decimals=places)


def _every_dose(state: TrialState) -> Table:
    rows = []
    for one in state.absorbed_doses:
        course, dose = one.course, one.course.dose if one.course else None
        rows.append(
            (
                one.subject, one.level, one.region, one.cycle, course.fit.model if course else "",
                course.fit.t_eff_h if course else None, dose.dose_gy if dose else None,
                course.u_dose_gy if course else None, dose.gy_per_gbq if dose else None,
                course.bed_gy if course else None, course.cumulative_dose_gy if course else None,
                course.cumulative_bed_gy if course else None,
                "; ".join(part for part in (one.reason, course.warning if course else "") if part),
            )
        )  # fmt: skip
    columns = ("subject", "level", "region", "cycle", "model", "effective half-life [h]", "dose [Gy]",
               "u(dose) [Gy]",
               "Gy/GBq", "BED [Gy]", "cumulative [Gy]", "cumulative BED [Gy]", "remark")  # fmt: skip
    return Table("absorbed-doses", "Every absorbed dose", columns, tuple(rows), page_rows=60)


def _figures(state: TrialState, points: Points) -> list[Picture]:
    activities, found = activities_of(state), []
    curves = [
        TimeActivity(one.subject, one.level, one.region, points.get((one.subject, one.region), ()),
                     one.course,
                     one.course.dose.dose_gy / one.course.dose.gy_per_gbq)
        for one in state.absorbed_doses
        if one.cycle == 1 and one.course is not None and one.course.dose is not None
    ]  # fmt: skip
    if curves:
        found.append(time_activity(curves, activities))
    limits = state.study.dosimetry.limits.value if state.study.dosimetry else ()
    bed = [limit for limit in limits if limit.region == "kidneys" and limit.quantity == "bed"]
    rows = [
        (one.subject, one.level, course.cumulative_bed_gy, _u_bed(course))
        for one, course in latest(state)
        if one.region == "kidneys" and course.cumulative_bed_gy is not None
    ]
    if rows:
        found.append(kidney_strip(rows, bed, activities))
    return found


def _u_bed(course: CycleDose) -> float:
    """Standard uncertainty of a cumulative BED [Gy]: that of the dose, stretched by dBED/dD."""
    bed, dose, u = course.cumulative_bed_gy, course.cumulative_dose_gy, course.u_cumulative_dose_gy
    return 0.0 if bed is None or not dose or u is None else u * (2.0 * bed - dose) / dose
