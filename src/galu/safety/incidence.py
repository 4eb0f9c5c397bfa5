"""Exposure-adjusted incidence, shift rows and the listing of dose-limiting toxicity, as plain rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from galu.safety.dlt import DltAssessment
from galu.safety.events import Labels
from galu.safety.inputs import DltPatient
from galu.safety.tables import TreatedSubject, emergent_since, phase_of
from galu.words import checked, checked_fields

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class ExposureRate:
    """Subjects with an event per 100 patient-years at risk, with an exact Poisson interval.

    Rates are None without time at risk.
    """

    soc: str
    term: str
    subjects: int
    patient_years: float
    per_100: float | None
    lower: float | None
    upper: float | None


@checked
def exposure_adjusted(
    subjects: tuple[TreatedSubject, ...], emergent_days: int, as_of: date, level: float = 0.95
) -> tuple[ExposureRate, ...]:
    """Treatment-emergent events by time at risk, any event first, then by class and term.

    A subject is at risk from the first dose to the day on which the first such event began, or grew worse
    where it began earlier, else to the last emergent day, the
    last day watched or `as_of`. The interval is Garwood's (Biometrika 1936;28:437).
    """
    dosed = tuple(one for one in subjects if one.first_dose is not None and one.first_dose <= as_of)
    emergent = [
        (one.subject, event, since)
        for one in dosed
        for event in one.events
        if event.onset <= as_of and phase_of(event, one, emergent_days) == "treatment-emergent"
        if one.first_dose is not None and (since := emergent_since(event, one.first_dose)) is not None
    ]
    labels = Labels.of(event for _, event, _ in emergent)
    labelled = [(name, labels.label(event), since) for name, event, since in emergent]
    keys = sorted({label for _, label, _ in labelled})
    rows = [("", "any"), *keys]
    table = []
    for soc, term in rows:
        first: dict[str, date] = {}
        for name, label, since in labelled:
            if (not soc and term == "any") or label == (soc, term):
                first[name] = min(since, first.get(name, since))
        years = sum(_days_at_risk(one, first.get(one.subject), emergent_days, as_of) for one in dosed)
        table.append(_rate(soc, term, len(first), years / DAYS_PER_YEAR, level))
    return tuple(table)


def _days_at_risk(subject: TreatedSubject, event: date | None, emergent_days: int, as_of: date) -> int:
    assert subject.first_dose is not None
    last = (subject.last_dose or subject.first_dose) + timedelta(days=emergent_days)
    end = min(day for day in (last, subject.until, as_of, event) if day is not None)
    return max(0, (end - subject.first_dose).days + 1)


def _rate(soc: str, term: str, count: int, years: float, level: float) -> ExposureRate:
    if years <= 0:
        return ExposureRate(soc, term, count, years, None, None, None)
    tail, scale = (1.0 - level) / 2.0, 100.0 / years
    from scipy.special import gammaincinv  # heavy, and only rates need it

    lower = float(gammaincinv(count, tail)) if count else 0.0
    upper = float(gammaincinv(count + 1, 1.0 - tail))
    return ExposureRate(soc, term, count, years, count * scale, lower * scale, upper * scale)


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """Subjects of one term by grade at baseline and worst grade after it; None was not gradable."""

    term: str
    baseline: int | None
    worst: int | None
    subjects: int
    of: int

    @property
    def worse(self) -> bool:
        """Whether the worst grade is above that of baseline, both known."""
        return self.baseline is not None and self.worst is not None and self.worst > self.baseline


def shift_rows(
    shifts: Mapping[str, Mapping[tuple[int | None, int | None], int]],
) -> tuple[ShiftRow, ...]:
    """Rows of shift tables (see `galu.safety.tables.lab_shift`), by term and grades; unknown grades last."""
    rows = []
    for term in sorted(shifts):
        of = sum(shifts[term].values())
        for baseline, worst in sorted(
            shifts[term], key=lambda pair: tuple(9 if g is None else g for g in pair)
        ):
            rows.append(ShiftRow(term, baseline, worst, shifts[term][baseline, worst], of))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
@checked_fields
class DltRow:
    """One line of the listing of dose-limiting toxicity: the rules' word beside the signed one."""

    subject: str
    level: int
    first_dose: date
    window_ends: date
    outcome: str
    rule_dlt: bool | None
    adjudicated: bool | None
    rule_id: str
    decided_on: date | None
    decided_day: int | None
    reason: str
    facts: tuple[str, ...]


def dlt_listing(assessed: Iterable[tuple[DltPatient, DltAssessment]]) -> tuple[DltRow, ...]:
    """Every patient of the escalation, by level and first dose; day 1 is the first dose."""
    rows = [
        DltRow(
            patient.subject, patient.level, patient.first_dose, found.window_ends, found.outcome,
            found.rule_dlt, found.adjudicated, found.rule_id, found.decided_on,
            None if found.decided_on is None else (found.decided_on - patient.first_dose).days + 1,
            found.reason, found.facts,
        )
        for patient, found in assessed
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.level, row.first_dose, row.subject)))
