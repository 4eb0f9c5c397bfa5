"""Grade a table of laboratory values in a file, and set the grades beside those that were collected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from galu.cells import FORMULA, NUMBER
from galu.desk.outputs import write_output
from galu.finding import InputError
from galu.foreign import require_lines
from galu.safety.ctcae import grade_labs
from galu.safety.regrade import regrade_labs, why_ungraded


@dataclass(frozen=True, slots=True)
class GradedFile:
    """How many rows were read and how many have a grade."""

    rows: int
    graded: int


def grade_file(source: Path, target: Path, version: str) -> GradedFile:
    """Read laboratory values (CSV), write them with GRADE (blank = ungradable) and WHY it is blank.

    Raises
    ------
    InputError
        When the file cannot be read, lacks a needed column or holds what is no number, or the CTCAE
        version does not ship.
    """
    frame = _read(source)
    with _naming(source):
        graded = frame.drop("GRADE", "WHY", strict=False).with_columns(grade_labs(frame, version))
        graded = graded.with_columns(why_ungraded(graded, version))
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
    frame = _read(source)
    with _naming(source):
        result = regrade_labs(frame, collected, version)
    _write(result.differing, target)
    return result.counts


@contextmanager
def _naming(source: Path) -> Iterator[None]:
    """Put the file's name before the place of a fault."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{source.name}, {error.place}", error.fault, error.remedy) from None


def _read(source: Path) -> pl.DataFrame:
    require_lines(source)
    try:
        return pl.read_csv(source, infer_schema=False)
    except FileNotFoundError:
        raise InputError(str(source), "there is no such file", "give the path of a CSV file") from None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(str(source), "cannot be read as CSV", "give a CSV file with a header row") from error


def _write(frame: pl.DataFrame, target: Path) -> None:
    texts = [pl.col(name) for name, kind in frame.schema.items() if kind == pl.String]
    runs = [text.str.contains(FORMULA) & ~text.str.contains(NUMBER) for text in texts]
    safe = [
        pl.when(one).then("'" + text).otherwise(text).alias(text.meta.output_name())
        for one, text in zip(runs, texts, strict=True)
    ]
    write_output(target, frame.with_columns(safe).write_csv())
