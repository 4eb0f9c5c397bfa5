"""Whatever is killed at whatever moment: nothing acknowledged is lost, nothing is half there."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from galu.desk.folder import open_trial
from support import ROOT, csv, run

STUDY = ROOT / "studies" / "nct07310355"
SCENARIO = STUDY / "scenario.yaml"
ROWS = 200


def _killed(words: list[object], after_s: float) -> str:
    """Run a command in a process of its own and kill it after a while; what it had said by then."""
    command = [sys.executable, "-m", "galu.cli.main", *map(str, words)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        env={**os.environ, "GALU_CONFINED": "1", "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
    return said


def _took_s(words: list[object]) -> float:
    began = time.perf_counter()
    assert _killed(words, 600.0), "left alone it says what it did"
    return time.perf_counter() - began


def _window(number: int) -> int:
    """Days of the window in an amendment: each unlike the one before, none beyond the cycle."""
    return 42 - (number % 14 + 1)


class Trial:
    """A trial folder, and each command with a new input; every one is whole or was never there."""

    def __init__(self, home: Path) -> None:
        self.home, self.folder, self.number = home, home / "trial", 0
        assert run("init", STUDY, "-o", self.folder) == 0
        self.consents = self.signed = 0
        self.windows = [42]

    def words(self, command: str) -> list[object]:
        """The words of a command on the next input."""
        self.number += 1
        n = self.number
        if command == "import":
            rows = [f"c{n}-{i},S{n}-{i},2026-01-05" for i in range(ROWS)]
            csv(self.home / f"facts{n}", "consent", "id,subject,on", *rows)
            return ["record", "import", self.folder, self.home / f"facts{n}"]
        if command == "decide":
            return ["decide", self.folder, "suspend", "--by", f"Committee {n}", "--signer", "Dr Chair"]
        if command == "amend":
            text = (STUDY / "study.yaml").read_text(encoding="utf-8")
            path = self.home / f"amended{n}.yaml"
            path.write_text(text.replace("window_days: {value: 42,", f"window_days: {{value: {_window(n)},"))
            return ["amend", self.folder, path, "--reason", f"Amendment {n}", "--by", "Sponsor"]
        return ["simulate", STUDY, SCENARIO, "-o", self.home / f"simulated{n}"]

    def check(self, command: str, said: str) -> None:
        """The folder opens, is whole, and holds what was acknowledged."""
        if command == "simulate":
            out = self.home / f"simulated{self.number}"
            assert not out.exists() or run("record", "verify", out) == 0
            assert out.exists() or "facts" not in said
            shutil.rmtree(out, ignore_errors=True)
            return
        trial = open_trial(self.folder)
        record = trial.record
        consents, decisions = record.facts("consent").height, record.facts("decision").height
        assert consents % ROWS == 0 and decisions == record.facts("signature").height
        assert consents >= self.consents + (ROWS if "facts written" in said else 0)
        assert decisions >= self.signed + ("signed by" in said)
        versions = record.facts("study_version").height
        assert versions >= len(self.windows)
        if command == "amend":
            window = trial.study.safety.dlt.window_days.value if trial.study.safety else 0
            assert window == _window(self.number) if versions > len(self.windows) else window in self.windows
            assert versions > len(self.windows) or "→" not in said
            self.windows += [window] * (versions - len(self.windows))
        self.consents, self.signed = consents, decisions
        assert run("record", "verify", self.folder) == 0


def _kill_all(trial: Trial, counts: dict[str, int], seed: int) -> None:
    chance = random.Random(seed)
    for command, count in counts.items():
        words = trial.words(command)
        took = _took_s(words)
        trial.check(command, "")
        for _ in range(count):
            # Most moments after the start, when it writes, and a few after the end.
            moment = took * chance.uniform(0.3, 1.05)
            trial.check(command, _killed(trial.words(command), moment))


def test_a_few_kills_lose_nothing(tmp_path: Path) -> None:
    _kill_all(Trial(tmp_path), {"import": 4, "decide": 2, "amend": 2}, seed=1)


@pytest.mark.slow
def test_three_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    _kill_all(Trial(tmp_path), {"import": 150, "decide": 70, "amend": 70, "simulate": 10}, seed=2)
