"""Columns of a table: dose levels in escalation and expansion, pooled, and everybody.

A pooled column overlaps those it pools: the total is that of the population, never the sum of the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from galu.protocol.treatment import Treatment
from galu.record.people import Demographics
from galu.trial.state import TrialState
from galu.trial.subjects import Subject

TOTAL = "Total"


@dataclass(frozen=True, slots=True)
class Column:
    """A column and its members of the population, in order of their identifiers."""

    label: str
    members: tuple[str, ...]

    @property
    def head(self) -> str:
        """Label with its N."""
        return f"{self.label}\n(N={len(self.members)})"


def dose_columns(state: TrialState, population: Iterable[str]) -> tuple[Column, ...]:
    """Columns over a population: by dose, by arm where no dose was planned, and the total.

    A level has a column each for escalation and expansion, and one for both, where both have subjects.
    Who belongs to no level, such as one who only had the imaging agent, is in the total alone.
    """
    wanted = set(population)
    people = [one for one in state.subjects if one.id in wanted]
    plan = state.study.treatment
    by_dose = _by_level(plan, people) if plan is not None else _by_arm(state, people)
    total = Column(TOTAL, tuple(one.id for one in people))
    return (*by_dose, total) if len(by_dose) != 1 or by_dose[0].members != total.members else (total,)


def _by_level(plan: Treatment, people: Sequence[Subject]) -> tuple[Column, ...]:
    found: list[Column] = []
    for level in plan.levels:
        own = [one for one in people if one.level == level.level]
        name = str(level)
        first = tuple(one.id for one in own if one.phase != "expansion")
        later = tuple(one.id for one in own if one.phase == "expansion")
        if later and first:
            found += [Column(f"{name} escalation", first), Column(f"{name} expansion", later)]
            found.append(Column(f"{name} pooled", tuple(one.id for one in own)))
        else:
            found.append(Column(f"{name} expansion" if later else name, first or later))
    return tuple(found)


def _by_arm(state: TrialState, people: Sequence[Subject]) -> tuple[Column, ...]:
    told = state.record.rows_by_subject(Demographics)
    arms: dict[str, list[str]] = {}
    for one in people:
        arm = next((row.fact.arm for row in reversed(told.get(one.id, ())) if row.fact.arm), "")
        arms.setdefault(arm, []).append(one.id)
    return tuple(Column(arm, tuple(arms[arm])) for arm in sorted(arms) if arm)
