"""Profiles of `galu nca` one by one: of the intact compound, of urine, and where something is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from galu.desk.nca_answers import Answer, row_of
from galu.desk.nca_table import (
    Key,
    NcaOptions,
    is_urine,
    read_intact,
    read_profile,
    read_relative_sigma,
    read_urine,
)
from galu.desk.table import Rows
from galu.finding import InputError
from galu.pharmacokinetics import (
    CLEARED_FROM,
    DecayState,
    Method,
    Parameter,
    Profile,
    Rules,
    Urine,
    accumulation,
    administered,
    as_substance,
    both_states,
    collected,
    corrected,
    counting_uncertainty,
    dosing_interval,
    identifiable,
    interval_starts,
    measured,
    nca,
    of_several_doses,
    partial_auc,
    percent_injected,
    urinary,
)
from galu.pharmacokinetics.codes import SUBSTANCE_ONLY
from galu.pharmacokinetics.profile import Floats
from galu.pharmacokinetics.units import scale_of

#: A parameter with its decay state and its standard uncertainty from counting, where there is one.
Stated = tuple[DecayState | None, Parameter, float | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of each profile of a file: options, physical half-life [h] if it decays, rules."""

    path: Path
    options: NcaOptions
    half_life_h: float | None
    rules: Rules


def each(groups: Mapping[Key, Rows], asked: Asked) -> list[Answer]:
    """Parameters of every profile, one after the other; what is wrong ends in a sentence with its place."""
    answers: list[Answer] = []
    profiles: dict[Key, Profile] = {}
    for key, rows in groups.items():
        if is_urine(key, rows):
            continue
        profiles[key] = profile = read_profile(key, rows, asked.options, asked.half_life_h, asked.path)
        relative = read_relative_sigma(rows, asked.path)
        answers += answers_of(
            key, blood(profile, relative, asked), asked.options.method, relative is not None
        )
        answers += intact_answers(profile, rows, asked)
    return answers + [
        row
        for key, rows in groups.items()
        if key not in profiles
        for row in urine_answers(key, rows, cleared_from(profiles, key), asked)
    ]


def intact_answers(profile: Profile, rows: Rows, asked: Asked) -> list[Answer]:
    """Parameters of the intact compound, where the file says how much of it is."""
    part = read_intact(profile, rows, asked.path)
    if part is None:
        return []
    name = (profile.subject, f"{profile.matrix} (intact)".strip(), profile.cycle)
    relative = read_relative_sigma(rows, asked.path)
    return answers_of(name, blood(part, relative, asked), asked.options.method, relative is not None)


def urine_answers(key: Key, rows: Rows, blood: Profile | None, asked: Asked) -> list[Answer]:
    """Amounts excreted and renal clearance."""
    urine = read_urine(key, rows, asked.options, asked.half_life_h, asked.path)
    stated = _urine(urine, blood, asked.options, asked.half_life_h, asked.rules)
    return answers_of(key, stated, asked.options.method, False)


def blood(profile: Profile, relative: Floats | None, asked: Asked) -> Iterator[Stated]:
    """Parameters of a profile: of its activity as measured, and of the substance as corrected."""
    options, half_life_h, rules = asked.options, asked.half_life_h, asked.rules
    states = _states(profile, options, half_life_h)
    spread: dict[DecayState | None, dict[str, float]] = {}
    if relative is not None:
        spread = {
            state: counting_uncertainty(one, relative, options.method, rules) for state, one in states.items()
        }
    for state, one in states.items():
        rows = _parameters(one, options.method, half_life_h, rules)
        if options.tau_h is not None and one.time_h[-1] > options.tau_h * (1.0 + 1e-9):
            rows = of_several_doses(rows)
        for row in rows:
            yield state, row, None if row.value is None else spread.get(state, {}).get(row.code)
    yield from windows(states, asked)


def windows(states: Mapping[DecayState | None, Profile], asked: Asked) -> Iterator[Stated]:
    """Partial areas and dosing intervals of a profile in its decay states."""
    for state, one in states.items():
        own = asked.rules
        if asked.half_life_h is not None and state is DecayState.CORRECTED:
            own = identifiable(own, asked.half_life_h)
        yield from ((state, row, None) for row in _windows(one, asked.options, own))


def _states(
    profile: Profile, options: NcaOptions, half_life_h: float | None
) -> dict[DecayState | None, Profile]:
    """The profile in each decay state that it has, in the units asked for."""
    if options.percent_injected:
        profile = percent_injected(profile)
    if half_life_h is None:
        return {None: profile}
    own = profile.decay_state is DecayState.MEASURED
    substance = corrected(profile, half_life_h) if own else profile
    return {
        DecayState.MEASURED: profile if own else measured(profile, half_life_h),
        DecayState.CORRECTED: _in_substance(substance, options),
    }


def _parameters(
    profile: Profile, method: Method, half_life_h: float | None, rules: Rules
) -> Iterable[Parameter]:
    if half_life_h is None:
        return nca(profile, method, rules)
    both = both_states(profile, half_life_h, method, rules)
    return (row for state, row in both if state is profile.decay_state)


def _in_substance(profile: Profile, options: NcaOptions) -> Profile:
    """The corrected profile as mass or amount where the specific activity is given, else as it is."""
    if options.specific_activity is None:
        return profile
    activity, unit, value = options.specific_activity
    given, conc = scale_of(activity), scale_of(profile.conc_unit.partition("/")[0])
    if given is None or given[0] != "activity" or conc is None:
        place = "--specific-activity"
        raise InputError(place, "it does not go with the concentrations", "give activity units on both sides")
    return as_substance(profile, value * given[1] / conc[1], unit)


def _windows(profile: Profile, options: NcaOptions, rules: Rules) -> Iterator[Parameter]:
    """Partial areas, and dosing intervals that hold three samples or more with their accumulation."""
    for start, end in options.intervals:
        yield partial_auc(profile, options.method, start, end, rules)
    if options.tau_h is None:
        return
    first: tuple[Parameter, ...] | None = None
    for start in interval_starts(profile, options.tau_h):
        rows = dosing_interval(profile, options.method, start, options.tau_h, rules)
        yield from rows
        if first is not None:
            yield from accumulation(first, rows)
        elif start == 0.0:
            first = rows


def cleared_from(profiles: Mapping[Key, Profile], urine: Key) -> Profile | None:
    """The profile that urine is cleared from: plasma before blood, else the first of the file."""
    own = {key[1].lower(): one for key, one in profiles.items() if (key[0], key[2]) == (urine[0], urine[2])}
    named = [own[matrix] for matrix in CLEARED_FROM if matrix in own]
    return next(iter(named or own.values()), None)


def _urine(
    urine: Urine, blood: Profile | None, options: NcaOptions, half_life_h: float | None, rules: Rules
) -> Iterator[Stated]:
    """Amounts from the start of the first collection to the end of each, and their renal clearance."""
    states: dict[DecayState | None, Urine] = {None: urine}
    if half_life_h is not None:
        own = options.decay_state is DecayState.MEASURED
        states = {
            DecayState.MEASURED: urine if own else collected(urine, half_life_h),
            DecayState.CORRECTED: administered(urine, half_life_h) if own else urine,
        }
        rules = identifiable(rules, half_life_h)
        if blood is not None and blood.decay_state is DecayState.MEASURED:
            blood = corrected(blood, half_life_h)
    first = urine.collections[0].start_h
    for state, one in states.items():
        for end in (each.end_h for each in urine.collections):
            area = None if blood is None else partial_auc(blood, options.method, first, end, rules)
            if area is not None and state is DecayState.MEASURED:
                area = dataclasses.replace(area, value=None, reason=SUBSTANCE_ONLY)
            yield from ((state, row, None) for row in urinary(one, first, end, area))


def answers_of(key: Key, rows: Iterable[Stated], method: Method, counted: bool) -> list[Answer]:
    """Rows of the answer; those of counted samples also carry u."""
    return [
        row_of(key, state, method, (row.start_h, row.end_h), (row.code, row.value, row.unit, row.reason))
        | ({"u": u} if counted else {})
        for state, row, u in rows
    ]
