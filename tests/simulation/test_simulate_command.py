"""`galu simulate` makes a trial folder whose record verifies, and never overwrites."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from galu.cli.simulate import simulate
from galu.desk.folder import open_trial
from galu.finding import InputError
from support import ROOT

FOLDER = ROOT / "studies" / "nct07310355"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference study with one level and seven patients."""
    folder = tmp_path_factory.mktemp("small")
    text = (FOLDER / "study.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("  target:\n    value: 49\n", "  target:\n    value: 7\n"),
        ("  - level: 2\n    activity_gbq: 6.0\n    source: registry\n", ""),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    scenario = (FOLDER / "scenario.yaml").read_text(encoding="utf-8")
    (folder / "scenario.yaml").write_text(scenario.replace("[0.06, 0.12]", "[0.06]"), encoding="utf-8")
    return folder


def _run(*words: object):
    import typer

    app = typer.Typer()
    app.command()(simulate)
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_trial_folder_is_written_once(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "trial"
    done = _run(small, small / "scenario.yaml", "--seed", 3, "-o", out)
    assert done.exit_code == 0, done.output
    trial = open_trial(out)
    given = trial.record.facts("administration")
    dosed = set(given.filter(given["agent"] == "177Lu-PSMA-0057")["subject"])
    assert len(dosed) >= 7, "whoever is not evaluable is replaced, so more than the target may be dosed"
    assert "SIMULATED" in done.output and f"{len(dosed)} dosed" in done.output
    assert trial.record.origin == "simulated"
    assert len(trial.record) > 1000
    again = _run(small, small / "scenario.yaml", "--seed", 4, "-o", out)
    assert isinstance(again.exception, InputError)
    assert "not an empty folder" in str(again.exception)
    assert len(open_trial(out).record) == len(trial.record)


def test_a_scenario_of_another_study_is_refused(small: Path, tmp_path: Path) -> None:
    other = tmp_path / "scenario.yaml"
    text = (small / "scenario.yaml").read_text(encoding="utf-8")
    other.write_text(text.replace("study: NCT07310355", "study: NCT00000000"), encoding="utf-8")
    done = _run(small, other, "-o", tmp_path / "trial")
    assert isinstance(done.exception, InputError)
    assert "not of NCT07310355" in str(done.exception)
    assert not (tmp_path / "trial").exists()
