"""Efficacy wired to the record: PSA, soft tissue, bone and survival of each treated subject, and their rates.

Time zero is the first therapeutic dose; in a record without doses it is the first lesion measurement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from galu.binomial import Proportion, clopper_pearson
from galu.efficacy.best import (
    Assessed,
    BestResponse,
    best_overall_response,
    confirmed_response,
    first_progression,
)
from galu.efficacy.pcwg3 import BoneAssessment, BoneScan, assess_bone, combined_response
from galu.efficacy.plan import EfficacyPlan
from galu.efficacy.psa import PsaAssessment, PsaValue, assess_psa
from galu.efficacy.rates import disease_control_rate, objective_response_rate
from galu.efficacy.survival import KaplanMeier, kaplan_meier, reverse_kaplan_meier
from galu.efficacy.time_to_event import (
    Dated,
    RpfsSources,
    TimeToEvent,
    derive_duration_of_response,
    derive_os,
    derive_psa_progression,
    derive_rpfs,
)
from galu.protocol import Study
from galu.record import Record
from galu.trial.lesions import ReaderResponses, ResponseDifference, derive_responses, differences
from galu.trial.subjects import Subject

#: Units of PSA that are ng/mL by another name.
PSA_UNITS: Final = frozenset({"ng/mL", "ug/L", "µg/L", "μg/L"})
#: A bone scan belongs to a lesion visit when it was done within so many days (assumed).
SAME_VISIT_DAYS: Final = 14
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SubjectEfficacy:
    """One subject's disease over time. `start` is time zero."""

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
    rpfs: TimeToEvent
    os: TimeToEvent
    ttpp: TimeToEvent
    duration_of_response: TimeToEvent | None


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
    """Everything efficacy shows."""

    subjects: tuple[SubjectEfficacy, ...] = ()
    readers: tuple[ReaderResponses, ...] = ()
    differences: tuple[ResponseDifference, ...] = ()
    rates: tuple[Rate, ...] = ()
    survival: tuple[SurvivalResult, ...] = ()


def derive_efficacy(study: Study, record: Record, subjects: Iterable[Subject]) -> EfficacyResults:
    """Efficacy of every subject with a time zero."""
    plan = study.efficacy
    if plan is None:
        return EfficacyResults()
    people = tuple(subjects)
    readers = derive_responses(record, {s.id: s.first_dose for s in people}, plan.recist.rule())
    by_subject: dict[str, list[ReaderResponses]] = {}
    for one in readers:
        by_subject.setdefault(one.subject, []).append(one)
    sources = _Sources(_psa(record), _bone(record), _new_therapy(record))
    treated = study.treatment is not None
    found = []
    for subject in people:
        read = by_subject.get(subject.id, [])
        start = subject.first_dose if treated else subject.first_dose or _first_image(record, subject.id)
        if start is not None:
            found.append(_subject(subject, start, _primary(read), sources, plan))
    rows = tuple(found)
    return EfficacyResults(
        rows, readers, differences(record, readers), _rates(rows, plan), _survival(rows, plan)
    )


@dataclass(frozen=True, slots=True)
class _Sources:
    psa: Mapping[str, tuple[PsaValue, ...]]
    bone: Mapping[str, tuple[BoneScan, ...]]
    new_therapy: Mapping[str, Dated]


def _primary(read: Sequence[ReaderResponses]) -> ReaderResponses | None:
    """The investigator's reading, or else the first reader's."""
    return next((one for one in read if one.reader == "INVESTIGATOR"), read[0] if read else None)


def _first_image(record: Record, subject: str) -> date | None:
    days = record.facts("measurement")
    own = days.filter(days["subject"] == subject)["day"].drop_nulls()
    first = own.min()
    return first if isinstance(first, date) else None


def _psa(record: Record) -> dict[str, tuple[PsaValue, ...]]:
    found: dict[str, tuple[PsaValue, ...]] = {}
    labs = record.facts("lab")
    for row in labs.filter(labs["test"] == "PSA").iter_rows(named=True):
        if row["value"] is not None and row["day"] is not None and row["unit"] in PSA_UNITS:
            value = PsaValue(row["day"], row["value"], row["id"])
            found[row["subject"]] = (*found.get(row["subject"], ()), value)
    return found


def _bone(record: Record) -> dict[str, tuple[BoneScan, ...]]:
    found: dict[str, tuple[BoneScan, ...]] = {}
    for row in record.facts("bone_scan").iter_rows(named=True):
        if row["day"] is not None:
            counts = (row["new_lesions"], row["new_since_reference"], row["persisting"])
            scan = BoneScan(row["day"], *counts, ref=row["id"])
            found[row["subject"]] = (*found.get(row["subject"], ()), scan)
    return found


def _new_therapy(record: Record) -> dict[str, Dated]:
    found: dict[str, Dated] = {}
    for row in record.facts("therapy").iter_rows(named=True):
        if row["anticancer"] and row["day"] is not None:
            found.setdefault(row["subject"], Dated(row["day"], row["agent"], row["id"]))
    return found


def _subject(
    subject: Subject,
    start: date,
    soft: ReaderResponses | None,
    sources: _Sources,
    plan: EfficacyPlan,
) -> SubjectEfficacy:
    values = sources.psa.get(subject.id, ())
    scans = sources.bone.get(subject.id, ())
    psa = assess_psa(values, start, plan.psa.rule())
    bone = assess_bone(scans, start, plan.bone.rule()) if scans else None
    combined = _combined(soft, bone)
    best = best_overall_response(combined, plan.recist.best(), start)
    therapy = sources.new_therapy.get(subject.id)
    later = therapy if therapy is not None and therapy.day > start else None
    rpfs = derive_rpfs(start, _rpfs_sources(subject, soft, bone, later), plan.rpfs.rule())
    death = None if subject.died is None or subject.died < start else Dated(subject.died, "death")
    alive = [Dated(subject.last_alive)] if subject.last_alive and subject.last_alive >= start else []
    progression = Dated(psa.progression_on) if psa.progression_on else None
    return SubjectEfficacy(
        subject=subject.id,
        level=subject.level,
        start=start,
        psa=psa,
        psa_values=values,
        reader="" if soft is None else soft.reader,
        soft_tissue=soft,
        bone=bone,
        combined=combined,
        best=best.value or BestResponse("MISSING", None),
        best_reason=best.reason,
        rpfs=rpfs,
        os=derive_os(start, death, alive),
        ttpp=derive_psa_progression(start, progression, [Dated(v.day, ref=v.ref) for v in values]),
        duration_of_response=_duration(combined, death, plan),
    )


def _combined(soft: ReaderResponses | None, bone: BoneAssessment | None) -> tuple[Assessed, ...]:
    """Response of each lesion visit joined with the bone scan of the same visit (PCWG3).

    Without soft-tissue lesions every bone scan is a visit of its own.
    """
    scans = () if bone is None else tuple(zip(bone.days, bone.responses, strict=True))
    if soft is None:
        return tuple(Assessed(day, combined_response("NED", answer)) for day, answer in scans)
    found = []
    for visit in soft.visits:
        near = [answer for day, answer in scans if day <= visit.day + timedelta(days=SAME_VISIT_DAYS)]
        overall = visit.overall
        if bone is not None and overall:
            overall = combined_response(overall, near[-1] if near else "NE", soft.targets_at_baseline)
        found.append(Assessed(visit.day, overall, visit.facts[-1] if visit.facts else None))
    return tuple(found)


def _rpfs_sources(
    subject: Subject, soft: ReaderResponses | None, bone: BoneAssessment | None, therapy: Dated | None
) -> RpfsSources:
    visits = () if soft is None else soft.visits
    progressed = first_progression(visits)
    assessed = [Dated(visit.day) for visit in visits if visit.overall not in ("NE", "")]
    if bone is not None:
        pairs = zip(bone.days, bone.responses, strict=True)
        assessed += [Dated(day) for day, answer in pairs if answer != "NE"]
    return RpfsSources(
        None if progressed is None else Dated(progressed),
        None if bone is None or bone.progression_on is None else Dated(bone.progression_on),
        None if subject.died is None else Dated(subject.died),
        tuple(assessed),
        therapy,
    )


def _duration(combined: tuple[Assessed, ...], death: Dated | None, plan: EfficacyPlan) -> TimeToEvent | None:
    progressed = first_progression(combined)
    began = confirmed_response(combined, plan.recist.best(), progressed)
    if began is None:
        return None
    ends = [Dated(progressed, "PD")] if progressed else []
    ends += [death] if death is not None else []
    return derive_duration_of_response(Dated(began), ends, [Dated(one.day) for one in combined])


def _populations(rows: tuple[SubjectEfficacy, ...]) -> dict[str, tuple[SubjectEfficacy, ...]]:
    """All subjects, and those of each level where there are levels."""
    levels = sorted({row.level for row in rows if row.level is not None})
    groups = {"all": rows}
    groups |= {f"level {level}": tuple(row for row in rows if row.level == level) for level in levels}
    return {name: group for name, group in groups.items() if group}


def _rates(rows: tuple[SubjectEfficacy, ...], plan: EfficacyPlan) -> tuple[Rate, ...]:
    """Response rates; every subject is in the denominator, one without data as a non-responder."""
    level = plan.confidence_level.value
    found = []
    for name, group in _populations(rows).items():
        n = len(group)
        counts = (
            ("PSA50 confirmed", sum(bool(row.psa.psa50.confirmed) for row in group)),
            ("PSA50 unconfirmed", sum(bool(row.psa.psa50.unconfirmed) for row in group)),
            ("PSA90 confirmed", sum(bool(row.psa.psa90.confirmed) for row in group)),
        )
        if any(row.psa_values for row in group):
            found += [Rate(endpoint, name, clopper_pearson(x, n, level)) for endpoint, x in counts]
        if any(row.soft_tissue for row in group):
            best = [row.best for row in group]
            found.append(Rate("ORR", name, objective_response_rate(best, level)))
            found.append(Rate("DCR", name, disease_control_rate(best, level)))
    return tuple(found)


def _survival(rows: tuple[SubjectEfficacy, ...], plan: EfficacyPlan) -> tuple[SurvivalResult, ...]:
    endpoints = (("rPFS", "rpfs"), ("OS", "os"), ("Time to PSA progression", "ttpp"))
    found = []
    for name, group in _populations(rows).items():
        for endpoint, attribute in endpoints:
            times = [getattr(row, attribute) for row in group]
            found.append(_curve(endpoint, name, times, plan))
        responders = [row.duration_of_response for row in group if row.duration_of_response is not None]
        if responders:
            found.append(_curve("Duration of response", name, responders, plan))
    return tuple(found)


def _curve(endpoint: str, name: str, times: Sequence[TimeToEvent], plan: EfficacyPlan) -> SurvivalResult:
    days, events = [one.days for one in times], [one.event for one in times]
    ci, level = plan.survival_ci.value, plan.confidence_level.value
    curve = kaplan_meier(days, events, ci, level)
    follow = reverse_kaplan_meier(days, events, ci, level)
    return SurvivalResult(endpoint, name, curve, curve.median(), follow.median())
