"""What was signed, and whether it still stands: a later change of anything signed breaks it, by name.

A signature is over a text that galu writes from the record, the same whenever it is asked for with the
entries known then: so what was shown can be shown again, and its digest compared (21 CFR 11.70).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal

import polars as pl

from galu.finding import InputError
from galu.record import Record, canonical, fact_digest, fact_of
from galu.record.conduct import Decision, Retraction, Signature, StudyVersion
from galu.trial.data_state import ABOUT_DATA

#: Kinds that tell of the record, not of a subject: signing or retracting adds nothing to what was shown.
_ASIDE: Final = ABOUT_DATA | {Signature.kind, Retraction.kind, StudyVersion.kind}


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be signed: single facts, or everything of a subject, on some days where they are given."""

    subject: str | None = None
    visit: str | None = None
    first: str | None = None
    last: str | None = None
    facts: tuple[str, ...] = ()

    def touches(self, subject: str | None, on: str) -> bool:
        """Whether a fact falls into it; one whose day is known in part does where it may."""
        if self.subject is None or subject != self.subject:
            return False
        if self.first is None or self.last is None:
            return True
        day = on[:10]
        least, most = f"{day}{'0001-01-01'[len(day) :]}", f"{day}{'9999-12-31'[len(day) :]}"
        return least <= self.last and most >= self.first

    @property
    def in_words(self) -> str:
        """As people say it."""
        if self.subject is None:
            return ", ".join(self.facts)
        visit = f", visit {self.visit} ({self.first} to {self.last})" if self.visit else ""
        return f"subject {self.subject}{visit}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown to who signs: the text, the facts in it, and the last entry known."""

    scope: Scope
    text: str
    facts: tuple[str, ...]
    seq: int

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to something signed since: which fact, by which, and what."""

    fact: str
    by: str
    what: Literal["corrected", "taken back", "added", "unreadable", "not what was shown"]

    def __str__(self) -> str:
        return f"{self.fact} {self.what}" + (f" by {self.by}" if self.by not in ("", self.fact) else "")


@dataclass(frozen=True, slots=True)
class Standing:
    """A signature, and what changed of it since; it stands where nothing did."""

    fact: Signature
    recorded: datetime
    changes: tuple[Change, ...]

    @property
    def stands(self) -> bool:
        """Whether everything signed is as it was."""
        return not self.changes


def scope_of_visit(record: Record, subject: str, visit: str) -> Scope:
    """The days of a visit of a subject.

    Raises
    ------
    InputError
        When the visit is not in the record.
    """
    rows = record.facts("visit").filter((pl.col("subject") == subject) & (pl.col("visit") == visit))
    if not rows.height:
        known = record.facts("visit").filter(pl.col("subject") == subject)["visit"].unique().sort().to_list()
        raise InputError(f"visit {visit!r}", f"of {subject} is not in the record", f"it knows {known}")
    days = [day[:10] for name in ("on", "ended") for day in rows[name].drop_nulls().to_list()]
    return Scope(subject, visit, min(days), max(days))


def show(record: Record, scope: Scope) -> Shown:
    """The text that is signed: each standing fact of the scope with all that it says, in the order written.

    Raises
    ------
    InputError
        When a fact is not there or does not stand, or there is nothing to sign.
    """
    rows = [
        (row["seq"], kind, row)
        for kind in sorted(record.frames)
        if kind not in _ASIDE or scope.subject is None
        for row in _in_scope(record.facts(kind), scope)
    ]
    found = {row["id"] for _, _, row in rows}
    lacking = [name for name in scope.facts if name not in found]
    if lacking:
        raise InputError(f"fact {lacking[0]!r}", "is not there, or was replaced", "sign what stands")
    if not rows:
        raise InputError(scope.in_words or "nothing", "holds no fact to sign", "name what is to be signed")
    if any(one.subject == scope.subject for one in record.unread if scope.subject):
        raise InputError(scope.in_words, "holds a fact that cannot be read", "correct it before signing")
    rows.sort(key=lambda one: one[0])
    seq = max(int(frame["seq"].max()) for frame in record.frames.values() if frame.height)  # type: ignore[arg-type]
    lines = [f"{kind} {canonical(fact_of(kind, row))}" for _, kind, row in rows]
    head = f"{scope.in_words}: {len(lines)} facts, as known with entry {seq}"
    return Shown(scope, "\n".join((head, *lines)) + "\n", tuple(row["id"] for _, _, row in rows), seq)


def _in_scope(frame: pl.DataFrame, scope: Scope) -> Iterable[dict[str, Any]]:
    if scope.subject is None:
        return frame.filter(pl.col("id").is_in(list(scope.facts))).iter_rows(named=True)
    own = frame.filter(pl.col("subject") == scope.subject).iter_rows(named=True)
    return (row for row in own if scope.touches(row["subject"], row["on"]))


def derive_signatures(record: Record) -> tuple[Standing, ...]:
    """Every signature, oldest first, with what changed since."""
    frame = record.frames.get(Signature.kind)
    if frame is None or not frame.height:
        return ()
    written = _Written(record)
    return tuple(
        Standing(fact, row["recorded"], tuple(dict.fromkeys(written.changes(fact, row["seq"]))))
        for row in frame.sort("seq").iter_rows(named=True)
        for fact in (_signature(row),)
    )


def _signature(row: Mapping[str, Any]) -> Signature:
    fact = fact_of(Signature.kind, row)
    assert isinstance(fact, Signature)
    return fact


class _Written:
    """Everything ever written, found by id, by chain of corrections and by subject."""

    def __init__(self, record: Record) -> None:
        self.record = record
        columns = ("seq", "id", "subject", "on", "supersedes")
        rows = [
            (kind, *row) for kind, frame in record.frames.items() for row in frame.select(columns).iter_rows()
        ]
        self.kinds = {row[2]: row[0] for row in rows}
        self.later: dict[str, list[tuple[int, str, str]]] = {}
        self.of: dict[str | None, list[tuple[int, str, str, str]]] = {}
        for kind, seq, name, subject, on, supersedes in rows:
            if supersedes:
                self.later.setdefault(record.root(name), []).append((seq, name, kind))
            elif subject and kind not in _ASIDE:
                self.of.setdefault(subject, []).append((seq, name, on, kind))
        self.moved = [
            (kind, seq, name, subject, on)
            for kind, seq, name, subject, on, supersedes in rows
            if supersedes and kind not in _ASIDE
        ]

    @cached_property
    def decisions(self) -> dict[str, tuple[str, ...]]:
        """What each decision rests on."""
        frame = self.record.frames.get(Decision.kind)
        rows = () if frame is None else frame.select("id", "rests_on").iter_rows()
        return {name: tuple(facts or ()) for name, facts in rows}

    def changes(self, signature: Signature, seq: int) -> Iterable[Change]:
        """What changed of a signature since the entry that wrote it."""
        own = [signature.signs] if signature.signs else []
        covered = dict.fromkeys((*own, *signature.rests_on, *self.decisions.get(signature.signs or "", ())))
        known = signature.shown_to if signature.shown_to is not None else seq
        for fact in (signature.id, *covered):
            yield from self._corrections(fact, seq if fact == signature.id else known)
        scope = scope_of(signature)
        if scope.subject is not None and not signature.signs:
            yield from self._added(scope, covered, known)
        if not self._is_what_was_shown(signature):
            yield Change(signature.id, "", "not what was shown")

    def _corrections(self, fact: str, since: int) -> Iterable[Change]:
        for seq, name, kind in self.later.get(self.record.root(fact), ()):
            if seq > since and name != fact:
                yield Change(fact, name, "taken back" if kind == Retraction.kind else "corrected")

    def _added(self, scope: Scope, covered: Mapping[str, None], since: int) -> Iterable[Change]:
        for seq, name, on, _ in self.of.get(scope.subject, ()):
            if seq > since and name not in covered and scope.touches(scope.subject, on):
                yield Change(name, name, "added")
        roots = {self.record.root(name) for name in covered}
        for _, seq, name, subject, on in self.moved:  # corrected into the days that were signed
            if seq > since and self.record.root(name) not in roots and scope.touches(subject, on):
                yield Change(name, name, "added")
        for one in self.record.unread:
            if one.subject == scope.subject and one.id not in covered:
                yield Change(one.id, one.id, "unreadable")

    def _is_what_was_shown(self, signature: Signature) -> bool:
        if signature.signs:
            kind = self.kinds.get(signature.signs)
            if kind is None:
                return False
            frame = self.record.frames[kind]
            row = frame.row(by_predicate=pl.col("id") == signature.signs, named=True)
            return fact_digest(fact_of(kind, row)) == signature.digest
        try:
            shown = show(up_to(self.record, signature.shown_to or 0), scope_of(signature))
        except InputError:
            return False
        return shown.digest == signature.digest and set(shown.facts) == set(signature.rests_on)


def scope_of(signature: Signature) -> Scope:
    """What a signature is about."""
    if signature.subject is None:
        return Scope(facts=signature.rests_on)
    return Scope(signature.subject, signature.visit, signature.first_day, signature.last_day)


def up_to(record: Record, seq: int) -> Record:
    """The record as it was when this entry was its last."""
    frames = {kind: frame.filter(pl.col("seq") <= seq) for kind, frame in record.frames.items()}
    return Record({kind: frame for kind, frame in frames.items() if frame.height}, record.zone)
