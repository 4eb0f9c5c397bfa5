"""Use case of `galu nca`: a table of samples in, a list of parameters out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from galu.desk.nca_table import (
    Key,
    NcaOptions,
    grouped,
    is_urine,
    number,
    read_intact,
    read_profile,
    read_relative_sigma,
    read_urine,
)
from galu.finding import InputError
from galu.nuclides import nuclide
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
    parse_blq,
    partial_auc,
    percent_injected,
    urinary,
)
from galu.pharmacokinetics.codes import SUBSTANCE_ONLY
from galu.pharmacokinetics.profile import Floats
from galu.pharmacokinetics.units import scale_of

Answer = dict[str, Any]
#: A parameter with its decay state and its standard uncertainty from counting, where there is one.
Stated = tuple[DecayState | None, Parameter, float | None]


def analyse(path: Path, options: NcaOptions) -> list[Answer]:
    """Parameters of every profile of a file, as rows in the file's order of profiles."""
    half_life_h = None if options.nuclide is None else nuclide(options.nuclide).half_life_h
    _check(options)
    rules = (
        Rules(parse_blq(options.blq), options.terminal) if options.blq else Rules(terminal=options.terminal)
    )
    groups = grouped(path)
    answers: list[Answer] = []
    profiles: dict[Key, Profile] = {}
    for key, rows in groups.items():
        if is_urine(key, rows):
            continue
        profiles[key] = profile = read_profile(key, rows, options, half_life_h, path)
        relative = read_relative_sigma(rows, path)
        stated = _blood(profile, relative, options, half_life_h, rules)
        answers += _answers(key, options.method, stated, relative is not None)
        part = read_intact(profile, rows, path)
        if part is not None:
            name = (key[0], f"{key[1]} (intact)".strip(), key[2])
            stated = _blood(part, relative, options, half_life_h, rules)
            answers += _answers(name, options.method, stated, relative is not None)
    for key, rows in groups.items():
        if key not in profiles:
            urine = read_urine(key, rows, options, half_life_h, path)
            blood = _cleared_from(profiles, key)
            stated = _urine(urine, blood, options, half_life_h, rules)
            answers += _answers(key, options.method, stated, False)
    return answers


def _check(options: NcaOptions) -> None:
    if options.tau_h is not None and not options.tau_h > 0.0:
        raise InputError("--tau", f"{options.tau_h:g} h is no dosing interval", "give hours above zero")
    if options.tau_h is not None and options.nuclide is not None:
        fault = "one decay correction cannot serve several doses"
        raise InputError("--tau", fault, "give each administration its own cycle")
    if options.specific_activity is not None and options.nuclide is None:
        raise InputError("--specific-activity", "it needs a nuclide", "add --nuclide, such as Lu-177")
    if options.specific_activity is not None and options.percent_injected:
        raise InputError("--percent-injected", "it excludes --specific-activity", "ask for one of them")


def _blood(
    profile: Profile, relative: Floats | None, options: NcaOptions, half_life_h: float | None, rules: Rules
) -> Iterator[Stated]:
    """Parameters of a profile: of its activity as measured, and of the substance as corrected."""
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
    for state, one in states.items():
        own = rules
        if half_life_h is not None and state is DecayState.CORRECTED:
            own = identifiable(rules, half_life_h)
        yield from ((state, row, None) for row in _windows(one, options, own))


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


def _cleared_from(profiles: dict[Key, Profile], urine: Key) -> Profile | None:
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


def _answers(key: Key, method: Method, rows: Iterator[Stated], counted: bool) -> list[Answer]:
    """Rows of the answer; those of counted samples also carry u."""
    return [
        {
            "subject": key[0],
            "matrix": key[1],
            "cycle": key[2],
            "decay_state": None if state is None else state.value,
            "method": method.value,
            "start": row.start_h,
            "end": row.end_h,
            "PPTESTCD": row.code,
            "value": row.value,
            "unit": row.unit,
            "reason": row.reason,
            **({"u": u} if counted else {}),
        }
        for state, row, u in rows
    ]


def read_interval(text: str, place: str) -> tuple[float, float]:
    """Read START:END [h]."""
    start, colon, end = text.partition(":")
    if not colon:
        raise InputError(place, f"{text!r} is no interval", "write START:END in hours")
    return number(start, place), number(end, place)


def read_times(text: str, place: str) -> tuple[float, ...]:
    """Read times [h] with commas between them."""
    return tuple(number(part, place) for part in text.split(","))


def read_specific_activity(text: str) -> tuple[str, str, float]:
    """Read a specific activity such as ``40 MBq/nmol``: activity unit, substance unit, value."""
    place = "--specific-activity"
    value, _, unit = text.strip().partition(" ")
    activity, slash, substance = unit.strip().partition("/")
    scale = scale_of(substance)
    if not slash or scale is None or scale[0] not in ("mass", "amount"):
        raise InputError(place, f"{text!r} is no specific activity", "write it as '40 MBq/nmol'")
    return activity, substance, number(value, place)
