"""Exposure-adjusted rates."""

from __future__ import annotations

from collections.abc import Iterable


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
