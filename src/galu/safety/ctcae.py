"""Grading of laboratory values by CTCAE, vectorised; the cuts are data, keyed by version.

Values are graded in the unit reported where cuts are printed for it: those printed for two units are not
equal (haemoglobin 8.0 g/dL is 4.965 mmol/L, printed 4.9). Any other unit of the same quantity is converted
exactly to one of them. Comparisons use 15 significant digits. Source: NCI, Common
Terminology Criteria for Adverse Events v5.0 (2017).
"""

from __future__ import annotations

import csv
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from galu.finding import InputError
from galu.vocabulary.events import read_event
from galu.vocabulary.laboratory import is_usual, lab_of_term
from galu.vocabulary.results import kind_of_result, read_result
from galu.vocabulary.units import ANY, unit_factor

Floats = NDArray[np.float64]
UNGRADABLE: Final = -1
#: As high as a value can be of which only a lower bound is known.
_FARTHEST: Final = 1e300
#: Published versions that ship; another version is another table.
TABLES: Final = {"5.0": "ctcae_v5_labs.csv"}
_COLUMN: Final = {"LLN": "ANRLO", "ULN": "ANRHI", "BASE": "BASE", "PCHG": "PCHG"}
_OPERATORS: Final[dict[str, Callable[[Floats, Floats], NDArray[np.bool_]]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_CUT: Final = re.compile(r"(<=|>=|<|>) (?:(-?[\d.]+)(?: (LLN|ULN|BASE|PCHG))?|ULN \+ ([\d.]+))$")
_HIGH: Final = ("HIGH", "HIGH HIGH")
_NOT_HIGH: Final = ("NORMAL", "LOW", "LOW LOW")


@dataclass(frozen=True, slots=True)
class Cut:
    """One comparison: value `sign` factor×reference + added; `PCHG` compares the percent change."""

    sign: str
    factor: float
    reference: str | None
    added: float = 0.0


@dataclass(frozen=True, slots=True)
class LabRule:
    """One row of the table: how a term is graded in one unit, for one state of the baseline.

    `assumes` is what a value alone cannot settle; `assumed` are the grades that take the worse reading of it,
    each with the cut that limits this, if any.
    """

    term: str
    direction: str
    units: tuple[str, ...]
    baseline: str
    requires: tuple[str, ...]
    zero_requires: tuple[str, ...]
    cuts: tuple[tuple[Cut, ...], ...]
    assumes: str
    assumed: tuple[tuple[int, Cut | None], ...]


def parse_cut(text: str) -> Cut:
    """Read one comparison of a table, such as ``< 75``, ``> 1.5 ULN`` or ``> ULN + 2``."""
    found = _CUT.match(text)
    if found is None:
        raise ValueError(f"not a cut: {text!r}")
    sign, factor, reference, added = found.groups()
    if added is not None:
        return Cut(sign, 1.0, "ULN", float(added))
    return Cut(sign, float(factor), reference)


def _assumed(text: str) -> tuple[int, Cut | None]:
    grade, _, cut = text.partition(" ")
    return int(grade), parse_cut(cut) if cut else None


@cache
def lab_rules(version: str = "5.0") -> tuple[LabRule, ...]:
    """Read the table of laboratory cuts of a CTCAE version.

    Raises
    ------
    InputError
        When that version does not ship.
    """
    if version not in TABLES:
        raise InputError("CTCAE version", f"{version!r} is not shipped", f"use one of {sorted(TABLES)}")
    text = (files("galu.safety") / TABLES[version]).read_text(encoding="utf-8")
    return tuple(
        LabRule(
            row["term"], row["direction"], tuple(row["unit"].split()), row["baseline"],
            tuple(row["requires"].split()), tuple(row["zero_requires"].split()),
            tuple(tuple(parse_cut(part) for part in row[f"g{g}"].split(" or ")) if row[f"g{g}"] else ()
                  for g in (1, 2, 3, 4)),
            row["assumes"],
            tuple(_assumed(part) for part in row["assumed"].split(";") if part),
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


class Applied(NamedTuple):
    """Rows that grade a term, one for each baseline state, and what a value is multiplied by for them."""

    rules: tuple[LabRule, ...]
    factor: float = 1.0


@cache
def rules_for(version: str, term: str, direction: str, unit: str) -> Applied:
    """Rows of the table for a term, direction and unit, however they are written.

    A printed unit is taken as it is; else one that the reported unit converts to, where laboratories use it.
    """
    name = _table_name(version, term)
    own = [
        rule for rule in lab_rules(version) if rule.term == name and rule.direction == direction[:1].upper()
    ]
    printed = tuple(dict.fromkeys(known for rule in own for known in rule.units))
    found = _conversion(unit, printed, name)
    if found is None:
        return Applied(())
    chosen, factor = found
    return Applied(tuple(rule for rule in own if chosen in rule.units), float(factor))


def _table_name(version: str, term: str) -> str:
    """Name of a laboratory term as the table has it; a synonym or another spelling will do."""
    names = {rule.term.upper(): rule.term for rule in lab_rules(version)}
    written = term.strip()
    if written.upper() in names:
        return names[written.upper()]
    meant = read_event(written).names
    return meant[0] if len(meant) == 1 else written


def _conversion(unit: str, printed: tuple[str, ...], term: str) -> tuple[str, Fraction] | None:
    """The printed unit to grade in and the factor to it: the same one, of the same kind, of the substance."""
    if "any" in printed:
        return "any", Fraction(1)
    same = [(one, Fraction(1)) for one in printed if unit_factor(unit, one) == 1]
    test = lab_of_term(term)
    if same or test is None or not is_usual(test, unit):
        return same[0] if same else None
    for substance in (ANY, test.substance):
        found = [(one, unit_factor(unit, one, substance)) for one in printed]
        known = [(one, factor) for one, factor in found if factor is not None]
        if known:
            return known[0]
    return None


def significant(values: Floats) -> Floats:
    """Round to 15 significant digits, so that a computed cut equals the printed one; same shape."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.floor(np.log10(np.abs(values)))
        exponent = np.where(np.isfinite(exponent), exponent, 0.0)
        shift = np.clip(14.0 - exponent, -290.0, 290.0)
        up = np.power(10.0, np.maximum(shift, 0.0))
        down = np.power(10.0, np.maximum(-shift, 0.0))
        rounded = np.rint(values * up / down) / up * down
    return np.where(np.isfinite(values) & (values != 0), rounded, values)


def _met(cut: Cut, value: Floats, column: dict[str, Floats]) -> NDArray[np.bool_]:
    if cut.reference == "PCHG":
        return compare_significant("<", value, column["LLN"]) & compare_significant(
            cut.sign, column["PCHG"], cut.factor
        )
    if cut.reference is None:
        return compare_significant(cut.sign, value, cut.factor)
    return compare_significant(cut.sign, value, cut.factor * column[cut.reference] + cut.added)


def compare_significant(sign: str, value: Floats, bound: Floats | float) -> NDArray[np.bool_]:
    """Compare at 15 significant digits; only values beside the bound need the rounding."""
    bounds = np.broadcast_to(np.asarray(bound, np.float64), value.shape)
    result = _OPERATORS[sign](value, bounds)
    beside = np.flatnonzero(np.abs(value - bounds) <= 1e-13 * np.abs(bounds))
    if beside.size:
        result[beside] = _OPERATORS[sign](significant(value[beside]), significant(bounds[beside]))
    return result


def _grade_by(rule: LabRule, value: Floats, column: dict[str, Floats]) -> NDArray[np.int8]:
    grade = np.zeros(len(value), np.int8)
    for number, cuts in enumerate(rule.cuts, start=1):
        for cut in cuts:
            grade[_met(cut, value, column)] = number
    for name in rule.zero_requires:
        grade[(grade == 0) & np.isnan(column[name])] = UNGRADABLE
    for name in rule.requires:
        grade[np.isnan(column[name])] = UNGRADABLE
    grade[np.isnan(value)] = UNGRADABLE
    return grade


def _grade_by_baseline(
    rules: tuple[LabRule, ...], value: Floats, column: dict[str, Floats], status: NDArray[np.int8]
) -> NDArray[np.int8]:
    """Choose by the state of the baseline: 1 high, 0 not high, -1 unknown.

    With an unknown baseline only a value within normal limits has a grade: an abnormal baseline lies
    above them, so the value is below it and the grade is 0 under either reading.
    """
    by = {rule.baseline: rule for rule in rules}
    if "" in by:
        return _grade_by(by[""], value, column)
    normal = _grade_by(by["normal"], value, column)
    high = _grade_by(by["high"], value, column)
    unknown = np.where(normal <= 0, normal, np.int8(UNGRADABLE))
    return np.where(status == 1, high, np.where(status == 0, normal, unknown)).astype(np.int8)


def numbers_of(frame: pl.DataFrame, name: str) -> Floats:
    """Values of a column; what is blank, absent, infinite or (but for PCHG) below 0 is NaN, unknown.

    Raises
    ------
    InputError
        Naming line (the header is line 1) and column of the first value that is no number.
    """
    if name not in frame.columns:
        return np.full(frame.height, np.nan)
    series = frame[name]
    if not series.dtype.is_numeric():
        series = _parsed(series)
    values = series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.where(np.isfinite(values) & ((values >= 0.0) | (name == "PCHG")), values, np.nan)


def _parsed(series: pl.Series) -> pl.Series:
    """Numbers of a text column; what says that there is no number is null, of AVAL also other words."""
    text = series.cast(pl.String).str.strip_chars()
    given = text.set(text.is_in(["", "NA"]), None)
    values = given.cast(pl.Float64, strict=False)
    if series.name == "AVAL":
        words = given.filter(values.is_null() & given.is_not_null()).unique().to_list()
        read = {word: one.graded for word in words if (one := read_result(word)) is not None}
        told = given.replace_strict(read, default=None, return_dtype=pl.Float64)
        silent = [word for word in words if kind_of_result(word) not in ("number", "unread")]
        given = given.set(given.is_in(silent).fill_null(False), None)
        values = values.zip_with(values.is_not_null(), told)
    wrong = (values.is_null() & given.is_not_null()).arg_true()
    if wrong.len():
        at = wrong[0]
        remedy = "write a number such as 12.5"
        raise InputError(f"line {at + 2}, column {series.name}", f"`{text[at]}` is no number", remedy)
    return values


def _bounds(frame: pl.DataFrame) -> NDArray[np.int8]:
    """1 where AVAL is only known to lie above its number, -1 below it, else 0."""
    if "BOUND" in frame.columns:
        signs = frame["BOUND"].cast(pl.String)
    elif frame["AVAL"].dtype.is_numeric():
        return np.zeros(frame.height, np.int8)
    else:
        text = frame["AVAL"].cast(pl.String).str.strip_chars()
        words = text.filter(text.cast(pl.Float64, strict=False).is_null() & text.is_not_null()).unique()
        read = {word: one.bound for word in words if (one := read_result(word)) is not None}
        if not read:
            return np.zeros(frame.height, np.int8)
        signs = text.replace_strict(read, default="", return_dtype=pl.String)
    return signs.replace_strict({">": 1, "<": -1}, default=0, return_dtype=pl.Int8).to_numpy()


def _baseline_status(frame: pl.DataFrame) -> NDArray[np.int8]:
    if "BNRIND" in frame.columns:
        flag = pl.col("BNRIND").cast(pl.String).str.strip_chars().str.to_uppercase()
        status = pl.when(flag.is_in(_HIGH)).then(1).when(flag.is_in(_NOT_HIGH)).then(0).otherwise(-1)
    else:
        status = pl.lit(-1)
    if "ABLFL" in frame.columns:  # the baseline record is graded by ULN, never against itself
        status = pl.when(pl.col("ABLFL").cast(pl.String).eq("Y").fill_null(False)).then(0).otherwise(status)
    return frame.with_columns(status_=status.cast(pl.Int8))["status_"].to_numpy()


def _scaled(values: Floats, name: str, factor: float) -> Floats:
    """Values in the unit of the rules; a change in per cent has none."""
    return values if factor == 1.0 or name == "PCHG" else values * factor


def _groups(frame: pl.DataFrame) -> Iterator[tuple[tuple[str, str, str], NDArray[np.int64]]]:
    """Rows that share term, direction and unit."""
    keys = [pl.col(name).cast(pl.String) for name in ("TERM", "DIRECTION", "AVALU")]
    grouped = (
        frame.select(*keys, row_=pl.int_range(pl.len())).group_by("TERM", "DIRECTION", "AVALU").agg("row_")
    )
    for (term, direction, unit), rows in zip(grouped.drop("row_").iter_rows(), grouped["row_"], strict=True):
        key = ((term or "").strip().upper(), (direction or "").strip().upper(), (unit or "").strip())
        yield key, rows.to_numpy()


def grade_labs(frame: pl.DataFrame, version: str = "5.0") -> pl.Series:
    """Grade laboratory values.

    Parameters
    ----------
    frame
        Columns TERM, DIRECTION (L or H), AVALU, AVAL, and where known ANRLO, ANRHI, BASE (in the unit
        of AVAL), BNRIND (NORMAL, HIGH, LOW …), PCHG [%], ABLFL (Y = the baseline record) and BOUND (``<`` or
        ``>``: the value lies beyond AVAL). A value below 0 or infinite is unknown. AVAL may be a text such as
        `<0.5`: where low values are graded it has a grade only where all that it may be has the same.
    version
        CTCAE version.

    Returns
    -------
    polars.Series
        ``GRADE`` (Int8), one for each row, in order; null = the value cannot be graded (no such term,
        a unit the term is not graded in, a missing value, limit or baseline state).

    Raises
    ------
    InputError
        When a needed column is absent, a number is not one, or the version does not ship.
    """
    lab_rules(version)
    for name in ("TERM", "DIRECTION", "AVALU", "AVAL"):
        if name not in frame.columns:
            raise InputError("laboratory table", f"column {name} is missing", "add it")
    value, bound = numbers_of(frame, "AVAL"), _bounds(frame)
    column = {name: numbers_of(frame, source) for name, source in _COLUMN.items()}
    status = _baseline_status(frame)
    grade = np.full(frame.height, UNGRADABLE, np.int8)
    for key, rows in _groups(frame):
        rules, factor = rules_for(version, *key)
        if rules:
            picked = {name: _scaled(values[rows], name, factor) for name, values in column.items()}
            given = _scaled(value[rows], "AVAL", factor)
            grade[rows] = _grade_by_baseline(rules, given, picked, status[rows])
            if key[1].startswith("L") and bound[rows].any():
                farthest = np.where(bound[rows] > 0, _FARTHEST, np.where(bound[rows] < 0, 0.0, given))
                other = _grade_by_baseline(rules, farthest, picked, status[rows])
                grade[rows] = np.where(grade[rows] == other, grade[rows], UNGRADABLE)
    result = pl.Series("GRADE", grade)
    return result.set(result == UNGRADABLE, None)


__all__ = [
    "TABLES",
    "Cut",
    "LabRule",
    "compare_significant",
    "grade_labs",
    "lab_rules",
    "numbers_of",
    "parse_cut",
    "rules_for",
    "significant",
]
