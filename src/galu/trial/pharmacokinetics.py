"""Pharmacokinetics wired to the record: samples and collections of a cycle become parameters.

Times run from the start of the administration of the cycle. A sample whose time of day is not known
takes its nominal time; a concentration that is an activity keeps its decay state, and both states are
reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from galu.finding import InputError
from galu.nuclides import nuclide
from galu.pharmacokinetics import (
    Collection,
    DecayState,
    Parameter,
    Profile,
    Route,
    Rules,
    Summary,
    Urine,
    both_states,
    nca,
    parse_blq,
    percent_injected,
    summary,
    urinary,
)
from galu.pharmacokinetics.plan import PharmacokineticsPlan
from galu.pharmacokinetics.units import scale_of
from galu.protocol import Study
from galu.record import Record
from galu.record.when import hours_between, instant_of
from galu.trial.exposure import Dose
from galu.trial.subjects import Subject

_BELOW: Final = re.compile(r"\s*(?:<|BLQ|BLOQ|BQL|BLLOQ|LLOQ)", re.IGNORECASE)
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
    """A parameter over the subjects of a level, matrix, cycle and decay state."""

    level: int | None
    matrix: str
    analyte: str
    cycle: int
    decay_state: str | None
    summary: Summary


@dataclass(frozen=True, slots=True)
class PharmacokineticResults:
    """Profiles, parameters and their summaries."""

    profiles: tuple[SubjectProfile, ...] = ()
    parameters: tuple[SubjectParameter, ...] = ()
    summaries: tuple[CohortSummary, ...] = ()


def derive_pharmacokinetics(
    study: Study, record: Record, subjects: Iterable[Subject]
) -> PharmacokineticResults:
    """Non-compartmental analysis of every profile, and of the urine."""
    plan = study.pharmacokinetics
    if plan is None:
        return PharmacokineticResults()
    people = {subject.id: subject for subject in subjects}
    half_lives = {agent.name: nuclide(agent.nuclide).half_life_h for agent in study.agents if agent.nuclide}
    profiles = _profiles(record, people, half_lives)
    parameters = [row for one in profiles for row in _parameters(one, plan)]
    parameters += _urine(record, people, half_lives)
    return PharmacokineticResults(tuple(profiles), tuple(parameters), _summaries(parameters))


def _profiles(
    record: Record, people: Mapping[str, Subject], half_lives: Mapping[str, float]
) -> list[SubjectProfile]:
    groups: dict[tuple[str, str, str, int], list[Row]] = {}
    for row in record.facts("sample").iter_rows(named=True):
        key = (row["subject"], row["matrix"], row["analyte"], row["cycle"] or 1)
        groups.setdefault(key, []).append(row)
    found = []
    for (name, matrix, analyte, cycle), rows in sorted(groups.items()):
        subject = people.get(name)
        if subject is None:
            continue
        dose = next((d for d in subject.therapy if (d.cycle or 1) == cycle), None)
        half_life = None if dose is None else half_lives.get(dose.agent)
        profile, reason = None, ""
        try:
            profile = _profile((name, matrix, cycle), rows, dose, (record.zone, half_life))
        except InputError as error:
            reason = str(error)
        facts = tuple(row["id"] for row in rows)
        level = subject.level
        found.append(SubjectProfile(name, level, matrix, analyte, cycle, half_life, profile, reason, facts))
    return found


def _concentration(row: Row) -> float:
    """A concentration; zero when below quantification, NaN when missing."""
    if row["value"] is not None:
        return float(row["value"])
    return 0.0 if row["text"] and _BELOW.match(row["text"]) else float("nan")


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
    timed: dict[float, Row] = {}
    for row in rows:
        time = _hours(row, start, zone)
        if time is None:
            raise InputError(place, "a sample has neither time of day nor nominal time", "record one")
        if time in timed and timed[time]["value"] is not None:
            raise InputError(place, f"two samples at {time:g} h", "keep one")
        timed[time] = row
    order = sorted(time for time in timed if time >= 0.0)
    duration = None if dose is None else hours_between(dose.start, dose.ended, zone)
    radioactive = dose is not None and half_life is not None and dose.net_mbq is not None
    states = {row["decay_state"] for row in rows if row["decay_state"]}
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
        next((timed[time]["lloq"] for time in order if timed[time]["lloq"] is not None), None),
        DecayState(states.pop()) if states else None,
        tuple(timed[time]["id"] for time in order),
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
    for state, row in states:
        shown = None if state is None else state.value
        yield SubjectParameter(one.subject, one.level, one.matrix, one.analyte, one.cycle, shown, row)


def _in_percent(profile: Profile) -> Profile:
    """The profile in %IA where dose and concentration allow, else as it is."""
    scale = scale_of(profile.conc_unit.partition("/")[0])
    return percent_injected(profile) if profile.dose and scale and scale[0] == "activity" else profile


def _urine(
    record: Record, people: Mapping[str, Subject], half_lives: Mapping[str, float]
) -> list[SubjectParameter]:
    groups: dict[tuple[str, str, int], list[Row]] = {}
    for row in record.facts("urine_collection").iter_rows(named=True):
        groups.setdefault((row["subject"], row["agent"], row["cycle"]), []).append(row)
    found: list[SubjectParameter] = []
    for (name, agent, cycle), rows in sorted(groups.items()):
        subject, half_life = people.get(name), half_lives.get(agent)
        given = None if subject is None else next((d for d in subject.therapy if d.cycle == cycle), None)
        if subject is None or given is None or given.net_mbq is None or half_life is None:
            continue
        urine = Urine(
            name,
            cycle,
            _collections(rows, given.start, record.zone, half_life),
            given.net_mbq,
            "MBq/mL",
            "MBq",
            "mL",
        )
        last = urine.collections[-1].end_h
        for parameter in urinary(urine, urine.collections[0].start_h, last):
            state = DecayState.CORRECTED.value
            found.append(SubjectParameter(name, subject.level, "urine", agent, cycle, state, parameter))
    return found


def _collections(rows: list[Row], start: str, zone: str, half_life_h: float) -> tuple[Collection, ...]:
    """Collections in order of time, their activity corrected to the start of the administration.

    A measured activity of urine is that at the end of its collection.
    """
    found = []
    for row in sorted(rows, key=lambda row: row["on"]):
        begin, end = hours_between(start, row["on"], zone), hours_between(start, row["ended"], zone)
        if begin is None or end is None or begin < 0.0:
            continue
        conc = None
        if row["activity_mbq"] is not None and row["volume_ml"]:
            decay = 1.0 if row["decay_state"] == "corrected" else 2.0 ** (end / half_life_h)
            conc = row["activity_mbq"] * decay / row["volume_ml"]
        found.append(Collection(begin, end, conc, row["volume_ml"], bool(row["missed_void"]), row["id"]))
    return tuple(found)


def _summaries(parameters: Iterable[SubjectParameter]) -> tuple[CohortSummary, ...]:
    groups: dict[tuple[Any, ...], list[SubjectParameter]] = {}
    for row in parameters:
        key = (row.level, row.matrix, row.analyte, row.cycle, row.decay_state)
        groups.setdefault((*key, row.parameter.code, row.parameter.unit), []).append(row)
    ordered = sorted(groups.items(), key=lambda pair: tuple(map(str, pair[0])))
    return tuple(_cohort(rows) for _, rows in ordered)


def _cohort(rows: list[SubjectParameter]) -> CohortSummary:
    one = rows[0]
    found = summary(row.parameter for row in rows)
    return CohortSummary(one.level, one.matrix, one.analyte, one.cycle, one.decay_state, found)
