from __future__ import annotations

import pytest

from galu.finding import InputError
from galu.nuclides import nuclide, nuclide_names


def test_half_life_of_lutetium_is_that_of_ensdf() -> None:
    assert nuclide("Lu-177").half_life_h == pytest.approx(6.6443 * 24.0)
    assert nuclide("Ga-68").half_life_h == pytest.approx(67.71 / 60.0)


def test_twelve_nuclides_are_packaged() -> None:
    assert len(nuclide_names()) == 12
    assert all(nuclide(name).half_life_h > 0 for name in nuclide_names())


def test_an_unknown_nuclide_and_unknown_energies_are_refused() -> None:
    with pytest.raises(InputError):
        nuclide("Lu-999")
    with pytest.raises(InputError, match="emissions"):
        nuclide("In-111").delta_electron()
