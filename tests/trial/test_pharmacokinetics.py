"""From facts to parameters: urine, intact compound, cohorts, dose proportionality."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from galu.finding import Truth
from galu.protocol import load_study
from galu.record import Entry, Fact, record_of
from galu.record.treatment import Administration, Enrolment, Sample, UrineCollection
from galu.trial.pharmacokinetics import PharmacokineticResults, derive_pharmacokinetics
from galu.trial.subjects import derive_subjects
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU = "177Lu-PSMA-0057"
LU_HALF_LIFE_H = 159.5
START = datetime(2026, 2, 2, 10, 0)
TIMES_H = (0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0)


def _at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat(timespec="seconds")


def _patient(name: str, level: int, net_mbq: float, factor: float = 1.0) -> list[Fact]:
    """One patient whose plasma holds a biological half-life of 10 h and 0.01 %IA/mL at the start."""
    facts: list[Fact] = [
        Enrolment(id=f"{name}e", subject=name, on="2026-02-01", phase="escalation", level=level),
        Administration(
            id=f"{name}a",
            subject=name,
            on=_at(0),
            ended=_at(0.25),
            agent=LU,
            cycle=1,
            planned_activity_mbq=net_mbq,
            activity_mbq=net_mbq,
        ),
    ]
    for n, hours in enumerate(TIMES_H):
        left = factor * net_mbq * 1e-4 * 2.0 ** (-hours / 10.0 - hours / LU_HALF_LIFE_H)
        common = {"subject": name, "on": _at(hours), "matrix": "plasma", "cycle": 1}
        facts.append(
            Sample(
                id=f"{name}s{n}",
                analyte=LU,
                value=1000.0 * left,
                unit="kBq/mL",
                decay_state="measured",
                **common,
            )
        )
    return facts


def _derive(facts: list[Fact]) -> PharmacokineticResults:
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    record = record_of([Entry(seq, moment, fact) for seq, fact in enumerate(facts, start=1)])
    return derive_pharmacokinetics(STUDY, record, derive_subjects(STUDY, record))


def _value(found: PharmacokineticResults, matrix: str, code: str, analyte: str = LU) -> float | None:
    (row,) = (
        row.parameter
        for row in found.parameters
        if (row.matrix, row.analyte, row.decay_state, row.parameter.code)
        == (matrix, analyte, "corrected", code)
    )
    return row.value


def _urine(n: int, start_h: float, end_h: float, mbq: float, missed: bool | None = None) -> UrineCollection:
    return UrineCollection(
        id=f"u{n}",
        subject="P",
        on=_at(start_h),
        ended=_at(end_h),
        agent=LU,
        cycle=1,
        volume_ml=500.0,
        activity_mbq=mbq * 2.0 ** (-end_h / LU_HALF_LIFE_H),
        missed_void=missed,
    )


def test_renal_clearance_is_amount_over_the_plasma_area_of_the_window() -> None:
    found = _derive([*_patient("P", 1, 3700.0), _urine(0, 0, 4, 800.0), _urine(1, 4, 8, 200.0)])
    amount, percent = _value(found, "urine", "RCAMINT"), _value(found, "urine", "RCPCINT")
    assert amount == pytest.approx(1000.0, rel=1e-3)
    assert percent == pytest.approx(100.0 * 1000.0 / 3700.0, rel=1e-3)
    # MBq/mL · h of 0.37 MBq/mL falling with 10 h from the first sample on; before it the infusion rises
    first = TIMES_H[0]
    falling = 0.37 * (10.0 / 0.693147) * (2.0 ** (-first / 10.0) - 2.0**-0.8)
    area = falling + 0.5 * first * 0.37 * 2.0 ** (-first / 10.0)
    assert _value(found, "urine", "RENALCL") == pytest.approx(1000.0 / area / 1000.0, rel=2e-3)


@pytest.mark.parametrize(
    ("collections", "said"),
    [
        ([_urine(0, 0, 4, 800.0), _urine(1, 4, 8, 200.0, missed=True)], "missed"),
        ([_urine(0, 0, 4, 800.0), _urine(1, 6, 8, 200.0)], "no collection"),
        ([_urine(0, 0, 4, 800.0), _urine(1, 3, 8, 200.0)], "overlap"),
        ([_urine(0, -4, 0, 0.0)], "no collection"),
    ],
)
def test_urine_that_is_not_complete_has_no_amount(collections: list[Fact], said: str) -> None:
    found = _derive([*_patient("P", 1, 3700.0), *collections])
    rows = [row.parameter for row in found.parameters if row.matrix == "urine"]
    assert [row.code for row in rows] == ["RCAMINT", "RCPCINT", "RENALCL"]
    assert all(row.value is None and said in row.reason for row in rows)


def test_urine_without_a_volume_is_named_once_and_makes_no_profile() -> None:
    urine = [
        Sample(id=f"w{n}", subject="P", on="2026-02-02", matrix="urine", analyte=LU, value=1.0, unit="kBq/mL")
        for n in range(3)
    ]
    found = _derive([*_patient("P", 1, 3700.0), *urine])
    assert {one.matrix for one in found.profiles} == {"plasma"}
    (left_out,) = found.left_out
    assert (left_out.matrix, left_out.samples, left_out.subjects) == ("urine", 3, 1)
    assert "volume" in left_out.reason


def test_intact_compound_stands_beside_the_total() -> None:
    fractions = [
        Sample(id=f"f{n}", subject="P", on=_at(hours), matrix="plasma", analyte="intact fraction", cycle=1,
               value=percent, unit="%")
        for n, (hours, percent) in enumerate(((1.0, 90.0), (24.0, 50.0)))
    ]  # fmt: skip
    found = _derive([*_patient("P", 1, 3700.0), *fractions])
    profiles = {one.analyte: one.profile for one in found.profiles}
    assert set(profiles) == {LU, f"{LU} (intact)"}
    total, part = profiles[LU], profiles[f"{LU} (intact)"]
    assert total is not None and part is not None
    share = part.conc / total.conc
    assert share[:2] == pytest.approx([0.95, 0.9])
    assert share[5] == pytest.approx(0.5)
    assert part.conc[6] != part.conc[6], "beyond the last fraction it is unknown"
    intact_area = _value(found, "plasma", "AUCLST", f"{LU} (intact)")
    assert intact_area is not None and intact_area < (_value(found, "plasma", "AUCLST") or 0.0)


def test_cohorts_and_dose_proportionality() -> None:
    factors = (0.98, 1.0, 1.02)
    facts = [fact for n, f in enumerate(factors) for fact in _patient(f"A{n}", 1, 3700.0, f)]
    facts += [fact for n, f in enumerate(factors) for fact in _patient(f"B{n}", 2, 6000.0, f)]
    found = _derive(facts)
    cmax = [
        row
        for row in found.summaries
        if (row.matrix, row.decay_state, row.summary.code) == ("plasma", "corrected", "CMAX")
    ]
    assert [(row.level, row.summary.n) for row in cmax] == [(1, 3), (2, 3)]
    assert cmax[0].summary.geometric_mean == pytest.approx(cmax[1].summary.geometric_mean)  # %IA/mL
    judged = {(row.decay_state, row.code): row for row in found.proportionality}
    assert set(judged) == {(s, c) for s in ("measured", "corrected") for c in ("CMAX", "AUCLST", "AUCIFO")}
    area = judged["corrected", "AUCIFO"]
    assert area.subjects == 6
    assert area.found.exponent == pytest.approx(1.0, abs=1e-6)
    assert area.found.proportional is Truth.TRUE
    alone = _derive(_patient("A", 1, 3700.0)).proportionality[0].found
    assert alone.exponent is None and "two doses" in alone.reason
