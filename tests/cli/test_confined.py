"""A file that needs too much ends the import, not the machine, and nothing is written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from galu.cli.confined import is_confined
from galu.desk.folder import create_trial, open_trial
from support import ROOT


def galu(*words: object, memory: str) -> subprocess.CompletedProcess[str]:
    inside = {name: text for name, text in os.environ.items() if name != "GALU_CONFINED"}
    return subprocess.run(
        [sys.executable, "-m", "galu.cli.main", *map(str, words)],
        env={**inside, "GALU_IMPORT_MEMORY_GIB": memory},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    create_trial(ROOT / "studies" / "nct07310355", tmp_path / "trial", "observed").store.close()
    return tmp_path / "trial"


def test_an_import_runs_within_its_limits(trial: Path, tmp_path: Path) -> None:
    facts = tmp_path / "consent.csv"
    facts.write_text("id,subject,on\nc-1,P1,2026-02-01\n")
    done = galu("record", "import", trial, facts, memory="8")
    assert done.returncode == 0, done.stderr
    assert "1 facts written" in done.stdout
    facts.write_text("id,subject,on\nc-2,,2026-02-01\n")
    done = galu("record", "import", trial, facts, memory="8")
    assert done.returncode == 2 and "subject" in done.stderr


def test_a_file_that_needs_too_much_memory_is_a_sentence(trial: Path, tmp_path: Path) -> None:
    facts = tmp_path / "consent.csv"
    facts.write_text("id,subject,on\n" + 'c-1,P1,"' + "9" * 400_000_000 + '"\n')
    done = galu("record", "import", trial, facts, memory="0.5")
    facts.unlink()
    assert done.returncode != 0
    assert "nothing was written" in done.stderr and "Traceback" not in done.stderr
    assert len(open_trial(trial).record) == 1


def test_a_memory_that_is_none_is_a_sentence(trial: Path) -> None:
    done = galu("record", "import", trial, trial, memory="plenty")
    assert done.returncode == 2 and "GALU_IMPORT_MEMORY_GIB: 'plenty' is no memory" in done.stderr


def test_only_what_reads_foreign_files_is_confined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GALU_CONFINED", raising=False)
    assert is_confined(["record", "import", "x"]) and is_confined(["record", "restore"])
    assert not is_confined(["record", "verify"]) and not is_confined(["status"])
