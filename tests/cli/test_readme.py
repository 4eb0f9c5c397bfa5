"""Every galu command in the README runs, in the order in which it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from support import ROOT

COMMANDS = re.findall(r"^(galu .+)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_command_of_the_readme_runs(tmp_path: Path) -> None:
    assert len(COMMANDS) >= 10
    os.symlink(ROOT / "studies", tmp_path / "studies")
    for command in COMMANDS:
        words = [sys.executable, "-m", "galu.cli.main", *shlex.split(command)[1:]]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert done.stdout.strip(), command


def test_files_that_the_readme_names_exist() -> None:
    named = re.findall(r"\]\(([^)h][^)]*)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert named and all((ROOT / name).exists() for name in named), named
