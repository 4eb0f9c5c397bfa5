"""The history of a fact: who wrote, corrected, took back and signed it, and what rests on it now."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.seen import visible
from galu.desk.status import day_of_report, mark_of
from galu.finding import NotThereError
from galu.record import Record
from galu.report.blocks import Mark
from galu.trial.signatures import derive_signatures
from galu.trial.state import TrialState
from galu.vocabulary.folding import nearest

#: Fields that say where a fact stands, not what happened.
_STAMPS: Final = frozenset(
    {"id", "seq", "recorded", "supersedes", "reason", "by", "source", "subject", "account"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One fact of the chain, in the order of the record: what it says, or changes of the step before."""

    entry: int
    recorded: datetime
    kind: str
    fact: str
    by: str
    source: str
    values: tuple[tuple[str, str, str], ...]
    reason: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Every step of one fact, and what rests on what stands of it; empty where nothing does."""

    mark: Mark
    subject: str
    steps: tuple[Step, ...]
    stands: str
    rests: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            **dataclasses.asdict(self.mark),
            "subject": self.subject,
            "stands": self.stands,
            "steps": [dataclasses.asdict(one) for one in self.steps],
            "rests": self.rests,
        }


@acts("read-history")
def fact_history(folder: Path, fact: str) -> History:
    """The history of a fact of a trial folder, by its id or by that of any correction of it.

    Raises
    ------
    InputError
        When the record has no such fact.
    """
    trial = open_trial(folder)
    everything = trial.record
    record, day = visible(everything, trial.sight), day_of_report(everything, None)
    known = {name: kind for kind, frame in record.frames.items() for name in frame["id"]}
    if fact not in known:
        near = ", ".join(nearest(fact, known))
        remedy = f"did you mean {near}?" if near else "`galu record export` lists every fact"
        raise NotThereError(f"fact {fact!r}", "is not in the record", remedy)
    steps = tuple(_steps(record, record.root(fact)))
    standing = [one.fact for one in steps if one.fact not in record.superseded and one.kind != "retraction"]
    stands = standing[-1] if standing and steps[-1].kind != "retraction" else ""
    state = trial.state(day)
    rests = tuple(_rests(state, record, {one.fact for one in steps}))
    subject = _subject(record, fact)
    return History(mark_of(trial, everything, day), subject, steps, stands, rests)


def _subject(record: Record, fact: str) -> str:
    for frame in record.frames.values():
        found = frame.filter(frame["id"] == fact)
        if found.height:
            return str(found["subject"][0] or "")
    return ""


def _steps(record: Record, root: str) -> Iterator[Step]:
    zone = ZoneInfo(record.zone)
    rows = [
        (row["seq"], kind, row)
        for kind, frame in record.frames.items()
        for row in frame.iter_rows(named=True)
        if row["id"] == root or (row["supersedes"] and record.root(row["id"]) == root)
    ]
    before: dict[str, Any] = {}
    for seq, kind, row in sorted(rows, key=lambda one: one[0]):
        said = {name: value for name, value in row.items() if name not in _STAMPS}
        if kind == "retraction":
            said = dict.fromkeys(before)
        changed = tuple(
            (name, _text(before.get(name)), _text(said.get(name)))
            for name in dict.fromkeys((*before, *said))
            if before.get(name) != said.get(name)
        )
        yield Step(
            seq, row["recorded"].astimezone(zone), kind, row["id"], row["by"] or "", row["source"] or "",
            changed, row["reason"] or "", row["account"] or "",
        )  # fmt: skip
        before = said


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _rests(state: TrialState, record: Record, facts: set[str]) -> Iterator[str]:
    """What names one of these facts among those that it rests on."""
    for slot in state.board.slots:
        if facts.intersection(slot.decided_by):
            yield f"the outcome {slot.outcome} of {slot.subject} was decided by it: {slot.reason}"
        elif facts.intersection(slot.facts):
            yield f"the outcome {slot.outcome} of {slot.subject} looked at it"
    for one in state.proposals:
        if facts.intersection(one.facts):
            yield f"the proposal for cycle {one.cycle} of {one.subject}: {one.action}"
    decisions = record.facts("decision")
    for row in decisions.iter_rows(named=True):
        if facts.intersection(row["rests_on"] or ()):
            yield f"the decision {row['decision']} ({row['id']}) of {row['on'][:10]}"
    for signed in derive_signatures(record):
        if facts.intersection((signed.fact.signs, *signed.fact.rests_on)):
            since = f", no longer: {'; '.join(map(str, signed.changes))}" if signed.changes else ""
            yield f"the signature of {signed.fact.signer}: {signed.fact.meaning}{since}"
