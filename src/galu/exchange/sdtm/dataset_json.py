"""CDISC Dataset-JSON 1.0 (rows below `clinicalData` or `referenceData`) and 1.1 (`columns`, `rows`).

Of 1.1 also the form with one JSON value per line (NDJSON): the description first, then a row per line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from galu.exchange.sdtm.lines import Line
from galu.finding import InputError

_EXPORT = "export the data set again as Dataset-JSON"


def read_dataset_json(path: Path, text: str) -> tuple[list[str], list[list[Any]]]:
    """Column names and rows of one JSON document.

    Raises
    ------
    InputError
        For broken JSON, NaN, a row of another length than the columns, or a record count that is wrong.
    """
    document = _parsed(path, text)
    if not isinstance(document, dict):
        raise InputError(str(path), "is no Dataset-JSON", _EXPORT)
    if "rows" in document or "columns" in document:
        group, columns, rows = document, document.get("columns"), document.get("rows", [])
    else:
        group = _item_group(path, document)
        columns, rows = group.get("items"), group.get("itemData", [])
    names = _names(path, columns)
    if not isinstance(rows, list):
        raise InputError(str(path), "its rows are no list", _EXPORT)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(names):
            held = f"{len(row)} values" if isinstance(row, list) else "no list of values"
            fault = f"has {held} where there are {len(names)} columns"
            raise InputError(f"{path}, row {number}", fault, _EXPORT)
    stated = group.get("records")
    if isinstance(stated, int) and stated != len(rows):
        raise InputError(str(path), f"states {stated} records and holds {len(rows)}", "copy it again")
    return names, rows


def read_dataset_ndjson(
    path: Path, text: str
) -> tuple[list[str], list[list[Any]], list[int], tuple[Line, ...]]:
    """Column names, rows with their numbers, and lines that hold no row.

    Raises
    ------
    InputError
        For a broken description, a record count that is wrong, or a file that ends within a row.
    """
    # Not `splitlines`: JSON may hold other signs that it takes for the end of a line.
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
    described = _parsed(path, lines[0] if lines else "")
    if not isinstance(described, dict):
        raise InputError(f"{path}, line 1", "is no description of a Dataset-JSON", _EXPORT)
    names = _names(path, described.get("columns"))
    rows: list[list[Any]] = []
    numbers: list[int] = []
    unread: list[Line] = []
    for number, line in enumerate(lines[1:], start=1):
        row = _row(line, len(names))
        if isinstance(row, str):
            unread.append((number, row))
        else:
            rows.append(row)
            numbers.append(number)
    stated, held = described.get("records"), len(lines) - 1
    if isinstance(stated, int) and stated != held:
        raise InputError(str(path), f"states {stated} records and holds {held}", "copy it again")
    if unread and unread[-1][0] == held and not text.endswith(("\n", "\r")):
        raise InputError(f"{path}, line {held + 1}", "the file ends within a row", "copy it again")
    return names, rows, numbers, tuple(unread)


def _row(line: str, width: int) -> list[Any] | str:
    """The row of one line, or what is wrong with it."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return "is broken JSON"
    if not isinstance(row, list):
        return "is no list of values"
    return row if len(row) == width else f"has {len(row)} values where there are {width} columns"


def _parsed(path: Path, text: str) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise InputError(str(path), f"holds {constant}, which is no JSON number", "write null for unknown")

    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=refuse)
    except json.JSONDecodeError as fault:
        place = f"{path}, line {fault.lineno}, column {fault.colno}"
        raise InputError(place, f"broken JSON ({fault.msg})", _EXPORT) from None
    except ValueError:  # a number of thousands of digits
        raise InputError(str(path), "holds a number without end", _EXPORT) from None
    except RecursionError:
        raise InputError(str(path), "is nested too deeply", _EXPORT) from None


def _item_group(path: Path, document: dict[str, Any]) -> dict[str, Any]:
    part = document.get("clinicalData") or document.get("referenceData")
    groups = part.get("itemGroupData") if isinstance(part, dict) else None
    if not isinstance(groups, dict) or not groups:
        raise InputError(str(path), "is no Dataset-JSON (neither `rows` nor `itemGroupData`)", _EXPORT)
    if len(groups) > 1:
        raise InputError(str(path), "holds several data sets", "export one data set per file")
    group = next(iter(groups.values()))
    if not isinstance(group, dict):
        raise InputError(str(path), "its item group is no object", _EXPORT)
    return group


def _names(path: Path, columns: Any) -> list[str]:
    if not isinstance(columns, list) or not columns:
        raise InputError(str(path), "names no columns", _EXPORT)
    names = [column.get("name") if isinstance(column, dict) else None for column in columns]
    if not all(isinstance(name, str) for name in names):
        raise InputError(str(path), "has a column without a name", _EXPORT)
    return [str(name) for name in names]
