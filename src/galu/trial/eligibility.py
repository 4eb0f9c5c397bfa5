"""Eligibility wired to the record: which facts are evidence of which data item.

Laboratory tests, vital signs, scans, lesions and therapies are read from their own kinds. What has no
kind of its own is a `history` fact whose category is the item's key (its term is the value), or a
signed `judgement` whose item is the key (yes or no). A judgement whose item is the id of an atom signs
that atom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from galu.eligibility import (
    Anchors,
    CriterionVerdict,
    Evidence,
    Gate,
    Judgement,
    SubjectEvidence,
    Told,
    evaluate,
)
from galu.eligibility.items import ITEM_KEYS, ITEM_OF_TEST, ITEMS, UNREAD
from galu.eligibility.plan import TOXICITY
from galu.finding import Truth
from galu.protocol import Study
from galu.record import Fact, Record, Row, conduct
from galu.record.conduct import Visit
from galu.record.disease import Lesion, Measurement
from galu.record.people import (
    Consent,
    Demographics,
    Disposition,
    Ecog,
    History,
    Lab,
    PriorTherapy,
    Therapy,
    Vital,
    Withdrawal,
)
from galu.record.treatment import Administration, Scan, Transfusion
from galu.record.when import day_of, days_of, instant_of
from galu.safety.worst import is_no_limit
from galu.trial.concerns import gather_concerns, told
from galu.trial.departures import takes_consent_back
from galu.trial.lesions import SIZES
from galu.trial.subjects import Subject
from galu.trial.therapies import items_of_therapy
from galu.trial.versions import first_version, groups
from galu.vocabulary.conditions import read_condition
from galu.vocabulary.laboratory import lab_code
from galu.vocabulary.negation import negates
from galu.vocabulary.persons import named
from galu.vocabulary.therapies import support_given
from galu.vocabulary.tracers import same_tracer, shows_psma

#: Product of a transfusion to the value that the transfusion rule reads.
_SUPPORT: Final = {"red-cells": "red cells", "platelets": "platelets", "growth-factor": "g-csf"}
#: What supports the blood, written among the medication, to the value that the transfusion rule reads.
_SUPPORT_OF: Final = {
    **{name: name for name in ("red cells", "platelets", "g-csf", "esa")},
    **dict.fromkeys(("tpo", "plasma", "unknown"), "other"),
}
#: Scans that need a tracer.
_BY_TRACER: Final = frozenset({"PET", "SPECT", "PLANAR"})
#: Before everybody's birth.
_LONG_AGO: Final = date(1900, 1, 1)
_NUMBERS: Final = frozenset(item.key for item in ITEMS if item.value == "number")
_FLAGS: Final = frozenset(item.key for item in ITEMS if item.value == "flag")


@dataclass(frozen=True, slots=True)
class GateVerdicts:
    """Every criterion of one subject at one gate, as judged on `day`."""

    subject: str
    gate: Gate
    day: date
    verdicts: tuple[CriterionVerdict, ...]


def _from_demographics(row: Row[Demographics]) -> Iterator[Evidence]:
    if row.fact.sex is not None:
        yield Evidence("sex", row.fact.sex, ref=row.id)
    if row.fact.birth_date is not None:
        yield Evidence("birth_date", row.fact.birth_date, ref=row.id)
    if row.fact.race is not None:
        yield Evidence("black", "BLACK" in row.fact.race.upper(), ref=row.id)


def _from_consent(row: Row[Consent]) -> Iterator[Evidence]:
    yield Evidence("consent.signed", True, on=row.day, ref=row.id, label=row.fact.form_version or "")


def _from_visit(row: Row[Visit]) -> Iterator[Evidence]:
    if row.fact.status != "missed":
        yield Evidence("procedure.first", row.fact.visit, on=row.day, ref=row.id)


def _from_administration(row: Row[Administration]) -> Iterator[Evidence]:
    yield Evidence("procedure.first", "administration", on=row.day, ref=row.id)


def _from_result(row: Row[Lab] | Row[Vital]) -> Iterator[Evidence]:
    item = ITEM_OF_TEST.get(lab_code(row.fact.test) or "")
    value = row.fact.value if row.fact.value is not None else row.fact.text
    if item is not None and item.startswith("serology.") and row.fact.text is not None:
        value = row.fact.text
    if item is not None:
        # A result without a value (pending, lost) is not yet known: an earlier one does not stand for it.
        shown = value.lower() if isinstance(value, str) else "" if value is None else value
        upper = row.fact.upper_limit if isinstance(row.fact, Lab) else None
        if is_no_limit(row.fact.test, row.fact.unit or "", upper):
            upper = None
        yield Evidence(item, shown, row.fact.unit, row.day, row.id, upper, row.ranged)


def _from_ecog(row: Row[Ecog]) -> Iterator[Evidence]:
    yield Evidence("ecog", row.fact.score, on=row.day, ref=row.id)


def _value(item: str, row: Row[History]) -> Any:
    """The value that a history term stands for: a grade, a number, a flag, or its own words."""
    term = row.fact.term
    if item in _NUMBERS:
        if row.fact.grade is not None:
            return row.fact.grade
        try:
            return float(term)
        except ValueError:
            return term
    return term.lower() if item in _FLAGS else term


def _from_history(row: Row[History]) -> Iterator[Evidence]:
    item, known = row.fact.category or "", read_condition(row.fact.term)
    doubtful = item.startswith("event.") and negates(row.fact.term)
    if item not in ITEM_KEYS:
        if "." in item:
            item, doubtful = UNREAD["event"], True
        elif known is None:
            return
        else:
            item, doubtful = known.item, not known.sure
    on, span = _history_day(item, row)
    label = row.fact.term if row.fact.grade is not None or item == TOXICITY else ""
    value = "yes" if item == "gilbert" and known is not None and known.sure else _value(item, row)
    going_on = bool(row.fact.ongoing)
    yield Evidence(
        item, value, on=on, ref=row.id, label=label, ongoing=going_on, span=span, doubtful=doubtful
    )


def _history_day(item: str, row: Row[History]) -> tuple[date | None, tuple[date, date] | None]:
    """Day that counts of a history: its end, else its beginning; a state is of the day it was asked on.

    An event or a finding of a tissue whose day is not stated can be of any day before it was asked about.
    """
    if row.fact.ended is not None:
        return _ended(row.fact.ended, day_of(row.fact.started))
    if row.fact.started is not None:
        first, last = days_of(row.fact.started)
        return (first, None) if first == last else (None, (first, last))
    if item.startswith(("event.", "pathology.")) or item in UNREAD.values():
        return None, (_LONG_AGO, days_of(row.fact.on)[1])
    return row.day, None


def _ended(ended: str | None, started: date | None) -> tuple[date | None, tuple[date, date] | None]:
    """Day that counts: the end where one is stated; where its day is not known, the days it can have been."""
    if ended is None:
        return started, None
    first, last = days_of(ended)
    if first == last:
        return first, None
    return None, (min(max(first, started or first), last), last)


def _from_therapy(row: Row[Therapy] | Row[PriorTherapy]) -> Iterator[Evidence]:
    """A therapy by its stated class and by its agent's name: both count, the name where they differ too."""
    prior = row.fact if isinstance(row.fact, PriorTherapy) else None
    on, span = _ended(row.fact.ended, None if prior is None else day_of(prior.started))
    hours = None if prior is None else prior.half_life_h
    given = Evidence(
        UNREAD["therapy"],
        row.fact.agent,
        on=row.day if on is None and span is None else on,
        ref=row.id,
        ongoing=row.fact.ended is None,
        half_life_days=None if hours is None else hours / 24.0,
        span=span,
    )
    support = _SUPPORT_OF.get(support_given(row.fact.agent) or "")
    if support is not None:
        yield replace(given, item="transfusion_or_growth_factor", value=support)
    for item, doubtful in items_of_therapy(row).items():
        line = None if prior is None or item != "therapy.taxane" else prior.regimen
        value = f"regimen {line}" if line else row.fact.agent
        yield replace(given, item=item, value=value, doubtful=doubtful)


def _from_transfusion(row: Row[Transfusion]) -> Iterator[Evidence]:
    value = _SUPPORT.get(row.fact.product, "other")
    yield Evidence("transfusion_or_growth_factor", value, on=row.day, ref=row.id)


#: What a reader's verdict of a scan says.
_READ: Final = {True: "positive", False: "negative", None: "unknown"}


def _from_scan(row: Row[Scan]) -> Iterator[Evidence]:
    """A PET is evidence unless its tracer surely does not show PSMA; one that was not read says nothing."""
    if row.fact.modality == "PET" and shows_psma(row.fact.agent or "") is not False:
        for item in ("pet.psma", "pet.psma_rule"):
            yield Evidence(item, _READ[row.fact.positive], on=row.day, ref=row.id, label=row.fact.agent or "")


def _procedure_of_scan(row: Row[Scan], agents: tuple[str, ...]) -> Iterator[Evidence]:
    """A scan is a procedure of the study when its agent is the study's; doubtful where that is not told."""
    answers = {same_tracer(row.fact.agent or "", agent) for agent in agents}
    own = True in answers
    if own and row.fact.modality == "PET":
        yield Evidence(
            "pet.target", _READ[row.fact.positive], on=row.day, ref=row.id, label=row.fact.agent or ""
        )
    if own or (None in answers and row.fact.modality in _BY_TRACER):
        shown = f"{row.fact.modality} {row.fact.agent or 'without its tracer'}"
        yield Evidence("procedure.first", shown, on=row.day, ref=row.id, doubtful=not own)


def _from_judgement(row: Row[conduct.Judgement]) -> Iterator[Evidence]:
    if row.fact.item in ITEM_KEYS and row.fact.value != "unknown":
        yield Evidence(
            row.fact.item,
            row.fact.value,
            on=row.day,
            ref=row.id,
            label=row.fact.by,
            doubtful=not named(row.fact.by),
        )


_READERS: Final[tuple[tuple[type[Fact], Callable[[Any], Iterator[Evidence]]], ...]] = (
    (Demographics, _from_demographics),
    (Consent, _from_consent),
    (Visit, _from_visit),
    (Administration, _from_administration),
    (Lab, _from_result),
    (Vital, _from_result),
    (Ecog, _from_ecog),
    (History, _from_history),
    (PriorTherapy, _from_therapy),
    (Therapy, _from_therapy),
    (Transfusion, _from_transfusion),
    (Scan, _from_scan),
    (conduct.Judgement, _from_judgement),
)


def _dated(one: Evidence, row: Row[Fact]) -> Evidence:
    """The evidence, with the days it can have been where its day is known only in part."""
    if one.on is not None or one.span is not None or isinstance(row.fact, Demographics):
        return one
    return replace(one, span=days_of(row.fact.on))


def _lesion_evidence(record: Record) -> Iterator[tuple[str, Evidence]]:
    """Sizes of the lesions, number of bone lesions, and liver metastases where a lesion sits in the liver."""
    lesions = {(row.subject, row.fact.lesion): row for row in record.rows(Lesion)}
    bones: dict[str, list[Row[Lesion]]] = {}
    for (subject, _), row in lesions.items():
        if row.fact.role == "bone":
            bones.setdefault(subject, []).append(row)
        if "LIVER" in (row.fact.site or "").upper():
            yield subject, Evidence("liver_metastases", "yes", on=row.day, ref=row.id)
    for subject, rows in bones.items():
        first = min(row.fact.on for row in rows)
        found = [row for row in rows if row.fact.on == first]
        label = found[0].fact.method or ""
        yield (
            subject,
            Evidence("lesion.bone", len(found), on=found[0].day, ref=found[0].id, label=label),
        )
    for size in record.rows(Measurement):
        lesion = lesions.get((size.subject, size.fact.lesion))
        is_size = lesion is not None and size.fact.test.strip().upper() in SIZES[bool(lesion.fact.nodal)]
        if lesion is not None and is_size and size.fact.value is not None and lesion.fact.role != "bone":
            item = "lesion.node" if lesion.fact.nodal else "lesion.soft_tissue"
            yield (
                size.subject,
                Evidence(item, size.fact.value, size.fact.unit or "mm", size.day, size.id),
            )


def _consent_ended(subjects: Iterable[Subject], record: Record) -> Iterator[tuple[str, Evidence]]:
    """What ended a consent that no later one renewed: leaving the study, in whatever words, or death."""
    renewed = {row.subject: row.seq for row in sorted(record.rows(Consent), key=lambda row: row.seq)}
    left: list[Row[Withdrawal] | Row[Disposition]] = [
        row
        for row in record.rows(Withdrawal)
        if row.fact.scope == "study" or takes_consent_back(row.fact.cause or "")
    ]
    left += [row for row in record.rows(Disposition) if takes_consent_back(row.fact.term)]
    for one in left:
        if one.seq > renewed.get(one.subject, 0):
            label = f"consent was taken back on {one.fact.on[:10]}"
            yield one.subject, Evidence("consent.signed", False, on=one.day, ref=one.id, label=label)
    for subject in subjects:
        if subject.death is not None:
            fact = subject.death.fact
            yield subject.id, Evidence("consent.signed", False, on=subject.died, ref=fact, label="died")


def gather_evidence(study: Study, record: Record, subjects: Iterable[Subject]) -> dict[str, SubjectEvidence]:
    """Everything the record knows of each subject, as eligibility reads it."""
    people = tuple(subjects)
    items: dict[str, dict[str, list[Evidence]]] = {}
    times: dict[str, dict[str, Told]] = {}

    def keep(subject: str, one: Evidence) -> None:
        items.setdefault(subject, {}).setdefault(one.item, []).append(one)

    agents = tuple(agent.name for agent in study.agents)
    for kind, reader in _READERS:
        for row in record.rows(kind):
            for one in reader(row):
                keep(row.subject, _dated(one, row))
                times.setdefault(row.subject, {})[row.id] = told(row)
    for row in record.rows(Scan):
        for one in _procedure_of_scan(row, agents):
            keep(row.subject, _dated(one, row))
    for subject, one in (*_lesion_evidence(record), *_consent_ended(people, record)):
        keep(subject, one)
    signed = _signed(record)
    screening = _screening_days(record)
    concerns = {} if study.eligibility is None else gather_concerns(study.eligibility, record)
    return {
        subject.id: SubjectEvidence(
            subject.id,
            {item: tuple(found) for item, found in items.get(subject.id, {}).items()},
            _anchors(subject, screening.get(subject.id)),
            {atom: words[-1] for atom, words in signed.get(subject.id, {}).items()},
            {atom: words[:-1] for atom, words in signed.get(subject.id, {}).items() if len(words) > 1},
            concerns.get(subject.id, ()),
            times.get(subject.id, {}),
        )
        for subject in people
    }


def _anchors(subject: Subject, screening: date | None) -> Anchors:
    """Days that windows count from; screening of a subject that failed it closed on that day."""
    closed = subject.enrolled or subject.screen_failed
    return Anchors(subject.consent, screening, closed, subject.first_dose)


def _signed(record: Record) -> dict[str, dict[str, tuple[Judgement, ...]]]:
    """Judgements of each atom, oldest first."""
    found: dict[str, dict[str, tuple[Judgement, ...]]] = {}
    truths = {"yes": Truth.TRUE, "no": Truth.FALSE, "unknown": Truth.UNKNOWN}
    for row in record.rows(conduct.Judgement):
        if row.fact.item not in ITEM_KEYS:
            moment = instant_of(row.fact.on, record.zone)
            judgement = Judgement(
                truths[row.fact.value],
                row.id,
                named(row.fact.by),
                row.day,
                row.fact.comment or "",
                row.recorded,
                days_of(row.fact.on)[0],
                None if moment is None else moment.timestamp(),
            )
            own = found.setdefault(row.subject, {})
            own[row.fact.item] = (*own.get(row.fact.item, ()), judgement)
    return found


def _screening_days(record: Record) -> dict[str, date]:
    days: dict[str, date] = {}
    for row in record.rows(Visit):
        if row.fact.visit == "screening" and row.day is not None:
            days.setdefault(row.subject, row.day)
    return days


def next_gate(subject: Subject) -> Gate:
    """The gate that a subject stands before: enrolment in screening, then the dose.

    Who failed screening stays at the gate that he failed, who was dosed at the dose.
    """
    if subject.therapy:
        return Gate.DOSE
    return Gate.DOSE if subject.has_slot and not subject.failed else Gate.ENROLMENT


def derive_eligibility(
    study: Study,
    record: Record,
    subjects: Iterable[Subject],
    day: date,
    settings: Mapping[str, str] | None = None,
) -> tuple[GateVerdicts, ...]:
    """Every subject at each gate up to the one that comes next, earliest gate first; the next one is last.

    A gate is judged by the version in force when the subject passed it, or by that of today.
    """
    people = tuple(subjects)
    found: dict[tuple[str, Gate], GateVerdicts] = {}
    gathered: dict[int, dict[str, SubjectEvidence]] = {}
    for gate in Gate:
        reached = (one for one in people if gate.order <= next_gate(one).order)
        for own, there in groups(study, reached, _VERSION_AT[gate]):
            if own.eligibility is None:
                continue
            if id(own) not in gathered:
                gathered[id(own)] = gather_evidence(own, record, people)
            for one in there:
                evidence = gathered[id(own)][one.id]
                verdicts = evaluate(own.eligibility, evidence, gate, day, settings)
                found[one.id, gate] = GateVerdicts(one.id, gate, day, verdicts)
    return tuple(found[one.id, gate] for one in people for gate in Gate if (one.id, gate) in found)


_VERSION_AT: Final[Mapping[Gate, Callable[[Subject], int]]] = {
    Gate.SCREENING: lambda subject: subject.under.consent,
    Gate.ENROLMENT: lambda subject: subject.under.slot,
    Gate.DOSE: first_version,
}
