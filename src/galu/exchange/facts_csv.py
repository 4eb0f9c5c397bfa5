"""Facts as CSV: one file per kind, named after it, with the fields of its model as headers.

An empty cell is unknown. A text cell that a spreadsheet would run as a formula is written behind an
apostrophe (OWASP, "CSV Injection"), and read back without it. The stamps of the store, `seq` and
`recorded`, are optional columns: `seq` gives the order, `recorded` when a fact became known.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_origin

from pydantic import ValidationError

from galu.finding import InputError
from galu.record import KINDS, Entry, Fact

STAMPS: Final = ("seq", "recorded")
_BLANK: Final = " \t\r\n"
_FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠")
_REMEDIES: Final = {
    "missing": "fill it",
    "float_parsing": "write a number such as 3.7, or leave the cell empty when it is not known",
    "int_parsing": "write a whole number, or leave the cell empty when it is not known",
    "int_from_float": "write a whole number",
    "bool_parsing": "write true or false, or leave the cell empty when it is not known",
    "literal_error": "write one of these",
    "finite_number": "write a finite number, or leave the cell empty when it is not known",
}


@dataclass(frozen=True, slots=True)
class FactFiles:
    """Facts as read: a correction comes after what it corrects.

    `places` says for each id where it stands, such as ``lab.csv, row 5``; `recorded` is None unless
    every file has that column.
    """

    facts: tuple[Fact, ...]
    places: dict[str, str]
    recorded: tuple[datetime, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    fact: Fact
    place: str
    seq: int | None
    recorded: datetime | None


class _Faults:
    """The first fault of a reading, and how many there are."""

    def __init__(self) -> None:
        self.first: tuple[str, str, str] | None = None
        self.count = 0

    def add(self, place: str, fault: str, remedy: str) -> None:
        self.first = self.first or (place, fault, remedy)
        self.count += 1

    def check(self) -> None:
        if self.first is not None:
            place, fault, remedy = self.first
            more = f" (and {self.count - 1} more faults)" if self.count > 1 else ""
            raise InputError(place, fault + more, remedy)


def read_facts(source: Path) -> FactFiles:
    """Read one CSV of facts, or a folder of them.

    Raises
    ------
    InputError
        Naming file, row (the header is row 1) and column of the first fault, and how many more there are.
    """
    faults = _Faults()
    rows = [row for path in _files(source) for row in _rows(path, faults)]
    places: dict[str, str] = {}
    for row in rows:
        if row.fact.id in places:
            faults.add(
                f"{row.place}, column id",
                f"id {row.fact.id!r} is taken by {places[row.fact.id]}",
                "give each fact its own id",
            )
        places.setdefault(row.fact.id, row.place)
    faults.check()
    rows = _ordered(rows)
    stamped = [row.recorded for row in rows if row.recorded is not None]
    if stamped and len(stamped) < len(rows):
        lacking = next(row.place for row in rows if row.recorded is None)
        raise InputError(
            f"{lacking}, column recorded", "is empty while others have it", "fill it everywhere or nowhere"
        )
    return FactFiles(tuple(row.fact for row in rows), places, tuple(stamped) or None)


def write_facts(entries: Iterable[Entry], folder: Path) -> tuple[Path, ...]:
    """Write one CSV per kind into a folder; `read_facts` gives the same facts back.

    Raises
    ------
    InputError
        When the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(str(folder), "is not an empty folder", "name a new folder; nothing is overwritten")
    by_kind: dict[str, list[Entry]] = {}
    for entry in entries:
        by_kind.setdefault(entry.fact.kind, []).append(entry)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind, chosen in by_kind.items():
        path = folder / f"{kind}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow((*KINDS[kind].model_fields, *STAMPS))
            writer.writerows(_cells(entry) for entry in chosen)
        paths.append(path)
    return tuple(paths)


def _cells(entry: Entry) -> list[str]:
    fields = type(entry.fact).model_fields
    cells = [_cell(getattr(entry.fact, name), field.default) for name, field in fields.items()]
    return [*cells, str(entry.seq), entry.recorded.isoformat()]


def _cell(value: Any, default: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, str):
        return _guarded(value) if value or default != "" else ""
    return repr(value)


def _needs_guard(text: str) -> bool:
    """Whether a cell would run as a formula, or be taken for a guarded one."""
    if text[:1] == "'":
        return len(text) == 1 or text[1] == "'" or text[1] in _FORMULA
    return text == "" or text[0] in _FORMULA


def _guarded(text: str) -> str:
    return f"'{text}" if _needs_guard(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if text[:1] == "'" and _needs_guard(text) else text


def _files(source: Path) -> list[Path]:
    if not source.exists():
        raise InputError(str(source), "does not exist", "give a CSV of facts or a folder of them")
    if source.is_file():
        paths = [source]
    else:
        found = sorted(path for path in source.iterdir() if not path.name.startswith("."))
        paths = [path for path in found if path.suffix.lower() not in (".md", ".txt")]
        if not paths:
            raise InputError(str(source), "holds no CSV", "name each file after its kind, such as lab.csv")
    for path in paths:
        if path.suffix.lower() != ".csv" or path.stem not in KINDS or not path.is_file():
            raise InputError(
                str(path),
                "is named after no kind of fact",
                f"name it after its kind, such as lab.csv (kinds: {', '.join(KINDS)})",
            )
    order = list(KINDS)
    return sorted(paths, key=lambda path: order.index(path.stem))


def _rows(path: Path, faults: _Faults) -> Iterator[_Row]:
    model = KINDS[path.stem]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, None)
            if header is None:
                raise InputError(str(path), "is empty", "start with the header row")
            _check_header(path, header, model)
            lists = {n for n, f in model.model_fields.items() if get_origin(f.annotation) is tuple}
            for number, cells in enumerate(reader, 2):
                if any(cell.strip(_BLANK) for cell in cells):
                    row = _row(f"{path}, row {number}", header, cells, (model, lists), faults)
                    if row is not None:
                        yield row
    except UnicodeDecodeError:
        raise InputError(str(path), "is not UTF-8 text", "save it as CSV UTF-8") from None
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}", f"is broken CSV ({error})", "save it again as CSV UTF-8"
        ) from None
    except OSError as error:
        raise InputError(
            str(path), f"cannot be read ({error.strerror})", "give a CSV that you may read"
        ) from None


def _check_header(path: Path, header: list[str], model: type[Fact]) -> None:
    known = (*model.model_fields, *STAMPS)
    for name in header:
        if name not in known:
            raise InputError(
                f"{path}, row 1",
                f"column {name!r} is no field of {model.kind}",
                f"remove or rename it ({', '.join(known)})",
            )
        if header.count(name) > 1:
            raise InputError(f"{path}, row 1", f"column {name!r} stands twice", "remove one")
    for name, field in model.model_fields.items():
        if field.is_required() and name not in header:
            raise InputError(f"{path}, row 1", f"column {name!r} is missing", "add it")
    if model.about_subject and "subject" not in header:
        raise InputError(f"{path}, row 1", "column 'subject' is missing", "add it")


def _row(
    place: str, header: list[str], cells: list[str], shape: tuple[type[Fact], set[str]], faults: _Faults
) -> _Row | None:
    model, lists = shape
    if len(cells) != len(header):
        faults.add(
            place, f"has {len(cells)} cells where the header has {len(header)}", "quote cells with a comma"
        )
        return None
    stripped = (cell.strip(_BLANK) for cell in cells)
    given: dict[str, Any] = {name: cell for name, cell in zip(header, stripped, strict=True) if cell}
    seq, recorded = given.pop("seq", None), given.pop("recorded", None)
    try:
        for name, cell in given.items():
            given[name] = json.loads(cell) if name in lists else _unguarded(cell)
        return _Row(
            model.model_validate(given),
            place,
            int(seq) if seq else None,
            _moment(recorded) if recorded else None,
        )
    except ValidationError as error:
        for fault in error.errors():
            column = str(fault["loc"][0]) if fault["loc"] else ""
            message, remedy = _explained(fault, given)
            faults.add(f"{place}, column {column}" if column else place, message, remedy)
    except json.JSONDecodeError:
        faults.add(place, f"column {name} is no list", 'write a list such as ["id-1", "id-2"]')
    except ValueError as error:
        faults.add(place, f"a stamp cannot be read ({error})", "leave `seq` and `recorded` as exported")
    return None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment


def _explained(fault: Any, given: dict[str, Any]) -> tuple[str, str]:
    kind, message = str(fault["type"]), str(fault["msg"]).removeprefix("Value error, ")
    if kind == "missing":
        return "is empty", _REMEDIES[kind]
    value = given.get(str(fault["loc"][0])) if fault["loc"] else None
    shown = f"{value!r}: {message[:1].lower()}{message[1:]}" if value is not None else message
    head, _, remedy = message.partition(": ")
    if kind == "value_error" and remedy:
        return head, remedy
    return shown, _REMEDIES.get(kind, "correct it")


def _ordered(rows: list[_Row]) -> list[_Row]:
    """By `seq` where every row has one; a correction after what it supersedes in any case."""
    if all(row.seq is not None for row in rows):
        rows = sorted(rows, key=lambda row: row.seq or 0)
    elif all(row.recorded is not None for row in rows):
        rows = sorted(rows, key=lambda row: row.recorded.timestamp() if row.recorded else 0.0)
    waiting: dict[str, list[_Row]] = {}
    ids = {row.fact.id for row in rows}
    placed: list[_Row] = []
    done: set[str] = set()
    for row in rows:
        target = row.fact.supersedes
        if target in ids and target not in done and target is not None:
            waiting.setdefault(target, []).append(row)
            continue
        ready = [row]
        while ready:
            fact = ready.pop(0)
            placed.append(fact)
            done.add(fact.fact.id)
            ready = waiting.pop(fact.fact.id, []) + ready
    # What corrects itself in a circle stays in order; the store refuses it by name.
    return placed + [row for group in waiting.values() for row in group]
