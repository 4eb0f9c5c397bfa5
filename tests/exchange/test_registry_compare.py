"""Two versions of a record: what changed, before and after; what only moved is no change."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import registry_texts as made
from galu.exchange.registry import Change, compare_records, read_registry
from support import run

OLD = made.study(made.criteria(made.PROSTATE, "1."))


def put(folder: Path, name: str, value: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def changes(folder: Path, new: Any, old: Any = None) -> tuple[Change, ...]:
    one, two = put(folder, "old.json", old or OLD), put(folder, "new.json", new)
    return compare_records(read_registry(one), read_registry(two))


def with_criteria(inclusion: list[str], style: str = "1.") -> dict[str, Any]:
    return made.study(made.criteria((inclusion, made.PROSTATE[1]), style))


def test_another_way_to_write_a_list_is_no_change(tmp_path: Path) -> None:
    assert changes(tmp_path, with_criteria(list(made.PROSTATE[0]), "*")) == ()


def test_criteria_that_came_went_and_were_reworded(tmp_path: Path) -> None:
    texts = list(made.PROSTATE[0])
    gone = texts.pop(2)
    old, texts[0] = texts[0], "Signed consent before any study procedure or scan."
    texts.append("A new criterion on something else entirely")
    assert changes(tmp_path, with_criteria(texts)) == (
        Change("I1", old, texts[0]),
        Change("I3", gone, None),
        Change("I9", None, texts[-1]),
    )


def test_fields_before_and_after(tmp_path: Path) -> None:
    old, new = copy.deepcopy(OLD), copy.deepcopy(OLD)
    body = old["protocolSection"]
    body["designModule"] = {"enrollmentInfo": {"count": 49}, "phases": ["PHASE1"]}
    body["armsInterventionsModule"] = {"armGroups": [{"label": "A", "description": "3.7 GBq"}]}
    body["moreModule"] = {"words": "one"}
    body = new["protocolSection"]
    body["designModule"] = {"enrollmentInfo": {"count": 60}, "phases": ["PHASE1", "PHASE2"]}
    body["armsInterventionsModule"] = {
        "armGroups": [{"label": "A", "description": "3.7 and 6.0 GBq"}, {"label": "B"}]
    }
    body["statusModule"] = {"whyStopped": "funds"}
    body["moreModule"] = {"words": "two"}
    assert set(changes(tmp_path, new, old)) == {
        Change("why_stopped", None, "funds"),
        Change("phases[PHASE2]", None, "PHASE2"),
        Change("enrollment_count", "49", "60"),
        Change("arms[A].description", "3.7 GBq", "3.7 and 6.0 GBq"),
        Change("arms[B]", None, "B"),
        Change("other[protocolSection.moreModule.words]", "one", "two"),
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.sampled_from(made.PROSTATE[0]), unique=True, min_size=2), st.data())
def test_every_change_of_criteria_is_told_and_no_other(tmp_path: Path, texts: list[str], data: Any) -> None:
    later = data.draw(st.lists(st.sampled_from(made.PROSTATE[0]), unique=True, min_size=2))
    found = changes(tmp_path, with_criteria(later), with_criteria(texts))
    assert {one.before for one in found} - {None} == set(texts) - set(later)
    assert {one.after for one in found} - {None} == set(later) - set(texts)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = put(tmp_path, "old.json", OLD)
    new = put(tmp_path, "new.json", with_criteria([*made.PROSTATE[0], "Something new"]))
    assert run("study", "compare", old, new) == 0
    said = capsys.readouterr().out
    assert "NCT01234567" in said and "1 change" in said and "added    I10: Something new" in said
    assert run("study", "compare", old, new, "--json") == 0
    assert json.loads(capsys.readouterr().out) == [{"place": "I10", "before": None, "after": "Something new"}]
    other = put(tmp_path, "other.json", made.study("Inclusion Criteria:\n* A", "NCT07654321"))
    assert run("study", "compare", old, other) != 0
    assert "NCT07654321" in capsys.readouterr().err


def test_one_of_several_records_is_imported_by_its_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = {"studies": [OLD, made.study("Inclusion Criteria:\n* A", "NCT07654321")]}
    path = put(tmp_path, "both.json", both)
    assert run("study", "import", path, "-o", tmp_path / "study.yaml") != 0
    assert "NCT01234567, NCT07654321" in capsys.readouterr().err
    assert run("study", "import", path, "-o", tmp_path / "study.yaml", "--id", "NCT07654321") == 0
    assert "NCT07654321" in (tmp_path / "study.yaml").read_text(encoding="utf-8")
