"""Absorbed doses: by organ, curve parameters, against limits, of lesions (EANM 2024, table 4).

Each subject's dose is taken over its own net activity. An effective dose of a therapy has no meaning and is
not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from galu.dosimetry import CycleDose
from galu.results.lines import Counted, Facts, Heading, Line, Measured, Statistic
from galu.results.table import Table
from galu.trial.dosimetry import SubjectDose
from galu.trial.state import TrialState

_TOLD: Final[tuple[Statistic, ...]] = ("n", "mean (SD)", "median", "min, max")
_LESION: Final = "lesion"
Values = dict[str, tuple[float, Facts]]


def _is_lesion(one: SubjectDose) -> bool:
    return one.region.startswith(_LESION)


def _values(doses: Iterable[SubjectDose], of: Callable[[CycleDose], float | None]) -> Values:
    found: Values = {}
    for one in doses:
        value = None if one.course is None else of(one.course)
        if value is not None:
            found[one.subject] = value, one.facts
    return found


def _regions(state: TrialState) -> dict[str, list[SubjectDose]]:
    found: dict[str, list[SubjectDose]] = {}
    for one in state.absorbed_doses:
        if not _is_lesion(one):
            found.setdefault(one.region, []).append(one)
    return dict(sorted(found.items()))


def per_activity(state: TrialState) -> Table:
    """T-14.2.12. Dose of cycle 1 per activity and as it was."""
    lines: list[Line] = []
    for region, every in _regions(state).items():
        own = [one for one in every if one.cycle == 1]
        lines.append(Heading(region[0].upper() + region[1:]))
        lines += [
            Measured("Gy/GBq", _values(own, lambda c: c.dose.gy_per_gbq if c.dose else None), _TOLD, -1, 1),
            Measured("Gy", _values(own, lambda c: c.dose.dose_gy if c.dose else None), _TOLD, -1, 1),
        ]
        lacking = {one.subject: one.facts for one in own if one.course is None or one.course.dose is None}
        if lacking:
            lines.append(Counted("measured, but no dose", lacking, 1))
    notes = (
        "Each subject by its own net activity; three significant digits. Individual values: 16.2.7.",
        "Methods: docs/methods/dosimetry.md; masses and kinetics that are assumed are marked in the study "
        "file.",
    )
    return Table("14.2.12", "Absorbed dose by organ, cycle 1", "dosimetry", tuple(lines), notes)


def curves(state: TrialState) -> Table:
    """T-14.2.13. Effective half-life and time-integrated activity coefficient of cycle 1."""
    given = {one.id: one.therapy[0].net_mbq for one in state.subjects if one.therapy}
    lines: list[Line] = []
    for region, every in _regions(state).items():
        own = [one for one in every if one.cycle == 1 and one.course is not None]
        coefficients: Values = {}
        for one in own:
            net, fit = given.get(one.subject), one.course.fit if one.course else None
            if net and fit is not None and fit.tia_mbq_h is not None:
                coefficients[one.subject] = fit.tia_mbq_h / net, one.facts
        models = sorted({one.course.fit.model for one in own if one.course})
        lines.append(Heading(region[0].upper() + region[1:]))
        lines += [
            Measured("effective half-life [h]", _values(own, lambda c: c.fit.t_eff_h), _TOLD, -1, 1),
            Measured("time-integrated activity coefficient [h]", coefficients, _TOLD, -1, 1),
        ]
        for model in models:
            who = {one.subject: one.facts for one in own if one.course and one.course.fit.model == model}
            lines.append(Counted(f"fitted by {model}", who, 1))
    return Table(
        "14.2.13",
        "Effective half-lives and time-integrated activities, cycle 1",
        "dosimetry",
        tuple(lines),
        ("Coefficient: time-integrated activity over the net activity given.",),
    )


def against_limits(state: TrialState) -> Table:
    """T-14.2.14. Cumulative dose and BED by cycle, and how many reached a limit."""
    lines: list[Line] = []
    limits = state.study.dosimetry.limits if state.study.dosimetry else None
    for region, every in _regions(state).items():
        lines.append(Heading(region[0].upper() + region[1:]))
        for cycle in sorted({one.cycle for one in every}):
            own = [one for one in every if one.cycle == cycle]
            lines.append(
                Measured(
                    f"cumulative dose to cycle {cycle} [Gy]",
                    _values(own, lambda c: c.cumulative_dose_gy),
                    _TOLD,
                    -1,
                    1,
                )
            )
        last = {one.subject: one for one in sorted(every, key=lambda one: one.cycle)}
        lines.append(
            Measured(
                "cumulative BED, all cycles [Gy]",
                _values(last.values(), lambda c: c.cumulative_bed_gy),
                _TOLD,
                -1,
                1,
            )
        )
        lines += _passed(last)
    assumed = limits is not None and limits.source == "assumed"
    notes = (
        "A sum that lacks a cycle is at least what is shown. Over a limit: the cumulative value itself."
        + (" The limits are assumed." if assumed else ""),
    )
    return Table("14.2.14", "Cumulative absorbed dose against limits", "dosimetry", tuple(lines), notes)


def _passed(last: dict[str, SubjectDose]) -> list[Line]:
    found: dict[str, dict[str, Facts]] = {}
    for subject, one in last.items():
        for check in one.course.limits if one.course else ():
            title = f"{check.quantity} above {check.limit_gy:g} Gy ({check.action})"
            own = found.setdefault(title, {})
            course = one.course
            value = None
            if course is not None:
                value = course.cumulative_dose_gy if check.quantity == "dose" else course.cumulative_bed_gy
            if value is not None and value > check.limit_gy:
                own[subject] = one.facts
    return [Counted(title, who, 1) for title, who in sorted(found.items())]


def lesions(state: TrialState) -> Table:
    """T-14.2.15. Lesions are nested in subjects: a subject is described by the median of its lesions."""
    own: dict[str, list[SubjectDose]] = {}
    for one in state.absorbed_doses:
        if _is_lesion(one) and one.cycle == 1 and one.course is not None and one.course.dose is not None:
            own.setdefault(one.subject, []).append(one)
    medians: Values = {}
    numbers: Values = {}
    for subject, found in own.items():
        doses = sorted(one.course.dose.gy_per_gbq for one in found if one.course and one.course.dose)
        facts = tuple(fact for one in found for fact in one.facts)
        middle = len(doses) // 2
        median = doses[middle] if len(doses) % 2 else (doses[middle - 1] + doses[middle]) / 2.0
        medians[subject], numbers[subject] = (median, facts), (float(len(doses)), facts)
    lines = (
        Measured("Lesions with a dose, of a subject", numbers, _TOLD, 0),
        Measured("Median of the lesions of a subject [Gy/GBq]", medians, _TOLD, -1),
    )
    return Table(
        "14.2.15",
        "Absorbed dose of lesions, cycle 1",
        "dosimetry",
        lines if own else (),
        ("No interval is given over lesions: those of one subject are not independent.",),
    )
