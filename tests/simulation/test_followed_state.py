"""A state that is followed while the record grows is that of a fresh look, part by part."""

from __future__ import annotations

from datetime import timedelta

from galu.protocol.words import LocalWords
from galu.record import record_of
from galu.record.people import Lab
from galu.record.treatment import Transfusion
from galu.trial.state import derive_state
from one_patient import FIRST, STUDY, entries, event, on, patient

#: Parts of a state whose values can be compared with ``==``.
PARTS = (
    "subjects", "watched", "board", "absorbed_doses", "eligibility", "proposals", "watch", "visits", "agenda",
    "exposure", "deviations", "flow", "facts", "forks",
)  # fmt: skip


def test_a_state_that_was_followed_from_day_to_day_is_that_of_a_fresh_look(trial) -> None:
    first = trial.entries[0].recorded.date()
    memory, earlier = None, None
    for number in (30, 33, 34, 90, 160):
        day = first + timedelta(days=number)
        followed = derive_state(trial.study, trial.record, day, memory=memory)
        fresh = derive_state(trial.study, trial.record, day)
        for part in PARTS:
            assert getattr(followed, part) == getattr(fresh, part), (day, part)
        assert followed.safety.grades.equals(fresh.safety.grades)
        if earlier is not None:
            # What a state did not derive before another took its memory on is still that of its own day.
            assert earlier.eligibility == derive_state(trial.study, trial.record, earlier.day).eligibility
        earlier = derive_state(trial.study, trial.record, day, memory=memory)
        memory = followed.memory


def test_a_memory_of_another_study_or_of_a_longer_record_is_not_used(trial) -> None:
    day = trial.entries[0].recorded.date() + timedelta(days=40)
    before = day - timedelta(days=20)
    memory = derive_state(trial.study, trial.record, day).memory
    assert derive_state(trial.study, trial.record, before, memory=memory).subjects == (
        derive_state(trial.study, trial.record, before).subjects
    )
    other = trial.study.model_copy(update={"zone": "UTC"})
    assert not memory.fits(other, trial.record)


def test_a_correction_beside_the_first_fact_of_a_kind_keeps_that_fact() -> None:
    low = Lab(id="low", subject="A", on=on(22), test="PLAT", value=400.0, unit="10^9/L")
    first = [*patient(), low]
    later = [
        low.model_copy(update={"id": "low2", "value": 40.0, "supersedes": "low", "reason": "slip"}),
        Transfusion(id="t", subject="A", on=on(22), product="platelets"),
    ]
    day = FIRST + timedelta(days=60)
    memory = derive_state(STUDY, record_of(entries(first), STUDY.zone), day).memory
    before = derive_state(STUDY, record_of(entries(first), STUDY.zone), day, memory=memory)
    assert before.board.slots[0].outcome == "N"
    grown = record_of(entries([*first, *later]), STUDY.zone)
    followed = derive_state(STUDY, grown, day, memory=before.memory)
    assert followed.board == derive_state(STUDY, grown, day).board
    assert followed.board.slots[0].outcome == "T"


def test_own_words_of_events_are_followed_too() -> None:
    study = STUDY.model_copy(update={"vocabulary": LocalWords(events={"Schwindelzustand": "Dizziness"})})
    day = FIRST + timedelta(days=60)
    first, later = event(term="Nausea", grade=1), event(id="y", term="Schwindelzustand", grade=3)
    memory = derive_state(study, record_of(entries(patient(first)), study.zone), day).memory
    grown = record_of(entries([*patient(first), later]), study.zone)
    followed = derive_state(study, grown, day, memory=memory)
    assert followed.board == derive_state(study, grown, day).board


def test_a_memory_of_another_record_of_the_same_length_is_not_used() -> None:
    day = FIRST + timedelta(days=60)
    mild, grave = (
        record_of(entries(patient(event(term="Diarrhea", grade=grade))), STUDY.zone) for grade in (1, 4)
    )
    state = derive_state(STUDY, mild, day)
    assert state.board.slots[0].outcome == "N"
    assert derive_state(STUDY, grave, day, memory=state.memory).board.slots[0].outcome == "T"


def test_doses_fitted_together_are_those_of_everybody_whoever_is_asked_for(trial, monkeypatch) -> None:
    plan = trial.study.dosimetry
    together = plan.half_lives.model_copy(update={"value": "all patients"})
    study = trial.study.model_copy(update={"dosimetry": plan.model_copy(update={"half_lives": together})})
    asked: list[set[str]] = []

    def noted(_study, _record, subjects):
        asked.append({one.id for one in subjects})
        return ()

    monkeypatch.setattr("galu.trial.state.derive_absorbed_doses", noted)
    state = derive_state(study, trial.record, trial.entries[0].recorded.date() + timedelta(days=160))
    assert state.proposals and state.absorbed_doses == ()
    assert asked == [{one.id for one in state.subjects}]
