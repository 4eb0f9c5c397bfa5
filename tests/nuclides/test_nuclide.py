from __future__ import annotations

import pytest

from galu.finding import InputError
from galu.nuclides import SHA256, canonical, emissions, file_sha256, nuclide, nuclide_names, own_emissions
from galu.nuclides.beta import branch_spectrum
from galu.nuclides.data import half_lives, row

ADMINISTERED = {
    "Lu-177", "Ga-68", "Ac-225", "Tb-161", "F-18", "Cu-64", "Cu-67", "I-131", "Y-90", "Pb-212", "Zr-89",
    "In-111",
}  # fmt: skip


def test_half_lives_are_those_of_a_current_evaluation() -> None:
    assert nuclide("Lu-177").half_life_h == pytest.approx(6.6443 * 24.0)
    assert nuclide("Ac-225").half_life_h == pytest.approx(9.919 * 24.0)
    assert nuclide("Tb-161").half_life_h == pytest.approx(6.948 * 24.0)
    assert nuclide("Ga-68").half_life_h == pytest.approx(67.842 / 60.0)
    assert nuclide("At-217").half_life_h == pytest.approx(0.0326 / 3600.0)
    assert "NUBASE2020" in nuclide("Lu-177").source


def test_half_lives_and_emissions_are_of_the_same_nuclides() -> None:
    assert list(half_lives()) == list(nuclide_names())
    hours = {"ns": 1e-9 / 3600, "us": 1e-6 / 3600, "ms": 1e-3 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0}
    for name, (value, unit) in half_lives().items():
        older = row(name)
        # Two evaluations of one nuclide are near each other: a typing error is not.
        assert value * hours[unit] == pytest.approx(older["half_life"] * hours[older["unit"]], rel=0.02)


@pytest.mark.parametrize(
    "written",
    ["Lu-177", "177Lu", "LU-177", "lu177", "Lu 177", "177-Lu", "[177Lu]", "¹⁷⁷Lu", "Lutetium-177",
     "177 lutetium", "Lu‑177", "镥-177", "Lu_177"],
)  # fmt: skip
def test_a_nuclide_is_known_as_people_write_it(written: str) -> None:
    assert nuclide(written).name == "Lu-177"
    assert nuclide(written).electron_mev == nuclide("Lu-177").electron_mev


@pytest.mark.parametrize("name", nuclide_names())
def test_every_packaged_name_is_known_turned_round(name: str) -> None:
    symbol, mass = name.split("-")
    assert canonical(f"{mass}{symbol}") == canonical(f"{symbol.upper()}{mass}") == name


@pytest.mark.parametrize(
    "written", ["Lu-177m", "177mLu", "Lu-176", "Lu", "177", "", "Lu-177-PSMA", "Lu--", "X-1"]
)
def test_what_is_not_a_packaged_nuclide_is_refused(written: str) -> None:
    with pytest.raises(InputError, match="is not packaged"):
        nuclide(written)


def test_the_packaged_file_is_the_one_named_in_the_code() -> None:
    assert file_sha256() == SHA256


def test_every_administered_nuclide_has_half_life_and_emissions() -> None:
    assert set(nuclide_names()) >= ADMINISTERED
    for name in nuclide_names():
        one = nuclide(name)
        assert one.half_life_h > 0
        assert one.electron_mev + one.photon_mev + one.alpha_mev > 0


def test_an_unknown_nuclide_is_refused() -> None:
    with pytest.raises(InputError, match="Lu-999"):
        nuclide("Lu-999")


@pytest.mark.parametrize(
    ("name", "branches"),
    [("Lu-177", 1.0), ("Y-90", 1.0), ("I-131", 1.0), ("Tb-161", 1.0), ("Cu-64", 0.3848)],
)
def test_every_beta_decay_emits_one_electron(name: str, branches: float) -> None:
    lines = own_emissions(name)
    electrons = sum(row[1] for row in _betas(name))
    assert electrons == pytest.approx(branches, rel=2e-3)
    assert lines.electrons.energy_kev.min() > 0


def _betas(name: str) -> list[tuple[float, float]]:
    return [(branch[0], branch[1]) for branch in row(name).get("beta_minus", ())]


@pytest.mark.parametrize(
    ("endpoint", "z", "mass", "unique", "mean"),
    [
        # Mean energies of the ENSDF evaluations' own log-ft analysis, 0.3 % apart at most.
        (496.8, 72, 177, False, 148.84),
        (633.5, -8, 18, False, 249.8),
        (1899.1, -30, 68, False, 836.02),
        (2278.5, 40, 90, True, 932.4),
        (644.0, 83, 209, False, 197.5),
    ],
)
def test_mean_beta_energies(endpoint: float, z: int, mass: int, unique: bool, mean: float) -> None:
    energy, probability = branch_spectrum(endpoint, z, mass, unique)
    assert probability.sum() == pytest.approx(1.0)
    assert float(energy @ probability) == pytest.approx(mean, rel=3e-3)


def test_alpha_decay_spends_its_whole_q_value() -> None:
    # Q values [keV] of AME2020: no neutrino takes energy away, so all of it is emitted.
    for name, q_kev in (("Ac-225", 5935.2), ("Fr-221", 6457.7), ("At-217", 7201.3), ("Po-213", 8536.1)):
        own = own_emissions(name)
        total = own.electron_kev() + own.photon_kev() + own.alpha_kev()
        assert total == pytest.approx(q_kev, rel=2e-3)


def test_a_chain_adds_its_progeny_and_keeps_radiations_apart() -> None:
    actinium = emissions("Ac-225")
    alphas = float(actinium.alphas.per_decay.sum())
    # Ac, Fr, At, and either Bi-213 or Po-213: four α particles per decay.
    assert alphas == pytest.approx(4.0, abs=2e-3)
    assert actinium.alpha_kev() > 30.0 * actinium.electron_kev()
    assert nuclide("Ac-225").progeny[0] == ("Fr-221", 1.0)
    assert not nuclide("Lu-177").emits_alpha


def test_capture_leaves_the_x_rays_of_the_daughter() -> None:
    # In-111: Cd K X-rays 0.83 per decay, K Auger electrons 0.156 (DDEP, vol. 3, 2006).
    photons, electrons = own_emissions("In-111").photons, own_emissions("In-111").electrons
    x = photons.per_decay[(photons.energy_kev > 22.0) & (photons.energy_kev < 28.0)].sum()
    auger = electrons.per_decay[(electrons.energy_kev > 17.0) & (electrons.energy_kev < 27.0)].sum()
    assert float(x) == pytest.approx(0.83, rel=0.02)
    assert float(auger) == pytest.approx(0.156, rel=0.05)


def test_positrons_bring_two_annihilation_photons() -> None:
    fluorine = emissions("F-18")
    assert fluorine.photon_kev() == pytest.approx(2.0 * 510.99895 * 0.9673, rel=1e-3)
