"""RTF of a set: explicit pages with titles and heads on each, since no header row repeats everywhere.

Everything that RTF reads as a command is escaped: backslash, braces, and every sign beyond ASCII as its
UTF-16 units, so that text comes back as it went in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from galu.report.documents.frame import Frame
from galu.report.documents.paging import HEIGHT, MARGIN, SIZE, STEP, WIDTH, Sheet, sheets_of
from galu.results import Page

#: Twentieths of a point.
_TWIPS: Final = 20
_HEAD: Final = (
    r"{\rtf1\ansi\ansicpg1252\deff0\uc1{\fonttbl{\f0\fswiss\fcharset0 Arial;}}"
    rf"\paperw{round(WIDTH * _TWIPS)}\paperh{round(HEIGHT * _TWIPS)}\landscape"
    rf"\margl{round(MARGIN * _TWIPS)}\margr{round(MARGIN * _TWIPS)}"
    rf"\margt{round(MARGIN * _TWIPS)}\margb{round((MARGIN - 12) * _TWIPS)}\fs{round(SIZE * 2)}"
)


def escaped(text: str) -> str:
    """A text as RTF writes it."""
    out = []
    for sign in text:
        if sign in "\\{}":
            out.append("\\" + sign)
        elif sign == "\n":
            out.append(r"\line ")
        elif " " <= sign <= "~":
            out.append(sign)
        elif sign == "\t":
            out.append(r"\tab ")
        elif ord(sign) >= 0xA0:
            units = sign.encode("utf-16-le")
            for n in range(0, len(units), 2):
                unit = int.from_bytes(units[n : n + 2], "little", signed=True)
                out.append(rf"\u{unit}?")
    return "".join(out)


def as_rtf(pages: Iterable[Page], frame: Frame, tell: Callable[[str], None] = lambda _: None) -> bytes:
    """A document with all pages."""
    parts, first = [_HEAD], True
    for page in pages:
        tell(page.title)
        for sheet in sheets_of(page):
            parts.append("" if first else r"\page ")
            first = False
            parts.extend(_sheet(sheet, frame))
    parts.append("}")
    return "\n".join(parts).encode("ascii")


def _sheet(sheet: Sheet, frame: Frame) -> Iterator[str]:
    yield _paragraph(f"{frame.study}   Page {sheet.number} of {sheet.of}   {frame.stamp}".rstrip())
    yield _paragraph(frame.title(sheet.page), r"\b\fs20 ", r"\b0")
    yield _paragraph(frame.population(sheet.page))
    yield _row(sheet, sheet.page.heads, 0, r"\trhdr", r"\clbrdrt\brdrs\clbrdrb\brdrs")
    last = len(sheet.lines) - 1
    for n, line in enumerate(sheet.lines):
        indent = line.row.indent if sheet.page.kind == "table" else 0
        said = tuple(" ".join(text) if sheet.page.kind == "table" else "".join(text) for text in line.texts)
        texts = (line.row.label, *(cell.text for cell in line.row.cells))
        shown = tuple(text if any(part) else "" for text, part in zip(texts, said, strict=True))
        yield _row(sheet, shown, indent, "", r"\clbrdrb\brdrs" if n == last else "")
    for note in sheet.page.notes:
        yield _paragraph(note)
    yield _paragraph(f"{frame.source}; {frame.cut}")


def _paragraph(text: str, before: str = "", after: str = "") -> str:
    return rf"\pard\plain\f0\fs{round(SIZE * 2)} {before}{escaped(text)}{after}\par"


def _row(sheet: Sheet, texts: tuple[str, ...], indent: int, kind: str, borders: str) -> str:
    edges, edge = [], 0.0
    for width in sheet.widths:
        edge += width
        edges.append(rf"{borders}\cellx{round(edge * _TWIPS)}")
    cells = []
    for n, text in enumerate(texts):
        numeric = n > 0 and sheet.page.kind == "table"
        look = r"\qr" if numeric else rf"\ql\li{round(indent * STEP * _TWIPS) if n == 0 else 0}"
        cells.append(rf"\pard\plain\intbl\f0\fs{round(SIZE * 2)}{look} {escaped(text)}\cell")
    return rf"\trowd\trgaph40\trkeep{kind}{''.join(edges)}" + "".join(cells) + r"\row"
