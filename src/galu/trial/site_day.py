"""A site's day by the record: what each administration lacks, and where it went otherwise than planned.

Nothing is blocked at entry. What is asked for follows from the site section of the study file; what is not
stated there is not asked. A name that names nobody is no person, and one person is no two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from galu.protocol import Study
from galu.protocol.site import SitePlan
from galu.protocol.versions import version
from galu.record import Record, Row, fact_digest
from galu.record.conduct import Signature
from galu.record.site import (
    Calibration,
    ExposureRate,
    Incident,
    PreparationCheck,
    Prescription,
    QualityControl,
    Receipt,
    Release,
)
from galu.record.treatment import Dispensed, Residual
from galu.trial.entered import before
from galu.trial.exposure import Dose, Key, administration_key
from galu.trial.site_given import Given, Remark, Setting, persons
from galu.trial.site_materials import calibrator_remarks, receipt_remarks
from galu.trial.subjects import Subject
from galu.vocabulary.folding import key as folded
from galu.vocabulary.persons import is_named

#: Kinds of fact that belong to one administration.
_OWN: Final[tuple[type[Any], ...]] = (
    Prescription, PreparationCheck, Dispensed, Residual, Receipt, ExposureRate, Release,
)  # fmt: skip


def derive_remarks(
    study: Study, record: Record, subjects: Iterable[Subject], day: date
) -> tuple[Remark, ...]:
    """Everything to be said of the administrations, in the order of subjects and days.

    What is lacking is asked of a site that works in the record, not of one that was imported or simulated.
    """
    people = tuple(subjects)
    observed = record.origin == "observed"
    rows = _by_administration(record)
    setting = Setting(
        record,
        day,
        _grouped(record.rows(Calibration), lambda row: row.fact.calibrator.casefold()),
        _grouped(record.rows(QualityControl), lambda row: row.fact.batch),
        _grouped(record.rows(Receipt), lambda row: row.fact.batch or ""),
    )
    found: list[Remark] = []
    for subject in people:
        for therapy, doses in ((False, subject.imaging), (True, subject.therapy)):
            for dose in doses:
                plan = version(study, dose.version).site or SitePlan()
                given = Given(subject.id, dose, therapy, plan, setting, _of(rows, subject.id, dose))
                found += [one for rule in _RULES for one in rule(given)]
    found = _settled(record, found)
    found += _incidents(record, frozenset(one.id for one in people))
    return tuple(one for one in found if one.deviation or observed)


def _settled(record: Record, remarks: list[Remark]) -> list[Remark]:
    """The remarks; a departure of which an incident names who decided asks for nothing more."""
    said: set[tuple[str, object]] = set()
    for row in record.rows(Incident):
        if is_named(row.fact.decided_by) and row.fact.decided:
            said |= {(row.subject, row.day), (row.subject, row.fact.cycle)} - {(row.subject, None)}
    return [
        replace(one, asked="")
        if one.deviation and not said.isdisjoint({(one.subject, one.day), (one.subject, one.cycle)})
        else one
        for one in remarks
    ]


def _grouped(rows: Iterable[Row[Any]], key: Callable[[Row[Any]], str]) -> dict[str, tuple[Row[Any], ...]]:
    found: dict[str, tuple[Row[Any], ...]] = {}
    for row in rows:
        found[key(row)] = (*found.get(key(row), ()), row)
    return found


def _by_administration(record: Record) -> dict[Key, dict[type[Any], tuple[Row[Any], ...]]]:
    found: dict[Key, dict[type[Any], tuple[Row[Any], ...]]] = {}
    for model in _OWN:
        for row in record.rows(model):
            if row.subject and row.fact.agent is not None:
                own = found.setdefault(administration_key(row), {})
                own[model] = (*own.get(model, ()), row)
    return found


def _of(
    rows: Mapping[Key, dict[type[Any], tuple[Row[Any], ...]]], subject: str, dose: Dose
) -> dict[type[Any], tuple[Row[Any], ...]]:
    """Facts of an administration: of its cycle, or of its day where they name none."""
    keys: list[Key] = [(subject, dose.agent, dose.day, 0)]
    if dose.cycle is not None:
        keys.append((subject, dose.agent, dose.cycle, dose.fraction or 1))
    found: dict[type[Any], tuple[Row[Any], ...]] = {}
    for one in keys:
        for model, own in rows.get(one, {}).items():
            found[model] = (*found.get(model, ()), *own)
    return found


def prescription_in_force(given: Given) -> Row[Prescription] | None:
    """The newest version that is not known to be of after the start of the dose."""
    zone = given.setting.record.zone
    rows = [row for row in given.of(Prescription) if not before(given.dose.start, row.fact.on, zone)]
    return max(rows, key=lambda row: (row.fact.version, row.seq), default=None)


def _prescription(given: Given) -> Iterator[Remark]:
    rule, plan, dose, zone = "prescription", given.plan, given.dose, given.setting.record.zone
    if plan.physician_beyond is None and plan.revise_beyond is None and not given.of(Prescription):
        return
    found = prescription_in_force(given)
    late = [row for row in given.of(Prescription) if before(dose.start, row.fact.on, zone)]
    for row in late:
        what = f"version {row.fact.version} of the prescription is of {row.fact.on}, after the dose began"
        yield given.remark(rule, what, "say who decided it", (row.id,))
    if found is None:
        if not late:
            yield given.remark(rule, "no prescription is recorded", "record it", dose.facts[:1], False)
        return
    told = found.fact
    same = [row for row in given.of(Prescription) if row.fact.version == told.version]
    if len({row.fact.activity_mbq for row in same}) > 1:
        what = f"version {told.version} of the prescription is recorded with several activities"
        yield given.remark(rule, what, "correct or retract some", [row.id for row in same])
        return
    if persons(told.prescribed_by, told.confirmed_by, *_signers(given.setting.record, found)) < 2:
        what = f"version {told.version} of the prescription is not confirmed by two persons"
        yield given.remark(rule, what, "the second person signs", (found.id,), False)
    yield from _off_prescription(given, found)


def _signers(record: Record, row: Row[Prescription]) -> tuple[str, ...]:
    """Who signed a prescription electronically, and signed what stands."""
    signed = [one.fact for one in record.rows(Signature) if one.fact.signs == row.id]
    return tuple(one.signer for one in signed if one.digest == fact_digest(row.fact))


def _off_prescription(given: Given, found: Row[Prescription]) -> Iterator[Remark]:
    dose, told = given.dose, found.fact
    drawn = dose.balance.drawn_mbq if dose.balance else None
    for words, mbq in (("net activity", dose.net_mbq), ("drawn activity", drawn)):
        if mbq is None:
            continue
        off = mbq / told.activity_mbq - 1.0
        what = f"{words} of {mbq:.0f} MBq is {off:+.0%} of the prescribed {told.activity_mbq:g} MBq"
        revise, asks = given.plan.revise_beyond, given.plan.physician_beyond
        if revise is not None and abs(off) > revise.value:
            why = f"beyond {revise.value:.0%} the prescription is revised before the dose"
            yield given.remark("prescription", what, why, (found.id, *dose.facts))
        elif asks is not None and abs(off) > asks.value:
            why = f"beyond {asks.value:.0%} a physician decides before the dose: say who"
            yield given.remark("prescription", what, why, (found.id, *dose.facts))
        else:
            continue
        return


def _preparation(given: Given) -> Iterator[Remark]:
    steps = given.plan.preparation.value if given.plan.preparation and given.therapy else ()
    done = {folded(row.fact.step): row for row in given.of(PreparationCheck)}
    lacking = [
        step
        for step in steps
        if (row := done.get(folded(step))) is None or not (row.fact.initials or "").strip()
    ]
    if lacking:
        what = f"not initialled: {', '.join(lacking)}"
        yield given.remark("preparation", what, "initials of each step", given.dose.facts[:1], False)
    for row in given.of(PreparationCheck):
        if row.fact.passed is False:
            what = f"{row.fact.step} did not pass"
            yield given.remark("preparation", what, "say who decided to go on", (row.id,))


def _second_person(given: Given) -> Iterator[Remark]:
    if not given.therapy or given.plan.preparation is None:
        return
    for row in given.of(Dispensed):
        if persons(row.fact.second_person) < 1:
            what = "no second person checked drug, patient and activity drawn"
            yield given.remark("second person", what, "name who did", (row.id,), False)


def _infusion(given: Given) -> Iterator[Remark]:
    dose = given.dose
    if not given.therapy or not dose.recorded or given.plan.preparation is None:
        return
    lacking = [
        words
        for words, told in (("start time", "T" in dose.start), ("stop time", dose.ended), ("way", dose.way))
        if not told
    ]
    if lacking:
        what = f"the infusion lacks its {' and '.join(lacking)}"
        yield given.remark("infusion", what, "record it", dose.facts[:1], False)


def _balance(given: Given) -> Iterator[Remark]:
    balance = given.dose.balance
    if balance is not None and balance.amiss:
        yield given.remark("mass balance", balance.amiss, "say which holds", given.dose.facts)


def _release(given: Given) -> Iterator[Remark]:
    rule, dose, record = given.plan.release, given.dose, given.setting.record
    if rule is None or not given.therapy or not dose.recorded:
        return
    released = given.of(Release)
    if not released:
        if given.setting.day > dose.day + timedelta(hours=rule.within_hours.value):
            what = f"no release is recorded {rule.within_hours.value:g} h after the dose"
            yield given.remark("release", what, "record when and by whom", dose.facts[:1], False)
        return
    first = released[0]
    if persons(first.fact.released_by) < 1:
        what = "the release names nobody"
        yield given.remark("release", what, "name who released the subject", (first.id,), False)
    at = rule.distance_m.value
    rates = [
        row
        for row in given.of(ExposureRate)
        if abs(row.fact.distance_m - at) < 0.01 and not before(first.fact.on, row.fact.on, record.zone)
    ]
    if not rates:
        what = f"released without a dose rate at {at:g} m before"
        yield given.remark("release", what, "record the rate, with distance and meter", (first.id,), False)
    elif max(_last(rates)) > rule.rate_usv_h.value:
        what = f"released at {max(_last(rates)):g} µSv/h at {at:g} m, above {rule.rate_usv_h.value:g}"
        yield given.remark("release", what, "say who decided it", (first.id, *(row.id for row in rates)))


def _last(rates: list[Row[ExposureRate]]) -> list[float]:
    """The last rates before the release: of several sides at that time all."""
    return [row.fact.rate_usv_h for row in rates if row.fact.on == rates[-1].fact.on]


def _incidents(record: Record, known: frozenset[str]) -> Iterator[Remark]:
    """Every incident that stands, of a subject or of nobody, with what nobody has said of it yet."""
    for row in record.rows(Incident):
        told = row.fact
        parts = (("planned", told.planned), ("actual", told.actual), ("why", told.cause))
        said = "; ".join(f"{word} {text}" for word, text in parts if text)
        asked = (
            ("why", told.cause),
            ("what was decided", told.decided),
            ("who decided", told.decided_by if is_named(told.decided_by) else None),
            ("its effect on evaluability", told.effect),
        )
        lacking = [word for word, text in asked if not text]
        lacking += ["whom it is of: nobody is called so"] if row.subject and row.subject not in known else []
        what = f"{told.what}{f': {said}' if said else ''}"
        asks = f"say {', '.join(lacking)}" if lacking else ""
        yield Remark(row.subject, row.day, told.agent, told.cycle, "incident", what, asks, (row.id,))


_RULES: Final[tuple[Callable[[Given], Iterator[Remark]], ...]] = (
    _prescription, _preparation, _second_person, calibrator_remarks, receipt_remarks, _infusion, _balance,
    _release,
)  # fmt: skip
