"""Reporting clocks of serious events, and exposure-adjusted rates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from galu.words import checked, checked_fields


@dataclass(frozen=True, slots=True)
@checked_fields
class ReportingClock:
    """When the site reports to the sponsor, and the sponsor to the authority (None = not expedited)."""

    to_sponsor_by: datetime
    to_authority_by: date | None
    reason: str


@checked
def reporting_clock(
    aware: datetime, *, related: bool | None, expected: bool | None, fatal_or_life_threatening: bool
) -> ReportingClock:
    """Due times of a serious event: 24 h, and 7 or 15 calendar days for a SUSAR (ICH E2A, section III).

    Unknown relation or expectedness is treated as related and unexpected: the clock then runs.
    """
    sponsor = aware + timedelta(hours=24)
    if related is False or expected is True:
        return ReportingClock(sponsor, None, "serious, not a suspected unexpected reaction")
    days = 7 if fatal_or_life_threatening else 15
    kind = "fatal or life-threatening SUSAR" if fatal_or_life_threatening else "SUSAR"
    return ReportingClock(sponsor, aware.date() + timedelta(days), f"{kind}: {days} days")


def rate_per_100_patient_years(exposures: Iterable[tuple[int, int | None]]) -> float | None:
    """Subjects with the event per 100 patient-years at risk; None without exposure.

    Parameters
    ----------
    exposures
        (days on study, day of the first event or None) of each subject; time after the event is not at risk.
    """
    rows = tuple(exposures)
    at_risk = sum(days if event is None else event for days, event in rows)
    count = sum(event is not None for _, event in rows)
    return None if at_risk == 0 else 100.0 * count / (at_risk / 365.25)
