from __future__ import annotations

import csv

import numpy as np
import pytest

from galu.dosimetry import (
    NextCycle,
    OrganDose,
    Region,
    absorbed_dose,
    check_plausible,
    cumulative_dose,
    largest_next_dose,
    marrow_dose_from_blood,
    red_marrow_to_blood_ratio,
    self_dose_gy_per_mbq_h,
    self_dose_of,
)
from galu.finding import InputError
from galu.nuclides import nuclide
from support import shared

LU = nuclide("Lu-177")
KIDNEYS = Region(
    name="kidneys", alpha_beta_gy=2.6, repair_half_time_h=2.8,
    usual_gy_per_gbq=(0.1, 1.6), possible_gy_per_gbq=(0.02, 2.5),
)  # fmt: skip


#: Paired organs are two spheres, the salivary glands six.
PARTS = {"Kidneys": 2, "Adrenals": 2, "Testes": 2, "Salivary": 6}


def test_self_dose_of_organs_stands_beside_the_reference() -> None:
    lines = shared("public", "dosimetry", "organ_self_S_Lu177.csv").read_text("utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith('"#')))
    checked = 0
    for row in rows:
        if row["organ"] in ("Lungs", "Total body") or not row["mass_g"]:
            continue
        parts = PARTS.get(row["organ"], 1)
        ours = self_dose_gy_per_mbq_h(float(row["mass_g"]), LU, parts) * 1e3 / 3600.0  # mGy/(MBq s)
        reference = float(row["S_OLINDA_style"])
        assert ours == pytest.approx(reference, rel=0.01), row["organ"]
        checked += 1
    assert checked == 14


def _dose(tia_mbq_h: float, u_tia_mbq_h: float, region: str = "kidneys") -> OrganDose:
    stated = KIDNEYS.model_copy(update={"name": region})
    return absorbed_dose(
        region, (tia_mbq_h, u_tia_mbq_h), self_dose_of(region, stated, 310.0, LU), 6000.0, LU
    )


def test_dose_scales_with_activity() -> None:
    small, half = _dose(9000.0, 500.0), _dose(4500.0, 500.0)
    assert small.dose_gy == pytest.approx(2.0 * half.dose_gy)
    assert small.gy_per_gbq == pytest.approx(small.dose_gy / 6.0)
    assert small.u_dose_gy / small.dose_gy == pytest.approx(500.0 / 9000.0)


def test_more_decays_than_were_given_are_refused() -> None:
    with pytest.raises(InputError, match="mixed up"):
        _dose(9e6, 1.0)


@pytest.mark.parametrize("region", ["red marrow", "lungs", "bladder wall", "Stomach"])
def test_regions_that_are_no_spheres_are_refused(region: str) -> None:
    with pytest.raises(InputError, match="sphere"):
        _dose(100.0, 1.0, region)


def _kidney_dose(gy_per_gbq: float) -> OrganDose:
    return _dose(gy_per_gbq * 6.0 / self_dose_gy_per_mbq_h(310.0, LU), 0.0)


def test_gray_per_cycle_given_as_gray_per_gbq_is_refused() -> None:
    with pytest.raises(InputError, match="Gy per cycle"):
        check_plausible(_kidney_dose(4.04), KIDNEYS, "signed-1")


def test_an_unusual_dose_counts_and_is_marked() -> None:
    dose = _kidney_dose(2.0)
    assert "outside the usual" in check_plausible(dose, KIDNEYS) and "signed" in check_plausible(
        dose, KIDNEYS
    )
    assert "accepted by signed-1" in check_plausible(dose, KIDNEYS, "signed-1")
    assert check_plausible(_kidney_dose(0.43), KIDNEYS) == ""


def test_marrow_from_blood() -> None:
    ratio = red_marrow_to_blood_ratio(0.40)
    dose = marrow_dose_from_blood(1.0, 0.1, ratio, 6000.0, LU)
    assert dose.dose_gy == pytest.approx(0.0853201355 * 0.19 / 0.6, rel=3e-3)
    with pytest.raises(InputError):
        red_marrow_to_blood_ratio(40.0)


def test_shared_errors_do_not_average_out() -> None:
    total = cumulative_dose([20.0 / 6.0] * 6, [0.083 * 20.0 / 6.0] * 6, 0.10)
    assert total.u_gy() / total.dose_gy == pytest.approx(0.106, abs=0.0005)
    # the published figure, 7.9 %, comes from 10.6 % rounded; errors averaged out would give 0.2 %
    assert total.probability_above(23.0) == pytest.approx(0.079, abs=0.0015)


def test_largest_activity_leaves_exactly_the_accepted_risk() -> None:
    so_far = cumulative_dose([3.0, 3.0, 3.0, 3.0], [0.3, 0.3, 0.3, 0.3], 0.10)
    following = NextCycle(so_far, 0.5, so_far.random_gy / so_far.dose_gy, 0.15)
    largest = following.largest_mbq(23.0, 0.05)
    assert following.after(largest).probability_above(23.0) == pytest.approx(0.05, rel=1e-9)
    closed = largest_next_dose(np.array([12.0]), np.array([so_far.random_gy]), (0.10, 0.15), 23.0, 0.05)
    assert largest * 0.5 / 1000.0 == pytest.approx(float(closed[0]), rel=1e-9)


def test_the_largest_activity_under_a_bed_limit_leaves_the_accepted_risk_in_a_simulation() -> None:
    """BED grows with the square of the next activity; first order leaves 6.4 % where 5 % is accepted."""
    doses, g_over_ratio, shared, noise, spread, limit = [4.0, 4.5], 0.035, 0.10, 0.05, 0.15, 28.0
    beds = [d + g_over_ratio * d * d for d in doses]
    slopes = [2.0 * bed - d for bed, d in zip(beds, doses, strict=True)]
    so_far = cumulative_dose(
        beds, [noise * slope for slope in slopes], shared, quadratic_gy=sum(beds) - sum(doses)
    )
    of_mean = noise * np.hypot(*doses) / sum(doses)
    following = NextCycle(so_far, 0.7, float(of_mean), spread, g_over_ratio)
    largest = following.largest_mbq(limit, 0.05)
    rng = np.random.default_rng(4)
    systematic = 1.0 + shared * rng.standard_normal(200_000)
    true = np.array(doses)[:, None] * (1.0 + noise * rng.standard_normal((2, 200_000)))
    expected = true.sum(axis=0) / sum(doses) * (1.0 + spread * rng.standard_normal(200_000))
    following_dose = 0.7 * largest / 1000.0 * expected
    total = sum(d + g_over_ratio * d * d for d in (*(true * systematic), following_dose * systematic))
    assert (total > limit).mean() == pytest.approx(0.05, abs=0.02)


def test_nothing_more_may_be_given_above_the_limit() -> None:
    room = largest_next_dose(np.array([24.0, 22.9]), np.array([0.5, 0.5]), (0.1, 0.15), 23.0, 0.05)
    assert room.tolist() == [0.0, 0.0]
