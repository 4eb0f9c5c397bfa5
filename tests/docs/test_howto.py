"""The commands of each how-to page run, in order, on the files that the page shows."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from galu.cli.main import main
from support import ROOT

BLOCK = re.compile(
    r"^(?:`(?P<name>[\w./-]+)`\n\n)?```(?P<language>csv|console)\n(?P<text>.*?)^```", re.M | re.S
)


@pytest.mark.parametrize(
    "page", ["import-data.md", "judge-responses.md", "keep-a-record-safe.md", "record-a-patient.md"]
)
def test_howto_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "studies", tmp_path / "studies")
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "howto" / page).read_text(encoding="utf-8")
    commands = 0
    for block in BLOCK.finditer(text):
        if block["language"] == "csv":
            path = tmp_path / block["name"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
            continue
        for line in block["text"].splitlines():
            with pytest.raises(SystemExit) as ended:
                main(shlex.split(line)[1:])
            assert not ended.value.code, line
            commands += 1
    assert commands == len(re.findall(r"^galu ", text, re.M)) > 0
