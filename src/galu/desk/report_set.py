"""The tables and listings of a study report from a trial folder, as documents and as data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, Literal

from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.outputs import replace_folder, require_earlier_folder
from galu.desk.status import day_of_report, mark_of
from galu.finding import InputError
from galu.report.documents.frame import Frame
from galu.results import Page, as_shell, build_set
from galu.trial.state import derive_state

Format = Literal["html", "pdf", "docx", "rtf"]
FORMATS: Final[tuple[Format, ...]] = ("html", "pdf", "docx", "rtf")
#: Every number with what it rests on; it marks the folder as one of galu's.
CELLS: Final = "cells.json"
MADE: Final = "galu tables and listings 1"
_HTML: Final = "html"
_DOCUMENT: Final = "tables-and-listings"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to write: formats, numbers of tables (none: all), or shells before data exist."""

    formats: tuple[Format, ...] = FORMATS
    numbers: tuple[str, ...] = ()
    shells: bool = False


@acts("read-report")
def report_set(
    folder: Path,
    out: Path,
    wanted: Wanted,
    days: tuple[date | None, date | None] = (None, None),
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Path, ...]:
    """Write the tables and listings of a trial; gives the files.

    Parameters
    ----------
    folder, out
        A trial folder; a new folder, or one that holds an earlier set, which is replaced as a whole.
    days
        As of which day, and after which day what happened is left out.
    tell
        Is told what is being worked on.

    Raises
    ------
    InputError
        When the folder is no trial, a number is none of the set, or `out` holds something else.
    """
    require_earlier_folder(out, CELLS, MADE, _is_of_a_set)
    tell("reading the record")
    trial = open_trial(folder)
    record = trial.record
    day = day_of_report(record, days[0])
    frame = Frame(mark_of(trial, record, day, days[1]), wanted.shells)
    state = derive_state(trial.study_on(day), record, day, days[1])
    pages = _chosen(build_set(state, tell), wanted)
    replace_folder(out, partial(_write, pages=pages, frame=frame, formats=wanted.formats, tell=tell))
    return tuple(sorted(path for path in out.rglob("*") if path.is_file()))


def _chosen(pages: tuple[Page, ...], wanted: Wanted) -> tuple[Page, ...]:
    known = {page.number for page in pages}
    unknown = [number for number in wanted.numbers if number not in known]
    if unknown:
        listed = ", ".join(page.number for page in pages)
        raise InputError("--only", f"{unknown[0]} is no table or listing", f"use one of {listed}")
    chosen = (page for page in pages if not wanted.numbers or page.number in wanted.numbers)
    return tuple(as_shell(page) for page in chosen) if wanted.shells else tuple(chosen)


def _is_of_a_set(path: Path) -> bool:
    if path.parts[0] == _HTML:
        return len(path.parts) == 1 or (len(path.parts) == 2 and path.suffix == ".html")
    return len(path.parts) == 1 and (path.name == CELLS or path.stem == _DOCUMENT)


def _write(
    folder: Path,
    pages: tuple[Page, ...],
    frame: Frame,
    formats: tuple[Format, ...],
    tell: Callable[[str], None],
) -> None:
    (folder / CELLS).write_text(_as_json(pages, frame), encoding="utf-8")
    for wanted in formats:
        tell(f"writing {wanted}")
        _WRITERS[wanted](folder, pages, frame)


def _html(folder: Path, pages: Iterable[Page], frame: Frame) -> None:
    from galu.report.documents.html import as_html

    (folder / _HTML).mkdir()
    for name, text in as_html(pages, frame):
        (folder / _HTML / name).write_text(text, encoding="utf-8")


def _pdf(folder: Path, pages: Iterable[Page], frame: Frame) -> None:
    from galu.report.documents.pdf import as_pdf

    (folder / f"{_DOCUMENT}.pdf").write_bytes(as_pdf(pages, frame))


def _docx(folder: Path, pages: Iterable[Page], frame: Frame) -> None:
    from galu.report.documents.docx import as_docx

    (folder / f"{_DOCUMENT}.docx").write_bytes(as_docx(pages, frame))


def _rtf(folder: Path, pages: Iterable[Page], frame: Frame) -> None:
    from galu.report.documents.rtf import as_rtf

    (folder / f"{_DOCUMENT}.rtf").write_bytes(as_rtf(pages, frame))


_WRITERS: Final[dict[Format, Callable[[Path, Iterable[Page], Frame], None]]] = {
    "html": _html,
    "pdf": _pdf,
    "docx": _docx,
    "rtf": _rtf,
}


def _as_json(pages: Iterable[Page], frame: Frame) -> str:
    """Every cell with its numbers, and of every row the facts by subject."""
    told = {
        "made": MADE,
        "study": frame.mark.study,
        "as_of": frame.mark.as_of.isoformat(),
        "cutoff": frame.mark.cutoff.isoformat() if frame.mark.cutoff else None,
        "origin": frame.mark.origin,
        "source": frame.source,
        "pages": [_page(page) for page in pages],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _page(page: Page) -> dict[str, object]:
    columns = [
        {"head": head, "subjects": members}
        for head, members in zip(page.heads[1:], page.members or ((),) * len(page.heads[1:]), strict=True)
    ]
    rows = [
        {
            "label": row.label,
            "indent": row.indent,
            "cells": [
                [cell.text, *(None if number != number else number for number in cell.numbers)]
                for cell in row.cells
            ],
            "facts": row.who,
        }
        for row in page.rows
    ]
    return {
        "number": page.number,
        "title": page.title,
        "kind": page.kind,
        "population": page.population,
        "columns": columns,
        "rows": rows,
        "notes": page.notes,
    }
