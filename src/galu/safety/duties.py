"""What must be reported or looked for, and by when: serious events, follow-up long after treatment."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from galu.safety.inputs import AdverseEventInput
from galu.safety.late import Exposure
from galu.safety.plan import FollowUpRule, SafetyPlan
from galu.safety.reporting import reporting_clock
from galu.safety.tables import Phase, TreatedSubject, is_fatal, phase_of, seriousness
from galu.words import checked, checked_fields

Receiver = Literal["sponsor", "authority"]


@dataclass(frozen=True, slots=True)
@checked_fields
class ReportDuty:
    """One report of a serious event; `assumed` says which unknown was read as the stricter answer."""

    subject: str
    event: str
    term: str
    receiver: Receiver
    aware: datetime
    due: datetime
    phase: Phase
    reason: str
    assumed: tuple[str, ...] = ()


def report_duties(subject: TreatedSubject, emergent_days: int, zone: tzinfo = UTC) -> tuple[ReportDuty, ...]:
    """Every report that the serious events of one subject call for, soonest first.

    To the sponsor within 24 hours; to the authority within 7 days (fatal or life-threatening) or 15 days
    for a suspected unexpected reaction (ICH E2A, section III). An event after imaging and before
    the therapy keeps its phase apart. A clock whose start is unknown runs from the beginning, in `zone`,
    of the day of onset, or of that of the record where the onset is known only in part.
    """
    found: list[ReportDuty] = []
    for event in subject.events:
        if seriousness(event):
            found += _reports(event, subject.subject, phase_of(event, subject, emergent_days), zone)
    return tuple(sorted(found, key=lambda duty: (duty.due, duty.event, duty.receiver)))


def _reports(event: AdverseEventInput, subject: str, phase: Phase, zone: tzinfo) -> list[ReportDuty]:
    aware, assumed = _aware(event, zone)
    grave = _is_grave(event)
    related = None if event.attribution is None else event.attribution == "related"
    clock = reporting_clock(
        aware, related=related, expected=event.expected, fatal_or_life_threatening=grave is not False
    )
    sponsor = ReportDuty(
        subject, event.ref, event.term, "sponsor", aware, clock.to_sponsor_by, phase,
        "serious event: 24 h", tuple(assumed),
    )  # fmt: skip
    if clock.to_authority_by is None:
        return [sponsor]
    assumed += ["related"] if related is None else []
    assumed += ["unexpected"] if event.expected is None else []
    assumed += ["life-threatening"] if grave is None else []
    by = datetime.combine(clock.to_authority_by, aware.timetz())
    authority = ReportDuty(
        subject, event.ref, event.term, "authority", aware, by, phase, clock.reason, tuple(assumed)
    )  # fmt: skip
    return [sponsor, authority]


def _aware(event: AdverseEventInput, zone: tzinfo) -> tuple[datetime, list[str]]:
    """When the site learned of an event, and what was assumed for it."""
    if event.aware is not None:
        return event.aware if event.aware.tzinfo else event.aware.replace(tzinfo=zone), []
    day, said = event.onset, "aware on the day of onset"
    if event.onset_until is not None:
        day, said = event.onset_until, "aware on the last possible day of onset"
        # A record brought in later is no reason to start the clock later.
        if event.reported is not None and event.onset <= event.reported < day:
            day, said = event.reported, "aware on the day recorded"
    return datetime.combine(day, time(), zone), [said]


def _is_grave(event: AdverseEventInput) -> bool | None:
    """Whether the event killed or threatened life; unknown for a grade 4 of which nobody said."""
    if is_fatal(event) or event.life_threatening:
        return True
    if event.life_threatening is False or (event.grade is not None and event.grade < 4):
        return False
    return None


@dataclass(frozen=True, slots=True)
@checked_fields
class Narrative:
    """What the narrative of a serious event tells: the event, its course, what had been given before."""

    subject: str
    event: AdverseEventInput
    phase: Phase
    doses: tuple[Exposure, ...]
    days_since_first_dose: int | None
    days_since_last_dose: int | None
    duration_days: int | None
    others: tuple[AdverseEventInput, ...]


def narratives(
    subject: TreatedSubject, exposures: tuple[Exposure, ...], emergent_days: int
) -> tuple[Narrative, ...]:
    """One narrative for each serious or fatal event, in order of onset.

    `others` are the events that were going on when it began.
    """
    found = []
    for event in sorted(subject.events, key=lambda one: (one.onset, one.ref)):
        if not seriousness(event):
            continue
        before = tuple(one for one in exposures if one.day <= event.onset)
        last = before[-1].day if before else None
        others = tuple(
            one
            for one in subject.events
            if one.ref != event.ref
            and one.onset <= event.onset
            and (one.ended is None or one.ended >= event.onset)
        )
        found.append(
            Narrative(
                subject.subject, event, phase_of(event, subject, emergent_days), before,
                (event.onset - before[0].day).days if before else None,
                (event.onset - last).days if last else None,
                (event.ended - event.onset).days + 1 if event.ended else None,
                others,
            )
        )  # fmt: skip
    return tuple(found)


@dataclass(frozen=True, slots=True)
@checked_fields
class FollowUp:
    """One look at a domain long after treatment; `done` is the day it was done, None while it is not."""

    subject: str
    domain: str
    number: int
    earliest: date
    due: date
    latest: date
    done: date | None

    def overdue(self, day: date) -> bool:
        """Whether the window closed without it."""
        return self.done is None and day > self.latest


@checked
def long_term_follow_up(
    subject: TreatedSubject, plan: SafetyPlan, seen: Mapping[str, Iterable[date]], until: date
) -> tuple[FollowUp, ...]:
    """Looks at kidney, marrow and second malignancy that are due by a day, earliest first.

    Parameters
    ----------
    subject
        Follow-up counts from its last dose; someone never dosed has none.
    seen
        Days on which each domain was looked at.
    until
        The day up to which looks are listed: death, leaving the study, or a horizon.
    """
    if subject.last_dose is None:
        return ()
    found: list[FollowUp] = []
    for rule in plan.long_term:
        days = sorted(day for day in seen.get(rule.domain, ()) if day > subject.last_dose)
        found += _looks(subject.subject, subject.last_dose, rule, days, until)
    return tuple(sorted(found, key=lambda look: (look.due, look.domain)))


def _looks(subject: str, last: date, rule: FollowUpRule, days: list[date], until: date) -> list[FollowUp]:
    found: list[FollowUp] = []
    end = min(until, _months_after(last, rule.until_months))
    slack = timedelta(days=rule.window_days)
    number, due = 1, last + timedelta(days=rule.every_days)
    while due - slack <= end:
        done = next((day for day in days if due - slack <= day <= due + slack), None)
        found.append(FollowUp(subject, rule.domain, number, due - slack, due, due + slack, done))
        number, due = number + 1, due + timedelta(days=rule.every_days)
    return found


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
