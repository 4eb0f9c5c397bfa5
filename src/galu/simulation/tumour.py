"""The disease: PSA and lesion sizes under treatment, new lesions.

Burden = sensitive part, growing at g and killed by each administration with its uptake, plus a small
resistant part that only grows. PSA follows the burden; a diameter follows the cube root of a slower one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from galu.quantities import LN2
from galu.simulation.draws import Draws
from galu.simulation.scenario import Disease


@dataclass(frozen=True, slots=True)
class LesionTruth:
    """A soft-tissue lesion at baseline; `kill` multiplies the patient's own sensitivity."""

    name: str
    role: Literal["target", "non-target"]
    site: str
    nodal: bool
    size_mm: float
    kill: float


@dataclass(frozen=True, slots=True)
class DiseaseTruth:
    """Rates of one patient's disease per day and per GBq."""

    growth_per_day: float
    kill_per_gbq: float
    kill_rate_per_day: float
    resistant: float
    size_ratio: float

    def killed(self, day: float, doses: Sequence[tuple[int, float]]) -> float:
        """Exponent of the sensitive part: activity-weighted kill by `day`; doses carry uptake already."""
        return sum(
            self.kill_per_gbq * effect * (1 - math.exp(-self.kill_rate_per_day * (day - given)))
            for given, effect in doses
            if day > given
        )

    def psa_ratio(self, day: float, doses: Sequence[tuple[int, float]]) -> float:
        """PSA over its baseline."""
        growth = math.exp(min(8.0, self.growth_per_day * day))
        return growth * ((1 - self.resistant) * math.exp(-self.killed(day, doses)) + self.resistant)

    def size_ratio_at(self, day: float, doses: Sequence[tuple[int, float]], kill: float) -> float:
        """Diameter over its baseline, for a lesion of relative sensitivity `kill`."""
        growth = math.exp(min(6.0, self.size_ratio * self.growth_per_day * day))
        share = (1 - self.resistant) * math.exp(-kill * self.killed(day, doses)) + self.resistant
        return math.cbrt(growth * share)


def draw_lesions(disease: Disease, draws: Draws) -> tuple[LesionTruth, ...]:
    """Soft-tissue lesions of one candidate; some have bone disease only."""
    if not draws.chance(disease.measurable, "measurable"):
        return ()
    number = draws.whole(1, len(disease.sites), "lesions")
    found = []
    for index in range(number):
        site, nodal = disease.sites[index].site, disease.sites[index].nodal
        least = 15.0 if nodal else 10.0
        size = max(
            least + 0.5, draws.log_normal(disease.lesion_mm.median, disease.lesion_mm.cv, "size", index)
        )
        kill = draws.log_normal(1.0, 0.5, "kill", index)
        role: Literal["target", "non-target"] = "target" if index < 4 else "non-target"
        found.append(LesionTruth(f"T{index + 1}", role, site, nodal, round(size, 1), kill))
    return tuple(found)


def draw_disease(disease: Disease, draws: Draws) -> DiseaseTruth:
    """The rates of one patient."""
    growth, kill, resistant = disease.growth_per_day, disease.kill_per_gbq, disease.resistant_share
    return DiseaseTruth(
        growth_per_day=draws.log_normal(growth.median, growth.cv, "growth"),
        kill_per_gbq=draws.log_normal(kill.median, kill.cv, "kill"),
        kill_rate_per_day=LN2 / disease.kill_half_life_days,
        resistant=min(0.9, draws.log_normal(resistant.median, resistant.cv, "resistant")),
        size_ratio=disease.size_growth_ratio,
    )
