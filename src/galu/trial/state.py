"""The trial as it stood on a day: everything a person sees is read from here.

`derive_state` is a pure function of study, record and day. A later fact never changes an earlier state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from galu.protocol import Study
from galu.record import Fork, Record
from galu.trial.adverse import SafetyResults, derive_safety
from galu.trial.against import against_dose
from galu.trial.agenda import derive_agenda, scans_due
from galu.trial.board import Board, Due, derive_board
from galu.trial.dosimetry import SubjectDose, derive_absorbed_doses
from galu.trial.efficacy import EfficacyResults, derive_efficacy
from galu.trial.eligibility import GateVerdicts, derive_eligibility
from galu.trial.flow import (
    Deviation,
    ExposureRow,
    Flow,
    Members,
    derive_deviations,
    derive_exposure,
    derive_flow,
    derive_sets,
)
from galu.trial.memory import Memory
from galu.trial.pharmacokinetics import PharmacokineticResults, derive_pharmacokinetics
from galu.trial.proposals import CycleProposal, Toxicity, derive_proposals, toxicity_since
from galu.trial.renal import derive_renal
from galu.trial.safety import watched_patients, within_reach
from galu.trial.schedule import PlannedVisit, derive_schedule
from galu.trial.subjects import Subject, derive_subjects, with_last_alive
from galu.trial.watch import SafetyWatch, derive_watch
from galu.trial.words import read_words


@dataclass(frozen=True)
class TrialState:
    """The trial on `day`, from what was known then.

    `origin` is observed, imported or simulated; `facts` counts the facts of each kind that stand.
    """

    study: Study
    day: date
    cutoff: date | None
    origin: str
    last_recorded: datetime | None
    facts: Mapping[str, int]
    subjects: tuple[Subject, ...]
    board: Board
    flow: Flow
    visits: tuple[PlannedVisit, ...]
    sets: tuple[Members, ...]
    eligibility: tuple[GateVerdicts, ...]
    exposure: tuple[ExposureRow, ...]
    safety: SafetyResults
    watch: SafetyWatch
    absorbed_doses: tuple[SubjectDose, ...]
    proposals: tuple[CycleProposal, ...]
    pharmacokinetics: PharmacokineticResults
    efficacy: EfficacyResults
    deviations: tuple[Deviation, ...]
    agenda: tuple[Due, ...]
    forks: tuple[Fork, ...]


def derive_state(study: Study, record: Record, as_of: date, cutoff: date | None = None) -> TrialState:
    """The whole trial as known at the end of `as_of`.

    Parameters
    ----------
    study
        The version in force.
    record
        The record; facts that became known later are left out.
    as_of
        A day in the record's zone.
    cutoff
        Facts that happened after this day are left out too: a clinical data cut.
    """
    known = read_words(study, record.as_of(as_of))
    if cutoff is not None:
        known = known.occurred_by(cutoff)
    subjects = with_last_alive(derive_subjects(study, known), known)
    memory = _read_once(study, known, subjects)
    board = derive_board(study, known, as_of, subjects, memory)
    gates = derive_eligibility(study, known, subjects, as_of)
    doses = derive_absorbed_doses(study, known, subjects)
    safety = derive_safety(study, known, subjects, board.slots)
    since = toxicity_since(study, memory.watched, subjects, board)
    renal = derive_renal(study, known, subjects)
    against = against_dose(study, known, subjects, board, {one.subject: one.events for one in safety.treated})
    toxicity = Toxicity(safety.treated, safety.grades, renal, since, against)
    pk = derive_pharmacokinetics(study, known, subjects)
    efficacy = derive_efficacy(study, known, subjects)
    progressed = {one.subject: one.rpfs.on for one in efficacy.subjects if one.rpfs.event}
    measured = frozenset(one.subject for one in doses if one.course is not None)
    visits = derive_schedule(study, known, subjects, as_of, progressed)
    watch = derive_watch(study, known, subjects, safety.treated, (board, doses, memory))
    proposals = derive_proposals(study, subjects, board, toxicity, doses)
    scans = scans_due(study, known, subjects, as_of)
    return TrialState(
        study=study,
        day=as_of,
        cutoff=cutoff,
        origin=known.origin,
        last_recorded=known.last_recorded,
        facts={kind: known.facts(kind).height for kind in known.frames},
        subjects=subjects,
        board=board,
        flow=derive_flow(study, subjects, board),
        visits=visits,
        sets=derive_sets(study, subjects, board, (pk, measured, efficacy)),
        eligibility=gates,
        exposure=derive_exposure(study, subjects),
        safety=safety,
        watch=watch,
        absorbed_doses=doses,
        proposals=proposals,
        pharmacokinetics=pk,
        efficacy=efficacy,
        deviations=derive_deviations(study, subjects, gates),
        agenda=derive_agenda(board, proposals, visits, watch, scans),
        forks=known.forks,
    )


def _read_once(study: Study, record: Record, subjects: tuple[Subject, ...]) -> Memory:
    """What the rules read of every subject, for all who ask in one state."""
    if study.safety is None:
        return Memory()
    watched = watched_patients(study, record, subjects)
    patients = {one.subject: one for one in within_reach(watched, study.safety)}
    return Memory(patients=patients, watched=watched)
