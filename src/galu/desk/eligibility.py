"""Judge eligibility from a study and a record, show what expires and what another reading changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.places import holds_record
from galu.desk.seen import Sees, sees_subject
from galu.desk.status import day_of_report
from galu.desk.study import study_file
from galu.eligibility import (
    Change,
    CriterionVerdict,
    EligibilityPlan,
    Expiry,
    Gate,
    SubjectEvidence,
    evaluate,
    expiry_calendar,
    what_if,
)
from galu.exchange.facts_csv import read_facts
from galu.finding import InputError
from galu.protocol import Study, load_study
from galu.record import Entry, Record, record_of
from galu.store import MemoryStore
from galu.trial.eligibility import gather_evidence, next_gate
from galu.trial.subjects import Subject, derive_subjects
from galu.trial.words import read_words

_ALWAYS: Final = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """Whom to judge and how; None is everyone, the gate that comes next for each, and today.

    Of a simulated or imported record "today" is the day on which it ends.
    """

    subject: str | None = None
    gate: Gate | None = None
    as_of: date | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """Every criterion of one subject at one gate."""

    subject: str
    gate: Gate
    verdicts: tuple[CriterionVerdict, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    plan: EligibilityPlan
    day: date
    people: tuple[Subject, ...]
    evidence: Mapping[str, SubjectEvidence]


@acts("read")
def judge_eligibility(study: Path, record: Path, question: Question) -> tuple[Judged, ...]:
    """Judge each criterion with what was known on the day.

    Parameters
    ----------
    study
        A study file, or a folder that holds `study.yaml`.
    record
        A trial folder, a CSV of facts or a folder of them.
    question
        Subject, gate, day and switches.

    Raises
    ------
    InputError
        When study or record do not load, or they lack eligibility, the subject, or the switch.
    """
    case = _open(study, record, question)
    return tuple(
        Judged(
            one.id,
            gate,
            evaluate(case.plan, case.evidence[one.id], gate, case.day, question.settings),
        )
        for one in case.people
        for gate in (question.gate or next_gate(one),)
    )


@acts("read")
def changes_of_reading(study: Path, record: Path, question: Question) -> tuple[Change, ...]:
    """Verdicts that another setting of any switch changes, at the gate asked for (else the dose day)."""
    case = _open(study, record, question)
    cases = [case.evidence[one.id] for one in case.people]
    return what_if(case.plan, cases, question.gate or Gate.DOSE, case.day, question.settings)


@acts("read")
def expiries(study: Path, record: Path, question: Question) -> tuple[Expiry, ...]:
    """What evidence expires when, soonest first."""
    case = _open(study, record, question)
    rows = [
        row
        for one in case.people
        for row in expiry_calendar(case.plan, case.evidence[one.id], case.day, question.settings)
    ]
    return tuple(sorted(rows, key=lambda row: (row.expires, row.subject)))


def as_json(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    """One object for each subject, gate and criterion."""
    return [
        {
            "subject": one.subject,
            "gate": one.gate.value,
            "criterion": found.criterion,
            "polarity": found.polarity,
            "verdict": found.verdict,
            "due": found.due,
            "at_gate": found.at_gate,
            "rule": f"{found.rule.name} {found.rule.version}",
            "atoms": [
                {
                    "id": atom.id,
                    "value": atom.truth.value,
                    "verdict": found.verdict_of(atom),
                    "facts": list(atom.facts),
                    "expires": None if atom.expires is None else atom.expires.isoformat(),
                    "judgement": atom.judgement,
                    "signer": atom.signer,
                    "reason": atom.reason,
                }
                for atom in found.atoms
            ],
        }
        for one in judged
        for found in one.verdicts
    ]


def _open(study: Path, record: Path, question: Question) -> _Case:
    loaded = load_study(study_file(study))
    if loaded.eligibility is None:
        raise InputError(str(study), "states no eligibility", "add the section eligibility")
    everything, sees = _read_record(record, loaded)
    day = day_of_report(everything, question.as_of)
    known = read_words(loaded, everything.as_of(day))
    everyone = tuple(one for one in derive_subjects(loaded, known) if sees(one.id))
    people = tuple(one for one in everyone if question.subject in (None, one.id))
    if question.subject is not None and not people:
        shown = ", ".join(one.id for one in everyone[:5]) or "nobody"
        raise InputError(str(record), f"knows no subject {question.subject} on {day}", f"it knows {shown}")
    return _Case(loaded.eligibility, day, people, gather_evidence(loaded, known, people))


def _read_record(path: Path, study: Study) -> tuple[Record, Sees]:
    """The record of a trial folder, or of facts as CSV, and who of it is seen.

    Facts without a stamp count as always known.
    """
    if holds_record(path):
        trial = open_trial(path)
        record = trial.record
        return record, sees_subject(trial.sight, record)
    files = read_facts(path)
    if files.recorded:
        stamped = zip(files.facts, files.recorded, strict=True)
        entries = [Entry(n, at, fact) for n, (fact, at) in enumerate(stamped, 1)]
        return record_of(entries, study.zone), lambda _: True
    # As into any record: an id that is taken or a correction of nothing is refused.
    store = MemoryStore(lambda: _ALWAYS, study.zone)
    store.append(files.facts)
    return store.record(), lambda _: True
