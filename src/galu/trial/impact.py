"""What an amendment does to the visits of those in the trial, listed before it comes into force.

Nothing is moved: values stay the facts that they are, and a signature stays over what was shown. A procedure
that the amended plan no longer asks for keeps its values; they are told as not collected any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import polars as pl

from galu.access import State
from galu.access.table import strictest
from galu.trial.expected import Expected
from galu.trial.signatures import Standing, derive_signatures
from galu.trial.state import TrialState

#: `eligible`: follows the amended plan; `excluded`: would, and is signed, frozen or locked; `orphaned`: has a
#: value that the amended plan does not collect; `dropped`: was asked for, has no value and is not any more;
#: `new`: is asked for by the amended plan alone.
Effect = Literal["eligible", "excluded", "orphaned", "dropped", "new"]
EFFECTS: Final[tuple[Effect, ...]] = ("eligible", "excluded", "orphaned", "dropped", "new")
_HELD: Final = ("signed", "frozen", "locked")
_WHY: Final[dict[Effect, str]] = {
    "eligible": "its window changes",
    "orphaned": "is not collected any more; its value stays",
    "dropped": "is not collected any more",
    "new": "is asked for by the amended plan",
}


@dataclass(frozen=True, slots=True)
class Affected:
    """One procedure of a planned visit that is another by the amended plan."""

    subject: str
    visit: str
    planned: date | None
    procedure: str
    effect: Effect
    why: str


@dataclass(frozen=True, slots=True)
class Impact:
    """Everything affected, and the signatures over the subjects concerned: they stand after it as before."""

    affected: tuple[Affected, ...]
    signatures: tuple[Standing, ...]

    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many are affected in each way."""
        return tuple((name, sum(one.effect == name for one in self.affected)) for name in EFFECTS)


def derive_impact(before: TrialState, after: TrialState) -> Impact:
    """Compare the lists of what is expected by two versions of the study, of one record on one day."""
    affected = tuple(_affected(before, after))
    subjects = {one.subject for one in affected}
    frames = before.record.frames.values()
    of = {name: subject for frame in frames for name, subject in frame.select("id", "subject").rows()}
    standing = (one for one in derive_signatures(before.record) if one.stands)
    signatures = tuple(one for one in standing if subjects & {of.get(name) for name in one.fact.rests_on})
    return Impact(affected, signatures)


def _affected(before: TrialState, after: TrialState) -> Iterator[Affected]:
    old, new = _planned(before), _planned(after)
    for key in sorted({*old, *new}, key=str):
        was, comes = old.get(key), new.get(key)
        effect: Effect = "new"
        if was is not None and comes is not None:
            if (was.earliest, was.latest) == (comes.earliest, comes.latest):
                continue
            effect = "eligible"
        elif was is not None:
            effect = "orphaned" if was.state == "entered" else "dropped"
        subject, visit, planned, procedure = key
        state = "open" if was is None else _state(before, was)
        why = _WHY[effect]
        if state in _HELD:
            effect, why = "excluded", f"is {state}, and {why}: open it before, if it is to follow"
        yield Affected(subject, visit, planned, procedure, effect, why)


def _state(trial: TrialState, one: Expected) -> State:
    """The strictest state of the visit, and of what the subject left on the day when it was done."""
    states = [trial.data.of_visit(one.subject, one.visit, one.planned)]
    if one.day is not None:
        for frame in trial.record.frames.values():
            own = frame.filter(
                (pl.col("subject") == one.subject) & pl.col("on").str.starts_with(one.day.isoformat())
            )
            states += [trial.data.of(name).state for name in own["id"].to_list()]
    return strictest(states)


def _planned(state: TrialState) -> dict[tuple[str, str, date | None, str], Expected]:
    return {
        (one.subject, one.visit, one.planned, one.procedure): one
        for one in state.expected
        if one.state != "unscheduled"
    }
