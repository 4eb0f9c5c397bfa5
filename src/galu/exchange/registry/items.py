"""A block of criteria under one heading, taken apart into items; what belongs to an item stays with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from galu.exchange.registry.headings import group
from galu.exchange.registry.marks import (
    INNER_BULLETS,
    Line,
    Mark,
    bullets_inside,
    inside,
    read_line,
    with_sure_marks,
    with_tight_bullets,
    without_bullets,
)
from galu.exchange.registry.words import narrow, tidy

_ENDED: Final = re.compile(r"[.;:。!?)\]][\"'”’*_]*$")
#: Words after which a list that follows belongs to the item.
_INTRODUCES: Final = re.compile(
    r"(?:[:,]|\b(?:following|follows|as|of|by|below|criteria|including|includes?|either|and|or|met|with|to)"
    r"|以下|如下|包括|之一)\W*$",
    re.I,
)
_MOST_MISSING: Final = 10
#: A number with its sign after a sentence, and nothing else on its line.
_LAST_OF_LINE: Final = re.compile(r"(?<=[.;)])[ \t]+(\d{1,3})([.)])[ \t]*\n(?=[ \t]*[A-Z≥≤])")


def _ended(text: str) -> bool:
    return bool(_ENDED.search(narrow(text)))


@dataclass
class Item:
    """An item as it is gathered: its lines, its mark, the heading it stands under."""

    lines: list[str]
    mark: Mark | None = None
    under: str | None = None

    def text(self) -> str:
        """The words of the item; its parts on lines of their own."""
        return tidy("\n".join(self.lines))


@dataclass
class Block:
    """What a block of lines came to; `tail` may be a heading over what follows, `heads` are those inside."""

    items: list[Item] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    tail: str | None = None


@dataclass
class _List:
    """A list that is open: style of its marks, its indent, the last number."""

    mark: Mark
    indent: int


class _Gathering:
    """Reads lines one by one; the list in which items stand, and the lists inside the last item."""

    def __init__(self, lines: Sequence[Line], under: str | None) -> None:
        self.lines, self.under = lines, under
        self.block = Block()
        self.top: _List | None = None
        self.inner: list[_List] = []
        self.preamble: list[Line] = []
        self.remarked = False

    def run(self) -> Block:
        for here, line in enumerate(self.lines):
            if line.whole:
                self._take(line, here)
        return self._with_preamble()

    def _with_preamble(self) -> Block:
        """What stands before the first mark introduces the list; several lines that do not are items."""
        lines = self.preamble
        if len(lines) > 1 and not any(narrow(one.whole).endswith(":") for one in lines):
            self.block.items = [*_unmarked(lines, None).items, *self.block.items]
        elif lines:
            self.block.unread.insert(0, "\n".join(one.whole for one in lines))
        return self.block

    def _take(self, line: Line, here: int) -> None:
        mark = self._chosen(line, here)
        self.remarked = self.remarked and mark is None
        if mark is not None:
            self.top = self.top or _List(mark, line.indent)
            self.top.mark, self.inner = self.top.mark._replace(number=mark.number), []
            if line.indent < self.top.indent or not self.block.items:
                self.top.indent = line.indent
            self.block.items.append(Item([line.text], mark, self.under))
        elif not line.marks and group(line.whole) and not self.block.items:
            self._stand_under(line)
        elif not self.block.items:
            self.preamble.append(line)
        elif not line.marks and self._is_heading(line, here):
            self._stand_under(line)
        elif not line.marks and self.remarked:
            self.block.unread[-1] += f"\n{tidy(line.whole)}"
        elif self.top is None or (not line.marks and self._is_remark(line, here)):
            self.block.unread.append(tidy(line.whole))
            self.remarked = True
        else:
            self._append(line)

    def _stand_under(self, line: Line) -> None:
        self.under, self.top, self.inner = tidy(line.whole), None, []
        self.block.heads.append(self.under)

    def _append(self, line: Line) -> None:
        item = self.block.items[-1]
        wrapped = not line.marks and not line.after_blank and not _ended(item.lines[-1])
        if wrapped:
            item.lines[-1] += f" {line.whole}"
        else:
            item.lines.append(line.whole)

    def _chosen(self, line: Line, here: int) -> Mark | None:
        """The reading of the line's mark by which it begins an item; None where it belongs to the last."""
        if self.top is None:
            return _first_of_a_list(line)
        for mark in line.marks:
            if self._part(mark, line, here):
                return None
            if self._next(mark, line, here):
                return mark
        return None

    def _part(self, mark: Mark, line: Line, here: int) -> bool:
        """Whether the mark continues or opens a list inside the last item; notes that list."""
        top = self.top
        assert top is not None
        for depth in range(len(self.inner) - 1, -1, -1):
            inner = self.inner[depth]
            follows = mark.number in (0, inner.mark.number + 1)
            if inner.mark.style == mark.style and follows and abs(line.indent - inner.indent) <= 1:
                if self._continues_top(mark) and line.indent <= top.indent + 1:
                    break  # both may go on: what is no deeper than the items is one
                self.inner[depth:] = [_List(mark, line.indent)]
                return True
        if mark.style == "n-" and line.text[:1].isdigit():
            return False
        if mark.number <= 1 and self._opens(mark, line, here):
            self.inner.append(_List(mark, line.indent))
            return True
        return False

    def _continues_top(self, mark: Mark) -> bool:
        assert self.top is not None
        return self.top.mark.style == mark.style and mark.number in (0, self.top.mark.number + 1)

    def _opens(self, mark: Mark, line: Line, here: int) -> bool:
        """Whether a first number or a bullet opens a list inside the last item."""
        top = self.top
        assert top is not None
        deeper = line.indent > top.indent + 1
        if deeper:
            return not (mark.number and self._continues_top(mark))
        if mark.escaped and not mark.number and not top.mark.escaped:
            return True
        if mark.style in INNER_BULLETS and top.mark.style not in INNER_BULLETS:
            return True
        if mark.style == top.mark.style:
            if not mark.number:
                return False
            return bool(self._introduced() or self._later(top.mark.style, top.mark.number + 1, here))
        if top.mark.number and not mark.number:
            return True
        returns = self._later(top.mark.style, top.mark.number + 1 if top.mark.number else 0, here)
        return self._introduced() or returns or top.mark.number > 0

    def _introduced(self) -> bool:
        return bool(_INTRODUCES.search(narrow(self.block.items[-1].lines[-1])))

    def _later(self, style: str, number: int, here: int) -> bool:
        """Whether the list of the items goes on below."""
        for line in self.lines[here + 1 :]:
            if not line.marks and line.whole and self._named(line):
                return False
            if any(mark[:2] == (style, number) for mark in line.marks):
                return True
        return False

    def _next(self, mark: Mark, line: Line, here: int) -> bool:
        top = self.top
        assert top is not None
        last = top.mark.number
        if mark.style == top.mark.style:
            if mark.number in (0, 1, last, last + 1):
                return True
            said = " ".join(self.block.items[-1].lines)  # the numbers between may stand on its line
            begins = re.match(r"[^a-z\d]", line.text) or inside(said, mark.style, last + 1)
            return bool(begins) and mark.number <= last + _MOST_MISSING
        if line.indent > top.indent + 1:
            return False
        if not mark.number:
            return not last
        if last:  # "1. … 2) … 3. …": the same list, marked unevenly
            return mark.number == last + 1 and mark.style[0] in "n(("
        if mark.number == 1:
            self.top = None
            return True
        return False

    def _named(self, line: Line) -> bool:
        return group(line.whole) or (narrow(line.whole).endswith(":") and line.whole[:1].isupper())

    def _is_heading(self, line: Line, here: int) -> bool:
        """Whether running text between items is a heading inside the list."""
        following = next((one for one in self.lines[here + 1 :] if one.whole), None)
        if following is None or not following.marks:
            if following is None and (group(line.whole) or self._named(line)) and not self._deep(line):
                self.block.tail = tidy(line.whole)
            return False
        if self._deep(line) or not self._begins_top(following):
            return False
        if self._named(line):
            return group(line.whole) or bool(_ended(self.block.items[-1].lines[-1])) or line.after_blank
        words = line.whole.split()
        short = len(words) <= 6 and line.whole[:1].isupper() and not _ended(line.whole)
        return line.after_blank and short

    def _deep(self, line: Line) -> bool:
        return self.top is not None and line.indent > self.top.indent + 1

    def _begins_top(self, line: Line) -> bool:
        if self.top is None:
            return True
        if line.indent > self.top.indent + 1:
            return False
        marks = [mark for mark in line.marks if mark.style == self.top.mark.style]
        return any(mark.number in (0, 1) or mark.number > self.top.mark.number for mark in marks)

    def _is_remark(self, line: Line, here: int) -> bool:
        """Whether running text after the last item belongs to none: a paragraph of its own."""
        if self._deep(line):
            return False
        if self.block.tail:
            return True
        more = any(mark for one in self.lines[here + 1 :] for mark in one.marks)
        apart = line.after_blank and not re.match(r"[a-z]", line.whole) and not more
        return apart and bool(_ended(self.block.items[-1].lines[-1]) or _ended(line.whole))


def _first_of_a_list(line: Line) -> Mark | None:
    """The reading that begins a list: a first mark, else a number where the list begins in the middle."""
    for mark in line.marks:
        if mark.number <= 1 and not (mark.style == "n-" and line.text[:1].isdigit()):
            return mark
    return next((mark for mark in line.marks if mark.style in ("n.", "n)", "(n)", "n、", "①")), None)


def read_block(text: str, under: str | None) -> Block:
    """Items of a block: by their marks; without marks each line is one."""
    lines: list[Line] = []
    blank = False
    for row in _marks_on_their_lines(text).split("\n"):
        lines.append(read_line(row, blank))
        blank = not row.strip()
    lines = with_sure_marks(without_bullets(with_tight_bullets(lines)))
    first = next((one for one in lines if one.whole), None)
    if first is None:
        return Block()
    if _only_first(lines):
        lines = [replace(one, whole=one.text, marks=()) for one in lines]
    if not any(one.marks for one in lines):
        return _unmarked(lines, under)
    found = _Gathering(lines, under).run()
    if not found.items:
        found = _unmarked(lines, under)
    found.items = [part for item in found.items for part in _apart(item, found.items)]
    return found


def _marks_on_their_lines(text: str) -> str:
    """A number that ends its line begins the next, where those before and after it are marks."""

    def moved(found: re.Match[str]) -> str:
        number, sign = int(found[1]), re.escape(found[2])
        around = (rf"(?:^|\s){one}{sign}\s+\S" for one in (number - 1, number + 1))
        whole = all(re.search(one, text, re.M) for one in around)
        return f"\n{found[1]}{found[2]} " if whole else found[0]

    return _LAST_OF_LINE.sub(moved, text)


def _only_first(lines: Sequence[Line]) -> bool:
    """Whether a list lost all its bullets but the first, as in the registry's older records."""
    first, *rest = (one for one in lines if one.whole)
    bare = [one for one in rest if not one.marks and one.indent <= first.indent]
    bullet = bool(first.marks) and not first.marks[0].number
    return bullet and len(bare) == len(rest) and any(re.match(r"[A-Z≥≤]", one.whole) for one in bare)


def _unmarked(lines: Sequence[Line], under: str | None) -> Block:
    block = Block()
    rows = [one for one in lines if one.whole]
    width = max(len(one.whole) for one in rows)
    for here, line in enumerate(rows):
        before = block.items[-1].lines[-1] if block.items else ""
        wraps = len(rows[here - 1].whole if here else "") >= 60 and width <= 100 and not line.after_blank
        if group(line.whole) and (here + 1 < len(rows) or block.items):
            under = block.tail = tidy(line.whole)
            block.heads.append(under)
        elif block.items and wraps and not _ended(before) and re.match(r"[a-z\d(]", line.whole):
            block.items[-1].lines[-1] += f" {line.whole}"
        else:
            block.tail = None
            block.items += (
                _on_one_line(line.whole, under, block)
                if len(rows) == 1
                else [Item([line.whole], None, under)]
            )
    return block


def _on_one_line(text: str, under: str | None, block: Block) -> list[Item]:
    """A line that holds a numbered list after some words; else one item."""
    for style in ("n.", "n)", "(n)", "n、", "①"):
        found = inside(text, style, 1)
        if found is not None and inside(text[found.end() :], style, 2) is not None:
            block.unread.append(tidy(text[: found.start()]))
            return [Item([text[found.end() :]], Mark(style, 1), under)]
    return [Item([text], None, under)]


def _apart(item: Item, items: Sequence[Item]) -> list[Item]:
    """An item whose text holds the next numbers of its own list, as in "11. … 12. …", taken apart."""
    if item.mark is None:
        return [item]
    style, number = item.mark.style, item.mark.number
    if not number:
        alone = sum(1 for one in items if one.mark is not None) == 1
        if style in "*-" and not alone:
            return [item]
        first, *more = item.lines
        parts = bullets_inside(first, style)
        found = [Item([part], item.mark, item.under) for part in parts]
        found[-1].lines += more
        return found
    this = next(place for place, one in enumerate(items) if one is item)
    after = items[this + 1].mark if this + 1 < len(items) else None
    ends = after.number if after is not None and after.number > number else None
    found = [item]
    while number + 1 != ends and (parted := _next_inside(found[-1], style, number + 1, ends)) is not None:
        number += 1
        found.append(parted)
    return found


def _next_inside(item: Item, style: str, number: int, ends: int | None) -> Item | None:
    """What follows the mark of this number inside an item, taken off it."""
    for sure in (False, True):
        for row, line in enumerate(item.lines):
            mark = inside(line, style, number, sure)
            if mark is None:
                continue
            rest = [line[mark.end() :].strip(), *item.lines[row + 1 :]]
            goes_on = number + 1 == ends or any(inside(one, style, number + 1) for one in rest)
            if sure and not goes_on:
                continue
            item.lines[row:] = [line[: mark.start()].rstrip()]
            return Item(rest, Mark(style, number), item.under)
    return None
