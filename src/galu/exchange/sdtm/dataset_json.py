"""CDISC Dataset-JSON 1.0 (rows below `clinicalData` or `referenceData`) and 1.1 (`columns`, `rows`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from galu.finding import InputError

_EXPORT = "export the data set again as Dataset-JSON"


def read_dataset_json(path: Path, data: bytes) -> tuple[list[str], list[list[Any]]]:
    """Column names and rows.

    Raises
    ------
    InputError
        For broken JSON, NaN, a row of another length than the columns, or a record count that is wrong.
    """
    document = _parsed(path, data)
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


def _parsed(path: Path, data: bytes) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise InputError(str(path), f"holds {constant}, which is no JSON number", "write null for unknown")

    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=refuse)
    except UnicodeDecodeError as fault:
        raise InputError(str(path), f"is not UTF-8 at byte {fault.start}", "save it as UTF-8") from None
    except json.JSONDecodeError as fault:
        place = f"{path}, line {fault.lineno}, column {fault.colno}"
        raise InputError(place, f"broken JSON ({fault.msg})", _EXPORT) from None
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
