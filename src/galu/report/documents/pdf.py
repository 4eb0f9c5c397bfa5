"""PDF of a set: each sheet as it was paged, page x of y of each table; the same bytes from run to run."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from galu.finding import InputError
from galu.report.documents.frame import Frame
from galu.report.documents.paging import (
    ABOVE,
    GAP,
    HEIGHT,
    LINE,
    MARGIN,
    SIZE,
    STEP,
    WIDTH,
    Sheet,
    font_path,
    sheets_of,
    width_of,
)
from galu.results import Page

if TYPE_CHECKING:
    from fpdf import FPDF

#: Fonts with Chinese signs, where a machine has one (Debian: fonts-noto-cjk), and which of a collection.
_CHINESE: Final = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/System/Library/Fonts/PingFang.ttc", 0),
    ("C:/Windows/Fonts/msyh.ttc", 0),
)
_LATIN, _WIDE = "latin", "wide"


class _Writer:
    """Draws texts, each run of signs in a font that has them."""

    def __init__(self, frame: Frame) -> None:
        try:
            from fpdf import FPDF
        except ImportError:
            remedy = "install it: pip install 'galu[documents]'"
            raise InputError("report", "PDF needs the package fpdf2", remedy) from None
        self.pdf: FPDF = FPDF("L", "pt", (HEIGHT, WIDTH))
        self.pdf.set_auto_page_break(False)
        self.pdf.add_font(_LATIN, "", font_path())
        self.pdf.set_title(frame.study)
        self.pdf.set_creator(f"galu {frame.mark.version}")
        day = frame.mark.as_of
        self.pdf.set_creation_date(datetime(day.year, day.month, day.day, tzinfo=UTC))
        self._has_wide = False

    def text(self, x: float, y: float, text: str, size: float = SIZE) -> None:
        """Write from a place on."""
        for wide, run in groupby(text, key=_is_wide):
            part = "".join(run)
            self.pdf.set_font(self._wide() if wide else _LATIN, size=size)
            self.pdf.text(x, y, part)
            x += width_of(part, size)

    def right(self, x: float, y: float, text: str, size: float = SIZE) -> None:
        """Write up to a place."""
        self.text(x - width_of(text, size), y, text, size)

    def _wide(self) -> str:
        if not self._has_wide:
            found = next(((path, n) for path, n in _CHINESE if Path(path).is_file()), None)
            if found is None:
                fault = "a page has Chinese signs and this machine no font with them"
                raise InputError("report", fault, "install fonts-noto-cjk, or choose html, docx or rtf")
            self.pdf.add_font(_WIDE, "", found[0], collection_font_number=found[1])
            self._has_wide = True
        return _WIDE


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


def as_pdf(pages: Iterable[Page], frame: Frame, tell: Callable[[str], None] = lambda _: None) -> bytes:
    """A document with all pages, and an outline that leads to each.

    Raises
    ------
    InputError
        Without the package that writes it, or a font for what is in it.
    """
    writer = _Writer(frame)
    for page in pages:
        tell(page.title)
        for sheet in sheets_of(page):
            writer.pdf.add_page()
            if sheet.number == 1:
                writer.pdf.start_section(frame.title(page))
            _draw(writer, sheet, frame)
    found: Any = writer.pdf.output()
    return bytes(found)


def _draw(writer: _Writer, sheet: Sheet, frame: Frame) -> None:
    right, y = WIDTH - MARGIN, MARGIN
    writer.text(MARGIN, y, _short(frame.study, right - MARGIN - 160.0))
    writer.right(right, y, f"Page {sheet.number} of {sheet.of}")
    writer.text(MARGIN, y + 1.6 * LINE, frame.title(sheet.page), SIZE + 2.0)
    writer.text(MARGIN, y + 2.8 * LINE, frame.population(sheet.page))
    if frame.stamp:
        writer.right(right, y + 1.6 * LINE, frame.stamp, SIZE + 2.0)
    y = MARGIN + (ABOVE - 1.0) * LINE
    writer.pdf.set_line_width(0.6)
    writer.pdf.line(MARGIN, y - LINE + 2.0, right, y - LINE + 2.0)
    y = _row(writer, sheet, sheet.heads, (y, 0.0))
    writer.pdf.line(MARGIN, y - LINE + 3.0, right, y - LINE + 3.0)
    y += 0.3 * LINE
    for line in sheet.lines:
        indent = STEP * line.row.indent if sheet.page.kind == "table" else 0.0
        y = _row(writer, sheet, line.texts, (y, indent))
    writer.pdf.line(MARGIN, y - LINE + 3.0, right, y - LINE + 3.0)
    y += 0.4 * LINE
    for note in sheet.notes:
        writer.text(MARGIN, y, note, SIZE - 0.5)
        y += LINE
    writer.text(MARGIN, HEIGHT - MARGIN + 8.0, f"{frame.source}; {frame.cut}", SIZE - 1.0)


def _row(writer: _Writer, sheet: Sheet, texts: tuple[tuple[str, ...], ...], at: tuple[float, float]) -> float:
    """Draw one row; the y of the next."""
    (y, indent), x = at, MARGIN
    for n, (lines, width) in enumerate(zip(texts, sheet.widths, strict=True)):
        for k, text in enumerate(lines):
            if sheet.page.kind == "table" and n:
                writer.right(x + width - GAP, y + k * LINE, text)
            else:
                writer.text(x + (indent if n == 0 else 0.0), y + k * LINE, text)
        x += width
    return y + LINE * max(map(len, texts))


def _short(text: str, width: float) -> str:
    if width_of(text) <= width:
        return text
    fits = next(n for n in range(len(text), 0, -1) if width_of(text[:n] + "…") <= width or n == 1)
    return text[:fits] + "…"
