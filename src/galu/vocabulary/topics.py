"""Topics that the plain words of a history, an adverse event or an indication speak of.

A topic is named, never judged: "no history of MI", "father had a stroke" and "MI" speak of the same. Which
criterion a topic concerns, the study file says.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from galu.vocabulary.folding import one_slip, words

#: What is the disease of the trial itself, taken out before a second cancer is looked for.
_OWN_DISEASE: Final = re.compile(
    r"\b(adeno)?(carcinom|cancer|krebs|karzinom|malignan|neoplas|tumor)\w* (prostat\w*)"
    r"|\bprostat\w* (\w+ )?(adeno)?(carcinom|cancer|krebs|karzinom|malignan|neoplas|tumor)\w*"
    r"|\bprostat(akarzinom|akreb|ecarcinom)\w*|前列腺[^，,;；、及和与伴]{0,6}?(癌|恶性肿瘤)"
)
#: What is named like a cancer, a graft or an embolus and is none.
_NOT_MEANT: Final = re.compile(
    r"\bbenign\b( \w+){0,2}|\b(skin|bone|bypass) graft\b|\bautograft\w*|\bantiembol\w*|\blipoma\w*|\bmcrpc\b"
    r"|\btumor (lysis|flare|pain|marker)\b|良性\w*|脂肪瘤|肌瘤|动脉瘤|血管瘤"
)
#: Topics read without these.
_OTHER_THAN_OWN: Final = frozenset(("event.other_malignancy", "event.transplant", "event.thromboembolic"))
#: Shortest word that may be misspelled by one letter.
_LONG: Final = 7


class Phrase(NamedTuple):
    """Words that a text must hold all of, in any order: each exact, or with a beginning or an end alone."""

    topic: str
    parts: tuple[str, ...]
    plain: str


@cache
def _table() -> tuple[Phrase, ...]:
    text = (files("galu.vocabulary") / "topics.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(phrase(row["topic"], name) for row in rows for name in row["written"].split("|"))


@cache
def topic_courses() -> Mapping[str, str]:
    """Every topic of the table, and how such a condition goes on.

    ``lasting`` until its end is told, ``event`` of the day it began, ``measured`` until measured again.
    """
    text = (files("galu.vocabulary") / "topics.csv").read_text(encoding="utf-8")
    return {row["topic"]: row["course"] for row in csv.DictReader(text.splitlines())}


@cache
def phrase(topic: str, written: str) -> Phrase:
    """A way to write a topic: ``*`` stands for any letters, ``!`` begins a word that must not be there."""
    if not written.isascii():
        return Phrase(topic, (), unicodedata.normalize("NFKC", written).casefold().replace(" ", ""))
    return Phrase(topic, tuple(part for word in written.split() for part in _part(word)), "")


def _part(word: str) -> tuple[str, ...]:
    if word.startswith("!"):
        return tuple(f"!{part}" for part in _part(word[1:]))
    if "*" not in word:
        return words(word)
    # A letter more keeps the ending from being folded like that of a whole word.
    stem = "".join(words(word.strip("*") + "q")).removesuffix("q")
    return (("*" if word.startswith("*") else "") + stem + ("*" if word.endswith("*") else ""),)


@lru_cache(maxsize=8192)
def read_topics(written: str, own: tuple[Phrase, ...] = ()) -> frozenset[str]:
    """Topics that a text speaks of, by galu's words and a study's `own`; one slip in a long word is forgiven.

    >>> sorted(read_topics("NSTEMI 2025")), sorted(read_topics("Metastases in the brain"))
    (['cardiac', 'ejection_fraction', 'event.thromboembolic'], ['event.cns_active'])
    >>> sorted(read_topics("pulmonary tubercolosis")), read_topics("Prostate cancer, metastatic to bone")
    (['infection'], frozenset())
    """
    text = " ".join(words(written))
    plain = unicodedata.normalize("NFKC", written).casefold().replace(" ", "")
    said, rest = tuple(text.split()), tuple(_without_own(text).split())
    plain_rest = _without_own(plain)
    return frozenset(
        one.topic
        for one in (*_table(), *own)
        if (_speaks(one, rest, plain_rest) if one.topic in _OTHER_THAN_OWN else _speaks(one, said, plain))
    )


def _without_own(text: str) -> str:
    return _NOT_MEANT.sub(" ", _OWN_DISEASE.sub(" ", text))


def _speaks(one: Phrase, said: tuple[str, ...], plain: str) -> bool:
    if one.plain:
        return one.plain in plain
    return bool(one.parts) and all(_stands(part, said) for part in one.parts)


def _stands(part: str, said: tuple[str, ...]) -> bool:
    wanted = not part.startswith("!")
    return wanted is any(_is(part.removeprefix("!"), word) for word in said)


@lru_cache(maxsize=65536)
def _is(part: str, word: str) -> bool:
    """Whether a word is the part of a phrase; a long one may be one slip of the pen away."""
    stem = part.strip("*")
    long = len(stem) >= _LONG
    if part == stem:
        return word == stem or (long and len(word) >= _LONG and one_slip(word, stem))
    begins, ends = part.endswith("*"), part.startswith("*")
    fits = stem in word if begins and ends else word.startswith(stem) if begins else word.endswith(stem)
    return fits or (long and any(one_slip(piece, stem) for piece in _pieces(part, word, len(stem))))


def _pieces(part: str, word: str, size: int) -> Iterator[str]:
    """Pieces of a word, about as long as a stem, that may be the stem misspelled."""
    for length in (size - 1, size, size + 1):
        last = len(word) - length
        if part.endswith("*"):
            yield word[:length]
        elif last >= 0:
            yield word[last:]
        if part.startswith("*") and part.endswith("*"):
            yield from (word[k : k + length] for k in range(1, last + 1))
