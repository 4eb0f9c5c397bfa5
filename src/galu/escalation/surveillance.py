"""Later cycles: DLT-equivalents beyond the window by cumulative activity, and organ doses as a stop.

A DLT window sees the first cycle; radiation harms kidney, marrow and salivary glands by the dose that
adds up. The tally of the escalation stays as it is: this watch stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from galu.escalation.toxic import too_toxic
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class LaterPatient:
    """A patient beyond the DLT window.

    Parameters
    ----------
    ref
        Identifier that comes back.
    activity_mbq
        Cumulative activity [MBq].
    organ_dose_gy
        Absorbed dose so far by organ [Gy]; an organ that was not measured is absent.
    next_dose_gy
        Dose that the next cycle is expected to add by organ [Gy].
    later_dlts
        DLT-equivalents after the window.
    """

    ref: str
    activity_mbq: float
    organ_dose_gy: tuple[tuple[str, float], ...] = ()
    next_dose_gy: tuple[tuple[str, float], ...] = ()
    later_dlts: int = 0

    def __post_init__(self) -> None:
        doses = [dose for _, dose in (*self.organ_dose_gy, *self.next_dose_gy)]
        if min([self.activity_mbq, self.later_dlts, *doses]) < 0:
            raise InputError(self.ref, "an activity, dose or count is negative", "correct it")


@dataclass(frozen=True, slots=True)
class Watch:
    """The rule of surveillance.

    Parameters
    ----------
    steps_mbq
        Cumulative activities from which patients are counted together [MBq].
    limit, certainty
        An alert says that Pr(rate of patients with a later DLT > limit) exceeds the certainty, under a
        uniform prior.
    ceilings_gy
        Absorbed dose by organ that no patient is to exceed [Gy].
    """

    steps_mbq: tuple[float, ...] = (0.0,)
    limit: float = 0.33
    certainty: float = 0.95
    ceilings_gy: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.limit < 1 or not 0 < self.certainty < 1:
            raise InputError("watch", "the limit or the certainty is outside 0–1", "give fractions")
        if list(self.steps_mbq) != sorted(set(self.steps_mbq)):
            raise InputError("watch", "the steps of cumulative activity do not rise", "order them")


@dataclass(frozen=True, slots=True)
class Step:
    """Patients with at least an activity: how many, how many with a later DLT, whether that is an alert."""

    from_mbq: float
    patients: int
    affected: int
    alert: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """An individual stop; `dose_gy` is None where the organ's dose is not known, which also stops."""

    ref: str
    organ: str
    dose_gy: float | None
    ceiling_gy: float
    reason: str


@dataclass(frozen=True, slots=True)
class Surveillance:
    """What the watch sees."""

    steps: tuple[Step, ...]
    stops: tuple[Stop, ...]


def surveil(patients: tuple[LaterPatient, ...], watch: Watch) -> Surveillance:
    """Look at all patients beyond the window: later DLTs by cumulative activity, organ doses one by one."""
    steps = []
    for start in watch.steps_mbq:
        reached = [p for p in patients if p.activity_mbq >= start]
        affected = sum(p.later_dlts > 0 for p in reached)
        alert = bool(reached) and too_toxic(len(reached), affected, watch.limit, watch.certainty)
        steps.append(Step(start, len(reached), affected, alert))
    stops = (_stop(p, organ, ceiling) for p in patients for organ, ceiling in watch.ceilings_gy)
    return Surveillance(tuple(steps), tuple(stop for stop in stops if stop is not None))


def _stop(patient: LaterPatient, organ: str, ceiling: float) -> Stop | None:
    so_far = dict(patient.organ_dose_gy).get(organ)
    if so_far is None:
        return Stop(patient.ref, organ, None, ceiling, "the dose so far is not known")
    if so_far >= ceiling:
        return Stop(patient.ref, organ, so_far, ceiling, "the ceiling is reached")
    expected = so_far + dict(patient.next_dose_gy).get(organ, 0.0)
    if expected > ceiling:
        return Stop(patient.ref, organ, expected, ceiling, "the next cycle would exceed the ceiling")
    return None
