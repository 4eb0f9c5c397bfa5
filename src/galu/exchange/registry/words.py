r"""What a registry, a browser or a word processor did to a text, undone: markup, entities, escapes.

Nothing is reworded. Lines and their indentation stay, since they say what belongs together.
"""

from __future__ import annotations

import html
import re
from typing import Final

_NEWLINES: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES: Final = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE: Final = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]|[\x00-\x08\x0e-\x1f\x7f]")
_NARROW: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_LONE: Final = re.compile(r"[\ud800-\udfff]")
#: Tags of HTML only; "<50 ng/dL" is none.
_TAGS: Final = (
    (re.compile(r"<\s*br\s*/?\s*>", re.I), "\n"),
    (re.compile(r"<\s*li(?:\s[^<>]*)?>", re.I), "\n* "),
    (re.compile(r"<\s*sup\s*>", re.I), "^"),
    (re.compile(r"<\s*/?\s*(?:p|ul|ol|div|tr|h[1-6]|table|tbody)(?:\s[^<>]*)?>", re.I), "\n"),
    (re.compile(r"<\s*/\s*li\s*>|<\s*/?\s*(?:b|i|u|em|strong|span|sub|td|font)(?:\s[^<>]*)?>", re.I), ""),
    (re.compile(r"<\s*/\s*sup\s*>", re.I), ""),
)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPE: Final = re.compile(r"\\([\\<>\[\]*_~`#+\-.!(){}|^=&\"'$%/:;?@,])")
_SUPERSCRIPT: Final = re.compile(r"(?<=[×xX])(\s?)10(9|12|6|3)(?=\s?/\s?[µμu]?L\b)")


def plain(text: str) -> str:
    """Text without tags, entities and invisible signs; line ends are ``\\n``, lines keep their indent."""
    text = _LONE.sub("\ufffd", _NEWLINES.sub("\n", text))
    for tag, instead in _TAGS:
        text = tag.sub(instead, text)
    for _ in range(3):  # what was escaped twice is undone twice
        again = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
        if again == text:
            break
        text = again
    return _INVISIBLE.sub("", _SPACES.sub(" ", _NEWLINES.sub("\n", text)))


def narrow(text: str) -> str:
    """Full-width signs as their narrow twins, each at its place: the look of a text, not the text."""
    return text.translate(_NARROW)


def listed(text: str, between: str | None = None) -> tuple[str, ...]:
    """Words of a table that is written in one string."""
    return tuple(text.split(between))


def unescape(text: str) -> str:
    r"""Undo the registry's markdown escapes: ``\<`` is ``<``, ``\[`` is ``[``."""
    return _ESCAPE.sub(r"\1", text)


def restore_superscripts(text: str) -> str:
    """Give cell counts their lost superscript back: ``×109/L`` is ``×10^9/L``."""
    return _SUPERSCRIPT.sub(r"\g<1>10^\2", text)


def said(text: str) -> str:
    """A passage as it was meant: plain, unescaped, without blank ends of lines."""
    lines = unescape(plain(text)).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def tidy(text: str) -> str:
    """Lines with single spaces, without empty ones; escapes and lost superscripts undone."""
    lines = [" ".join(line.split()) for line in restore_superscripts(unescape(text)).split("\n")]
    return "\n".join(line for line in lines if line)
