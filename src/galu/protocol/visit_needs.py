"""Whether the planned visits bring what the rules of the study read, and ask for nothing in unknown words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal

from galu.protocol.sections import PROCEDURES, VisitPlan
from galu.protocol.study import Study
from galu.safety.told import CLOSING_DAYS
from galu.vocabulary.folding import nearest

#: Fault and remedy.
Gap = tuple[str, str]


def unknown_procedures(study: Study) -> Iterator[str]:
    """Sentences on procedures in words that no fact shows: they would be asked for nowhere."""
    for visit in study.schedule.visits if study.schedule else ():
        for word in visit.procedures:
            if word not in PROCEDURES:
                near = nearest(word, PROCEDURES)
                meant = f"did you mean {' or '.join(near)}? " if near and len(near) < len(PROCEDURES) else ""
                yield (
                    f"schedule.visits[{visit.id}].procedures names {word!r}, which no fact shows and nobody "
                    f"is asked for: {meant}the schedule knows {', '.join(PROCEDURES)}"
                )


def weights_lacking(study: Study) -> Iterator[Gap]:
    """Doses by weight without a weight planned up to their day of the cycle."""
    plan, visits = study.treatment, study.schedule.visits if study.schedule else ()
    if plan is None or not plan.by_body:
        return
    weighing = [one for one in visits if "vitals" in one.procedures and one.anchor == "cycle"]
    for dose in (one for one in visits if one.doses_in_cycle):
        if not any(one.day <= dose.day and one.cycles in (None, "all", dose.cycles) for one in weighing):
            fault = (
                f"levels are by body weight or surface, and visit {dose.id!r} has no weight before its dose"
            )
            yield fault, "`vitals` among its procedures"


def chemistry_lacking(study: Study) -> Iterator[Gap]:
    """Windows that wait for chemistry which no visit near their end brings."""
    safety, visits = study.safety, study.schedule.visits if study.schedule else ()
    wanted = safety.dlt.assessments if safety is not None else None
    if safety is None or wanted is None or wanted.chemistry is None or not wanted.chemistry.value:
        return
    window = safety.dlt.window_days.value
    first, last = max(window - CLOSING_DAYS, 2), window + CLOSING_DAYS
    if not any("chemistry" in one.procedures and _comes(one, first, last) for one in visits):
        tests = ", ".join(wanted.chemistry.value)
        fault = f"no visit has chemistry from day {first} to {last}, and the window waits for {tests}"
        yield fault, f"a visit of the first cycle with chemistry between day {first} and {last}"


def _comes(visit: VisitPlan, first: int, last: int) -> bool:
    """Whether a visit falls on such days after the first dose."""
    if visit.anchor not in ("cycle", "first-dose") or visit.cycles == "later":
        return False
    until = last if visit.until_day is None else min(last, visit.until_day + visit.before_days)
    days = (visit.day,) if visit.every_days is None else range(visit.day, until + 1, visit.every_days)
    return any(first <= day + visit.after_days and day - visit.before_days <= last for day in days)


def assessments_lacking(study: Study) -> Iterator[Gap]:
    """Sections of efficacy whose scans or values no visit brings, before the first dose and after it."""
    plan, visits = study.efficacy, study.schedule.visits if study.schedule else ()
    if plan is None or study.schedule is None:
        return
    for key, stated, procedure in (
        ("recist", plan.recist, "ct"),
        ("bone", plan.bone, "bone-scan"),
        ("psa", plan.psa, "psa"),
    ):
        having = [one for one in visits if procedure in one.procedures]
        if stated is None:
            continue
        for when, found in (
            ("before the first dose", any(one.anchor == "consent" or one.day < 2 for one in having)),
            ("after the first dose", any(one.anchor != "consent" and one.day > 1 for one in having)),
        ):
            if not found:
                yield (
                    f"no visit {when} has {procedure}, which efficacy.{key} reads",
                    f"a visit with {procedure}",
                )


#: What is asked of the visits, with the step that waits for it.
GAPS: Final[
    tuple[tuple[Literal["dose", "decide the dose", "report"], Callable[[Study], Iterator[Gap]]], ...]
] = (
    ("dose", weights_lacking),
    ("decide the dose", chemistry_lacking),
    ("report", assessments_lacking),
)
