"""Forms opened, checked and written: what is typed is kept first, and written once.

The facts of a form bear its key in their ids: one that is sent again names the same facts, which the record
holds already, word for word. What somebody else entered of the same meanwhile is shown first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from galu.desk.folder import TrialFolder
from galu.desk.forms.drafts import draft_of, forget, put_draft
from galu.desk.forms.fields import Part, Sheet, fact_of_part, is_filled, with_values
from galu.desk.forms.sheets import (
    day_within,
    dose_sheet,
    event_sheet,
    kind_sheet,
    newcomer_sheet,
    visit_sheet,
    writable,
)
from galu.desk.identity import acts
from galu.desk.pages.look import Look, look
from galu.desk.record import apart
from galu.finding import InputError, OvertakenError
from galu.record import Fact
from galu.record.review import DataNote
from galu.trial.admission import check_admission

_KEY: Final = re.compile(r"[0-9a-f]{16}")
#: How often a form looks anew when others write at the same time.
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Where:
    """Which form: `visit`, `dose`, `event`, `new` or a kind; whose; and what its address says besides."""

    form: str
    subject: str = ""
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What a draft of it is kept under."""
        told = "&".join(f"{name}={value}" for name, value in sorted(self.asked.items()) if value)
        return f"{self.form}/{self.subject}?{told}"


@dataclass(frozen=True, slots=True)
class Other:
    """A value that somebody else entered while the form was open; `name` is the field it concerns."""

    name: str
    fact: str
    value: str
    by: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown: with what is typed, wrong or doubtful, and what others did meanwhile.

    `key` and `seen` are sent along; `draft` says since when it waits; `written` are the facts, once
    they are.
    """

    look: Look
    sheet: Sheet
    key: str
    seen: int
    draft: datetime | None = None
    faults: tuple[tuple[str, InputError], ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()
    others: tuple[Other, ...] = ()
    written: tuple[str, ...] = ()
    checked: int = 0

    def faults_of(self, name: str) -> tuple[InputError, ...]:
        """What is wrong with a field."""
        return tuple(error for place, error in self.faults if place == name)

    @property
    def elsewhere(self) -> tuple[InputError, ...]:
        """What is wrong and belongs to no field."""
        names = {one.name for part in self.sheet.parts for one in part.fields}
        return tuple(error for place, error in self.faults if place not in names)


@acts("read")
def kinds_to_write(folder: Path) -> tuple[Look, tuple[str, ...]]:
    """Every kind of fact that has a form of its own."""
    return look(folder), writable()


@acts("read")
def open_form(folder: Path, where: Where) -> Form:
    """A form to be filled; with its draft, where one is kept.

    Raises
    ------
    InputError
        When there is no such form, or the subject is not there.
    """
    seen = look(folder)
    sheet = _sheet(seen, where)
    draft = draft_of(seen.trial, where.name)
    if draft is not None and _is_written(seen, draft.values.get("key", "")):
        forget(seen.trial, where.name)  # it was kept once more while it was written
        draft = None
    if draft is None:
        return Form(seen, sheet, os.urandom(8).hex(), len(seen.everything))
    key = draft.values.get("key", "")
    return Form(
        seen, _filled(sheet, draft.values), key if _KEY.fullmatch(key) else os.urandom(8).hex(),
        _number(draft.values.get("seen", ""), len(seen.everything)), draft.kept,
    )  # fmt: skip


def _is_written(seen: Look, key: str) -> bool:
    """Whether the record holds facts of a form with this key."""
    if not _KEY.fullmatch(key):
        return False
    frames = seen.everything.frames.values()
    return any(frame["id"].str.starts_with(f"{key}-").any() for frame in frames)


def _sheet(seen: Look, where: Where) -> Sheet:
    if where.form == "new":
        return newcomer_sheet()
    seen.require(where.subject)
    if where.form == "visit":
        planned = where.asked.get("planned")
        day = date.fromisoformat(planned) if planned else None
        return visit_sheet(seen, where.subject, where.asked.get("visit", ""), day)
    if where.form == "dose":
        return dose_sheet(seen, next(one for one in seen.state.subjects if one.id == where.subject))
    if where.form == "event":
        return event_sheet(where.subject)
    return kind_sheet(where.form, where.subject, where.asked)


def _filled(sheet: Sheet, values: Mapping[str, str]) -> Sheet:
    groups = (
        replace(group, parts=tuple(with_values(one, values) for one in group.parts)) for group in sheet.groups
    )
    return replace(sheet, groups=tuple(groups))


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isdigit() and len(text) < 12 else otherwise


# What is written is asked for fact by fact, when it is.
@acts("read")
def send_form(folder: Path, where: Where, values: Mapping[str, str], write: bool = True) -> Form:
    """Check a form, and write it where nothing is wrong; what was typed is kept until it is written.

    Parameters
    ----------
    values
        What was typed, by the names of the fields; `key` and `seen` as the form was opened with, `subject` of
        a new one, `reason` why something doubtful is right.
    write
        Whether to write; otherwise it is only checked.

    Raises
    ------
    InputError
        When there is no such form, or it was not opened here.
    """
    for left in reversed(range(_TRIES)):
        try:
            return _send(look(folder), where, values, write)
        except OvertakenError:
            if not left:
                raise
    raise AssertionError("unreachable")


def _send(seen: Look, where: Where, values: Mapping[str, str], write: bool) -> Form:
    key = key_of(values)
    sheet = _sheet(seen, where)
    if write:
        put_draft(seen.trial, where.name, values)
    form = Form(seen, _filled(sheet, values), key, _number(values.get("seen", ""), len(seen.everything)))
    batch, places, faults = _facts(seen, sheet, values, key)
    fresh, known, changed = apart(seen.trial, batch)
    if changed:
        first = changed[0]
        told = InputError("form", f"was sent already: {first.fault}", "correct the fact on its own page")
        return replace(form, faults=(*faults, ("", told)))
    if not batch and not faults:
        return replace(form, faults=(("", InputError("form", "is empty", "fill in what is known")),))
    if known and not fresh and not faults:  # sent twice: it is there
        forget(seen.trial, where.name)
        return replace(form, written=tuple(one.id for one in batch))
    faults = [*faults, *_refused(seen, fresh, places)]
    form = replace(form, faults=tuple(faults), checked=len(fresh))
    others = tuple(_others(seen, sheet, values, form.seen))
    doubts = tuple(_doubts(seen, where, sheet, values))
    reason = values.get("reason", "").strip()
    if faults or others or (doubts and not reason):
        return replace(form, others=others, doubts=doubts, seen=len(seen.everything))
    if not write:
        return replace(form, doubts=doubts)
    return replace(form, written=_write(seen, where, fresh, (key, doubts, reason)))


def _write(
    seen: Look, where: Where, fresh: Sequence[Fact], told: tuple[str, tuple[tuple[str, str], ...], str]
) -> tuple[str, ...]:
    """Write the facts, with a note that says why what is doubtful is right."""
    key, doubts, reason = told
    batch = list(fresh)
    if doubts:
        words = "; ".join(why for _, why in doubts)
        note = {"id": f"{key}-note", "about": fresh[0].id, "on": now_of(seen.trial), "by": _name(seen)}
        batch.append(DataNote.model_validate({**note, "text": f"{words}: {reason}"[:1000]}))
    seen.trial.write(batch, after=seen.trial.store.seen)
    forget(seen.trial, where.name)
    return tuple(one.id for one in batch)


def _name(seen: Look) -> str:
    return seen.trial.who.name if seen.trial.who else ""


def key_of(values: Mapping[str, str]) -> str:
    """The key that a form was opened with.

    Raises
    ------
    InputError
        When it is none.
    """
    key = values.get("key", "")
    if not _KEY.fullmatch(key):
        raise InputError("form", "was not opened here", "open it again; nothing was written")
    return key


def now_of(trial: TrialFolder) -> str:
    """The present moment as a fact writes it."""
    return trial.clock().astimezone(ZoneInfo(trial.study.zone)).isoformat(timespec="seconds")


def _facts(
    seen: Look, sheet: Sheet, values: Mapping[str, str], key: str
) -> tuple[list[Fact], dict[str, Part], list[tuple[str, InputError]]]:
    """What the filled parts tell, the part of each fact by its id, and what is wrong with them."""
    subject = sheet.subject or values.get("subject", "").strip()
    batch: list[Fact] = []
    places: dict[str, Part] = {}
    faults: list[tuple[str, InputError]] = []
    if not subject:
        faults.append(("subject", InputError("subject", "is missing", "give the number of the patient")))
    head = sheet.parts[0]
    common = {
        "on": values.get(f"{head.key}.on", ""),
        "by": values.get(f"{head.key}.by", "").strip() or _name(seen),
    }
    for one in sheet.parts:
        if not is_filled(one, values):
            continue
        given = {column: value for column, value in common.items() if value and one.asks(column) is None}
        fixed = {
            name: f"{key}-{cell[1:]}" if cell.startswith("@") else cell for name, cell in one.fixed.items()
        }
        told = {**values, **({f"{one.key}.by": common["by"]} if not values.get(f"{one.key}.by") else {})}
        identity = (subject or "?", f"{key}-{one.key}")
        fact, wrong = fact_of_part(replace(one, fixed={**given, **fixed}), told, identity)
        faults += [(name if name.partition(".")[2] != "on" or one.asks("on") else f"{head.key}.on", error)
                   for name, error in wrong]  # fmt: skip
        if fact is not None:
            batch.append(fact)
            places[fact.id] = one
    return batch, places, faults


def _refused(
    seen: Look, batch: Sequence[Fact], places: Mapping[str, Part]
) -> Iterator[tuple[str, InputError]]:
    """Why facts may not enter, each with its field; and whether this account may write them at all."""
    for fault in check_admission(seen.trial.study, seen.everything, batch, seen.trial.clock()):
        one = places.get(fault.fact)
        found = one.asks(fault.column) if one else None
        column = fault.column.replace("_", " ")
        yield (found.name if found else ""), InputError(column, fault.fault, fault.remedy)
    try:
        seen.trial.check(batch)
    except OvertakenError:
        raise
    except InputError as error:
        yield "", error


def _others(seen: Look, sheet: Sheet, values: Mapping[str, str], since: int) -> Iterator[Other]:
    """What somebody else entered of the same test, score or event of that day since the form was opened."""
    head = sheet.parts[0]
    account = seen.trial.who.account if seen.trial.who else None
    for one in sheet.parts:
        frame = seen.everything.frames.get(one.kind)
        if frame is None or not is_filled(one, values) or not sheet.subject:
            continue
        day = (values.get(f"{one.key}.on") or values.get(f"{head.key}.on", ""))[:10]
        for row in frame.filter((frame["seq"] > since) & (frame["subject"] == sheet.subject)).iter_rows(
            named=True
        ):
            same = all(
                str(row.get(name)) == cell for name, cell in one.fixed.items() if not cell.startswith("@")
            )
            if same and row["account"] != account and row["on"][:10] == day:
                column = _telling(one)
                yield Other(
                    f"{one.key}.{column}", row["id"], _value(row, column), row["by"] or row["account"] or ""
                )


def _telling(one: Part) -> str:
    columns = [
        part_field.column for part_field in one.fields if part_field.column not in (*one.told, "on", "by")
    ]
    return columns[0] if columns else one.fields[0].column


def _value(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column) if row.get(column) is not None else row.get("text")
    unit = row.get("unit") if column == "value" else None
    return " ".join(str(one) for one in (value, unit) if one is not None)


def _doubts(seen: Look, where: Where, sheet: Sheet, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What may be true and looks wrong: a reason is asked for, and kept."""
    if where.form == "visit" and where.asked.get("planned"):
        planned = date.fromisoformat(where.asked["planned"])
        for one in seen.state.visits:
            if (one.subject, one.visit, one.planned) == (where.subject, where.asked.get("visit"), planned):
                away = day_within(values.get("visit.on", ""), (one.earliest, one.latest))
                if away:
                    yield "visit.on", f"{away.days} days outside the window {one.earliest} to {one.latest}"
    for part in sheet.parts:
        if part.kind == "lab" and part.beside:
            old = part.beside[-1][1].split(" ")[0]
            new = values.get(f"{part.key}.value", "").strip()
            if _far(old, new):
                test = part.fixed["test"]
                yield f"{part.key}.value", f"{test} {new} is far from {old} before"


#: A value this many times as high, or as low, as the last one is asked about. Assumed.
_FAR: Final = 5.0


def _far(old: str, new: str) -> bool:
    try:
        before, after = float(old), float(new)
    except ValueError:
        return False
    return before > 0 < after and not 1 / _FAR <= after / before <= _FAR
