"""A committee reads its page and signs; only its signed decision opens the expansion."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from galu.cli.main import main
from galu.desk.decide import Statement, decide
from galu.desk.folder import create_trial, open_trial
from galu.desk.review import write_review
from galu.finding import InputError
from galu.record import Fact
from galu.record.people import Consent, Lab
from galu.record.treatment import Administration, Enrolment
from support import ROOT

START = date(2026, 2, 2)
LU = "177Lu-PSMA-0057"


def _clock(day: date):
    return lambda: datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def _patient(number: int, level: int, first: date) -> list[Fact]:
    day, name = first.isoformat(), f"P{number}"
    activity = {1: 3700.0, 2: 6000.0}[level]
    return [
        Consent(id=f"c{number}", subject=name, on=day),
        Enrolment(id=f"e{number}", subject=name, on=day, phase="escalation", level=level),
        Administration(
            id=f"a{number}", subject=name, on=f"{day}T10:00", agent=LU, cycle=1,
            planned_activity_mbq=activity, activity_mbq=activity,
        ),
        Lab(id=f"l{number}", subject=name, on=day, test="PLAT", value=150, unit="10^9/L"),
    ]  # fmt: skip


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    """Six patients at each level, every window closed without a DLT."""
    folder = tmp_path / "trial"
    made = create_trial(ROOT / "studies" / "nct07310355", folder, "observed", clock=_clock(START))
    facts = [fact for n in range(6) for fact in _patient(n, 1, START + timedelta(days=n))]
    facts += [fact for n in range(50, 56) for fact in _patient(n, 2, START + timedelta(days=n))]
    made.store.append(facts)
    return folder


END = START + timedelta(days=150)
RP2D = Statement("rp2d", 2, "Safety committee", "Dr Chair", comment="level 2 is safe")


def test_a_signed_decision_opens_the_expansion_and_a_correction_makes_it_stale(trial: Path) -> None:
    made, board, warnings = decide(trial, RP2D, _clock(END))
    assert "a0" in made.rests_on
    assert (board.decisions[0].signer, board.decisions[0].by) == ("Dr Chair", "Safety committee")
    pending = [slot.subject for slot in board.slots if slot.outcome == "P"]
    assert [sentence.split()[0] for sentence in warnings] == pending
    assert (board.phase, board.next_level, board.decisions[0].signed) == ("expansion", 2, True)
    folder = open_trial(trial, _clock(END + timedelta(days=1)))
    given = Administration(
        id="a0b", subject="P0", on=f"{START}T10:00", agent=LU, cycle=1, planned_activity_mbq=3700,
        activity_mbq=3600, supersedes="a0", reason="residual was read wrong",
    )  # fmt: skip
    folder.store.append([given])
    _, after, _ = decide(
        trial, Statement("suspend", None, "Sponsor", "Dr S"), _clock(END + timedelta(days=2))
    )
    assert [(one.decision, one.stale) for one in after.decisions] == [("rp2d", True), ("suspend", False)]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (Statement("rp2d", None, "Committee", "Chair"), "needs a level"),
        (Statement("rp2d", 3, "Committee", "Chair"), "none of the 2 planned"),
        (Statement("promote", 1, "Committee", "Chair"), "unknown"),
        (Statement("stop", None, " ", "Chair"), "a name is missing"),
    ],
)
def test_what_is_no_decision_is_refused_and_nothing_written(trial: Path, said: Statement, fault: str) -> None:
    before = open_trial(trial).store.head()
    with pytest.raises(InputError, match=fault):
        decide(trial, said, _clock(END))
    assert open_trial(trial).store.head() == before


def test_the_page_shows_seats_pathways_and_what_was_given(trial: Path, tmp_path: Path) -> None:
    page = write_review(trial, tmp_path / "review.html", START + timedelta(days=150)).read_text("utf-8")
    for word in ("P0", "P55", "Activity", "Absorbed dose", "3700"):
        assert word in page
    assert "highest planned dose" not in page, "one count each: nobody watched these windows"
    assert "://" not in page
    with pytest.raises(InputError, match="had not begun"):
        write_review(trial, tmp_path / "none.html", START - timedelta(days=20))
    assert not (tmp_path / "none.html").exists()


def test_the_commands(trial: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["decide", str(trial), "suspend", "--by", "Sponsor", "--signer", "Dr S"]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert "signed by Dr S" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["review", str(trial), "-o", str(tmp_path / "page.html")])
    assert ended.value.code == 0
    assert (tmp_path / "page.html").is_file()
