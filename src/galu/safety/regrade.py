"""Recompute collected grades and explain each difference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from galu.finding import InputError
from galu.safety.ctcae import Cut, LabRule, grade_labs, numbers_of, rules_for
from galu.vocabulary.results import kind_of_result, read_result
from galu.words import checked_fields

Outcome = Literal["same", "differs", "only collected", "only recomputed", "neither"]
_NEEDS: Final = {"LLN": "ANRLO", "ULN": "ANRHI", "BASE": "BASE", "PCHG": "PCHG"}
#: What a reason is made of.
_TOLD: Final = (
    "TERM",
    "DIRECTION",
    "AVALU",
    "AVAL",
    "BOUND",
    "ANRLO",
    "ANRHI",
    "BASE",
    "PCHG",
    "BNRIND",
    "ABLFL",
)
_CROSSED: Final = "ANRLO lies above ANRHI"


@dataclass(frozen=True, slots=True)
@checked_fields
class Regraded:
    """The table with columns GRADE, COLLECTED, OUTCOME and WHY, and how many rows have each outcome."""

    table: pl.DataFrame
    counts: tuple[tuple[Outcome, int], ...]

    @property
    def differing(self) -> pl.DataFrame:
        """Rows whose two grades are not the same."""
        return self.table.filter(~pl.col("OUTCOME").is_in(["same", "neither"]))


def regrade_labs(frame: pl.DataFrame, collected: str, version: str = "5.0") -> Regraded:
    """Grade laboratory values and set the result beside grades that were collected.

    Parameters
    ----------
    frame
        As for `grade_labs`, and the column `collected`: 0–4, blank where none was given; CDISC's negative
        sign for a low value and a leading "GRADE" are understood.
    collected
        Name of the column with the collected grades.
    version
        CTCAE version.

    Raises
    ------
    InputError
        When a needed column is absent, or a collected grade is none.
    """
    if collected not in frame.columns:
        raise InputError(
            "laboratory table", f"column {collected} is missing", "name the column of the grades"
        )
    both = frame.drop("GRADE", strict=False).with_columns(
        grade_labs(frame, version), COLLECTED=_collected(frame, collected)
    )
    ours, theirs = pl.col("GRADE"), pl.col("COLLECTED")
    outcome = (
        pl.when(ours.is_null() & theirs.is_null()).then(pl.lit("neither"))
        .when(ours.is_null()).then(pl.lit("only collected"))
        .when(theirs.is_null()).then(pl.lit("only recomputed"))
        .when(ours == theirs).then(pl.lit("same"))
        .otherwise(pl.lit("differs"))
    )  # fmt: skip
    judged = both.with_columns(OUTCOME=outcome)
    why = [
        "" if row["OUTCOME"] in ("same", "neither") else explain(row, version)
        for row in judged.iter_rows(named=True)
    ]
    table = judged.with_columns(WHY=pl.Series(why, dtype=pl.String))
    names: tuple[Outcome, ...] = ("same", "differs", "only collected", "only recomputed", "neither")
    return Regraded(table, tuple((name, table.filter(pl.col("OUTCOME") == name).height) for name in names))


def why_ungraded(graded: pl.DataFrame, version: str = "5.0") -> pl.Series:
    """Why each row has no grade; blank where it has one.

    Limits that contradict each other are told of graded rows too.

    Parameters
    ----------
    graded
        Columns as for `grade_labs`, with GRADE.
    """
    names = [name for name in _TOLD if name in graded.columns]
    known: dict[tuple[object, ...], str] = {}
    found = [""] * graded.height
    blank = graded["GRADE"].is_null().arg_true()
    for at, cells in zip(blank, graded.select(names)[blank].iter_rows(), strict=True):
        if cells not in known:
            known[cells] = explain(dict(zip(names, cells, strict=True)), version)
        found[at] = known[cells]
    for at in (numbers_of(graded, "ANRLO") > numbers_of(graded, "ANRHI")).nonzero()[0]:
        found[at] = "; ".join(part for part in (found[at], _CROSSED) if part)
    return pl.Series("WHY", found, dtype=pl.String)


def _collected(frame: pl.DataFrame, column: str) -> pl.Series:
    text = pl.col(column).cast(pl.String).str.strip_chars().str.to_uppercase()
    plain = text.str.strip_prefix("GRADE").str.strip_chars().str.strip_prefix("-")
    given = frame.select(pl.when(text.is_in(["", "NA"])).then(None).otherwise(plain).alias("g"))["g"]
    grades = given.cast(pl.Float64, strict=False).cast(pl.Int8, strict=False)
    wrong = given.filter(given.is_not_null() & (grades.is_null() | ~grades.is_between(0, 5)))
    if wrong.len():
        raise InputError(f"column {column}", f"{wrong[0]!r} is no grade", "write 0 to 5, or leave it blank")
    return grades


def explain(row: Mapping[str, object], version: str = "5.0") -> str:
    """Say why a laboratory row has the grade it has, or why it has none.

    Parameters
    ----------
    row
        Columns as for `grade_labs`, with GRADE.
    """
    term, side, unit = (str(row.get(name) or "").strip() for name in ("TERM", "DIRECTION", "AVALU"))
    rules, _ = rules_for(version, term, side, unit)
    if not rules:
        return f"CTCAE {version} grades no {term or 'term'} ({side}) in {unit or 'no unit'}"
    if math.isnan(_number(row, "AVAL")):
        return _no_value(row)
    rule = _applied(rules, row)
    grade = row.get("GRADE")
    if rule is None:
        return "whether the baseline was normal is not known"
    if grade is None and (beyond := _beyond(row)):
        return beyond
    if grade is None:
        missing = [_NEEDS[name] for name in (*rule.requires, *rule.zero_requires)]
        return "not known: " + ", ".join(name for name in missing if math.isnan(_number(row, name)))
    state = f" (baseline {rule.baseline})" if rule.baseline else ""
    used = dict.fromkeys(cut.reference for cuts in rule.cuts for cut in cuts if cut.reference)
    unknown = [_NEEDS[name] for name in used if math.isnan(_number(row, _NEEDS[name]))]
    without = f", {' and '.join(unknown)} not known" if unknown else ""
    if grade == 0:
        return f"beyond no cut{state}{without}"
    assert isinstance(grade, int)
    shown = " or ".join(_shown(cut) for cut in rule.cuts[grade - 1])
    return f"{_number(row, 'AVAL'):g} is {shown}{state}{without}"


def _no_value(row: Mapping[str, object]) -> str:
    given = str(row.get("AVAL") or "").strip()
    if given in ("", "NA", "nan"):
        return "no value"
    kind = kind_of_result(given)
    return f"{given} is no laboratory value" if kind == "unread" else f"{given} tells no number"


def _beyond(row: Mapping[str, object]) -> str:
    """Why a value of which only a bound is known has no grade."""
    read = read_result(str(row.get("AVAL") or ""))
    bound = str(row.get("BOUND") or (read.bound if read else ""))
    side = {"<": "below", ">": "above"}.get(bound)
    return "" if side is None else f"how far the value lies {side} {_number(row, 'AVAL'):g} is not known"


def _applied(rules: tuple[LabRule, ...], row: Mapping[str, object]) -> LabRule | None:
    by = {rule.baseline: rule for rule in rules}
    if "" in by:
        return by[""]
    if row.get("ABLFL") == "Y":
        return by["normal"]
    flag = str(row.get("BNRIND") or "").strip().upper()
    return (
        by["high"]
        if flag.startswith("HIGH")
        else by["normal"]
        if flag in ("NORMAL", "LOW", "LOW LOW")
        else None
    )


def _number(row: Mapping[str, object], name: str) -> float:
    text = str(row.get(name)).strip()
    read = read_result(text) if name == "AVAL" else None
    try:
        value = float(text) if read is None else read.value
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and (value >= 0.0 or name == "PCHG") else math.nan


def _shown(cut: Cut) -> str:
    if cut.added:
        return f"{cut.sign} ULN + {cut.added:g}"
    reference = {None: "", "PCHG": " % change"}.get(cut.reference, f" × {cut.reference}")
    return f"{cut.sign} {cut.factor:g}{reference}"
