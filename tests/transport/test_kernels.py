from __future__ import annotations

import math

import numpy as np
import pytest

from galu.finding import InputError
from galu.nuclides import emissions, nuclide_names
from galu.transport import (
    SOFT_TISSUE,
    PointKernel,
    point_kernel,
    self_dose_s_gy_per_bq_s,
    simulate_point_kernel,
    sphere_dose,
    voxel_kernel,
)
from galu.transport.kernel import EDGES_G_CM2, draw, shell_radii_g_cm2
from galu.transport.sphere import radius_cm, reduction
from galu.transport.tables import build
from galu.transport.walk import history, score

GY_KG_PER_KEV = 1.602176634e-16


@pytest.fixture(scope="module")
def simulated() -> PointKernel:
    return simulate_point_kernel("Ga-68", histories=1600, seed=7)


def _at(radius_g_cm2: float) -> PointKernel:
    """A kernel that leaves 1 keV in one shell."""
    energy = np.zeros(EDGES_G_CM2.size + 1)
    energy[np.searchsorted(EDGES_G_CM2, radius_g_cm2)] = 1.0
    zero = np.zeros_like(energy)
    return PointKernel("test", "soft tissue", energy, zero, zero, zero, 1.0)


def test_a_simulation_repeats_and_closes_its_balance(simulated: PointKernel) -> None:
    again = simulate_point_kernel("Ga-68", histories=1600, seed=7)
    other = simulate_point_kernel("Ga-68", histories=1600, seed=8)
    assert np.array_equal(simulated.total_kev(), again.total_kev())
    assert not np.array_equal(simulated.total_kev(), other.total_kev())
    assert simulated.certificate().holds
    assert simulated.certificate().closure == pytest.approx(0.0, abs=1e-3)


def test_a_short_simulation_agrees_with_the_packaged_kernel(simulated: PointKernel) -> None:
    for mass_g in (1.0, 100.0):
        ours, packaged = sphere_dose(simulated, mass_g), sphere_dose(point_kernel("Ga-68"), mass_g)
        error = math.hypot(ours.statistical_error, packaged.statistical_error)
        assert abs(ours.s_gy_per_bq_s / packaged.s_gy_per_bq_s - 1.0) < 4.0 * error
        assert error < 0.02


@pytest.mark.parametrize("name", nuclide_names())
def test_every_packaged_kernel_has_its_certificate(name: str) -> None:
    certificate = point_kernel(name).certificate()
    emitted = emissions(name)
    assert certificate.holds
    expected = emitted.electron_kev() + emitted.photon_kev() + emitted.alpha_kev()
    assert certificate.emitted_kev == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Lu-177", "Ga-68", "Y-90", "Ac-225"])
def test_packaged_kernels_are_what_the_simulation_gives(name: str) -> None:
    again = simulate_point_kernel(name, histories=40_000, seed=3)
    for mass_g in (0.01, 1.0, 100.0, 10_000.0):
        ours, packaged = sphere_dose(again, mass_g), sphere_dose(point_kernel(name), mass_g)
        error = math.hypot(ours.statistical_error, packaged.statistical_error)
        assert abs(ours.s_gy_per_bq_s / packaged.s_gy_per_bq_s - 1.0) < 4.0 * error


def test_histories_share_the_spectrum_evenly() -> None:
    electrons = emissions("Lu-177").electrons
    energy, weight = draw(electrons, 1000, by_energy=True)
    assert float(energy @ weight) == pytest.approx(electrons.total_kev(), rel=1e-12)
    positrons = emissions("F-18").positrons
    energy, weight = draw(positrons, 1000, by_energy=False)
    assert float(weight.sum()) == pytest.approx(float(positrons.per_decay.sum()), rel=1e-12)
    assert float(energy @ weight) == pytest.approx(positrons.total_kev(), rel=1e-3)


def test_reduction_is_the_chance_to_stay_in_the_sphere() -> None:
    rng = np.random.default_rng(1)
    inside = rng.standard_normal((200_000, 3))
    inside *= (rng.random(200_000) ** (1 / 3) / np.linalg.norm(inside, axis=1))[:, None]
    for ratio in (0.2, 1.0, 1.7):
        way = rng.standard_normal((200_000, 3))
        way *= ratio / np.linalg.norm(way, axis=1)[:, None]
        share = np.mean(np.linalg.norm(inside + way, axis=1) <= 1.0)
        assert reduction(np.array([ratio]))[0] == pytest.approx(share, abs=4e-3)
    assert reduction(np.array([2.0, 5.0])).tolist() == [0.0, 0.0]


def test_the_sphere_from_the_kernel_is_the_sphere_simulated_directly() -> None:
    """Sources drawn in the sphere, energy counted inside it: no point kernel, no reduction factor."""
    mass_g, n = 0.5, 12_000
    thickness = radius_cm(mass_g, 1.04) * 1.04
    rng = np.random.default_rng(5)
    places = rng.standard_normal((n, 3))
    places *= (thickness * rng.random(n) ** (1 / 3) / np.linalg.norm(places, axis=1))[:, None]
    electrons = emissions("Y-90").electrons
    energies, weights = draw(electrons, n, by_energy=True)
    tables, shells = build(SOFT_TISSUE), (math.log(thickness), 1e-9)
    stack, state = np.zeros((256, 9)), np.array([11], np.uint64)
    kept = np.zeros(n)
    for i in range(n):
        tally = np.zeros((2, 3))
        history(1, energies[i], places[i].copy(), *tables, tally, shells, stack, state)
        kept[i] = weights[i] * tally[:, 0].sum()
    direct = kept.sum() * GY_KG_PER_KEV / (mass_g / 1000.0)
    error = kept.std() * math.sqrt(n) / kept.sum()
    ours = sphere_dose(point_kernel("Y-90"), mass_g)
    assert ours.electron == pytest.approx(direct, rel=4.0 * error)
    assert error < 0.006


def test_shells_are_found_by_radius() -> None:
    tally = np.zeros(EDGES_G_CM2.size + 1)
    shells = (math.log(1e-5), 40.0 / math.log(10.0))
    for radius in (1e-7, 2e-3, 5.0):
        score(tally, shells, np.array([0.0, radius, 0.0]), 1.0)
        assert tally[np.searchsorted(EDGES_G_CM2, radius)] == 1.0
        tally[:] = 0.0


def test_short_ranges_stay_in_large_spheres_and_density_scales() -> None:
    near = sphere_dose(_at(1e-4), 100.0)
    assert near.s_gy_per_bq_s == pytest.approx(GY_KG_PER_KEV / 0.1, rel=1e-4)
    # Twice the density at an eighth of the mass... the same mass thickness: φ alike, S eight times up.
    one, two = sphere_dose(_at(0.1), 8.0 * 4.0, 1.0), sphere_dose(_at(0.1), 8.0, 2.0)
    assert two.s_gy_per_bq_s == pytest.approx(4.0 * one.s_gy_per_bq_s, rel=1e-12)


def test_alpha_particles_leave_small_spheres_only() -> None:
    large, small = (sphere_dose(point_kernel("Ac-225"), m) for m in (10.0, 1e-6))
    assert large.alpha * 0.01 / GY_KG_PER_KEV == pytest.approx(27_993.0, rel=0.01)
    assert small.alpha * 1e-9 / GY_KG_PER_KEV < 0.75 * 27_993.0
    assert large.s_gy_per_bq_s == pytest.approx(large.alpha + large.electron + large.photon)


@pytest.mark.parametrize(
    ("mass_g", "density"), [(0.0, 1.04), (-1.0, 1.04), (math.nan, 1.04), (1.0, 0.0), (1.0, 30.0)]
)
def test_impossible_spheres_are_refused(mass_g: float, density: float) -> None:
    with pytest.raises(InputError, match="outside"):
        self_dose_s_gy_per_bq_s("Lu-177", mass_g, density)


def test_unknown_nuclides_and_too_few_histories_are_refused() -> None:
    with pytest.raises(InputError, match="Xx-1"):
        self_dose_s_gy_per_bq_s("Xx-1", 1.0)
    with pytest.raises(InputError, match="too few"):
        simulate_point_kernel("Lu-177", histories=3)


@pytest.mark.parametrize("voxel", [(3.0, 3.0, 3.0), (2.0, 3.0, 5.0)])
def test_voxels_receive_what_random_pairs_do(voxel: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(3)
    n, edges = 400_000, np.array(voxel)
    radius_mm = 4.0
    kernel = _at(radius_mm * 0.1)
    shell = int(np.searchsorted(EDGES_G_CM2, radius_mm * 0.1))
    radii = rng.uniform(EDGES_G_CM2[shell - 1], EDGES_G_CM2[shell], n) * 10.0
    way = rng.standard_normal((n, 3))
    way *= (radii / np.linalg.norm(way, axis=1))[:, None]
    target = np.rint(np.floor((rng.random((n, 3)) * edges + way) / edges)).astype(int)
    s = voxel_kernel(kernel, voxel, 12.0, 1.0).s_gy_per_bq_s
    middle = np.array(s.shape) // 2
    per_voxel = GY_KG_PER_KEV / (np.prod(edges) * 1e-6)
    for offset in ((0, 0, 0), (1, 0, 0), (0, -1, 0), (0, 0, 1), (1, 1, 0), (-1, 1, 1)):
        share = np.mean(np.all(target == offset, axis=1))
        assert s[tuple(middle + offset)] / per_voxel == pytest.approx(
            share, abs=4.0 * math.sqrt(share / n) + 2e-4
        )


def test_a_voxel_kernel_is_symmetric_and_accounts_for_all_energy() -> None:
    kernel = voxel_kernel(point_kernel("Lu-177"), (2.0, 3.0, 4.0), 40.0)
    s = kernel.s_gy_per_bq_s
    assert s.shape == (41, 29, 21)
    assert np.array_equal(s, s[::-1, :, :])
    assert np.array_equal(s, s[:, :, ::-1])
    assert s.argmax() == s.size // 2
    deposited = s.sum() * 24.0 * 1.04e-6 / GY_KG_PER_KEV
    assert deposited == pytest.approx(kernel.certificate.deposited_kev, rel=1e-9)
    assert kernel.certificate.holds
    assert kernel.certificate.escaped_kev > 0.1 * 35.0


def test_summed_voxels_are_the_sphere() -> None:
    """A sphere of voxels convolved with the voxel kernel receives the sphere's self-dose."""
    edge, radius = 1.0, 9.0
    s = voxel_kernel(point_kernel("Y-90"), (edge,) * 3, 20.0, 1.0).s_gy_per_bq_s
    axis = np.arange(-10, 11)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    sphere = np.zeros(s.shape)
    lo, hi = s.shape[0] // 2 - 10, s.shape[0] // 2 + 11
    sphere[lo:hi, lo:hi, lo:hi] = x**2 + y**2 + z**2 <= radius**2
    spectrum = np.fft.rfftn(sphere, (81,) * 3, axes=(0, 1, 2)) * np.fft.rfftn(s, (81,) * 3, axes=(0, 1, 2))
    dose = np.fft.irfftn(spectrum, (81,) * 3, axes=(0, 1, 2))[20:61, 20:61, 20:61]
    mean = dose[sphere > 0].mean() / sphere.sum()
    mass_g = sphere.sum() * 1e-3
    expected = sphere_dose(point_kernel("Y-90"), mass_g, 1.0).s_gy_per_bq_s
    assert mean == pytest.approx(expected, rel=0.015)


@pytest.mark.parametrize(
    ("voxel", "radius", "density"),
    [((0.0, 1.0, 1.0), 10.0, 1.04), ((1.0, 1.0, 900.0), 10.0, 1.04), ((1.0, 1.0, 1.0), -5.0, 1.04),
     ((0.1, 0.1, 0.1), 500.0, 1.04), ((1.0, 1.0, 1.0), 10.0, 0.0)],
)  # fmt: skip
def test_absurd_voxels_are_refused(voxel: tuple[float, float, float], radius: float, density: float) -> None:
    with pytest.raises(InputError):
        voxel_kernel(point_kernel("Lu-177"), voxel, radius, density)


def test_shell_radii_lie_in_their_shells() -> None:
    radii = shell_radii_g_cm2()
    assert radii.size == EDGES_G_CM2.size
    assert np.all(radii < EDGES_G_CM2)
    assert np.all(radii[1:] > EDGES_G_CM2[:-1])
