"""An amendment comes into force as a fact; earlier days keep the study of their time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from galu.cli.main import main
from galu.desk.amend import Begins, amend_trial
from galu.desk.folder import create_trial, open_trial
from galu.finding import InputError
from galu.record import Fact
from galu.record.people import Consent, Demographics
from galu.record.treatment import Administration, Enrolment
from galu.trial.state import derive_state
from support import ROOT, run

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
    path.write_text(text.replace("window_days: {value: 42,", "window_days: {value: 28,"), encoding="utf-8")
    return path


def test_each_day_has_the_version_of_its_time(trial: Path, tmp_path: Path) -> None:
    amended, changes = amend_trial(trial, _amended(tmp_path), "Amendment 1", "Sponsor", _clock(10))
    assert changes == ("safety.dlt.window_days: 42 → 28",)
    again = open_trial(trial)
    windows = {day: again.study_on(date(2026, 3, day)).safety.dlt.window_days.value for day in (5, 9, 10, 20)}
    assert windows == {5: 42, 9: 42, 10: 28, 20: 28}
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


LU = "177Lu-PSMA-0057"
BARE = "therapeutic PSMA-0057"
DOSED = "2026-03-05"


def _men(agent: str = LU) -> list[Fact]:
    """Two men, one at each level; the site of both is Wuhan."""
    facts: list[Fact] = []
    for level, mbq in ((1, 3700.0), (2, 6000.0)):
        name = f"P{level}"
        facts += [
            Consent(id=f"c{level}", subject=name, on="2026-03-02"),
            Demographics(id=f"d{level}", subject=name, on="2026-03-02", sex="M", site="Wuhan"),
            Enrolment(id=f"e{level}", subject=name, on="2026-03-04", phase="escalation", level=level),
            Administration(
                id=f"a{level}", subject=name, on=f"{DOSED}T10:00", agent=agent, cycle=1,
                planned_activity_mbq=mbq, activity_mbq=mbq,
            ),
        ]  # fmt: skip
    return facts


@pytest.fixture
def treated(trial: Path) -> Path:
    open_trial(trial, _clock(6)).store.append(_men())
    return trial


def _file(folder: Path, *changes: tuple[str, str]) -> Path:
    text = STUDY.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "next.yaml"
    path.write_text(text, encoding="utf-8")
    return path


LEVEL_2 = "  - level: 2\n    activity_gbq: 6.0\n    source: registry\n"
IMPOSSIBLE = {
    "another trial": ([("NCT07310355", "NCT07310356")], "this trial is NCT07310355"),
    "level gone": ([(LEVEL_2, "")], r"levels\[2\]: is gone, and P2 was there with 6 GBq"),
    "renumbered": (
        [(LEVEL_2, LEVEL_2.replace("6.0", "4.8") + LEVEL_2.replace("level: 2", "level: 3"))],
        "6 GBq is level 3 now, and P2 was there with 6 GBq: levels cannot be renumbered",
    ),
    "activity": ([("activity_gbq: 6.0", "activity_gbq: 7.4")], "is 7.4 GBq now, and P2 was there"),
    "agent": ([(LU, "177Lu-PSMA-0058")], f"{LU} is gone, though it was given"),
    "target": ([("    value: 49\n", "    value: 1\n")], "is 1, with 2 dosed already; write 2 or more"),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_cannot_be_true_of_those_in_the_trial_is_refused(
    treated: Path, tmp_path: Path, what: str
) -> None:
    changes, said = IMPOSSIBLE[what]
    before = (treated / "record.sqlite").read_bytes()
    with pytest.raises(InputError, match=said):
        amend_trial(treated, _file(tmp_path, *changes), "Amendment 1", "Sponsor", _clock(10))
    assert (treated / "record.sqlite").read_bytes() == before
    assert not (treated / "versions").exists()


def test_an_agent_that_was_given_keeps_its_nuclide(tmp_path: Path) -> None:
    """A name that tells the nuclide is refused by the file alone; a bare one is held to the record."""
    create_trial(_file(tmp_path, (LU, BARE)), tmp_path / "trial", "observed", clock=_clock(1))
    open_trial(tmp_path / "trial", _clock(6)).store.append(_men(BARE))
    path = _file(tmp_path, (LU, BARE), ("Lu-177", "Tb-161"), ("- id: lu177-", "- id: tb161-"))
    with pytest.raises(InputError, match="another nuclide than the Lu-177 given"):
        amend_trial(tmp_path / "trial", path, "Amendment 1", "Sponsor", _clock(10))


def test_a_design_that_would_have_no_answer_to_those_enrolled_is_refused(tmp_path: Path) -> None:
    second = ("escalation:\n", "escalation:\n  start: {value: 2, source: assumed, why: test}\n")
    create_trial(_file(tmp_path, second), tmp_path / "trial", "observed", clock=_clock(1))
    above = [one for one in _men() if one.subject == "P2"]
    open_trial(tmp_path / "trial", _clock(6)).store.append(above)
    with pytest.raises(InputError, match=r"has no answer to those enrolled so far .*skips to level 2"):
        amend_trial(tmp_path / "trial", STUDY, "Amendment 1", "Sponsor", _clock(10))


@pytest.mark.parametrize("what", ["activity", "target"])
def test_the_same_is_possible_while_nobody_is_in_the_trial(trial: Path, tmp_path: Path, what: str) -> None:
    amend_trial(trial, _file(tmp_path, *IMPOSSIBLE[what][0]), "Amendment 1", "Sponsor", _clock(10))


def test_a_level_with_patients_changes_when_it_is_said(treated: Path, tmp_path: Path) -> None:
    path = _file(tmp_path, *IMPOSSIBLE["activity"][0])
    begins = Begins(changes_level=True)
    trial, changes = amend_trial(treated, path, "Amendment 1", "Sponsor", _clock(10), begins)
    assert changes == ("treatment.levels[2].activity_gbq: 6.0 → 7.4",)
    state = derive_state(trial.study_on(date(2026, 3, 10)), trial.record, date(2026, 3, 10))
    assert [one.therapy[0].level_mbq for one in state.subjects] == [3700.0, 6000.0]
    assert not [one for one in state.deviations if one.rule == "activity of another level"]


DAYS = {
    "past": (Begins(date(2026, 3, 4)), "P1 was dosed on 2026-03-05: what was judged stays"),
    "year 1": (Begins(date(1, 1, 1)), "lies outside 1850 to 2199"),
    "year 9999": (Begins(date(9999, 12, 31)), "lies outside 1850 to 2199"),
    "unknown site": (
        Begins(sites=(("Wuhn", date(2026, 4, 1)),)),
        "nobody is at a site 'Wuhn'; write one of Wuhan",
    ),
    "twice": (Begins(sites=(("Wuhan", date(2026, 4, 1)), ("Wuhan", date(2026, 5, 1)))), "has two days"),
}


@pytest.mark.parametrize("what", DAYS)
def test_days_and_sites_that_cannot_be_are_refused(treated: Path, tmp_path: Path, what: str) -> None:
    begins, said = DAYS[what]
    with pytest.raises(InputError, match=said):
        amend_trial(treated, _amended(tmp_path), "Amendment 1", "Sponsor", _clock(10), begins)


def test_a_day_in_the_past_is_possible_where_nothing_was_done_since(treated: Path, tmp_path: Path) -> None:
    trial, _ = amend_trial(treated, _amended(tmp_path), "A", "Sponsor", _clock(10), Begins(date(2026, 3, 6)))
    window = trial.study_on(date(2026, 3, 10)).safety
    assert window is not None and window.dlt.window_days.value == 28
    day = date(2026, 3, 10)
    slots = derive_state(trial.study_on(day), trial.record, day).board.slots
    assert [one.window_days for one in slots] == [42, 42]


def test_the_command_takes_day_site_and_consent_and_the_pages_show_them(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["amend", trial, _amended(tmp_path), "--reason", "Amendment 1", "--by", "Sponsor"]
    terms = ["--effective", "2190-01-01", "--at", "Wuhan=2190-02-01", "--reconsent", "--form", "2"]
    assert run(*words, *terms) == 0
    said = capsys.readouterr().out
    assert "safety.dlt.window_days: 42 → 28" in said
    assert (
        "in force from 2190-01-01, Wuhan: from 2190-02-01, for those in the trial after a new consent" in said
    )
    assert run("review", trial, "-o", tmp_path / "review.html") == 0
    assert "Versions of the study" in (tmp_path / "review.html").read_text(encoding="utf-8")
    assert run("amend", trial, trial / "study.yaml", "--reason", "x", "--by", "y", "--at", "Wuhan") == 2
    assert "is no site with a day" in capsys.readouterr().err


def test_a_check_lists_and_writes_nothing(
    trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (trial / "record.sqlite").read_bytes()
    assert run("amend", trial, _amended(tmp_path), "--check") == 0
    said = capsys.readouterr().out
    assert (
        "safety.dlt.window_days: 42 → 28" in said and "0 orphaned" in said and "nothing was written" in said
    )
    assert (trial / "record.sqlite").read_bytes() == before and not (trial / "versions").exists()
