"""Grade a table of laboratory values in a file, and set the grades beside those that were collected."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from galu.finding import InputError
from galu.safety.ctcae import grade_labs
from galu.safety.regrade import regrade_labs


@dataclass(frozen=True, slots=True)
class GradedFile:
    """How many rows were read and how many have a grade."""

    rows: int
    graded: int


def grade_file(source: Path, target: Path, version: str) -> GradedFile:
    """Read laboratory values (CSV), write them with a column GRADE (blank = ungradable).

    Raises
    ------
    InputError
        When the file cannot be read, lacks a needed column, or the CTCAE version does not ship.
    """
    frame = _read(source)
    graded = frame.drop("GRADE", strict=False).with_columns(grade_labs(frame, version))
    _write(graded, target)
    return GradedFile(frame.height, graded.height - graded["GRADE"].null_count())


def regrade_file(source: Path, target: Path, collected: str, version: str) -> tuple[tuple[str, int], ...]:
    """Recompute collected grades; write the rows that differ, each with both grades and the reason.

    Returns
    -------
    tuple of (str, int)
        Rows by outcome: same, differs, only collected, only recomputed, neither.

    Raises
    ------
    InputError
        As `grade_file`, and when the column `collected` is absent or holds something that is no grade.
    """
    result = regrade_labs(_read(source), collected, version)
    _write(result.differing, target)
    return result.counts


def _read(source: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(source, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(str(source), "cannot be read as CSV", "give a CSV file with a header row") from error


def _write(frame: pl.DataFrame, target: Path) -> None:
    try:
        frame.write_csv(target)
    except OSError as error:
        raise InputError(str(target), "cannot be written", "name a file in a folder that exists") from error
