"""An amendment comes into force as a fact; earlier days keep the study of their time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from galu.cli.main import main
from galu.desk.amend import amend_trial
from galu.desk.folder import create_trial, open_trial
from galu.finding import InputError
from support import ROOT

STUDY = ROOT / "studies" / "nct07310355" / "study.yaml"


def _clock(day: int):
    return lambda: datetime(2026, 3, day, 4, 0, tzinfo=UTC)


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    create_trial(STUDY, tmp_path / "trial", "observed", clock=_clock(1))
    return tmp_path / "trial"


def _amended(folder: Path) -> Path:
    path = folder / "amended.yaml"
    text = STUDY.read_text(encoding="utf-8")
    path.write_text(text.replace("window_days: {value: 42,", "window_days: {value: 56,"), encoding="utf-8")
    return path


def test_each_day_has_the_version_of_its_time(trial: Path, tmp_path: Path) -> None:
    amended, changes = amend_trial(trial, _amended(tmp_path), "Amendment 1", "Sponsor", _clock(10))
    assert changes == ("safety.dlt.window_days: 42 → 56",)
    again = open_trial(trial)
    windows = {day: again.study_on(date(2026, 3, day)).safety.dlt.window_days.value for day in (5, 9, 10, 20)}
    assert windows == {5: 42, 9: 42, 10: 56, 20: 56}
    assert amended.record.facts("study_version")["amendment"].to_list() == [None, "Amendment 1"]


def test_what_cannot_be_an_amendment_is_refused_and_nothing_changes(trial: Path, tmp_path: Path) -> None:
    before = (trial / "record.sqlite").read_bytes()
    with pytest.raises(InputError, match="in force already"):
        amend_trial(trial, STUDY, "none", "Sponsor", _clock(10))
    moved = tmp_path / "moved.yaml"
    text = STUDY.read_text(encoding="utf-8")
    moved.write_text(text.replace("zone: Asia/Shanghai", "zone: Europe/Vienna"), encoding="utf-8")
    with pytest.raises(InputError, match="keep the zone"):
        amend_trial(trial, moved, "moved", "Sponsor", _clock(10))
    broken = tmp_path / "broken.yaml"
    broken.write_text("identity: [", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.yaml"):
        amend_trial(trial, broken, "broken", "Sponsor", _clock(10))
    assert (trial / "record.sqlite").read_bytes() == before
    assert not (trial / "versions").exists()


def test_the_command_lists_what_changed(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["amend", str(trial), str(_amended(tmp_path)), "--reason", "Amendment 1", "--by", "Sponsor"]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert "1 stated elements changed" in capsys.readouterr().out
