"""No warning of Python or of a library stands behind a command: each one is an error here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from report.trial_folder import make_trial

_MAIN = "import sys; from galu.cli.main import main; main(sys.argv[1:])"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("warnings") / "t"
    make_trial(folder)
    return folder


@pytest.mark.parametrize("words", [("run", "-o", "report"), ("review", "-o", "page.html"), ("status",)])
def test_a_command_warns_of_nothing(folder: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    command, *options = words
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _MAIN, command, str(folder), *options],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
