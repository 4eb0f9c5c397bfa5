"""Masses of the BLRM from products of tabulated probabilities equal those by the design itself."""

from __future__ import annotations

import numpy as np
import pytest

from galu.escalation.blrm import Blrm
from galu.escalation.blrm_kernels import quick, tally_masses
from galu.escalation.outcomes import Outcome, Outcomes, PatientOutcome

TWO = Blrm()
FIVE = Blrm(doses=(1.0, 2.0, 3.7, 6.0, 9.0), reference=5.0, covariance=(2.0, -0.6, 0.8), under=0.2, over=0.4)


def _history(rng: np.random.Generator, levels: int, most: int) -> Outcomes:
    kinds = list(Outcome)
    count = int(rng.integers(0, most))
    return Outcomes(
        tuple(
            PatientOutcome(int(rng.integers(1, levels + 1)), kinds[int(rng.integers(0, 4))], 0.5)
            for _ in range(count)
        )
    )


@pytest.mark.parametrize("design", [TWO, FIVE], ids=["two", "five"])
def test_masses_equal_those_of_the_design(design: Blrm) -> None:
    rng = np.random.default_rng(4)
    for _ in range(25):
        outcomes = _history(rng, len(design.doses), 60)
        fast, slow = quick(design).masses(outcomes), design.masses(outcomes)
        assert np.array(fast) == pytest.approx(np.array(slow), abs=1e-11)


def test_what_products_lose_is_taken_from_the_logarithms() -> None:
    design = Blrm(mean=(-10.0, 0.0), covariance=(0.01, 0.0, 0.01), largest=200)
    outcomes = Outcomes((PatientOutcome(1, Outcome.DLT),) * 120)
    known, dlts = (120, 0), (120, 0)
    cuts = design.under, design.over
    assert tally_masses(design.prior, design.log_doses, cuts, (known, dlts)) is None
    assert quick(design).masses(outcomes) == design.masses(outcomes)
