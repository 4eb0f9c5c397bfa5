"""The trial as it stood on a day: everything a person sees is read from here.

`derive_state` is a pure function of study, record and day. A later fact never changes an earlier state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from galu.protocol import Study
from galu.record import Fork, Record
from galu.safety.inputs import DltPatient
from galu.safety.modification import RenalCourse
from galu.trial.accrual import read_decisions
from galu.trial.adverse import SafetyResults, derive_safety
from galu.trial.against import against_dose
from galu.trial.agenda import derive_agenda, scans_due
from galu.trial.board import Board, Due, derive_board
from galu.trial.consents import ConsentLacking, derive_consents_lacking
from galu.trial.data_state import DataStates
from galu.trial.dosimetry import SubjectDose, derive_absorbed_doses
from galu.trial.efficacy import EfficacyRead, EfficacyResults, read_efficacy, summarise_efficacy
from galu.trial.eligibility import GateVerdicts, derive_eligibility
from galu.trial.expected import Expected, derive_expected
from galu.trial.flow import (
    Deviation,
    ExposureRow,
    Flow,
    Members,
    derive_deviations,
    derive_exposure,
    derive_flow,
    derive_members,
    derive_sets,
)
from galu.trial.jumped import derive_jumped
from galu.trial.memory import Memory, by_subject, read_subjects
from galu.trial.orders import orders_due
from galu.trial.pharmacokinetics import PharmacokineticResults, derive_pharmacokinetics
from galu.trial.proposals import CycleProposal, Toxicity, derive_proposals, toxicity_since
from galu.trial.renal import derive_renal
from galu.trial.safety import derive_dlt, plans_by_subject, watched_patients, within_reach
from galu.trial.schedule import PlannedVisit, days_done, derive_schedule
from galu.trial.site_day import derive_remarks
from galu.trial.site_given import Remark
from galu.trial.subjects import Subject, with_last_alive
from galu.trial.tracer_chain import TracerChain, chain_remarks, derive_chains
from galu.trial.versions import groups, version_now
from galu.trial.watch import Duties, SafetyWatch, derive_duties, derive_watch


@dataclass(frozen=True)
class TrialState:
    """The trial on `day`, from what was known then; each part is derived when it is first asked for.

    `record` is what was known, its words read; `memory` what was derived of it subject by subject.
    """

    study: Study
    record: Record
    day: date
    cutoff: date | None
    memory: Memory

    @property
    def origin(self) -> str:
        """Observed, imported or simulated."""
        return self.record.origin

    @property
    def last_recorded(self) -> datetime | None:
        """When the newest fact became known."""
        return self.record.last_recorded

    @property
    def forks(self) -> tuple[Fork, ...]:
        """Facts corrected twice side by side."""
        return self.record.forks

    @cached_property
    def facts(self) -> Mapping[str, int]:
        """How many facts of each kind stand."""
        return {kind: self.record.facts(kind).height for kind in self.record.frames}

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """Everybody of whom the record knows."""
        return with_last_alive(read_subjects(self.study, self.record, self.memory), self.record)

    @cached_property
    def watched(self) -> tuple[DltPatient, ...]:
        """What the DLT rules read of the whole time of everybody dosed."""
        study, memory = self.study, self.memory
        if study.safety is None:
            return ()
        dosed = {one.id: one for one in self.subjects if one.first_dose is not None}

        def read(names: frozenset[str]) -> dict[str, DltPatient]:
            people = [dosed[name] for name in dosed if name in names]
            return {one.subject: one for one in watched_patients(study, self.record.of(names), people)}

        watched = tuple(memory.watched.each(dosed, read).values())
        plans = plans_by_subject(study, dosed.values())
        lacking = (one for one in watched if one.subject not in memory.patients)
        memory.patients.update((one.subject, one) for one in within_reach(lacking, plans))
        return watched

    @cached_property
    def board(self) -> Board:
        """Slots, decision, what may happen next."""
        _ = self.watched  # the rules read everybody once, for the board as for the watch
        return derive_board(self.study, self.record, self.day, self.subjects, self.memory)

    @cached_property
    def eligibility(self) -> tuple[GateVerdicts, ...]:
        """Every criterion of every subject at each gate up to the next."""
        people = {one.id: one for one in self.subjects}

        def judge(names: frozenset[str]) -> dict[str, tuple[GateVerdicts, ...]]:
            own = [people[name] for name in people if name in names]
            return by_subject(derive_eligibility(self.study, self.record.of(names), own, self.day))

        kept = self.memory.gates.each(people, judge, self.day)
        return tuple(one for verdicts in kept.values() for one in verdicts)

    @cached_property
    def absorbed_doses(self) -> tuple[SubjectDose, ...]:
        """Absorbed dose of every region and cycle, or why there is none."""
        return self.doses_of(one.id for one in self.subjects)

    @cached_property
    def _doses_together(self) -> tuple[SubjectDose, ...]:
        return derive_absorbed_doses(self.study, self.record, self.subjects)

    def doses_of(self, names: Iterable[str]) -> tuple[SubjectDose, ...]:
        """The same of some subjects."""
        plan = self.study.dosimetry
        if plan is not None and plan.fits_together():
            # A fit of all patients is none of some of them, nor of one while the others change.
            wanted = set(names)
            return tuple(one for one in self._doses_together if one.subject in wanted)
        people = {one.id: one for one in self.subjects}

        def fit(names: frozenset[str]) -> dict[str, tuple[SubjectDose, ...]]:
            own = [people[name] for name in people if name in names]
            nothing: dict[str, tuple[SubjectDose, ...]] = dict.fromkeys(names, ())
            return nothing | by_subject(derive_absorbed_doses(self.study, self.record.of(names), own))

        kept = self.memory.doses.each(names, fit)
        return tuple(one for doses in kept.values() for one in doses)

    @cached_property
    def safety(self) -> SafetyResults:
        """Adverse events, laboratory grades and shifts."""
        return derive_safety(self.study, self.record, self.subjects, self.board.slots)

    @cached_property
    def _toxicity(self) -> Toxicity:
        study, safety = self.study, self.safety
        events = {one.subject: one.events for one in safety.treated}
        renal: dict[str, RenalCourse] = {}
        against: dict[str, tuple[str, ...]] = {}
        for own, people in groups(study, self.subjects, version_now):
            renal |= derive_renal(own, self.record, people)
            against |= against_dose(own, self.record, people, self.board, events)
        since = toxicity_since(study, self.watched, self.subjects, self.board)
        return Toxicity(safety.treated, safety.grades, renal, since, against)

    @cached_property
    def proposals(self) -> tuple[CycleProposal, ...]:
        """What speaks for and against the next dose of everybody of whom one is due."""
        doses = self.doses_of({item.subject for item in self.board.due})
        return derive_proposals(self.study, self.subjects, self.board, self._toxicity, doses)

    @cached_property
    def pharmacokinetics(self) -> PharmacokineticResults:
        """Profiles and their parameters."""
        return derive_pharmacokinetics(self.study, self.record, self.subjects)

    @cached_property
    def efficacy(self) -> EfficacyResults:
        """Responses and times to event."""
        return summarise_efficacy(self.study, self.record, self.subjects, self._disease)

    @cached_property
    def _disease(self) -> EfficacyRead:
        return read_efficacy(self.study, self.record, self.subjects)

    @cached_property
    def visits(self) -> tuple[PlannedVisit, ...]:
        """The plan of visits and what was done of it."""
        progressed = {
            one.subject: one.progressed_on for one in self._disease.subjects if one.progressed_on is not None
        }
        return derive_schedule(self.study, self.record, self.subjects, self.day, progressed)

    @cached_property
    def expected(self) -> tuple[Expected, ...]:
        """What the plan expects of each subject, visit and procedure, and what happened beside it."""
        return derive_expected(self.visits, days_done(self.study, self.record), self.day)

    @cached_property
    def data(self) -> DataStates:
        """Where every value, visit and subject stands, and every query."""
        return DataStates(self.record, self.visits)

    @cached_property
    def watch(self) -> SafetyWatch:
        """Late toxicity, narratives, rates, monitoring."""
        assessed = derive_dlt(self.study, self.record, self.subjects, self.day, self.memory)
        patients = tuple(
            (one, self.memory.patients[one.subject], assessed[one.subject]) for one in self.watched
        )
        known = (self.board, self.absorbed_doses, patients)
        return derive_watch(self.study, self.subjects, self.safety.treated, known)

    @cached_property
    def duties(self) -> Duties:
        """Reports and follow-up that are due."""
        return derive_duties(self.study, self.record, self.safety.treated, self.day)

    @cached_property
    def flow(self) -> Flow:
        """How many came, went and stayed."""
        return derive_flow(self.study, self.subjects, self.board)

    @cached_property
    def sets(self) -> tuple[Members, ...]:
        """Analysis sets with their members."""
        return derive_sets(self.study, self.members)

    @cached_property
    def members(self) -> Mapping[str, tuple[str, ...]]:
        """Members of every set that galu has a rule for, by the name of the rule."""
        measured = frozenset(one.subject for one in self.absorbed_doses if one.course is not None)
        return derive_members(self.subjects, self.board, (self.pharmacokinetics, measured, self.efficacy))

    @cached_property
    def exposure(self) -> tuple[ExposureRow, ...]:
        """Activities given, delays, reductions."""
        return derive_exposure(self.study, self.subjects)

    @cached_property
    def chains(self) -> tuple[TracerChain, ...]:
        """Imaging doses traced from the generator to the camera."""
        return derive_chains(self.study, self.record, self.subjects)

    @cached_property
    def remarks(self) -> tuple[Remark, ...]:
        """What is amiss, or lacking, around each administration, and incidents."""
        found = derive_remarks(self.study, self.record, self.subjects, self.day)
        return (*found, *chain_remarks(self.study, self.record, self.subjects, self.chains))

    @cached_property
    def deviations(self) -> tuple[Deviation, ...]:
        """Departures from the protocol, those of a site's day among them."""
        jumped = derive_jumped(self.study, self.board.slots, read_decisions(self.record))
        found = derive_deviations(
            self.study, self.subjects, self.eligibility, (jumped, self.consents_lacking)
        )
        own = tuple(
            Deviation(one.subject, one.day, one.rule, one.what, one.facts)
            for one in self.remarks
            if one.deviation
        )
        return tuple(sorted((*found, *own), key=lambda one: (one.subject, one.day or date.min, one.rule)))

    @cached_property
    def consents_lacking(self) -> tuple[ConsentLacking, ...]:
        """Who has not consented as an amendment asks."""
        return tuple(derive_consents_lacking(self.study, self.record, self.subjects))

    @cached_property
    def agenda(self) -> tuple[Due, ...]:
        """What is due, with its window."""
        scans = scans_due(self.study, self.record, self.subjects, self.day)
        orders = orders_due(self.study, self.record, self.subjects, self.board)
        return derive_agenda(self.board, self.proposals, self.visits, self.duties, (*scans, *orders))


def derive_state(
    study: Study, record: Record, as_of: date, cutoff: date | None = None, memory: Memory | None = None
) -> TrialState:
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
    memory
        That of an earlier state of this record, without a cutoff; one of another is not used.
    """
    known = record.as_of(as_of)
    if cutoff is not None:
        known = known.occurred_by(cutoff)
    kept = memory.copy() if memory is not None and memory.fits(study, known) else Memory()
    return TrialState(study, kept.read_on(study, known), as_of, cutoff, kept)
