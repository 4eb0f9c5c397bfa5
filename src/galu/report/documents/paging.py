"""Pages of a long table: which rows stand on which sheet, with heads repeated, by true widths of letters.

Widths are those of DejaVu Sans, which is wider than Arial: what fits here fits in a word processor too. No
sheet ends with a row that heads others, and one that begins inside a group repeats its heads.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from galu.results import Page, Row

#: A sheet: A4 across [pt], what is left around it, the size of letters and the height of a line.
WIDTH, HEIGHT, MARGIN, SIZE, LINE = 842.0, 595.0, 42.0, 8.0, 10.5
#: Between the text of two columns, and how far a row is set in for each step [pt].
GAP, STEP = 7.0, 9.0
#: Heights above and below the rows: study line, title, population; source line [lines].
ABOVE, BELOW = 5.0, 2.5
_LEAST, _MOST = 28.0, 190.0
CONTINUED: Final = " (continued)"


@cache
def font_path() -> Path:
    """The font that widths are taken from."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@cache
def _advances() -> tuple[dict[int, str], dict[str, tuple[int, int]], int]:
    from fontTools.ttLib import TTFont

    font = TTFont(font_path())
    return font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm


@cache
def _advance(sign: str) -> float:
    """Width of a letter in parts of its size; a Chinese one is as wide as high."""
    cmap, metrics, per_em = _advances()
    name = cmap.get(ord(sign))
    if name is None:
        return 1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.6
    return metrics[name][0] / per_em


def width_of(text: str, size: float = SIZE) -> float:
    """Width of a text [pt]."""
    return size * sum(map(_advance, text))


def wrapped(text: str, width: float) -> tuple[str, ...]:
    """Lines of a text that are no wider; a word that is too long is broken."""
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for word in _words(part):
            if line and width_of(line + word.rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            while width_of(word.rstrip()) > width:
                fits = next((n for n in range(len(word), 1, -1) if width_of(word[:n]) <= width), 1)
                lines.append(word[:fits])
                word = word[fits:]
            line += word
        lines.append(line.rstrip())
    return tuple(lines)


def _words(text: str) -> Iterator[str]:
    """Words with the space after them; between Chinese signs a line may end anywhere."""
    word = ""
    for sign in text:
        word += sign
        if sign == " " or unicodedata.east_asian_width(sign) in "WF":
            yield word
            word = ""
    if word:
        yield word


@dataclass(frozen=True, slots=True)
class Line:
    """A row on a sheet: the wrapped lines of its label and cells."""

    row: Row
    texts: tuple[tuple[str, ...], ...]

    @property
    def height(self) -> int:
        """Lines that it takes."""
        return max(len(text) for text in self.texts)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a page; `widths` of its columns [pt], `notes` wrapped to its width."""

    page: Page
    widths: tuple[float, ...]
    heads: tuple[tuple[str, ...], ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    number: int
    of: int


def sheets_of(page: Page) -> tuple[Sheet, ...]:
    """The sheets of a page; one without rows has one sheet."""
    widths = _widths(page)
    heads = tuple(wrapped(head, width - GAP) for head, width in zip(page.heads, widths, strict=True))
    notes = tuple(line for note in page.notes for line in wrapped(note, WIDTH - 2 * MARGIN))
    room = int((HEIGHT - 2 * MARGIN) / LINE - ABOVE - BELOW - max(map(len, heads)) - 1 - len(notes))
    parts = list(_broken([_line(page, row, widths) for row in page.rows], page, widths, max(room, 5)))
    return tuple(
        Sheet(page, widths, heads, tuple(part), notes, n, len(parts)) for n, part in enumerate(parts, 1)
    )


def _line(page: Page, row: Row, widths: Sequence[float]) -> Line:
    texts = (row.label, *(cell.text for cell in row.cells))
    inset = [STEP * row.indent if page.kind == "table" else 0.0, *(0.0 for _ in row.cells)]
    return Line(
        row,
        tuple(
            wrapped(text, width - GAP - step) for text, width, step in zip(texts, widths, inset, strict=True)
        ),
    )


def _broken(lines: Sequence[Line], page: Page, widths: Sequence[float], room: int) -> Iterator[list[Line]]:
    """Rows by sheet. A listing says the subject again on each; a table the heads of the group."""
    sheet: list[Line] = []
    open_heads: dict[int, Row] = {}
    used, subject = 0, ""
    for n, line in enumerate(lines):
        need = line.height
        if line.row.heads and n + 1 < len(lines):
            need += lines[n + 1].height  # never the last of its sheet
        if sheet and used + need > room:
            yield sheet
            sheet, used, subject = [], 0, ""
            if page.kind == "table":
                for indent in sorted(open_heads):
                    if indent < line.row.indent:
                        again = _line(page, _continued(open_heads[indent]), widths)
                        sheet.append(again)
                        used += again.height
        if page.kind == "listing":
            line = _without_subject(line, subject)
            subject = line.row.label
        else:
            open_heads = {indent: row for indent, row in open_heads.items() if indent < line.row.indent}
            if line.row.heads:
                open_heads[line.row.indent] = line.row
        sheet.append(line)
        used += line.height
    yield sheet


def _continued(row: Row) -> Row:
    blank = tuple(replace(cell, text="") for cell in row.cells)
    return replace(row, label=row.label + CONTINUED, cells=blank, who={})


def _without_subject(line: Line, before: str) -> Line:
    """A row of a listing without the subject and level that stand above it."""
    if line.row.label != before:
        return line
    return replace(line, texts=(("",), ("",), *line.texts[2:]))


def _widths(page: Page) -> tuple[float, ...]:
    """Widths that fill the sheet: of a listing by what stands in it, of a table equal beside the label."""
    whole = WIDTH - 2 * MARGIN
    if page.kind == "table":
        wanted = [width_of(row.label) + STEP * row.indent for row in page.rows]
        cell = max((width_of(one.text) for row in page.rows for one in row.cells), default=0.0) + GAP
        columns = max(len(page.heads) - 1, 1)
        label = min(max(max(wanted, default=0.0) + GAP, 120.0), max(0.4 * whole, whole - columns * cell))
        return (label, *((whole - label) / columns for _ in range(columns)))
    sample = page.rows[:: max(1, len(page.rows) // 400)]
    found = [max((width_of(part) for part in head.split()), default=_LEAST) for head in page.heads]
    for row in sample:
        for n, text in enumerate((row.label, *(cell.text for cell in row.cells))):
            found[n] = max(found[n], min(width_of(text), _MOST))
    found = [max(one, _LEAST) + GAP for one in found]
    return tuple(one * whole / sum(found) for one in found)
