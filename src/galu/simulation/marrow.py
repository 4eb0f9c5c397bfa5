"""Blood counts under treatment.

ln(count) falls with each administration by activity × (acute · a(t) + late · (1 − e^(−t/60 d))): the acute
part peaks at the nadir and recovers, the late part stays, so toxicity grows with cumulative activity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from galu.simulation.draws import Draws
from galu.simulation.scenario import Lineage, Marrow

Doses = Sequence[tuple[int, float]]
#: Sharpness of the acute fall around its nadir, and days over which the late part builds up.
_SHARPNESS = 5.0
_LATE_DAYS = 60.0


@dataclass(frozen=True, slots=True)
class Dip:
    """A dose-limiting fall: the count reaches `count` on `day` and stays low for about `days`."""

    test: str
    day: int
    days: int
    count: float


@dataclass(frozen=True, slots=True)
class Counts:
    """One person's counts: baseline and sensitivities by test."""

    rows: tuple[Lineage, ...]
    baseline: Mapping[str, float]
    acute: Mapping[str, float]
    late: Mapping[str, float]
    floor: Mapping[str, float]
    dip: Dip | None

    def at(self, test: str, day: int, doses: Doses) -> float:
        """True count on a day from the first dose; `doses` are (day, activity [GBq])."""
        row = next(row for row in self.rows if row.test == test)
        fall = row.disease_per_day * max(0, day)
        for given, activity_gbq in doses:
            since = day - given
            if since > 0:
                late = 1.0 - math.exp(-since / _LATE_DAYS)
                fall += activity_gbq * (
                    self.acute[test] * acute_shape(since, row.nadir_day) + self.late[test] * late
                )
        count = self.baseline[test] * math.exp(-fall)
        if len(doses) < 2 and 0 <= day <= 60:
            count = max(count, self.floor.get(test, 0.0))
        dip = self.dip
        if dip is not None and dip.test == test and abs(day - dip.day) <= dip.days:
            inside = abs(day - dip.day) / dip.days
            count = min(count, dip.count * math.exp(1.2 * inside**4))
        return count


def acute_shape(since_days: float, nadir_day: float) -> float:
    """0 at the dose, 1 at the nadir, then back to 0."""
    x = since_days / nadir_day
    return math.pow(x * math.exp(1.0 - x), _SHARPNESS)


def draw_counts(marrow: Marrow, draws: Draws, baseline: Mapping[str, float], dip: Dip | None) -> Counts:
    """The sensitivities of one person; a sensitive marrow is sensitive in every lineage."""
    shared = draws.normal("marrow")

    def sensitivity(row: Lineage, kind: str) -> float:
        truth = row.acute_per_gbq if kind == "acute" else row.late_per_gbq
        spread = math.sqrt(math.log1p(truth.cv**2))
        mixed = 0.7 * shared + math.sqrt(1 - 0.49) * draws.normal("marrow", row.test, kind)
        return truth.median * math.exp(spread * mixed)

    return Counts(
        rows=marrow.lineages,
        baseline=baseline,
        acute={row.test: sensitivity(row, "acute") for row in marrow.lineages},
        late={row.test: sensitivity(row, "late") for row in marrow.lineages},
        floor=marrow.floor_in_window,
        dip=dip,
    )
