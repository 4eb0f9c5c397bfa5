"""A trial of another kind from its files alone: an α emitter by body weight in two fractions, without PET."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from galu.desk.folder import open_trial
from galu.protocol import load_study
from galu.report.board import lanes_of
from galu.trial.board import derive_board
from support import ROOT, run

FOLDER = ROOT / "studies" / "nct04506567"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study with few patients and a short follow-up, simulated."""
    home = tmp_path_factory.mktemp("another")
    shutil.copytree(FOLDER, home / "study")
    for name, was, now in (
        ("study.yaml", "target: {value: 24", "target: {value: 6"),
        ("scenario.yaml", "follow_up_days: 364", "follow_up_days: 20"),
    ):
        path = home / "study" / name
        text = path.read_text(encoding="utf-8")
        assert was in text
        path.write_text(text.replace(was, now), encoding="utf-8")
    scenario = home / "study" / "scenario.yaml"
    assert run("simulate", home / "study", scenario, "--seed", 3, "-o", home / "trial") == 0
    return home


def test_each_fraction_has_its_activity_by_the_weight_of_its_day(home: Path) -> None:
    record = open_trial(home / "trial").record
    given = record.facts("administration")
    assert given["subject"].n_unique() == 6
    assert set(given["fraction"]) == {1, 2}
    plan = load_study(FOLDER / "study.yaml").treatment
    assert plan is not None
    slots = record.facts("enrolment").select("subject", "level").iter_rows()
    levels = {subject: plan.levels[level - 1] for subject, level in slots}
    weights = record.facts("vital").filter(pl.col("test") == "WEIGHT")
    for subject, planned, day in given.select("subject", "planned_activity_mbq", "day").iter_rows():
        kg = weights.filter((pl.col("subject") == subject) & (pl.col("day") == day))["value"][-1]
        assert planned == pytest.approx(levels[subject].amount(1) * kg / 1000.0)


@pytest.mark.slow
def test_the_report_has_doses_without_bed_and_nothing_of_other_studies(home: Path) -> None:
    assert run("run", home / "trial", "-o", home / "report") == 0
    page = (home / "report" / "report.html").read_text(encoding="utf-8")
    assert "BED is not defined for α emitters" in page
    assert "225Ac-J591" in page and "kBq/kg" in page
    for word in ("177Lu", "PSMA-0057", "68Ga", "rolling"):
        assert word not in page.replace("177Lu-PSMA-617 label", "").replace("177Lu before", "")
    doses = pl.read_csv(home / "report" / "tables" / "absorbed-doses.csv", comment_prefix="#")
    assert doses["BED [Gy]"].null_count() == len(doses) > 0
    assert json.loads((home / "report" / "findings.json").read_text(encoding="utf-8"))


def test_the_board_shows_cohorts_of_three(home: Path) -> None:
    trial = open_trial(home / "trial")
    first = trial.record.facts("consent")["day"].min()
    study = trial.study_on(first)
    lanes = lanes_of(study, derive_board(study, trial.record.as_of(first), first))
    assert [[card.state for card in lane.cards] for lane in lanes] == [["free"] * 3] * 3
