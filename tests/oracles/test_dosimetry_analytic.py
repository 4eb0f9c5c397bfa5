"""Closed forms computed independently of galu; half-lives are those printed in the rows."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from galu.dosimetry import biological_dose, lea_catcheside, red_marrow_to_blood_ratio
from galu.kinetics import (
    ExponentialSum,
    Samples,
    fit_mono,
    hanscheid,
    madsen,
    trapezoid_fitted_tail,
    trapezoid_physical_tail,
    uptake_peak_h,
)
from galu.kinetics.fit import integral_variance
from galu.nuclides import nuclide
from galu.quantities import LN2, decay_factor

DATA = Path(__file__).parent.parent / "data" / "dosimetry" / "analytic_oracles.csv"
LU_H = 6.647 * 24.0
MONO = ExponentialSum((100.0,), (51.6,))
SCANS = (4.0, 24.0, 72.0, 168.0)
UPTAKE = ExponentialSum((1.0, -1.0), (51.6, 1.5))


def _rows() -> list[list[str]]:
    lines = [line for line in DATA.read_text("utf-8").splitlines() if not line.startswith("#")]
    return list(csv.reader(lines))[1:]


def _samples() -> Samples:
    activity = tuple(MONO.at(t) for t in SCANS)
    return Samples(SCANS, activity, tuple(0.05 * a for a in activity), LU_H)


def _single(rule: str, hours: float) -> float:
    value = MONO.at(hours)
    if rule == "hanscheid":
        return hanscheid(hours, value, 1.0).tia_mbq_h or math.nan
    return madsen(hours, value, 1.0, 45.0, LU_H).tia_mbq_h or math.nan


def _bed(
    name: str, dose: float, cycles: int = 1, shape: tuple[float, float, float] = (51.6, 2.8, 2.6)
) -> float:
    half, repair, alpha_beta = shape
    result = biological_dose(dose, ExponentialSum((1.0,), (half,)), alpha_beta, repair, cycles)
    return float(getattr(result, name))


TRUE = 100.0 * 51.6 / LN2
WIDE = (60.0, 1.5, 10.0)
BY_ROW: list[float | None] = [
    LN2 / LU_H,
    MONO.integral(),
    MONO.integral_between(0.0, 168.0),
    ExponentialSum((120.0, -120.0), (60.0, 1.5)).integral(),
    uptake_peak_h(60.0, 1.5),
    ExponentialSum((80.0, 40.0), (2.2, 46.0)).integral(),
    ExponentialSum((90.0, -30.0, -60.0), (55.0, 8.0, 0.5)).integral(),
    trapezoid_physical_tail(_samples()).tia_mbq_h,
    trapezoid_fitted_tail(_samples()).tia_mbq_h,
]
for _t in (24.0, 48.0, 72.0, 96.0, 168.0):
    BY_ROW += [_single("hanscheid", _t), _single("hanscheid", _t) / TRUE, _single("madsen", _t) / TRUE]
BY_ROW += [
    hanscheid(x * 40.0, 2.0**-x, 1.0).tia_mbq_h * LN2 / 40.0  # type: ignore[operator]
    for x in (0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0)
]
BY_ROW += [nuclide("Lu-177").delta_electron(), nuclide("Lu-177").delta_photon()]
BY_ROW += [nuclide("Ga-68").delta_electron(), nuclide("Y-90").delta_electron()]
BY_ROW += [_bed(name, 23.0) for name in ("g", "bed_gy", "eqd2_gy")]
BY_ROW += [_bed(name, 5.0) for name in ("g", "bed_gy", "eqd2_gy")]
BY_ROW += [_bed(name, 40.0, shape=WIDE) for name in ("g", "bed_gy", "eqd2_gy")]
BY_ROW += [_bed("g", 1.0), _bed("g", 1.0), lea_catcheside(UPTAKE, 2.8)]
BY_ROW += [biological_dose(d, UPTAKE, 2.6, 2.8).bed_gy for d in (5.0, 23.0, 5.0, 23.0)]
BY_ROW += [_bed("bed_gy", 6.0 * 0.43, cycles=6)]
BY_ROW += [red_marrow_to_blood_ratio(h) for h in (0.35, 0.40, 0.47)]
BY_ROW += [decay_factor(1.0, 6586.2 / 3600.0), decay_factor(1.0, 4057.7 / 3600.0)]

#: The energies per decay are those of another evaluation; galu's, summed from its own emissions, are near.
EVALUATED = {"Delta": 3e-3}


@pytest.mark.parametrize("number", range(len(BY_ROW)))
def test_closed_form(number: int) -> None:
    row = _rows()[number]
    assert BY_ROW[number] == pytest.approx(float(row[3]), rel=EVALUATED.get(row[0], 1e-12)), row


def test_rows_without_a_place_in_the_table_have_their_own_test() -> None:
    assert [row[0] for row in _rows()[len(BY_ROW) :]] == ["u_TIA_mono", "u_TIA_2pt"]


def test_integral_uncertainty_of_correlated_amplitude_and_rate() -> None:
    row = next(row for row in _rows() if row[0] == "u_TIA_mono")
    amplitude, rate, r = 100.0, LN2 / 51.6, 0.6
    u_a, u_l = 0.05 * amplitude, 0.04 * rate
    variance = integral_variance((amplitude, rate), (0.0, 1.0), (u_a**2, u_l**2, r * u_a * u_l))
    assert math.sqrt(variance) / (amplitude / rate) == pytest.approx(float(row[3]), rel=1e-12)


def test_rate_uncertainty_of_two_points() -> None:
    time = (24.0, 168.0)
    activity = tuple(MONO.at(t) for t in time)
    from galu.kinetics.batch import shaped_fit

    sigma = np.array([0.05 * a for a in activity])
    fit = shaped_fit(np.array(time), np.array(activity), sigma, LN2 / LU_H, 0.0, 1.0)
    assert math.sqrt(fit[3]) / fit[1] == pytest.approx(float(_rows()[-1][3]), rel=1e-9)
    assert fit_mono(Samples(time, activity, tuple(sigma), LU_H)).t_eff_h == pytest.approx(51.6, rel=1e-9)
