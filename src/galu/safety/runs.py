"""Runs of laboratory values at or above a grade, day by day.

Of several values of one day the worst counts: which of them was right nobody has said yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from galu.safety.inputs import LabInput

Graded = tuple[LabInput, int | None]


@dataclass(slots=True)
class Run:
    """Values at or above a grade, and the days with a value below it, before and after them.

    `contrary` are values below the grade on the very days of the run.
    """

    values: list[LabInput] = field(default_factory=list)
    before: date | None = None
    after: date | None = None
    contrary: list[LabInput] = field(default_factory=list)

    @property
    def sure_days(self) -> int:
        """Consecutive days, first to last value, of the longest part that no value of a day contradicts."""
        doubtful = {lab.day for lab in self.contrary}
        longest = 0
        for apart, part in groupby(self.values, lambda lab: lab.day in doubtful):
            days = [lab.day for lab in part]
            longest = longest if apart else max(longest, (days[-1] - days[0]).days + 1)
        return longest


def lab_runs(graded: Iterable[Graded], min_grade: int) -> list[Run]:
    """Runs of values at or above a grade, of values in the order of their days."""
    runs: list[Run] = []
    run = Run()
    for day, rows in groupby(graded, lambda row: row[0].day):
        known = [(lab, grade) for lab, grade in rows if grade is not None]
        high = [lab for lab, grade in known if grade >= min_grade]
        low = [lab for lab, grade in known if grade < min_grade]
        if high:
            run.values += high
            run.contrary += low
        elif low and run.values:
            run.after = day
            runs.append(run)
            run = Run(before=day)
        elif low:
            run.before = day
    return [*runs, run] if run.values else runs
