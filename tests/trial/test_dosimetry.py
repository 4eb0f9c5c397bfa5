"""Absorbed doses from facts: each patient's own fit, or one fit of all patients where the study says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from galu.protocol import Study, load_study, parse_study
from galu.record import Entry, Fact, Record, record_of
from galu.record.conduct import Judgement
from galu.record.people import Consent, Lab
from galu.record.treatment import Administration, Enrolment, RegionActivity
from galu.trial.dosimetry import SubjectDose
from galu.trial.proposals import CycleProposal
from galu.trial.state import TrialState, derive_state
from support import ROOT

LU = "177Lu-PSMA-0057"
FILE = ROOT / "studies" / "nct07310355" / "study.yaml"
START = datetime(2026, 2, 2, 10)
COUNTS = (
    ("PLAT", 180.0, "10^9/L", 125.0, 350.0),
    ("NEUT", 4.0, "10^9/L", 2.0, 7.5),
    ("WBC", 6.0, "10^9/L", 4.0, 11.0),
    ("HGB", 140.0, "g/L", 130.0, 175.0),
    ("CREAT", 80.0, "umol/L", 60.0, 110.0),
)


def _given(name: str, cycle: int, planned_mbq: float = 6000.0, net_mbq: float = 6000.0) -> Administration:
    return Administration(
        id=f"{name}-a{cycle}", subject=name, on=_start(cycle).isoformat(), agent=LU, cycle=cycle,
        planned_activity_mbq=planned_mbq, activity_mbq=net_mbq,
    )  # fmt: skip


def _start(cycle: int) -> datetime:
    return START + timedelta(days=42 * (cycle - 1))


def _scans(name: str, cycle: int, activity_mbq: float = 200.0) -> list[Fact]:
    return [
        RegionActivity(
            id=f"{name}-s{cycle}-{n}", subject=name, on=(_start(cycle) + timedelta(hours=time)).isoformat(),
            agent=LU, cycle=cycle, region="kidneys", activity_mbq=activity_mbq * 2 ** (-time / 45.0),
            sigma_mbq=2.0, mass_g=310,
        )
        for n, time in enumerate((4.0, 24.0, 72.0, 168.0))
    ]  # fmt: skip


def _course(*facts: Fact) -> TrialState:
    """State of subject P four weeks after the last of four cycles."""
    base = [
        Consent(id="c", subject="P", on="2026-01-20"),
        Enrolment(id="e", subject="P", on="2026-02-01", phase="escalation", level=2),
        *facts,
    ]
    now = datetime(2026, 2, 1, tzinfo=UTC)
    record = record_of([Entry(i + 1, now, fact) for i, fact in enumerate(base)], "Asia/Shanghai")
    return derive_state(load_study(FILE), record, _start(4).date() + timedelta(28))


def _proposal(*facts: Fact) -> CycleProposal:
    counts = [
        Lab(
            id=f"{test}{day}", subject="P", on=day.isoformat(), test=test, value=value, unit=unit,
            lower_limit=low, upper_limit=high,
        )
        for day in (START.date() - timedelta(3), _start(4).date() + timedelta(27))
        for test, value, unit, low, high in COUNTS
    ]  # fmt: skip
    (proposal,) = _course(*facts, *counts).proposals
    return proposal


def test_a_limit_is_judged_at_the_activity_that_is_proposed() -> None:
    """Four cycles of 7400 MBq planned, of which 4500 were given: the fifth is that of the level, 6000 MBq."""
    facts = [f for n in (1, 2, 3, 4) for f in (_given("P", n, 7400.0, 4500.0), *_scans("P", n, 380.0))]
    proposal = _proposal(*facts)
    bed = next(room for room in proposal.organs if room.quantity == "bed")
    assert bed.activity_mbq == 6000.0
    assert bed.probability > bed.accepted_risk and bed.largest_mbq < 6000.0
    assert proposal.action == "reduce"
    assert proposal.activity_mbq == pytest.approx(bed.largest_mbq)
    assert {"P-s1-0", "P-s4-3"} <= set(proposal.facts)


def test_a_cycle_that_was_not_measured_is_not_nothing() -> None:
    given = [_given("P", n) for n in (1, 2, 3, 4)]
    once = _proposal(*given, *_scans("P", 1))
    always = _proposal(*given, *(f for n in (1, 2, 3, 4) for f in _scans("P", n)))
    for sparse, full in zip(once.organs, always.organs, strict=True):
        assert sparse.cumulative_gy == pytest.approx(full.cumulative_gy, rel=1e-6)
        assert sparse.probability >= full.probability
    assert "kidneys: cycle 2, 3, 4 has no dose, taken at this patient's mean per activity" in once.reasons
    assert not any("kidneys" in reason for reason in always.reasons)


def test_a_dose_that_its_own_scans_contradict_is_pointed_out() -> None:
    facts = [f for n in (1, 2, 3, 4) for f in (_given("P", n), *_scans("P", n))]
    wrong = [
        fact.model_copy(update={"activity_mbq": 3.0 * fact.activity_mbq}) if fact.id == "P-s2-2" else fact
        for fact in facts
        if isinstance(fact, RegionActivity | Administration)
    ]
    assert "kidneys: the scans of cycle 2 contradict their curve" in _proposal(*wrong).reasons
    assert not any("contradict" in reason for reason in _proposal(*facts).reasons)


def test_a_limit_on_an_organ_without_a_dose_is_named() -> None:
    proposal = _proposal(*(_given("P", n) for n in (1, 2, 3, 4)))
    assert proposal.organs == ()
    assert "kidneys: no limit was judged (nothing was measured)" in proposal.reasons
    assert "red marrow: no limit was judged (nothing was measured)" in proposal.reasons


def test_an_activity_of_zero_without_sigma_is_one_more_scan() -> None:
    late = RegionActivity(
        id="late", subject="P", on=(START + timedelta(hours=400)).isoformat(), agent=LU, cycle=1,
        region="kidneys", activity_mbq=0.0, mass_g=310,
    )  # fmt: skip
    (without,) = _course(_given("P", 1), *_scans("P", 1)).absorbed_doses
    (with_zero,) = _course(_given("P", 1), *_scans("P", 1), late).absorbed_doses
    assert without.course is not None and with_zero.course is not None
    assert with_zero.course.fit.t_eff_h == pytest.approx(without.course.fit.t_eff_h, rel=0.02)
    (nothing,) = _course(_given("P", 1), late).absorbed_doses
    assert nothing.course is None and "no activity is above zero" in nothing.reason


def test_an_impossible_dose_leaves_the_other_cycles_standing() -> None:
    facts = [_given("P", n) for n in (1, 2, 3, 4)]
    facts += [f for n, mbq in ((1, 200.0), (2, 200.0), (3, 5000.0)) for f in _scans("P", n, mbq)]
    doses = {one.cycle: one for one in _course(*facts).absorbed_doses}
    assert doses[1].course is not None and doses[2].course is not None
    assert doses[3].course is None and "outside the possible" in doses[3].reason


def test_an_unusual_dose_counts_and_a_withdrawn_signature_does_not() -> None:
    """Unusual kidneys count, marked; they are accepted by a signature until the signatory says no."""
    unusual = [_given("P", 1), *_scans("P", 1, 700.0)]
    yes, no = (
        Judgement(id=name, subject="P", on=f"2026-03-0{n}", item="dosimetry.unusual", value=name, by="Dr A")
        for n, name in ((1, "yes"), (2, "no"))
    )
    (accepted,) = _course(*unusual, yes).absorbed_doses
    assert accepted.course is not None and "yes" in accepted.facts
    (withdrawn,) = _course(*unusual, yes, no).absorbed_doses
    assert withdrawn.course is not None and "yes" not in withdrawn.facts
    assert "to be checked and signed" in withdrawn.course.warning


def _patient(name: str, teff_h: float, hours: tuple[float, ...]) -> list[Fact]:
    scans = [
        RegionActivity(
            id=f"{name}{n}", subject=name, on=(START + timedelta(hours=time)).isoformat(), agent=LU, cycle=1,
            region="kidneys", activity_mbq=200.0 * 2 ** (-time / teff_h), sigma_mbq=4.0, mass_g=310,
        )
        for n, time in enumerate(hours)
    ]  # fmt: skip
    given = Administration(
        id=f"{name}-a", subject=name, on=START.isoformat(), agent=LU, cycle=1, planned_activity_mbq=6000,
        activity_mbq=6000,
    )  # fmt: skip
    return [
        Consent(id=f"{name}-c", subject=name, on="2026-01-20"),
        Enrolment(id=f"{name}-e", subject=name, on="2026-02-01", phase="escalation", level=2),
        given,
        *scans,
    ]


def _doses(study: Study, record: Record) -> dict[str, SubjectDose]:
    return {
        dose.subject: dose
        for dose in derive_state(study, record, START.date() + timedelta(30)).absorbed_doses
    }


def _relative(one: SubjectDose) -> float:
    assert one.course is not None and one.course.dose is not None and one.course.u_dose_gy is not None
    return one.course.u_dose_gy / one.course.dose.dose_gy


def _record() -> Record:
    facts = [fact for n in range(5) for fact in _patient(f"P{n}", 55.0 + n, (4.0, 24.0, 72.0, 168.0))]
    now = datetime(2026, 2, 1, tzinfo=UTC)
    facts += _patient("Q", 57.0, (24.0,))
    return record_of([Entry(i + 1, now, fact) for i, fact in enumerate(facts)], "Asia/Shanghai")


def test_a_study_may_fit_the_half_lives_of_all_patients_together() -> None:
    text = FILE.read_text(encoding="utf-8")
    together = parse_study(
        text.replace("half_lives: {value: each patient", "half_lives: {value: all patients"), ""
    )
    own, joint = _doses(load_study(FILE), _record()), _doses(together, _record())
    assert own["Q"].course is not None and joint["Q"].course is not None
    # Alone, one scan takes the median that the study assumes; together, what the others showed.
    assert own["Q"].course.fit.t_eff_h == pytest.approx(35.5)
    assert joint["Q"].course.fit.model == "joint"
    assert joint["Q"].course.fit.t_eff_h == pytest.approx(57.0, rel=0.05)
    assert _relative(joint["Q"]) < _relative(own["Q"])
    assert joint["Q"].facts == own["Q"].facts
