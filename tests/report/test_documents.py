"""Documents of a set: what went in comes out, page by page, and the same bytes from run to run."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galu.report.blocks import Mark
from galu.report.documents.docx import as_docx
from galu.report.documents.frame import Frame
from galu.report.documents.html import as_html
from galu.report.documents.paging import CONTINUED, MARGIN, WIDTH, sheets_of, width_of, wrapped
from galu.report.documents.pdf import as_pdf
from galu.report.documents.rtf import as_rtf, escaped
from galu.results import Cell, Page, Row
from report.trial_folder import make_trial
from support import run

MARK = Mark("A trial", "NCT0", date(2026, 3, 1), None, "simulated", 7, "d" * 64, "s" * 64, None, "0")
FRAME = Frame(MARK)
NASTY = "back\\slash {braces} <= ≥ \\path 口干 𝛼 & <b>"


def rows(n: int, text: str = "1 (16.7)") -> tuple[Row, ...]:
    found = []
    for i in range(n):
        heads = i % 9 == 0
        found.append(Row(f"row {i}", 0 if heads else 1, (Cell(text), Cell(text)), heads, {"S1": ("f1",)}))
    return tuple(found)


def page(n: int, kind: str = "table", text: str = "1 (16.7)") -> Page:
    heads = ("", "3.7 GBq\n(N=6)", "Total\n(N=6)") if kind == "table" else ("Subject", "Level", "Term")
    return Page(
        "14.3.1.2", "Events", "all", heads, rows(n, text), ("A note.",), kind, members=(("S1",), ("S1",))
    )


@pytest.mark.parametrize("n", [0, 1, 38, 39, 40, 41, 104, 1000])
@pytest.mark.parametrize("kind", ["table", "listing"])
def test_every_row_stands_once_and_no_sheet_ends_with_a_head(n: int, kind: str) -> None:
    sheets = sheets_of(page(n, kind))
    shown = [
        line.row.label for sheet in sheets for line in sheet.lines if not line.row.label.endswith(CONTINUED)
    ]
    assert shown == [f"row {i}" for i in range(n)]
    assert [sheet.number for sheet in sheets] == list(range(1, len(sheets) + 1))
    assert {sheet.of for sheet in sheets} == {len(sheets)}
    for sheet in sheets[:-1]:
        assert not sheet.lines[-1].row.heads
        assert sum(line.height for line in sheet.lines) <= 45
    for sheet in sheets[1:] if kind == "table" else ():
        first = sheet.lines[0].row
        assert first.heads or first.label.endswith(CONTINUED)


def test_widths_fill_the_sheet_and_long_words_are_broken() -> None:
    for kind in ("table", "listing"):
        assert sum(sheets_of(page(5, kind))[0].widths) == pytest.approx(WIDTH - 2 * MARGIN)
    lines = wrapped("x" * 300 + " 疼痛" * 40, 100.0)
    assert all(width_of(line) <= 100.0 for line in lines)
    assert "".join(lines).replace(" ", "") == "x" * 300 + "疼痛" * 40


def unescaped(text: str) -> str:
    """Text of an RTF run, read by its own rules (RTF 1.9.1, Unicode: a signed unit and one sign to skip)."""
    units = bytearray()
    for part in re.findall(r"\\u-?\d+\?|\\line |\\tab |\\.|.", text, re.DOTALL):
        if re.fullmatch(r"\\u-?\d+\?", part):
            units += (int(part[2:-1]) & 0xFFFF).to_bytes(2, "little")
        else:
            said = {"\\line ": "\n", "\\tab ": "\t"}.get(part, part[-1])
            units += said.encode("utf-16-le")
    return units.decode("utf-16-le")


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.just(NASTY))
def test_text_comes_back_from_rtf(text: str) -> None:
    assert escaped(text).isascii()
    assert unescaped(escaped(text)) == text


def test_rtf_has_heads_on_each_page_and_balanced_braces() -> None:
    text = as_rtf([page(104, text=NASTY)], FRAME).decode("ascii")
    sheets = sheets_of(page(104, text=NASTY))
    assert text.count(r"\page ") == len(sheets) - 1 and text.count(r"\trhdr") == len(sheets)
    bare = re.sub(r"\\[\\{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert text.count("SIMULATED") == len(sheets)


def test_docx_is_read_back_with_every_cell() -> None:
    docx = pytest.importorskip("docx")
    made = as_docx([page(104, text=NASTY), page(0)], FRAME)
    document = docx.Document(io.BytesIO(made))
    found = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows[1:]]
    labels = [row[0] for row in found if not row[0].endswith(CONTINUED)]
    assert labels == [f"row {i}" for i in range(104)]
    assert all(row[1:] == [NASTY, NASTY] for row in found if not row[0].endswith(CONTINUED))
    assert made == as_docx([page(104, text=NASTY), page(0)], FRAME)
    assert {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(made)).infolist()} == {
        (1980, 1, 1, 0, 0, 0)
    }


def test_pdf_has_its_sheets_and_the_same_bytes() -> None:
    pytest.importorskip("fpdf")
    made = as_pdf([page(104), page(0)], FRAME)
    assert made[:5] == b"%PDF-" and made == as_pdf([page(104), page(0)], FRAME)
    assert made.count(b"/Type /Page\n") == len(sheets_of(page(104))) + 1


def test_html_leads_from_each_number_to_its_facts_and_shows_no_hostile_word() -> None:
    pages = dict(as_html([page(3, text="<script>alert(1)</script>")], FRAME))
    text = pages["t-14.3.1.2.html"]
    assert set(pages) == {"index.html", "t-14.3.1.2.html"}
    assert "<script" not in text and "&lt;script&gt;" in text
    for anchor in re.findall(r'href="#(r\d+)"', text):
        assert f'id="{anchor}"' in text
    assert not re.findall(r"https?://|@import|url\(", text)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set") / "t"
    make_trial(folder)
    return folder


def test_the_command_writes_all_formats_twice_the_same(trial: Path, tmp_path: Path) -> None:
    words = ("report", trial, "--format", "html,rtf,docx,pdf", "--only", "14.1.1", "--only", "16.2.8")
    assert run(*words, "-o", tmp_path / "a") == 0
    assert run(*words, "-o", tmp_path / "b") == 0
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert [str(one) for one in files] == [
        "cells.json", "html/index.html", "html/l-16.2.8.html", "html/t-14.1.1.html",
        "tables-and-listings.docx", "tables-and-listings.pdf", "tables-and-listings.rtf",
    ]  # fmt: skip
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    told = json.loads((tmp_path / "a" / "cells.json").read_text(encoding="utf-8"))
    assert [one["number"] for one in told["pages"]] == ["14.1.1", "16.2.8"]
    assert run(*words, "-o", tmp_path / "a") == 0  # an earlier set is replaced


def test_shells_hold_no_number(trial: Path, tmp_path: Path) -> None:
    assert run("report", trial, "-o", tmp_path / "s", "--shells") == 0
    told = json.loads((tmp_path / "s" / "cells.json").read_text(encoding="utf-8"))
    tables = [one for one in told["pages"] if one["kind"] == "table"]
    cells = [cell for one in tables for row in one["rows"] for cell in row["cells"]]
    assert cells and not any(sign.isdigit() for cell in cells for sign in cell[0])
    assert "SHELL" in (tmp_path / "s" / "html" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "xlsx"), "'xlsx' is no format; give some of html, pdf, docx, rtf"),
        (("--format", ","), "names no format"),
        (("--only", "99.9"), "99.9 is no table or listing; use one of 14.1.1"),
        (("--as-of", "2999-01-01"), "2999-01-01"),
    ],
)
def test_bad_words_are_told_and_nothing_is_written(
    trial: Path, tmp_path: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("report", trial, "-o", tmp_path / "o", *words) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "o").exists()


def test_a_folder_of_something_else_is_left_alone(trial: Path, tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "mine.txt").write_text("x", encoding="utf-8")
    assert run("report", trial, "-o", tmp_path / "o") == 2
    assert run("report", trial, "-o", trial) == 2
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["mine.txt"]
