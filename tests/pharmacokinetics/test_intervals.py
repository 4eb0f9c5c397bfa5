"""Dosing intervals of a known truth: what earlier doses left is neither forgotten nor taken for the dose."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from galu.pharmacokinetics import (
    Method,
    Parameter,
    Profile,
    Route,
    accumulation,
    dosing_interval,
    interval_starts,
    nca,
    of_several_doses,
)

K, KA, TAU_H = 0.1, 0.8, 12.0


def _bolus(t: float) -> float:
    return 100.0 * math.exp(-K * t)


def _infusion(t: float) -> float:
    """100 units over one hour."""
    return 100.0 / K * (1.0 - math.exp(-K * min(t, 1.0))) * math.exp(-K * max(t - 1.0, 0.0))


def _absorbed(t: float) -> float:
    return 100.0 * KA / (KA - K) * (math.exp(-K * t) - math.exp(-KA * t))


def _superposed(one: Callable[[float], float], t: float, tau_h: float = TAU_H) -> float:
    """Concentration at a time; at the time of a dose, just before it."""
    return sum(one(t - n * tau_h) for n in range(math.ceil(round(t / tau_h, 9)))) if t > 0.0 else 0.0


def _profile(
    one: Callable[[float], float], after: tuple[float, ...], route: Route, doses: int = 3
) -> Profile:
    times = [n * TAU_H + t for n in range(doses) for t in after]
    duration = 1.0 if route is Route.INFUSION else 0.0
    conc = np.array([_superposed(one, t) for t in times])
    return Profile("1", "plasma", 1, np.array(times), conc, 100.0, route, duration)


def _truth(one: Callable[[float], float], start_h: float) -> float:
    times = start_h + TAU_H * (np.arange(20_000) + 0.5) / 20_000
    return TAU_H * float(np.mean([_superposed(one, float(t)) for t in times]))


def _rows(profile: Profile, start_h: float, tau_h: float = TAU_H) -> dict[str, Parameter]:
    return {row.code: row for row in dosing_interval(profile, Method.LINUP_LOGDOWN, start_h, tau_h)}


def test_each_bolus_has_its_own_initial_concentration() -> None:
    profile = _profile(_bolus, (1.0, 2.0, 4.0, 8.0, 12.0), Route.BOLUS)
    first, second, third = (_rows(profile, start) for start in (0.0, 12.0, 24.0))
    for start, rows in ((0.0, first), (12.0, second), (24.0, third)):
        assert rows["AUCTAU"].value == pytest.approx(_truth(_bolus, start), rel=1e-6)
    assert second["AUCTAU"].value == pytest.approx(909.3, abs=0.05)
    ratio = accumulation(tuple(first.values()), tuple(second.values()))[0]
    assert ratio.value == pytest.approx(1.0 + math.exp(-K * TAU_H), rel=1e-9)
    assert second["CMIN"].value == pytest.approx(_superposed(_bolus, 24.0)), (
        "the trough before the dose is not its own"
    )


@pytest.mark.parametrize(
    ("one", "after", "route"),
    [
        (_infusion, (1.0, 2.0, 4.0, 8.0, 11.0), Route.INFUSION),
        (_infusion, (1.0, 2.0, 4.0, 8.0, 12.0), Route.INFUSION),
        (_absorbed, (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 8.0, 11.5), Route.EXTRAVASCULAR),
        (_absorbed, (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 8.0, 12.0), Route.EXTRAVASCULAR),
    ],
)
def test_what_earlier_doses_left_is_the_start_of_the_next_interval(
    one: Callable[[float], float], after: tuple[float, ...], route: Route
) -> None:
    profile = _profile(one, after, route)
    for start in (12.0, 24.0):
        assert _rows(profile, start)["AUCTAU"].value == pytest.approx(_truth(one, start), rel=0.009)


def test_an_interval_that_nothing_leads_up_to_has_no_area() -> None:
    profile = _profile(_absorbed, (1.0, 2.0, 4.0, 8.0, 11.5), Route.EXTRAVASCULAR)
    for kept, said in (
        (profile.time_h > 12.0, "no usable sample"),
        (profile.time_h > 11.0, "does not decline"),
    ):
        part = Profile("1", "plasma", 1, profile.time_h[kept], profile.conc[kept], 100.0, Route.EXTRAVASCULAR)
        rows = _rows(part, 12.0)
        for code in ("AUCTAU", "CAVG", "CLSS", "FLUCP"):
            assert rows[code].value is None
            assert "no sample at the start" in rows[code].reason and said in rows[code].reason
        assert rows["CMAX"].value is not None


def test_rounding_loses_no_sample_at_the_end_of_an_interval() -> None:
    tau = 2.4
    times = [0.5, 1.0, 2.4, 2.9, 3.4, 4.8, 5.3, 5.8, 7.2, 7.7, 8.2, 9.6]
    conc = np.array([_superposed(_absorbed, t, tau) for t in times])
    profile = Profile("1", "plasma", 1, np.array(times), conc, 100.0, Route.EXTRAVASCULAR)
    starts = interval_starts(profile, tau)
    assert starts == pytest.approx((0.0, 2.4, 4.8, 7.2))
    for n, start in enumerate(starts):
        assert _rows(profile, start, tau)["CTROUGH"].value == pytest.approx(conc[3 * n + 2])


def test_one_dose_is_not_divided_by_the_area_of_several() -> None:
    profile = _profile(_bolus, (1.0, 2.0, 4.0, 8.0, 12.0), Route.BOLUS)
    rows = {row.code: row for row in of_several_doses(nca(profile, Method.LINUP_LOGDOWN))}
    for code in ("CLO", "CLP", "VZO", "VZP", "VSSO", "VSSP", "AUCIFOD", "CMAXD", "MRTIVIFO"):
        assert rows[code].value is None and "several doses" in rows[code].reason
    assert rows["LAMZ"].value == pytest.approx(K)
    assert rows["AUCLST"].value is not None
