"""DOCX of a set: a table of its own on every page, with heads that a word processor repeats too.

Rows are written as XML: the library's access to a cell takes time by the square of the table. Dates inside
the archive are fixed, so that the bytes are the same from run to run.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from xml.sax.saxutils import escape

from galu.finding import InputError
from galu.report.documents.frame import Frame
from galu.report.documents.paging import HEIGHT, MARGIN, SIZE, STEP, WIDTH, Sheet, sheets_of
from galu.results import Page

_W: Final = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TWIPS: Final = 20
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def as_docx(pages: Iterable[Page], frame: Frame, tell: Callable[[str], None] = lambda _: None) -> bytes:
    """A document with all pages.

    Raises
    ------
    InputError
        Without the package that writes it.
    """
    try:
        import docx
        from docx.enum.section import WD_ORIENT
        from docx.shared import Pt
    except ImportError:
        remedy = "install it: pip install 'galu[documents]'"
        raise InputError("report", "DOCX needs the package python-docx", remedy) from None
    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Pt(WIDTH), Pt(HEIGHT)
    section.left_margin = section.right_margin = Pt(MARGIN)
    section.top_margin, section.bottom_margin = Pt(MARGIN - 6), Pt(MARGIN - 18)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(SIZE)
    style.paragraph_format.space_after = Pt(0)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = frame.study, "", frame.source
    _write(document.element.body, pages, frame, tell)
    raw = io.BytesIO()
    document.save(raw)
    return _fixed(raw.getvalue())


def _write(body: Any, pages: Iterable[Page], frame: Frame, tell: Callable[[str], None]) -> None:
    from docx.oxml import parse_xml

    end, first = body.sectPr, True
    for page in pages:
        tell(page.title)
        for sheet in sheets_of(page):
            for xml in _sheet(sheet, frame, first):
                end.addprevious(parse_xml(xml))
            first = False


def _clean(text: str) -> str:
    """Text without the signs that XML has no place for."""
    return escape("".join(sign for sign in text if sign in "\n\t" or sign >= " "))


def _sheet(sheet: Sheet, frame: Frame, first: bool) -> Iterator[str]:
    head = f"{frame.study}   Page {sheet.number} of {sheet.of}   {frame.stamp}".rstrip()
    yield _paragraph(head, "" if first else "<w:pageBreakBefore/>")
    yield _paragraph(frame.title(sheet.page), "", bold=True, size=SIZE + 2)
    yield _paragraph(frame.population(sheet.page))
    yield _table(sheet)
    for note in sheet.page.notes:
        yield _paragraph(note)
    yield _paragraph(f"{frame.source}; {frame.cut}")


def _paragraph(text: str, properties: str = "", bold: bool = False, size: float = SIZE) -> str:
    weight = "<w:b/>" if bold else ""
    return (
        f'<w:p {_W}><w:pPr>{properties}</w:pPr><w:r><w:rPr>{weight}<w:sz w:val="{round(size * 2)}"/></w:rPr>'
        f"{_run(text)}</w:r></w:p>"
    )


def _run(text: str) -> str:
    parts = _clean(text).split("\n")
    return "<w:br/>".join(f'<w:t xml:space="preserve">{part}</w:t>' for part in parts)


def _table(sheet: Sheet) -> str:
    grid = "".join(f'<w:gridCol w:w="{round(width * _TWIPS)}"/>' for width in sheet.widths)
    lines = '<w:top w:val="single" w:sz="6"/><w:bottom w:val="single" w:sz="6"/>'
    rows = [_row(sheet, sheet.page.heads, 0, "<w:tblHeader/>", "bottom")]
    for line in sheet.lines:
        texts = (line.row.label, *(cell.text for cell in line.row.cells))
        shown = tuple(t if any(part) else "" for t, part in zip(texts, line.texts, strict=True))
        rows.append(_row(sheet, shown, line.row.indent if sheet.page.kind == "table" else 0, "", ""))
    return (
        f'<w:tbl {_W}><w:tblPr><w:tblW w:w="{round(sum(sheet.widths) * _TWIPS)}" w:type="dxa"/>'
        f'<w:tblBorders>{lines}</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _row(sheet: Sheet, texts: tuple[str, ...], indent: int, kind: str, border: str) -> str:
    cells = []
    edge = f'<w:tcBorders><w:{border} w:val="single" w:sz="6"/></w:tcBorders>' if border else ""
    for n, (text, width) in enumerate(zip(texts, sheet.widths, strict=True)):
        numeric = n > 0 and sheet.page.kind == "table"
        look = '<w:jc w:val="right"/>' if numeric else ""
        if n == 0 and indent:
            look = f'<w:ind w:left="{round(indent * STEP * _TWIPS)}"/>'
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{round(width * _TWIPS)}" w:type="dxa"/>{edge}</w:tcPr>'
            f'<w:p><w:pPr>{look}</w:pPr><w:r><w:rPr><w:sz w:val="{round(SIZE * 2)}"/></w:rPr>'
            f"{_run(text)}</w:r></w:p></w:tc>"
        )
    return f"<w:tr><w:trPr><w:cantSplit/>{kind}</w:trPr>{''.join(cells)}</w:tr>"


def _fixed(raw: bytes) -> bytes:
    """The same archive with the same day in each entry, and without a moment of making."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(raw)) as archive,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed,
    ):
        for name in sorted(archive.namelist()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            fixed.writestr(entry, archive.read(name))
    return out.getvalue()
