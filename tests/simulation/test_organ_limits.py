"""Cycles until an organ's limit: a simulated patient stops where the next dose would pass it."""

from __future__ import annotations

import pytest

from galu.dosimetry.bed import biological_dose
from galu.kinetics import ExponentialSum
from galu.protocol import Study, load_study
from galu.simulation.limits import OrganDoses
from support import ROOT

LIMIT_GY = 27.0


def study(name: str = "nct01456078") -> Study:
    return load_study(ROOT / "studies" / name / "study.yaml")


def cycles(dose_gy: float, region: str = "kidneys", name: str = "nct01456078") -> int:
    """Cycles of one dose each until no other is allowed; 50 where none is ever refused."""
    organs = OrganDoses(study(name))
    for given in range(1, 51):
        organs.add(region, dose_gy, 50.0)
        if organs.is_full():
            return given
    return 50


@pytest.mark.parametrize("dose_gy", [1.5, 3.0, 4.4, 6.0, 9.0, 12.0])
def test_the_next_cycle_would_pass_27_gy_and_the_last_did_not(dose_gy: float) -> None:
    bed = biological_dose(dose_gy, ExponentialSum((1.0,), (50.0,)), 2.6, 2.8).bed_gy
    given = cycles(dose_gy)
    assert given * bed <= LIMIT_GY < (given + 1) * bed


def test_a_usual_kidney_gets_five_cycles() -> None:
    """0.6 Gy/GBq and 7.4 GBq: 4.4 Gy and 4.8 Gy BED a cycle; the published median is 5."""
    assert cycles(0.6 * 7.4) == 5


@pytest.mark.parametrize(("region", "name"), [("liver", "nct01456078"), ("kidneys", "nct07310355")])
def test_nothing_ends_where_no_limit_or_no_such_rule_is_stated(region: str, name: str) -> None:
    """A limit that only alerts, and a study whose organ limits lower the activity instead."""
    assert cycles(20.0, region, name) == 50
