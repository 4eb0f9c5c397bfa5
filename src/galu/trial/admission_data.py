"""May these facts enter where the data stand? What is frozen or locked stays; ranges must not overlap.

Which step a state allows is the table of `galu.access`: a frozen value takes queries, review and notes, a
locked one notes only, and an unlocking says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from galu.access import TABLE, Action, State, strictest
from galu.protocol import Study
from galu.record import Fact, Record
from galu.record.conduct import Retraction, Signature, StudyVersion
from galu.record.record import Entry, frames_of
from galu.record.review import DataMark, DataNote, LabRange, Query, QueryStep
from galu.record.when import day_of
from galu.trial.data_state import ABOUT_DATA, STEPS, DataStates, QueryState
from galu.trial.lab_ranges import overlapping
from galu.trial.schedule import PlannedVisit, derive_schedule
from galu.trial.subjects import derive_subjects
from galu.trial.words import read_words, words_of

#: (fact, column, fault, remedy)
Found = tuple[str, str, str, str]
OF_MARK: Final[Mapping[str, Action]] = {
    "reviewed": "review", "verified": "verify-source", "frozen": "freeze", "unfrozen": "unfreeze",
    "locked": "lock", "unlocked": "unlock",
}  # fmt: skip
OF_STEP: Final[Mapping[str, Action]] = {"answered": "answer", "closed": "close", "reopened": "ask"}


def data_faults(study: Study, record: Record, facts: Iterable[Fact]) -> Iterator[Found]:
    """Why facts may not enter a record: it is frozen or locked, a query is not there, ranges overlap.

    A whole trial that is brought into an empty record was judged when it was written: what it holds stays.
    """
    batch = tuple(facts)
    yield from _ranges(study, record, batch)
    yield from _queries(record, batch)
    marked = any(isinstance(one, DataMark) for one in batch) or DataMark.kind in record.frames
    if marked and not record.frames.keys() <= {StudyVersion.kind}:
        yield from _held(study, record, batch)


def _ranges(study: Study, record: Record, batch: tuple[Fact, ...]) -> Iterator[Found]:
    gone = {one.supersedes for one in batch if one.supersedes}
    new = [one for one in batch if isinstance(one, LabRange) and one.id not in gone]
    if not new:
        return
    known = [row.fact for row in record.rows(LabRange) if row.id not in gone]
    for name, other in overlapping(new, known, words_of(study).test_pairs):
        fault = f"overlaps the range {other!r}: a value could have both"
        yield name, "on", fault, f"end {other!r} by a correction with `until`, or say site, sex or age apart"


def _queries(record: Record, batch: tuple[Fact, ...]) -> Iterator[Found]:
    """Steps of queries that are there, in a state that allows them; what anything is about is there."""
    if not any(isinstance(one, Query | QueryStep | DataMark | DataNote) for one in batch):
        return
    states: dict[str, QueryState] = {one.query: one.state for one in DataStates(record).queries}
    ids = {name for frame in record.frames.values() for name in frame["id"]} | {one.id for one in batch}
    for one in batch:
        if isinstance(one, Query) and one.supersedes is None:
            states[one.id] = "open"
        about = one.about if isinstance(one, Query | DataMark | DataNote) else None
        if about is not None and about not in ids:
            yield one.id, "about", f"there is no fact {about!r}", "write the id of the fact"
        if isinstance(one, QueryStep) and one.supersedes is None:
            name = record.root(one.query)
            if name not in states:
                yield one.id, "query", f"there is no query {one.query!r}", "write the id of the query fact"
                continue
            allowed, after = STEPS[one.step]
            if states[name] not in allowed:
                fault = f"the query {one.query!r} is {states[name]}, and cannot be {one.step}"
                yield one.id, "step", fault, f"it can be {one.step} when it is {' or '.join(allowed)}"
            else:
                states[name] = after


def _held(study: Study, record: Record, batch: tuple[Fact, ...]) -> Iterator[Found]:
    """Facts of a batch, one after another, against the marks before them."""
    of_visits = any(isinstance(one, DataMark) and one.visit is not None for one in batch)
    visits = _visits(study, record) if of_visits or _marks_visits(record) else ()
    known, number = record, len(record)
    states = DataStates(known, visits)
    for one in batch:
        action, state = _asks(known, states, one)
        if action is not None and state not in TABLE[action].states:
            yield one.id, "supersedes" if one.supersedes else "id", *_refusal(action, state)
        elif isinstance(one, DataMark) and known.last_recorded is not None:
            # A later fact of the batch meets the mark.
            number += 1
            known = known.appended(frames_of([Entry(number, known.last_recorded, one)]))
            states = DataStates(known, visits)


def _marks_visits(record: Record) -> bool:
    return any(row.fact.visit is not None for row in record.rows(DataMark))


def _visits(study: Study, record: Record) -> tuple[PlannedVisit, ...]:
    """The visit plan of everybody, as of the last fact."""
    read = read_words(study, record)
    last = record.last_recorded
    return () if last is None else derive_schedule(study, read, derive_subjects(study, read), last.date())


def _asks(record: Record, states: DataStates, one: Fact) -> tuple[Action | None, State]:
    """What a fact does, and the state of what it does it to; None where no state stops it."""
    if isinstance(one, DataMark):
        return OF_MARK[one.step], _state_of_mark(states, one)
    if isinstance(one, Query):
        return "ask", _state_about(states, one.about, one)
    if isinstance(one, QueryStep):
        query = next((q for q in states.queries if q.query == record.root(one.query)), None)
        if query is None:
            return None, "open"
        whole = states.of_subject(query.subject) if query.subject else "open"
        return OF_STEP[one.step], states.of(query.about).state if query.about else whole
    if isinstance(one, Signature):
        signed = (one.signs,) if one.signs else one.rests_on
        return "sign", strictest(states.of(name).state for name in signed)
    if one.kind in ABOUT_DATA:
        return None, "open"
    if one.supersedes is not None:
        return "correct", states.of(one.supersedes).state
    if isinstance(one, Retraction) or not one.subject:
        return None, "open"
    return "enter", states.of_entry(one.subject, one.kind, day_of(one.on), one.model_dump())


def _state_of_mark(states: DataStates, one: DataMark) -> State:
    if one.about is not None:
        return states.of(one.about).state
    if one.visit is not None:
        return states.of_visit(one.subject or "", one.visit, day_of(one.planned))
    return states.of_subject(one.subject or "")


def _state_about(states: DataStates, about: str | None, one: Query) -> State:
    if about is not None:
        return states.of(about).state
    if one.visit is not None:
        return states.of_visit(one.subject or "", one.visit, day_of(one.planned))
    return states.of_subject(one.subject) if one.subject else "open"


def _refusal(action: Action, state: State) -> tuple[str, str]:
    """Fault and remedy of what a state does not allow."""
    remedies = {
        "locked": "have it unlocked with a reason first; a data_note may be added as it is",
        "frozen": "have it unfrozen with a reason first; queries and notes may be added as it is",
    }
    line = TABLE[action]
    needs = " or ".join(sorted(line.states))
    return f"the data are {state}: nobody can {line.does.partition(',')[0]}", remedies.get(
        state, f"it needs them {needs}"
    )
