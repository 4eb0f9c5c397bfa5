"""Texts that leave galu for programs that would run them: spreadsheets and terminals.

A cell that a spreadsheet takes for a formula is written behind an apostrophe (OWASP, CSV injection), and a
control character is shown as its code, so that no text moves the cursor or hides what stands beside it.
"""

from __future__ import annotations

import re
from typing import Final

_BEGINNING: Final = r"^[=+\-@\t\r\n＝＋－＠]"
#: A cell that a spreadsheet would run.
FORMULA: Final = rf"(?s){_BEGINNING}."
#: A signed number as a whole cell.
NUMBER: Final = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_BEGINS: Final = re.compile(_BEGINNING)
_RUNS: Final = re.compile(FORMULA)
_NUMBER: Final = re.compile(NUMBER)
#: C0 and C1 without tab and line feed; marks that turn or hide text.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

#: ASCII that is shown as it is.
_PLAIN: Final = bytes(range(0x20, 0x7F)) + b"\t\n"


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet runs; a text that looks like a guarded one is guarded too."""
    return f"'{text}" if _needs_guard(text) else text


def unguarded(cell: str) -> str:
    """The text that was guarded."""
    return cell[1:] if cell[:1] == "'" and _needs_guard(cell) else cell


def guarded_cell(text: str) -> str:
    """A cell of a table of results: a signed number is a number, anything else that begins so is guarded."""
    return f"'{text}" if _RUNS.match(text) and not _NUMBER.match(text) else text


def shown(text: str) -> str:
    r"""A text as a terminal may show it: control characters as their codes, such as ``\u001b``."""
    if text.isascii() and not text.encode().translate(None, _PLAIN):  # quick, and most of what is shown
        return text
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _needs_guard(text: str) -> bool:
    """Whether a cell would run as a formula, or be taken for a guarded one."""
    if text[:1] == "'":
        return len(text) == 1 or text[1] == "'" or bool(_BEGINS.match(text[1:]))
    return text == "" or bool(_BEGINS.match(text))
