"""May the study be amended so? What cannot be true of those in the trial is refused before it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from galu.escalation.outcomes import Outcomes
from galu.protocol import Study
from galu.protocol.treatment import DoseLevel, Treatment
from galu.protocol.versions import is_site
from galu.record import Record
from galu.record.people import Demographics
from galu.record.treatment import Administration, Dispensed, Scan
from galu.trial.accrual import fold_orders, read_decisions
from galu.trial.board import derive_board, room_of
from galu.trial.design import ask_design
from galu.trial.slots import outcome_of, seen_by_design
from galu.trial.subjects import Subject

#: Sections that cannot go once somebody is in the trial.
_NEEDED: Final = ("treatment", "eligibility", "escalation", "safety", "enrolment")


@dataclass(frozen=True, slots=True)
class Terms:
    """When and for whom an amendment is in force.

    `sites` names those at which it is another day than `since`. `changes_level` says that the activity of a
    level at which somebody was treated is meant to change.
    """

    since: date
    sites: tuple[tuple[str, date], ...] = ()
    reconsent: bool = False
    form: str | None = None
    changes_level: bool = False

    def begins(self, site: str | None) -> date:
        """The first day on which it may be in force at a site."""
        days = [day for name, day in self.sites if site is None or is_site(name, site)]
        return min(days, default=self.since) if site is not None else min((self.since, *days))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an amendment cannot be, at which key of the file or option, and what to do."""

    key: str
    fault: str
    remedy: str


def refusals(
    before: Study, after: Study, record: Record, subjects: Iterable[Subject], terms: Terms
) -> Iterator[Refusal]:
    """Every reason why a study in force cannot be amended so."""
    people = tuple(subjects)
    yield from _number(before, after)
    if people:
        yield from (
            Refusal(name, "is gone, though people are in the trial by it", "keep it, and change what it says")
            for name in _NEEDED
            if getattr(before, name) is not None and getattr(after, name) is None
        )
    yield from _agents(before, after, record)
    if before.treatment is not None and after.treatment is not None:
        yield from _levels(before.treatment, after.treatment, people, terms)
        yield from _recommended(before.treatment, after.treatment, record)
    yield from _design(before, after, record, people, terms.since)
    yield from _target(before, after, people)
    yield from _sites(record, terms)


def _design(
    before: Study, after: Study, record: Record, people: tuple[Subject, ...], day: date
) -> Iterator[Refusal]:
    """A design that has an answer to those enrolled, and would have none as it is amended."""
    board = derive_board(before, record, day, people)
    if board.decision is None or after.escalation is None:
        return
    outcomes = Outcomes(tuple(outcome_of(slot) for slot in seen_by_design(board.slots)))
    orders = fold_orders(read_decisions(record))
    answer, silence = ask_design(after, outcomes, orders)
    if answer is None:
        fault = f"has no answer to those enrolled so far ({silence.split(':')[0]})"
        yield Refusal("escalation", fault, "keep what those enrolled followed, such as `start`")


def _number(before: Study, after: Study) -> Iterator[Refusal]:
    old, new = before.identity.nct_id.value, after.identity.nct_id.value
    if old is not None and old != new:
        fault = f"is {new or 'not stated'}, this trial is {old}"
        yield Refusal("identity.nct_id", fault, f"write {old}; another trial has a folder of its own")


def _agents(before: Study, after: Study, record: Record) -> Iterator[Refusal]:
    """Agents that were given keep their names, nuclides and places."""
    kinds = (record.rows(Administration), record.rows(Dispensed), record.rows(Scan))
    given = {row.fact.agent for rows in kinds for row in rows}
    kept = {one.name: one for one in after.agents}
    for one in before.agents:
        if one.name not in given:
            continue
        if one.name not in kept:
            yield Refusal("agents", f"{one.name} is gone, though it was given", "keep it among the agents")
        elif kept[one.name].nuclide != one.nuclide:
            fault = f"{kept[one.name].nuclide or 'nothing'} is another nuclide than the {one.nuclide} given"
            yield Refusal(f"agents[{one.name}].nuclide", fault, "give another agent another name")
        elif kept[one.name].physical_half_life_h != one.physical_half_life_h:
            fault = f"is another than {one.physical_half_life_h} h, by which activities given were corrected"
            yield Refusal(f"agents[{one.name}].half_life_h", fault, "keep it")
    old = before.treatment.therapy_agent.value if before.treatment else None
    new = after.treatment.therapy_agent.value if after.treatment else None
    if old in given and new is not None and old != new:
        fault = f"is {new}, though {old} was given"
        yield Refusal("treatment.therapy_agent", fault, f"write {old}; another agent is another trial")


def _levels(
    before: Treatment, after: Treatment, people: Iterable[Subject], terms: Terms
) -> Iterator[Refusal]:
    """Levels of those in the trial stay where they are, with their activity unless it is said."""
    there: dict[int, list[str]] = {}
    dosed = []
    for one in people:
        if one.level is not None:
            there.setdefault(one.level, []).append(one.id)
        if one.therapy:
            dosed.append(one.id)
    rows = {level.level: level for level in after.levels}
    for level in before.levels:
        names = there.get(level.level)
        if names:
            yield from _level(level, rows, names, terms)
    whole = ("reading", "lower_each_cycle_gbq", "most_mbq")
    changed = [key for key in whole if getattr(before, key) != getattr(after, key)]
    if dosed and changed and not terms.changes_level:
        fault = f"changes the activity of every level, and {_in_words(dosed)} treated"
        yield Refusal(f"treatment.{changed[0]}", fault, _SAY_SO)
    if dosed and before.days_of_fractions != after.days_of_fractions:
        fault = (
            f"changes, though {_in_words(dosed)} treated by fractions on days {[*before.days_of_fractions]}"
        )
        yield Refusal("treatment.fraction_days", fault, "keep them; other fractions are another trial")


_SAY_SO: Final = "say so with --changes-level: who was treated keeps the activity of the first dose"


def _level(level: DoseLevel, rows: dict[int, DoseLevel], names: list[str], terms: Terms) -> Iterator[Refusal]:
    new, place = rows.get(level.level), f"treatment.levels[{level.level}]"
    said = f"{_in_words(names)} there with {level}"
    moved = [one.level for one in rows.values() if (one.way, one.amounts) == (level.way, level.amounts)]
    if new is not None and level.level in moved:
        return
    if moved:
        fault = f"{level} is level {moved[0]} now, and {said}: levels cannot be renumbered"
        yield Refusal(place, fault, "keep the numbers; add levels above the highest")
    elif new is None:
        yield Refusal(place, f"is gone, and {said}", "keep it; a signed decision closes a level")
    elif not terms.changes_level:
        yield Refusal(place, f"is {new} now, and {said}", _SAY_SO)


def _recommended(before: Treatment, after: Treatment, record: Record) -> Iterator[Refusal]:
    """The dose that was signed as recommended stays what it is."""
    signed = fold_orders(read_decisions(record)).rp2d
    if signed is None or signed.level is None:
        return
    old, new = (
        next((one for one in plan.levels if one.level == signed.level), None) for plan in (before, after)
    )
    if old is not None and (new is None or (new.way, new.amounts) != (old.way, old.amounts)):
        fault = f"is {new or 'gone'}, and the signed RP2D ({signed.fact}) is this level with {old}"
        yield Refusal(f"treatment.levels[{signed.level}]", fault, "keep it: another dose is another decision")


def _target(before: Study, after: Study, people: tuple[Subject, ...]) -> Iterator[Refusal]:
    room = room_of(after, people)
    if (
        room.target is not None
        and room.target != room_of(before, people).target
        and room.dosed + room.waiting > room.target
    ):
        waits = f" and {room.waiting} with a slot" if room.waiting else ""
        fault = f"is {room.target}, with {room.dosed} dosed{waits} already"
        yield Refusal("enrolment.target", fault, f"write {room.dosed + room.waiting} or more")


def _sites(record: Record, terms: Terms) -> Iterator[Refusal]:
    known = sorted({row.fact.site for row in record.rows(Demographics) if row.fact.site})
    for name, _ in terms.sites:
        if known and not any(is_site(name, one) for one in known):
            yield Refusal("--at", f"nobody is at a site {name!r}", f"write one of {', '.join(known)}")


def steps_since(subjects: Iterable[Subject], sites: dict[str, str], terms: Terms) -> Iterator[str]:
    """Who consented, got a slot or was dosed since the day on which an amendment is to begin, in words."""
    for one in subjects:
        begins = terms.begins(sites.get(one.id))
        days = (("dosed", dose.day) for dose in reversed(one.therapy))
        steps = (*days, ("given a slot", one.enrolled), ("consented", one.consent))
        found = next(((what, day) for what, day in steps if day is not None and day >= begins), None)
        if found is not None:
            what = found[0] if found[0] == "consented" else f"was {found[0]}"
            yield f"{one.id} {what} on {found[1]}"


def _in_words(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{shown}{more} {'were' if len(names) > 1 else 'was'}"
