"""The intact compound: fractions between samples, a fitted curve, what stays unknown."""

from __future__ import annotations

import numpy as np
import pytest

from galu.finding import InputError
from galu.pharmacokinetics import Hill, Profile, fit_hill, intact, interpolated

TIMES_H = np.array([0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0])


def _profile(conc: list[float], lloq: float | None = None) -> Profile:
    return Profile("1", "plasma", 1, np.arange(float(len(conc))), np.array(conc), 100.0, lloq=lloq)


def test_a_fraction_lies_between_its_neighbours_and_is_unknown_beyond_the_last() -> None:
    found = interpolated(np.array([0.0, 0.5, 1.0, 3.0, 4.1]), np.array([1.0, 4.0]), np.array([0.8, 0.2]))
    assert found[:4] == pytest.approx([1.0, 0.9, 0.8, 0.4])
    assert np.isnan(found[4])


def test_a_fraction_measured_at_time_zero_stands() -> None:
    assert interpolated(np.array([0.0]), np.array([0.0, 1.0]), np.array([0.97, 0.9])) == pytest.approx([0.97])


def test_a_known_curve_is_found_again() -> None:
    truth = Hill(0.8, 1.3, 2.5)
    found = fit_hill(TIMES_H, truth.at(TIMES_H))
    assert isinstance(found, Hill)
    assert (found.lost, found.steepness, found.half_time_h) == pytest.approx((0.8, 1.3, 2.5), rel=1e-5)
    assert truth.at(np.array([0.0, 2.5])) == pytest.approx([1.0, 0.6])


def test_a_curve_that_the_data_cannot_tell_is_refused() -> None:
    assert "three parameters" in str(fit_hill(np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.9, 0.8])))
    assert "no metabolite" in str(fit_hill(TIMES_H, np.ones(7)))


def test_unknown_fractions_leave_samples_missing_but_not_those_below_the_limit() -> None:
    found = intact(_profile([10.0, 6.0, 4.0, 0.05], lloq=0.1), np.array([1.0, 0.5, np.nan, np.nan]))
    assert found.conc[:2] == pytest.approx([10.0, 3.0])
    assert np.isnan(found.conc[2])
    assert found.conc[3] == 0.0


@pytest.mark.parametrize(("fraction", "said"), [([1.0, 90.0], "percentage"), ([1.0], "number")])
def test_bad_fractions_are_refused(fraction: list[float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        intact(_profile([10.0, 6.0]), np.array(fraction))
    with pytest.raises(InputError, match="do not increase"):
        interpolated(TIMES_H, np.array([1.0, 1.0]), np.array([0.9, 0.8]))
