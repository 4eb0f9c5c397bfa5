"""Knowing less never makes a trial look safer.

One safety fact of a simulated trial is left out, blurred to its month, renamed to a word nobody knows, or
told only later: no toxicity and no pending patient becomes "no DLT", no criterion that was violated or
unknown becomes satisfied, and nobody is let in who was not, or higher. An event whose report is left out
together with its course leaves no trace; every event here has a course.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from galu.protocol import Study, load_study
from galu.record import Entry, Fact, Record, record_of
from galu.simulation.scenario import load_scenario
from galu.simulation.world import simulate_trial
from galu.trial.board import Board, derive_board
from galu.trial.eligibility import derive_eligibility
from galu.trial.subjects import derive_subjects
from support import ROOT

FOLDER = ROOT / "studies" / "nct07310355"
#: Facts that tell of safety, or of what safety is judged by.
KINDS = (
    "lab", "adverse_event", "adverse_event_course", "administration", "dispensed", "residual", "enrolment",
    "consent", "demographics", "transfusion", "vital", "ecog", "history", "prior_therapy",
)  # fmt: skip
#: A scenario in which every second patient has a toxicity.
TOXIC = (0.35, 0.5)
Change = Callable[[Fact], Fact | None]


@dataclass(frozen=True)
class Seen:
    """What is looked at on a day: outcomes by subject, the highest level open, criteria by subject."""

    outcomes: dict[str, str]
    open_to: int
    criteria: dict[tuple[str, str], str]


@cache
def study() -> Study:
    return load_study(FOLDER / "study.yaml")


@cache
def entries(seed: int) -> tuple[Entry, ...]:
    """A simulated escalation, up to the day on which it ended or the expansion began."""
    plain = load_scenario(FOLDER / "scenario.yaml")
    toxic = plain.toxicity.model_copy(update={"probability_by_level": TOXIC})
    scenario = plain.model_copy(update={"toxicity": toxic})
    small = study().enrolment
    assert small is not None
    target = small.target.model_copy(update={"value": 14})
    trial = study().model_copy(update={"enrolment": small.model_copy(update={"target": target})})
    return simulate_trial(trial, scenario, seed, "0" * 64)


def look(record: Record, day: date) -> Seen:
    known = record.as_of(day)
    people = derive_subjects(study(), known)
    board = derive_board(study(), known, day, people)
    gates = derive_eligibility(study(), known, people, day)
    criteria = {(g.subject, f"{g.gate.value} {v.criterion}"): v.at_gate for g in gates for v in g.verdicts}
    return Seen({slot.subject: slot.outcome for slot in board.slots}, reach(board), criteria)


def reach(board: Board) -> int:
    return (board.next_level or 0) if board.may_enrol else 0


def left_out(_: Fact) -> None:
    return None


def blurred(fact: Fact) -> Fact | None:
    try:
        return type(fact).model_validate({**fact.model_dump(), "on": fact.on[:7]})
    except ValueError:
        return None  # a kind that needs its day cannot be told of a month


def renamed(fact: Fact) -> Fact | None:
    unknown = {"lab": "test", "adverse_event": "term"}.get(fact.kind)
    return None if unknown is None else fact.model_copy(update={unknown: "Frobnication"})


def in_another_unit(fact: Fact) -> Fact | None:
    return fact.model_copy(update={"unit": "furlongs"}) if fact.kind == "lab" else None


CHANGES: tuple[Change, ...] = (left_out, blurred, renamed, in_another_unit)


def mutations(seed: int, count: int) -> list[tuple[str, Seen, Seen]]:
    """Some single changes of one trial: what was done, what was seen before and after."""
    draw = random.Random(seed)
    told, zone = entries(seed), study().zone
    days = days_of_interest(told, zone)
    found, before = [], {}
    while len(found) < count:
        day = draw.choice(days)
        end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
        known = [entry for entry in told if entry.recorded < end]
        dosed = {e.fact.subject for e in known if e.fact.kind == "administration"}
        people = [e for e in known if e.fact.kind in KINDS and e.fact.subject in dosed]
        corrected = {e.fact.supersedes for e in known if e.fact.supersedes}
        # The first word of a correction is not what is known; a correction left out lets it stand again.
        people = [e for e in people if not e.fact.supersedes and e.fact.id not in corrected]
        if not people:
            continue
        kind = draw.choice(sorted({e.fact.kind for e in people}))
        picked = draw.choice([e for e in people if e.fact.kind == kind])
        change = draw.choice(CHANGES)
        fact = change(picked.fact)
        if day not in before:
            before[day] = look(record_of(known, zone), day)
        changed = [
            Entry(e.seq, e.recorded, fact) if e is picked and fact is not None else e
            for e in known
            if e is not picked or fact is not None
        ]
        said = f"seed {seed}, {day}: {change.__name__} {picked.fact}"
        found.append((said, before[day], look(record_of(changed, zone), day)))
    return found


def days_of_interest(told: tuple[Entry, ...], zone: str) -> list[date]:
    """Days around the windows of the patients: that is where outcomes are decided."""
    first = [date.fromisoformat(e.fact.on[:10]) for e in told if e.fact.kind == "administration"]
    last = told[-1].recorded.astimezone(ZoneInfo(zone)).date()
    around = {day + timedelta(days=n) for day in first for n in (10, 20, 30, 42, 44, 50, 66)}
    return sorted(day for day in around if day <= last)


def judge(cases: list[tuple[str, Seen, Seen]]) -> list[str]:
    """Every case in which knowing less looks safer."""
    wrong = []
    for said, before, after in cases:
        for subject, outcome in before.outcomes.items():
            if outcome in "TP" and after.outcomes.get(subject, "P") == "N":
                wrong.append(f"{subject} {outcome} becomes N: {said}")
        if after.open_to > before.open_to:
            wrong.append(f"open to level {before.open_to} becomes {after.open_to}: {said}")
        wrong += [
            f"{where} {verdict} becomes satisfied: {said}"
            for where, verdict in before.criteria.items()
            if verdict != "satisfied" and after.criteria.get(where) == "satisfied"
        ]
    return wrong


def test_less_known_is_never_safer() -> None:
    wrong = judge(mutations(1, 60))
    assert not wrong, "\n".join(wrong[:5])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_less_known_is_never_safer_in_many_trials(seed: int) -> None:
    wrong = judge(mutations(seed, 200))
    assert not wrong, f"{len(wrong)} of 200\n" + "\n".join(wrong[:10])


def test_the_trials_hold_toxicity_to_lose() -> None:
    """The property would hold of a trial without toxicity too."""
    told = entries(1)
    day = told[-1].recorded.astimezone(ZoneInfo(study().zone)).date()
    assert "T" in look(record_of(told, study().zone), day).outcomes.values()
