"""Patients of the reference scenario against what is published for PSMA radioligands."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from galu.efficacy.psa import PsaValue, assess_psa
from galu.protocol import Study
from galu.record import Fact
from galu.simulation.course import Course, Setting
from galu.simulation.draws import Draws
from galu.simulation.people import Screening, meet
from galu.simulation.scenario import Scenario
from galu.simulation.tumour import draw_lesions

LEVEL_TWO = 2


def _patients(study: Study, scenario: Scenario, number: int) -> Iterator[tuple[Course, list[Fact]]]:
    consent = date(2026, 2, 2)
    for index in range(number):
        subject = f"01-{index:03d}"
        draws = Draws(77, subject)
        person = meet(scenario, draws, subject, consent, draw_lesions(scenario.disease, draws))
        pen = Screening(study, scenario, person, draws).write()
        setting = Setting(study, scenario, 77)
        course = Course(setting, person, LEVEL_TWO, consent + timedelta(days=14), pen)
        course.write()
        if course.doses:
            yield course, [fact for _, fact in pen.lines]


def _values(facts: list[Fact], test: str) -> list[tuple[date, float]]:
    return [
        (date.fromisoformat(fact.on[:10]), fact.value)
        for fact in facts
        if fact.kind == "lab" and fact.test == test
    ]


@pytest.mark.slow
def test_rates_lie_near_those_published(study: Study, scenario: Scenario) -> None:
    """VISION: PSA50 46 %, G≥3 anaemia 12.9 %, platelets 7.9 %, dry mouth 39 %; SPLASH: 36 % and 37 %."""
    count = {"psa50": 0, "anaemia": 0, "platelets": 0, "dry mouth": 0, "dlt": 0}
    patients, survival = 0, []
    for course, facts in _patients(study, scenario, 400):
        patients += 1
        psa = assess_psa([PsaValue(day, value) for day, value in _values(facts, "PSA")], course.first)
        count["psa50"] += bool(psa.psa50.unconfirmed)
        count["anaemia"] += min(value for _, value in _values(facts, "HGB")) < 80
        count["platelets"] += min(value for _, value in _values(facts, "PLAT")) < 50
        count["dry mouth"] += any(getattr(fact, "term", "") == "Dry mouth" for fact in facts)
        count["dlt"] += course.dlt is not None
        survival.append((course.death - course.first).days / 30.4)
    rate = {name: number / patients for name, number in count.items()}
    assert 0.33 < rate["psa50"] < 0.50, rate
    assert 0.07 < rate["anaemia"] < 0.19, rate
    assert 0.03 < rate["platelets"] < 0.13, rate
    assert 0.31 < rate["dry mouth"] < 0.45, rate
    assert rate["dlt"] == pytest.approx(scenario.toxicity.probability_by_level[LEVEL_TWO - 1], abs=0.05)
    assert 12 < sorted(survival)[patients // 2] < 19


@pytest.fixture(scope="module")
def fifty(study: Study, scenario: Scenario) -> list[tuple[Course, list[Fact]]]:
    return list(_patients(study, scenario, 50))


def test_nothing_happens_after_death(fifty) -> None:
    dead = 0
    for course, facts in fifty:
        last = course.death.isoformat()
        # The end of an event is found in the files afterwards.
        assert not [f for f in facts if f.on[:10] > last and f.kind != "adverse_event_course"]
        dead += any(fact.kind == "death" for fact in facts)
    assert dead > 10


def test_treatment_that_ended_for_toxicity_names_the_event(fifty) -> None:
    ended = 0
    for _, facts in fifty:
        left = [f for f in facts if f.kind == "withdrawal" and f.cause == "Adverse event"]
        withdrawn = [f for f in facts if f.kind == "adverse_event" and f.action == "DRUG WITHDRAWN"]
        corrected = {f.supersedes for f in withdrawn}
        assert len([f for f in withdrawn if f.id not in corrected]) == len(left)
        ended += len(left)
    assert ended


def test_toxicity_before_a_dose_is_acted_on(fifty) -> None:
    """Some doses come late, some are reduced to 80 %, as the modification rules ask."""
    late = reduced = 0
    for course, facts in fifty:
        days = [day for day, _ in course.doses]
        late += any(after - before > 48 for before, after in itertools.pairwise(days))
        planned = [f.planned_activity_mbq for f in facts if f.kind == "administration" and f.cycle]
        reduced += any(activity == pytest.approx(0.8 * 6000) for activity in planned)
    assert late and reduced
