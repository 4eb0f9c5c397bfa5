"""Every galu command in the README runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest

from support import ROOT

COMMANDS = re.findall(r"^(galu .+)$", (ROOT / "README.md").read_text(), re.MULTILINE)


def test_readme_shows_commands() -> None:
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_command_runs(command: str) -> None:
    words = shlex.split(command)[1:]
    done = subprocess.run(
        [sys.executable, "-m", "galu.cli.main", *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
