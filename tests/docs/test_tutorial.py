"""The tutorial runs from the first command to the last, and galu answers what the page shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pages import missing, run_line
from support import ROOT

TUTORIAL = ROOT / "docs" / "tutorial"
BLOCK = re.compile(r"^```(?P<language>console|text)\n(?P<text>.*?)^```", re.M | re.S)


def test_what_is_not_said_or_in_another_order_is_missing() -> None:
    assert missing("b\n…\na\n", "a  b") == "a"
    assert missing("a\n…\nb  c\n", "a x\nb\nc") == ""


def test_the_tutorial_goes_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "studies", tmp_path / "studies")
    shutil.copytree(TUTORIAL, tmp_path / "docs" / "tutorial")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    page = (TUTORIAL / "index.md").read_text(encoding="utf-8")
    said, commands, shown = "", 0, 0
    for block in BLOCK.finditer(page):
        if block["language"] == "text":
            shown += 1
            lacking = missing(block["text"], said)
            assert not lacking, f"{lacking!r} is not in\n{said}"
            continue
        for line in block["text"].splitlines():
            run_line(line)
            commands += 1
            said = capsys.readouterr().out
    assert commands == len(re.findall(r"^galu ", page, re.M)) > 15 and shown > 15
    assert (tmp_path / "review.html").is_file() and (tmp_path / "report" / "findings.json").is_file()
    assert "://" not in (tmp_path / "review.html").read_text(encoding="utf-8")
