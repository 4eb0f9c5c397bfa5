from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from galu.cli.design import app
from galu.desk.design import Scene, compare, compare_truths, write_comparison, write_truths
from galu.desk.design.compare import read_label
from galu.desk.design.truths import right_level
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


TRUTHS = ((0.1, 0.25, 0.4), (0.45, 0.5, 0.6), (0.02, 0.05, 0.1))


def test_several_truths_are_one_table_of_the_single_comparisons() -> None:
    found = compare_truths(["boin", "rolling-six"], {}, TRUTHS, SCENE)
    assert [(row["truth"], row["right_level"]) for row in found["table"][::2]] == [
        (list(truth), right) for truth, right in zip(TRUTHS, (2, 0, 3), strict=True)
    ]
    for number, truth in enumerate(TRUTHS):
        alone = compare(["boin", "rolling-six"], {}, Scene(truth, Conditions(), SCENE.runs))
        for row, one in zip(found["table"][2 * number :], alone["designs"], strict=False):
            chances = [one["select"]["none"], *one["select"]["levels"]]
            right, patients = row["right_level"], one["patients"]["levels"]
            assert row["selected_right"] == chances[right]
            assert row["selected_above"] == pytest.approx(sum(chances[right + 1 :]))
            assert row["patients_above"] == pytest.approx(sum(patients[right:]))
            assert row["patients_at_right"] == (patients[right - 1] if right else None)
            assert (row["patients"], row["dlts"]) == (one["expected_n"], one["expected_dlts"])
            assert row["duration_days"] == one["duration_days"]["mean"]


@pytest.mark.parametrize(
    ("truth", "target", "right"),
    [
        ((0.1, 0.3), 0.2, 1),
        ((0.1, 0.28), 0.2, 2),
        ((0.28, 0.5), 0.2, 1),
        ((0.281, 0.5), 0.2, 0),
        ((0.01,), 0.2, 1),
    ],
)
def test_the_right_dose_is_the_nearest_the_lower_of_two_and_none_where_all_are_toxic(
    truth: tuple[float, ...], target: float, right: int
) -> None:
    assert right_level(truth, target) == right


def test_where_nothing_says_the_target_no_dose_is_right() -> None:
    with pytest.raises(InputError, match="none of these designs has a target"):
        compare_truths(["rolling-six", "3+3"], {}, TRUTHS, SCENE)
    with pytest.raises(InputError, match="different targets"):
        compare_truths(["boin@target=0.3", "crm"], {}, TRUTHS, SCENE)
    with pytest.raises(InputError, match="same truth"):
        compare_truths(["boin", "crm"], {}, (TRUTHS[0], TRUTHS[0]), SCENE)
    told = compare_truths(["rolling-six", "3+3"], {"target": 0.2}, TRUTHS[:1], SCENE)
    assert told["target"] == 0.2


def test_the_page_of_several_truths_is_self_contained_and_has_every_number_of_its_table(
    tmp_path: Path,
) -> None:
    found = compare_truths(["boin", "boin@cohort_size=1", "3+3"], {}, TRUTHS, SCENE)
    page = write_truths(found, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "://" not in page
    assert "<script" not in page
    assert page.count("<svg") == 1 + len(TRUTHS)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for row in found["table"]:
        assert f"{row['selected_right']:.3f}" in page
        assert f"{row['dlts']:.2f}" in page


def test_the_command_takes_a_truth_or_several(tmp_path: Path) -> None:
    asked = ["compare", "boin", "3+3", "--truth", "0.1,0.3", "--replicates", "50"]
    several = [*asked, "--truth", "0.3,0.5", "--json", "-o", str(tmp_path / "page.html")]
    answer = json.loads(CliRunner().invoke(app, several).stdout)
    assert [one["truth"] for one in answer["truths"]] == [[0.1, 0.3], [0.3, 0.5]]
    assert (tmp_path / "page.html").exists()
    refused = CliRunner().invoke(app, [*asked, "--truth", "0.3,0.5", "-o", str(tmp_path)])
    assert isinstance(refused.exception, InputError)
    assert "several truths are one page" in str(refused.exception)
    single = CliRunner().invoke(app, [*asked, "--json"])
    assert json.loads(single.stdout)["truth"] == [0.1, 0.3]
