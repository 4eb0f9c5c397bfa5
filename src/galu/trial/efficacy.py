"""Efficacy wired to the record: PSA, soft tissue, bone and survival of each treated subject, and their rates.

Time zero is the first therapeutic dose; in a record without doses it is the first lesion measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from galu.binomial import Proportion, clopper_pearson
from galu.efficacy.best import (
    CONTROLLED,
    RESPONSES,
    Assessed,
    BenefitRule,
    BestResponse,
    best_overall_response,
    clinical_benefit,
    first_progression,
)
from galu.efficacy.pcwg3 import BoneAssessment, assess_bone
from galu.efficacy.plan import EfficacyPlan, RateName, TimePlan
from galu.efficacy.psa import PsaAssessment, PsaValue, assess_psa
from galu.efficacy.survival import KaplanMeier, kaplan_meier, reverse_kaplan_meier
from galu.efficacy.time_to_event import (
    Dated,
    TimeToEvent,
    derive_time_to_event,
)
from galu.protocol import Study
from galu.record import Record
from galu.trial.course import Course, beside_images, combine, derive_timeline, responded_on
from galu.trial.disease import Disease, read_disease
from galu.trial.lesions import (
    Agreement,
    ReaderResponses,
    ResponseDifference,
    derive_responses,
    differences,
    reader_agreement,
)
from galu.trial.subjects import Subject
from galu.trial.two_stage import TwoStageResult, infer_two_stage

BENEFIT_24_WEEKS: Final = BenefitRule()


@dataclass(frozen=True, slots=True)
class SubjectEfficacy:
    """One subject's disease over time. `start` is time zero.

    `best_facts` are those that the best response rests on. `benefit_on` is the day from which there
    was clinical benefit at 24 weeks. `times` has the reported times to event that are the subject's, by their
    id; `variants` their sensitivity analyses, by id and name.
    """

    subject: str
    level: int | None
    start: date
    psa: PsaAssessment
    psa_values: tuple[PsaValue, ...]
    reader: str
    soft_tissue: ReaderResponses | None
    bone: BoneAssessment | None
    combined: tuple[Assessed, ...]
    best: BestResponse
    best_reason: str
    times: Mapping[str, TimeToEvent]
    progressed_on: date | None
    responded_on: date | None
    benefit_on: date | None
    best_facts: tuple[str, ...]
    variants: Mapping[tuple[str, str], TimeToEvent]


@dataclass(frozen=True, slots=True)
class Rate:
    """A response rate with its population, denominator stated."""

    endpoint: str
    population: str
    proportion: Proportion


@dataclass(frozen=True, slots=True)
class SurvivalResult:
    """One time-to-event endpoint: the curve [days], its median and the follow-up; NaN where not reached."""

    endpoint: str
    population: str
    curve: KaplanMeier
    median_days: tuple[float, float, float]
    follow_up_days: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class EfficacyResults:
    """Everything efficacy shows; `variants` are the sensitivity analyses beside `survival`."""

    subjects: tuple[SubjectEfficacy, ...] = ()
    readers: tuple[ReaderResponses, ...] = ()
    differences: tuple[ResponseDifference, ...] = ()
    rates: tuple[Rate, ...] = ()
    survival: tuple[SurvivalResult, ...] = ()
    variants: tuple[SurvivalResult, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    two_stage: TwoStageResult | None = None


@dataclass(frozen=True, slots=True)
class EfficacyRead:
    """Efficacy of every subject with a time zero, and what each reader saw."""

    subjects: tuple[SubjectEfficacy, ...] = ()
    readers: tuple[ReaderResponses, ...] = ()


def derive_efficacy(study: Study, record: Record, subjects: Iterable[Subject]) -> EfficacyResults:
    """Efficacy of every subject with a time zero, and of all of them."""
    people = tuple(subjects)
    return summarise_efficacy(study, record, people, read_efficacy(study, record, people))


def read_efficacy(study: Study, record: Record, people: tuple[Subject, ...]) -> EfficacyRead:
    """Efficacy subject by subject."""
    plan = study.efficacy
    if plan is None:
        return EfficacyRead()
    readers = derive_responses(record, {s.id: s.first_dose for s in people}, plan.recist.rule())
    by_subject: dict[str, list[ReaderResponses]] = {}
    for one in readers:
        by_subject.setdefault(one.subject, []).append(one)
    disease = read_disease(record, people)
    images = {} if study.treatment is not None else _first_images(record)
    found = []
    for subject in people:
        start = _first_dose(subject) or images.get(subject.id)
        if start is not None:
            soft = _primary(by_subject.get(subject.id, []))
            found.append(_subject(subject, start, soft, disease, plan))
    return EfficacyRead(tuple(found), readers)


def summarise_efficacy(
    study: Study, record: Record, people: tuple[Subject, ...], read: EfficacyRead
) -> EfficacyResults:
    """Rates, curves, agreement and differences of what was read subject by subject."""
    plan, rows, readers = study.efficacy, read.subjects, read.readers
    if plan is None:
        return EfficacyResults()
    return EfficacyResults(
        subjects=rows,
        readers=readers,
        differences=differences(record, readers),
        rates=_rates(rows, plan),
        survival=_survival(rows, plan),
        variants=_variants(rows, plan),
        agreement=reader_agreement(readers),
        two_stage=infer_two_stage(study, people, {row.subject: row.best.response for row in rows}),
    )


def _primary(read: Sequence[ReaderResponses]) -> ReaderResponses | None:
    """The investigator's reading, or else the first reader's."""
    return next((one for one in read if one.reader == "INVESTIGATOR"), read[0] if read else None)


def _first_dose(subject: Subject) -> Dated | None:
    return Dated(subject.therapy[0].day, "", subject.therapy[0].facts) if subject.therapy else None


def _first_images(record: Record) -> dict[str, Dated]:
    seen = record.facts("measurement").select("subject", "day", "id").drop_nulls().sort("day", "id")
    first = seen.group_by("subject").first()
    return {subject: Dated(day, "", (fact,)) for subject, day, fact in first.iter_rows()}


def _subject(
    subject: Subject, start: Dated, soft: ReaderResponses | None, disease: Disease, plan: EfficacyPlan
) -> SubjectEfficacy:
    values, scans = disease.psa.get(subject.id, ()), disease.bone.get(subject.id, ())
    psa = assess_psa(values, start.day, plan.psa.rule()) if plan.psa else assess_psa((), start.day)
    unread = disease.psa_unread.get(subject.id, ())
    psa = replace(psa, reason="; ".join(part for part in (psa.reason, *unread) if part))
    bone = assess_bone(scans, start.day, plan.bone.rule()) if scans and plan.bone else None
    course = Course(subject.id, start, psa, values, soft, bone, combine(soft, bone))
    best = best_overall_response(course.combined, plan.recist.best(), start.day)
    responded = responded_on(course, plan)
    progressed = first_progression(course.combined)
    timeline = derive_timeline(course, disease, responded)
    own = [one for one in plan.reported() if one.of == "everyone" or responded is not None]
    own_timelines = {one.id: {**timeline, **beside_images(one, subject, disease)} for one in own}
    return SubjectEfficacy(
        subject=subject.id,
        level=subject.level,
        start=start.day,
        psa=psa,
        psa_values=values,
        reader="" if soft is None else soft.reader,
        soft_tissue=soft,
        bone=bone,
        combined=course.combined,
        best=best.value or BestResponse("MISSING", None),
        best_reason=_remark(_best_reason(best.reason, soft), psa, bone),
        times={
            one.id: derive_time_to_event(one.endpoint(plan.rpfs), own_timelines[one.id])
            for one in own
            if own_timelines[one.id].get(one.start)
        },
        progressed_on=min(
            (one.day for source in ("soft-tissue PD", "bone PD") for one in timeline[source]), default=None
        ),
        responded_on=responded,
        benefit_on=clinical_benefit(course.combined, BENEFIT_24_WEEKS, start.day, responded, progressed),
        best_facts=best.facts,
        variants={
            (one.id, variant.variant): derive_time_to_event(variant, own_timelines[one.id])
            for one in own
            for variant in one.variants(plan.rpfs)
        },
    )


def _best_reason(reason: str, soft: ReaderResponses | None) -> str:
    """Why the best response is not known, and what had to be left out for it."""
    if soft is None:
        return reason
    return "; ".join(part for part in (reason and (soft.reason or reason), *soft.left_out) if part)


def _remark(best: str, psa: PsaAssessment, bone: BoneAssessment | None) -> str:
    """What is not known of a subject, and what waits for a later look."""
    return "; ".join(part for part in (best, psa.pending, bone.reason if bone else "") if part)


def _populations(rows: tuple[SubjectEfficacy, ...]) -> dict[str, tuple[SubjectEfficacy, ...]]:
    """All subjects, and those of each level where there are levels."""
    levels = sorted({row.level for row in rows if row.level is not None})
    groups = {"all": rows}
    groups |= {f"level {level}": tuple(row for row in rows if row.level == level) for level in levels}
    return {name: group for name, group in groups.items() if group}


@dataclass(frozen=True, slots=True)
class _RateOf:
    """A rate: its declared endpoint, who must exist for it to say anything, and who counts."""

    endpoint: RateName
    title: str
    needs: Callable[[SubjectEfficacy], bool]
    counts: Callable[[SubjectEfficacy], bool | None]


def _with_psa(row: SubjectEfficacy) -> bool:
    return bool(row.psa_values)


def _imaged(row: SubjectEfficacy) -> bool:
    return row.soft_tissue is not None or row.bone is not None


_RATES: Final = (
    _RateOf("PSA50", "PSA50 confirmed", _with_psa, lambda row: row.psa.psa50.confirmed),
    _RateOf("PSA50", "PSA50 unconfirmed", _with_psa, lambda row: row.psa.psa50.unconfirmed),
    _RateOf("PSA90", "PSA90 confirmed", _with_psa, lambda row: row.psa.psa90.confirmed),
    _RateOf("PSA90", "PSA90 unconfirmed", _with_psa, lambda row: row.psa.psa90.unconfirmed),
    _RateOf("ORR", "ORR", _imaged, lambda row: row.best.response in RESPONSES),
    _RateOf("DCR", "DCR", _imaged, lambda row: row.best.response in CONTROLLED),
    _RateOf("CBR24", "Clinical benefit at 24 weeks", _imaged, lambda row: row.benefit_on is not None),
)
#: What somebody must have for a time to say anything.
_SHOWN_WITH: Final[Mapping[str, Callable[[SubjectEfficacy], bool]]] = {
    "anything": lambda row: True,
    "PSA": _with_psa,
    "images": _imaged,
}


def _rates(rows: tuple[SubjectEfficacy, ...], plan: EfficacyPlan) -> tuple[Rate, ...]:
    """Declared rates; every subject is in the denominator, one without data as a non-responder."""
    level = plan.confidence_level.value
    return tuple(
        Rate(one.title, name, clopper_pearson(sum(bool(one.counts(row)) for row in group), len(group), level))
        for name, group in _populations(rows).items()
        for one in _RATES
        if one.endpoint in plan.endpoints.value and any(one.needs(row) for row in group)
    )


def _survival(rows: tuple[SubjectEfficacy, ...], plan: EfficacyPlan) -> tuple[SurvivalResult, ...]:
    """Curves of the reported times that anybody has."""
    found = []
    for name, group in _populations(rows).items():
        for one in plan.reported():
            own = [row for row in group if one.id in row.times]
            if any(map(_SHOWN_WITH[one.shown_with], own)):
                found.append(_curve(one, name, [row.times[one.id] for row in own], plan))
    return tuple(found)


def _variants(rows: tuple[SubjectEfficacy, ...], plan: EfficacyPlan) -> tuple[SurvivalResult, ...]:
    found = []
    for name, group in _populations(rows).items():
        for one in plan.reported():
            for variant in one.variants(plan.rpfs):
                key = one.id, variant.variant
                times = [row.variants[key] for row in group if key in row.variants]
                if times:
                    found.append(_curve(one, name, times, plan, variant.variant))
    return tuple(found)


def _curve(
    time: TimePlan, name: str, times: Sequence[TimeToEvent], plan: EfficacyPlan, variant: str = ""
) -> SurvivalResult:
    days, events = [one.days for one in times], [one.event for one in times]
    ci, level = plan.survival_ci.value, plan.confidence_level.value
    curve = kaplan_meier(days, events, ci, level)
    follow = reverse_kaplan_meier(days, events, ci, level)
    title = f"{time.title}, {variant}" if variant else time.title
    return SurvivalResult(title, name, curve, curve.median(), follow.median())
