"""Laboratory courses: a figure a test, what its bands are, and the values behind it."""

from __future__ import annotations

from galu.report.blocks import Block, Row, Table, number
from galu.report.courses import Courses, derive_courses
from galu.report.figures.courses import lab_course
from galu.report.sections.exposure import activities_of
from galu.trial.state import TrialState


def courses(state: TrialState) -> list[Block]:
    """A figure for each test with values, then their bands and their values as tables."""
    found = [one for one in derive_courses(state) if one.lines]
    if not found:
        return []
    activities = activities_of(state)
    return [*(lab_course(one, activities) for one in found), _bands(found), _values(found)]


def _bands(found: list[Courses]) -> Table:
    rows: list[Row] = []
    for one in found:
        begins = dict(one.cuts)
        sign = "<" if one.direction == "L" else ">"
        told = (f"{sign} {number(begins[grade])}" if grade in begins else None for grade in (1, 2, 3, 4))
        severe = sum(line.mark == "severe" for line in one.lines)
        waits = sum(line.mark in ("suspect", "pending") for line in one.lines)
        omitted = "; ".join(f"{count} {why}" for why, count in one.omitted)
        values = sum(len(line.points) for line in one.lines)
        rows.append((one.name, one.unit, *told, len(one.lines), severe, waits, values, omitted or "none"))
    columns = ("test", "shown in", "grade 1", "grade 2", "grade 3", "grade 4", "subjects", "reached grade 3",
               "pending", "values shown", "values not shown")  # fmt: skip
    note = (
        "Bands begin at the cuts of CTCAE for the unit shown; limits of normal are the median of those "
        "reported. Grades that also look at the baseline or the clinic may differ from the band: who is "
        "marked is marked by the grade."
    )
    return Table("lab-bands", "Grade bands of the laboratory courses", columns, tuple(rows), note)


def _values(found: list[Courses]) -> Table:
    rows: tuple[Row, ...] = tuple(
        (one.test, line.subject, line.level, p.day, p.week, p.reported, p.unit, p.value, one.unit, p.grade,
         p.after_dose, line.mark, p.fact)
        for one in found
        for line in one.lines
        for p in line.points
    )  # fmt: skip
    columns = ("test", "subject", "level", "day", "week", "value", "unit", "value shown", "shown in", "grade",
               "after dose", "subject marked", "fact")  # fmt: skip
    return Table("lab-courses", "Values of the laboratory courses", columns, rows, page_rows=0)
