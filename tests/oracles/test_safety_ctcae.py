"""CTCAE v5.0 laboratory grades against a reference implementation, minus the listed deviations."""

from __future__ import annotations

import csv

import polars as pl
import pytest

from galu.safety.clinical import value_rules
from galu.safety.ctcae import grade_labs, lab_rules
from galu.safety.regrade import regrade_labs
from galu.safety.terms import read_terms, shipped_terms
from support import shared

LIVER = (
    "Alanine aminotransferase increased",
    "Alkaline phosphatase increased",
    "Aspartate aminotransferase increased",
    "Blood bilirubin increased",
    "GGT increased",
)
GGT_ENTRY = (  # GGT and ALP have the same text: an abnormal baseline enters at >= 2.0 x, not > 2.0 x
    (pl.col("TERM") == "GGT increased")
    & pl.col("BNRIND").str.starts_with("HIGH")
    & (pl.col("AVAL").cast(pl.Float64) == 2 * pl.col("BASE").cast(pl.Float64))
    & (pl.col("theirs") == 0)
    & (pl.col("ours") == 1)
)
UNKNOWN_BASELINE = (  # a blank baseline flag is unknown, the reference reads it as normal
    pl.col("TERM").is_in(LIVER)
    & pl.col("BNRIND").is_null()
    & (pl.col("theirs") >= 1)
    & pl.col("ours").is_null()
)


def differing(frame: pl.DataFrame, expected: str) -> pl.DataFrame:
    both = frame.with_columns(ours=grade_labs(frame), theirs=pl.col(expected).cast(pl.Int8))
    return both.filter(pl.col("ours").ne_missing(pl.col("theirs")))


def test_all_cases() -> None:
    cases = pl.read_csv(shared("public", "safety", "atoxgr_ctcae_v5_test_cases.csv"), infer_schema=False)
    assert cases.height == 1157
    found = differing(cases.rename({"term": "TERM", "direction": "DIRECTION"}), "expected")
    assert found.height == 1
    assert found.filter(GGT_ENTRY).height == 1


def test_every_row_of_the_grid() -> None:
    grid = pl.read_csv(shared("oracles", "safety", "ctcae_v5_lab_grid.csv"), infer_schema=False)
    assert grid.height == 19300
    found = differing(grid, "GRADE")
    assert found.filter(GGT_ENTRY).height == 2
    assert found.filter(UNKNOWN_BASELINE).height == 261
    assert found.height == 263


def test_a_value_decides_a_grade_only_where_the_printed_text_has_one() -> None:
    printed = read_terms(
        csv.DictReader(shared("public", "safety", "ctcae_v5_terms_full.csv").open(encoding="utf-8"))
    )
    assert len(printed) == 837
    for name, term in shipped_terms().items():
        assert (term.soc, term.grades) == (printed[name].soc, printed[name].grades)
    for rule in lab_rules():
        term = printed[rule.term.removesuffix(" (Ionized)").lower()]
        assert {grade for grade, cuts in enumerate(rule.cuts, start=1) if cuts} <= set(term.grades)
    for row in value_rules():
        assert row.grade in printed[row.term.lower()].grades


def test_printed_cuts_of_two_units_are_each_kept() -> None:
    """What one unit's cut is in the other unit's table differs by up to 7.4 %: each value keeps its own."""
    with shared("oracles", "safety", "dual_unit_thresholds.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if not row["term"].startswith("(")]
    assert len(rows) == 23
    for row in rows:
        for unit, cut in ((row["conv_unit"], row["conv_value"]), (row["si_unit"], row["si_value"])):
            found = [rule for rule in lab_rules() if rule.term == row["term"] and unit in rule.units]
            cuts = {
                part.factor for rule in found for parts in rule.cuts for part in parts if not part.reference
            }
            assert float(cut) in cuts


@pytest.fixture(scope="module")
def pilot() -> pl.DataFrame:
    return pl.read_csv(shared("public", "safety", "adlb_ctcae_v4_v5_expected.csv"), infer_schema=False)


def regraded(pilot: pl.DataFrame, direction: str) -> pl.DataFrame:
    rows = pilot.filter(pl.col(f"ATOXDSC{direction}").is_not_null())
    return differing(
        rows.with_columns(TERM=pl.col(f"ATOXDSC{direction}"), DIRECTION=pl.lit(direction), AVALU=pl.col("U")),
        f"V5_{direction}",
    )


def test_pilot_low_differs_only_by_haemoglobin_in_mmol(pilot: pl.DataFrame) -> None:
    found = regraded(pilot, "L")
    assert found.height == 2499
    assert found.filter((pl.col("PARAMCD") == "HGB") & pl.col("theirs").is_null()).height == 2499


def test_pilot_high_differs_only_by_the_57_abnormal_liver_baselines(pilot: pl.DataFrame) -> None:
    found = regraded(pilot, "H")
    at_baseline = (pl.col("ABLFL") == "Y") & pl.col("TERM").is_in(LIVER) & (pl.col("BNRIND") == "HIGH")
    assert found.height == 57
    assert found.filter(at_baseline & (pl.col("theirs") == 0) & (pl.col("ours") >= 1)).height == 57


@pytest.mark.parametrize(
    ("direction", "counts", "reasons"),
    [
        ("L", {"only recomputed": 2499}, {"is < 6.2", "is < 1 × LLN", "beyond no cut"}),
        ("H", {"differs": 57}, {"(baseline normal)"}),
    ],
)
def test_the_pilot_regraded_explains_each_difference(
    pilot: pl.DataFrame, direction: str, counts: dict[str, int], reasons: set[str]
) -> None:
    rows = pilot.filter(pl.col(f"ATOXDSC{direction}").is_not_null()).with_columns(
        TERM=pl.col(f"ATOXDSC{direction}"), DIRECTION=pl.lit(direction), AVALU=pl.col("U")
    )
    found = regrade_labs(rows, f"V5_{direction}")
    assert {name: n for name, n in found.counts if n and name not in ("same", "neither")} == counts
    why = found.differing["WHY"].unique().to_list()
    assert all(any(reason in text for reason in reasons) for text in why)
