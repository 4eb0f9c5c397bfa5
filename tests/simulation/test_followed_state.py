"""A state that is followed while the record grows is that of a fresh look, part by part."""

from __future__ import annotations

from datetime import timedelta

from galu.trial.state import derive_state

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
