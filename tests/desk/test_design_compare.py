from __future__ import annotations

from pathlib import Path

import pytest

from galu.desk.design import Scene, compare, write_comparison
from galu.desk.design.compare import read_label
from galu.escalation.calendar import Conditions
from galu.finding import InputError

SCENE = Scene((0.1, 0.3), Conditions(), (2000, 1))
LABELS = ["rolling-six", "3+3", "rolling-six@top_level_rule=3-of-3"]


def test_the_same_patients_make_differences_sharper() -> None:
    found = compare(LABELS, {}, SCENE)
    base, three, loose = found["designs"]
    patients, days = (found["differences"][0][key] for key in ("patients", "duration_days"))
    assert patients["mean"] == pytest.approx(three["expected_n"] - base["expected_n"])
    apart = (three["duration_days"]["se"] ** 2 + base["duration_days"]["se"] ** 2) ** 0.5
    assert days["se"] < apart
    assert found["differences"][1]["same_selection"] > found["differences"][0]["same_selection"]
    assert loose["expected_n"] < base["expected_n"]


def test_a_shared_switch_reaches_the_designs_that_have_it() -> None:
    assert read_label("boin@cohort_size=1", {"target": 0.3}).target == 0.3
    assert read_label("boin@target=0.2", {"target": 0.3}).target == 0.2
    assert read_label("3+3", {"target": 0.3}).name == "3+3"


def test_the_report_is_self_contained(tmp_path: Path) -> None:
    written = write_comparison(compare(LABELS, {}, SCENE), tmp_path / "new" / "folder")
    assert [path.name for path in written] == ["comparison.json", "comparison.png", "comparison.html"]
    page = written[2].read_text(encoding="utf-8")
    assert 'src="data:image/png;base64,' in page
    assert "://" not in page
    assert all(label in page for label in LABELS)
    assert written[1].read_bytes().startswith(b"\x89PNG")


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="folder"):
        write_comparison(compare(LABELS[:2], {}, SCENE), tmp_path / "file")


@pytest.mark.parametrize("labels", [["3+3"], ["3+3", "3+3"]])
def test_one_design_is_no_comparison(labels: list[str]) -> None:
    with pytest.raises(InputError, match="two different"):
        compare(labels, {}, SCENE)
