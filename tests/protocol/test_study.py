"""The reference study loads, says what is assumed, and refuses what it does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from galu.desk.registry import import_registry
from galu.finding import InputError
from galu.protocol import elements, load_study, parse_study
from support import ROOT, shared

STUDY = ROOT / "studies" / "nct07310355" / "study.yaml"


def test_reference_study_is_whole() -> None:
    study = load_study(STUDY)
    assert study.eligibility is not None
    polarities = [criterion.polarity for criterion in study.eligibility.criteria]
    assert (polarities.count("inclusion"), polarities.count("exclusion")) == (13, 17)
    assert study.treatment is not None
    assert [level.activity_gbq for level in study.treatment.levels] == [3.7, 6.0]
    assert study.enrolment is not None and study.enrolment.target.value == 49


def test_every_assumption_has_its_reason() -> None:
    found = list(elements(load_study(STUDY)))
    assert all(element.why for element in found if element.source == "assumed")
    assert {"registry", "assumed"} == {element.source for element in found}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("activity_gbq: 6.0", "activity_gbq: 6000", "MBq"),
        ("activity_gbq: 6.0", "activity_mbq: 6.0", "activity_gbq"),
        ("zone: Asia/Shanghai", "zoom: Asia/Shanghai", "unknown key 'zoom'"),
        ("top_level_rule:\n    value: six-complete", "top_level_rule:\n    value: five", "top_level_rule"),
    ],
)
def test_a_fault_names_file_line_and_key(old: str, new: str, fault: str) -> None:
    text = STUDY.read_text()
    assert old in text
    with pytest.raises(InputError) as raised:
        parse_study(text.replace(old, new, 1), "study.yaml")
    assert "study.yaml, line" in str(raised.value)
    assert fault in str(raised.value)


def test_broken_yaml_names_its_line() -> None:
    with pytest.raises(InputError, match="line 2"):
        parse_study("identity:\n  - {", "x.yaml")


def test_registry_import_never_overwrites(tmp_path: Path) -> None:
    source = shared("study", "nct07310355-registry-page.txt")
    out = tmp_path / "study.yaml"
    imported = import_registry(source, out)
    assert "primary_outcomes" in imported.missing
    with pytest.raises(InputError, match="exists already"):
        import_registry(source, out)
