"""Whoever got a dose is on the board, whatever was amiss; what hangs on an open question waits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from galu.desk.folder import create_trial
from galu.desk.review import write_review
from galu.protocol import load_study
from galu.protocol.cautions import cautions
from galu.record import Entry, Fact, Record, record_of
from galu.record.conduct import Decision, Judgement, Retraction
from galu.record.disease import AdverseEvent, AdverseEventCourse
from galu.record.people import Consent, Death, Disposition, Lab, Vital, Withdrawal
from galu.record.treatment import Administration, Dispensed, Enrolment, Residual
from galu.trial.board import derive_board
from galu.trial.state import TrialState, derive_state
from support import ROOT, weekly_counts

FOLDER = ROOT / "studies" / "nct07310355"
STUDY = load_study(FOLDER / "study.yaml")
LU = "177Lu-PSMA-0057"
FIRST = date(2026, 2, 2)


def on(offset: int) -> str:
    return (FIRST + timedelta(days=offset)).isoformat()


def dose(name: str, offset: int = 0, mbq: float = 3700.0, cycle: int = 1) -> Administration:
    return Administration(
        id=f"a-{name}-{cycle}", subject=name, on=f"{on(offset)}T10:00", agent=LU, cycle=cycle,
        planned_activity_mbq=mbq, activity_mbq=mbq,
    )  # fmt: skip


def patient(name: str, *more: Fact, watched: bool = True) -> list[Fact]:
    counts = weekly_counts(name, FIRST) if watched else []
    return [
        Consent(id=f"c-{name}", subject=name, on=on(-20)),
        Enrolment(id=f"e-{name}", subject=name, on=on(-3), phase="escalation", level=1),
        dose(name),
        *counts,
        *more,
    ]


def event(name: str, offset: int = 10, **more: object) -> AdverseEvent:
    values = {"term": "Hepatic failure", "grade": 4, "attribution": "related", **more}
    return AdverseEvent.model_validate({"id": f"x-{name}", "subject": name, "on": on(offset), **values})


def record(*facts: Fact) -> Record:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return record_of([Entry(n, now, fact) for n, fact in enumerate(facts, 1)], "Asia/Shanghai")


def state(*facts: Fact, day: int = 60) -> TrialState:
    return derive_state(STUDY, record(*facts), FIRST + timedelta(days=day))


def test_dosed_without_consent_or_slot_is_on_the_board_with_the_day_it_happened() -> None:
    seen = state(*patient("A"), dose("V"), event("V"))
    slot = seen.board.slot("V")
    assert slot is not None and (slot.level, slot.outcome) == (1, "T")
    assert slot.deviations[0] == "dosed without a consent"
    assert "without a slot" in slot.deviations[1]
    tally = dict(seen.board.tallies)[1]
    assert (tally.enrolled, tally.dlts) == (2, 1)
    off = [one for one in seen.deviations if one.subject == "V" and one.rule == "dosed off protocol"]
    assert {one.day for one in off} == {FIRST}
    assert seen.flow.enrolled == 1 and seen.flow.dosed == 2
    unknown = next(one for one in seen.deviations if (one.subject, one.rule) == ("A", "eligibility unknown"))
    assert unknown.day == FIRST and "criteria are not known: I1, I2, I3 and" in unknown.what


@pytest.mark.parametrize(("mbq", "level", "outcome"), [(3700.0, 1, "N"), (6000.0, 2, "N"), (5000.0, 2, "P")])
def test_a_dose_outside_the_plan_counts_at_the_nearest_level(mbq: float, level: int, outcome: str) -> None:
    slot = state(dose("V", mbq=mbq), *weekly_counts("V", FIRST)).board.slot("V")
    assert slot is not None and (slot.level, slot.outcome) == (level, outcome)


def test_dosed_before_consent_or_after_a_failure_is_said() -> None:
    late = [Consent(id="c", subject="L", on=on(2)), dose("L")]
    slot = state(*late).board.slot("L")
    assert slot is not None and slot.deviations[0] == f"dosed before the consent of {on(2)}"


def test_activity_drawn_without_an_administration_may_have_been_given() -> None:
    drawn = Dispensed(id="d", subject="A", on=f"{on(0)}T09:30", agent=LU, cycle=1, activity_mbq=3730)
    facts = [fact for fact in patient("A") if not isinstance(fact, Administration)]
    slot = state(*facts, drawn).board.slot("A")
    assert slot is not None and slot.outcome == "P" and slot.first_dose == FIRST
    toxic = state(*facts, drawn, event("A")).board.slot("A")
    assert toxic is not None and toxic.outcome == "T"
    left = Residual(id="r", subject="A", on=f"{on(0)}T10:30", agent=LU, cycle=1, activity_mbq=3600)
    back = state(*facts, drawn, left).board.slot("A")
    assert back is not None and back.first_dose is None, "all of it was left in the syringe"


def test_a_course_without_its_event_is_not_nothing() -> None:
    course = AdverseEventCourse(id="k", subject="A", on=on(20), event="x-gone", grade=0)
    slot = state(*patient("A", course)).board.slot("A")
    assert slot is not None and slot.outcome == "P" and "not recorded" in slot.reason


def test_everyone_dosed_is_on_treatment_has_completed_it_or_left_it() -> None:
    gone = Withdrawal(id="w", subject="B", on=on(50), scope="treatment", cause="Progressive disease")
    dead = Death(id="x", subject="C", on=on(55), related=False)
    six = [dose("D", 42 * (n - 1), cycle=n) for n in range(2, 7)]
    flow = state(*patient("A"), *patient("B", gone), *patient("C", dead), *patient("D", *six), day=400).flow
    assert (flow.on_treatment, flow.completed) == (1, 1)
    assert flow.left == {"Death": 1, "Progressive disease": 1}
    assert flow.dosed == flow.on_treatment + flow.completed + sum(flow.left.values())


def test_enrolment_waits_for_a_question_on_which_the_answer_hangs() -> None:
    toxic, plain = patient("A", event("A")), patient("C")
    unread = Lab(id="u", subject="B", on=on(20), test="PLAT", value=15)
    known = derive_board(STUDY, record(*toxic, *plain, *patient("B")), FIRST + timedelta(days=60))
    assert (known.may_enrol, known.next_level) == (True, 1)
    asked = derive_board(STUDY, record(*toxic, *plain, *patient("B", unread)), FIRST + timedelta(days=60))
    assert not asked.may_enrol and "waits for B" in asked.next_step
    # Where one toxicity more changes nothing, nobody waits.
    alone = derive_board(STUDY, record(*plain, *patient("B", unread)), FIRST + timedelta(days=60))
    assert alone.may_enrol and alone.next_level == 1


def test_what_is_due_says_what_speaks_against_it() -> None:
    agenda = state(*patient("A", watched=False), day=37).agenda
    second = next(one for one in agenda if one.what == f"{LU} dose, cycle 2")
    assert second.due == FIRST + timedelta(days=42)
    assert second.why.startswith("hold") and "no grade is known since the last dose" in second.why
    counts = [one for one in agenda if one.what == "visit haematology-c1"]
    assert counts and all("haematology" in one.why for one in counts)
    assert any("SPECT 168 h after cycle 1" in one.what for one in state(*patient("A"), day=8).agenda)
    serious = event("A", serious=True)
    told = state(*patient("A", serious), day=12).agenda
    assert {one.what for one in told if "report of" in one.what} == {
        f"{stage}report of Hepatic failure to the {receiver}"
        for stage, receiver in (
            ("", "sponsor"), ("", "authority"), ("", "ethics committee"), ("complete ", "authority"),
            ("complete ", "ethics committee"),
        )
    }  # fmt: skip


def test_the_committees_page_never_refuses(tmp_path: Path) -> None:
    trial = tmp_path / "trial"
    create_trial(FOLDER, trial, "observed")
    page = write_review(trial, tmp_path / "empty.html").read_text(encoding="utf-8")
    assert "Cohort review" in page


def test_a_cohort_that_broke_the_design_is_shown() -> None:
    crowd = [fact for n in range(8) for fact in patient(f"P{n}")]
    board = derive_board(STUDY, record(*crowd), FIRST + timedelta(days=60))
    assert len(board.slots) == 8


def test_a_study_whose_keys_do_not_fit_is_told() -> None:
    assert cautions(STUDY) == ()
    safety = STUDY.safety
    assert safety is not None
    short = safety.treatment_emergent_days.model_copy(update={"value": 30})
    plan = safety.model_copy(update={"treatment_emergent_days": short})
    (said,) = cautions(STUDY.model_copy(update={"safety": plan}))
    assert "shorter than the window" in said and plan.emergent_days == 42
    without = safety.model_copy(update={"dlt": safety.dlt.model_copy(update={"assessments": None})})
    assert "assessments is missing" in cautions(STUDY.model_copy(update={"safety": without}))[0]


def outcome(*facts: Fact, day: int = 60) -> str:
    slot = state(*facts, day=day).board.slot("A")
    assert slot is not None
    return slot.outcome


def test_the_activity_of_another_level_is_no_full_dose_of_this_one() -> None:
    second = [fact for fact in patient("A") if not isinstance(fact, Enrolment)]
    level2 = Enrolment(id="e", subject="A", on=on(-3), phase="escalation", level=2)
    seen = state(*second, level2)
    slot = seen.board.slot("A")
    assert slot is not None and slot.outcome == "X"
    assert any(one.rule == "activity of another level" for one in seen.deviations)


def test_an_event_that_killed_is_a_dlt_whatever_its_grade() -> None:
    assert outcome(*patient("A", event("A", grade=2, outcome="Resulted in death"))) == "T"
    assert outcome(*patient("A", event("A", term="Rash", grade=2, outcome="not fatal", ended=on(12)))) == "N"


@pytest.mark.parametrize(("term", "expected"), [("DEATH", "T"), ("Adverse Event", "P"), ("COMPLETED", "N")])
def test_a_disposition_tells_what_happened(term: str, expected: str) -> None:
    assert outcome(*patient("A", Disposition(id="d", subject="A", on=on(29), term=term))) == expected


@pytest.mark.parametrize("item", ["dlt", "DLT", " Dlt ", "DLT:x-A", "dlt : x-A"])
def test_a_judgement_is_read_in_any_spelling(item: str) -> None:
    mild = event("A", grade=2, ended=on(12))
    yes = Judgement(id="j", subject="A", on=on(50), item=item, value="yes", by="Dr One")
    assert outcome(*patient("A", mild, yes)) == "T"


def test_accepted_gaps_are_not_accepted_for_ever() -> None:
    few = weekly_counts("A", FIRST, leave=(15, 22))
    yes = Judgement(id="j", subject="A", on=on(50), item="DLT_evaluable", value="yes", by="Dr One")
    assert outcome(*patient("A", *few, yes, watched=False)) == "N"
    gone = [Retraction(id=f"r{n}", on=on(55), supersedes=one.id, reason="x") for n, one in enumerate(few)]
    assert outcome(*patient("A", *few, yes, *gone, watched=False)) == "P"


def test_everyone_who_consented_is_somewhere() -> None:
    def consent(name: str) -> Consent:
        return Consent(id=f"c-{name}", subject=name, on=on(-20))

    facts = [
        consent("S"), consent("D"), Death(id="x", subject="D", on=on(-10)),
        consent("W"), Withdrawal(id="w", subject="W", on=on(-10), scope="treatment"),
        consent("F"), Disposition(id="f", subject="F", on=on(-10), term="Not eligible"),
        event("GHOST"), *patient("A"),
    ]  # fmt: skip
    seen = state(*facts)
    flow = seen.flow
    assert seen.board.screening == ("S",)
    assert (flow.screen_failed, flow.in_screening, flow.left_before, flow.dosed) == (1, 1, 2, 1)
    assert flow.screened == flow.screen_failed + flow.in_screening + flow.left_before + flow.dosed
    assert seen.board.unplaced == flow.unplaced == ("GHOST",)
    assert any(one.subject == "GHOST" for one in seen.deviations)


def test_a_slot_given_later_takes_no_toxicity_off_its_level() -> None:
    later = Enrolment(id="e2", subject="A", on=on(15), phase="escalation", level=2)
    board = state(*patient("A", event("A"), later)).board
    slot = board.slot("A")
    assert slot is not None and (slot.level, slot.outcome) == (1, "T")


def test_harm_without_a_recorded_dose_is_not_a_free_slot() -> None:
    undosed = [fact for fact in patient("A", event("A")) if not isinstance(fact, Administration)]
    slot = state(*undosed).board.slot("A")
    assert slot is not None and (slot.outcome, slot.suspect) == ("P", True)
    quiet = [fact for fact in patient("A") if not isinstance(fact, Administration)]
    free = state(*quiet).board.slot("A")
    assert free is not None and (free.outcome, free.suspect) == ("P", False)
    board = state(*patient("B", event("B")), *patient("C"), *undosed).board
    assert not board.may_enrol and "waits for A" in board.next_step


@pytest.mark.parametrize("decision", ["stop", "suspend", "close-level"])
def test_what_holds_enrolment_holds_until_it_is_signed_or_withdrawn(decision: str) -> None:
    three = [*patient("A"), *patient("B"), *patient("C")]
    said = Decision.model_validate(
        {"id": "d", "on": on(50), "decision": decision, "level": 1, "by": "Dr Chair"}
    )
    board = state(*three, said).board
    assert not board.may_enrol and board.held and "not signed" in board.next_step
    taken_back = Retraction(id="r", on=on(51), supersedes="d", reason="typed in error")
    assert state(*three, said, taken_back).board.may_enrol


def test_no_dose_is_proposed_to_who_had_or_may_have_had_a_toxicity() -> None:
    def why(*more: Fact) -> str:
        agenda = state(*patient("A", *more), day=50).agenda
        return next(one.why for one in agenda if "dose, cycle 2" in one.what)

    assert "had a dose-limiting toxicity" in why(event("A", ended=on(20)))
    assert "may have had a dose-limiting toxicity" in why(
        Lab(id="u", subject="A", on=on(20), test="PLAT", value=15)
    )


def test_a_dlt_is_in_every_table_of_adverse_events() -> None:
    low = Lab(
        id="l", subject="A", on=on(20), test="PLAT", value=12, unit="10^9/L", lower_limit=150, upper_limit=400
    )
    seen = state(*patient("A", low), *patient("B", event("B")))
    overview = {row.term: row.subjects for row in seen.safety.overview}
    assert overview["dose-limiting toxicity"] == 2 and overview["any"] == 1
    bare = [row for row in seen.safety.by_term if row.soc.startswith("Dose-limiting")]
    assert [(row.term, row.subjects) for row in bare] == [("", 1), ("platelets-g4", 1)]


def test_a_named_no_clears_what_it_saw_of_every_kind() -> None:
    low = Lab(
        id="l", subject="A", on=on(14), test="NEUT", value=0.6, unit="10^9/L", lower_limit=2, upper_limit=7
    )
    counts = [one for one in weekly_counts("A", FIRST) if one.id != "A-NEUT-15"]
    fever = Vital(id="v", subject="A", on=on(15), test="TEMP", value=39.0, unit="C")
    course = AdverseEventCourse(id="k", subject="A", on=on(20), event="x-gone", grade=0)
    asked = patient("A", *counts, low, fever, course, watched=False)
    no = Judgement(id="j", subject="A", on=on(50), item="dlt", value="no", by="Dr One")
    assert outcome(*asked) == "P" and outcome(*asked, no) == "N"
