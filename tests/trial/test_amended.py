"""Whom which version of an amended study judges: a table of amendments, each against a small trial."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import Study, load_study, parse_study
from galu.protocol.versions import Version, amended
from galu.record import Entry, Fact, Record, record_of
from galu.record.people import Consent, Demographics
from galu.record.treatment import Administration, Enrolment
from galu.trial.slots import seen_by_design
from galu.trial.state import TrialState, derive_state
from galu.trial.worklist import derive_worklist
from support import ROOT, weekly_counts

TEXT = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")
STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU = "177Lu-PSMA-0057"
EFFECTIVE = date(2026, 3, 1)
BEFORE, AFTER = EFFECTIVE - timedelta(days=20), EFFECTIVE + timedelta(days=10)


def changed(old: str, new: str) -> Study:
    assert old in TEXT
    return parse_study(TEXT.replace(old, new, 1), "amended.yaml")


def man(
    name: str, dosed: date, level: int = 1, consented: date | None = None, site: str | None = None
) -> list[Fact]:
    """Consent ten days, slot two days before the dose; the counts of the first window are normal."""
    consent, slot, mbq = consented or dosed - timedelta(days=10), dosed - timedelta(days=2), (3700.0, 6000.0)
    return [
        Consent(id=f"{name}c", subject=name, on=consent.isoformat()),
        Demographics(id=f"{name}d", subject=name, on=consent.isoformat(), sex="M", site=site),
        Enrolment(id=f"{name}e", subject=name, on=slot.isoformat(), phase="escalation", level=level),
        Administration(
            id=f"{name}a", subject=name, on=f"{dosed}T10:00", agent=LU, cycle=1,
            planned_activity_mbq=mbq[level - 1], activity_mbq=mbq[level - 1],
        ),
        *weekly_counts(name, dosed),
    ]  # fmt: skip


def record(*facts: Fact) -> Record:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return record_of([Entry(2 * n, at, fact) for n, fact in enumerate(facts, 1)], "Asia/Shanghai")


def state(other: Study, facts: list[Fact], day: date, **terms: object) -> TrialState:
    seq = terms.pop("seq", 1)
    versions = (Version(STUDY, 0, date.min), Version(other, seq, EFFECTIVE, **terms))  # type: ignore[arg-type]
    return derive_state(amended(versions, day), record(*facts), day)


WINDOW = changed("window_days: {value: 42,", "window_days: {value: 28,")
RAISED = changed("activity_gbq: 6.0", "activity_gbq: 7.4")
SLOWER = changed("  cycle_days:\n    value: 42", "  cycle_days:\n    value: 56")


def test_the_window_is_that_of_the_first_dose() -> None:
    facts = [*man("A", BEFORE), *man("B", AFTER)]
    slots = {one.subject: one for one in state(WINDOW, facts, AFTER + timedelta(days=20)).board.slots}
    assert (slots["A"].window_days, slots["B"].window_days) == (42, 28)
    assert (slots["A"].outcome, slots["B"].outcome) == ("N", "P")
    assert slots["A"].window_ends == BEFORE + timedelta(days=41)


@pytest.mark.parametrize(("seq", "window"), [(1, 28), (999, 42)])
def test_on_the_first_day_what_was_entered_before_the_amendment_came_before_it(seq: int, window: int) -> None:
    found = state(WINDOW, man("A", EFFECTIVE), EFFECTIVE + timedelta(days=5), seq=seq)
    assert found.board.slots[0].window_days == window


def test_a_level_that_was_raised_is_another_to_the_design() -> None:
    facts = [fact for n in range(3) for fact in man(f"A{n}", BEFORE + timedelta(days=n), level=2)]
    facts += [fact for n in range(3) for fact in man(f"B{n}", BEFORE - timedelta(days=60 - n))]
    day = EFFECTIVE + timedelta(days=60)
    found = state(RAISED, facts, day)
    assert {one.id: one.therapy[0].level_mbq for one in found.subjects if one.level == 2} == {
        f"A{n}": 6000.0 for n in range(3)
    }
    assert not [one for one in found.deviations if one.rule == "activity of another level"]
    assert {one.level: one.outcome for one in found.board.slots} == {1: "N", 2: "N"}
    seen = {one.subject for one in seen_by_design(found.board.slots)}
    assert seen == {"B0", "B1", "B2"}
    assert (found.board.may_enrol, found.board.next_level) == (True, 2)
    following = next(one for one in found.subjects if one.id == "A0").following
    assert following is not None and following.mbq == 6000.0


def test_the_next_dose_is_due_by_the_version_of_today_and_was_late_by_the_one_of_its_day() -> None:
    second = Administration(
        id="A2", subject="A", on=f"{BEFORE + timedelta(days=42)}T10:00", agent=LU, cycle=2,
        planned_activity_mbq=3700, activity_mbq=3700,
    )  # fmt: skip
    day = BEFORE + timedelta(days=43)
    found = state(SLOWER, [*man("A", BEFORE), second, *man("B", BEFORE + timedelta(days=7))], day)
    delays = [row.delay_days for row in found.exposure if row.subject == "A"]
    assert delays == [None, -14]  # the second dose came after the amendment: it was due by that
    (due,) = [one for one in found.board.due if one.subject == "B"]
    assert due.due == BEFORE + timedelta(days=7 + 56)


def test_sites_come_under_an_amendment_on_their_own_day() -> None:
    later = EFFECTIVE + timedelta(days=30)
    facts = [
        *man("A", AFTER, site="Wuhan"), *man("B", AFTER, site="Beijing"), *man("C", AFTER),
    ]  # fmt: skip
    found = state(WINDOW, facts, AFTER + timedelta(days=5), sites=(("Wuhan", later),))
    windows = {one.subject: one.window_days for one in found.board.slots}
    # Whose site nobody knows may be of the one that waits.
    assert windows == {"A": 42, "B": 28, "C": 42}


@pytest.mark.parametrize(
    ("again", "form", "window"),
    [
        (None, None, 42), (BEFORE, None, 42), (EFFECTIVE, None, 28),
        (EFFECTIVE, "1", 42), (EFFECTIVE, "2", 28), (EFFECTIVE, "V2.0", 28),
    ],
)  # fmt: skip
def test_who_consented_before_comes_under_it_by_consenting_again(
    again: date | None, form: str | None, window: int
) -> None:
    facts = man("A", AFTER, consented=BEFORE)
    if again is not None:
        facts.append(Consent(id="A2", subject="A", on=again.isoformat(), form_version=form))
    wanted = {"reconsent": True, "form": "2" if form else None}
    found = state(WINDOW, facts, AFTER + timedelta(days=5), **wanted)
    assert found.board.slots[0].window_days == window
    told = [one.what for one in derive_worklist(found) if one.what.startswith("consent")]
    assert told == ([] if window == 28 else ["consent on form 2" if form else "consent again"])
    off = [one.what for one in found.deviations if one.rule == "consent form"]
    assert len(off) == (form == "1") and all("is on form 1" in one for one in off)


def _without(criterion: str) -> Study:
    plan = STUDY.eligibility
    assert plan is not None
    left = tuple(one for one in plan.criteria if one.id != criterion)
    return STUDY.model_copy(update={"eligibility": plan.model_copy(update={"criteria": left})})


def test_each_gate_has_the_criteria_of_its_day() -> None:
    facts = man("A", AFTER, consented=BEFORE)
    gates = {one.gate.value: one for one in state(_without("I5"), facts, AFTER).eligibility}
    told = {name: "I5" in {one.criterion for one in gate.verdicts} for name, gate in gates.items()}
    assert told == {"screening": True, "enrolment": False, "dose": False}


def test_words_teach_what_was_not_understood_and_change_no_reading() -> None:
    first = changed("\nsafety:", "\nvocabulary:\n  tests: {Thrombos: PLAT}\nsafety:")
    second = changed("\nsafety:", "\nvocabulary:\n  tests: {Thrombos: NEUT, Neutros: NEUT}\nsafety:")
    facts: list[Fact] = [
        one.model_copy(update={"test": {"PLAT": "Thrombos", "NEUT": "Neutros"}.get(one.test, one.test)})
        if one.kind == "lab"
        else one
        for one in man("A", BEFORE)
    ]  # type: ignore[attr-defined]
    known = record(*facts)
    versions = (Version(first, 0, date.min), Version(second, 9999, EFFECTIVE))
    found = derive_state(amended(versions, AFTER), known, AFTER)
    tests = set(found.record.facts("lab")["test"])
    assert {"PLAT", "NEUT"} <= tests and not tests & {"Thrombos", "Neutros"}
    assert found.record.facts("lab").height == known.facts("lab").height


@pytest.mark.parametrize("day", [BEFORE, EFFECTIVE - timedelta(days=1)])
def test_before_its_day_an_amendment_is_no_version(day: date) -> None:
    versions = (Version(STUDY, 0, date.min), Version(WINDOW, 1, EFFECTIVE))
    assert amended(versions, day) is STUDY


def test_the_plan_of_today_is_the_version_of_today() -> None:
    versions = (Version(STUDY, 0, date.min), Version(WINDOW, 1, EFFECTIVE), Version(STUDY, 3, AFTER))
    windows = [
        amended(versions, day).safety.dlt.window_days.value  # type: ignore[union-attr]
        for day in (BEFORE, EFFECTIVE, AFTER)
    ]
    assert windows == [42, 28, 42]
