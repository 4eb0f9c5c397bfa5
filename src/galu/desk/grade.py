"""Grade a table of laboratory values in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from galu.finding import InputError
from galu.safety.ctcae import grade_labs


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
    try:
        frame = pl.read_csv(source, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(str(source), "cannot be read as CSV", "give a CSV file with a header row") from error
    graded = frame.drop("GRADE", strict=False).with_columns(grade_labs(frame, version))
    try:
        graded.write_csv(target)
    except OSError as error:
        raise InputError(str(target), "cannot be written", "name a file in a folder that exists") from error
    return GradedFile(frame.height, graded.height - graded["GRADE"].null_count())
