"""The doses of a subject against the plan of the level: what it has for each, which follows, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from galu.protocol import Study
from galu.protocol.treatment import Body, Planned, Treatment, Turn
from galu.trial.exposure import Dose

#: The body of a day, or the newest one.
Bodies = Callable[[Treatment, date | None], Body]


def _number(dose: Dose, counted: int) -> int:
    """The place of a dose in the plan: as its cycle tells, else as counted."""
    return dose.number or counted


def next_number(plan: Treatment, therapy: tuple[Dose, ...]) -> int:
    """The place in the plan of the dose that follows; of a cycle in fractions as the last one tells."""
    if therapy and plan.fractions > 1:
        return _number(therapy[-1], len(therapy)) + 1
    return len(therapy) + 1


def plan_by(now: Study, first: Study) -> Treatment | None:
    """The plan of a version for who was first dosed under another: its intervals, the activities of that."""
    plan, kept = now.treatment, first.treatment
    if plan is None or kept is None or plan is kept:
        return plan
    names = ("levels", "reading", "fraction_days", "lower_each_cycle_gbq", "most_mbq")
    return plan.model_copy(update={name: getattr(kept, name) for name in names})


def by_plan(
    plan: Treatment | None, level: int | None, therapy: tuple[Dose, ...], body: Bodies
) -> tuple[Dose, ...]:
    """The doses, each with what the plan of the level has for it."""
    if plan is None or level is None:
        return therapy
    return tuple(
        replace(dose, level_mbq=plan.planned(level, _number(dose, n), body(plan, dose.day)).mbq)
        for n, dose in enumerate(therapy, start=1)
    )


def following(
    plan: Treatment | None, level: int | None, therapy: tuple[Dose, ...], body: Bodies
) -> Planned | None:
    """What the plan of the level has for the next dose, by the newest weight where it hangs on one."""
    if plan is None or level is None:
        return None
    number = min(next_number(plan, therapy), plan.most_administrations)
    return plan.planned(level, number, body(plan, None))


def due_on(plan: Treatment, therapy: tuple[Dose, ...], number: int) -> date:
    """Day on which the dose of a number is due, after at least one was given.

    A fraction is due from the one before, a cycle from the first day of the cycle before.
    """
    last = therapy[-1]
    if plan.turn(number).fraction > 1:
        return last.day + timedelta(days=plan.days_after(number - 1))
    same = [dose.day for dose in therapy if dose.cycle is not None and dose.cycle == last.cycle]
    return min(same, default=last.day) + timedelta(days=plan.cycle_days.value)


def dose_slack(study: Study, turn: Turn) -> int:
    """Days that a dose may be late by the visit plan; a week where that says nothing (assumed)."""
    plan, visits = study.treatment, study.schedule.visits if study.schedule else ()
    doses = [one for one in visits if one.doses_in_cycle]
    day = plan.days_of_fractions[turn.fraction - 1] if plan is not None else 1
    own = [one for one in doses if one.day == day] or doses
    return own[0].after_days if own else 7
