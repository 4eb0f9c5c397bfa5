"""Renaming the test or unit of any value to a word nobody knows never makes a patient free of toxicity."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from galu.protocol import load_study
from galu.safety.dlt import assess_dlt
from galu.safety.inputs import DltPatient, LabInput, PlannedCount, TransfusionInput
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
assert STUDY.safety is not None
PLAN = STUDY.safety
FIRST = date(2026, 1, 1)
WEEKS = (8, 15, 22, 29, 36, 43)
#: Test, unit, limits and values from harmless to severe.
KINDS: tuple[tuple[str, str, float, float, tuple[float, ...]], ...] = (
    ("NEUT", "10^9/L", 2.0, 7.0, (4.0, 1.2, 0.3)),
    ("PLAT", "10^9/L", 150.0, 400.0, (200.0, 40.0, 15.0)),
    ("ALT", "U/L", 7.0, 45.0, (30.0, 150.0, 900.0)),
    ("BILI", "umol/L", 3.0, 20.0, (10.0, 50.0, 250.0)),
    ("LIPASE", "U/L", 10.0, 60.0, (40.0, 180.0, 500.0)),
    ("K", "mmol/L", 3.5, 5.1, (4.2, 2.7, 7.5)),
    ("CA", "mmol/L", 2.15, 2.55, (2.3, 1.9, 2.8)),
    ("ALB", "g/L", 35.0, 50.0, (40.0, 22.0, 18.0)),
)


def _day(number: int) -> date:
    return FIRST + timedelta(number - 1)


def _value(kind: tuple[str, str, float, float, tuple[float, ...]], on: int, grade: int) -> LabInput:
    test, unit, low, high, values = kind
    return LabInput(f"{test}{on}-{grade}", test, _day(on), values[grade], unit, low, high)


COUNTS = tuple(_value(kind, week, 0) for week in WEEKS for kind in KINDS[:2])
VALUES = st.lists(
    st.builds(_value, st.sampled_from(KINDS), st.integers(1, 56), st.integers(0, 2)),
    min_size=1,
    max_size=8,
    unique_by=lambda lab: (lab.test, lab.day),
)


@settings(max_examples=120, deadline=None)
@given(
    values=VALUES,
    which=st.integers(0, 40),
    column=st.sampled_from(["test", "unit"]),
    cycle2=st.booleans(),
    given_on=st.none() | st.integers(5, 50),
    as_of=st.integers(43, 100),
)
def test_a_name_nobody_knows_never_makes_free(
    values: list[LabInput], which: int, column: str, cycle2: bool, given_on: int | None, as_of: int
) -> None:
    told = {(lab.test, lab.day): lab for lab in (*COUNTS, *values)}
    labs = tuple(told.values())
    given_ = () if given_on is None else (TransfusionInput("tx", _day(given_on), "platelets"),)
    who = DltPatient(
        "001",
        1,
        FIRST,
        labs=labs,
        transfusions=given_,
        cycle2=_day(57) if cycle2 else None,
        counts=tuple(PlannedCount(_day(w), _day(w - 2), _day(w + 2)) for w in WEEKS),
    )
    assume(assess_dlt(who, PLAN, _day(as_of)).outcome in ("T", "P"))
    at = which % len(labs)
    other = replace(labs[at], **{column: "furlongs" if column == "unit" else "Frobnicytes"})  # type: ignore[arg-type]
    renamed = replace(who, labs=(*labs[:at], other, *labs[at + 1 :]))
    assert assess_dlt(renamed, PLAN, _day(as_of)).outcome != "N"


def test_a_value_after_the_window_that_a_long_neutropenia_rests_on() -> None:
    """Grade 4 from day 40 to 48 is more than seven days; without the name of the last value it may be."""
    low = tuple(_value(KINDS[0], on, 2) for on in (40, 43, 48))
    kept = tuple(lab for lab in COUNTS if (lab.test, lab.day) != ("NEUT", _day(43)))
    who = DltPatient("001", 1, FIRST, labs=(*kept, *low), cycle2=_day(57))
    assert assess_dlt(who, PLAN, _day(60)).outcome == "T"
    for column, word in (("test", "Frobnicytes"), ("unit", "furlongs")):
        last = replace(low[2], **{column: word})  # type: ignore[arg-type]
        found = assess_dlt(replace(who, labs=(*kept, *low[:2], last)), PLAN, _day(60))
        assert found.outcome == "P" and last.ref in found.facts
