"""A fact corrected or taken back, with its reason, as before → after; of two at once the second is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from galu.desk.forms.fields import OWN, Filled, Part, fact_of_part, part, with_values
from galu.desk.forms.write import key_of, now_of
from galu.desk.identity import acts
from galu.desk.pages.look import Look, look
from galu.desk.record import apart
from galu.finding import InputError, NotThereError
from galu.record import KINDS, Fact, fact_of
from galu.record.conduct import Retraction
from galu.trial.admission import check_admission


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction as it is shown: the fields of what stands, what they become, what is wrong.

    `changes` are field, before and after; `stands` is the fact that is corrected; `written` the correction.
    """

    look: Look
    fact: str
    kind: str
    subject: str
    part: Part
    key: str
    reason: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    faults: tuple[tuple[str, InputError], ...] = ()
    written: str = ""

    def faults_of(self, name: str) -> tuple[InputError, ...]:
        """What is wrong with a field."""
        return tuple(error for place, error in self.faults if place == name)

    @property
    def elsewhere(self) -> tuple[InputError, ...]:
        """What is wrong and belongs to no field."""
        names = {one.name for one in self.part.fields}
        return tuple(error for place, error in self.faults if place not in names and place != "reason")


@acts("read")
def open_correction(folder: Path, fact: str) -> Correction:
    """The form that corrects what stands of a fact.

    Raises
    ------
    NotThereError
        When nothing of it stands, or it is not seen.
    """
    seen = look(folder)
    stands = _standing(seen, fact)
    return _form(seen, stands, os.urandom(8).hex())


def _standing(seen: Look, fact: str) -> Fact:
    """What stands of a fact that is seen."""
    root = seen.everything.root(fact)
    for kind in seen.record.frames:
        rows = seen.record.facts(kind).filter(pl.col("root") == root)
        if rows.height and kind != Retraction.kind:
            return fact_of(kind, rows.row(0, named=True))
    raise NotThereError(f"fact {fact!r}", "does not stand in the record", "look at its history")


def _form(seen: Look, stands: Fact, key: str) -> Correction:
    told = {name: _text(value) for name, value in stands.__dict__.items() if name not in OWN}
    one = part("fact", stands.kind, filled=Filled(preset=told), must=True)
    speaker = KINDS[stands.kind].speaker
    one = replace(one, fields=tuple(f for f in one.fields if f.column not in (speaker, "rests_on")))
    return Correction(seen, stands.id, stands.kind, stands.subject or "", one, key)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


# What is written is asked for when it is: whoever corrects needs `correct` and what the fact itself needs.
@acts("read")
def send_correction(folder: Path, fact: str, values: Mapping[str, str], write: bool = True) -> Correction:
    """Check a correction, and write it where nothing is wrong.

    Parameters
    ----------
    values
        The fields; `key` and `stands` as the form was opened with, `reason`; `take_back` retracts.

    Raises
    ------
    NotThereError
        When nothing of the fact stands.
    InputError
        When the form was not opened here.
    """
    seen = look(folder)
    key = key_of(values)
    given = values.get("stands", "")
    if _is_there(seen, f"{key}-correction"):
        return replace(_form(seen, _standing(seen, fact), key), written=f"{key}-correction")
    stands = _standing(seen, fact)
    form = _form(seen, stands, key)
    form = replace(form, part=with_values(form.part, values), reason=values.get("reason", "").strip())
    if given != stands.id:
        told = InputError(
            "fact", f"was corrected meanwhile: {stands.id} stands now", "compare, and send it again"
        )
        return replace(form, faults=(("", told),), changes=_changes(form, stands, values))
    faults: list[tuple[str, InputError]] = []
    if not form.reason:
        faults.append(("reason", InputError("reason", "is missing", "say why the value is corrected")))
    if values.get("take_back"):
        after = _retraction(seen, stands, key, form.reason)
    else:
        after, wrong = _corrected(form, stands, values)
        faults += wrong
        form = replace(form, changes=_changes(form, stands, values))
        if not form.changes and not wrong:
            faults.append(("", InputError("correction", "changes nothing", "change a value, or leave it")))
    if after is not None and not faults:
        faults += _refused(seen, form.part, after)
    if faults or after is None or not write:
        return replace(form, faults=tuple(faults))
    fresh, _, _ = apart(seen.trial, [after])
    seen.trial.write(fresh, after=seen.trial.store.seen)
    return replace(form, written=after.id)


def _is_there(seen: Look, name: str) -> bool:
    return any((frame["id"] == name).any() for frame in seen.everything.frames.values())


def _retraction(seen: Look, stands: Fact, key: str, reason: str) -> Fact | None:
    if not reason:
        return None
    cells = {"id": f"{key}-correction", "on": now_of(seen.trial), "supersedes": stands.id, "reason": reason}
    if stands.subject:
        cells["subject"] = stands.subject
    if seen.trial.who:
        cells["by"] = seen.trial.who.name
    return Retraction.model_validate(cells)


def _corrected(
    form: Correction, stands: Fact, values: Mapping[str, str]
) -> tuple[Fact | None, tuple[tuple[str, InputError], ...]]:
    fixed = {"supersedes": stands.id, "reason": form.reason or "?"}
    kept = {
        name: value
        for name, value in stands.__dict__.items()
        if name not in OWN and value is not None and form.part.asks(name) is None
        and name != type(stands).speaker
    }  # fmt: skip
    one = replace(form.part, fixed={**kept, **fixed})
    return fact_of_part(one, values, (form.subject, f"{form.key}-correction"))


def _changes(form: Correction, stands: Fact, values: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    before = {name: _text(value) for name, value in stands.__dict__.items()}
    found = []
    for one in form.part.fields:
        old, new = before.get(one.column, ""), values.get(one.name, "").strip()
        if old != new and _text(_same(old)) != _text(_same(new)):
            found.append((one.label, old, new))
    return tuple(found)


def _same(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _refused(seen: Look, one: Part, fact: Fact) -> list[tuple[str, InputError]]:
    found = []
    for fault in check_admission(seen.trial.study, seen.everything, [fact], seen.trial.clock()):
        place = one.asks(fault.column)
        error = InputError(fault.column.replace("_", " "), fault.fault, fault.remedy)
        found.append((place.name if place else "", error))
    try:
        seen.trial.check([fact])
    except InputError as error:
        found.append(("", error))
    return found
