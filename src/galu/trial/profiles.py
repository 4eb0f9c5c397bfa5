"""Profiles from the record: the samples of a subject, matrix, analyte and cycle, and what none is made of.

Times run from the start of the administration of the cycle; a sample whose time of day is not known takes its
nominal time. Samples of the analyte "intact fraction" turn the activity of their matrix into that of the
intact compound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics import DecayState, Profile, Route, intact, interpolated
from galu.pharmacokinetics.plan import PharmacokineticsPlan
from galu.pharmacokinetics.profile import Floats
from galu.protocol import Study
from galu.record import Record, Row
from galu.record.treatment import Sample, UrineCollection
from galu.record.when import hours_between, instant_of
from galu.trial.excretion import cycle_of
from galu.trial.exposure import Dose, half_lives_h, number_of
from galu.trial.subjects import Subject

_BELOW: Final = re.compile(r"\s*(?:<|BLQ|BLOQ|BQL|BLLOQ|LLOQ)", re.IGNORECASE)
#: The analyte under which the record holds measured fractions of intact compound (unit % or 1).
INTACT_FRACTION: Final = "intact fraction"
_NO_VOLUME: Final = (
    "a urine concentration is no profile, and without the volume of its collection no amount: "
    "record urine_collection with start, end and volume"
)
_NOT_PLANNED: Final = "the study file names no such matrix under pharmacokinetics, matrices"


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
class LeftOut:
    """Samples of a matrix that no profile is made of, and why."""

    matrix: str
    samples: int
    subjects: int
    reason: str


def derive_profiles(study: Study, record: Record, people: Mapping[str, Subject]) -> list[SubjectProfile]:
    """Every profile of a matrix that the study plans, by subject, matrix, analyte and cycle."""
    plan, half_lives = study.pharmacokinetics, half_lives_h(study)
    groups: dict[tuple[str, str, str, int], list[Row[Sample]]] = {}
    if plan is None:
        return []
    for row in record.rows(Sample):
        blood = row.fact.matrix.lower() != "urine" and plan.plans(row.fact.matrix)
        if blood and row.subject in people:
            number = cycle_of(number_of(study, row.fact.cycle, row.fact.fraction))
            key = (row.subject, row.fact.matrix, row.fact.analyte, number)
            groups.setdefault(key, []).append(row)
    fractions = {key: rows for key, rows in groups.items() if key[2].lower() == INTACT_FRACTION}
    by_matrix = {(name, matrix, cycle): rows for (name, matrix, _, cycle), rows in fractions.items()}
    found = []
    for key, rows in sorted(groups.items()):
        if key in fractions:
            continue
        name, matrix, analyte, cycle = key
        dose = dose_of_cycle(people[name], cycle)
        half_life = None if dose is None else half_lives.get(dose.agent)
        common = (name, people[name].level, matrix)
        context = (record.zone, half_life)
        profile, reason = _built(_profile, (name, matrix, cycle), rows, dose, context)
        facts = tuple(row.id for row in rows)
        found.append(SubjectProfile(*common, analyte, cycle, half_life, profile, reason, facts))
        share = by_matrix.get((name, matrix, cycle))
        if share and profile is not None and profile.decay_state is not None:
            part, reason = _built(_intact, profile, share, dose, record.zone)
            facts += tuple(row.id for row in share)
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


def dose_of_cycle(subject: Subject, cycle: int) -> Dose | None:
    """The therapeutic administration of a cycle."""
    return next((dose for dose in subject.therapy if cycle_of(dose.number) == cycle), None)


def _intact(profile: Profile, rows: list[Row[Sample]], dose: Dose | None, zone: str) -> Profile:
    """The profile of the intact compound, by the fractions measured in the same matrix."""
    start = None if dose is None else dose.start
    place = f"intact fraction of {profile.subject}, {profile.matrix}, cycle {profile.cycle}"
    known = [row for row in rows if row.fact.value is not None and _hours(row, start, zone) is not None]
    timed = _by_time(known, start, zone, place)
    times = sorted(time for time in timed if time >= 0.0)
    shares = np.array(
        [_concentration(timed[time]) / (100.0 if timed[time].fact.unit == "%" else 1.0) for time in times]
    )
    return intact(profile, interpolated(profile.time_h, np.array(times), shares))


def derive_left_out(record: Record, plan: PharmacokineticsPlan) -> tuple[LeftOut, ...]:
    """Samples and collections that no parameter is made of: urine told as samples, what is not planned."""
    urine: dict[str, list[str]] = {}
    unplanned: dict[str, list[str]] = {}
    for row in record.rows(Sample):
        matrix = row.fact.matrix.lower()
        if not plan.plans(matrix):
            unplanned.setdefault(matrix, []).append(row.subject)
        elif matrix == "urine":
            urine.setdefault(matrix, []).append(row.subject)
    if not plan.plans("urine"):
        collected = [row.subject for row in record.rows(UrineCollection)]
        if collected:
            unplanned.setdefault("urine", []).extend(collected)
    return tuple(
        LeftOut(matrix, len(subjects), len(set(subjects)), reason)
        for groups, reason in ((urine, _NO_VOLUME), (unplanned, _NOT_PLANNED))
        for matrix, subjects in sorted(groups.items())
    )


def _concentration(row: Row[Sample]) -> float:
    """A concentration; zero when below quantification, NaN when missing."""
    if row.fact.value is not None:
        return float(row.fact.value)
    return 0.0 if row.fact.text and _BELOW.match(row.fact.text) else float("nan")


def _holds_something(row: Row[Sample]) -> bool:
    """Whether a sample has a value or is below quantification, rather than missing."""
    return row.fact.value is not None or bool(row.fact.text and _BELOW.match(row.fact.text))


def _by_time(
    rows: Iterable[Row[Sample]], start: str | None, zone: str, place: str
) -> dict[float, Row[Sample]]:
    """Samples by their time [h]; one without a result gives way, in whatever order they were entered."""
    timed: dict[float, Row[Sample]] = {}
    for row in sorted(rows, key=lambda row: (_holds_something(row), row.id)):
        time = _hours(row, start, zone)
        if time is None:
            fault = "a sample has neither a time since an administration of its cycle nor a nominal time"
            raise InputError(place, fault, "record one")
        if time in timed and _holds_something(timed[time]):
            raise InputError(place, f"two samples at {time:g} h", "keep one")
        timed[time] = row
    return timed


def _one_state(rows: Iterable[Row[Sample]], place: str) -> DecayState | None:
    """The decay state that all samples share; one that is not stated is none of the others."""
    states = {row.fact.decay_state for row in rows if row.fact.value is not None or row.fact.decay_state}
    if len(states) > 1:
        named = ", ".join(sorted(state or "not stated" for state in states))
        raise InputError(place, f"decay states are mixed ({named})", "report one state per profile")
    stated = states.pop() if states else None
    return None if stated is None else DecayState(stated)


def _hours(row: Row[Sample], start: str | None, zone: str) -> float | None:
    """Time since the start of the administration; the nominal time where none was recorded."""
    actual = None if start is None else hours_between(start, row.fact.on, zone)
    nominal: float | None = row.fact.nominal_h
    return nominal if actual is None else actual


def _profile(
    key: tuple[str, str, int],
    rows: list[Row[Sample]],
    dose: Dose | None,
    context: tuple[str, float | None],
) -> Profile:
    zone, half_life = context
    place = f"{key[0]}, {key[1]}, cycle {key[2]}"
    units = {row.fact.unit for row in rows}
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
        _limits([timed[time].fact.lloq for time in order]),
        state,
        tuple(timed[time].id for time in order),
    )


def _limits(limits: list[float | None]) -> Floats | None:
    """Limit of quantification of each sample, NaN where unknown; None when no sample has one."""
    if all(limit is None for limit in limits):
        return None
    return np.array([float("nan") if limit is None else limit for limit in limits])
