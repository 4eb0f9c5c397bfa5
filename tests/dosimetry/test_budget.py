from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from galu.dosimetry import lea_catcheside
from galu.dosimetry.budget import Chain, _protraction, dose_budget
from galu.dosimetry.calibration import CalibrationChain, CalibrationStep, RecoveryCurve, outlining_u_relative
from galu.finding import InputError
from galu.kinetics import ExponentialSum, Samples, first_order_relative, single_scan_relative
from galu.nuclides import nuclide
from galu.quantities import LN2

LU = nuclide("Lu-177")
CURVE = RecoveryCurve(3.0, 1.1, 0.3, 0.08, -0.5)


def chain(times: tuple[float, ...], recovery: RecoveryCurve = CURVE, **changed: object) -> Chain:
    activity = tuple(80.0 * 2.0 ** (-t / 35.5) for t in times)
    values = {
        "samples": Samples(times, activity, tuple(0.07 * a for a in activity), LU.half_life_h),
        "nuclide": LU, "volume_ml": 20.0, "u_volume": 0.10, "calibration": 0.05, "recovery": recovery,
        "u_s": 0.02, "radiobiology": (2.6, 2.8), "prior": (35.5, 0.3),
    }  # fmt: skip
    return Chain(**(values | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize("times", [(4.0, 24.0, 72.0, 168.0), (24.0, 72.0, 168.0)])
def test_both_budgets_agree_with_three_scans_or_more(times: tuple[float, ...]) -> None:
    budget = dose_budget(chain(times), np.random.default_rng(1))
    assert [line.quantity for line in budget.lines] == ["tia_mbq_h", "dose_gy", "bed_gy"]
    for line in budget.lines:
        assert line.first_order == pytest.approx(line.monte_carlo, rel=0.05), line
        assert line.first_order_reliable and line.reported() == line.first_order


def test_dose_is_the_law_of_propagation_with_the_covariance_through_volume() -> None:
    given = chain((4.0, 24.0, 72.0, 168.0))
    budget = dose_budget(given, np.random.default_rng(1), 100)
    u_tia, u_dose = budget.lines[0].first_order, budget.lines[1].first_order
    # Electrons and photons together scale as m^-0.99; R(v) has the slope c·(b/v)^c/(1 + (b/v)^c).
    u_s = math.hypot(0.02, 0.99 * 0.10)
    assert u_dose**2 == pytest.approx(u_tia**2 + u_s**2 + 2.0 * budget.covariance, rel=0.01)
    ratio = (3.0 / 20.0) ** 1.1
    assert budget.covariance == pytest.approx(1.1 * ratio / (1.0 + ratio) * 0.99 * 0.10**2, rel=0.02)
    parts = [u for _, u in budget.contributions]
    assert math.hypot(*parts) == pytest.approx(u_dose, rel=1e-9)


def test_one_scan_reports_monte_carlo_and_distrusts_the_first_order() -> None:
    full = RecoveryCurve(0.0, 1.0)
    only = chain((48.0,), full, u_volume=0.0, calibration=0.0, u_s=0.0)
    line = dose_budget(only, np.random.default_rng(2), 200_000).lines[1]
    assert line.first_order == pytest.approx(first_order_relative(48.0, 0.07, 35.5, 0.3), rel=1e-4)
    assert line.monte_carlo > 1.3 * line.first_order
    assert not line.first_order_reliable and line.reported() == line.monte_carlo
    z = np.linspace(-6.0, 6.0, 601)
    weights = np.exp(-0.5 * z**2) / np.exp(-0.5 * z**2).sum()
    teff = np.minimum(35.5 * np.exp(math.sqrt(math.log1p(0.09)) * z), LU.half_life_h)
    values = teff / 35.5 * np.exp2(48.0 / teff - 48.0 / 35.5)
    about_mean = weights @ values**2 * (1.0 + 0.07**2) - (weights @ values) ** 2
    assert line.monte_carlo == pytest.approx(math.sqrt(about_mean), rel=0.02)
    # What `galu tac` states is the distance from the estimate, which lies below the mean.
    stated = single_scan_relative(48.0, 0.07, 35.5, 0.3, LU.half_life_h)
    assert stated**2 == pytest.approx(about_mean + (weights @ values - 1.0) ** 2, rel=1e-3)


def test_one_scan_without_prior_is_refused() -> None:
    with pytest.raises(InputError, match="prior"):
        dose_budget(chain((48.0,), prior=None), np.random.default_rng(1), 10)


def test_alpha_emitters_have_no_line_of_bed() -> None:
    budget = dose_budget(chain((4.0, 24.0, 72.0), nuclide=nuclide("Ac-225")), np.random.default_rng(1), 50)
    assert [line.quantity for line in budget.lines] == ["tia_mbq_h", "dose_gy"]


def test_protraction_of_arrays_is_the_closed_form() -> None:
    rate, fast = LN2 / 51.6, LN2 / 1.5
    ours = _protraction(np.array([rate]), (-1.0, fast), LN2 / 2.8)[0]
    assert ours == pytest.approx(lea_catcheside(ExponentialSum((1.0, -1.0), (51.6, 1.5)), 2.8), rel=1e-12)


def test_calibration_is_traceable_and_in_order() -> None:
    steps = (
        CalibrationStep("dose calibrator", date(2026, 1, 5), 0.015),
        CalibrationStep("well counter", date(2026, 1, 6), 0.01),
        CalibrationStep("camera", date(2026, 1, 12), 0.02, decay_h=LU.half_life_h),
    )
    traced = CalibrationChain(steps, LU.half_life_h, 0.01 * LU.half_life_h)
    assert traced.parts()[-1][1] == pytest.approx(LN2 * 0.01)
    assert traced.u_relative() == pytest.approx(math.hypot(0.015, 0.01, 0.02, LN2 * 0.01))
    assert traced.age_days(date(2026, 2, 12)) == 31
    with pytest.raises(InputError, match="after its use"):
        traced.age_days(date(2026, 1, 1))
    with pytest.raises(InputError, match="before that"):
        CalibrationChain(steps[::-1], LU.half_life_h)


def test_outlining_error_falls_with_size() -> None:
    # d = 26.73 mm for 10 mL; u(d) = sqrt(4²/6 + 10²/(4 ln 2)) = 6.222 mm.
    assert outlining_u_relative(10.0, 4.0, 10.0) == pytest.approx(3.0 * 6.222 / 26.73, rel=1e-3)
    assert outlining_u_relative(1000.0, 4.0, 10.0) < outlining_u_relative(10.0, 4.0, 10.0)
