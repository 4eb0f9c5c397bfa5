"""What the plan expects of each subject and visit: entered, missing, overdue, not done and why; unscheduled.

The same windows and evidence as the visit plan (`schedule.py`); here one line for each procedure. A fact
outside every window is listed too: that it happened is a fact, whatever the plan says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from galu.trial.schedule import PlannedVisit

#: `expected`: its window is open or to come; `overdue`: closed within two weeks; `missing`: before that.
EntryState = Literal["entered", "expected", "overdue", "missing", "not done", "unscheduled"]
Window = Literal["in", "out", "n.a."]
#: Days after its window up to which something is overdue; later it is missing.
OVERDUE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Expected:
    """One procedure of one visit of a subject; `window` says whether what was done lies in it.

    `day` is when it was done, None while it was not; `why` why it will not be.
    """

    subject: str
    visit: str
    cycle: int | None
    planned: date | None
    earliest: date | None
    latest: date | None
    procedure: str
    state: EntryState
    window: Window
    day: date | None = None
    why: str = ""


def derive_expected(
    visits: Iterable[PlannedVisit], done: Mapping[str, Mapping[str, frozenset[date]]], day: date
) -> tuple[Expected, ...]:
    """Every line up to `day` and the next of each visit, with what happened beside the plan.

    Parameters
    ----------
    visits
        The visit plan of everybody, of `derive_schedule`.
    done
        Days on which each procedure of each subject left a fact, of `days_done`.
    """
    by_subject: dict[str, list[PlannedVisit]] = {}
    for one in visits:
        by_subject.setdefault(one.subject, []).append(one)
    found: list[Expected] = []
    for subject in sorted({*by_subject, *done}):
        own = by_subject.get(subject, [])
        found += _lines(subject, own, done.get(subject, {}), day)
    return tuple(found)


def _lines(
    subject: str, visits: list[PlannedVisit], done: Mapping[str, frozenset[date]], day: date
) -> Iterator[Expected]:
    used: set[tuple[str, date]] = set()
    late = _late(visits, done)
    for one in visits:
        for procedure in one.procedures:
            within = sorted(d for d in done.get(procedure, ()) if one.earliest <= d <= one.latest)
            near = within or late.get((one.visit, one.planned, procedure), [])
            used |= {(procedure, when) for when in (within or near[:1])}
            yield _line(one, procedure, (near[0] if near else None, bool(within)), day)
    for procedure, days in sorted(done.items()):
        for when in sorted(days):
            if (procedure, when) not in used:
                yield Expected(
                    subject, "unscheduled", None, None, None, None, procedure, "unscheduled", "n.a.", when
                )


def _line(one: PlannedVisit, procedure: str, when: tuple[date | None, bool], day: date) -> Expected:
    state, window, why = _state(one, procedure, when, day)
    return Expected(
        one.subject, one.visit, one.cycle, one.planned, one.earliest, one.latest, procedure, state, window,
        when[0], why,
    )  # fmt: skip


def _state(
    one: PlannedVisit, procedure: str, when: tuple[date | None, bool], day: date
) -> tuple[EntryState, Window, str]:
    done, inside = when
    if done is not None:
        return "entered", "in" if inside else "out", ""
    for declined, cause in one.declined:
        if declined == procedure:
            return "not done", "n.a.", cause
    if day <= one.latest:
        return "expected", "n.a.", ""
    return ("overdue" if (day - one.latest).days <= OVERDUE_DAYS else "missing"), "n.a.", ""


def _late(
    visits: list[PlannedVisit], done: Mapping[str, frozenset[date]]
) -> dict[tuple[str, date, str], list[date]]:
    """Days outside every window of a procedure, each given to the nearest visit that lacks it.

    Nearer than the half of the way to the next visit of the procedure: beyond, it is unscheduled.
    """
    found: dict[tuple[str, date, str], list[date]] = {}
    for procedure, days in done.items():
        own = [one for one in visits if procedure in one.procedures]
        for when in sorted(days):
            if not own or any(one.earliest <= when <= one.latest for one in own):
                continue
            nearest = min(own, key=lambda one: _away(one, when))
            gaps = [
                abs((one.planned - nearest.planned).days) for one in own if one.planned != nearest.planned
            ]
            if (
                procedure in nearest.lacking
                and _away(nearest, when) <= min(gaps, default=2 * OVERDUE_DAYS) / 2
            ):
                found.setdefault((nearest.visit, nearest.planned, procedure), []).append(when)
    return found


def _away(one: PlannedVisit, when: date) -> int:
    return max((one.earliest - when).days, (when - one.latest).days, 0)
