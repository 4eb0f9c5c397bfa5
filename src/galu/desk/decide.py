"""A committee's or sponsor's decision, entered with its signature; it rests on what the board shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args
from zoneinfo import ZoneInfo

from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import acts
from galu.desk.sign import proven
from galu.desk.status import day_of_report
from galu.finding import InputError
from galu.record import Record, fact_digest
from galu.record.conduct import Decision, Signature
from galu.store.sql import Clock
from galu.trial.board import Board, derive_board
from galu.vocabulary.persons import is_named

KINDS: Final[tuple[str, ...]] = get_args(Decision.model_fields["decision"].annotation)
#: Decisions that name a level.
_OF_A_LEVEL: Final = ("open-level", "close-level", "declare-mtd", "rp2d")


@dataclass(frozen=True, slots=True)
class Statement:
    """What is decided, by whom, and who signs with which words."""

    decision: str
    level: int | None
    by: str
    signer: str
    meaning: str = "Approved"
    comment: str | None = None


Decided = tuple[Decision, Board, tuple[str, ...]]


@acts("decide")
def decide(folder: Path, said: Statement, clock: Clock = utc_now, proof: str | None = None) -> Decided:
    """Write a decision and its signature; gives the decision, the board after it, and warnings.

    A decision that differs from what the design would do is written all the same: it is the
    committee's. Its facts are those of every slot, so that a later correction shows it as stale. Who is
    still pending, what could not be read and a clock that is wrong are said. In a trial with accounts the one
    who signs is the account that acts, and `proof` says that he has shown himself a moment ago.

    Raises
    ------
    InputError
        When the decision, its level or a name is missing or unknown, or the record is a simulation.
    """
    trial = open_trial(folder, clock)
    record, seen = trial.record, trial.store.seen
    if record.origin == "simulated":
        raise InputError(str(folder), "is a simulated trial", "its world decides; use a trial of your own")
    day = day_of_report(record, None, clock)
    study = trial.study_on(day)
    levels = len(study.treatment.levels) if study.treatment else 0
    _check(said, levels)
    board = derive_board(study, record.as_of(day), day)
    warnings = _warnings(trial, record, board)
    number = record.free_number("decision", "signature")
    moment = clock().astimezone(ZoneInfo(record.zone)).isoformat(timespec="seconds")
    decision = Decision.model_validate(
        {
            "id": f"decision-{number}",
            "on": moment,
            "by": said.by,
            "decision": said.decision,
            "level": said.level,
            "rests_on": tuple(dict.fromkeys(fact for slot in board.slots for fact in slot.facts)),
            "comment": said.comment,
        }
    )
    decision = trial.stamped(decision)  # what is signed is what will be written
    signature = Signature(
        id=f"signature-{number}",
        on=moment,
        by=said.by,
        signs=decision.id,
        digest=fact_digest(decision),
        meaning=said.meaning,
        signer=said.signer,
        means=proven(trial, proof) if trial.who else None,
    )
    trial.write([decision, signature], after=seen)
    return decision, derive_board(study, trial.record.as_of(day), day), warnings


def _warnings(trial: TrialFolder, record: Record, board: Board) -> tuple[str, ...]:
    """What the committee should know before its signature stands."""
    found = [
        f"{slot.subject} at level {slot.level} is pending"
        + (f" (window ends {slot.window_ends})" if slot.window_ends else "")
        + (f": {slot.reason}" if slot.reason else "")
        for slot in board.slots
        if slot.outcome == "P"
    ]
    found += [f"left out, because it cannot be read: {one}" for one in record.unread]
    warning = trial.warning()
    return (*found, warning) if warning else tuple(found)


def _check(said: Statement, levels: int) -> None:
    if said.decision not in KINDS:
        raise InputError("decision", f"{said.decision!r} is unknown", f"use one of {', '.join(KINDS)}")
    if not is_named(said.by) or not is_named(said.signer):
        raise InputError("decision", "a name is missing", "give --by and --signer")
    if said.decision in _OF_A_LEVEL and said.level is None:
        raise InputError("decision", f"{said.decision} needs a level", "give --level")
    if said.level is not None and not 1 <= said.level <= levels:
        raise InputError("--level", f"{said.level} is none of the {levels} planned", "give a planned level")
