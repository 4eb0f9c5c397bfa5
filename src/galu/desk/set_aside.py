"""Rows of imported files that did not enter, or not whole: a list beside the record, never forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from galu.files import write_private
from galu.finding import InputError

SET_ASIDE: Final = "set-aside.jsonl"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that was set aside or read only in part; `row` counts from 1 without the header, 0 is none."""

    imported: str
    file: str
    row: int
    why: str


def note_set_aside(folder: Path, moment: datetime, rows: Iterable[tuple[str, int, str]]) -> None:
    """Add rows to the list of a trial folder."""
    stamp = moment.isoformat(timespec="seconds")
    lines = [
        json.dumps(asdict(SetAside(stamp, file, row, why)), ensure_ascii=False) for file, row, why in rows
    ]
    if lines:
        path = folder / SET_ASIDE
        before = path.read_bytes() if path.is_file() else b""
        write_private(path, before + ("\n".join(lines) + "\n").encode("utf-8"))


def read_set_aside(folder: Path, as_of: date, zone: str) -> tuple[SetAside, ...]:
    """What was set aside by the end of a day, each row once.

    Raises
    ------
    InputError
        When the list was changed and cannot be read.
    """
    path = folder / SET_ASIDE
    if not path.is_file():
        return ()
    found: dict[tuple[str, int, str], SetAside] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            one = SetAside(**json.loads(line))
            day = datetime.fromisoformat(one.imported).astimezone(ZoneInfo(zone)).date()
        except (ValueError, TypeError):
            remedy = "put back the file that the import wrote"
            raise InputError(f"{path}, line {number}", "is no row that was set aside", remedy) from None
        if day <= as_of:
            found.setdefault((one.file, one.row, one.why), one)
    return tuple(found.values())
