"""Which words of the sites a new version of the study reads otherwise: each as it is written, before it acts.

Nothing is recoded: facts that are in the record keep the reading of the words in force when they were entered
(`galu.trial.words.read_words`); only what was not understood is taught, and what comes later is read anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from galu.protocol import Study
from galu.record import Record
from galu.trial.words import read_words

#: Kinds with words, the column that is written, and the one that says what it means.
_WORDS: Final = (
    ("lab", "test", "test"), ("vital", "test", "test"), ("adverse_event", "term", "coded"),
    ("therapy", "agent", "agent"), ("prior_therapy", "agent", "agent"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reread:
    """A word as written, in how many facts, and what it means by each of two versions; empty for nothing."""

    kind: str
    written: str
    facts: int
    was: str
    comes: str


def derive_reread(before: Study, after: Study, record: Record) -> tuple[Reread, ...]:
    """Every word that two versions read differently, of a record whose words were not read yet."""
    return tuple(_reread(read_words(before, record), read_words(after, record), record))


def _reread(old: Record, new: Record, record: Record) -> Iterator[Reread]:
    for kind, written, meant in _WORDS:
        if kind not in record.frames:
            continue
        told = record.frames[kind].select("id", pl.col(written).alias("written"))
        sides = [_meanings(one.frames[kind], meant) for one in (old, new)]
        counted: dict[tuple[str, str, str], int] = {}
        for name, word in told.rows():
            was, comes = (side.get(name) or "" for side in sides)
            if was != comes:
                counted[word, was, comes] = counted.get((word, was, comes), 0) + 1
        for (word, was, comes), count in sorted(counted.items()):
            yield Reread(kind, word, count, was, comes)


def _meanings(frame: pl.DataFrame, column: str) -> dict[str, str | None]:
    return dict(frame.select("id", column).rows()) if column in frame.columns else {}
