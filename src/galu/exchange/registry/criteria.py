"""The text of eligibility criteria taken apart: items word for word, and what no item could be made of."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import Final, Literal

from galu.exchange.registry.headings import Heading, apart, group, heading
from galu.exchange.registry.items import Block, Item, read_block
from galu.exchange.registry.words import narrow, plain, tidy

_LETTER: Final = {"inclusion": "I", "exclusion": "E"}


@dataclass(frozen=True, slots=True)
class Criteria:
    """Inclusion and exclusion items, the heading over each by its id, and what could not be read."""

    inclusion: tuple[str, ...]
    exclusion: tuple[str, ...]
    unread: tuple[str, ...] = ()
    headings: tuple[tuple[str, str], ...] = ()


@dataclass
class _Section:
    heading: Heading
    lines: list[str] = field(default_factory=list)


def split_criteria(text: str) -> Criteria:
    """Take criteria apart: by the marks of their lists, also inside a line; without marks by lines.

    Parts of a list inside an item stay with it. Headings inside a list, gaps in its numbers, remarks, and
    text under no heading stand in `unread`, verbatim.
    """
    sections = _sections(apart(plain(text)))
    found: dict[str, list[Item]] = {"inclusion": [], "exclusion": []}
    unread: list[str] = []
    heads: list[str] = []
    part: str | None = None  # a line such as "Phase 2:" over the headings that follow
    for section in sections:
        kind, words, _ = section.heading
        body = "\n".join(section.lines)
        if kind == "none":
            rest, part = _without_tail(body)
            heads.append(part or "")
            unread += ["\n".join(line for line in (words, tidy(rest)) if line)] if rest.strip() else []
        else:
            block = read_block(body, ", ".join(one for one in (part, words) if one) or None)
            part = block.tail or part
            heads += [words, *block.heads]
            unread += [one for one in block.unread if one != block.tail]
            heads += [block.tail or ""]
            unread += _gaps(kind, block)
            found[kind] += [item for item in block.items if item.text()]
    headings = tuple(
        (f"{_LETTER[kind]}{number}", item.under)
        for kind in ("inclusion", "exclusion")
        for number, item in enumerate(found[kind], start=1)
        if item.under
    )
    unread += [one for one in dict.fromkeys(heads) if one and not any(one in under for _, under in headings)]
    texts = {kind: tuple(item.text() for item in items) for kind, items in found.items()}
    unread += _told(headings) + _one_line(texts)
    return Criteria(texts["inclusion"], texts["exclusion"], tuple(unread), headings)


def _sections(text: str) -> list[_Section]:
    found = [_Section(Heading("none", "", ""))]
    for line in text.split("\n"):
        head = heading(line) if line.strip() else None
        if head is None:
            found[-1].lines.append(line)
        else:
            found.append(_Section(head, [head.rest] if head.rest else []))
    return found


def _without_tail(body: str) -> tuple[str, str | None]:
    """Text under no heading, and its last line where that names the part of the study that follows."""
    lines = body.rstrip().split("\n")
    if group(lines[-1]):
        return "\n".join(lines[:-1]), tidy(lines[-1])
    return body, None


def _gaps(kind: Literal["inclusion", "exclusion"], block: Block) -> list[str]:
    """Sentences on numbers that a list leaves out, repeats or takes back."""
    found = []
    marked = [item for item in block.items if item.mark is not None and item.mark.number]
    if marked and marked[0].mark is not None and marked[0].mark.number > 1:
        found.append(f"{kind} criteria: the numbers begin at {marked[0].mark.number}")
    for one, two in itertools.pairwise(marked):
        assert one.mark is not None and two.mark is not None
        last, this = one.mark.number, two.mark.number
        if this > last + 1:
            missing = str(last + 1) if this == last + 2 else f"{last + 1} to {this - 1}"
            found.append(f"{kind} criteria: number {missing} is missing between {last} and {this}")
        elif this <= last and (this > 1 or one.under == two.under):
            found.append(f"{kind} criteria: number {this} follows number {last}")
    return found


def _told(headings: tuple[tuple[str, str], ...]) -> list[str]:
    found = []
    for words, ids in itertools.groupby(headings, key=lambda one: one[1]):
        names = [name for name, _ in ids]
        over = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
        found.append(f"heading over {over}: {words}")
    return found


def _one_line(texts: dict[str, tuple[str, ...]]) -> list[str]:
    """Several criteria that stand on one line without marks are kept as one, and told."""
    return [
        f"{kind} criteria stand on one line without numbers, kept as one: {items[0]}"
        for kind, items in texts.items()
        if len(items) == 1 and len(re.findall(r";\s*\S", narrow(items[0]))) >= 2 and "\n" not in items[0]
    ]
