"""The page that completes a study file: its blocks go into the skeleton, its commands run in order."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from galu.protocol import load_study
from galu.protocol.readiness import needs
from pages import load, run_line, write, write_into
from support import ROOT, shared

PAGE = ROOT / "docs" / "howto" / "complete-a-study-file.md"
BLOCK = re.compile(
    r"^(?:`(?P<name>[\w./-]+)`\n\n)?```(?P<language>csv|console|yaml)\n(?P<text>.*?)^```"
    r"|^Copy `(?P<section>\w+)` from `(?P<source>[\w./-]+)`\.$",
    re.M | re.S,
)
ALL = "ready to screen, to enrol, to decide the dose, to dose, to report"


def test_a_skeleton_becomes_a_file_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "studies", tmp_path / "studies")
    shutil.copy(shared("study", "nct07310355-registry-page.txt"), tmp_path / "registry-page.txt")
    monkeypatch.chdir(tmp_path)
    study = tmp_path / "study.yaml"
    said: dict[str, list[str]] = {}
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["section"]:
            copied = load(tmp_path / block["source"])[block["section"]]
            write(study, {**load(study), block["section"]: copied})
        elif block["language"] == "yaml":
            write_into(study, block["text"])
            assert needs(load_study(study))
        elif block["language"] == "csv":
            path = tmp_path / block["name"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
        else:
            for line in block["text"].splitlines():
                run_line(line)
                said.setdefault(line, []).append(capsys.readouterr().out)
    skeleton, complete = said["galu study check study.yaml"]
    assert f"not {ALL}" in skeleton
    assert f"\n{ALL}" in complete and "not ready" not in complete
    assert f"\n{ALL}" in said["galu init study.yaml -o trial"][0]
    status = said["galu status trial"][0]
    assert "Screening (1) 001" in status and "6 of 6 slots free" in status
