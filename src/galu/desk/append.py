"""Facts that a program or a form sends: written once, however often they are sent.

Whoever sends a batch names it by a key of his own. A mark made of account and key is written into the source
of each fact, in the transaction that writes the facts: whether a batch is there already is read from the
record itself, after a restart or a `kill -9` as well. Facts without an id get one made of the same mark.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
from pydantic import ValidationError

from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import acts
from galu.desk.seen import require_seen
from galu.finding import InputError, ManyFaultsError
from galu.record import KINDS, Fact, Record, canonical, fact_of
from galu.store.sql import Clock
from galu.trial.admission import check_admission

#: Kinds that no form sends: what the trial is, and what is made by signing.
NOT_SENT: Final = frozenset({"study_version", "signature", "decision"})
#: The most facts of one batch, and the longest source of one [characters].
MOST: Final = 2000
_SOURCE: Final = 400


class TakenError(InputError):
    """The key, or an id, stands for something else already."""


@dataclass(frozen=True, slots=True)
class Written:
    """A fact as the record holds it."""

    id: str
    kind: str
    seq: int
    recorded: datetime


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch; `replayed`: it was written before; without `facts` nothing was, it might be.

    `warning` says what is wrong with clock or mirror.
    """

    facts: tuple[Written, ...]
    replayed: bool
    checked: int
    warning: str | None = None


@acts("read")  # each fact is asked for by what writing it is
def append_facts(
    folder: Path, sent: Sequence[Mapping[str, Any]], key: str, dry_run: bool = False, clock: Clock = utc_now
) -> Appended:
    """Write a batch, all or nothing; the same batch under the same key is written once.

    Parameters
    ----------
    sent
        Facts as mappings of their fields, with `kind`; `id` may be left out, `account` must be.
    key
        Names the batch among all that this account ever sends.

    Raises
    ------
    ManyFaultsError
        Naming number and field of every fault; nothing is written.
    TakenError
        When the key was used for other facts.
    InputError
        When the account may not write one of them.
    """
    trial = open_trial(folder, clock)
    record, seen = trial.record, trial.store.seen
    mark = _mark_of(trial, key)
    batch = tuple(trial.stamped(fact) for fact in _facts(sent, mark))
    before = _written_before(record, mark)
    if before:
        _require_same(batch, before)
        return Appended(tuple(_of_row(kind, row) for kind, row in before), True, len(batch), trial.warning())
    require_seen(trial, (name for fact in batch for name in _names(fact)))
    trial.require_allowed(batch)
    faults = [
        InputError(f"{_place(batch, one.fact)}.{one.column}", one.fault, one.remedy)
        for one in check_admission(trial.study, record, batch, clock())
    ]
    faults += list(_taken(trial, batch))
    if faults:
        raise ManyFaultsError(faults)
    if dry_run:
        trial.check(batch)
        return Appended((), False, len(batch), trial.warning())
    entries = trial.write(batch, after=seen)
    written = tuple(Written(one.fact.id, one.fact.kind, one.seq, one.recorded) for one in entries)
    return Appended(written, False, len(batch), trial.warning())


def _mark_of(trial: TrialFolder, key: str) -> str:
    account = trial.who.account if trial.who else ""
    return hashlib.sha256(f"{account}\n{key}".encode()).hexdigest()[:20]


def _facts(sent: Sequence[Mapping[str, Any]], mark: str) -> list[Fact]:
    if not 0 < len(sent) <= MOST:
        raise InputError("facts", f"are {len(sent)}", f"send 1 to {MOST} at a time")
    faults: list[InputError] = []
    found: list[Fact] = []
    for number, cells in enumerate(sent):
        place = f"facts.{number}"
        kind = cells.get("kind")
        if not isinstance(kind, str) or kind not in KINDS or kind in NOT_SENT:
            faults.append(InputError(f"{place}.kind", f"{kind!r} is no kind that is sent", "see the kinds"))
            continue
        told = {name: value for name, value in cells.items() if name != "kind" and value is not None}
        told.setdefault("id", f"{kind}-{mark}-{number + 1}")
        source = told.get("source", "")
        told["source"] = f"{source} " * bool(source) + f"(request {mark}, fact {number + 1})"
        if "account" in told:
            faults.append(InputError(f"{place}.account", "is set by galu", "leave it out"))
            continue
        if not isinstance(source, str) or len(source) > _SOURCE:
            faults.append(InputError(f"{place}.source", "is no text, or too long", f"up to {_SOURCE} signs"))
            continue
        try:
            found.append(KINDS[kind].model_validate(told))
        except ValidationError as error:
            faults += list(_sentences(place, error))
    if faults:
        raise ManyFaultsError(faults)
    return found


def _sentences(place: str, error: ValidationError) -> Iterator[InputError]:
    for one in error.errors():
        where = ".".join(map(str, (place, *one["loc"])))
        yield InputError(where, str(one["msg"]).removeprefix("Value error, "), "correct it")


def _place(batch: Sequence[Fact], name: str) -> str:
    return f"facts.{next((number for number, one in enumerate(batch) if one.id == name), 0)}"


def _names(fact: Fact) -> tuple[str, ...]:
    """Facts that one names, apart from its own batch."""
    named = (fact.supersedes, getattr(fact, "about", None), getattr(fact, "query", None))
    return tuple(one for one in named if one)


def _written_before(record: Record, mark: str) -> list[tuple[str, dict[str, Any]]]:
    """The facts of the batch with this mark, in the order written."""
    found = []
    for kind, frame in record.frames.items():
        of_batch = frame.filter(pl.col("source").str.contains(f"(request {mark}, ", literal=True))
        found += [(kind, row) for row in of_batch.iter_rows(named=True)]
    return sorted(found, key=lambda one: int(one[1]["seq"]))


def _require_same(batch: Sequence[Fact], before: Sequence[tuple[str, dict[str, Any]]]) -> None:
    if [canonical(one) for one in batch] != [canonical(fact_of(kind, row)) for kind, row in before]:
        raise TakenError("Idempotency-Key", "stands for other facts already", "use another key for these")


def _of_row(kind: str, row: Mapping[str, Any]) -> Written:
    return Written(str(row["id"]), kind, int(row["seq"]), row["recorded"])


def _taken(trial: TrialFolder, batch: Sequence[Fact]) -> Iterator[InputError]:
    """Ids that the record has already."""
    known = trial.store.payloads(fact.id for fact in batch)
    for number, fact in enumerate(batch):
        if fact.id in known:
            remedy = "leave `id` out, or correct a fact with `supersedes`"
            yield TakenError(f"facts.{number}.id", f"{fact.id!r} is in the record already", remedy)
