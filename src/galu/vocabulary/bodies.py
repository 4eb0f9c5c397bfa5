"""How heavy and how tall people of an age are: what is possible, and a light and a heavy one.

Every number is assumed. What is possible is wide: it holds the extremes that medicine has seen, so that
only a wrong unit or scale falls outside.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

#: Age from which somebody is an adult [years].
ADULT_YEARS: Final = 18.0
#: Tests whose possible values hang on age, with their unit.
BY_AGE: Final[Mapping[str, str]] = {"WEIGHT": "kg", "HEIGHT": "cm"}


@dataclass(frozen=True, slots=True)
class Ages:
    """From which age to which [years]; the greatest is infinite where none is stated."""

    least: float
    most: float = math.inf

    @property
    def with_children(self) -> bool:
        """Whether people below 18 years are among them."""
        return self.least < ADULT_YEARS

    def __str__(self) -> str:
        """As people say it: ``18 years or more``, ``5 years``, ``1 to 12 years``."""
        if math.isinf(self.most):
            return f"{self.least:g} years or more"
        return (
            f"{self.least:g} years" if self.least == self.most else f"{self.least:g} to {self.most:g} years"
        )


ADULTS: Final = Ages(ADULT_YEARS)


@cache
def _rows() -> tuple[Mapping[str, float], ...]:
    text = (files("galu.vocabulary") / "body_by_age.csv").read_text(encoding="utf-8")
    return tuple(
        {name: float(cell) for name, cell in row.items()} for row in csv.DictReader(text.splitlines())
    )


def _of(ages: Ages) -> list[Mapping[str, float]]:
    """The rows of the table that a span of ages touches."""
    rows = _rows()
    ends = [row["from_years"] for row in rows[1:]] + [math.inf]
    return [
        row
        for row, end in zip(rows, ends, strict=True)
        if row["from_years"] <= ages.most and max(ages.least, 0.0) < end
    ]


def possible_of_age(test: str, ages: Ages) -> tuple[str, float, float]:
    """Unit, least and most of a test of `BY_AGE` in people of an age.

    >>> possible_of_age("WEIGHT", ADULTS), possible_of_age("WEIGHT", Ages(2.0, 3.0))
    (('kg', 20.0, 400.0), ('kg', 2.0, 110.0))
    """
    unit, rows = BY_AGE[test], _of(ages)
    return unit, min(row[f"least_{unit}"] for row in rows), max(row[f"most_{unit}"] for row in rows)


def light_and_heavy(ages: Ages) -> tuple[tuple[float, float], tuple[float, float]]:
    """Weight [kg] and height [cm] of a light and of a heavy person of an age.

    >>> light_and_heavy(Ages(1.0, 12.0))
    ((8.0, 70.0), (120.0, 190.0))
    """
    rows = _of(ages)
    return (rows[0]["light_kg"], rows[0]["light_cm"]), (rows[-1]["heavy_kg"], rows[-1]["heavy_cm"])
