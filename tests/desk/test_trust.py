"""Clocks that ran ahead, rows changed behind galu's back, facts that came in before their rules did."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from galu.desk.amend import amend_trial
from galu.desk.decide import Statement, decide
from galu.desk.folder import TrialFolder, create_trial, open_trial
from galu.desk.status import trial_status
from galu.finding import InputError, OvertakenError
from galu.record import fact_digest
from galu.record.conduct import Element
from galu.record.people import Consent
from galu.record.seal import GENESIS, digest_of
from galu.store import Checkpoints, SqliteStore, verify
from support import ROOT

STUDY = ROOT / "studies" / "nct07310355"
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
COLUMNS = "seq, recorded, kind, payload, previous, digest"


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def consent(name: str, on: str = "2026-02-01") -> Consent:
    return Consent(id=f"c-{name}", subject=name, on=on)


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    """Two people consented."""
    folder = tmp_path / "trial"
    made = create_trial(STUDY, folder, "observed", clock=at(NOW))
    made.store.append([consent("P1"), consent("P2")])
    return folder


@pytest.mark.parametrize("days", [1, 400])
def test_a_clock_that_ran_ahead_stops_nothing(trial: Path, days: int) -> None:
    """Facts of that hour are known today, heads go by entry, the difference is told, and time catches up."""
    ahead = open_trial(trial, at(NOW + timedelta(days=days)))
    assert ahead.skew() is None
    ahead.store.append([consent("P3")])
    later = open_trial(trial, at(NOW + timedelta(hours=1)))
    assert "one of them is wrong" in str(later.skew())
    later.store.append([consent("P4")])
    again = open_trial(trial, at(NOW + timedelta(hours=2)))
    today = again.record.as_of(NOW.date())
    assert set(today.facts("consent")["subject"]) == {"P1", "P2", "P3", "P4"}
    assert again.record.as_of(NOW.date() - timedelta(days=1)).facts("consent").height == 0
    found = verify(again.store, again.checkpoints)
    assert (found.fault, found.entries) == (None, 5)
    after = open_trial(trial, at(NOW + timedelta(days=days + 1)))
    assert after.skew() is None
    after.store.append([consent("P5")])
    assert verify(after.store, after.checkpoints).fault is None


def test_a_day_to_come_is_refused(trial: Path) -> None:
    with pytest.raises(InputError, match="lies in the future; give a day up to"):
        trial_status(trial, date.today() + timedelta(days=2))


def change(folder: Path, how: Callable[[sqlite3.Connection], object], guards: bool = True) -> None:
    """Change the record as somebody with a database tool would; `guards` says whether they are put back."""
    with sqlite3.connect(folder / "record.sqlite") as base:
        triggers = base.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            base.execute(f'DROP TRIGGER "{name}"')
        how(base)
        for _, sql in triggers if guards else ():
            base.execute(sql)


def rename(base: sqlite3.Connection) -> None:
    base.execute("UPDATE entry SET payload = replace(payload, '2026-02-01', '2026-01-01') WHERE seq = 2")


def rechained(base: sqlite3.Connection) -> None:
    rename(base)
    previous = GENESIS
    for seq, recorded, kind, payload, *_ in base.execute(f"SELECT {COLUMNS} FROM entry").fetchall():
        digest = digest_of(previous, seq, recorded, kind, payload)
        base.execute("UPDATE entry SET previous=?, digest=? WHERE seq=?", (previous, digest, seq))
        previous = digest


TAMPERED: dict[str, Callable[[Path], object]] = {
    "a row": lambda folder: change(folder, rename),
    "a row, its guards gone": lambda folder: change(folder, rename, guards=False),
    "the guards alone": lambda folder: change(folder, lambda _: None, guards=False),
    "the whole chain": lambda folder: change(folder, rechained),
    "a lost end": lambda folder: change(folder, lambda base: base.execute("DELETE FROM entry WHERE seq = 3")),
    "no heads": lambda folder: [path.unlink() for path in (folder / "checkpoints").glob("*.json")],
    "a forged head": lambda folder: (change(folder, rechained), forge(folder, None)),
    "a forged pending head": lambda folder: (change(folder, rechained), forge(folder, "pending.json")),
}


def forge(folder: Path, name: str | None) -> None:
    """A head that fits the changed chain, without the key's signature."""
    (day,) = (folder / "checkpoints").glob("2*.json")
    head = json.loads(day.read_text())
    with sqlite3.connect(folder / "record.sqlite") as base:
        head["digest"] = base.execute("SELECT digest FROM entry ORDER BY seq DESC LIMIT 1").fetchone()[0]
    (day if name is None else day.with_name(name)).write_text(json.dumps(head))


@pytest.mark.parametrize("what", list(TAMPERED))
def test_what_was_changed_is_neither_shown_nor_built_upon(trial: Path, what: str) -> None:
    TAMPERED[what](trial)
    with pytest.raises(InputError, match=r"galu record verify"):
        open_trial(trial, at(NOW))
    store = SqliteStore(trial / "record.sqlite", at(NOW), checkpoints=Checkpoints(trial / "checkpoints"))
    assert verify(store, Checkpoints(trial / "checkpoints")).fault is not None
    if what in ("the whole chain", "a lost end", "no heads", "a forged head", "a forged pending head"):
        with pytest.raises(InputError, match=r"nothing was written|false signature"):
            store.append([consent("P9")])


def test_a_stale_pending_head_hurts_nobody(trial: Path) -> None:
    """A crash before the commit leaves one; the next batch takes its place."""
    checkpoints = Checkpoints(trial / "checkpoints")
    checkpoints.prepare(
        type(open_trial(trial, at(NOW)).store.head())(9, "0" * 64), "2026-03-02T08:00:00.000000Z"
    )
    opened = open_trial(trial, at(NOW))
    opened.store.append([consent("P3")])
    assert verify(opened.store, checkpoints).fault is None


def test_an_altered_earlier_version_of_the_study_is_not_used(trial: Path, tmp_path: Path) -> None:
    text = (STUDY / "study.yaml").read_text(encoding="utf-8")
    amended = tmp_path / "amended.yaml"
    amended.write_text(text.replace("value: 49", "value: 50"), encoding="utf-8")
    late = at(NOW + timedelta(days=10))
    amend_trial(trial, amended, "one more", "Dr A", late)
    opened = open_trial(trial, late)
    assert opened.study_on(NOW.date()).enrolment.target.value == 49  # type: ignore[union-attr]
    (earlier,) = (path for path in (trial / "versions").iterdir() if "value: 49" in path.read_text("utf-8"))
    earlier.write_text(text.replace("value: 49", "value: 48"), encoding="utf-8")
    with pytest.raises(InputError, match="was altered"):
        opened.study_on(NOW.date())


@pytest.mark.parametrize("name", ["PSMA?A %20", "a#b&mode=ro", "50% off?", "file:x", "ordner mit ümlaut"])
def test_a_folder_of_any_name_holds_its_own_record(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    made = create_trial(STUDY, folder, "observed", clock=at(NOW))
    made.store.append([consent("P1")])
    assert {path.name for path in tmp_path.iterdir()} == {name}
    assert open_trial(folder, at(NOW)).record.facts("consent").height == 1


def raw(trial: TrialFolder, *payloads: str) -> None:
    """Write payloads as an earlier galu did, that knew fewer rules: chained and signed."""
    head = trial.store.head()
    with sqlite3.connect(trial.path / "record.sqlite") as base:
        previous, seq = head.digest, head.seq
        for seq, payload in enumerate(payloads, head.seq + 1):
            stamp = "2026-03-02T08:00:00.000000Z"
            digest = digest_of(previous, seq, stamp, "consent", payload)
            row = (seq, stamp, "consent", payload, previous, digest)
            base.execute(f"INSERT INTO entry ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)
            previous = digest
    trial.checkpoints.prepare(type(head)(seq, previous), "2026-03-02T08:00:00.000000Z")


@pytest.mark.parametrize("when", ["2026-02-02T08:00:00+24:00", "0001-01-01", "2026-02-30", "soon"])
def test_a_fact_with_an_impossible_time_inside_is_named_and_left_out(trial: Path, when: str) -> None:
    raw(open_trial(trial, at(NOW)), f'{{"id":"bad","on":"{when}","subject":"P7"}}')
    opened = open_trial(trial, at(NOW))
    assert "P7" not in opened.record.facts("consent")["subject"].to_list()
    (one,) = opened.record.unread
    assert (one.id, one.column, one.text) == ("bad", "on", when)
    assert f"consent 'bad' of P7: on {when!r} is no time" in str(trial_status(trial).as_json()["unread"])
    right = Consent(id="good", subject="P7", on="2026-02-02", supersedes="bad", reason="no such time")
    opened.store.append([right])
    after = open_trial(trial, at(NOW)).record
    assert after.unread == () and "P7" in after.facts("consent")["subject"].to_list()


def test_ids_that_galu_gives_never_meet_one_that_is_there(trial: Path, tmp_path: Path) -> None:
    opened = open_trial(trial, at(NOW))
    opened.store.append(
        [Element(id=name, on="2026-03-01", name="X") for name in ("decision-1", "signature-2", "study-2")]
    )
    made, _, _ = decide(trial, Statement("suspend", None, "Sponsor", "Dr S"), at(NOW))
    assert made.id == "decision-3"
    text = (STUDY / "study.yaml").read_text(encoding="utf-8")
    amended = tmp_path / "amended.yaml"
    amended.write_text(text.replace("value: 49", "value: 50"), encoding="utf-8")
    after, _ = amend_trial(trial, amended, "one more", "Dr A", at(NOW))
    assert after.record.facts("study_version")["id"].to_list() == ["study-1", "study-3"]


def given(name: str) -> str:
    return (
        f"id,subject,on,agent,cycle,planned_activity_mbq\n{name},P1,2026-02-10T10:00,177Lu-PSMA-0057,1,3700\n"
    )


def test_two_writers_cannot_both_give_the_first_cycle(trial: Path, tmp_path: Path) -> None:
    """Each looked at a record without a dose; whoever comes second looks anew and is refused."""
    code = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from galu.desk.record import import_csv\n"
        "clock = lambda: datetime(2026, 3, 2, 8, tzinfo=UTC)\n"
        "import_csv(Path(sys.argv[1]), Path(sys.argv[2]), clock=clock)\n"
    )
    running = []
    for number in range(4):
        path = tmp_path / str(number) / "administration.csv"
        path.parent.mkdir()
        path.write_text(given(f"a-{number}"))
        running.append(
            subprocess.Popen([sys.executable, "-c", code, trial, path], stderr=subprocess.PIPE, text=True)
        )
    told = [one.communicate()[1] for one in running]
    assert sorted(one.returncode for one in running) == [0, 1, 1, 1], told
    assert all("cycle 1" in text for text in told if text), told
    assert open_trial(trial).record.facts("administration").height == 1


def test_a_decision_on_an_overtaken_board_is_not_signed(trial: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = open_trial(trial, at(NOW))
    monkeypatch.setattr(
        "galu.desk.decide.fact_digest",
        lambda fact: (other.store.append([consent("P9")]), fact_digest(fact))[1],
    )
    said = Statement("stop", None, "toxicity", "Clerk", "Chair", "approval")
    before = len(open_trial(trial, at(NOW)).record)
    with pytest.raises(OvertakenError, match="look again"):
        decide(trial, said, at(NOW))
    assert len(open_trial(trial, at(NOW)).record) == before + 1, "only what the other wrote"
