"""The plain twin of the fast kernels: one trial in calendar time, patient by patient, asking `decide`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from galu.escalation import Action, Outcome, Outcomes, PatientOutcome
from galu.escalation.backfill import CLOSING, backfill, bound_by
from galu.escalation.calendar import Conditions
from galu.escalation.decision import Decision, Design
from galu.escalation.draws import DLT, GAP, LOST, LOST_TIME, SCREEN, TIME, stream, uniform
from galu.escalation.guarded import bare
from galu.escalation.tite_boin import TiteBoin

#: Rules of the guards whose suspension ends once somebody is followed for a share of the window.
BY_SHARE = ("sentinel", "min-followup")


@dataclass
class Patient:
    level: int
    dosed: float
    known: float
    outcome: Outcome
    screen_failure: bool


@dataclass
class Course:
    selected: int
    patients: list[int]
    dlts: list[int]
    duration: float
    suspended: float


def outcomes_at(patients: list[Patient], learnt: set[int], now: float, window: float) -> Outcomes:
    """What is known now: a patient in screening is pending, one who failed it was never dosed."""
    seen = []
    for number, patient in enumerate(patients):
        if number in learnt:
            seen.append(PatientOutcome(patient.level, patient.outcome, dosed=not patient.screen_failure))
        else:
            part = min(max((now - patient.dosed) / window, 0.0), 1.0)
            seen.append(PatientOutcome(patient.level, Outcome.PENDING, part))
    return Outcomes(tuple(seen))


def followed_enough(
    design: Design, patients: list[Patient], learnt: set[int], now: float, window: float
) -> list[float]:
    """Days from now on at which a pending patient is followed for a share that a guard asks for."""
    shares = getattr(design, "shares", ())
    waiting = [p for number, p in enumerate(patients) if number not in learnt]
    return [day for p in waiting for s in shares if (day := p.dosed + s * window) > now + 1e-6]


def dlt_day(c: Conditions, u: float, p: float) -> float:
    """Day of a DLT in the window, by the inverse of its distribution."""
    share, window = c.late_share or 0.0, c.window_days
    if c.dlt_time == "weibull":
        # Rate p at the window's end and p (1 - share) at its middle; then the first p of the times.
        shape = math.log(math.log(1 - p) / math.log(1 - p * (1 - share))) / math.log(2)
        scale = window / (-math.log(1 - p)) ** (1 / shape)
        return scale * (-math.log(1 - p * u)) ** (1 / shape)
    if c.dlt_time == "conditionally-late":
        half = u / (1 - share) if u < 1 - share else 1 + (u - 1 + share) / share
        return half * window / 2
    return window * u ** {"uniform": 1.0, "early": 2.0, "late": 0.5, "end": 0.0}[c.dlt_time]


def enrol(base: np.uint64, number: int, level: int, now: float, p: float, c: Conditions) -> Patient:
    dosed = now + c.screening_days
    if c.screen_failure > 0 and uniform(base, number, SCREEN) < c.screen_failure:
        return Patient(level, dosed, dosed, Outcome.INEVALUABLE, True)
    if uniform(base, number, DLT) < p:
        days = dlt_day(c, uniform(base, number, TIME), p)
        return Patient(level, dosed, dosed + days, Outcome.DLT, False)
    if c.inevaluable > 0 and uniform(base, number, LOST) < c.inevaluable:
        known = dosed + c.window_days * uniform(base, number, LOST_TIME)
        return Patient(level, dosed, known, Outcome.INEVALUABLE, False)
    return Patient(level, dosed, dosed + c.window_days, Outcome.NONE, False)


Heard = list[tuple[Outcomes, Decision]]


def course(  # noqa: C901 - the whole trial in one place, to be read
    design: Design, truth: tuple[float, ...], c: Conditions, seed: int, trial: int, heard: Heard | None = None
) -> Course:
    """Run a trial; what was asked and answered is added to `heard`."""
    base = np.uint64(stream(seed, trial))
    patients: list[Patient] = []
    learnt: set[int] = set()
    now, suspended, waiting, arrivals = 0.0, 0.0, 0, 0

    def following(since: float) -> float:
        nonlocal arrivals
        arrivals += 1
        if not c.arrival_days:
            return since - c.gap_days * math.log(uniform(base, arrivals - 1, GAP))
        return c.arrival_days[arrivals - 1] if arrivals <= len(c.arrival_days) else math.inf

    arrival = following(0.0)
    said: Heard = [] if heard is None else heard
    inner = bare(design)
    timed = isinstance(inner, TiteBoin) or bool(getattr(inner, "tite", False))

    added: list[Patient] = []

    def back_known() -> Outcomes:
        return outcomes_at(added, {i for i, p in enumerate(added) if p.known <= now}, now, c.window_days)

    def decide() -> Decision:
        known = outcomes_at(patients, learnt, now, c.window_days)
        found = design.decide(known, len(truth))
        said.append((known, found))
        if c.backfill is None:
            return found
        return bound_by(found, known, back_known(), c.backfill, hasattr(inner, "rows"))

    def place() -> bool:
        """Treat one who waits at the highest level that is open for backfill."""
        if c.backfill is None or decision.rule == CLOSING:
            return False
        known = outcomes_at(patients, learnt, now, c.window_days)
        levels = [b.level for b in backfill(known, back_known(), decision, c.backfill) if b.open]
        if levels:
            level = max(levels)
            added.append(enrol(base, (1 << 20) + len(added), level, now, truth[level - 1], c))
        return bool(levels)

    decision = decide()
    while not decision.action.ends_escalation:
        held = decision.action is Action.SUSPEND
        while not held and arrival < now:
            arrival = following(now)
        # Where time passing may end a guard's suspension, whoever arrives is asked for.
        turned_away = held and not c.queue and not (timed and design is not inner) and c.backfill is None
        pending = [(p.known, number) for number, p in enumerate(patients) if number not in learnt]
        known, _ = min(pending, default=(math.inf, -1))
        when = known if turned_away else min(known, arrival)
        when = min([when, *(p.known for p in added if p.known > now)])
        if held and (not timed or decision.rule in BY_SHARE):
            when = min([when, *followed_enough(design, patients, learnt, now, c.window_days)])
        if when == math.inf:
            break
        suspended += when - now if held else 0.0
        now = when
        if known == when:
            learnt |= {number for day, number in pending if day == known}
        elif arrival == when and not turned_away:
            waiting += 1
            arrival = following(now)
        decision = decide()
        while waiting and not decision.action.ends_escalation and decision.action is not Action.SUSPEND:
            waiting -= 1
            level = decision.level
            assert level is not None
            patients.append(enrol(base, len(patients), level, now, truth[level - 1], c))
            decision = decide()
        while waiting and decision.action is Action.SUSPEND and place():
            waiting -= 1
        if not c.queue:
            waiting = 0
    dosed = [p for p in (*patients, *added) if not p.screen_failure]
    levels = range(1, len(truth) + 1)
    return Course(
        (decision.level or 0) if decision.action.ends_escalation else -1,
        [sum(p.level == lv for p in dosed) for lv in levels],
        [sum(p.level == lv and p.outcome is Outcome.DLT for p in dosed) for lv in levels],
        now,
        suspended,
    )
