"""Pharmacokinetics wired to the record: samples and collections of a cycle become parameters.

A concentration that is an activity keeps its decay state, and both states are reported where the study
plans both. Each matrix stands alone; renal clearance is that from plasma, and from whole blood or serum only
where there is no plasma.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from galu.pharmacokinetics import (
    CLEARED_FROM,
    DecayState,
    Parameter,
    Profile,
    Proportionality,
    Rules,
    Summary,
    both_states,
    corrected,
    identifiable,
    nca,
    parse_blq,
    partial_auc,
    percent_injected,
    proportionality,
    summary,
)
from galu.pharmacokinetics.plan import PharmacokineticsPlan
from galu.pharmacokinetics.units import scale_of
from galu.protocol import Study
from galu.record import Record
from galu.trial.excretion import AreaBetween, cycle_of, derive_excretion
from galu.trial.exposure import Dose
from galu.trial.profiles import LeftOut, SubjectProfile, derive_left_out, derive_profiles, dose_of_cycle
from galu.trial.subjects import Subject

#: Exposures judged for dose proportionality.
EXPOSURES: Final = ("CMAX", "AUCLST", "AUCIFO")


@dataclass(frozen=True, slots=True)
class SubjectParameter:
    """One parameter of one profile, in one decay state (None: no activity)."""

    subject: str
    level: int | None
    matrix: str
    analyte: str
    cycle: int
    decay_state: str | None
    parameter: Parameter


@dataclass(frozen=True, slots=True)
class CohortSummary:
    """A parameter over the subjects of a level, matrix, cycle and decay state.

    `window_h` is the start and end of the collection of urine [h], to the hour.
    """

    level: int | None
    matrix: str
    analyte: str
    cycle: int
    decay_state: str | None
    summary: Summary
    window_h: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class DoseProportionality:
    """Power model of an exposure on the net activity given, over all levels, in one decay state."""

    matrix: str
    analyte: str
    cycle: int
    decay_state: str
    code: str
    subjects: int
    found: Proportionality


@dataclass(frozen=True, slots=True)
class PharmacokineticResults:
    """Profiles, parameters, their summaries, and what could not be used."""

    profiles: tuple[SubjectProfile, ...] = ()
    parameters: tuple[SubjectParameter, ...] = ()
    summaries: tuple[CohortSummary, ...] = ()
    proportionality: tuple[DoseProportionality, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def derive_pharmacokinetics(
    study: Study, record: Record, subjects: Iterable[Subject]
) -> PharmacokineticResults:
    """Non-compartmental analysis of every profile, and of the urine."""
    plan = study.pharmacokinetics
    if plan is None:
        return PharmacokineticResults()
    people = {subject.id: subject for subject in subjects}
    profiles = derive_profiles(study, record, people)
    parameters = [row for one in profiles for row in _parameters(one, plan)]
    if plan.plans("urine"):
        parameters += _urine(study, record, people, (profiles, plan))
    return PharmacokineticResults(
        tuple(profiles),
        tuple(parameters),
        _summaries(parameters),
        _proportionality(parameters, people),
        derive_left_out(record, plan),
    )


def _parameters(one: SubjectProfile, plan: PharmacokineticsPlan) -> Iterable[SubjectParameter]:
    profile = one.profile
    if profile is None:
        return
    rules, method = Rules(blq=parse_blq(plan.blq_rule.value)), plan.method.value
    states: tuple[tuple[DecayState | None, Parameter], ...]
    if profile.decay_state is None or one.half_life_h is None:
        states = tuple((None, row) for row in nca(profile, method, rules))
    else:
        states = both_states(_in_percent(profile), one.half_life_h, method, rules)
    planned = {None, *(DecayState(state) for state in plan.decay_states.value)}
    for state, row in ((state, row) for state, row in states if state in planned):
        shown = None if state is None else state.value
        yield SubjectParameter(one.subject, one.level, one.matrix, one.analyte, one.cycle, shown, row)


def _in_percent(profile: Profile) -> Profile:
    """The profile in %IA where dose and concentration allow, else as it is."""
    scale = scale_of(profile.conc_unit.partition("/")[0])
    return percent_injected(profile) if profile.dose and scale and scale[0] == "activity" else profile


def _urine(
    study: Study,
    record: Record,
    people: Mapping[str, Subject],
    context: tuple[list[SubjectProfile], PharmacokineticsPlan],
) -> Iterable[SubjectParameter]:
    profiles, plan = context

    def area_of(subject: Subject, dose: Dose) -> AreaBetween:
        cycle = cycle_of(dose.number)
        # Blood was sampled for the therapeutic agent: what else was given is not cleared from it.
        own = profiles if dose_of_cycle(subject, cycle) is dose else []
        return _area_of(own, plan, (subject.id, cycle))

    if DecayState.CORRECTED not in plan.decay_states.value:
        return
    for key, row in derive_excretion(study, record, people, area_of):
        level = people[key.subject].level if key.subject in people else None
        state = DecayState.CORRECTED.value
        yield SubjectParameter(key.subject, level, "urine", key.agent, key.cycle, state, row)


def _area_of(profiles: list[SubjectProfile], plan: PharmacokineticsPlan, key: tuple[str, int]) -> AreaBetween:
    """The decay-corrected area of the matrix that urine is cleared from, over a window."""
    own = {
        one.matrix.lower(): one
        for one in reversed(profiles)
        if (one.subject, one.cycle) == key and one.profile is not None and one.profile.decay_state is not None
    }
    chosen = next((own[matrix] for matrix in CLEARED_FROM if matrix in own), None)

    def area(start_h: float, end_h: float) -> Parameter | None:
        if chosen is None or chosen.profile is None or chosen.half_life_h is None:
            return None
        profile = chosen.profile
        if profile.decay_state is DecayState.MEASURED:
            profile = corrected(profile, chosen.half_life_h)
        rules = identifiable(Rules(blq=parse_blq(plan.blq_rule.value)), chosen.half_life_h)
        return partial_auc(profile, plan.method.value, start_h, end_h, rules)

    return area


def _summaries(parameters: Iterable[SubjectParameter]) -> tuple[CohortSummary, ...]:
    groups: dict[tuple[Any, ...], list[SubjectParameter]] = {}
    for row in parameters:
        key = (row.level, row.matrix, row.analyte, row.cycle, row.decay_state, _window_h(row))
        groups.setdefault((*key, row.parameter.code, row.parameter.unit), []).append(row)
    ordered = sorted(groups.items(), key=lambda pair: tuple(map(str, pair[0])))
    return tuple(_cohort(rows) for _, rows in ordered)


def _cohort(rows: list[SubjectParameter]) -> CohortSummary:
    one = rows[0]
    found = summary(row.parameter for row in rows)
    key = (one.level, one.matrix, one.analyte, one.cycle, one.decay_state)
    return CohortSummary(*key, found, _window_h(one))


def _window_h(row: SubjectParameter) -> tuple[float, float] | None:
    """Window of a collection to the hour: amounts over different windows are not averaged."""
    start, end = row.parameter.start_h, row.parameter.end_h
    return (float(round(start)), float(round(end))) if row.matrix == "urine" and end is not None else None


def _proportionality(
    parameters: Iterable[SubjectParameter], people: Mapping[str, Subject]
) -> tuple[DoseProportionality, ...]:
    """Exposures against net activity; what was divided by the dose (%IA) is multiplied back."""
    groups: dict[tuple[str, str, int, str, str], list[tuple[float, float]]] = {}
    for row in parameters:
        value = row.parameter.value
        if row.parameter.code not in EXPOSURES or row.decay_state is None or not value:
            continue
        dose = dose_of_cycle(people[row.subject], row.cycle)
        if dose is None or dose.net_mbq is None or not dose.net_mbq > 0.0:
            continue
        exposure = value * dose.net_mbq / 100.0 if "%IA" in row.parameter.unit else value
        key = (row.matrix, row.analyte, row.cycle, row.decay_state, row.parameter.code)
        groups.setdefault(key, []).append((dose.net_mbq, exposure))
    found = []
    for key, pairs in sorted(groups.items()):
        given, exposures = np.array(pairs).T
        found.append(DoseProportionality(*key, len(pairs), proportionality(given, exposures)))
    return tuple(found)
