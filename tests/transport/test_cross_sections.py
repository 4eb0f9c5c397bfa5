"""Against NIST's ESTAR, XCOM and ASTAR (values of liquid water quoted as facts)."""

from __future__ import annotations

import numpy as np
import pytest

from galu.finding import InputError
from galu.transport import CORTICAL_BONE, SOFT_TISSUE, WATER, medium
from galu.transport.stopping import alpha_stopping, collision, csda_range, elastic, moller, radiative


@pytest.mark.parametrize(
    ("kev", "stopping", "tolerance"),
    [(10.0, 22.56, 2e-3), (50.0, 6.603, 2e-3), (100.0, 4.115, 2e-3), (500.0, 2.034, 2e-3),
     (1000.0, 1.849, 8e-3), (2000.0, 1.824, 8e-3)],
)  # fmt: skip
def test_collision_stopping_of_water(kev: float, stopping: float, tolerance: float) -> None:
    # Above 500 keV the parametrised density effect differs from ESTAR's direct one.
    assert collision(np.array([kev]), WATER)[0] / 1000.0 == pytest.approx(stopping, rel=tolerance)


@pytest.mark.parametrize(("kev", "value"), [(10.0, 3.898e-3), (100.0, 4.23e-3), (1000.0, 1.280e-2)])
def test_radiative_stopping_of_water(kev: float, value: float) -> None:
    assert radiative(np.array([kev]), WATER)[0] / 1000.0 == pytest.approx(value, rel=0.02)


@pytest.mark.parametrize(
    ("kev", "range_g_cm2"), [(10.0, 2.515e-4), (100.0, 1.431e-2), (500.0, 0.1766), (1000.0, 0.4367)]
)
def test_range_in_water(kev: float, range_g_cm2: float) -> None:
    assert csda_range(kev, WATER) == pytest.approx(range_g_cm2, rel=6e-3)


def test_positrons_lose_less_when_fast_and_more_when_slow() -> None:
    ratio = collision(np.array([10.0, 1000.0]), WATER, 1) / collision(np.array([10.0, 1000.0]), WATER)
    assert ratio[0] > 1.05
    assert 0.96 < ratio[1] < 0.99


@pytest.mark.parametrize(
    ("kev", "without_coherent"), [(10.0, 5.099), (100.0, 0.1656), (500.0, 0.09664), (1250.0, 0.06323)]
)
def test_photon_attenuation_of_water(kev: float, without_coherent: float) -> None:
    energy = np.array([kev])
    total = WATER.photoelectric_cm2_g(energy) + WATER.incoherent_cm2_g(energy) + WATER.pair_cm2_g(energy)
    assert total[0] == pytest.approx(without_coherent, rel=3e-3)


@pytest.mark.parametrize(("mev", "value"), [(1.0, 1924.0), (4.0, 1035.0), (5.0, 885.0), (8.0, 629.0)])
def test_alpha_stopping_of_water(mev: float, value: float) -> None:
    assert alpha_stopping(np.array([1000.0 * mev]), WATER)[0] / 1000.0 == pytest.approx(value, rel=0.1)


def test_moments_of_collisions_agree_with_their_integral() -> None:
    energy, cut = np.array([300.0]), np.array([10.0])
    number, loss, _ = moller(energy, cut, WATER)
    lost = np.linspace(10.0, 150.0, 200_001)
    tau = 300.0 / 510.99895
    x = lost / (300.0 - lost)
    density = (
        1.0 + x**2 + (tau / (tau + 1.0)) ** 2 * (lost / 300.0) ** 2 - (2 * tau + 1) / (tau + 1) ** 2 * x
    ) / lost**2
    scale = number[0] / np.trapezoid(density, lost)
    assert scale == pytest.approx(
        153.54 * WATER.electrons_per_g() / (tau * (tau + 2) / (tau + 1) ** 2), rel=2e-3
    )
    assert loss[0] == pytest.approx(scale * np.trapezoid(density * lost, lost), rel=1e-6)


def test_scattering_grows_as_electrons_slow() -> None:
    strength, screening = elastic(np.geomspace(10.0, 2000.0, 20), SOFT_TISSUE)
    transport = strength * (np.log((1.0 + screening) / screening) - 1.0 / (1.0 + screening))
    assert np.all(np.diff(transport) < 0)


def test_media_are_found_by_name() -> None:
    assert medium("cortical bone") is CORTICAL_BONE
    assert sum(w for _, w in SOFT_TISSUE.fractions) == pytest.approx(1.0, abs=3e-3)
    with pytest.raises(InputError, match="lead"):
        medium("lead")
