"""The seal of the record: a hash chain over every entry and a signed head kept outside the database.

The chain shows a changed, reordered or inserted entry; the signed head shows a lost tail, which no
chain alone can see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class SealedRow:
    """An entry as stored."""

    seq: int
    recorded: str
    kind: str
    payload: str
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain."""

    seq: int
    digest: str


def digest_of(previous: str, seq: int, recorded: str, kind: str, payload: str) -> str:
    """SHA-256 that binds an entry to all before it."""
    return hashlib.sha256(f"{previous}|{seq}|{recorded}|{kind}|{payload}".encode()).hexdigest()


def broken_at(rows: Iterable[SealedRow]) -> str | None:
    """First place where the chain breaks, as a sentence; None when it holds."""
    previous, expected, moment = GENESIS, 1, ""
    for row in rows:
        if row.seq != expected:
            return f"entry {expected} is missing (found {row.seq})"
        if row.previous != previous:
            return f"entry {row.seq} does not follow entry {row.seq - 1}"
        if digest_of(previous, row.seq, row.recorded, row.kind, row.payload) != row.digest:
            return f"entry {row.seq} was changed after it was written"
        if row.recorded < moment:
            return f"entry {row.seq} was recorded before entry {row.seq - 1}"
        previous, expected, moment = row.digest, row.seq + 1, row.recorded
    return None
