"""Text of a file in whatever encoding it was saved: stated, marked, or guessed and said so.

What could not be read is the sign U+FFFD; a cell that holds one is told as such.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from galu.finding import InputError

UNREADABLE: Final = "\ufffd"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_RUNS: Final = re.compile(rb"[\x80-\xff]+")
#: Pairs of GB 2312: punctuation and the 3,755 characters of level 1, which make up ordinary text.
_HANZI: Final = re.compile(rb"(?:[\xa1-\xa3\xb0-\xd7][\xa1-\xfe])")
#: Bytes that Windows-1252 leaves undefined.
_NOT_WINDOWS: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
#: Share of the runs of non-ASCII bytes that must fit an encoding to be taken for it. Assumed.
_FITS: Final = 0.8
#: How much of a file is looked at to tell an encoding without byte order mark from its zero bytes.
_LOOKED_AT: Final = 4096


@dataclass(frozen=True, slots=True)
class Encoding:
    """Name of an encoding, and whether it was only guessed."""

    name: str
    guessed: bool = False

    def decode(self, data: bytes) -> str:
        """Text, with U+FFFD where bytes fit no letter."""
        return data.decode(self.name, errors="replace")

    @property
    def told(self) -> str:
        """What a report says of it; nothing of UTF-8."""
        if self.name in ("utf-8", "utf-8-sig"):
            return ""
        return f"{self.name}, guessed: --encoding states another" if self.guessed else self.name


def encoding_of(data: bytes, stated: str | None = None) -> Encoding:
    """Encoding of some bytes: the byte order mark, else what is stated, else the best guess.

    UTF-8 where all of it or most of its non-ASCII runs are; GB 18030 where nearly all runs are pairs of
    ordinary Chinese characters; else Windows-1252, or Latin-1 where that has no letter for a byte.

    >>> encoding_of("sèche".encode("latin-1")).name
    'cp1252'
    >>> encoding_of("血小板减少".encode("gb18030")).name
    'gb18030'
    """
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if marked is not None:
        return Encoding(marked)
    if stated is not None:
        return Encoding(named_encoding(stated))
    head = data[:_LOOKED_AT]
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(head) > 3 and zeros.count(0) > len(zeros) / 2:
            return Encoding(name, guessed=True)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(data)
    return Encoding("utf-8")


def named_encoding(stated: str) -> str:
    """The name Python knows an encoding by.

    Raises
    ------
    InputError
        When there is none.
    """
    try:
        return codecs.lookup(stated).name
    except LookupError:
        remedy = "use one such as utf-8, cp1252, latin-1 or gb18030"
        raise InputError("--encoding", f"`{stated}` is no encoding", remedy) from None


def _guessed(data: bytes) -> Encoding:
    runs = _RUNS.findall(data)
    if sum(_is_utf8(run) for run in runs) > len(runs) / 2:
        return Encoding("utf-8", guessed=True)
    if _is_chinese(runs):
        return Encoding("gb18030", guessed=True)
    return Encoding("latin-1" if _NOT_WINDOWS.search(data) else "cp1252", guessed=True)


def _is_utf8(run: bytes) -> bool:
    try:
        run.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese(runs: list[bytes]) -> bool:
    """Whether nearly all runs are made of pairs, and those of ordinary characters."""
    paired = [run for run in runs if len(run) % 2 == 0]
    pairs = [run[at : at + 2] for run in paired for at in range(0, len(run), 2)]
    ordinary = sum(_HANZI.fullmatch(pair) is not None for pair in pairs)
    return len(paired) >= _FITS * len(runs) and ordinary >= _FITS * len(pairs)
