"""Each sampled interaction against its cross section, integrated plainly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from galu.quantities import ELECTRON_REST_KEV
from galu.transport import WATER
from galu.transport.random import start, uniform
from galu.transport.stopping import annihilation_in_flight, bremsstrahlung, elastic, moller
from galu.transport.tables import build, grid
from galu.transport.walk import (
    PHOTON,
    annihilate_in_flight,
    annihilation_share,
    compton,
    isotropic,
    moller_loss,
    place,
    single_scatter,
    soft_photon,
    turn,
)

N = 20_000


@pytest.fixture
def state() -> np.ndarray:
    fresh = np.zeros(1, np.uint64)
    start(fresh, 5, 0)
    return fresh


def test_numbers_are_uniform_and_streams_differ(state: np.ndarray) -> None:
    drawn = np.array([uniform(state) for _ in range(N)])
    assert drawn.mean() == pytest.approx(0.5, abs=4.0 * math.sqrt(1 / 12 / N))
    assert drawn.var() == pytest.approx(1 / 12, rel=0.03)
    other = np.zeros(1, np.uint64)
    start(other, 5, 1)
    assert uniform(other) not in drawn


def test_directions_are_isotropic_and_turn_by_the_given_angle(state: np.ndarray) -> None:
    way, total = np.empty(3), np.zeros(3)
    for _ in range(N):
        isotropic(way, state)
        total += way
    assert np.abs(total / N).max() < 4.0 / math.sqrt(3 * N)
    for before in (np.array([0.0, 0.0, -1.0]), np.array([0.6, 0.0, 0.8])):
        after = before.copy()
        turn(after, 0.3, 1.1)
        assert after @ before == pytest.approx(0.3)
        assert np.linalg.norm(after) == pytest.approx(1.0)


@pytest.mark.parametrize("energy", [30.0, 208.0, 511.0, 2000.0])
def test_compton_scattering_follows_klein_and_nishina(energy: float, state: np.ndarray) -> None:
    drawn = np.array([compton(energy, state) for _ in range(N)])
    cosine = np.linspace(-1.0, 1.0, 20_001)
    ratio = 1.0 / (1.0 + energy / ELECTRON_REST_KEV * (1.0 - cosine))
    density = ratio**2 * (ratio + 1.0 / ratio - 1.0 + cosine**2)
    mean = np.trapezoid(energy * ratio * density, cosine) / np.trapezoid(density, cosine)
    assert drawn[:, 0].mean() == pytest.approx(mean, abs=4.0 * drawn[:, 0].std() / math.sqrt(N))
    kept = energy / (1.0 + energy / ELECTRON_REST_KEV * (1.0 - drawn[:, 1]))
    assert np.allclose(kept, drawn[:, 0])


@pytest.mark.parametrize("energy", [50.0, 500.0, 2000.0])
def test_collisions_lose_what_moller_says(energy: float, state: np.ndarray) -> None:
    cut = min(max(0.05 * energy, 1.0), 10.0)
    lost = np.array([moller_loss(energy, cut, state) for _ in range(N)])
    number, loss, _ = moller(np.array([energy]), np.array([cut]), WATER)
    assert lost.mean() == pytest.approx(float(loss[0] / number[0]), abs=4.0 * lost.std() / math.sqrt(N))
    assert lost.min() >= cut
    assert lost.max() <= energy / 2.0


def test_photons_carry_the_radiative_loss(state: np.ndarray) -> None:
    drawn = np.array([soft_photon(1000.0, state) for _ in range(N)])
    number, energy = bremsstrahlung(np.array([1000.0]), 10.0, WATER)
    assert drawn.mean() == pytest.approx(float(energy[0] / number[0]), abs=4.0 * drawn.std() / math.sqrt(N))


@pytest.mark.parametrize("energy", [20.0, 500.0, 1800.0])
def test_annihilation_in_flight_follows_heitler(energy: float, state: np.ndarray) -> None:
    gamma = 1.0 + energy / ELECTRON_REST_KEV
    momentum = math.sqrt(gamma**2 - 1.0)
    least = 1.0 / (gamma + 1.0 + momentum)
    part = np.linspace(least, 1.0 - least, 200_001)
    density = -((gamma + 1.0) ** 2) + (gamma**2 + 4.0 * gamma + 1.0) / part - 1.0 / part**2
    # dσ/dζ per electron in units of π·r_e², over one of the two photons; its integral is Heitler's total.
    total = np.trapezoid(density, part) / ((gamma + 1.0) * (gamma**2 - 1.0))
    electrons_per_g, radius_cm = 3.3428e23, 2.8179403e-13
    expected = electrons_per_g * math.pi * radius_cm**2 * total
    assert annihilation_in_flight(np.array([energy]), WATER)[0] == pytest.approx(expected, rel=1e-4)
    drawn = np.array([annihilation_share(gamma, state) for _ in range(N)])
    mean = np.trapezoid(part * density, part) / np.trapezoid(density, part)
    assert drawn.mean() == pytest.approx(mean, abs=4.0 * drawn.std() / math.sqrt(N))
    assert least <= drawn.min() < drawn.max() <= 1.0 - least


def test_annihilation_in_flight_keeps_energy_and_momentum(state: np.ndarray) -> None:
    stack, way = np.zeros((4, 9)), np.array([0.36, 0.48, 0.8])
    for _ in range(200):
        assert annihilate_in_flight(700.0, np.zeros(3), way, stack, 0, state) == 2
        assert (stack[:2, 0] == PHOTON).all()
        energies = -stack[:2, 1]
        assert energies.sum() == pytest.approx(700.0 + 2.0 * ELECTRON_REST_KEV)
        momentum = (energies[:, None] * stack[:2, 5:8]).sum(axis=0)
        assert momentum == pytest.approx(math.sqrt(700.0 * (700.0 + 2.0 * ELECTRON_REST_KEV)) * way)


def test_single_scatterings_begin_at_the_smallest_angle(state: np.ndarray) -> None:
    energy, smallest = 100.0, 0.01
    strength, screening = elastic(np.array([energy]), WATER)
    mu = []
    for _ in range(N):
        way = np.array([0.0, 0.0, 1.0])
        single_scatter(energy, smallest, float(screening[0]), way, state)
        mu.append(0.5 * (1.0 - way[2]))
    grid_mu = np.geomspace(smallest, 1.0, 200_001)
    beta2 = energy * (energy + 2 * ELECTRON_REST_KEV) / (energy + ELECTRON_REST_KEV) ** 2
    density = strength[0] / (grid_mu + screening[0]) ** 2
    mean = np.trapezoid(grid_mu * density * (1 - beta2 * grid_mu), grid_mu) / np.trapezoid(density, grid_mu)
    drawn = np.array(mu)
    assert drawn.mean() == pytest.approx(mean, abs=4.0 * drawn.std() / math.sqrt(N))
    assert drawn[drawn > 1e-12].min() >= smallest * (1.0 - 1e-9)


def test_single_and_soft_scatterings_share_the_transport_cross_section() -> None:
    table = build(WATER).electron[:, :, 0]
    strength, screening = elastic(grid(), WATER)
    transport = 2.0 * strength * (np.log((1.0 + screening) / screening) - 1.0 / (1.0 + screening))
    smallest, soft = table[:, 5], table[:, 6]
    low, high = smallest + screening, 1.0 + screening
    single = 2.0 * strength * (np.log(high / low) + screening * (1.0 / high - 1.0 / low))
    assert np.allclose(single + soft, transport, rtol=1e-9)


def test_the_grid_is_found_by_logarithm() -> None:
    energies = grid()
    for energy in (1.0, 33.0, 1234.5):
        row, part = place(energy)
        assert energies[row] <= energy * (1 + 1e-12)
        assert energy < energies[row + 1]
        assert 0.0 <= part < 1.0
