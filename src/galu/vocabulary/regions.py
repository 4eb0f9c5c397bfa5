"""Organs as people write them: one name, the side of a pair, and how many parts an organ has.

Reference masses are those of an adult man, ICRP publication 89, table 2.8 (2002); they only tell a mixed-up
unit from a value, no dose is made of them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, Literal

from galu.vocabulary.folding import words

Side = Literal["", "left", "right", "single"]
_WRITTEN: Final[dict[Side, str]] = {
    "left": "left l lt li sin links linke linker gauche izquierdo izquierda sx sinistra sinister",
    "right": "right r rt re dex dext dx rechts rechte rechter droit droite derecho derecha",
    "single": "single solitary only remaining sole einzel unique",
}
#: Side by each word that says it, folded as the words of a text are.
_SIDES: Final[dict[str, Side]] = {
    words(word)[0]: side for side, written in _WRITTEN.items() for word in written.split()
}
_AND: Final = frozenset({"and", "und", "et", "y", "both", "bilateral"})
_ONE_LETTER: Final[dict[str, Side]] = {"左": "left", "右": "right"}


@dataclass(frozen=True, slots=True)
class Organ:
    """An organ: name, name of one of its parts, number of equal parts, reference mass [g]."""

    name: str
    one: str
    parts: int
    mass_g: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """What a written region means: the organ, and which of a pair where one was named."""

    organ: Organ
    side: Side = ""

    def name(self) -> str:
        """The region as galu writes it: `kidneys`, `left kidney`, `single kidney`."""
        return f"{self.side} {self.organ.one}" if self.side else self.organ.name

    def parts(self) -> int:
        """Number of equal parts: those of one side are half of the pair's."""
        return max(self.organ.parts // 2, 1) if self.side else self.organ.parts


def _key(parts: tuple[str, ...]) -> str:
    return " ".join(sorted(parts))


@cache
def _organs() -> dict[str, Organ]:
    """Organs by every name they have."""
    text = files("galu.vocabulary").joinpath("regions.csv").read_text("utf-8")
    found: dict[str, Organ] = {}
    for row in csv.DictReader(text.splitlines()):
        mass = float(row["mass_g"]) if row["mass_g"] else None
        organ = Organ(row["region"], row["one"], int(row["parts"]), mass)
        for name in (row["region"], row["one"], *filter(None, row["aliases"].split(";"))):
            found[_key(words(name))] = organ
    return found


@lru_cache(maxsize=4096)
def place(text: str) -> Place | None:
    """The organ that a text names, with its side, or None: a lesion, or an organ galu does not know.

    >>> place("KIDNEY_L").name(), place("Niere rechts").name(), place("renal").name()
    ('left kidney', 'right kidney', 'kidneys')
    """
    said = words(text)
    whole = _organs().get(_key(said))
    if whole is not None:
        return Place(whole)
    sides: set[Side] = {_SIDES[word] for word in said if word in _SIDES}
    rest = tuple(word for word in said if word not in _SIDES and word not in _AND)
    if len(said) == 1 and said[0][:1] in _ONE_LETTER:
        sides, rest = {_ONE_LETTER[said[0][0]]}, (said[0][1:],)
    organ = _organs().get(_key(rest))
    if organ is None or organ.parts < 2:
        return None
    if sides in (set(), {"left", "right"}):
        return Place(organ)
    return Place(organ, sides.pop()) if len(sides) == 1 else None


def region_name(text: str) -> str:
    """A region as it is compared: galu's name of the organ and side, else lower case with single blanks."""
    found = place(text)
    return " ".join(text.lower().split()) if found is None else found.name()
