"""Treatment read from the words of a record: proposed with its sentence, or not read and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from galu.desk.registry import import_registry
from galu.exchange.registry import proposals, read_registry, study_skeleton
from galu.exchange.registry.proposals import propose_agent
from galu.exchange.registry.readings import read_treatment
from galu.protocol import elements, load_study
from galu.protocol.cautions import PROPOSED
from support import shared

NAMES = ("levels", "cycle_days", "max_cycles", "design", "target")


def read(text: str) -> dict[str, Any]:
    return {name: one.value for name, one in read_treatment([text]).found.items() if name in NAMES}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "BOIN with a target DLT rate of 30%. 3.7, 5.5 or 7.4 GBq every 6±1 weeks, up to four cycles.",
            {"design": "boin", "target": 0.3, "levels": (3.7, 5.5, 7.4), "cycle_days": 42, "max_cycles": 4},
        ),
        (
            "3 + 3 at 4.4 GBq, 5.5 GBq and 7.4 GBq. Up to six cycles are administered every six weeks.",
            {"design": "3+3", "levels": (4.4, 5.5, 7.4), "max_cycles": 6, "cycle_days": 42},
        ),
        (
            "200 mCi (7.4 GBq) every 8 weeks for 4 cycles. CT scans every 12 weeks.",
            {"levels": (7.4,), "cycle_days": 56, "max_cycles": 4},
        ),
        (
            "7,400 MBq injections, q6w, maximum of 6 doses",
            {"levels": (7.4,), "cycle_days": 42, "max_cycles": 6},
        ),
        (
            "Bayesian logistic regression model, treatment at 6-week intervals",
            {"design": "blrm", "cycle_days": 42},
        ),
        ("Dose level 1: 3.7 GBq.\nDose level 2: 6.0 GBq.", {"levels": (3.7, 6.0)}),
        ("Rolling 6 design", {"design": "rolling-six"}),
        ("A TITE-CRM rather than a 3+3 design", {"design": "tite-crm"}),
        ("modified i3+3 design", {"design": "i3+3"}),
    ],
)
def test_what_is_said_once_is_read(text: str, wanted: dict[str, Any]) -> None:
    assert read(text) == wanted


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("up to 93.3 kBq/kg of 225Ac-X, treatment once", "levels"),
        ("a cumulative 22.2 GBq in two fractions", "levels"),
        ("1.85 GBq in cycle 1, then 5.55 GBq", "levels"),
        ("7.4 GBq, later 3.7 GBq, 5.5 GBq", "levels"),
        ("150 MBq of 68Ga-X for PET", "levels"),
        ("administered every 6 to 8 weeks", "cycle_days"),
        ("treatment every 2 months", "cycle_days"),
        ("follow-up visits every 12 weeks after treatment", "cycle_days"),
        ("injections every 6 weeks.\nIn part 2 injections every 8 weeks.", "cycle_days"),
        ("a minimum of 3 cycles", "max_cycles"),
        ("at least 3 cycles of therapy", "max_cycles"),
        ("4 to 6 cycles of therapy", "max_cycles"),
        ("for 12 weeks treatment", "max_cycles"),
        ("3+3 for part 1. BOIN for part 2.", "design"),
        ("dose escalation by toxicity", "design"),
    ],
)
def test_what_is_said_otherwise_is_not_read(text: str, name: str) -> None:
    assert name not in read(text)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("Dose escalation: 13.3, 26.7, 53.3 and 80 kBq/kg", "levels by kbq_per_kg", (13.3, 26.7, 53.3, 80.0)),
        ("Levels of 60 and 70 KBq / Kg are given", "levels by kbq_per_kg", (60.0, 70.0)),
        ("1.6 then 2.2 µCi per kg", "levels by kbq_per_kg", (59.2, 81.4)),
        ("2 MBq/kg or 3 MBq/kg", "levels by kbq_per_kg", (2000.0, 3000.0)),
        ("370 MBq/m2, 740 MBq/m²", "levels by mbq_per_m2", (370.0, 740.0)),
        ("treatment with 6 MBq, 8 MBq or 10 MBq", "levels by activity_mbq", (6.0, 8.0, 10.0)),
        ("7.4GBq±0.74GBq (200mCi±20mCi)/cycle", "levels", (7.4,)),
        ("3700 MBq and 6000 MBq are given", "levels", (3.7, 6.0)),
        ("100 mCi, 150 mCi and 200 mCi", "levels", (3.7, 5.55, 7.4)),
        ("3.7 GBq、6.0 GBq", "levels", (3.7, 6.0)),
        ("Starting at level 1, 60 kBq/kg every 8 weeks", "levels by kbq_per_kg", (60.0,)),
        ("Dose level 2, 7.4 GBq, is expanded", "levels", (7.4,)),
        ("60, 90 and 120 kBq/kg, capped at 12 MBq", "levels by kbq_per_kg", (60.0, 90.0, 120.0)),
        ("Maximum single activity 12 MBq", "most_mbq", 12.0),
        ("Dose not to exceed 7.4 GBq", "most_mbq", 7400.0),
        ("administered every 6 weeks (±1 week)", "cycle_days", 42),
        ("administered every six (6) weeks", "cycle_days", 42),
        ("six-weekly treatment", "cycle_days", 42),
        ("at an interval of 6 weeks between each dose", "cycle_days", 42),
        ("每6周给药一次", "cycle_days", 42),
        ("up to 6 cycles of treatment", "max_cycles", 6),
        ("a maximum of six (6) doses", "max_cycles", 6),
        ("最多6个周期", "max_cycles", 6),
        ("a fractionated dose on day 1 and day 15", "fraction_days", (1, 15)),
        ("fractionated doses (D1 and D15)", "fraction_days", (1, 15)),
        ("administered on Days 1 and 15", "fraction_days", (1, 15)),
        ("two fractions, two weeks apart", "fraction_days", (1, 15)),
        ("planned activity lowered by 0.4 GBq each cycle", "lower_each_cycle_gbq", 0.4),
        ("滚动六设计", "design", "rolling-six"),
        ("3\uff0b3 design", "design", "3+3"),
        ("a keyboard design", "design", "keyboard"),
        ("the mTPI-2 design", "design", "mtpi2"),
    ],
)
def test_units_intervals_fractions_and_designs(text: str, name: str, value: Any) -> None:
    found = read_treatment([text], alpha=True).found
    assert found[name].value == value and found[name].sentence == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2 MBq/kg of 68Ga-X for PET", "levels by kbq_per_kg"),
        ("Maximum single activity 12 MBq every 8 weeks", "levels by activity_mbq"),
        ("Dose capped at 12 MBq.", "levels by activity_mbq"),
        ("a maximum of 6 MBq of 68Ga-X for PET", "most_mbq"),
        ("150 MBq of 18F-X, imaging at 60 min", "levels by activity_mbq"),
        ("PSA levels on day 1 and day 15", "fraction_days"),
        ("visits on day 1 and day 15 after a dose", "fraction_days"),
        ("dosing on days 1, 8 and 15", "fraction_days"),
        ("reduced by 0.4 GBq in case of toxicity", "lower_each_cycle_gbq"),
    ],
)
def test_what_is_no_dose_is_not_read(text: str, name: str) -> None:
    assert name not in read_treatment([text], alpha=True).found


def alpha_record(folder: Path, words: str, more: tuple[str, ...] = ()) -> Path:
    raw = json.loads(shared("study", "nct07310355.v2.json").read_text(encoding="utf-8"))
    arms = raw["protocolSection"]["armsInterventionsModule"]
    arms["armGroups"][0]["description"] = words
    arms["interventions"] = [{"name": name, "type": "DRUG"} for name in ("225Ac-J591", *more)]
    path = folder / "record.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def test_levels_by_weight_in_fractions_become_a_treatment(tmp_path: Path) -> None:
    out = tmp_path / "study.yaml"
    words = "3+3, 60, 70 and 80 kBq/kg per dose, split on day 1 and day 15, every 8 weeks, up to 2 cycles."
    import_registry(alpha_record(tmp_path, words), out)
    treatment = load_study(out).treatment
    assert treatment is not None and treatment.by_body and treatment.days_of_fractions == (1, 15)
    assert [str(level) for level in treatment.levels] == ["60 kBq/kg", "70 kBq/kg", "80 kBq/kg"]
    assert treatment.cycle_days.value == 56 and treatment.levels[0].source == "assumed"


def test_levels_one_by_one_with_other_units_in_brackets_and_a_most(tmp_path: Path) -> None:
    out = tmp_path / "study.yaml"
    words = (
        "3+3 every 8 weeks, up to 2 cycles. Level 1, 60 kBq/kg (1.6 µCi/kg) per dose. "
        "Level 2, 90 kBq/kg (2.4 µCi/kg). The maximum single activity is 12 MBq."
    )
    import_registry(alpha_record(tmp_path, words), out)
    treatment = load_study(out).treatment
    assert treatment is not None and [str(level) for level in treatment.levels] == ["60 kBq/kg", "90 kBq/kg"]
    assert treatment.most_mbq is not None and treatment.most_mbq.value == 12.0


def test_of_several_therapeutic_agents_none_is_taken(tmp_path: Path) -> None:
    out = tmp_path / "study.yaml"
    imported = import_registry(
        alpha_record(tmp_path, "3+3, 60 and 70 kBq/kg every 8 weeks", ("177Lu-X",)), out
    )
    assert any(
        "several agents for therapy, of which none is taken: 225Ac-J591, 177Lu-X" in one
        for one in imported.unread
    )
    assert load_study(out).treatment is None
    assert any("60 kBq/kg, 70 kBq/kg" in one for one in imported.partly)


def test_contradictions_and_other_activities_are_told() -> None:
    told = read_treatment(["3+3 in part 1.\nBOIN in part 2.", "up to 80 kBq/kg of 225Ac-X"]).unread
    assert "design is said in more than one way" in told[0] and "BOIN in part 2" in told[0]
    assert told[1] == "activity not read as dose levels: “up to 80 kBq/kg of 225Ac-X”"


@pytest.mark.parametrize("source", ["nct07310355-registry-page.txt", "nct07310355.v2.json"])
def test_the_reference_record_proposes_its_treatment(source: str, tmp_path: Path) -> None:
    out = tmp_path / "study.yaml"
    import_registry(shared("study", source), out)
    study = load_study(out)
    assert study.treatment is not None and study.escalation is not None and study.enrolment is None
    assert [(one.level, one.activity_gbq) for one in study.treatment.levels] == [(1, 3.7), (2, 6.0)]
    assert study.treatment.cycle_days.value == 42 and study.treatment.max_cycles.value == 6
    assert study.escalation.design.value == "rolling-six"
    assert "fraction" in (study.treatment.reading.why or "").rpartition("”")[2]
    for one in elements(study):
        if one.place.startswith(("treatment", "escalation.design")):
            assert one.source == "assumed" and one.why.startswith(PROPOSED), one.place
    text = out.read_text(encoding="utf-8")
    assert "# target: 49" in text and "# not read, to be written: counts, pool_escalation_at_rp2d" in text


def test_no_sentence_is_proposed_without_a_radioactive_therapy() -> None:
    for path in sorted(shared("public", "registry").glob("*.v2.json")):
        record = read_registry(path)
        skeleton = study_skeleton(record)
        assert [skeleton[name] for name in ("treatment", "enrolment", "escalation")] == [None] * 3
        assert proposals(record).notes == {}


def test_a_record_without_the_interval_keeps_what_it_says(tmp_path: Path) -> None:
    raw = json.loads(shared("study", "nct07310355.v2.json").read_text(encoding="utf-8"))
    arm = raw["protocolSection"]["armsInterventionsModule"]["armGroups"][0]
    arm["description"] = "3+3 design with 3.7 GBq and 6.0 GBq per cycle."
    source, out = tmp_path / "record.json", tmp_path / "study.yaml"
    source.write_text(json.dumps(raw), encoding="utf-8")
    partly = import_registry(source, out).partly
    assert load_study(out).treatment is None
    assert any(one.startswith("treatment: levels: 3.7 GBq, 6 GBq") for one in partly)
    assert "treatment: not read, to be written: cycle_days, max_cycles" in partly


@pytest.mark.parametrize(
    ("name", "role", "nuclide"),
    [
        ("177Lu-PSMA-617", "therapy", "Lu-177"),
        ("[177Lu]Lu-NeoB", "therapy", "Lu-177"),
        ("Lutetium-177 DOTATATE", "therapy", "Lu-177"),
        ("68Ga-PSMA-11", "imaging", "Ga-68"),
        ("Repaglinide", None, None),
    ],
)
def test_agents_by_their_names(name: str, role: str | None, nuclide: str | None) -> None:
    found = propose_agent(name, None)
    assert (found.get("role"), found.get("nuclide")) == (role, nuclide)
