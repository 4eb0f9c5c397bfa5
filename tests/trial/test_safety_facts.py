"""What the record says of harm, however incompletely, reaches the rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import load_study
from galu.record import Entry, Fact, Record, record_of
from galu.record.conduct import Visit
from galu.record.disease import AdverseEvent, AdverseEventCourse
from galu.record.people import Consent, Contact, Demographics, Lab, Vital
from galu.record.treatment import Administration, Enrolment, Transfusion
from galu.trial.admission import check_admission
from galu.trial.board import derive_board
from galu.trial.events import events_by_subject
from galu.trial.state import TrialState, derive_state
from support import ROOT, weekly_counts

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU = "177Lu-PSMA-0057"
FIRST = date(2026, 2, 2)


def _day(offset: int) -> str:
    return (FIRST + timedelta(days=offset)).isoformat()


def _dosed(number: str = "a") -> list[Fact]:
    return [
        Consent(id="c", subject="P", on=_day(-9)),
        Enrolment(id="e", subject="P", on=_day(-1), phase="escalation", level=1),
        Administration(
            id=number, subject="P", on=f"{_day(0)}T10:00", agent=LU, cycle=1, planned_activity_mbq=3700.0,
            activity_mbq=3700.0,
        ),
    ]  # fmt: skip


def _record(*facts: Fact, counted: bool = True) -> Record:
    """The dosed patient with weekly counts, but for those of a test around values given here."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    given: dict[str, list[str]] = {}
    for fact in facts:
        if isinstance(fact, Lab):
            given.setdefault(fact.test, []).append(fact.on)
    normal = [
        count
        for count in weekly_counts("P", FIRST)
        if counted
        and not (count.test in given and min(given[count.test]) <= count.on <= max(given[count.test]))
    ]
    entries = [Entry(n + 1, now, fact) for n, fact in enumerate([*_dosed(), *normal, *facts])]
    return record_of(entries, "Asia/Shanghai")


def _state(*facts: Fact, day: int = 42, counted: bool = False) -> TrialState:
    return derive_state(STUDY, _record(*facts, counted=counted), FIRST + timedelta(days=day))


def _outcome(*facts: Fact, day: int = 42) -> str:
    (slot,) = derive_board(STUDY, _record(*facts), FIRST + timedelta(days=day)).slots
    return slot.outcome


def _event(name: str = "x", offset: int = 10, grade: int | None = 2, **more: object) -> AdverseEvent:
    values = {"on": _day(offset), "term": "Hepatic failure", "attribution": "related", **more}
    return AdverseEvent.model_validate({"id": name, "subject": "P", "grade": grade, **values})


def _step(name: str, on: int | str, grade: int, event: str = "x", **more: object) -> AdverseEventCourse:
    when = on if isinstance(on, str) else _day(on)
    return AdverseEventCourse.model_validate(
        {"id": name, "subject": "P", "on": when, "event": event, "grade": grade, **more}
    )


def _lab(name: str, on: int | str, test: str = "NEUT", **result: object) -> Lab:
    when = on if isinstance(on, str) else _day(on)
    values = {"unit": "10^9/L", "lower_limit": 2.0, "upper_limit": 7.0, **result}
    return Lab.model_validate({"id": name, "subject": "P", "on": when, "test": test, **values})


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ({"value": 0.1}, "T"),
        ({"text": "<0.1"}, "T"),
        ({"text": "< 0.5"}, "T"),  # below 0.5 is grade 4, which 0.5 is not
        ({"value": 0.5}, "N"),
        ({"text": ">0.1"}, "P"),  # says nothing of how low it is
        ({"text": "CLOTTED"}, "P"),
    ],
)
def test_a_result_in_words_is_graded_by_its_limit(result: dict[str, object], outcome: str) -> None:
    labs = [_lab(f"l{day}", day, **result) for day in (10, 14, 18, 22)]
    assert _outcome(*labs) == outcome


def test_a_result_that_is_no_number_is_shown_as_not_gradable() -> None:
    alt = {"unit": "U/L", "lower_limit": 5.0, "upper_limit": 40.0}
    grades = _state(
        _lab("below", 10, text="<0.1"), _lab("clot", 11, text="CLOTTED"), _lab("none", 12),
        _lab("base", -3, "ALT", value=20.0, **alt), _lab("above", 10, "ALT", text="> 1000", **alt),
        _lab("open", 12, text=">1"),
    ).safety.grades  # fmt: skip
    found = {row["fact"]: (row["value"], row["grade"]) for row in grades.iter_rows(named=True)}
    assert found == {
        "base": (20.0, 0), "below": (0.1, 4), "clot": (None, None), "above": (1000.0, 4), "open": (1.0, None)
    }  # fmt: skip


def test_a_course_may_name_any_fact_of_a_corrected_event() -> None:
    rash = {"term": "Rash"}
    corrected = _event("x2", 9, supersedes="x", reason="onset", **rash)
    again = _event("x3", 9, supersedes="x2", reason="onset again", **rash)
    mild, severe = _step("k1", 12, 2), _step("k2", 15, 4, "x2")
    assert _outcome(_event(**rash), mild, corrected, severe) == "T"
    assert _outcome(_event(**rash), corrected, severe, again) == "T"
    assert _outcome(_event(**rash), mild, corrected) == "N"


def test_a_course_of_no_known_event_is_refused() -> None:
    late = datetime(2027, 1, 1, tzinfo=UTC)
    (fault,) = check_admission(STUDY, _record(), [_step("k", 12, 4, "nosuch")], late)
    assert fault.column == "event" and "nosuch" in fault.fault
    assert not check_admission(STUDY, _record(), [_event(), _step("k", 12, 4)], late)
    assert not check_admission(STUDY, _record(_event()), [_step("k", 12, 4)], late)


def test_an_event_that_came_back_has_not_ended() -> None:
    fatigue = _event(grade=3, offset=3, term="Fatigue")
    steps = [_step("f1", 5, 0), _step("f2", 8, 3)]
    assert events_by_subject(_record(fatigue, *steps))["P"][0].ended is None
    assert _outcome(fatigue, *steps) == "T"  # longer than it may last
    (over,) = events_by_subject(_record(fatigue, *steps, _step("f3", 12, 0), _step("f4", 20, 0)))["P"]
    assert over.ended == FIRST + timedelta(days=12)
    (known,) = events_by_subject(_record(fatigue.model_copy(update={"ended": _day(5)}), *steps))["P"]
    assert known.ended is None


def test_the_attribution_written_last_holds() -> None:
    first = _event(grade=3, attribution="unrelated")
    step = _step("k", 12, 4, attribution="unrelated", by="Dr Wu")
    second = _event("x2", grade=3, supersedes="x", reason="assessed again")
    assert _outcome(first, step, second) == "T"
    assert _outcome(first, second, step) == "N"


@pytest.mark.parametrize(
    ("when", "outcome"),
    [
        ("2026-02", "T"),  # no day of the month from the onset on lies outside the window
        ("2026", "P"),
        ("2026-05", "N"),
    ],
)
def test_a_step_of_the_course_on_a_day_known_in_part(when: str, outcome: str) -> None:
    assert _outcome(_event(grade=1), _step("k1", 12, 2), _step("k2", when, 4)) == outcome


@pytest.mark.parametrize(
    ("when", "outcome", "emergent"),
    [("2026-02", "P", 1), ("2026", "P", 1), ("2026-01", "N", 0), ("2026-05", "N", 0)],
)
def test_an_event_on_a_day_known_in_part_is_not_nothing(when: str, outcome: str, emergent: int) -> None:
    state = _state(_event(on=when, grade=4, serious=True), counted=True)
    assert state.board.slots[0].outcome == outcome
    assert state.safety.overview[0].subjects == emergent
    assert {duty.receiver for duty in state.duties.reports} == {"sponsor", "authority", "ethics committee"}


def test_a_duty_for_a_day_known_in_part_runs_from_the_record() -> None:
    told = [Entry(n + 1, datetime(2026, 2, 12, 20, tzinfo=UTC), fact)
            for n, fact in enumerate([*_dosed(), _event(on="2026-02", serious=True)])]  # fmt: skip
    state = derive_state(STUDY, record_of(told, "Asia/Shanghai"), FIRST + timedelta(days=41))
    sponsor = state.duties.reports[0]
    assert sponsor.aware.isoformat() == "2026-02-13T00:00:00+08:00"
    assert sponsor.assumed == ("aware on the day recorded", "in CHN")


def test_clocks_with_and_without_a_time_of_awareness_stand_side_by_side() -> None:
    one = _event("x", 10, 3, serious=True, aware=f"{_day(11)}T10:00", term="Anemia")
    other = _event("y", 12, 3, serious=True, term="Sepsis")
    told = [duty for duty in _state(one, other).duties.reports if duty.stage == "initial"]
    assert len(told) == 6


def test_death_is_serious_whatever_was_ticked_and_the_unknown_is_shown() -> None:
    state = _state(_event(grade=5, outcome="FATAL"), _event("y", 12, 3))
    lines = {line.term: line.events for line in state.safety.overview}
    assert (lines["serious"], lines["not known whether serious"]) == (1, 1)
    assert {duty.event for duty in state.duties.reports} == {"x"}
    assert "not known whether serious" not in {
        line.term for line in _state(_event(serious=False)).safety.overview
    }


def test_an_agent_is_given_once_in_a_cycle() -> None:
    late = datetime(2027, 1, 1, tzinfo=UTC)
    first, second = _dosed()[-1], _dosed("again")[-1]
    (fault,) = check_admission(STUDY, _record(), [second], late)
    assert (fault.column, "(a)" in fault.fault) == ("cycle", True)
    mended = second.model_copy(update={"supersedes": "a", "reason": "time"})
    assert not check_admission(STUDY, _record(), [mended], late)
    empty = record_of([], "Asia/Shanghai")
    assert not check_admission(STUDY, empty, [first], late)
    assert [fault.fact for fault in check_admission(STUDY, empty, [first, second], late)] == ["again"]


def test_a_value_of_unknown_day_is_no_baseline() -> None:
    before, unknown, after = (
        _lab("l1", -3, value=4.0),
        _lab("l2", "2026-02", value=0.4),
        _lab("l3", 20, value=1.4),
    )
    assert _state(before, unknown, after).safety.shifts["Neutrophil count decreased"] == {(0, 2): 1}


def test_time_at_risk_ends_when_an_earlier_event_grows_worse() -> None:
    state = _state(_event("w", -8, 1, term="Anemia"), _step("k", 30, 2, "w"), day=60)
    anaemia = next(rate for rate in state.watch.rates if rate.term == "Anemia")
    assert anaemia.patient_years * 365.25 == pytest.approx(31)


def test_of_one_cycle_recorded_twice_the_first_counts() -> None:
    held = _event(grade=3, term="Anemia", offset=20, action="DOSE DELAYED")
    state = _state(_dosed("again")[-1], held, day=45)
    assert state.board.slots[0].outcome == "P"
    assert [row.cumulative_mbq for row in state.exposure] == [3700.0]
    (twice,) = (one for one in state.deviations if one.rule == "dose recorded twice")
    assert "again" in twice.facts and twice.what.endswith("the first (a) counts")


@pytest.mark.parametrize("unit", ["umol/L", "UMOL/L", "µmol/l", "um ol/L"])
def test_creatinine_is_read_in_any_spelling_of_its_unit(unit: str) -> None:
    assert _renal_reason(_creatinine("c1", -1, 80.0, unit), _creatinine("c2", 42, 200.0, unit)) == (
        "Renal toxicity has not resolved"
    )


def test_kidneys_of_which_nothing_is_known_hold_the_dose() -> None:
    assert _renal_reason() == "Creatinine or its clearance is not known since the last dose"
    assert _renal_reason(_creatinine("c1", -1, 80.0, "pints"), _creatinine("c2", 42, 80.0, "pints")) == (
        "Creatinine or its clearance is not known since the last dose"
    )
    assert _renal_reason(_creatinine("c1", -1, 80.0, "umol/L"), _creatinine("c2", 42, 80.0, "umol/L")) == ""


def _creatinine(name: str, on: int, value: float, unit: str) -> Lab:
    return _lab(name, on, "CREAT", value=value, unit=unit, lower_limit=60.0, upper_limit=110.0)


def _renal_reason(*facts: Fact) -> str:
    person = Demographics(id="dm", subject="P", on=_day(-9), birth_date="1956-01-01", sex="M")
    weight = Vital(id="w", subject="P", on=_day(-3), test="WEIGHT", value=80.0, unit="kg")
    (proposal,) = _state(*_counts(), person, weight, *facts, counted=bool(facts)).proposals
    reasons = [reason for reason in proposal.reasons if "enal" in reason or "reatinine" in reason]
    assert (proposal.action == "hold") == bool(reasons)
    return "".join(reasons).partition(":")[0]


def _counts() -> list[Fact]:
    normal = {"PLAT": 250.0, "NEUT": 4.0, "HGB": 140.0, "WBC": 6.0}
    units = {"HGB": "g/L"}
    return [
        _lab(f"{test}{on}", on, test, value=value, unit=units.get(test, "10^9/L"), lower_limit=value / 2,
             upper_limit=value * 2)
        for on in (-1, 38) for test, value in normal.items() if on < 0 or test in units or test == "WBC"
    ]  # fmt: skip


def test_an_event_that_got_better_is_proposed_for_as_it_is_now() -> None:
    creatinine = [_creatinine("c1", -1, 80.0, "umol/L"), _creatinine("c2", 42, 80.0, "umol/L")]
    low = _event(grade=3, term="Platelet count decreased")
    facts = [*_counts(), *creatinine, low]
    assert [one.action for one in _state(*facts, counted=True).proposals] == ["hold"]
    better = _state(*facts, _step("k", 30, 1), counted=True).proposals
    assert [one.action for one in better] == ["reduce"]


def test_psa_is_read_in_any_spelling_and_what_is_not_read_is_named() -> None:
    values = [(-1, 100.0, "ng/ml"), (21, 20.0, "NG/ML"), (45, 10.0, "µg/l"), (50, 5.0, "drops")]
    labs = [
        Lab(id=f"p{on}", subject="P", on=_day(on), test="PSA", value=value, unit=unit)
        for on, value, unit in values
    ]
    psa = _state(*labs, day=60).efficacy.subjects[0].psa
    assert psa.psa50.confirmed
    assert psa.reason == f"PSA 5 drops of {_day(50)} is left out"


def test_a_missed_visit_is_no_sign_of_life_and_a_transfusion_is() -> None:
    seen = Contact(id="k", subject="P", on=_day(10))
    missed = Visit(id="v", subject="P", on=_day(50), visit="week 7", status="missed")
    given = Transfusion(id="t", subject="P", on=_day(40), product="platelets")
    assert _state(seen, missed, day=60).efficacy.subjects[0].times["OS"].on == FIRST + timedelta(days=10)
    assert _state(seen, missed, given, day=60).efficacy.subjects[0].times["OS"].on == FIRST + timedelta(
        days=40
    )
