"""Which of the two results of a row is read: the original, or the one in the standard unit.

Value, unit and limits always come from the same pair. The original goes before, as CTCAE is graded in
the unit reported; the standard pair where the original result is no number, or its unit is missing or none
of its test, and the standard result is a number in a unit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from galu.exchange.sdtm.lines import Line
from galu.exchange.sdtm.shape import holds
from galu.exchange.sdtm.takes import Take, as_number
from galu.vocabulary.laboratory import is_usual, lab_code, lab_tests
from galu.vocabulary.results import read_result
from galu.vocabulary.units import read_unit

#: Words for what lies beyond a limit: whatever number an export puts in their place, they are the result.
_LIMITS: Final = (
    r"^\s*[<>≤≥]|BLQ|BQL|BLOQ|LLOQ|ULOQ|LLOD|DETECT|QUANTI|BELOW|ABOVE|LESS THAN|GREATER"
    r"|^ND$|^NEG|^POS|^TRACE"
)
#: Original and standard result disagree where their ratio is off by more than rounding explains (assumed).
_ROUNDING: Final = 0.05
#: A ratio between two units is told from so many rows at least (assumed).
_ENOUGH: Final = 5


def known_unit(unit: str) -> bool:
    """Whether galu knows a unit however it is spelled."""
    return bool(read_unit(unit))


def fits(test: str, unit: str) -> bool:
    """Whether a graded test is reported in a unit; of any other test, whether the unit is one.

    >>> fits("PLAT", "10^9/L"), fits("PLAT", "mg/dL"), fits("ANYTHING", "mg/dL")
    (True, False, True)
    """
    known = lab_tests().get(lab_code(test) or "")
    return known_unit(unit) and (known is None or not known.terms or is_usual(known, unit))


_BETWEEN: Final = "\x1f"


def _asked(words: pl.Expr, ask: Callable[[str], bool]) -> pl.Expr:
    """A property of words, asked once for each of them; null of none."""

    def answers(column: pl.Series) -> pl.Series:
        kinds = column.drop_nulls().unique().to_list()
        found = {kind: ask(kind) for kind in kinds}
        return column.replace_strict(found, default=None, return_dtype=pl.Boolean)

    return words.map_batches(answers, return_dtype=pl.Boolean)


def _fits(domain: str, unit: str) -> pl.Expr:
    """Whether the unit of a row is one of its test; of vital signs and concentrations, whether it is one."""
    if domain != "LB":
        return _asked(pl.col(unit), known_unit)
    pair = pl.concat_str(pl.col(f"{domain}TESTCD"), pl.col(unit), separator=_BETWEEN)
    return _asked(pair, lambda both: fits(*both.split(_BETWEEN, 1)))


def _is_result(text: str) -> bool:
    return read_result(text) is not None


def _standard(domain: str) -> pl.Expr:
    """Whether the standard pair is read."""
    original, unit = f"{domain}ORRES", f"{domain}ORRESU"
    number, standard_unit = as_number(f"{domain}STRESN"), f"{domain}STRESU"
    has_unit = pl.col(standard_unit).is_not_null()
    better = _fits(domain, standard_unit).fill_null(False)
    silent = pl.col(unit).is_null() & has_unit
    unknown = ~_fits(domain, unit).fill_null(False) & better
    unread = ~_asked(pl.col(original), _is_result).fill_null(False) & ~holds(original, _LIMITS) & has_unit
    return pl.col(original).is_null() | (number.is_not_null() & (silent | unknown | unread))


def reported(domain: str) -> dict[str, Take]:
    """Value, text and unit of a result; one that is no number, such as `<0.2`, is text."""
    original, standard, words = f"{domain}ORRES", f"{domain}STRESN", f"{domain}STRESC"
    other = _standard(domain)
    value = pl.when(other).then(as_number(standard)).otherwise(as_number(original))
    said = pl.when(pl.col(original).is_null()).then(pl.coalesce(words, f"{domain}STAT"))
    text = said.otherwise(pl.coalesce(pl.when(other).then(words), original))
    broken = pl.col(standard).is_not_null() & as_number(standard).is_null()
    unit = pl.when(other).then(pl.col(f"{domain}STRESU")).otherwise(pl.col(f"{domain}ORRESU"))
    return {
        "value": Take(value, broken, "is no number"),
        "text": Take(pl.when(value.is_null()).then(text)),
        "unit": Take(unit),
    }


def limit(domain: str, original: str, standard: str) -> Take:
    """A limit of normal in the unit of the value that is read; unknown where only another unit's is there."""
    same_unit = pl.col(f"{domain}ORRESU") == pl.col(f"{domain}STRESU")
    stated, other = as_number(f"{domain}{original}"), as_number(f"{domain}{standard}")
    own = pl.coalesce(stated, pl.when(same_unit).then(other))
    return Take(pl.when(_standard(domain)).then(other).otherwise(own))


def disagreements(domain: str, frame: pl.DataFrame) -> list[Line]:
    """Rows whose original and standard result cannot both be true.

    In one unit the two are equal; between two units of a test they have one ratio, that of most rows.
    """
    test, one, two = f"{domain}TESTCD", f"{domain}ORRESU", f"{domain}STRESU"
    first, second = as_number(f"{domain}ORRES"), as_number(f"{domain}STRESN")
    if not {test, one, two, f"{domain}ORRES", f"{domain}STRESN"} <= set(frame.columns):
        return []
    rows = frame.select("row", test, one, two, first.alias("first"), second.alias("second"))
    rows = rows.filter(
        (pl.col("first") > 0) & (pl.col("second") > 0) & pl.all_horizontal(pl.col(one, two).is_not_null())
    )
    rows = rows.with_columns((pl.col("second") / pl.col("first")).alias("ratio"))
    group = [test, one, two]
    usual = pl.when(pl.col(one) == pl.col(two)).then(1.0).otherwise(pl.col("ratio").median().over(group))
    off = (pl.col("ratio") / usual - 1.0).abs() > _ROUNDING
    rows = rows.with_columns(off.alias("off"))
    # A conversion that is no ratio (°F to °C) is off everywhere: nothing is told of it.
    told = (pl.col(one) == pl.col(two)) | (
        (pl.len().over(group) >= _ENOUGH) & (pl.col("off").mean().over(group) < _ROUNDING)
    )
    said = "{}ORRES {} {} and {}STRESN {} {} disagree"
    return [
        (
            row["row"],
            said.format(domain, f"{row['first']:g}", row[one], domain, f"{row['second']:g}", row[two]),
        )
        for row in rows.filter(told & pl.col("off")).iter_rows(named=True)
    ]
