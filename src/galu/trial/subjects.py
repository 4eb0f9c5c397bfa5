"""Each subject's way through the trial: consent, slot, doses, leaving, death."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeGuard
from zoneinfo import ZoneInfo

import polars as pl

from galu.protocol import Study
from galu.protocol.treatment import Body, Planned, Treatment
from galu.protocol.versions import version
from galu.record import Fact, Record, Row, people
from galu.record.people import Consent, Disposition, Withdrawal
from galu.record.rows import F
from galu.record.treatment import Enrolment
from galu.record.when import days_of
from galu.trial.alive import signs_of_life
from galu.trial.bodies import body_on
from galu.trial.departures import doubted, has_left, told_related
from galu.trial.events import FatalEvent, fatal_events
from galu.trial.exposure import Dose, derive_doses
from galu.trial.order import in_order, moment_of
from galu.trial.planned import by_plan, following, plan_by
from galu.trial.steps import Steps, Under
from galu.vocabulary.events import tells_of_death

_UNDER: Final = Under()


@dataclass(frozen=True, slots=True)
class Exit:
    """The subject left treatment or study; `between` are the first and last day it can have been."""

    day: date | None
    scope: str
    cause: str
    related: bool | None
    fact: str
    between: tuple[date, date]


@dataclass(frozen=True, slots=True)
class Death:
    """A death; `day` is None where it is known only in part, and lies in `between`."""

    day: date | None
    related: bool | None
    fact: str
    between: tuple[date, date]


@dataclass(frozen=True, slots=True)
class Subject:
    """Where one subject stands. Days are local calendar days; None is not (yet) known.

    `died` and `screen_failed` are days: `dead` and `failed` say that it happened, whether or not the day is
    known. A consent after a screen failure begins screening anew. Who was dosed without a slot
    (`unplanned`) has the level whose activity is nearest to what was given. `following` is what the plan of
    the level has for the next dose, by the newest weight where it hangs on one. `under` numbers the versions
    of the study that were in force.
    """

    id: str
    consent: date | None = None
    enrolled: date | None = None
    phase: str | None = None
    level: int | None = None
    therapy: tuple[Dose, ...] = ()
    imaging: tuple[Dose, ...] = ()
    exits: tuple[Exit, ...] = ()
    death: Death | None = None
    failed: bool = False
    screen_failed: date | None = None
    completed: bool = False
    last_alive: date | None = None
    facts: tuple[str, ...] = ()
    unplanned: bool = False
    following: Planned | None = None
    under: Under = _UNDER

    @property
    def has_slot(self) -> bool:
        """Whether the subject was given a slot at a level."""
        return self.level is not None and not self.unplanned

    @property
    def first_dose(self) -> date | None:
        """Day of the first therapeutic administration."""
        return self.therapy[0].day if self.therapy else None

    @property
    def dead(self) -> bool:
        """Whether the subject died, on whatever day."""
        return self.death is not None

    @property
    def died(self) -> date | None:
        """Day of death; None where the subject lives or the day is not known."""
        return self.death.day if self.death else None

    @property
    def last_dose(self) -> date | None:
        """Day of the newest therapeutic administration."""
        return self.therapy[-1].day if self.therapy else None

    @property
    def cumulative_mbq(self) -> float | None:
        """Net therapeutic activity so far [MBq]; None when any administration's is unknown."""
        nets = [dose.net_mbq for dose in self.therapy]
        return (
            None if any(net is None for net in nets) else float(sum(net for net in nets if net is not None))
        )

    def left(self, scope: str) -> Exit | None:
        """The exit from `scope` (`treatment` or `study`), if any; leaving the study leaves treatment too."""
        wanted = ("study",) if scope == "study" else ("treatment", "study")
        return next((exit_ for exit_ in self.exits if exit_.scope in wanted), None)


def _is_therapy(study: Study, agent: str) -> bool:
    if study.treatment is not None:
        return agent == study.treatment.therapy_agent.value
    return not any(one.name == agent and one.role == "imaging" for one in study.agents)


def derive_subjects(study: Study, record: Record) -> tuple[Subject, ...]:
    """Every subject the record knows of, in the order of their identifiers."""
    doses = derive_doses(study, record)
    fatal = fatal_events(record)
    steps = Steps.of(study, record)
    return tuple(
        _subject(study, name, doses.get(name, ()), _Rows.of(record, name, fatal.get(name)), steps)
        for name in sorted(record.names | doses.keys())
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of one subject by kind, oldest first, and the event that the subject died of."""

    consents: tuple[Row[Consent], ...]
    enrolments: tuple[Row[Enrolment], ...]
    withdrawals: tuple[Row[Withdrawal], ...]
    deaths: tuple[Row[people.Death], ...]
    dispositions: tuple[Row[Disposition], ...]
    met: tuple[date, ...]
    vitals: tuple[Row[people.Vital], ...]
    zone: str
    fatal: FatalEvent | None

    @classmethod
    def of(cls, record: Record, name: str, fatal: FatalEvent | None) -> _Rows:
        def own(model: type[F]) -> tuple[Row[F], ...]:
            return record.rows_by_subject(model).get(name, ())

        met = (*own(people.Demographics), *own(people.Contact))
        return cls(
            own(Consent),
            own(Enrolment),
            own(Withdrawal),
            own(people.Death),
            own(Disposition),
            tuple(row.day for row in met if row.day is not None),
            own(people.Vital),
            record.zone,
            fatal,
        )

    def days(self) -> Iterator[date]:
        """Days of which anything is told."""
        told = (self.consents, self.enrolments, self.withdrawals, self.deaths, self.dispositions)
        yield from (row.day for rows in told for row in rows if row.day is not None)
        yield from self.met

    def body(self, plan: Treatment, day: date | None) -> Body:
        """The body of a day, or the newest one, where activities hang on it."""
        return body_on(self.vitals, day) if plan.by_body else Body()

    def between(self, row: Row[Fact]) -> tuple[date, date]:
        """First and last day of a row; it was written after it happened."""
        first, last = days_of(row.fact.on)
        written = row.recorded.astimezone(ZoneInfo(self.zone)).date()
        return first, min(last, written) if written >= first else last

    def way_in(self) -> tuple[Row[Consent] | None, Row[Enrolment] | None, Row[Disposition] | None]:
        """The consent that opened the newest screening, its slot, and the failure that ended it.

        A consent after a failure begins anew, without the slot of before; a slot after a failure undoes it.
        """
        consent: Row[Consent] | None = None
        slot: Row[Enrolment] | None = None
        failed: Row[Disposition] | None = None
        failures = (row for row in self.dispositions if _is_failure(row.fact.term))
        steps: list[_Step] = [*self.consents, *failures, *self.enrolments]
        for row, _ in in_order((row, moment_of(row, self.zone)) for row in steps):
            if _is(row, Disposition):
                failed = row
            elif _is(row, Enrolment):
                slot, failed = row, None
            elif _is(row, Consent):
                if failed is not None:
                    consent, slot, failed = row, None, None
                else:
                    consent = consent or row
        return consent, slot, failed


_Step = Row[Consent] | Row[Disposition] | Row[Enrolment]


def _is(row: Row[Fact], model: type[F]) -> TypeGuard[Row[F]]:
    return isinstance(row.fact, model)


_FAILED: Final = re.compile(
    r"screen\w*[\s-]*fail|fail\w*[\s-]*screen|(not|in)[\s-]*eligible"
    r"|criteria (were |was )?not (met|fulfilled|satisfied)"
    r"|(did not|failed to) (meet|fulfil)",
    re.IGNORECASE,
)


def _is_failure(term: str) -> bool:
    """Whether a disposition says that screening failed.

    >>> _is_failure("SCREEN FAILURE"), _is_failure("Not eligible"), _is_failure("COMPLETED")
    (True, True, False)
    """
    return _FAILED.search(term) is not None


def _death(rows: _Rows) -> Death | None:
    """The death as told by facts of its own, else by a disposition, else by an event that was fatal."""
    stated: list[tuple[Row[Fact], bool | None]] = [
        (row, doubted(row.fact.related, row.fact.cause or "")) for row in rows.deaths
    ]
    if not stated:
        stated = [(row, None) for row in rows.dispositions if tells_of_death(row.fact.term)]
    if not stated:
        fatal = rows.fatal
        return None if fatal is None else Death(fatal.day, fatal.related, fatal.event.ref, fatal.between)
    # Of several that contradict each other the one that is not called unrelated; then no day is sure.
    row, related = min(stated, key=lambda one: (one[1] is False, one[1] is None))
    spans = [rows.between(one) for one, _ in stated]
    days = {one.day for one, _ in stated}
    between = min(first for first, _ in spans), max(last for _, last in spans)
    return Death(row.day if len(days) == 1 else None, related, row.id, between)


def _exits(rows: _Rows, given: tuple[Dose, ...]) -> tuple[Exit, ...]:
    """Ways out of treatment or study; a disposition after a dose that says so is one too."""
    told = [row for row in rows.dispositions if given and _may_end(row, given[0].day)]
    causes = [row.fact.term for row in told]
    stated = tuple(_exit(row, rows, causes) for row in rows.withdrawals)
    return stated or tuple(
        Exit(r.day, "treatment", r.fact.term, told_related(r.fact.term), r.id, rows.between(r)) for r in told
    )


def _exit(row: Row[Withdrawal], rows: _Rows, causes: Iterable[str]) -> Exit:
    cause = row.fact.cause or ""
    related = doubted(row.fact.toxicity_related, cause, *causes)
    return Exit(row.day, row.fact.scope, cause, related, row.id, rows.between(row))


def _may_end(row: Row[Disposition], dosed: date) -> bool:
    """Whether a disposition ends the treatment; no screening fails after the dose: somebody left."""
    after = days_of(row.fact.on)[1]
    if _is_failure(row.fact.term):
        return after > dosed
    return after >= dosed and has_left(row.fact.term, row.fact.category)


def _completed(rows: _Rows, given: tuple[Dose, ...]) -> bool:
    """Whether all cycles are said to be completed; what was completed before any dose is the screening."""
    said = [
        row
        for row in rows.dispositions
        if row.fact.term.upper() == "COMPLETED" and "SCREEN" not in (row.fact.category or "").upper()
    ]
    return any(not given or days_of(row.fact.on)[1] > given[0].day for row in said)


def _subject(study: Study, name: str, doses: Iterable[Dose], rows: _Rows, steps: Steps | None) -> Subject:
    consent, slot, failed = rows.way_in()
    given = tuple(doses) if steps is None else steps.dated(name, doses)
    therapy = tuple(dose for dose in given if _is_therapy(study, dose.agent))
    if therapy:
        # Whoever was dosed stays in the level, whatever is said of screening or of slots later.
        slot = _slot_at(rows.enrolments, therapy[0].day) or slot
    death = _death(rows)
    days = [*rows.days(), *(dose.day for dose in given)]
    named = [row.id for row in (consent, slot, failed) if row]
    under = _UNDER if steps is None else steps.under(name, consent, failed or slot, therapy)
    first = version(study, therapy[0].version if therapy else under.now)
    level = slot.fact.level if slot else _nearest_level(first, therapy, rows)
    return Subject(
        id=name,
        consent=consent.day if consent else None,
        enrolled=slot.day if slot else None,
        phase=slot.fact.phase if slot else None,
        level=level,
        unplanned=slot is None and bool(therapy),
        therapy=by_plan(first.treatment, level, therapy, rows.body),
        following=following(plan_by(version(study, under.now), first), level, therapy, rows.body),
        under=under,
        imaging=tuple(dose for dose in given if not _is_therapy(study, dose.agent)),
        exits=_exits(rows, therapy),
        death=death,
        failed=failed is not None,
        screen_failed=failed.day if failed else None,
        completed=_completed(rows, therapy),
        last_alive=max((day for day in days if death is None or day != death.day), default=None),
        facts=(*named, *((death.fact,) if death else ())),
    )


def _slot_at(slots: tuple[Row[Enrolment], ...], day: date) -> Row[Enrolment] | None:
    """The slot in force on a day, or the first that was given later."""
    before = [row for row in slots if days_of(row.fact.on)[0] <= day]
    return before[-1] if before else next(iter(slots), None)


def _nearest_level(study: Study, therapy: tuple[Dose, ...], rows: _Rows) -> int | None:
    """Level whose activity is nearest, as a ratio, to the first that was given; the lowest where unknown."""
    plan = study.treatment
    if not therapy or plan is None:
        return None
    given = therapy[0].net_mbq or therapy[0].planned_mbq
    body = rows.body(plan, therapy[0].day)
    planned = {one.level: plan.planned(one.level, 1, body).mbq for one in plan.levels}
    if not given:
        return min(planned)
    return min(planned, key=lambda one: (abs(math.log(given / mbq)) if (mbq := planned[one]) else 0.0, one))


def with_last_alive(subjects: Iterable[Subject], record: Record) -> tuple[Subject, ...]:
    """The subjects, each with the last day on which any fact shows them alive.

    A blood sample or a scan says it as well as a contact does; a death and what was only said of a
    subject (judgements, dispositions) do not.
    """
    seen = signs_of_life(record).group_by("subject").agg(pl.col("day").max())
    last: dict[str, date] = dict(seen.iter_rows())
    return tuple(_alive(subject, last.get(subject.id)) for subject in subjects)


def _alive(subject: Subject, seen: date | None) -> Subject:
    days = [day for day in (seen, subject.last_alive) if day is not None]
    before = [day for day in days if subject.died is None or day < subject.died]
    return replace(subject, last_alive=max(before, default=None))
