"""The seal of the record: a hash chain over every entry and a signed head kept outside the database.

The chain shows a changed, reordered or inserted entry; the signed head shows a lost tail, which no
chain alone can see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

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


class Links:
    """A walk along the chain that may rest and go on: the entries up to `head` hold together."""

    __slots__ = ("head", "moment")

    def __init__(self) -> None:
        self.head = Head(0, GENESIS)
        self.moment = ""

    def fault(self, rows: Iterable[tuple[int, str, str, str, str, str]]) -> str | None:
        """First place where the next rows (seq, recorded, kind, payload, previous, digest) break it.

        Where they do, the walk stays at the last entry before.
        """
        last, digest, moment = self.head.seq, self.head.digest, self.moment
        found, sha256 = None, hashlib.sha256
        for seq, recorded, kind, payload, previous, stated in rows:
            if seq != last + 1:
                found = f"entry {last + 1} is missing (found {seq})"
            elif previous != digest:
                found = f"entry {seq} does not follow entry {seq - 1}"
            elif sha256(f"{previous}|{seq}|{recorded}|{kind}|{payload}".encode()).hexdigest() != stated:
                found = f"entry {seq} was changed after it was written"
            elif recorded < moment:
                found = f"entry {seq} was recorded before entry {seq - 1}"
            if found:
                break
            last, digest, moment = seq, stated, recorded
        self.head, self.moment = Head(last, digest), moment
        return found


def broken_at(rows: Iterable[SealedRow]) -> str | None:
    """First place where the chain breaks, as a sentence; None when it holds."""
    columns = attrgetter("seq", "recorded", "kind", "payload", "previous", "digest")
    return Links().fault(map(columns, rows))
