"""What was given: net activity at the start of each administration, delays, reductions, cumulative activity.

Net activity is what was drawn less what was left over, by the balance of the administration.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

from galu.protocol import Study
from galu.protocol.site import BALANCE_TOLERANCE
from galu.record import Record, Row
from galu.record.treatment import Administration, Dispensed, Residual
from galu.record.when import days_of
from galu.trial.balance import Balance, derive_balance, said_again, was_left_whole


@dataclass(frozen=True, slots=True)
class Dose:
    """One administration. `net_mbq` is None when it cannot be known, and `reason` says why.

    `repeated_by` holds the ids of further facts that state the same cycle and do not count, `drawn_again` of
    further ones that state another activity drawn or left over for it: which holds is not known. One that is
    not `recorded` is only known from the activity drawn for it. `number` counts the administrations of the
    plan, as cycle and fraction tell; `level_mbq` is what the plan of the level has
    for it, where that is known. `version` numbers, from 0, the version of the study that was in force.
    """

    agent: str
    cycle: int | None
    day: date
    start: str
    ended: str | None
    planned_mbq: float | None
    net_mbq: float | None
    reason: str
    facts: tuple[str, ...]
    repeated_by: tuple[str, ...] = ()
    recorded: bool = True
    drawn_again: tuple[str, ...] = ()
    route: str = ""
    fraction: int | None = None
    number: int | None = None
    level_mbq: float | None = None
    version: int = 0
    balance: Balance | None = None
    way: str = ""

    @property
    def starts_cycle(self) -> bool:
        """Whether it is the first of its cycle; of a cycle that is given in fractions the others are not."""
        return self.fraction in (None, 1)

    @property
    def fraction_of_planned(self) -> float | None:
        """Net over planned activity."""
        if self.net_mbq is None or not self.planned_mbq:
            return None
        return self.net_mbq / self.planned_mbq


def was_lowered(before: Dose, after: Dose) -> bool:
    """Whether less was planned than before, beyond what the plan of the level itself lowers."""
    if not before.planned_mbq or not after.planned_mbq:
        return False
    by_plan = after.level_mbq / before.level_mbq if after.level_mbq and before.level_mbq else 1.0
    return after.planned_mbq < REDUCED_SHARE * by_plan * before.planned_mbq


Key = tuple[Any, ...]
Drawn = Dispensed | Residual
_D = TypeVar("_D", Dispensed, Residual)
#: A planned activity below this share of the one before is a reduction that was made (assumed).
REDUCED_SHARE: Final = 0.9


def half_lives_h(study: Study) -> dict[str, float]:
    """Physical half-life of each radioactive agent [h]."""
    own = {agent.name: agent.physical_half_life_h for agent in study.agents}
    return {name: hours for name, hours in own.items() if hours is not None}


def derive_doses(study: Study, record: Record) -> dict[str, tuple[Dose, ...]]:
    """Administrations by subject, oldest first; of several of one agent in one cycle the first."""
    half_lives = half_lives_h(study)
    given = record.rows(Administration)
    dispensed = _by_administration(record.rows(Dispensed), given)
    residual = _by_administration(record.rows(Residual), given)
    repeats: dict[Key, list[str]] = {}
    first: list[Row[Administration]] = []
    for row in given:
        key = administration_key(row)
        if row.fact.cycle is None or key not in repeats:
            repeats[key] = []
            first.append(row)
        else:
            repeats[key].append(row.id)
    doses: dict[str, list[Dose]] = {}
    for row in first:
        key = administration_key(row)
        drawn, left = dispensed.get(key, []), residual.get(key, [])
        within = tolerance_of(study), record.zone
        found = derive_balance(row, drawn, left, half_lives.get(row.fact.agent), within)
        dose = Dose(
            agent=row.fact.agent,
            cycle=row.fact.cycle,
            day=days_of(row.fact.on)[0],
            start=row.fact.on,
            ended=row.fact.ended,
            planned_mbq=row.fact.planned_activity_mbq,
            net_mbq=found.net_mbq,
            reason=found.reason,
            facts=(row.id, *found.facts),
            repeated_by=tuple(repeats[key]),
            drawn_again=said_again(drawn, left),
            route=row.fact.route or "",
            fraction=row.fact.fraction,
            number=_number(study, row),
            balance=found,
            way=row.fact.way or "",
        )
        doses.setdefault(row.subject, []).append(dose)
    for key, rows in dispensed.items():
        last = rows[-1]
        if key not in repeats and not was_left_whole(last, residual.get(key, [])):
            doses.setdefault(last.subject, []).append(_drawn(last, _number(study, last)))
    return {subject: tuple(sorted(own, key=_start)) for subject, own in doses.items()}


def number_of(study: Study, cycle: int | None, fraction: int | None) -> int | None:
    """The place in the plan of what is told as cycle and fraction; that of imaging is 0."""
    if cycle is None or study.treatment is None:
        return cycle
    return study.treatment.number_of(cycle, fraction)


def _number(study: Study, row: Row[Administration] | Row[Dispensed]) -> int | None:
    return number_of(study, row.fact.cycle, row.fact.fraction)


def tolerance_of(study: Study) -> float:
    """Share by which a stated net activity may differ from what was drawn less what was left over."""
    stated = study.site.balance_tolerance if study.site else None
    return BALANCE_TOLERANCE if stated is None else stated.value


def administration_key(row: Row[Any]) -> Key:
    """The administration of a row: subject, agent, and the cycle or, where that is not told, the day."""
    fact = row.fact
    return (
        row.subject,
        fact.agent,
        *((row.day, 0) if fact.cycle is None else (fact.cycle, fact.fraction or 1)),
    )


def _start(dose: Dose) -> tuple[date, int, int]:
    return dose.day, dose.cycle or 0, dose.fraction or 0


def _drawn(row: Row[Dispensed], number: int | None) -> Dose:
    """A dose known only from the activity drawn for it: nothing says that it was not given."""
    reason = "the administration is not recorded"
    return Dose(
        row.fact.agent,
        row.fact.cycle,
        days_of(row.fact.on)[0],
        row.fact.on,
        None,
        None,
        None,
        reason,
        (row.id,),
        recorded=False,
        fraction=row.fact.fraction,
        number=number,
    )


def _by_administration(
    drawn: Iterable[Row[_D]], given: Iterable[Row[Administration]]
) -> dict[Key, list[Row[_D]]]:
    """What was drawn, or left over, by its administration: of its cycle, else one of its day without any."""
    known = {administration_key(row) for row in given}
    found: dict[Key, list[Row[_D]]] = {}
    for row in drawn:
        key, of_day = administration_key(row), (row.subject, row.fact.agent, row.day, 0)
        found.setdefault(of_day if key not in known and of_day in known else key, []).append(row)
    return found
