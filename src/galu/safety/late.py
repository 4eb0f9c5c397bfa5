"""The watch for late toxicity: what would be dose-limiting, but began after the window.

A window of one cycle misses what cumulates: under 177Lu-satoreotide the first cycle was mild, and four of
seven patients had grade 4 haematologic toxicity after the second. The same declared rules are therefore
read after the window and counted by cumulative activity and absorbed dose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from galu.safety.inputs import DltPatient
from galu.safety.plan import SafetyPlan
from galu.safety.signs import derive_signs, grades_by
from galu.words import checked, checked_fields


@dataclass(frozen=True, slots=True)
@checked_fields
class Exposure:
    """What a patient had received after one administration; None is unknown.

    `cumulative_gy` holds (region, absorbed dose so far [Gy]).
    """

    day: date
    cumulative_mbq: float | None
    cumulative_gy: tuple[tuple[str, float | None], ...] = ()

    def dose_gy(self, region: str) -> float | None:
        """Cumulative absorbed dose of a region [Gy], None when unknown."""
        return dict(self.cumulative_gy).get(region)


@dataclass(frozen=True, slots=True)
class WatchedPatient:
    """A patient and each administration, oldest first."""

    patient: DltPatient
    exposures: tuple[Exposure, ...]

    def exposure_on(self, day: date) -> Exposure | None:
        """What had been received by the end of a day."""
        return next((one for one in reversed(self.exposures) if one.day <= day), None)


@dataclass(frozen=True, slots=True)
@checked_fields
class LateToxicity:
    """One toxicity after the window; `met` None is undecided yet. `doses` were given before it began."""

    subject: str
    level: int
    rule_id: str
    met: bool | None
    on: date
    doses: int
    exposure: Exposure | None
    reason: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WatchBand:
    """Patients whose cumulative amount reached the band, and those whose toxicity began in it.

    `upper` None is open; `unknown` counts toxicities that belong to no band, the amount being unknown.
    """

    lower: float
    upper: float | None
    at_risk: int
    with_toxicity: int
    unknown: int

    @property
    def rate(self) -> float | None:
        """Share of those at risk; None when nobody is."""
        return self.with_toxicity / self.at_risk if self.at_risk else None


@checked
def late_toxicities(watched: WatchedPatient, plan: SafetyPlan, as_of: date) -> tuple[LateToxicity, ...]:
    """What the declared rules see after the window of dose-limiting toxicity, as known on a day."""
    patient = watched.patient
    starts = patient.first_dose + timedelta(plan.dlt.window_days.value - plan.dlt.first_day.value + 1)
    if as_of < starts:
        return ()
    found = []
    for sign in derive_signs(patient, plan, grades_by(patient, plan, as_of), (starts, as_of), as_of):
        given = [one for one in watched.exposures if one.day <= sign.on]
        found.append(
            LateToxicity(
                patient.subject, patient.level, sign.rule_id, sign.met, sign.on, len(given),
                given[-1] if given else None, sign.reason, sign.facts,
            )
        )  # fmt: skip
    return tuple(found)


def bands_by_activity(
    watched: Sequence[WatchedPatient], late: Iterable[LateToxicity], edges_mbq: Sequence[float]
) -> tuple[WatchBand, ...]:
    """Late toxicity by cumulative activity [MBq]; the edges are the lower ends of the bands."""
    return _bands(watched, late, edges_mbq, lambda exposure: exposure.cumulative_mbq)


def bands_by_dose(
    watched: Sequence[WatchedPatient], late: Iterable[LateToxicity], region: str, edges_gy: Sequence[float]
) -> tuple[WatchBand, ...]:
    """Late toxicity by cumulative absorbed dose of a region [Gy]."""
    return _bands(watched, late, edges_gy, lambda exposure: exposure.dose_gy(region))


def _bands(
    watched: Sequence[WatchedPatient],
    late: Iterable[LateToxicity],
    edges: Sequence[float],
    amount: Callable[[Exposure], float | None],
) -> tuple[WatchBand, ...]:
    lowers = sorted(edges)
    reached = [max((a for e in w.exposures if (a := amount(e)) is not None), default=None) for w in watched]
    first: dict[str, float | None] = {}
    for one in sorted((one for one in late if one.met), key=lambda one: one.on):
        first.setdefault(one.subject, None if one.exposure is None else amount(one.exposure))
    unknown = sum(value is None for value in first.values())
    bands = []
    for lower, upper in zip(lowers, [*lowers[1:], None], strict=True):
        at_risk = sum(value is not None and value >= lower for value in reached)
        inside = [v for v in first.values() if v is not None and v >= lower and (upper is None or v < upper)]
        bands.append(WatchBand(lower, upper, at_risk, len(inside), unknown))
    return tuple(bands)
