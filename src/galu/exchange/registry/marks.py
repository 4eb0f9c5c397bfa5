"""Marks that begin an item of a list: numbers, letters and bullets, at the start of a line or inside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from galu.exchange.registry.words import listed, narrow


class Mark(NamedTuple):
    """A mark: its style, its number (0: a bullet) and whether it was escaped, so perhaps meant literally."""

    style: str
    number: int
    escaped: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line: columns of indent, the readings of its mark (none: running text), text after it, whole text."""

    indent: int
    marks: tuple[Mark, ...]
    text: str
    whole: str
    after_blank: bool


_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_ROMAN: Final = {
    one: number
    for number, one in enumerate(
        listed("i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"), start=1
    )
}
_CHINESE: Final = {one: number for number, one in enumerate("一二三四五六七八九十", start=1)}
_CHINESE.update({f"十{one}": 10 + number for one, number in list(_CHINESE.items())[:9]})
_SYMBOLS: Final = "•●○◦▪■□◆◇►▶➢➤✓✔√‣⁃§·"
#: Style, pattern of the mark, and what its group is. The first that matches is taken; a letter that is also a
#: Roman number has both readings.
_STYLES: Final[tuple[tuple[str, re.Pattern[str], str], ...]] = tuple(
    (style, re.compile(pattern), kind)
    for style, pattern, kind in (
        ("(n)", r"\\?[(]\s*(\d{1,3})\s*\\?[)][.、]?\s*(?=\S|$)", "number"),
        ("n.n", r"(\d{1,3}(?:\.\d{1,2})+)(?:[.)、]\s*|\s+)(?=[^\W\d])", "decimal"),
        ("n.)", r"(\d{1,3})\s?\\?\.\\?[)]\s*(?=\S|$)", "number"),
        ("n)", r"(\d{1,3})[a-z]?\s?\\?[)]\s*(?=\S|$)", "number"),
        ("n.", r"(\d{1,3})[a-z]?\s?(?:\\?\.|。)(?!\d)\s*(?=\S|$)", "number"),
        ("n、", r"(\d{1,3})\s?、\s*(?=\S|$)", "number"),
        ("n:", r"(\d{1,3})\s?:(?!\d)\s*(?=\S|$)", "number"),
        ("n-", r"(\d{1,3})\s?\\?[-–—]\s?(?=\S)", "number"),
        ("n\t", r"(\d{1,3})\t+\s*(?=\S)", "number"),
        ("①", r"([①-⑳])\s*(?=\S|$)", "circled"),
        ("I1", r"(?:IC|EC|I|E)[-\s]?(\d{1,3})(?:[.):、]\s*|\s+)(?=\S)", "number"),
        ("(a)", r"\\?[(]\s*([A-Za-z])\s*\\?[)]\s*(?=\S|$)", "letter"),
        ("(i)", r"\\?[(]\s*([ivxIVX]{2,5})\s*\\?[)]\s*(?=\S|$)", "roman"),
        ("a)", r"([A-Za-z])\s?\\?[)]\s*(?=\S|$)", "letter"),
        ("a.", r"([A-Za-z])(?:\\?\.\s+|、\s*)(?=\S|$)", "letter"),
        ("i)", r"([ivxIVX]{2,5})\s?\\?[)]\s*(?=\S|$)", "roman"),
        ("i.", r"([ivxIVX]{2,5})(?:\\?\.\s+|、\s*)(?=\S|$)", "roman"),
        ("一、", r"([一二三四五六七八九十]{1,2})[、.]\s*(?=\S)", "chinese"),
        ("(一)", r"\(([一二三四五六七八九十]{1,2})\)\s*(?=\S)", "chinese"),
    )
)
_BULLET: Final = re.compile(
    rf"(?:(\\?)([*+–—‐-])(?:[ \t]+(?=\S)|(?=[^\W\d_]|[≥≤>(\u4e00-\u9fff]))|()([{_SYMBOLS}])\s*(?=\S)"
    r"|()(o)[ \t]+(?=[A-Z≥≤]))"
)
_DASHES: Final = dict.fromkeys("–—‐", "-")


def read_line(line: str, after_blank: bool = False) -> Line:
    """Read the mark of a line, with all its readings."""
    wide = line.expandtabs(4)
    indent = len(wide) - len(wide.lstrip())
    body = line.strip()
    marks, end = _numbered(body)
    if not marks:
        bullet = _BULLET.match(narrow(body))
        if bullet is not None and not body.startswith("**"):
            sign = bullet.group(2) or bullet.group(4) or bullet.group(6)
            marks, end = (Mark(_DASHES.get(sign, sign), 0, bool(bullet.group(1))),), bullet.end()
    return Line(indent, marks, body[end:], body, after_blank)


#: Bullets of a second level, whatever stands around them.
INNER_BULLETS: Final = frozenset("o◦‣⁃")
#: Styles that a bullet may stand before; "- 1-2 earlier lines" and "- 1.5 x ULN" have none.
_BEHIND_BULLETS: Final = frozenset({"n.", "n)", "(n)", "n.)", "n、", "a)", "(a)"})


#: Marks that are mostly none when they stand alone: "A. fumigatus", "5-FU", "I 131", "1: 1000".
_FRAGILE: Final = ("a", "A", "(a", "(A", "i", "I", "(i", "(I", "n-", "n:", "n\t", "n.n", "一", "(一")


def with_sure_marks(lines: list[Line]) -> list[Line]:
    """Lines without the letters and other doubtful marks of which the list has no first and second."""
    told = {mark[:2] for line in lines for mark in line.marks}
    found = []
    for line in lines:
        sure = tuple(mark for mark in line.marks if _is_sure(mark, line, told))
        text = line.text if sure else line.whole
        found.append(replace(line, marks=sure, text=text))
    return found


def _is_sure(mark: Mark, line: Line, told: set[tuple[str, int]]) -> bool:
    if not mark.style.startswith(_FRAGILE) or not mark.number:
        return True
    second = (mark.style, 2) in told or inside(line.text, mark.style, 2) is not None
    return (mark.style, 1) in told and second


def with_tight_bullets(lines: list[Line]) -> list[Line]:
    """Lines whose bullet stands right before a number ("-18 years"), where other bullets stand as tight."""
    tight = {one.marks[0].style for one in lines if one.marks and not one.whole[1:2].isspace()}
    found = []
    for line in lines:
        sign = _DASHES.get(line.whole[:1], line.whole[:1])
        bullet = not line.marks and sign in tight and sign in "-*" and line.whole[1:2].isdigit()
        found.append(replace(line, marks=(Mark(sign, 0),), text=line.whole[1:]) if bullet else line)
    return found


def without_bullets(lines: list[Line]) -> list[Line]:
    """Lines of a list that is marked twice ("- 1. …", "- 2. …") with the number of each as its mark."""
    inner = [_numbered(one.text) if one.marks and not one.marks[0].number else ((), 0) for one in lines]
    numbers = {mark[:2] for marks, _ in inner for mark in marks if mark.style in _BEHIND_BULLETS}
    twice = {style for style, number in numbers if number == 1 and (style, 2) in numbers}
    found = []
    for line, (marks, end) in zip(lines, inner, strict=True):
        meant = tuple(mark for mark in marks if mark.style in twice)
        found.append(replace(line, marks=meant, text=line.text[end:]) if meant else line)
    return found


def _numbered(body: str) -> tuple[tuple[Mark, ...], int]:
    """The readings of a number or letter that begins a text, and where it ends."""
    look = narrow(body)
    for style, pattern, kind in _STYLES:
        found = pattern.match(look)
        if found is not None:
            marks = tuple(_readings(style, found.group(1), kind, "\\" in found.group()))
            if marks:
                return marks, found.end()
    return (), 0


def _readings(style: str, text: str, kind: str, escaped: bool) -> Iterator[Mark]:
    if kind == "number":
        yield Mark(style, int(text), escaped)
    elif kind == "decimal":
        head, _, tail = text.rpartition(".")
        yield Mark(f"n.n {head}", int(tail), escaped)
    elif kind == "circled":
        yield Mark(style, ord(text) - ord("①") + 1, escaped)
    elif kind == "chinese" and text in _CHINESE:
        yield Mark(style, _CHINESE[text], escaped)
    elif kind in ("letter", "roman"):
        case = "A" if text.isupper() else "a"
        if kind == "letter":
            yield Mark(style.replace("a", case), _LETTERS.index(text.lower()) + 1, escaped)
        if text.lower() in _ROMAN:
            roman = style.replace("a", "i") if kind == "letter" else style
            yield Mark(roman.replace("i", "I" if text.isupper() else "i"), _ROMAN[text.lower()], escaped)


#: A number after one of these words counts something and begins no item.
_COUNTED: Final = frozenset(
    listed(
        "grade grades gr section sections phase phases stage type class part version v recist nyha "
        "cycle day week month year level cohort cohorts group arm criterion item number no no. of to "
        "or and than least most within every by is was ctcae ecog score table figure appendix visit "
        "pcwg pcwg3 covid hiv last up over under about approximately exceeding below above gleason ps "
        "status factor point step line first next for in at from the between interleukin il her ki vs "
        "versus × x "
    )
)
_ENDS: Final = ".;:。!?)]】"
_NO_MARK: Final = "≤≥<>=~≈±×+-–—/&([#、"
_CJK: Final = re.compile(r"[\u3400-\u9fff]")


def inside(text: str, style: str, number: int, sure: bool = False) -> re.Match[str] | None:
    """The mark of this style and number inside a text that is an item already; None where there is none.

    "Grade 2. The", "Section 4.8.5", "≥1.5 x ULN", "RECIST 1.1" and "(1 or 2)" hold no mark. Where it is
    `sure` that the number is somewhere, since the next one is, a word that could count does not hinder.
    """
    pattern = _INSIDE.get(style)
    if pattern is None:
        return None
    look = narrow(text)
    for found in re.finditer(pattern(number), look):
        before, after = look[: found.start()], look[found.end() :]
        if before.strip() and after.strip() and _begins_an_item(before, after, style, sure):
            again = re.match(pattern(number), after.lstrip())
            if again is None:
                return found
    return None


def _begins_an_item(before: str, after: str, style: str, sure: bool) -> bool:
    last = before.rstrip()[-1]
    if _open_brackets(before):
        return False
    if last in _ENDS or style in ("①", "(一)"):
        return True
    words = before.lower().split()
    word = words[-1].strip("\"'“”,")
    if last in _NO_MARK or (last == "," and word.isdigit()) or (word in _COUNTED and not sure):
        return False
    if _CJK.match(last) or _CJK.match(after.strip()[0]):
        return style != "n、" or last not in "和或至到与、"
    return before[-1].isspace() or style.startswith("(")


def _open_brackets(text: str) -> bool:
    opened = sum(text.count(one) for one in "([")
    return opened > sum(text.count(one) for one in ")]")


def _letter(number: int) -> str:
    return _LETTERS[number - 1] if number <= len(_LETTERS) else "(?!)"


_INSIDE: Final = {
    "n.": lambda n: rf"(?<![\w.,/^-]){n}\s?(?:\\?\.|。)(?!\d)",
    "n)": lambda n: rf"(?<![\w.,/^(-]){n}\s?\\?[)]",
    "n.)": lambda n: rf"(?<![\w.,/^-]){n}\.\\?[)]",
    "(n)": lambda n: rf"(?<![\w^])\\?[(]\s*{n}\s*\\?[)]|(?<=[\u3400-\u9fff])[(]\s*{n}\s*[)]",
    "n、": lambda n: rf"(?<![\w.,、-]){n}\s?、|(?<=[\u3400-\u9fff]){n}、",
    "n-": lambda n: rf"(?<![\w.,/^-]){n}\s?[-–](?=\s?[A-Z])",
    "①": lambda n: chr(ord("①") + n - 1) if n <= 20 else "(?!)",
    "a)": lambda n: rf"(?<![\w(]){_letter(n)}\\?[)](?=\s)",
    "(a)": lambda n: rf"(?<!\w)\\?[(]{_letter(n)}\\?[)](?=\s)",
    "a.": lambda n: rf"(?<![\w.]){_letter(n)}\.(?=\s+[A-Z])",
    "A.": lambda n: rf"(?<![\w.]){_letter(n).upper()}\.(?=\s+[A-Z])",
}


def bullets_inside(text: str, sign: str) -> list[str]:
    """An item that holds the same bullet again, as a list on one line does, taken apart."""
    if sign in _SYMBOLS:
        return [one for one in (part.strip() for part in text.split(sign)) if one]
    between = re.compile(rf"(?<=\S)\s+\\?{re.escape(sign)}\s+(?=[A-Z≥≤(\u3400-\u9fff])")
    parts = [part.strip() for part in between.split(text)]
    return parts if len(parts) >= (2 if sign == "*" else 3) else [text]
