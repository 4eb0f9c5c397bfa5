"""Use cases of data management: queries, review and comparison, freeze and lock, notes, what is expected."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import acts
from galu.desk.seen import require_seen, sees_fact, sees_subject
from galu.desk.status import day_of_report, mark_of
from galu.finding import InputError, NotThereError, OvertakenError
from galu.record import Fact
from galu.record.review import DataMark, DataNote, Query, QueryStep
from galu.report.blocks import Mark
from galu.store.sql import Clock
from galu.trial.admission import check_admission
from galu.trial.data_state import Asked, Standing
from galu.trial.expected import Expected
from galu.trial.rule_queries import derive_questions, steps_of
from galu.trial.state import TrialState
from galu.vocabulary.persons import is_named

MARKS: Final[tuple[str, ...]] = get_args(DataMark.model_fields["step"].annotation)
STEPS: Final[tuple[str, ...]] = get_args(QueryStep.model_fields["step"].annotation)
#: How often a run of the rules looks anew when others write at the same time.
_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """What data are meant: a fact, or a visit of a subject (its planned day where it is repeated), or all."""

    about: str | None = None
    subject: str | None = None
    visit: str | None = None
    planned: date | None = None

    def cells(self) -> dict[str, Any]:
        """The same as fields of a fact."""
        planned = None if self.planned is None else self.planned.isoformat()
        return {"about": self.about, "subject": self.subject, "visit": self.visit, "planned": planned}


@dataclass(frozen=True, slots=True)
class DataOverview:
    """Queries with their states, the list of what is expected, and where each subject stands."""

    mark: Mark
    queries: tuple[Asked, ...]
    expected: tuple[Expected, ...]
    subjects: tuple[tuple[str, str, int], ...]

    def counts(self) -> tuple[tuple[str, int], ...]:
        """Lines of the list by their state."""
        return tuple(sorted(Counter(one.state for one in self.expected).items()))

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            **dataclasses.asdict(self.mark),
            "queries": [dataclasses.asdict(one) for one in self.queries],
            "expected": [dataclasses.asdict(one) for one in self.expected],
            "subjects": [
                {"subject": name, "state": state, "open_queries": asked}
                for name, state, asked in self.subjects
            ],
        }


@acts("read-board")
def data_overview(folder: Path, as_of: date | None = None, subject: str | None = None) -> DataOverview:
    """Queries, what is expected and where the data stand, on a day; of one subject where it is named."""
    trial = open_trial(folder)
    record = trial.record
    day = day_of_report(record, as_of)
    state = trial.state(day)
    sees = sees_subject(trial.sight, record)
    known = tuple(one.id for one in state.subjects if sees(one.id))
    if subject is not None and subject not in known:
        raise NotThereError(f"subject {subject!r}", "is not in the record", "name one of the worklist")
    names = known if subject is None else (subject,)
    data = state.data
    fact_seen = sees_fact(trial.sight, record)
    asked = (one for one in data.queries if fact_seen(one.query, one.subject or None))
    queries = tuple(one for one in asked if subject is None or one.subject == subject)
    waiting = Counter(one.subject for one in queries if one.state != "closed")
    return DataOverview(
        mark_of(trial, record, day),
        queries,
        tuple(one for one in state.expected if one.subject in names),
        tuple((name, data.of_subject(name), waiting[name]) for name in names),
    )


@acts("read")
def standing(folder: Path, fact: str) -> Standing:
    """Where one value stands now.

    Raises
    ------
    InputError
        When the record has no such fact.
    """
    trial = open_trial(folder)
    state = _state(trial)
    require_seen(trial, [fact])
    return state.data.of(fact)


@acts("ask")
def raise_query(
    folder: Path, scope: Scope, text: str, by: str, column: str | None = None, clock: Clock = utc_now
) -> str:
    """Ask about a fact, a visit or a subject; gives the id of the query."""
    _require_scope(open_trial(folder, clock), scope)
    cells = {**scope.cells(), "text": text, "column": column}
    return _write_one(folder, (Query, "query"), cells, by, clock)


# Answering, closing and reopening are for different roles: the step is asked for when it is written.
@acts("read")
def step_query(
    folder: Path, query: str, step: str, by: str, text: str | None = None, clock: Clock = utc_now
) -> str:
    """Answer, close or reopen a query; gives the id of the step."""
    if step not in STEPS:
        raise InputError("step", f"{step!r} is unknown", f"use one of {', '.join(STEPS)}")
    trial = open_trial(folder, clock)
    require_seen(trial, [query])
    own = next((one for one in _state(trial).data.queries if one.query == query), None)
    cells = {"query": query, "step": step, "text": text, "subject": own.subject or None if own else None}
    return _write_one(folder, (QueryStep, "query-step"), cells, by, clock)


@acts("read")  # the step itself is asked for when it is written
def mark_data(
    folder: Path, step: str, scope: Scope, by: str, comment: str | None = None, clock: Clock = utc_now
) -> str:
    """Mark data as reviewed, verified, frozen, locked, or open them again; gives the id of the mark."""
    if step not in MARKS:
        raise InputError("step", f"{step!r} is unknown", f"use one of {', '.join(MARKS)}")
    _require_scope(open_trial(folder, clock), scope)
    return _write_one(
        folder, (DataMark, "data-mark"), {**scope.cells(), "step": step, "comment": comment}, by, clock
    )


@acts("note")
def add_note(folder: Path, fact: str, text: str, by: str, clock: Clock = utc_now) -> str:
    """Add a note to a fact, whatever its state; gives the id of the note."""
    require_seen(open_trial(folder, clock), [fact])
    return _write_one(folder, (DataNote, "data-note"), {"about": fact, "text": text}, by, clock)


@acts("ask")
def run_rules(folder: Path, clock: Clock = utc_now) -> tuple[str, ...]:
    """Raise what the rules ask and nobody asked yet, reopen what changed since it was closed.

    Gives the ids of the facts written; a second run writes nothing.
    """
    for _ in range(_TRIES):
        try:
            return _run_rules(open_trial(folder, clock), clock)
        except OvertakenError:
            continue
    return _run_rules(open_trial(folder, clock), clock)


def _run_rules(trial: TrialFolder, clock: Clock) -> tuple[str, ...]:
    record, seen, state = trial.record, trial.store.seen, _state(trial)
    moment = _moment(trial, clock)
    number = record.free_number("query-step") - 1
    batch: list[Fact] = []
    for one in steps_of(derive_questions(state), state.data.queries, record):
        asked = one.question
        common = {"on": moment, "by": f"rule: {asked.rule}"[:200], "subject": asked.subject or None}
        if one.step == "raised":
            cells = {"about": asked.about, "visit": asked.visit, "planned": asked.planned, "rule": asked.rule}
            batch.append(Query.model_validate({"id": asked.id, "text": asked.text, **cells, **common}))
        else:
            number += 1
            cells = {"id": f"query-step-{number}", "query": asked.id, "step": "reopened", "text": one.why}
            batch.append(QueryStep.model_validate({**cells, **common}))
    # Whoever runs them asks at his own sites.
    sees = sees_subject(trial.sight, record)
    batch = [one for one in batch if sees(one.subject)]
    # What is locked takes no query: it is left for who unlocks it.
    refused = {one.fact for one in check_admission(trial.study, record, batch, clock())}
    batch = [one for one in batch if one.id not in refused]
    if batch:
        trial.write(batch, after=seen)
    return tuple(one.id for one in batch)


def _require_scope(trial: TrialFolder, scope: Scope) -> None:
    require_seen(trial, [scope.about] if scope.about is not None else [], scope.subject)


def _state(trial: TrialFolder) -> TrialState:
    day = day_of_report(trial.record, None)
    return trial.state(day)


def _moment(trial: TrialFolder, clock: Clock) -> str:
    moment: datetime = clock().astimezone(ZoneInfo(trial.record.zone))
    return moment.isoformat(timespec="seconds")


def _write_one(
    folder: Path, what: tuple[type[Fact], str], cells: dict[str, Any], by: str, clock: Clock
) -> str:
    """Write one fact by a named person, where the data allow it."""
    if not is_named(by):
        raise InputError("--by", "names nobody", "name the person who does it")
    trial = open_trial(folder, clock)
    record, seen = trial.record, trial.store.seen
    model, prefix = what
    name = f"{prefix}-{record.free_number(prefix)}"
    told = {key: value for key, value in cells.items() if value is not None}
    fact = _validated(model, {"id": name, "on": _moment(trial, clock), "by": by, **told})
    faults = check_admission(trial.study, record, [fact], clock())
    if faults:
        raise InputError(f"{prefix} of {_place(cells)}", faults[0].fault, faults[0].remedy)
    trial.write([fact], after=seen)
    return name


def _validated(model: type[Fact], cells: dict[str, Any]) -> Fact:
    from pydantic import ValidationError

    try:
        return model.model_validate(cells)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or model.kind
        said = str(first["msg"]).removeprefix("Value error, ")
        raise InputError(place, said, "correct it; nothing was written") from None


def _place(cells: dict[str, Any]) -> str:
    parts: Sequence[Any] = [cells.get(key) for key in ("about", "query", "subject", "visit")]
    return " ".join(str(one) for one in parts if one) or "the trial"
