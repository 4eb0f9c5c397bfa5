"""Laboratory tests: which test a name means, what CTCAE grades of it, and which values are possible."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from galu.vocabulary.folding import key, nearest, words
from galu.vocabulary.units import Substance, read_unit, same_unit, unit_factor

Local = tuple[tuple[str, str], ...]
#: What a study calls a test that nothing grades, and the name that such a test is read by: nobody writes it.
OTHER: Final = "other"
DECLARED_OTHER: Final = "other, by the study file"

#: A share of the leukocytes, or a test of another fluid, is never the value in blood of the same name.
_OTHER: Final = re.compile(
    r"%|percent|prozent|pourcent|/\s*100|/\s*leu[kc]o|百分|\bratio\b|urin|\bcsf\b|liquor|fluid|尿(?!酸|素)",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(
    r"\[[^\]]*\]|\b(?:in|im|dans le) (?:serum|plasma|blood|blut|sang)\b.*$", re.IGNORECASE
)
_SYSTEM: Final = re.compile(r"^(?:f?[spb]|sb|pb)[-_](?=[^\W\d]{2})", re.IGNORECASE)
_SILENT: Final = frozenset(
    {
        "serum",
        "plasma",
        "blood",
        "level",
        "count",
        "concentration",
        "conc",
        "test",
        "result",
        "value",
        "venous",
    }
)
_PARTS: Final = re.compile(r"[/(),;|=]")


@dataclass(frozen=True, slots=True)
class LabTest:
    """One test by its CDISC code; `terms` are the CTCAE terms it grades with their direction (L or H).

    `usual` are the units it is reported in; `possible` holds (unit, least, most) of a living person, assumed
    and wide, empty where that is not judged.
    """

    code: str
    name: str
    terms: tuple[tuple[str, str], ...]
    substance: Substance
    possible: tuple[tuple[str, float, float], ...]
    usual: tuple[str, ...]
    written: tuple[str, ...]


@cache
def lab_tests() -> Mapping[str, LabTest]:
    """Every test that is known, by its code."""
    text = (files("galu.vocabulary") / "laboratory.csv").read_text(encoding="utf-8")
    return {row["code"]: _test(row) for row in csv.DictReader(text.splitlines())}


def _test(row: Mapping[str, str]) -> LabTest:
    terms = tuple((term, side) for part in _split(row["terms"]) for term, _, side in (part.rpartition(":"),))
    mass = Fraction(row["grams_per_mole"]) if row["grams_per_mole"] else None
    return LabTest(
        row["code"],
        row["name"],
        terms,
        Substance(mass, int(row["charge"]) if row["charge"] else None),
        tuple(
            (unit, float(least), float(most))
            for unit, least, most in (part.split(":") for part in _split(row["possible"]))
        ),
        _split(row["usual"]),
        _split(row["written"]),
    )


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split(";") if part)


@cache
def _index() -> Mapping[str, str]:
    named = {key(name): test.code for test in lab_tests().values() for name in (test.name, *test.written)}
    named |= {_quiet(name): test.code for test in lab_tests().values() for name in (test.name, *test.written)}
    return named | {key(code): code for code in lab_tests()}


@cache
def _literal() -> Mapping[str, str]:
    return {
        name.casefold(): test.code for test in lab_tests().values() for name in (test.name, *test.written)
    }


def _quiet(name: str) -> str:
    """A name without the words that say only that it is a value in blood, in any order."""
    return " ".join(sorted(word for word in words(name) if word not in _SILENT))


@lru_cache(maxsize=65536)
def lab_code(written: str, local: Local = ()) -> str | None:
    """Code of the test that a name means; None where it is not known.

    Parameters
    ----------
    written
        The test as written: a CDISC or LOINC code, LOINC's long name, or words.
    local
        The study's own table: pairs (written, code), read first.

    >>> lab_code("Thrombocytes"), lab_code("Haemoglobin (Hb)"), lab_code("ALAT"), lab_code("NEUT %")
    ('PLAT', 'HGB', 'ALT', None)
    """
    own = {key(name): code for name, code in local}
    if (named := own.get(key(written))) is not None:
        return lab_code(named) or named
    if written.strip().upper() in lab_tests():
        return written.strip().upper()
    if (literal := _literal().get(written.strip().casefold())) is not None:
        return literal
    if _OTHER.search(written):
        return None
    plain = _SYSTEM.sub("", _NOTE.sub("", written).strip())
    if found := _named(plain):
        return found
    parts = [part for part in _PARTS.split(plain) if part.strip() and not read_unit(part)]
    codes = {_named(part) for part in parts}
    return codes.pop() if parts and len(codes) == 1 else None


def _named(text: str) -> str | None:
    return _index().get(key(text)) or _index().get(_quiet(text))


def nearest_tests(written: str) -> tuple[str, ...]:
    """Known names of tests that look most like what was written, best first."""
    names = [name for test in lab_tests().values() for name in (test.code, test.name, *test.written)]
    return nearest(written, names)


@lru_cache(maxsize=8192)
def terms_of_test(written: str, local: Local = ()) -> tuple[tuple[str, str], ...]:
    """(CTCAE term, direction) pairs that a test can grade; empty when none is known.

    >>> terms_of_test("PLT")
    (('Platelet count decreased', 'L'),)
    """
    test = lab_tests().get(lab_code(written, local) or "")
    return () if test is None else test.terms


@cache
def lab_of_term(term: str) -> LabTest | None:
    """The test that grades a CTCAE term, the first of several."""
    return next((test for test in lab_tests().values() if any(term == name for name, _ in test.terms)), None)


def is_usual(test: LabTest, reported: str) -> bool:
    """Whether a test is reported in a unit anywhere; another of the same kind is rather a slip of the pen."""
    return any(unit_factor(reported, unit) == 1 for unit in test.usual)


@lru_cache(maxsize=8192)
def unit_of_test(test: str, written: str) -> str:
    """The usual unit of a test that a spelling with two readings means; the spelling itself where none is.

    >>> unit_of_test("NEUT", "G/L"), unit_of_test("ALB", "G/L"), unit_of_test("NEUT", "K/uL")
    ('10^9/L', 'g/L', 'K/uL')
    """
    known = lab_tests().get(test)
    if known is None or len(read_unit(written)) < 2:
        return written
    return next((unit for unit in known.usual if unit_factor(written, unit) == 1), written)


def in_unit(test: str, value: float, reported: str, wanted: str) -> float | None:
    """A value of a test in another unit; None where its unit cannot be read or is not one of the test.

    >>> in_unit("CREAT", 1.0, "mg/dL", "umol/L")
    88.4
    """
    if same_unit(reported, wanted):
        return value
    known = lab_tests().get(test)
    if known is None or not is_usual(known, reported):
        return None
    factor = unit_factor(reported, wanted, known.substance)
    return None if factor is None else float(f"{value * float(factor):.15g}")
