"""A scenario file loads strictly; what it asks for is what patients get."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import median

import pytest

from galu.finding import InputError
from galu.nuclides import nuclide
from galu.protocol import elements
from galu.protocol.loading import parse_document
from galu.simulation.draws import Draws
from galu.simulation.events import draw_dlt
from galu.simulation.kinetics import draw_regions
from galu.simulation.marrow import acute_shape
from galu.simulation.scenario import Onset, Scenario
from support import ROOT

PATH = ROOT / "studies" / "nct07310355" / "scenario.yaml"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("patience_days: 6", "patience_days: 6\n  humour: 3", "unknown key 'humour'"),
        ("pet_negative: 0.10", "pet_negative: 10", "key screening.pet_negative"),
        ("pet_negative: 0.10", "pet_negative: 1", "screening.pet_negative is failed by everybody"),
        ("screening_days: [5, 13]", "screening_days: [13, 5]", "accrual.screening_days [13, 5] is reversed"),
        ("dose_after_slot_days: [3, 7]", "dose_after_slot_days: [-3, 7]", "is negative"),
        ("least: 48, most: 88", "least: 88, most: 48", "people.age_years.least [88, 48] is reversed"),
        ("first_consent: 2026-01-12", "first_consent: 0001-01-01", "lies outside 1850 to 2149"),
        ("first_consent: 2026-01-12", "first_consent: 9999-12-31", "lies outside 1850 to 2149"),
        ("sites: [Chengdu 1, Chengdu 2, Chongqing, Wuhan]", "sites: []", "key accrual.sites"),
        ("grades: [0.86, 0.14]", "grades: [0.86, 0.24]", "Dry mouth must sum to 1"),
        ("onset_days: [4, 26, 41]", "onset_days: [26, 4, 41]", "earliest, most likely, latest"),
        (
            "onset_days: [4, 26, 41]",
            "onset_days: [4, 26, 41]\n  onset: {time: weibull, window_days: 42}",
            "needs the share of DLTs in the second half",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, says: str) -> None:
    text = PATH.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(InputError, match="line") as caught:
        parse_document(text.replace(old, new), "scenario.yaml", Scenario)
    assert says in str(caught.value)


def test_every_section_is_an_assumption_with_its_reason(scenario: Scenario) -> None:
    found = list(elements(scenario))
    assert {element.place for element in found} == set(Scenario.model_fields) - {"study", "kind", "title"}
    assert all(element.source == "assumed" and element.why for element in found)


def test_draws_depend_on_seed_owner_and_variable_not_on_order() -> None:
    one = Draws(3, "01-001")
    first = one.uniform("psa"), one.normal("age", 2)
    assert (one.normal("age", 2), one.uniform("psa")) == first[::-1]
    others = {Draws(3, "01-002").uniform("psa"), Draws(4, "01-001").uniform("psa"), one.uniform("psa", 1)}
    assert first[0] not in others and len(others) == 3


def test_the_day_of_a_dlt_follows_the_distribution_that_is_given(scenario: Scenario) -> None:
    given = Onset(time="weibull", window_days=42, late_share=0.75)
    sure = scenario.toxicity.model_copy(update={"onset": given, "probability_by_level": (1.0,)})
    drawn = [draw_dlt(sure, Draws(2, str(n)), 1) for n in range(2000)]
    days = [dlt.day for dlt in drawn if dlt is not None]
    assert len(days) == 2000 and min(days) >= 1 and max(days) <= 41
    assert sum(day > 21 for day in days) / 2000 == pytest.approx(0.75, abs=0.04)


def test_log_normal_has_its_median_and_coefficient_of_variation() -> None:
    values = [Draws(1, str(n)).log_normal(5.0, 0.5, "x") for n in range(4000)]
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))
    assert median(values) == pytest.approx(5.0, rel=0.05)
    assert spread / mean == pytest.approx(0.5, abs=0.04)


def test_uptake_gives_the_dose_of_the_scenario(scenario: Scenario) -> None:
    """Kidney self-dose from the drawn uptake: 0.43 ± 0.16 Gy/GBq are published for 177Lu-PSMA-617."""
    lu = nuclide("Lu-177")
    doses = []
    for number in range(400):
        regions = draw_regions(scenario.kinetics, lu, (), Draws(1, str(number)))
        kidneys = next(region for region in regions if region.name == "kidneys")
        tia_mbq_h = 1000 * kidneys.fraction * kidneys.teff_h / math.log(2)
        # Electrons only, from the shared factor 0.08532 Gy·kg/(GBq·h): photons add about 2 % here.
        doses.append(0.08532 * tia_mbq_h / kidneys.mass_g)
    mean = sum(doses) / len(doses)
    spread = math.sqrt(sum((dose - mean) ** 2 for dose in doses) / len(doses))
    assert mean == pytest.approx(0.43, abs=0.04)
    assert spread == pytest.approx(0.16, abs=0.04)


def test_the_acute_fall_starts_at_the_dose_and_is_deepest_at_the_nadir() -> None:
    assert acute_shape(0, 28) == 0
    assert acute_shape(28, 28) == pytest.approx(1)
    assert acute_shape(20, 28) < 1 > acute_shape(36, 28)


def test_an_absent_scenario_is_named(tmp_path: Path) -> None:
    from galu.simulation.scenario import load_scenario

    with pytest.raises(InputError, match=r"give the path of a scenario\.yaml"):
        load_scenario(tmp_path / "none.yaml")
