"""Facts as CSV: one file per kind, named after it, with the fields of its model as headers.

How a file writes its cells, numbers and dates is its dialect (`galu.exchange.dialect`).

An empty cell is unknown. A text cell that a spreadsheet would run as a formula is written behind an
apostrophe (OWASP, "CSV Injection"), and read back without it. The stamps of the store, `seq` and
`recorded`, are optional columns: `seq` gives the order, `recorded` when a fact became known.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args, get_origin

from pydantic import ValidationError

from galu.cells import guarded, unguarded
from galu.exchange.dialect import PLAIN, Dialect, delimiter_fault, number_in, other_reading, time_in
from galu.finding import InputError, ManyFaultsError
from galu.foreign import require_lines
from galu.record import KINDS, Entry, Fact
from galu.record.kinds import TIMES

STAMPS: Final = ("seq", "recorded")
#: What an export of a whole trial holds beside its facts.
BESIDE: Final = frozenset({"study.yaml", "versions", "dictionary.json", "set-aside.jsonl"})
_BLANK: Final = " \t\r\n"
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
    every file has that column. `doubtful` holds, for an id, columns whose number means something else where
    points group thousands, and that number. `unread` are the ids of rows that could not be read.
    """

    facts: tuple[Fact, ...]
    places: dict[str, str]
    recorded: tuple[datetime, ...] | None = None
    doubtful: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Row:
    fact: Fact
    place: str
    seq: int | None
    recorded: datetime | None
    doubtful: tuple[tuple[str, str], ...] = ()


class _Faults:
    """What is wrong with the files, and the ids of the rows that fell out."""

    def __init__(self) -> None:
        self.found: list[InputError] = []
        self.unread: set[str] = set()

    def add(self, place: str, fault: str, remedy: str) -> None:
        self.found.append(InputError(place, fault, remedy))


@dataclass(frozen=True, slots=True)
class _Shape:
    """A kind of fact as a file has it: its model, and which columns are lists, numbers, times."""

    model: type[Fact]
    header: tuple[str, ...]
    dialect: Dialect
    lists: frozenset[str]
    numbers: frozenset[str]
    times: frozenset[str]


def read_facts(source: Path, dialect: Dialect = PLAIN) -> FactFiles:
    """Read one CSV of facts, or a folder of them.

    Raises
    ------
    ManyFaultsError
        Naming file, row (the header is row 1) and column of every fault.
    """
    files, faults = survey_facts(source, dialect)
    if faults:
        raise ManyFaultsError(faults)
    return files


def survey_facts(source: Path, dialect: Dialect = PLAIN) -> tuple[FactFiles, tuple[InputError, ...]]:
    """What can be read of one CSV of facts or a folder of them, and everything that cannot.

    Raises
    ------
    InputError
        When there is no such file or folder.
    """
    faults = _Faults()
    rows = [row for path in _files(source, faults) for row in _rows(path, dialect, faults)]
    places: dict[str, str] = {}
    for row in rows:
        if row.fact.id in places:
            faults.add(
                f"{row.place}, column id",
                f"id {row.fact.id!r} is taken by {places[row.fact.id]}",
                "give each fact its own id",
            )
        places.setdefault(row.fact.id, row.place)
    rows = _ordered(rows)
    stamped = [row.recorded for row in rows if row.recorded is not None]
    if stamped and len(stamped) < len(rows):
        lacking = next(row.place for row in rows if row.recorded is None)
        place = f"{lacking}, column recorded"
        faults.add(place, "is empty while others have it", "fill it everywhere or nowhere")
    files = FactFiles(
        tuple(row.fact for row in rows),
        places,
        tuple(stamped) if len(stamped) == len(rows) and rows else None,
        {row.fact.id: row.doubtful for row in rows if row.doubtful},
        frozenset(faults.unread),
    )
    return files, tuple(faults.found)


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
        return guarded(value) if value or default != "" else ""
    return repr(value)


def _files(source: Path, faults: _Faults) -> list[Path]:
    if not source.exists():
        raise InputError(str(source), "does not exist", "give a CSV of facts or a folder of them")
    if source.is_file():
        paths = [source]
    else:
        found = sorted(path for path in source.iterdir() if not path.name.startswith("."))
        whole = BESIDE if source / "study_version.csv" in found else frozenset()
        paths = [path for path in found if path.suffix.lower() not in (".md", ".txt")]
        paths = [path for path in paths if path.name not in whole]
        if not paths:
            raise InputError(str(source), "holds no CSV", "name each file after its kind, such as lab.csv")
    fitting = [
        path for path in paths if path.suffix.lower() == ".csv" and path.stem in KINDS and path.is_file()
    ]
    for path in paths:
        if path not in fitting:
            faults.add(
                str(path),
                "is named after no kind of fact",
                f"name it after its kind, such as lab.csv (kinds: {', '.join(KINDS)})",
            )
    order = list(KINDS)
    return sorted(fitting, key=lambda path: order.index(path.stem))


def _rows(path: Path, dialect: Dialect, faults: _Faults) -> Iterator[_Row]:
    """Rows of a file that can be read; what cannot is added to `faults`, and other files go on."""
    try:
        require_lines(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True, delimiter=dialect.delimiter)
            header = next(reader, None)
            if header is None:
                faults.add(str(path), "is empty", "start with the header row")
                return
            shape = _shape(KINDS[path.stem], [name.strip() for name in header], dialect)
            sound = _check_header(path, shape, faults)
            for number, cells in enumerate(reader, 2):
                if sound and any(cell.strip(_BLANK) for cell in cells):
                    row = _row(f"{path}, row {number}", cells, shape, faults)
                    if row is not None:
                        yield row
    except InputError as error:
        faults.add(error.place, error.fault, error.remedy)
    except UnicodeDecodeError:
        faults.add(str(path), "is not UTF-8 text", "save it as CSV UTF-8")
    except csv.Error as error:
        place = f"{path}, line {reader.line_num}"
        faults.add(place, f"is broken CSV ({error})", "save it again as CSV UTF-8")
    except OSError as error:
        faults.add(str(path), f"cannot be read ({error.strerror})", "give a CSV that you may read")


def _shape(model: type[Fact], header: list[str], dialect: Dialect) -> _Shape:
    fields = model.model_fields.items()
    if "seq" in header and not dialect.decimal:  # an export of galu, whose points are decimal
        dialect = replace(dialect, decimal="point")
    return _Shape(
        model,
        tuple(header),
        dialect,
        lists=frozenset(name for name, one in fields if get_origin(one.annotation) is tuple),
        numbers=frozenset(
            name for name, one in fields if {int, float} & {one.annotation, *get_args(one.annotation)}
        ),
        times=frozenset(TIMES[model.kind]),
    )


def _check_header(path: Path, shape: _Shape, faults: _Faults) -> bool:
    """Whether the columns are those of the kind; everything else is a fault."""
    before, header, model = len(faults.found), shape.header, shape.model
    known, place = (*model.model_fields, *STAMPS), f"{path}, row 1"
    cut = delimiter_fault(list(header), shape.dialect)
    if cut is not None:
        faults.add(place, *cut)
        return False
    for name in dict.fromkeys(header):
        if name not in known:
            fault = f"column {name!r} is no field of {model.kind}"
            faults.add(place, fault, f"remove or rename it ({', '.join(known)})")
        if header.count(name) > 1:
            faults.add(place, f"column {name!r} stands twice", "remove one")
    needed = [name for name, one in model.model_fields.items() if one.is_required()]
    if model.about_subject and "subject" not in needed:
        needed.append("subject")
    for name in needed:
        if name not in header:
            faults.add(place, f"column {name!r} is missing", "add it")
    return len(faults.found) == before


def _row(place: str, cells: list[str], shape: _Shape, faults: _Faults) -> _Row | None:
    if len(cells) != len(shape.header):
        fault = f"has {len(cells)} cells where the header has {len(shape.header)}"
        remedy = "quote cells that hold the delimiter; decimal commas need semicolons and --dialect"
        faults.add(place, fault, remedy)
        return None
    stripped = (cell.strip(_BLANK) for cell in cells)
    given: dict[str, Any] = {name: cell for name, cell in zip(shape.header, stripped, strict=True) if cell}
    written, before = given.get("id"), len(faults.found)
    seq, recorded = given.pop("seq", None), given.pop("recorded", None)
    doubtful, told = _translate(place, given, shape, faults)
    row = None
    try:
        fact = shape.model.model_validate(given)
        moment = _moment(recorded) if recorded else None
        row = _Row(fact, place, int(seq) if seq else None, moment, doubtful)
    except ValidationError as error:
        for one in error.errors():
            column = str(one["loc"][0]) if one["loc"] else ""
            if column in told:
                continue
            message, remedy = _explained(one, given)
            faults.add(f"{place}, column {column}" if column else place, message, remedy)
    except ValueError as error:
        faults.add(place, f"a stamp cannot be read ({error})", "leave `seq` and `recorded` as exported")
    if len(faults.found) == before:
        return row
    if written:
        faults.unread.add(unguarded(written))
    return None


def _translate(
    place: str, given: dict[str, Any], shape: _Shape, faults: _Faults
) -> tuple[tuple[tuple[str, str], ...], set[str]]:
    """Put cells as the model reads them, in place; gives the numbers that mean something else elsewhere.

    Also gives the columns whose fault was told: another dialect explains them, and the model need not.
    """
    doubtful: list[tuple[str, str]] = []
    told: set[str] = set()
    for name, cell in tuple(given.items()):
        try:
            if name in shape.lists:
                given[name] = json.loads(cell)
            elif name in shape.numbers:
                given[name] = number_in(cell, shape.dialect)
                other = other_reading(cell, shape.dialect)
                if other is not None:
                    doubtful.append((name, other))
            elif name in shape.times:
                given[name] = time_in(cell, shape.dialect)
            else:
                given[name] = unguarded(cell)
        except (json.JSONDecodeError, RecursionError):
            faults.add(place, f"column {name} is no list", 'write a list such as ["id-1", "id-2"]')
            told.add(name)
        except ValueError as error:
            fault, _, remedy = str(error).partition(": ")
            faults.add(f"{place}, column {name}", fault, remedy)
            told.add(name)
    return tuple(doubtful), told


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
