"""What reads foreign files runs in a child with limits; what is refused leaves one entry, no other trace."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from galu.cli.main import CONFINED
from galu.desk.confined import LimitError, Limits, confined, limits_for
from galu.desk.folder import create_trial, open_trial
from galu.desk.identity import acts
from galu.desk.intake import Intake, take_in
from galu.desk.places import REFUSED
from galu.desk.record import import_csv, import_sdtm
from galu.desk.refusals import read_refusals
from galu.finding import InputError, ManyFaultsError
from hostile_files import HOSTILE
from support import ROOT, csv, run

STUDY = ROOT / "studies" / "nct07310355"
COMMANDS = {
    "facts": ("record", "import", "TRIAL", "PATH"),
    "sdtm": ("record", "import", "TRIAL", "PATH", "--format", "sdtm"),
    "registry": ("study", "import", "PATH"),
    "study": ("study", "check", "PATH"),
    "amend": ("amend", "TRIAL", "PATH", "--reason", "amendment 1", "--by", "Li Na"),
    "backup": ("record", "restore", "PATH", "-o", "PATH.out"),
}


#: Runs a command in a process between: what a fork of a large test process once held counts for its child.
_BETWEEN = """
import resource, subprocess, sys
ended = subprocess.run([sys.executable, "-m", "galu.cli.main", *sys.argv[1:]], stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
sys.stdout.buffer.write(ended.stdout)
print(f"\\npeak {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
sys.exit(ended.returncode)
"""


def galu(*words: object, memory: str = "8") -> tuple[int, str, float]:
    """Exit code, everything said and peak memory [MiB] of a command and its child, limits in force."""
    inside = {name: text for name, text in os.environ.items() if name != "GALU_CONFINED"}
    ended = subprocess.run(
        [sys.executable, "-c", _BETWEEN, *map(str, words)],
        env={**inside, "GALU_IMPORT_MEMORY_GIB": memory},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    said, _, peak_kib = ended.stdout.rpartition("\npeak ")
    return ended.returncode, said, int(peak_kib) / 1024


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    create_trial(STUDY, tmp_path / "trial", "observed").store.close()
    return tmp_path / "trial"


def words(how: str, trial: Path, path: Path) -> list[str]:
    return [one.replace("TRIAL", str(trial)).replace("PATH", str(path)) for one in COMMANDS[how]]


def test_an_import_runs_within_its_limits(trial: Path, tmp_path: Path) -> None:
    facts = tmp_path / "consent.csv"
    facts.write_text("id,subject,on\nc-1,P1,2026-02-01\n")
    code, said, _ = galu("record", "import", trial, facts)
    assert code == 0 and "1 facts written" in said
    facts.write_text("id,subject,on\nc-2,,2026-02-01\nc-3,P1,2026-13-01\n")
    code, said, _ = galu("record", "import", trial, facts)
    assert code == 2 and "2 faults, nothing was written" in said and "consent.csv, row 3, column on: " in said
    assert len(open_trial(trial).record) == 2


# Each of these is refused by another guard: size, line, memory, structure, depth, what is no file.
CHOSEN = ("a line of 1 GB", "a line of 400 MB", "xlsx bomb", "backup that unfolds", "deep YAML", "a pipe")


@pytest.mark.parametrize("name", CHOSEN)
def test_a_hostile_file_is_refused_in_little_memory(name: str, trial: Path, tmp_path: Path) -> None:
    _, make, how = next(one for one in HOSTILE if one[0] == name)
    code, said, peak_mib = galu(*words(how, trial, make(tmp_path)))
    assert code == 2 and "Traceback" not in said and peak_mib < 1024
    assert len(open_trial(trial).record) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("make", "how"), [one[1:] for one in HOSTILE], ids=[one[0] for one in HOSTILE])
def test_each_hostile_file_is_refused_soon(make, how, trial: Path, tmp_path: Path) -> None:
    began = os.times()
    code, said, peak_mib = galu(*words(how, trial, make(tmp_path)))
    now = os.times()
    used = now.children_user + now.children_system - began.children_user - began.children_system
    assert code == 2 and "Traceback" not in said
    assert peak_mib < 1024 and used < 5


@pytest.mark.parametrize(("make", "how"), [one[1:] for one in HOSTILE], ids=[one[0] for one in HOSTILE])
def test_a_refused_file_leaves_one_entry_and_no_other_trace(make, how, trial: Path, tmp_path: Path) -> None:
    if how not in ("facts", "sdtm"):
        pytest.skip("is brought into no trial")
    path = make(tmp_path)
    before = {one: one.read_bytes() for one in sorted(trial.rglob("*")) if one.is_file()}
    work = functools.partial(import_csv if how == "facts" else import_sdtm, trial, _given(how, path))
    with pytest.raises(InputError):
        take_in(Intake((path,), trial), work)
    after = {one: one.read_bytes() for one in sorted(trial.rglob("*")) if one.is_file()}
    assert after.keys() - before.keys() == {trial / REFUSED}
    assert {one: after[one] for one in before} == before
    (entry,), fault = read_refusals(trial)
    assert fault is None and entry.by and entry.recorded and entry.why
    assert [one.name for one in entry.files] == [path.name] or path.is_dir()


def _given(how: str, path: Path) -> object:
    return path if how == "facts" else (path,)


def test_the_entry_names_file_and_digest_and_never_the_content(trial: Path, tmp_path: Path) -> None:
    facts = tmp_path / "lab.csv"
    facts.write_text('id,subject,on,test,value,unit\nl,A,2026-02-01,ALT,"Zhang San, 1955-05-04",U/L\n')
    with pytest.raises(InputError, match="Zhang San"):
        take_in(Intake((facts,), trial), functools.partial(import_csv, trial, facts))
    (entry,), _ = read_refusals(trial)
    assert entry.files[0].size == facts.stat().st_size and len(entry.files[0].sha256) == 64
    assert "row 2, column value" in entry.place
    assert "Zhang" not in (trial / REFUSED).read_text(encoding="utf-8")


def test_a_dry_run_and_a_good_import_leave_no_entry(trial: Path, tmp_path: Path) -> None:
    facts = tmp_path / "consent.csv"
    facts.write_text("id,subject,on\nc-2,,2026-02-01\n")
    with pytest.raises(InputError):
        take_in(Intake((facts,), trial, True), functools.partial(import_csv, trial, facts, True))
    facts.write_text("id,subject,on\nc-2,P,2026-02-01\n")
    take_in(Intake((facts,), trial), functools.partial(import_csv, trial, facts))
    assert read_refusals(trial) == ((), None)


def test_a_changed_log_of_refusals_shows(trial: Path, tmp_path: Path) -> None:
    for _ in range(3):
        with pytest.raises(InputError):
            take_in(Intake((tmp_path / "none.csv",), trial), functools.partial(import_csv, trial, tmp_path))
    log = trial / REFUSED
    lines = log.read_text().splitlines(keepends=True)
    assert read_refusals(trial)[1] is None
    log.write_text("".join([lines[0], lines[2]]))
    assert read_refusals(trial)[1] == "entry 2 is missing (found 3)"
    log.write_text("".join(lines).replace("on this machine", "on that machine", 1))
    assert read_refusals(trial)[1] == "entry 1 was changed after it was written"


def _endless() -> None:
    while True:
        pass


def _greedy() -> int:
    return len([bytearray(2**20) for _ in range(4_000)])


def _waits() -> None:
    time.sleep(60)


def _refuses() -> None:
    raise ManyFaultsError([InputError("a.csv, row 1", "is wrong", "mend it"), InputError("b", "too", "so")])


@acts("import")
def _adds(one: int, two: int) -> int:
    return one + two


@pytest.mark.parametrize(
    ("work", "limits", "why"),
    [
        (_endless, Limits(2**30, 1, 60), "1 s of processor time"),
        (_greedy, Limits(2**29, 60, 60), "0.5 GiB of memory"),
        (_waits, Limits(2**30, 60, 1), "more than 1 s"),
    ],
    ids=["processor", "memory", "clock"],
)
def test_each_limit_ends_the_child_with_a_sentence(
    work, limits, why, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GALU_CONFINED")
    with pytest.raises(LimitError, match=why) as told:
        confined(work, "lab.csv", limits)
    assert told.value.place == "lab.csv" and "nothing was written" in told.value.remedy


def test_results_and_faults_cross_unchanged_from_a_fresh_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALU_CONFINED")
    assert confined(functools.partial(_adds, 1, two=2), "nothing", limits_for(0)) == 3
    with pytest.raises(ManyFaultsError) as told:
        confined(_refuses, "a.csv", limits_for(0))
    assert [one.place for one in told.value.errors] == ["a.csv, row 1", "b"]


def test_limits_grow_with_the_file_up_to_the_highest(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large, huge = limits_for(1000), limits_for(50 * 2**20), limits_for(2**30)
    assert small.memory_bytes < 2**30 < large.memory_bytes < huge.memory_bytes == 8 * 2**30
    assert small.cpu_s < large.cpu_s < huge.cpu_s
    monkeypatch.setenv("GALU_IMPORT_MEMORY_GIB", "0.5")
    assert limits_for(2**30).memory_bytes == 2**29


def test_a_memory_that_is_none_is_a_sentence(trial: Path) -> None:
    code, said, _ = galu("record", "import", trial, trial, memory="plenty")
    assert code == 2 and "GALU_IMPORT_MEMORY_GIB: 'plenty' is no memory" in said


def test_a_refused_amendment_is_noted(trial: Path, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text("identity: [\n")
    code, said, _ = galu(*words("amend", trial, study))
    assert code == 2 and "study.yaml" in said
    (entry,), _ = read_refusals(trial)
    assert entry.files[0].name == "study.yaml"


@pytest.mark.parametrize(
    "words",
    [
        ("study", "check", STUDY),
        ("record", "import", "TRIAL", "FACTS"),
        ("amend", "TRIAL", "AMENDED", "--check"),
    ],
)
def test_a_command_works_where_nothing_can_be_forked(
    words: tuple[object, ...], trial: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process with threads, as under a server or beside a database, the child is a fresh interpreter."""
    monkeypatch.delenv("GALU_CONFINED")
    for place in ("galu.desk.confined.can_fork", "galu.desk.intake.can_fork"):
        monkeypatch.setattr(place, lambda: False)
    amended = tmp_path / "amended.yaml"
    text = (STUDY / "study.yaml").read_text(encoding="utf-8")
    amended.write_text(text.replace("    value: 49\n", "    value: 50\n"), encoding="utf-8")
    facts = csv(tmp_path / "facts", "consent", "id,subject,on", "c1,S1,2024-01-05")
    named = {"TRIAL": trial, "FACTS": facts, "AMENDED": amended}
    assert run(*(named.get(str(word), word) for word in words)) == 0


def test_every_command_that_reads_foreign_files_is_confined() -> None:
    """A command with a file to read, which opens no trial, is in the table; the others take in themselves."""
    assert {one[0] for one in CONFINED} >= {"nca", "tac", "dose", "organs", "grade", "survival", "response"}
    for name in ("record", "amend"):
        assert "take_in(" in (ROOT / "src" / "galu" / "cli" / f"{name}.py").read_text(encoding="utf-8")
