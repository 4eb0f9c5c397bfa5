"""The commands of each how-to page run, in order, on the files that the page shows."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, ValidationError

from galu.protocol import load_study
from galu.protocol.readiness import needs
from galu.record import Fact
from pages import missing, run_line, write_into
from servers import shared_cluster
from support import ROOT

BLOCK = re.compile(
    r"^(?:`(?P<name>[\w./-]+)`\n\n)?```(?P<language>csv|console|yaml|text)\n(?P<text>.*?)^```", re.M | re.S
)


@pytest.mark.parametrize(
    "page",
    [
        "amend-a-study.md",
        "import-data.md",
        "judge-responses.md",
        "keep-a-record-safe.md",
        "record-a-patient.md",
    ],
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
        if block["language"] != "console":
            continue
        for line in block["text"].splitlines():
            if line.startswith("galu "):
                run_line(line)
                commands += 1
            else:
                subprocess.run(line, shell=True, check=True)  # what a page does with files
    assert commands == len(re.findall(r"^galu ", text, re.M)) > 0


def test_the_page_on_postgresql_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address is that of a server made for it; roles and database are made as the page says."""
    cluster = shared_cluster()
    shutil.copytree(ROOT / "studies", tmp_path / "studies")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PGHOST", str(cluster.home))
    text = (ROOT / "docs" / "howto" / "run-on-postgresql.md").read_text(encoding="utf-8")
    (made,) = re.findall(r"^```sql\n(.*?)^```", text, re.M | re.S)
    cluster.sql(*made.strip().splitlines())
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        for line in block.splitlines():
            run_line(line.replace("db.example.org", ""))
    for statement in ("UPDATE galu.entry SET kind = ''", "DELETE FROM galu.entry", "TRUNCATE galu.entry"):
        with pytest.raises(RuntimeError, match="permission denied"):
            cluster.sql(statement, role="trial_app", database="trials_here")


@pytest.mark.parametrize("page", ["add-a-criterion.md", "add-an-organ-limit.md", "add-an-endpoint.md"])
def test_what_a_page_writes_into_the_study_file_does_what_it_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("studies", "docs/tutorial"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    study = tmp_path / "studies" / "nct07310355" / "study.yaml"
    before, said = load_study(study), ""
    for block in BLOCK.finditer((ROOT / "docs" / "howto" / page).read_text(encoding="utf-8")):
        if block["language"] == "yaml":
            write_into(study, block["text"])
            assert load_study(study) != before and not needs(load_study(study))
        elif block["language"] == "csv":
            path = tmp_path / block["name"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
        elif block["language"] == "text":
            lacking = missing(block["text"], said)
            assert not lacking, f"{lacking!r} is not in\n{said}"
        else:
            for line in block["text"].splitlines():
                run_line(line)
                said = capsys.readouterr().out


def test_the_kind_of_fact_of_the_page_is_one() -> None:
    page = (ROOT / "docs" / "howto" / "add-a-kind-of-fact.md").read_text(encoding="utf-8")
    code = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    known: dict[str, Any] = {"Fact": Fact, "Field": Field}
    exec("from __future__ import annotations\n" + code[0], known)
    row = {"id": "p", "subject": "001", "on": "2026-01-06"}
    assert known["Pain"].model_validate({**row, "score": 4}).site is None
    with pytest.raises(ValidationError):
        known["Pain"].model_validate({**row, "score": 14})
    for name in re.findall(r"`(trial/\w+\.py|exchange/[\w/]+\.py)`", page):
        assert (ROOT / "src" / "galu" / name).is_file()
    assert all(name in (ROOT / "src" / "galu" / file).read_text(encoding="utf-8") for name, file in NAMED)


#: What the page names, and where it stands.
NAMED = (
    ("SHOWS_ALIVE", "trial/alive.py"),
    ("EVIDENCE", "trial/schedule.py"),
    ("_CHECKS", "trial/admission.py"),
    ("_EXAMPLES", "exchange/facts_templates.py"),
    ("gather_evidence", "trial/eligibility.py"),
)
