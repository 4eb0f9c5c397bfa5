"""Split the free text of eligibility criteria into numbered items, and undo what the registry did to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPE = re.compile(r"\\([\\<>\[\]*_~`#+\-.!(){}|^])")
_SUPERSCRIPT = re.compile(r"(?<=[×x])\s?10(9|12|6|3)(?=/[µuμ]?L)")
_HEADING = re.compile(r"^\W*(?:key\s+)?(inclusion|exclusion)(?:\s+criteria)?\b[^\n]{0,60}$", re.I | re.M)
_NUMBER = re.compile(r"(?:(?<=\n)|(?<=\s)|^)\s*(\d{1,2})\.(?=\s?[^\s\d])")
_BULLET = re.compile(r"^\s*[*•\-–]\s+", re.M)


@dataclass(frozen=True, slots=True)
class Criteria:
    """Inclusion and exclusion items, and what no item could be made of."""

    inclusion: tuple[str, ...]
    exclusion: tuple[str, ...]
    unread: tuple[str, ...] = ()


def unescape(text: str) -> str:
    r"""Undo the registry's markdown escapes: ``\<`` is ``<``, ``\[`` is ``[``."""
    return _ESCAPE.sub(r"\1", text)


def restore_superscripts(text: str) -> str:
    """Give cell counts their lost superscript back: ``×109/L`` is ``×10^9/L``."""
    return _SUPERSCRIPT.sub(r"10^\1", text)


def split_criteria(text: str) -> Criteria:
    """Split criteria text into items: by number, also inside a line; else by bullet; else by line."""
    clean = restore_superscripts(unescape(text.replace("\r\n", "\n")))
    marks = list(_HEADING.finditer(clean))
    parts: dict[str, list[str]] = {"inclusion": [], "exclusion": []}
    unread: list[str] = []
    before = clean[: marks[0].start()].strip() if marks else clean.strip()
    if before:
        unread.append(before)
    for here, mark in enumerate(marks):
        end = marks[here + 1].start() if here + 1 < len(marks) else len(clean)
        items, rest = _items(clean[mark.end() : end])
        parts[mark.group(1).lower()] += items
        unread += rest
    return Criteria(tuple(parts["inclusion"]), tuple(parts["exclusion"]), tuple(unread))


def _items(block: str) -> tuple[list[str], list[str]]:
    marks: list[re.Match[str]] = []
    for mark in _NUMBER.finditer(block):
        # a number inside an item ("Section 4.8.5", "grade 2.") does not continue the count
        if int(mark.group(1)) == len(marks) + 1:
            marks.append(mark)
    if len(marks) >= 2 or (marks and not _BULLET.search(block)):
        ends = [*(mark.start() for mark in marks[1:]), len(block)]
        items = [_tidy(block[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
        head = _tidy(block[: marks[0].start()])
        return items, [head] if head else []
    bullets = list(_BULLET.finditer(block))
    if bullets:
        ends = [*(mark.start() for mark in bullets[1:]), len(block)]
        items = [_tidy(block[mark.end() : end]) for mark, end in zip(bullets, ends, strict=True)]
        head = _tidy(block[: bullets[0].start()])
        return [item for item in items if item], [head] if head else []
    return [_tidy(line) for line in block.split("\n") if line.strip()], []


def _tidy(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return "\n".join(line for line in lines if line)
