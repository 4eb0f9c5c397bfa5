"""Units as people write them, read by a parser: what is measured (dimension) and how large one of it is.

UCUM, SI and the habits of laboratories (``10*9/L``, ``x10(9)/L``, ``THOU/uL``, ``G/L``, ``/mm3``, ``g%``,
``mEq/L``, ``mM``, ``Tsd/µL``) are taken apart into a number and named pieces. A spelling that can mean two
things (``G/L``: gram or giga per litre) has two readings; what it is compared with decides.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Final

_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPT: Final = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_SIGNS: Final = str.maketrans(
    {"×": "x", "✕": "x", "·": ".", "⋅": ".", "•": ".", "∙": "."}
    | {"−": "-", "–": "-", "μ": "u", "µ": "u", "／": "/"}
)
#: What says how, or of what, it was measured, not in which unit; digits in brackets are an exponent.
_NOTE: Final = re.compile(r"\((?!\+?\d+\))[^)]*\)|\{[^}]*\}")
_WORDS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\[([a-z]+)\]", r"\1"),
        (r"\s*([*^/])\s*|x\s+(?=10)|(?<=10)\s*(exp)\s*", r"\1\2"),
        (r"\bmm hg\b", "mmhg"),
        (r"\b([munp]?g)s\b", r"\1"),
        (r"\bper\b|\bpro\b|\bpar\b", "/"),
        (r"\b(10|x10) +(?=\d)", r"\1^"),
        (r"micro|mikro|mcr|mc(?=[lgmk])", "u"),
        (r"milli(?!on|ard)", "m"),
        (r"nano", "n"),
        (r"pico", "p"),
        (r"deci|dezi", "d"),
        (r"kilo", "k"),
        (r"cu(bic)?\.? ?mm|c\.?mm|mm\^?\*{0,2}3|mmc\b", "ul"),
        (r"cm\^?\*{0,2}3|\bcc\b", "ml"),
        (r"dm\^?\*{0,2}3", "l"),
        (r"lit(er|re)s?", "l"),
        (r"gram(me)?s?|gms?\b|(?<=^)gr\b", "g"),
        (r"mol(e|s|es|ar)\b", "mol"),
        (r"equivalents?|val\b", "eq"),
        (r"international ?|intl\.? ?", "i"),
        (r"units?|einheiten|unites", "u"),
        (r"thousands?|thousd?|thous?|thsd|\bth(?=/)|tsd\.?|mil(?=les?/)", "k"),
        (r"millions?|mill?\.?(?=/)|mio\.?", "mega"),
        (r"billions?|bill?\.?(?=/)|bn(?=/)|milliarden?|mrd\.?|giga|\bgi(?=/)", "bil"),
        (r"\blakhs?", "100000"),
        (r"^t(?=/ul)", "k"),
        (r"cells?|zellen|cellules|celulas|counts?|particles|#|个", "1"),
        (r"seconds?|secs?\b|sek\.?", "s"),
        (r"minutes?", "min"),
        (r"beats|schlage", "1"),
        (r"bpm", "1/min"),
        (r"°|degrees?|deg", "o"),
        (r"hours?|hrs?\b", "h"),
    )
)
_NUMBER: Final = re.compile(
    r"[x*]*(?:10(?:\^|\*\*|\*|e|x|exp|'|~|)\(?\+?(?P<power>(?<=[\^*ex'~p(+])\d{1,2}|(?<=10)(?:3|6|9|12)(?!\d|\.\d))\)?"
    r"|1?e\+?(?P<short>\d{1,2})|(?P<plain>\d+(?:\.\d+)?))(?![\d])"
)
_PIECE: Final = re.compile(r"(?P<name>[a-z%]+)(?:[\^*]*(?P<power>[-+]?\d))?")

Dimension = tuple[tuple[str, int], ...]
_PREFIX: Final = {
    "": Fraction(1), "m": Fraction(1, 10**3), "u": Fraction(1, 10**6), "n": Fraction(1, 10**9),
    "p": Fraction(1, 10**12), "f": Fraction(1, 10**15), "d": Fraction(1, 10), "c": Fraction(1, 100),
    "k": Fraction(1000),
}  # fmt: skip
#: Pieces that take a prefix: dimension and size of one.
_METRIC: Final[Mapping[str, tuple[Dimension, Fraction]]] = {
    "g": ((("g", 1),), Fraction(1)),
    "mol": ((("mol", 1),), Fraction(1)),
    "eq": ((("eq", 1),), Fraction(1)),
    "l": ((("l", 1),), Fraction(1)),
    "u": ((("u", 1),), Fraction(1)),
    "iu": ((("u", 1),), Fraction(1)),
    "ui": ((("u", 1),), Fraction(1)),
    "kat": ((("u", 1),), Fraction(60 * 10**6)),
    "m": ((("m", 1),), Fraction(1)),
    "s": ((("s", 1),), Fraction(1)),
    "pa": ((("pa", 1),), Fraction(1)),
}
#: Molar: mole per litre, written M.
_MOLAR: Final[tuple[Dimension, Fraction]] = ((("l", -1), ("mol", 1)), Fraction(1))
_PLAIN: Final[Mapping[str, tuple[tuple[Dimension, Fraction], ...]]] = {
    "%": (((), Fraction(1, 100)),),
    "k": (((), Fraction(1000)),),
    "t": (((), Fraction(10**12)),),
    "g": (((), Fraction(10**9)),),
    "bil": (((), Fraction(10**9)),),
    "gpt": (((), Fraction(10**9)),),
    "tpt": (((), Fraction(10**12)),),
    "mpt": (((), Fraction(10**6)),),
    "mega": (((), Fraction(10**6)),),
    "m": (((), Fraction(10**6)),),
    "e": (((("u", 1),), Fraction(1)),),
    "min": (((("s", 1),), Fraction(60)),),
    "h": (((("s", 1),), Fraction(3600)),),
    "d": (((("s", 1),), Fraction(86400)),),
    "day": (((("s", 1),), Fraction(86400)),),
    "mmhg": (((("pa", 1),), Fraction(133322387415, 10**9)),),
    "in": (((("m", 1),), Fraction(254, 10**4)),),
    "inch": (((("m", 1),), Fraction(254, 10**4)),),
    "lb": (((("g", 1),), Fraction(45359237, 10**5)),),
    "lbs": (((("g", 1),), Fraction(45359237, 10**5)),),
    "copies": (((("copies", 1),), Fraction(1)),),
    "oc": (((("oc", 1),), Fraction(1)),),
    "c": (((("oc", 1),), Fraction(1)),),
    "cel": (((("oc", 1),), Fraction(1)),),
    "of": (((("of", 1),), Fraction(1)),),
    "f": (((("of", 1),), Fraction(1)),),
    "fah": (((("of", 1),), Fraction(1)),),
    "ratio": (((), Fraction(1)),),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """One reading of a unit: powers of its base (g, mol, eq, l, u, m, s …) and the size of one in them."""

    dimension: Dimension
    size: Fraction


@cache
def _pieces() -> Mapping[str, tuple[Unit, ...]]:
    """Every named piece in lower case, with its readings; the usual one first."""
    found: dict[str, list[Unit]] = {}
    for (prefix, size), (name, (dimension, base)) in itertools.product(_PREFIX.items(), _METRIC.items()):
        found.setdefault(prefix + name, []).append(Unit(dimension, size * base))
    for prefix, size in _PREFIX.items():
        found.setdefault(f"{prefix}m", []).append(Unit(_MOLAR[0], size))
    for name, readings in _PLAIN.items():
        found.setdefault(name, []).extend(Unit(*one) for one in readings)
    return {name: tuple(dict.fromkeys(units)) for name, units in found.items()}


def _plain(text: str) -> str:
    """A unit in lower case, without notes and blanks, its words and signs in one form."""

    def power(found: re.Match[str]) -> str:
        after_digit = found.start() > 0 and text[found.start() - 1].isdigit()
        return ("^" if after_digit else "") + found[0].translate(_SUPERSCRIPTS)

    plain = unicodedata.normalize("NFKC", _SUPERSCRIPT.sub(power, text)).casefold().translate(_SIGNS)
    plain = _NOTE.sub("", plain).strip()
    for pattern, instead in _WORDS:
        plain = pattern.sub(instead, plain)
    return re.sub(r"\s+", " ", plain).strip(" .")


@lru_cache(maxsize=65536)
def read_unit(text: str) -> tuple[Unit, ...]:
    """Every reading of a unit, the most usual first; none where it cannot be read.

    >>> read_unit("x10(9)/L") == read_unit("10*3/µL") == read_unit("THOU/mm3")
    True
    >>> len(read_unit("G/L")), read_unit("spoon")
    (2, ())
    """
    return _read(_plain(text)) or _read(_plain(text.replace(" ", "")))


def _read(plain: str) -> tuple[Unit, ...]:
    if not plain:
        return ()
    parts = plain.replace(" /", "/").replace("/ ", "/").split("/")
    readings: list[Unit] = [Unit((), Fraction(1))]
    for number, part in enumerate(parts):
        found = _read_part(part) if part.strip() else [Unit((), Fraction(1))] if number == 0 else []
        readings = [_times(one, other, -1 if number else 1) for one in readings for other in found]
    return _sensible(tuple(dict.fromkeys(readings)))


def _sensible(readings: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """A bare small volume is a count in it (`nL`, `mm3`); what is counted is counted in powers of ten."""
    drops = [one for one in readings if one.dimension == (("l", 1),) and one.size <= Fraction(1, 10**6)]
    counted = [Unit((("l", -1),), 1 / one.size) for one in drops]
    kept = [one for one in readings if one.dimension or one.size == Fraction(1, 100)]
    kept = [one for one in kept if one.dimension != (("l", -1),) or _is_power_of_ten(one.size)]
    return tuple(dict.fromkeys([*kept, *counted]))


def _is_power_of_ten(size: Fraction) -> bool:
    digits = str(size.numerator if size >= 1 else size.denominator)
    return digits.strip("0") == "1" and 1 in (size.numerator, size.denominator)


def _read_part(part: str) -> list[Unit]:
    """Readings of what stands between two strokes: numbers and named pieces."""
    readings = [Unit((), Fraction(1))]
    rest = part.strip()
    while rest:
        number = _NUMBER.match(rest)
        if number:
            power = number["power"] or number["short"]
            size = Fraction(10) ** int(power) if power else Fraction(number["plain"])
            readings = [Unit(one.dimension, one.size * size) for one in readings] if size else []
            rest = rest[number.end() :]
        else:
            piece = _PIECE.match(rest)
            known = _piece(piece["name"]) if piece else ()
            if piece is None or not known:
                return []
            power_of = int(piece["power"] or 1)
            readings = [_times(one, other, power_of) for one in readings for other in known]
            rest = rest[piece.end() :]
        rest = rest.lstrip(" .*x") if rest.lstrip(" .*").startswith("x1") is False else rest.lstrip(" .")
    return readings


def _piece(name: str) -> tuple[Unit, ...]:
    """Readings of a named piece; per cent is also a mass in a decilitre, as in `g%`."""
    if name.endswith("%") and name.rstrip("%"):
        return tuple(
            _times(one, Unit((("l", 1),), Fraction(1, 10)), -1)
            for one in _pieces().get(name[:-1], ())
            if one.dimension == (("g", 1),)
        )
    return _pieces().get(name, ())


def _times(one: Unit, other: Unit, power: int) -> Unit:
    powers = dict(one.dimension)
    for base, exponent in other.dimension:
        powers[base] = powers.get(base, 0) + exponent * power
    dimension = tuple(sorted((base, exponent) for base, exponent in powers.items() if exponent))
    return Unit(dimension, one.size * other.size**power)


@dataclass(frozen=True, slots=True)
class Substance:
    """What turns mass into amount, and amount into charge; None where that is not one number."""

    grams_per_mole: Fraction | None = None
    charge: int | None = None


ANY: Final = Substance()


@lru_cache(maxsize=65536)
def unit_factor(reported: str, wanted: str, substance: Substance = ANY) -> Fraction | None:
    """Number by which a value in one unit is multiplied to be in another; None where they do not agree.

    Parameters
    ----------
    substance
        What is measured; with it mEq, mmol and mg of it convert into each other.

    >>> unit_factor("THOUS/UL", "10^9/L"), unit_factor("g%", "g/L"), unit_factor("kg", "g/L")
    (Fraction(1, 1), Fraction(10, 1), None)
    """
    goal = read_unit(wanted)[:1]
    for exact in (True, False):
        for one, target in itertools.product(read_unit(reported), goal):
            same = one if exact else _in_base(one, target.dimension, substance)
            if same is not None and same.dimension == target.dimension:
                return same.size / target.size
    return None


@lru_cache(maxsize=8192)
def same_unit(reported: str | None, wanted: str) -> bool:
    """Whether a unit is a spelling of another: nothing is converted.

    >>> same_unit("x10E9/L", "10^3/uL"), same_unit("g/L", "g/dL")
    (True, False)
    """
    written = (reported or "").strip()
    return written == wanted or (bool(written) and unit_factor(written, wanted) == 1)


def _in_base(unit: Unit, wanted: Dimension, substance: Substance) -> Unit | None:
    """A concentration by mass or charge as one by amount, and back, where the substance allows it."""
    bases, goal = dict(unit.dimension), dict(wanted)
    size = unit.size
    own = next((base for base in ("g", "mol", "eq") if bases.get(base) == 1), None)
    to = next((base for base in ("g", "mol", "eq") if goal.get(base) == 1), None)
    if own is None or to is None:
        return None
    moles = {"g": substance.grams_per_mole, "mol": Fraction(1), "eq": None}
    if substance.charge:
        moles["eq"] = Fraction(substance.charge)
    from_, into = moles[own], moles[to]
    if from_ is None or into is None:
        return None
    del bases[own]
    bases[to] = 1
    return Unit(tuple(sorted(bases.items())), size / from_ * into)


def nearest_unit(reported: str, among: Iterable[str]) -> tuple[str, ...]:
    """Units in which something may be reported, those of the same kind as `reported` first."""
    known = tuple(among)
    alike = [one for one in known if unit_factor(reported, one) is not None]
    return tuple(dict.fromkeys([*alike, *known]))
