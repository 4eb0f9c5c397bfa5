"""Values before the first therapeutic dose, as the tables of baseline and change show them.

The baseline is the last value that is not missing before the dose; of its day the times decide, and a value
of which nothing tells whether it was taken before is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from galu.record import Row
from galu.record.people import Ecog, Lab, Vital
from galu.results.lines import Facts
from galu.trial.labs import after_dose
from galu.trial.state import TrialState
from galu.vocabulary.laboratory import in_unit, lab_tests
from galu.vocabulary.results import read_result

#: A value with the facts that show it.
Known = tuple[float, Facts]
Values = Mapping[str, Known]
#: Units of vital signs that a table may meet, and what one of them is in the first of its group.
_SAME: Final[Mapping[str, tuple[str, float]]] = {
    "kg": ("kg", 1.0), "g": ("kg", 0.001), "lb": ("kg", 0.45359237), "cm": ("cm", 1.0), "m": ("cm", 100.0),
    "in": ("cm", 2.54), "mm[hg]": ("mmHg", 1.0), "mmhg": ("mmHg", 1.0), "beats/min": ("beats/min", 1.0),
    "/min": ("beats/min", 1.0), "bpm": ("beats/min", 1.0), "c": ("°C", 1.0), "°c": ("°C", 1.0),
    "%": ("%", 1.0),
}  # fmt: skip


def is_before(state: TrialState, row: Row[Lab] | Row[Vital] | Row[Ecog], start: str) -> bool:
    """Whether a value is known to lie before the dose that began at `start`."""
    return after_dose(row.day, row.fact.on, start, state.record.zone) is False or (
        row.day is not None and row.day.isoformat() == start[:10] and len(row.fact.on) <= len("2026-01-01")
    )


def number_of(fact: Lab | Vital) -> float | None:
    """The number of a result, also one in words that is no bound."""
    if fact.value is not None:
        return fact.value
    read = read_result(fact.text) if fact.text else None
    return None if read is None or read.bound else read.value


@cache
def unit_of(test: str, units: tuple[str, ...]) -> str:
    """The unit of a table of one test: the usual one, and of several the one written most often."""
    known = lab_tests().get(test)
    usual = [one for one in units if known is not None and one in known.usual]
    return Counter(usual or units).most_common(1)[0][0] if units else ""


def of_test(state: TrialState, test: str) -> tuple[str, dict[str, list[tuple[Row[Lab], float]]]]:
    """Every number of a laboratory test by subject, in one unit; what does not convert is left out."""
    rows = [row for row in state.record.rows(Lab) if row.fact.test == test]
    unit = unit_of(test, tuple(row.fact.unit or "" for row in rows))
    found: dict[str, list[tuple[Row[Lab], float]]] = {}
    for row in rows:
        number, written = number_of(row.fact), row.fact.unit or ""
        if number is not None:
            same = number if written == unit else in_unit(test, number, written, unit)
            if same is not None:
                found.setdefault(row.subject, []).append((row, same))
    return unit, found


def of_sign(state: TrialState, test: str) -> tuple[str, dict[str, list[tuple[Row[Vital], float]]]]:
    """Every number of a vital sign by subject, in one unit; what does not convert is left out."""
    found: dict[str, list[tuple[Row[Vital], float]]] = {}
    units: Counter[str] = Counter()
    for row in state.record.rows(Vital):
        number = number_of(row.fact) if row.fact.test == test else None
        if number is not None:
            unit, factor = _SAME.get((row.fact.unit or "").casefold(), (row.fact.unit or "", 1.0))
            units[unit] += 1
            if unit == units.most_common(1)[0][0]:
                found.setdefault(row.subject, []).append((row, number * factor))
    return (units.most_common(1)[0][0] if units else ""), found


def lab_baseline(state: TrialState, test: str) -> tuple[str, Values]:
    """Unit and baseline of a laboratory test."""
    unit, found = of_test(state, test)
    return unit, _last_before(state, found)


def sign_baseline(state: TrialState, test: str) -> tuple[str, Values]:
    """Unit and baseline of a vital sign."""
    unit, found = of_sign(state, test)
    return unit, _last_before(state, found)


def ecog_baseline(state: TrialState) -> Values:
    """Performance status at baseline."""
    told: dict[str, list[tuple[Row[Ecog], float]]] = {}
    for row in state.record.rows(Ecog):
        told.setdefault(row.subject, []).append((row, float(row.fact.score)))
    return _last_before(state, told)


def _last_before(
    state: TrialState,
    told: Mapping[str, Iterable[tuple[Row[Lab] | Row[Vital] | Row[Ecog], float]]],
) -> dict[str, Known]:
    starts = {one.id: one.therapy[0].start for one in state.subjects if one.therapy}
    found: dict[str, Known] = {}
    for subject, rows in told.items():
        start = starts.get(subject)
        before = [pair for pair in rows if start is not None and is_before(state, pair[0], start)]
        if before:
            row, number = max(before, key=lambda pair: (pair[0].fact.on, pair[0].seq))
            found[subject] = number, (row.id,)
    return found
