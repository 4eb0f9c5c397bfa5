"""The planned visits bring what the rules read, and ask for nothing in words that nobody knows."""

from __future__ import annotations

import pytest

from galu.finding import InputError
from galu.protocol import Study, load_study, parse_study
from galu.protocol.cautions import cautions
from galu.protocol.readiness import needs
from galu.protocol.sections import PROCEDURES
from galu.trial.schedule import EVIDENCE
from support import ROOT

SHIPPED = sorted(path.parent.name for path in (ROOT / "studies").glob("nct*/study.yaml"))
STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
WEIGHED = load_study(ROOT / "studies" / "nct04506567" / "study.yaml")


def without(study: Study, procedure: str, *visits: str) -> Study:
    """The study whose visits, all or the named, lack a procedure."""
    assert study.schedule is not None
    left = tuple(
        one.model_copy(update={"procedures": tuple(p for p in one.procedures if p != procedure)})
        if not visits or one.id in visits
        else one
        for one in study.schedule.visits
    )
    return study.model_copy(update={"schedule": study.schedule.model_copy(update={"visits": left})})


def moved(study: Study, visit: str, **keys: object) -> Study:
    """The study with one visit otherwise."""
    assert study.schedule is not None
    left = tuple(one.model_copy(update=keys) if one.id == visit else one for one in study.schedule.visits)
    return study.model_copy(update={"schedule": study.schedule.model_copy(update={"visits": left})})


def test_the_procedures_are_those_that_facts_show() -> None:
    assert set(PROCEDURES) == set(EVIDENCE)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_studies_that_ship_plan_what_their_rules_read(name: str) -> None:
    study = load_study(ROOT / "studies" / name / "study.yaml")
    assert needs(study) == () and not [one for one in cautions(study) if "procedures" in one]


@pytest.mark.parametrize(
    ("study", "step", "says"),
    [
        (
            without(STUDY, "ct"),
            "report",
            "no visit before the first dose has ct, which efficacy.recist reads",
        ),
        (
            without(STUDY, "ct", "tumour-early", "tumour-late"),
            "report",
            "no visit after the first dose has ct",
        ),
        (without(STUDY, "bone-scan"), "report", "which efficacy.bone reads"),
        (without(STUDY, "psa"), "report", "which efficacy.psa reads"),
        (
            without(STUDY, "chemistry", "chemistry-c1"),
            "decide the dose",
            "no visit has chemistry from day 28 to",
        ),
        (
            moved(STUDY, "chemistry-c1", every_days=None, until_day=None),
            "decide the dose",
            "waits for ALT, AST",
        ),
        (moved(STUDY, "chemistry-c1", cycles="later"), "decide the dose", "waits for ALT, AST"),
        (without(WEIGHED, "vitals"), "dose", "visit 'dose' has no weight before its dose"),
        (without(WEIGHED, "vitals", "dose"), "dose", "visit 'dose' has no weight before its dose"),
    ],
)
def test_what_no_visit_brings_is_told(study: Study, step: str, says: str) -> None:
    found = [one for one in needs(study) if one.key == "schedule.visits" and says in one.fault]
    assert found and found[0].steps == (step,) and found[0].write


def test_levels_without_weight_need_none() -> None:
    assert needs(without(STUDY, "vitals")) == ()


@pytest.mark.parametrize("word", ["haemtology", "pregnancy-test", "ecg", "CT", ""])
def test_a_procedure_in_unknown_words_is_told(word: str) -> None:
    (said,) = cautions(moved(STUDY, "safety-30", procedures=("haematology", word)))
    assert f"schedule.visits[safety-30].procedures names {word!r}" in said and ", ".join(PROCEDURES) in said


def test_a_slip_of_the_pen_is_told_with_what_was_meant() -> None:
    (said,) = cautions(moved(STUDY, "safety-30", procedures=("haemtology",)))
    assert "did you mean haematology?" in said


@pytest.mark.parametrize("name", ["PSA50", "PSA90"])
def test_an_endpoint_of_a_section_that_is_absent_is_refused(name: str) -> None:
    text = (ROOT / "studies" / "nct03872778" / "study.yaml").read_text(encoding="utf-8")
    assert "  endpoints: {value: [" in text
    with pytest.raises(InputError, match=rf"endpoint {name} is read by efficacy\.psa, which is absent"):
        parse_study(
            text.replace("  endpoints: {value: [", f"  endpoints: {{value: [{name}, ", 1), "study.yaml"
        )
