"""What the organ limits leave for a subject's next cycle, and which of them cannot be judged.

A cycle that was given and not measured is not nothing: its dose is taken at the patient's own mean per
activity, and the proposal says so. A limit on an organ without any dose is named as not judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from galu.dosimetry import DosimetryPlan, LimitCheck, NextCycle, organ_of
from galu.trial.dosimetry import SubjectDose
from galu.trial.exposure import Dose


@dataclass(frozen=True, slots=True)
class OrganRoom:
    """One limit before the next cycle: the sum so far, after `activity_mbq`, the probability to pass it."""

    region: str
    quantity: str
    limit_gy: float
    action: str
    activity_mbq: float
    cumulative_gy: float
    projected_gy: float
    probability: float
    accepted_risk: float
    largest_mbq: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subject stands against one limit, whatever is given next; `facts` are the ids it rests on."""

    region: str
    check: LimitCheck
    following: NextCycle
    facts: tuple[str, ...]

    def probability(self, activity_mbq: float) -> float:
        """Probability that the limit is passed after another cycle of `activity_mbq` [MBq]."""
        return self.following.after(activity_mbq).probability_above(self.check.limit_gy)

    def largest_mbq(self) -> float:
        """Largest activity [MBq] that keeps that probability at the accepted risk."""
        return self.following.largest_mbq(self.check.limit_gy, self.check.accepted_risk)

    def room(self, activity_mbq: float) -> OrganRoom:
        """What is left at `activity_mbq` [MBq]."""
        check = self.check
        return OrganRoom(
            self.region, check.quantity, check.limit_gy, check.action, activity_mbq,
            self.following.so_far.dose_gy, self.following.after(activity_mbq).dose_gy,
            self.probability(activity_mbq), check.accepted_risk, self.largest_mbq(),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standings:
    """All limits that can be judged, and what must be said of the others."""

    judged: tuple[Standing, ...]
    notes: tuple[str, ...]


def derive_standings(
    plan: DosimetryPlan, therapy: tuple[Dose, ...], doses: Iterable[SubjectDose]
) -> Standings:
    """How one subject stands against every limit of the study.

    Parameters
    ----------
    plan
        The study's dosimetry.
    therapy
        What the subject was given.
    doses
        The subject's absorbed doses.
    """
    by_region: dict[str, list[SubjectDose]] = {}
    for one in sorted(doses, key=lambda one: one.cycle):
        by_region.setdefault(one.region, []).append(one)
    judged: list[Standing] = []
    notes: list[str] = []
    for region in _limited(plan, tuple(by_region)):
        measured = by_region.get(region, [])
        counted = [one for one in measured if one.course is not None and one.course.limits]
        if counted:
            found, said = _of_region(region, counted, therapy)
            judged += found
            notes += said
        else:
            why = measured[-1].reason if measured else "nothing was measured"
            notes.append(f"{region}: no limit was judged ({why})")
    return Standings(tuple(judged), tuple(notes))


def _limited(plan: DosimetryPlan, measured: tuple[str, ...]) -> tuple[str, ...]:
    """Regions with a limit: as they were measured, a side of a pair by itself, else as the limit has them."""
    found: dict[str, None] = {}
    for limit in plan.limits.value:
        same = [name for name in measured if organ_of(name) == organ_of(limit.region)]
        found |= dict.fromkeys(same or [limit.region])
    return tuple(found)


def _of_region(
    region: str, counted: list[SubjectDose], therapy: tuple[Dose, ...]
) -> tuple[list[Standing], list[str]]:
    newest = counted[-1].course
    assert newest is not None
    known = {one.cycle for one in counted}
    missing = [dose for dose in therapy if dose.number is not None and dose.number not in known]
    activities = [dose.planned_mbq if dose.net_mbq is None else dose.net_mbq for dose in missing]
    notes = []
    if missing:
        cycles = ", ".join(str(dose.number) for dose in missing)
        notes.append(f"{region}: cycle {cycles} has no dose, taken at this patient's mean per activity")
    doubtful = [str(one.cycle) for one in counted if one.course and one.course.fit.contradicted()]
    if doubtful:
        notes.append(f"{region}: the scans of cycle {', '.join(doubtful)} contradict their curve")
    if None in activities:
        notes.append(f"{region}: the sum is too low, an activity given is not known")
    facts = tuple(dict.fromkeys(fact for one in counted for fact in one.facts))
    found = []
    for check, following in zip(newest.limits, newest.next_cycles, strict=True):
        for activity in activities:
            following = following if activity is None else following.with_cycle(activity)
        found.append(Standing(region, check, following, facts))
    return found, notes
