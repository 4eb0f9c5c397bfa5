"""The log of access: who came in, was refused, was granted what; append-only, chained, its head signed.

The seal is that of the record (`galu.record.seal`): each entry is bound to all before it. Where the accounts
lie in a file, the last digest is signed beside it as well, so that a lost tail is seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from galu.finding import InputError
from galu.record.seal import GENESIS, Head, Links, digest_of
from galu.store.accounts_schema import LOG, hold_for_writing
from galu.store.checkpoints import Checkpoints
from galu.store.entering import stamp


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """One thing that happened: when, what, to which account, by which account, and particulars."""

    seq: int
    recorded: str
    kind: str
    account: str
    by: str
    told: dict[str, Any]


class AccessLog:
    """The log in one database, with its signed heads where there are any."""

    def __init__(self, engine: Engine, heads: Checkpoints | None) -> None:
        self._engine = engine
        self._heads = heads

    def add(self, connection: Connection, now: datetime, kind: str, **told: Any) -> None:
        """Write an entry inside the transaction of what it tells.

        Raises
        ------
        InputError
            When the log does not end where its head was signed: signing on would bless what was forged.
        """
        hold_for_writing(connection)
        last = connection.execute(
            select(LOG.c.seq, LOG.c.digest, LOG.c.recorded).order_by(LOG.c.seq.desc()).limit(1)
        ).one_or_none()
        head, moment = (Head(last.seq, last.digest), last.recorded) if last else (Head(0, GENESIS), "")
        if self._heads is not None:
            self._require_signed(self._heads, head)
        seq, recorded = head.seq + 1, max(stamp(now), moment)
        payload = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = digest_of(head.digest, seq, recorded, kind, payload)
        row = (seq, recorded, kind, payload, head.digest, digest)
        connection.execute(LOG.insert().values(dict(zip(LOG.c.keys(), row, strict=True))))
        if self._heads is not None:
            self._heads.prepare(Head(seq, digest), recorded)

    def _require_signed(self, heads: Checkpoints, head: Head) -> None:
        if heads.pending() is not None:
            heads.settle(head)
        if not heads.vouches(head):
            raise InputError(
                str(heads.folder.parent),
                "the log of access was altered: it does not end where its head was signed",
                "see `galu user log --verify`, and restore the accounts from a backup",
            )

    def settle(self) -> None:
        """Give the signed head its place once its entry was committed; the next entry does so otherwise."""
        if self._heads is None or self._heads.pending() is None:
            return
        with self._engine.begin() as connection:
            hold_for_writing(connection)
            self._heads.settle(self._head(connection))

    def _head(self, connection: Connection) -> Head:
        row = connection.execute(
            select(LOG.c.seq, LOG.c.digest).order_by(LOG.c.seq.desc()).limit(1)
        ).one_or_none()
        return Head(row.seq, row.digest) if row else Head(0, GENESIS)

    def entries(self) -> Iterator[AccessEntry]:
        """Everything, oldest first."""
        with self._engine.begin() as connection:
            rows = self._rows(connection)
        for seq, recorded, kind, payload, *_ in rows:
            told = json.loads(payload)
            yield AccessEntry(seq, recorded, kind, told.pop("account", ""), told.pop("by", ""), told)

    def fault(self) -> str | None:
        """Where the log does not hold together, as a sentence; None where it does."""
        links = Links()
        with self._engine.begin() as connection:
            hold_for_writing(connection)  # no writer signs a newer head before this one is compared
            fault = links.fault(self._rows(connection))
            if fault is None and self._heads is not None and not self._heads.vouches(links.head):
                return f"the log ends with entry {links.head.seq}, its last signed head with another"
        return fault

    @staticmethod
    def _rows(connection: Connection) -> list[tuple[int, str, str, str, str, str]]:
        found = connection.execute(select(LOG).order_by(LOG.c.seq)).all()
        return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in found]
