"""What is to be done, by when, for whom: doses and what speaks against them, visits, scans, reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from galu.protocol import Study
from galu.protocol.sections import ScanPlan
from galu.protocol.versions import version
from galu.quantities import mbq_in_words
from galu.record import Record
from galu.record.treatment import Scan
from galu.record.when import hours_between
from galu.safety.modification import NO_GRADE, OLD_GRADE
from galu.trial.board import Board, Due
from galu.trial.exposure import Dose
from galu.trial.proposals import CycleProposal
from galu.trial.schedule import PlannedVisit, outstanding
from galu.trial.subjects import Subject
from galu.trial.watch import Duties

#: What was missed longer ago than this is a deviation, no task.
RECENT: Final = timedelta(days=14)
#: A dose missed longer ago than this is asked about and no longer proposed (assumed).
MISSED: Final = timedelta(days=28)
#: A scan counts for a planned time when it lies within this share of it, or this many hours (assumed).
SCAN_SHARE: Final = 0.35
SCAN_HOURS: Final = 2.0

_REPORTS: Final = {"initial": "report", "complete": "complete report"}


def derive_agenda(
    board: Board,
    proposals: Iterable[CycleProposal],
    visits: Iterable[PlannedVisit],
    duties: Duties,
    scans: Iterable[Due],
) -> tuple[Due, ...]:
    """Every task of the board's day, the earliest first.

    Parameters
    ----------
    proposals
        What is proposed for each dose that the board lists as due.
    visits
        The visit plan of everybody.
    duties
        Reporting clocks and long-term follow-up.
    scans
        Scans that are due, of `scans_due`, and orders, of `orders_due`.
    """
    day = board.day
    found = [*_doses(board, proposals), *scans]
    found += [
        Due(one.subject, f"visit {one.visit}", one.planned, one.latest, f"lacks {', '.join(one.lacking)}")
        for one in outstanding(visits, day)
        if "dose" not in one.lacking
    ]
    found += [
        Due(
            one.subject,
            f"{_REPORTS[one.stage]} of {one.term} to the {one.receiver}",
            one.aware.date(),
            one.due.date(),
            one.reason,
        )
        for one in duties.reports
        if one.sent is None and one.due.date() >= day - RECENT
    ]
    found += [
        Due(
            one.subject,
            f"follow-up: {one.domain}",
            one.due,
            one.latest,
            f"look {one.number} after the last dose",
        )
        for one in duties.follow_up
        if one.done is None and one.earliest <= day <= one.latest + RECENT
    ]
    return tuple(sorted(found, key=lambda task: (task.due, task.subject, task.what)))


def _doses(board: Board, proposals: Iterable[CycleProposal]) -> Iterator[Due]:
    proposed = {one.subject: one for one in proposals}
    for due in board.due:
        one = proposed.get(due.subject)
        if board.day > due.latest + MISSED:
            weeks = (board.day - due.latest).days // 7
            yield replace(due, why=f"{weeks} weeks late: record the dose, or why treatment ended")
            continue
        if one is None:
            yield due
            continue
        amount = "" if one.activity_mbq is None else f" {mbq_in_words(one.activity_mbq)}"
        said = (f"{one.action}{amount}", *grouped(one.reasons))
        yield replace(due, why="; ".join(said))


def grouped(reasons: Iterable[str]) -> Iterator[str]:
    """Reasons, those of terms without a value said in one."""
    silent: dict[str, list[str]] = {}
    for reason in reasons:
        ending = next((end for end in (NO_GRADE, OLD_GRADE) if reason.endswith(end)), None)
        if ending is None:
            yield reason
        else:
            silent.setdefault(ending, []).append(reason.removesuffix(ending))
    for ending, terms in silent.items():
        yield f"{', '.join(terms)}{ending}"


def scans_due(study: Study, record: Record, subjects: Iterable[Subject], day: date) -> tuple[Due, ...]:
    """Scans of the last two weeks and the coming day that the plan wants and no fact shows."""
    done: dict[tuple[str, str], list[str]] = {}
    for row in record.rows(Scan):
        done.setdefault((row.subject, row.fact.modality), []).append(row.fact.on)
    found: list[Due] = []
    for subject in subjects:
        for dose in (*subject.imaging, *subject.therapy):
            if dose.day < day - RECENT - timedelta(days=7) or subject.dead:
                continue
            schedule = version(study, dose.version).schedule
            for plan in schedule.scans if schedule else ():
                seen = done.get((subject.id, plan.modality), [])
                found += _scans_of(plan, subject, dose, (seen, day, record.zone))
    return tuple(found)


def _scans_of(
    plan: ScanPlan, subject: Subject, dose: Dose, look: tuple[list[str], date, str]
) -> Iterator[Due]:
    seen, day, zone = look
    first = (dose.cycle or 0) <= 1 and (dose.fraction or 1) == 1
    if plan.agent != dose.agent or not (plan.cycles == "all" or (plan.cycles == "first") == first):
        return
    for time_h in plan.times_h:
        margin = max(SCAN_HOURS, SCAN_SHARE * time_h)
        after = [hours_between(dose.start, when, zone) for when in seen]
        if any(h is not None and abs(h - time_h) <= margin for h in after):
            continue
        due = dose.day + timedelta(hours=time_h)
        latest = dose.day + timedelta(hours=time_h + margin)
        if due <= day + timedelta(days=1) and latest >= day - RECENT:
            what = f"{plan.modality} {time_h:g} h after cycle {dose.cycle} of {plan.agent}"
            yield Due(subject.id, what, due, latest, "planned scan")
