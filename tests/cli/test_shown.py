"""What leaves galu runs nowhere: no cell as a formula, no text in the terminal, no script on a page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galu.cells import guarded, guarded_cell, shown, unguarded
from galu.cli import terminal
from galu.desk.grade import grade_file
from galu.desk.rows import write_rows
from galu.report.blocks import Table
from support import ROOT

RUNS = "=cmd|' /C calc'!A0"


@given(st.text())
def test_a_guarded_text_comes_back_and_never_begins_as_a_formula(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(tuple("=+-@\t\r\n"))
    assert guarded_cell(text) in (text, f"'{text}")


@pytest.mark.parametrize("number", ["-1", "+2.5", "-3e-4", "-.5", "-"])
def test_a_signed_number_stays_one(number: str) -> None:
    assert guarded_cell(number) == number


@given(st.text())
def test_no_control_character_is_shown(text: str) -> None:
    found = shown(text)
    assert not any((ord(char) < 32 and char not in "\n\t") or 127 <= ord(char) < 160 for char in found)
    assert shown(found) == found


def test_every_table_is_guarded(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.csv", ("a", "b"), [{"a": RUNS, "b": "-1"}])
    assert (tmp_path / "rows.csv").read_text() == f"a,b\n'{RUNS},-1\n"
    table = Table("t", "caption", ("a", "b"), ((RUNS, -1.0),))
    assert f"'{RUNS},-1.0" in table.csv("observed")
    (tmp_path / "labs.csv").write_text(
        f"SUBJECT,TERM,DIRECTION,AVAL,AVALU,PCHG\n{RUNS},Hypokalemia,L,2.2,mmol/L,-1\n"
    )
    grade_file(tmp_path / "labs.csv", tmp_path / "graded.csv", "5.0")
    assert f"'{RUNS},Hypokalemia,L,2.2,mmol/L,-1," in (tmp_path / "graded.csv").read_text()


def test_a_console_shows_codes_and_keeps_its_own_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    beneath = io.StringIO()
    monkeypatch.setattr("sys.stdout", terminal.shielded(beneath))  # type: ignore[arg-type]
    print("plain \x1b[2J\u202e text")
    console = terminal.console()
    console._color_system = None
    console.print("[bold]styled[/] \x1b[8m hidden")
    assert "\x1b[2J" not in beneath.getvalue() and "\x1b[8m" not in beneath.getvalue()
    assert "\\u001b[2J\\u202e" in beneath.getvalue() and "\\u001b[8m" in beneath.getvalue()
    assert terminal.shielded(terminal.sys.stdout) is terminal.sys.stdout


@pytest.mark.parametrize("page", sorted((ROOT / "src/galu").rglob("*.html")), ids=lambda path: path.name)
def test_every_page_forbids_scripts(page: Path) -> None:
    """A page that is a file says so itself; one of the server has the header, and scripts in files only."""
    text = page.read_text(encoding="utf-8")
    if "web" in page.parts:
        assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    elif "<!doctype" in text.casefold():
        assert "default-src 'none'" in text and "<script" not in text
