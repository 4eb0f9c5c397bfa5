"""What must be reported or looked for, and by when: serious events, follow-up long after treatment."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from galu.safety.inputs import AdverseEventInput
from galu.safety.late import Exposure
from galu.safety.plan import FollowUpRule, ReportRule, SafetyPlan
from galu.safety.tables import Phase, TreatedSubject, is_fatal, phase_of, seriousness
from galu.words import checked, checked_fields

#: (receiver, event) to the moments at which its initial and its complete report were sent.
Sent = Mapping[tuple[str, str], Mapping[str, datetime]]


@dataclass(frozen=True, slots=True)
@checked_fields
class ReportDuty:
    """One report of a serious event; `assumed` says which unknown was read as the stricter answer.

    `stage` is the initial report, or its completion; `sent` is when it was sent, None while it is not.
    """

    subject: str
    event: str
    term: str
    receiver: str
    aware: datetime
    due: datetime
    phase: Phase
    reason: str
    assumed: tuple[str, ...] = ()
    stage: str = "initial"
    sent: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reporting:
    """What starts and ends the clocks of one subject: rules, the subject's country, what was sent.

    Without rules those of ICH E2A hold. Of an unknown `country` the rules of every country do.
    """

    rules: tuple[ReportRule, ...] = ()
    country: str | None = None
    sent: Sent = field(default_factory=dict)
    zone: tzinfo = UTC

    def applying(self) -> tuple[tuple[ReportRule, tuple[str, ...]], ...]:
        """The rules that hold for the subject, each with what was assumed for it."""
        found = tuple(
            (rule, () if rule.country is None or self.country else (f"in {rule.country}",))
            for rule in self.rules
            if rule.country is None or self.country is None or _same(rule.country, self.country)
        )
        return found or tuple((rule, ()) for rule in E2A)


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _of_e2a(receiver: str, events: Any, hours: int | None, days: int | None) -> ReportRule:
    return ReportRule(
        receiver=receiver, events=events, since="site", within_hours=hours, within_days=days,
        source="assumed", why="ICH E2A, section III",
    )  # fmt: skip


#: Reports where a study states none: ICH E2A, section III, counted from when the site knew.
E2A: Final = (
    _of_e2a("sponsor", "serious", 24, None),
    _of_e2a("authority", "fatal or life-threatening SUSAR", None, 7),
    _of_e2a("authority", "other SUSAR", None, 15),
)


def report_duties(
    subject: TreatedSubject, emergent_days: int, by: Reporting | None = None
) -> tuple[ReportDuty, ...]:
    """Every report that the serious events of one subject call for, soonest first.

    An event after imaging and before the therapy keeps its phase apart. A clock whose start is unknown runs
    from the beginning of the day of onset, or of that of the record where the onset is known only in part;
    that of a sponsor of whom nobody says when it knew, from when the site did.
    """
    found: list[ReportDuty] = []
    for event in subject.events:
        if seriousness(event):
            phase = phase_of(event, subject, emergent_days)
            for rule, assumed in (by or Reporting()).applying():
                found += _reports(event, (subject.subject, phase), (rule, assumed), by or Reporting())
    return tuple(sorted(found, key=lambda duty: (duty.due, duty.event, duty.receiver)))


def _reports(
    event: AdverseEventInput,
    whose: tuple[str, Phase],
    of: tuple[ReportRule, tuple[str, ...]],
    by: Reporting,
) -> Iterator[ReportDuty]:
    """The report that a rule asks of an event, and its completion."""
    rule, grave = of[0], _is_grave(event)
    fits = _unless_known(event, rule.events, grave)
    if fits is None:
        return
    start, untold = _aware(event, by.zone)
    if rule.since == "sponsor":
        known = event.sponsor_aware
        if known is not None:
            start, untold = known if known.tzinfo else known.replace(tzinfo=by.zone), []
        else:
            untold = [*untold, "the sponsor knew when the site did"]
    due = start + timedelta(hours=rule.within_hours or 0)
    if rule.within_days:
        due = datetime.combine(start.date() + timedelta(days=rule.within_days), start.timetz())
    sent = by.sent.get((rule.receiver.casefold(), event.ref), {})
    assumed = (*untold, *fits, *of[1])
    first = ReportDuty(
        whose[0], event.ref, event.term, rule.receiver, start, due, whose[1], rule.in_words, assumed,
        sent=sent.get("initial"),
    )  # fmt: skip
    yield first
    if rule.complete_days:
        yield replace(
            first, due=due + timedelta(days=rule.complete_days), stage="complete", sent=sent.get("complete"),
            reason=f"{rule.in_words}, complete in {rule.complete_days} more",
        )  # fmt: skip


def _unless_known(event: AdverseEventInput, events: str, grave: bool | None) -> tuple[str, ...] | None:
    """What is assumed where a rule is of such an event; None where it is known not to be."""
    if events == "serious":
        return ()
    if event.attribution == "unrelated" or event.expected is True:
        return None
    unknown = (("related", event.attribution), ("unexpected", event.expected))
    found = tuple(word for word, told in unknown if told is None)
    if events == "SUSAR":
        return found
    # What nobody calls other than grave runs on the shorter clock.
    if (events == "other SUSAR") != (grave is False):
        return None
    return found if grave is not None else (*found, "life-threatening")


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
