"""Pharmacokinetics wired to the record: samples and collections of a cycle become parameters.

Times run from the start of the administration of the cycle. A sample whose time of day is not known
takes its nominal time; a concentration that is an activity keeps its decay state, and both states are
reported. Samples of the analyte "intact fraction" turn the activity of their matrix into that of the intact
compound, which is reported beside the total. Each matrix stands alone; renal clearance is that from plasma,
and from whole blood or serum only where there is no plasma.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics import (
    CLEARED_FROM,
    DecayState,
    Parameter,
    Profile,
    Proportionality,
    Route,
    Rules,
    Summary,
    both_states,
    corrected,
    identifiable,
    intact,
    interpolated,
    nca,
    parse_blq,
    partial_auc,
    percent_injected,
    proportionality,
    summary,
)
from galu.pharmacokinetics.plan import PharmacokineticsPlan
from galu.pharmacokinetics.profile import Floats
from galu.pharmacokinetics.units import scale_of
from galu.protocol import Study
from galu.record import Record
from galu.record.when import hours_between, instant_of
from galu.trial.excretion import AreaBetween, cycle_of, derive_excretion
from galu.trial.exposure import Dose, half_lives_h
from galu.trial.subjects import Subject

_BELOW: Final = re.compile(r"\s*(?:<|BLQ|BLOQ|BQL|BLLOQ|LLOQ)", re.IGNORECASE)
#: The analyte under which the record holds measured fractions of intact compound (unit % or 1).
INTACT_FRACTION: Final = "intact fraction"
#: Exposures judged for dose proportionality.
EXPOSURES: Final = ("CMAX", "AUCLST", "AUCIFO")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SubjectProfile:
    """One profile as sampled; None with the reason where it could not be built.

    `half_life_h` is that of the agent given [h], None for one without activity.
    """

    subject: str
    level: int | None
    matrix: str
    analyte: str
    cycle: int
    half_life_h: float | None
    profile: Profile | None
    reason: str
    facts: tuple[str, ...]


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
class LeftOut:
    """Samples of a matrix that no profile is made of, and why."""

    matrix: str
    samples: int
    subjects: int
    reason: str


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
    half_lives = half_lives_h(study)
    profiles = _profiles(record, people, half_lives)
    parameters = [row for one in profiles for row in _parameters(one, plan)]
    parameters += _urine(record, people, half_lives, (profiles, plan))
    return PharmacokineticResults(
        tuple(profiles),
        tuple(parameters),
        _summaries(parameters),
        _proportionality(parameters, people),
        _left_out(record),
    )


def _profiles(
    record: Record, people: Mapping[str, Subject], half_lives: Mapping[str, float]
) -> list[SubjectProfile]:
    groups: dict[tuple[str, str, str, int], list[Row]] = {}
    for row in record.facts("sample").iter_rows(named=True):
        if row["matrix"].lower() != "urine" and row["subject"] in people:
            key = (row["subject"], row["matrix"], row["analyte"], cycle_of(row["cycle"]))
            groups.setdefault(key, []).append(row)
    fractions = {key: rows for key, rows in groups.items() if key[2].lower() == INTACT_FRACTION}
    by_matrix = {(name, matrix, cycle): rows for (name, matrix, _, cycle), rows in fractions.items()}
    found = []
    for key, rows in sorted(groups.items()):
        if key in fractions:
            continue
        name, matrix, analyte, cycle = key
        dose = _dose(people[name], cycle)
        half_life = None if dose is None else half_lives.get(dose.agent)
        common = (name, people[name].level, matrix)
        context = (record.zone, half_life)
        profile, reason = _built(_profile, (name, matrix, cycle), rows, dose, context)
        facts = tuple(row["id"] for row in rows)
        found.append(SubjectProfile(*common, analyte, cycle, half_life, profile, reason, facts))
        share = by_matrix.get((name, matrix, cycle))
        if share and profile is not None and profile.decay_state is not None:
            part, reason = _built(_intact, profile, share, dose, record.zone)
            facts += tuple(row["id"] for row in share)
            found.append(
                SubjectProfile(*common, f"{analyte} (intact)", cycle, half_life, part, reason, facts)
            )
    return found


def _built(build: Callable[..., Profile], *given: Any) -> tuple[Profile | None, str]:
    """A profile, or the reason why the record does not give one."""
    try:
        return build(*given), ""
    except InputError as error:
        return None, str(error)


def _dose(subject: Subject, cycle: int) -> Dose | None:
    return next((dose for dose in subject.therapy if cycle_of(dose.cycle) == cycle), None)


def _intact(profile: Profile, rows: list[Row], dose: Dose | None, zone: str) -> Profile:
    """The profile of the intact compound, by the fractions measured in the same matrix."""
    start = None if dose is None else dose.start
    place = f"intact fraction of {profile.subject}, {profile.matrix}, cycle {profile.cycle}"
    known = [row for row in rows if row["value"] is not None and _hours(row, start, zone) is not None]
    timed = _by_time(known, start, zone, place)
    times = sorted(time for time in timed if time >= 0.0)
    shares = np.array(
        [timed[time]["value"] / (100.0 if timed[time]["unit"] == "%" else 1.0) for time in times]
    )
    return intact(profile, interpolated(profile.time_h, np.array(times), shares))


def _left_out(record: Record) -> tuple[LeftOut, ...]:
    """Urine told as samples: a concentration without the volume of its collection is no amount."""
    rows = [row for row in record.facts("sample").iter_rows(named=True) if row["matrix"].lower() == "urine"]
    if not rows:
        return ()
    reason = (
        "a urine concentration is no profile, and without the volume of its collection no amount: "
        "record urine_collection with start, end and volume"
    )
    return (LeftOut("urine", len(rows), len({row["subject"] for row in rows}), reason),)


def _concentration(row: Row) -> float:
    """A concentration; zero when below quantification, NaN when missing."""
    if row["value"] is not None:
        return float(row["value"])
    return 0.0 if row["text"] and _BELOW.match(row["text"]) else float("nan")


def _holds_something(row: Row) -> bool:
    """Whether a sample has a value or is below quantification, rather than missing."""
    return row["value"] is not None or bool(row["text"] and _BELOW.match(row["text"]))


def _by_time(rows: Iterable[Row], start: str | None, zone: str, place: str) -> dict[float, Row]:
    """Samples by their time [h]; one without a result gives way, in whatever order they were entered."""
    timed: dict[float, Row] = {}
    for row in sorted(rows, key=lambda row: (_holds_something(row), row["id"])):
        time = _hours(row, start, zone)
        if time is None:
            fault = "a sample has neither a time since an administration of its cycle nor a nominal time"
            raise InputError(place, fault, "record one")
        if time in timed and _holds_something(timed[time]):
            raise InputError(place, f"two samples at {time:g} h", "keep one")
        timed[time] = row
    return timed


def _one_state(rows: Iterable[Row], place: str) -> DecayState | None:
    """The decay state that all samples share; one that is not stated is none of the others."""
    states = {row["decay_state"] for row in rows if row["value"] is not None or row["decay_state"]}
    if len(states) > 1:
        named = ", ".join(sorted(state or "not stated" for state in states))
        raise InputError(place, f"decay states are mixed ({named})", "report one state per profile")
    stated = states.pop() if states else None
    return None if stated is None else DecayState(stated)


def _hours(row: Row, start: str | None, zone: str) -> float | None:
    """Time since the start of the administration; the nominal time where none was recorded."""
    actual = None if start is None else hours_between(start, row["on"], zone)
    nominal: float | None = row["nominal_h"]
    return nominal if actual is None else actual


def _profile(
    key: tuple[str, str, int],
    rows: list[Row],
    dose: Dose | None,
    context: tuple[str, float | None],
) -> Profile:
    zone, half_life = context
    place = f"{key[0]}, {key[1]}, cycle {key[2]}"
    units = {row["unit"] for row in rows}
    if len(units) > 1:
        raise InputError(place, f"units {', '.join(sorted(units))} are mixed", "report one unit per profile")
    start = dose.start if dose is not None and instant_of(dose.start, zone) is not None else None
    state = _one_state(rows, place)
    timed = _by_time(rows, start, zone, place)
    order = sorted(time for time in timed if time >= 0.0)
    duration = None if dose is None else hours_between(dose.start, dose.ended, zone)
    radioactive = dose is not None and half_life is not None and dose.net_mbq is not None
    infused = bool(duration)
    return Profile(
        *key,
        np.array(order),
        np.array([_concentration(timed[time]) for time in order]),
        dose.net_mbq if dose is not None and radioactive else None,
        Route.INFUSION if infused else Route.BOLUS if radioactive else Route.EXTRAVASCULAR,
        duration if duration is not None and infused else 0.0,
        units.pop(),
        "MBq" if radioactive else "",
        _limits([timed[time]["lloq"] for time in order]),
        state,
        tuple(timed[time]["id"] for time in order),
    )


def _limits(limits: list[float | None]) -> Floats | None:
    """Limit of quantification of each sample, NaN where unknown; None when no sample has one."""
    if all(limit is None for limit in limits):
        return None
    return np.array([float("nan") if limit is None else limit for limit in limits])


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
    for state, row in states:
        shown = None if state is None else state.value
        yield SubjectParameter(one.subject, one.level, one.matrix, one.analyte, one.cycle, shown, row)


def _in_percent(profile: Profile) -> Profile:
    """The profile in %IA where dose and concentration allow, else as it is."""
    scale = scale_of(profile.conc_unit.partition("/")[0])
    return percent_injected(profile) if profile.dose and scale and scale[0] == "activity" else profile


def _urine(
    record: Record,
    people: Mapping[str, Subject],
    half_lives: Mapping[str, float],
    context: tuple[list[SubjectProfile], PharmacokineticsPlan],
) -> Iterable[SubjectParameter]:
    profiles, plan = context

    def area_of(subject: Subject, dose: Dose) -> AreaBetween:
        cycle = cycle_of(dose.cycle)
        # Blood was sampled for the therapeutic agent: what else was given is not cleared from it.
        own = profiles if _dose(subject, cycle) is dose else []
        return _area_of(own, plan, (subject.id, cycle))

    for key, row in derive_excretion(record, people, half_lives, area_of):
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
        dose = _dose(people[row.subject], row.cycle)
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
