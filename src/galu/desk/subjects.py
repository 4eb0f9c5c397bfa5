"""Subjects of a trial as whoever looks may see them: in a line each, or one with all that is derived."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from galu.access import State
from galu.desk.admission import sites_of
from galu.desk.clock import utc_now
from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.seen import require_seen, sees_subject
from galu.desk.status import day_of_report, mark_of
from galu.finding import NotThereError
from galu.report.blocks import Mark
from galu.store.sql import Clock
from galu.trial.worklist import derive_worklist


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """Where one subject stands; `data` is the state of what is newly entered of it."""

    id: str
    site: str | None
    level: int | None
    phase: str | None
    consent: date | None
    enrolled: date | None
    first_dose: date | None
    doses: int
    outcome: str | None
    dead: bool
    screen_failed: bool
    completed: bool
    data: State
    open_queries: int


@acts("read")
def subject_lines(
    folder: Path, as_of: date | None = None, clock: Clock = utc_now
) -> tuple[Mark, tuple[SubjectLine, ...]]:
    """Subjects of a day that whoever looks may see, by their identifiers."""
    trial = open_trial(folder, clock)
    record = trial.record
    day = day_of_report(record, as_of, clock)
    mark, state = mark_of(trial, record, day), trial.state(day)
    sees, sites = sees_subject(trial.sight, record), sites_of(record)
    asked = Counter(one.subject for one in state.data.queries if one.state != "closed")
    lines = []
    for one in state.subjects:
        if not sees(one.id):
            continue
        slot = state.board.slot(one.id)
        lines.append(
            SubjectLine(
                one.id, sites.get(one.id), one.level, one.phase, one.consent, one.enrolled, one.first_dose,
                len(one.therapy), slot.outcome if slot else None, one.dead, one.failed, one.completed,
                state.data.of_subject(one.id), asked[one.id],
            )
        )  # fmt: skip
    return mark, tuple(lines)


@acts("read")
def subject_whole(
    folder: Path, subject: str, as_of: date | None = None, clock: Clock = utc_now
) -> tuple[Mark, dict[str, Any]]:
    """All that is derived of a subject on a day, as plain values.

    Raises
    ------
    NotThereError
        When the subject is not there on that day, or not for whoever looks.
    """
    trial = open_trial(folder, clock)
    record = trial.record
    require_seen(trial, [], subject)
    day = day_of_report(record, as_of, clock)
    mark, state = mark_of(trial, record, day), trial.state(day)
    own = next((one for one in state.subjects if one.id == subject), None)
    if own is None:
        raise NotThereError(f"subject {subject!r}", "is not in the record", "name one of the worklist")
    slot = state.board.slot(subject)
    parts: dict[str, tuple[Any, ...]] = {
        "criteria": state.eligibility, "proposals": state.proposals, "visits": state.visits,
        "expected": state.expected, "queries": state.data.queries, "tasks": derive_worklist(state),
        "deviations": state.deviations, "due": state.agenda,
    }  # fmt: skip
    return mark, {
        **dataclasses.asdict(own),
        "site": sites_of(record).get(subject),
        "data": state.data.of_subject(subject),
        "slot": dataclasses.asdict(slot) if slot else None,
        **{
            name: [dataclasses.asdict(one) for one in of if one.subject == subject]
            for name, of in parts.items()
        },
    }
