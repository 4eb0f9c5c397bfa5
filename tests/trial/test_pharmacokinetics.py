"""From facts to parameters: urine, intact compound, cohorts, dose proportionality."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from galu.finding import Truth
from galu.pharmacokinetics import Parameter
from galu.protocol import Study, load_study
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


def _derive(facts: list[Fact], zone: str = "UTC", study: Study = STUDY) -> PharmacokineticResults:
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    record = record_of([Entry(seq, moment, fact) for seq, fact in enumerate(facts, start=1)], zone)
    return derive_pharmacokinetics(study, record, derive_subjects(study, record))


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


GA = "68Ga-PSMA-0057"


def _rows(found: PharmacokineticResults, matrix: str = "urine") -> dict[str, Parameter]:
    return {row.parameter.code: row.parameter for row in found.parameters if row.matrix == matrix}


def test_a_void_that_began_before_the_dose_is_named_rather_than_lost() -> None:
    found = _rows(_derive([*_patient("P", 1, 3700.0), _urine(0, -1 / 60, 4, 800.0), _urine(1, 4, 8, 200.0)]))
    assert set(found) == {"RCAMINT", "RCPCINT", "RENALCL"}
    for row in found.values():
        assert row.value is None and "before the administration" in row.reason
        assert set(row.refs) == {"u0", "u1"}


def test_urine_without_its_administration_is_named_rather_than_lost() -> None:
    enrolled = _patient("P", 1, 3700.0)[0]
    for facts in ([enrolled, _urine(0, 0, 4, 800.0)], [_urine(0, 0, 4, 800.0)]):
        found = _rows(_derive(facts))
        assert len(found) == 3
        assert all(row.value is None and f"no administration of {LU}" in row.reason for row in found.values())


def test_urine_is_a_share_of_its_own_agent() -> None:
    other = UrineCollection(
        id="g", subject="P", on=_at(0), ended=_at(2), agent=GA, cycle=1, volume_ml=100.0, activity_mbq=30.0,
        decay_state="corrected",
    )  # fmt: skip
    lone = _rows(_derive([*_patient("P", 1, 3700.0), other]))
    assert lone["RCPCINT"].value is None and GA in lone["RCPCINT"].reason
    scan = Administration(
        id="i", subject="P", on=_at(0), agent=GA, cycle=1, planned_activity_mbq=150.0, activity_mbq=150.0
    )
    both = _rows(_derive([*_patient("P", 1, 3700.0), scan, other]))
    assert both["RCPCINT"].value == pytest.approx(20.0)
    assert both["RENALCL"].value is None, "plasma was sampled for the other agent"


def test_collections_are_ordered_by_instant_whatever_their_zone() -> None:
    local = {"subject": "P", "agent": LU, "cycle": 1, "volume_ml": 500.0, "decay_state": "corrected"}
    first = UrineCollection(
        id="a", on="2026-02-02T10:00:00", ended="2026-02-02T14:00:00", activity_mbq=800.0, **local
    )
    second = UrineCollection(
        id="b", on="2026-02-02T06:00:00Z", ended="2026-02-02T10:00:00Z", activity_mbq=200.0, **local
    )
    found = _rows(_derive([*_patient("P", 1, 3700.0), first, second], "Asia/Shanghai"))
    assert found["RCAMINT"].value == pytest.approx(1000.0)
    assert (found["RCAMINT"].start_h, found["RCAMINT"].end_h) == (0.0, 8.0)


def test_amounts_over_different_windows_are_not_averaged() -> None:
    late = _urine(1, 6, 24, 200.0).model_copy(update={"subject": "Q"})
    people = [*_patient("P", 1, 3700.0), *_patient("Q", 1, 3700.0)]
    found = _derive([*people, _urine(0, 0, 24, 1000.0), late])
    amounts = {row.window_h: row.summary for row in found.summaries if row.summary.code == "RCAMINT"}
    assert {window: one.n for window, one in amounts.items()} == {(0.0, 24.0): 1, (6.0, 24.0): 1}


def test_renal_clearance_is_summarised_in_one_row() -> None:
    without_blood = [fact for fact in _patient("Q", 1, 3700.0) if not isinstance(fact, Sample)]
    void = _urine(1, 0, 24, 900.0).model_copy(update={"subject": "Q"})
    found = _derive([*_patient("P", 1, 3700.0), *without_blood, _urine(0, 0, 24, 1000.0), void])
    (row,) = (row.summary for row in found.summaries if row.summary.code == "RENALCL")
    assert (row.unit, row.n, row.n_missing) == ("L/h", 1, 1)


def _sample(name: str, hours: float, value: float | None, **more: object) -> Sample:
    given = {"matrix": "plasma", "analyte": LU, "unit": "kBq/mL", "cycle": 1, "decay_state": "measured"}
    return Sample(id=name, subject="P", on=_at(hours), value=value, **(given | more))


@pytest.mark.parametrize("state", ["corrected", None])
def test_mixed_decay_states_are_refused(state: str | None) -> None:
    found = _derive([*_patient("P", 1, 3700.0), _sample("x", 60.0, 1.0, decay_state=state)])
    (profile,) = found.profiles
    assert profile.profile is None
    assert "mixed" in profile.reason and "measured" in profile.reason
    assert not found.parameters


def test_two_results_at_one_time_are_refused_in_either_order() -> None:
    below = _sample("x", 24.0, None, text="<LLOQ")
    enrolled, given, *samples = _patient("P", 1, 3700.0)
    for facts in ([enrolled, given, below, *samples], [enrolled, given, *samples, below]):
        (profile,) = _derive(facts).profiles
        assert profile.profile is None and "two samples at 24 h" in profile.reason
    missing = _sample("x", 24.0, None, text="tube broken")
    profiles = [
        _derive(facts).profiles[0].profile
        for facts in ([enrolled, given, missing, *samples], [enrolled, given, *samples, missing])
    ]
    assert all(one is not None and len(one.time_h) == len(TIMES_H) and one.conc[5] > 0.0 for one in profiles)


def test_two_fractions_at_one_time_are_refused_in_either_order() -> None:
    one, two = (
        _sample(name, 24.0, value, analyte="intact fraction", unit="%", decay_state=None)
        for name, value in (("x", 80.0), ("y", 20.0))
    )
    for pair in ([one, two], [two, one]):
        found = _derive([*_patient("P", 1, 3700.0), *pair])
        (part,) = (row for row in found.profiles if row.analyte.endswith("(intact)"))
        assert part.profile is None and "two samples at 24 h" in part.reason


def test_cycle_zero_is_not_the_first_cycle() -> None:
    found = _derive([*_patient("P", 1, 3700.0), _sample("x", 36.0, 77.0, cycle=0)])
    first = {row.cycle: row for row in found.profiles}
    assert set(first) == {0, 1}
    assert first[1].profile is not None and len(first[1].profile.time_h) == len(TIMES_H)
    assert first[0].profile is None and "administration" in first[0].reason


def _planning(**stated: tuple[str, ...]) -> Study:
    plan = STUDY.pharmacokinetics
    assert plan is not None
    changed = {
        name: getattr(plan, name).model_copy(update={"value": value}) for name, value in stated.items()
    }
    return STUDY.model_copy(update={"pharmacokinetics": plan.model_copy(update=changed)})


def test_only_the_matrices_of_the_plan_are_derived_and_others_named() -> None:
    facts = [*_patient("P", 1, 3700.0), _urine(0, 0, 4, 800.0), _sample("x", 1.0, 3.0, matrix="serum")]
    found = _derive(facts, study=_planning(matrices=("plasma",)))
    assert {row.matrix for row in found.parameters} == {"plasma"}
    left = {one.matrix: (one.samples, one.subjects) for one in found.left_out}
    assert left == {"serum": (1, 1), "urine": (1, 1)}
    assert all("matrices" in one.reason for one in found.left_out)
    blood = _derive([_sample("x", 1.0, 3.0, matrix="blood"), *_patient("P", 1, 3700.0)])
    assert {one.matrix for one in blood.profiles} == {"blood", "plasma"} and not blood.left_out


@pytest.mark.parametrize("states", [("measured",), ("corrected",), ("measured", "corrected")])
def test_only_the_decay_states_of_the_plan_are_derived(states: tuple[str, ...]) -> None:
    facts = [*_patient("P", 1, 3700.0), _urine(0, 0, 4, 800.0)]
    found = _derive(facts, study=_planning(decay_states=states))
    assert {row.decay_state for row in found.parameters} == set(states)
    assert {row.decay_state for row in found.proportionality} == set(states)
