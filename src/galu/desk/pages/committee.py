"""The committee's page: the cohort with its narratives, what was decided, and whether it still stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from galu.desk.decide import KINDS
from galu.desk.identity import acts
from galu.desk.page_words import Said
from galu.desk.pages.board import answer_of
from galu.desk.pages.look import Look, look
from galu.record import Record
from galu.record.conduct import Decision
from galu.report.board import standing_of
from galu.trial.accrual import SignedDecision
from galu.trial.slots import Slot


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, why it does not stand (empty where it does), and the facts that changed under it."""

    decision: SignedDecision
    fault: str
    comment: str
    rests_on: int
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommitteePage:
    """What the committee sees; `narratives` are patients with a toxicity, or who wait for a judgement."""

    look: Look
    answer: Said | str
    slots: tuple[Slot, ...]
    narratives: tuple[Slot, ...]
    decided: tuple[Decided, ...]
    kinds: tuple[str, ...]
    levels: tuple[int, ...]


@acts("read-board")
def committee_page(folder: Path, as_of: date | None = None) -> CommitteePage:
    """The page on a day.

    Raises
    ------
    InputError
        When the record had not begun on that day.
    """
    seen = look(folder, as_of)
    board, plan = seen.state.board, seen.state.study.treatment
    slots = tuple(sorted(board.slots, key=lambda one: (-one.level, one.enrolled or date.max)))
    return CommitteePage(
        seen,
        answer_of(board, seen),
        slots,
        tuple(one for one in slots if one.outcome == "T" or one.suspect),
        tuple(_decided(seen.state.record, reversed(board.decisions))),
        KINDS,
        tuple(one.level for one in plan.levels) if plan else (),
    )


def _decided(record: Record, decisions: Iterable[SignedDecision]) -> Iterator[Decided]:
    facts = {row.id: row.fact for row in record.rows(Decision)}
    for one in decisions:
        fact = facts.get(one.fact)
        rests = fact.rests_on if fact else ()
        changed = tuple(name for name in rests if name in record.superseded)
        yield Decided(one, standing_of(one), (fact.comment or "") if fact else "", len(rests), changed)
