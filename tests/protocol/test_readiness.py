"""A study file that cannot run is never called ready, and says what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from galu.cli.main import main
from galu.desk.registry import import_registry
from galu.finding import InputError
from galu.protocol import Study, load_study, parse_study
from galu.protocol.cautions import cautions
from galu.protocol.readiness import STEPS, needs, waiting
from support import ROOT, shared

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
SECTIONS = [
    name
    for name in Study.model_fields
    if name not in ("identity", "zone", "agents", "arms", "site", "vocabulary")
]


def run(*words: object) -> object:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return ended.value.code or 0


def test_the_reference_study_is_ready_for_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert needs(STUDY) == ()
    assert run("study", "check", ROOT / "studies" / "nct07310355") == 0
    said = capsys.readouterr().out
    assert "ready to screen, to enrol, to decide the dose, to dose, to report" in said
    assert "not ready" not in said


@pytest.mark.parametrize("section", SECTIONS)
def test_a_study_without_a_section_is_not_ready(section: str) -> None:
    empty = () if isinstance(getattr(STUDY, section), tuple) else None
    found = needs(STUDY.model_copy(update={section: empty}))
    assert any(one.key == section and one.write for one in found)
    assert waiting(found)


def test_only_an_identity_is_ready_for_nothing() -> None:
    bare = "identity:\n  nct_id: {value: null, source: registry}\n  title: {value: null, source: registry}\n"
    study = parse_study(bare, "study.yaml")
    assert waiting(needs(study)) == STEPS
    assert "zone is not written" in cautions(study)[0]


def test_criteria_of_words_alone_are_named() -> None:
    plan = STUDY.eligibility
    assert plan is not None
    bare = plan.criteria[0].model_copy(update={"expression": None, "atoms": ()})
    changed = plan.model_copy(update={"criteria": (bare, *plan.criteria[1:])})
    (said,) = needs(STUDY.model_copy(update={"eligibility": changed}))
    assert said.key == "eligibility.criteria[I1]" and said.steps == ("screen", "enrol")
    assert "unknown for everybody" in str(said)


def test_an_agent_of_the_treatment_is_declared_in_full() -> None:
    wanted = "177Lu-PSMA-0057"
    without = STUDY.model_copy(update={"agents": tuple(a for a in STUDY.agents if a.name != wanted)})
    assert [one.key for one in needs(without)] == ["treatment.therapy_agent"]
    hollow = {"role": None, "nuclide": None, "possible_activity_mbq": None}
    agents = tuple(a.model_copy(update=hollow) if a.name == wanted else a for a in STUDY.agents)
    keys = [one.key for one in needs(STUDY.model_copy(update={"agents": agents}))]
    assert keys == [f"agents[{wanted}].{key}" for key in hollow]


@pytest.mark.parametrize(
    "escalation",
    [
        "{design: {value: blrm, source: protocol}, doses: {value: [1.0, 2.0, 3.0], source: protocol}}",
        "{design: {value: crm, source: protocol}, target: {value: 0.25, source: protocol}, "
        "prior: {value: [0.1, 0.2, 0.3], source: protocol}}",
    ],
)
def test_a_design_of_other_levels_decides_no_dose(escalation: str) -> None:
    bare = "identity:\n  nct_id: {value: null, source: registry}\n  title: {value: null, source: registry}\n"
    plan = parse_study(f"{bare}escalation: {escalation}\n", "study.yaml").escalation
    (said,) = needs(STUDY.model_copy(update={"escalation": plan}))
    assert said.steps == ("decide the dose",) and "does not fit" in said.fault


def test_a_definition_without_rules_decides_no_dose() -> None:
    assert STUDY.safety is not None
    dlt = STUDY.safety.dlt.model_copy(update={"rules": ()})
    safety = STUDY.safety.model_copy(update={"dlt": dlt})
    assert [one.key for one in needs(STUDY.model_copy(update={"safety": safety}))] == ["safety.dlt.rules"]


@pytest.mark.parametrize(
    ("terms", "remedy"),
    [
        (("Anaemia",), "Anemia"),
        (("neutrophil count decreased",), "Neutrophil count decreased"),
        ((), "CTCAE"),
    ],
)
def test_a_rule_that_never_matches_is_told(terms: tuple[str, ...], remedy: str) -> None:
    """Terms spelled otherwise than CTCAE spells them, or none at all."""
    assert STUDY.safety is not None
    plan = STUDY.safety.dlt
    rules = tuple(r.model_copy(update={"terms": terms}) if r.id == "anaemia-g4" else r for r in plan.rules)
    safety = STUDY.safety.model_copy(update={"dlt": plan.model_copy(update={"rules": rules})})
    (said,) = needs(STUDY.model_copy(update={"safety": safety}))
    assert said.key == "safety.dlt.rules[anaemia-g4].terms" and said.steps == ("decide the dose",)
    assert remedy in said.write and "never matches" in said.fault


def test_a_schedule_that_counts_and_doses_nothing_is_not_ready() -> None:
    assert STUDY.schedule is not None
    bare = STUDY.schedule.model_copy(update={"visits": ()})
    assert waiting(needs(STUDY.model_copy(update={"schedule": bare}))) == (
        "screen",
        "decide the dose",
        "dose",
        "report",
    )


def test_init_says_what_a_skeleton_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "study.yaml"
    import_registry(shared("study", "nct07310355-registry-page.txt"), study)
    assert run("init", study, "-o", tmp_path / "trial") == 0
    said = capsys.readouterr().out
    assert "not ready to screen, to enrol, to decide the dose, to dose, to report" in said
    assert "`safety` is missing" in said and "\nready" not in said


def test_a_skeleton_is_not_simulated(tmp_path: Path) -> None:
    from galu.desk.simulate import simulate_into

    study = tmp_path / "study.yaml"
    import_registry(shared("study", "nct07310355-registry-page.txt"), study)
    scenario = ROOT / "studies" / "nct07310355" / "scenario.yaml"
    with pytest.raises(InputError, match=r"galu study check"):
        simulate_into(study, scenario, 1, tmp_path / "trial")
    assert not (tmp_path / "trial").exists()
