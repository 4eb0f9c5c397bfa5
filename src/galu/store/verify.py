"""Is the record what was written? The chain, the file and the signed heads must agree."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from galu.finding import InputError, OutOfReachError
from galu.record.seal import Head, Links
from galu.store.checkpoints import Checkpoint, Checkpoints
from galu.store.sql import SqlStore

#: Between looks at a record that others write while it is verified [s].
_WAITS_S: Final = (0.0, 0.05, 0.2, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Verification:
    """What the check found: the first fault as a sentence, or None; `witnesses` are heads kept elsewhere."""

    fault: str | None
    entries: int = 0
    heads: int = 0
    public_key: str = ""
    witnesses: int = 0


class _Walk:
    """Goes along the chain, and remembers the digests that heads ask for or may come to, and the last."""

    def __init__(self, wanted: frozenset[int], newest: int) -> None:
        self._wanted = wanted
        self._newest = newest
        self._links = Links()
        self.digests: dict[int, str] = {}

    @property
    def last(self) -> Head:
        """The entry that was come to."""
        return self._links.head

    def along(self, store: SqlStore) -> str | None:
        """First place where the chain breaks, from the entry that was come to on."""
        for chunk in store.chunks(self.last.seq):
            fault = self._links.fault(chunk)
            if fault is not None:
                return fault
            asked = (row for row in chunk if row[0] > self._newest or row[0] in self._wanted)
            self.digests.update((row[0], row[5]) for row in asked)
        return None


def verify(
    store: SqlStore,
    checkpoints: Checkpoints,
    key: str | None = None,
    against: tuple[Checkpoints, ...] = (),
) -> Verification:
    """Check file, chain and signed heads; the first fault is named in one sentence.

    Parameters
    ----------
    store, checkpoints
        The record and the heads beside it.
    key
        The public key that was noted when the record began [hexadecimal]. Without it a record that was
        written and signed anew with another key is not noticed.
    against
        Copies of the heads that were kept elsewhere: they show a tail that was cut together with its head.

    Raises
    ------
    OutOfReachError
        When something cannot be read now, which says nothing of the record.
    """
    try:
        fault = store.integrity() or _key_fault(checkpoints.public_key(), key)
        if fault:
            return Verification(fault)
        own = checkpoints.public_key()
        witnesses = [(f"{one.folder.name}/{name}", head) for one in against for name, head in one.signed()]
        pending, signed = checkpoints.pending(), checkpoints.signed()
        wanted = frozenset(c.seq for _, c in (*signed, *witnesses))
        walk = _Walk(wanted, signed[-1][1].seq if signed else 0)
        fault = walk.along(store)
        end = walk.last
        for wait_s in _WAITS_S:  # a record in use grows while it is walked along
            if fault or not _tail_fault(end, signed, pending, own):
                break
            time.sleep(wait_s)
            pending, signed = checkpoints.pending(), checkpoints.signed()
        fault = fault or walk.along(store)
    except OutOfReachError:
        raise
    except InputError as error:
        return Verification(str(error).removesuffix("."))
    fault = (
        fault
        or _heads_fault(walk, (*signed, *witnesses), own)
        or _order_fault(signed)
        or _tail_fault(end, signed, pending, own)
    )
    return Verification(fault, walk.last.seq, len(signed), own, len(witnesses))


def _key_fault(own: str, noted: str | None) -> str | None:
    if noted is None or own == noted.strip().casefold():
        return None
    return f"the heads are signed with key {own}, not with the one noted, {noted.strip()}"


def _order_fault(signed: tuple[tuple[str, Checkpoint], ...]) -> str | None:
    """A head lies under the day on which it was signed."""
    for name, checkpoint in signed:
        if checkpoint.time[:10] != name.removesuffix(".json"):
            return f"checkpoint {name} is out of place"
    return None


def _heads_fault(walk: _Walk, signed: tuple[tuple[str, Checkpoint], ...], key: str) -> str | None:
    for name, checkpoint in signed:
        if checkpoint.public_key != key:
            return f"checkpoint {name} was signed with another key"
        if not checkpoint.is_signed():
            return f"checkpoint {name} carries a false signature"
        if checkpoint.seq > walk.last.seq:
            lost = checkpoint.seq - walk.last.seq
            return (
                f"the last {lost} entries are missing: the head signed at {checkpoint.time} is entry "
                f"{checkpoint.seq}, the record ends at {walk.last.seq}"
            )
        if walk.digests.get(checkpoint.seq) != checkpoint.digest:
            return f"entry {checkpoint.seq} is not the one signed at {checkpoint.time}"
    return None


def _tail_fault(
    last: Head, signed: tuple[tuple[str, Checkpoint], ...], pending: Checkpoint | None, key: str
) -> str | None:
    newest = signed[-1][1].seq if signed else 0
    if last.seq <= newest:
        return None
    # A crash between commit and settling leaves the newest signature in the pending file.
    if pending and pending.head == last and pending.public_key == key and pending.is_signed():
        return None
    return f"entries {newest + 1} to {last.seq} carry no signed head: they were not written by galu"
