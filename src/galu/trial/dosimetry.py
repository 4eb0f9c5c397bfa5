"""Dosimetry wired to the record: activities of a cycle become the doses of organs and lesions.

Time zero is the start of the infusion of the same agent and cycle. What cannot be used is kept with
its reason: a row of the record never vanishes from the results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from galu.dosimetry import (
    CycleActivity,
    CycleDose,
    DosimetryPlan,
    fit_together,
    join_sides,
    judge_course,
    organ_of,
)
from galu.finding import InputError
from galu.kinetics import Samples, measured_from_corrected
from galu.nuclides import canonical, half_life_h
from galu.protocol import Study
from galu.record import Record, Row
from galu.record.conduct import Judgement
from galu.record.treatment import RegionActivity
from galu.record.when import hours_between
from galu.trial.exposure import Dose
from galu.trial.subjects import Subject
from galu.vocabulary.persons import is_named
from galu.vocabulary.regions import place

#: Relative uncertainty of an activity that the physicist stated without one (assumed); of zero, that of the
#: smallest activity above it.
UNSTATED_SIGMA: Final = 0.10
#: Id of the signed judgement on unusual doses of a subject, which count either way.
OVERRIDE_ITEM: Final = "dosimetry.unusual"
#: Id of the signed judgement that the limits for patients with risk factors apply.
RISK_ITEM: Final = "dosimetry.risk_factors"
#: Subject and region.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SubjectDose:
    """One region of one subject in one cycle, or why there is no dose.

    Of a study that gives cycles in fractions `cycle` counts the administrations.
    """

    subject: str
    region: str
    cycle: int
    level: int | None
    course: CycleDose | None
    reason: str
    facts: tuple[str, ...]


def derive_absorbed_doses(
    study: Study, record: Record, subjects: Iterable[Subject]
) -> tuple[SubjectDose, ...]:
    """Absorbed doses of every region measured after the therapeutic agent."""
    plan = study.dosimetry
    if plan is None or study.treatment is None:
        return ()
    agent = study.treatment.therapy_agent.value
    groups: dict[tuple[str, str], dict[int, list[Row[RegionActivity]]]] = {}
    for row in record.rows(RegionActivity):
        if row.fact.agent == agent:
            region = _region(row.fact.region, plan)
            number = study.treatment.number_of(row.fact.cycle, row.fact.fraction)
            groups.setdefault((row.subject, region), {}).setdefault(number, []).append(row)
    people = {subject.id: subject for subject in subjects}
    measured: dict[tuple[str, str], tuple[CycleActivity, ...]] = {}
    failed: dict[tuple[str, str], list[SubjectDose]] = {}
    for key, cycles in sorted(groups.items()):
        if key[0] in people:
            measured[key], failed[key] = _measured(people[key[0]], key[1], cycles, (plan, record.zone))
    measured = _sides_joined(measured, failed, people)
    if plan.fits_together():
        measured = fit_together(measured, plan)
    signed = _signed(record)
    found: list[SubjectDose] = []
    for key in sorted({*measured, *failed}):
        usable = measured.get(key, ())
        found += failed.get(key, []) + _courses(
            people[key[0]], key[1], usable, (plan, signed.get(key[0], {}))
        )
    return tuple(found)


def _sides_joined(
    measured: dict[Key, tuple[CycleActivity, ...]],
    failed: dict[Key, list[SubjectDose]],
    people: Mapping[str, Subject],
) -> dict[Key, tuple[CycleActivity, ...]]:
    """Left and right as one organ, subject by subject; where they cannot be, each keeps its reason."""
    found: dict[Key, tuple[CycleActivity, ...]] = {}
    for name in dict.fromkeys(subject for subject, _ in measured):
        own = {key: cycles for key, cycles in measured.items() if key[0] == name}
        try:
            found |= join_sides(own)
        except InputError as error:
            for key, cycles in own.items():
                if organ_of(key[1]) not in error.place:
                    found[key] = cycles
                    continue
                failed.setdefault(key, []).extend(
                    SubjectDose(name, key[1], one.cycle, people[name].level, None, str(error), one.refs)
                    for one in cycles
                )
    return found


def _region(written: str, plan: DosimetryPlan) -> str:
    """The region as the study names it, with its side; lesions and what the study lacks as written."""
    found = place(written)
    if found is None or found.side:
        return written if found is None else found.name()
    known = (region.name for region in plan.regions.value)
    return next((name for name in known if organ_of(name) == found.organ.name), written)


def _signed(record: Record) -> dict[str, dict[str, str]]:
    """Ids of the signed statements on dosimetry that hold, by subject and item: the last one said counts."""
    last: dict[tuple[str, str], Row[Judgement]] = {}
    for row in record.rows(Judgement):
        if row.fact.item in (OVERRIDE_ITEM, RISK_ITEM) and is_named(row.fact.by):
            last[row.subject, row.fact.item] = row
    found: dict[str, dict[str, str]] = {}
    for (subject, item), said in last.items():
        if said.fact.value == "yes":
            found.setdefault(subject, {})[item] = said.id
    return found


def _measured(
    subject: Subject,
    region: str,
    cycles: Mapping[int, list[Row[RegionActivity]]],
    context: tuple[DosimetryPlan, str],
) -> tuple[tuple[CycleActivity, ...], list[SubjectDose]]:
    """What can be used of a region's cycles, and the rest with its reason."""
    given = {dose.number: dose for dose in subject.therapy}
    masses = [
        row.fact.mass_g for _, rows in sorted(cycles.items()) for row in rows if row.fact.mass_g is not None
    ]
    usable: list[CycleActivity] = []
    failed: list[SubjectDose] = []
    for cycle, rows in sorted(cycles.items()):
        try:
            usable.append(_cycle(cycle, rows, given.get(cycle), (region, masses, *context)))
        except InputError as error:
            facts = tuple(row.id for row in rows)
            failed.append(SubjectDose(subject.id, region, cycle, subject.level, None, str(error), facts))
    return tuple(usable), failed


def _courses(
    subject: Subject,
    region: str,
    usable: tuple[CycleActivity, ...],
    context: tuple[DosimetryPlan, Mapping[str, str]],
) -> list[SubjectDose]:
    plan, signed = context
    override = signed.get(OVERRIDE_ITEM, "")
    found = []
    for one in judge_course(region, usable, plan, override, RISK_ITEM in signed):
        facts = (*one.refs, *((override,) if one.warning and override else ()))
        course = one if one.refusal is None else None
        found.append(SubjectDose(subject.id, region, one.cycle, subject.level, course, one.reason, facts))
    return found


def _cycle(
    cycle: int,
    rows: list[Row[RegionActivity]],
    dose: Dose | None,
    context: tuple[str, list[float], DosimetryPlan, str],
) -> CycleActivity:
    """Samples of one cycle, counted from the start of its infusion.

    Raises
    ------
    InputError
        When the administration, its time or its activity is not known, or no mass is.
    """
    region, masses, plan, zone = context
    stated = plan.region(region)
    place = f"{rows[0].subject}, cycle {cycle}, {region}"
    if dose is None or dose.net_mbq is None:
        reason = "no administration is recorded" if dose is None else dose.reason
        raise InputError(place, f"the activity given is not known ({reason})", "record it")
    times = [hours_between(dose.start, row.fact.on, zone) for row in rows]
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        raise InputError(place, "the administration has no time of day", "record when the infusion began")
    own = next((row.fact.mass_g for row in rows if row.fact.mass_g is not None), None)
    # The patient's own mass in another cycle is nearer than that of a reference man.
    mass = own or next(iter(masses), stated.mass_g)
    if mass is None:
        raise InputError(place, "the mass is not known", "record the volume of the region")
    name = plan.therapy_nuclide.value
    if canonical(name) is None:
        fault = f"the emissions of {name} are not packaged, so no energy per decay is known"
        raise InputError(place, fault, "derive the dose elsewhere")
    half_life = half_life_h(name)
    activity, sigma = _activities(rows, known, half_life)
    facts = (*dose.facts, *(row.id for row in rows))
    if not any(row.fact.activity_mbq > 0 for row in rows):
        raise InputError(place, "no activity is above zero", "record what the region held, or nothing")
    samples = Samples(tuple(known), activity, sigma, half_life)
    return CycleActivity(cycle, samples, mass, dose.net_mbq, facts)


def _activities(
    rows: list[Row[RegionActivity]], times_h: list[float], half_life_h: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Activities and sigmas at scan time [MBq], whatever decay state they were reported in."""
    pairs = []
    least = min((row.fact.activity_mbq for row in rows if row.fact.activity_mbq > 0), default=0.0)
    for row, time in zip(rows, times_h, strict=True):
        activity, sigma = row.fact.activity_mbq, row.fact.sigma_mbq
        if sigma is None:
            sigma = UNSTATED_SIGMA * (activity or least)
        if row.fact.decay_state == "corrected":
            activity, sigma = (
                measured_from_corrected((time,), (value,), half_life_h)[0] for value in (activity, sigma)
            )
        pairs.append((activity, sigma))
    return tuple(a for a, _ in pairs), tuple(s for _, s in pairs)
