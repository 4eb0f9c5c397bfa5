"""What was given: net activity at the start of each administration, delays, reductions, cumulative activity.

Net activity = dispensed − residual, each brought by physical decay from its own calibration time to the
start of the administration (EANM practice: one reference time for both).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from galu.nuclides import nuclide
from galu.protocol import Study
from galu.quantities import decay_factor
from galu.record import Record
from galu.record.when import hours_between


@dataclass(frozen=True, slots=True)
class Dose:
    """One administration. `net_mbq` is None when it cannot be known, and `reason` says why.

    `repeated_by` holds the ids of further facts that state the same cycle and do not count, `drawn_again` of
    further ones that state another activity drawn or left over for it: which holds is not known. One that is
    not `recorded` is only known from the activity drawn for it.
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

    @property
    def fraction_of_planned(self) -> float | None:
        """Net over planned activity."""
        if self.net_mbq is None or not self.planned_mbq:
            return None
        return self.net_mbq / self.planned_mbq


Key = tuple[Any, ...]
#: With this share of the activity drawn left in the syringe nothing was given (assumed).
UNGIVEN: Final = 0.9


def half_lives_h(study: Study) -> dict[str, float]:
    """Physical half-life of each radioactive agent [h]."""
    return {agent.name: nuclide(agent.nuclide).half_life_h for agent in study.agents if agent.nuclide}


def derive_doses(study: Study, record: Record) -> dict[str, tuple[Dose, ...]]:
    """Administrations by subject, oldest first; of several of one agent in one cycle the first."""
    half_lives = half_lives_h(study)
    given = list(record.facts("administration").iter_rows(named=True))
    dispensed = _by_administration(record, "dispensed", given)
    residual = _by_administration(record, "residual", given)
    repeats: dict[Key, list[str]] = {}
    first: list[dict[str, Any]] = []
    for row in given:
        key = _key(row)
        if row["cycle"] is None or key not in repeats:
            repeats[key] = []
            first.append(row)
        else:
            repeats[key].append(row["id"])
    doses: dict[str, list[Dose]] = {}
    for row in first:
        key = _key(row)
        drawn, left = dispensed.get(key, []), residual.get(key, [])
        net, reason, facts = _net(row, drawn, left, half_lives, record.zone)
        dose = Dose(
            agent=row["agent"],
            cycle=row["cycle"],
            day=row["day"],
            start=row["on"],
            ended=row["ended"],
            planned_mbq=row["planned_activity_mbq"],
            net_mbq=net,
            reason=reason,
            facts=(row["id"], *facts),
            repeated_by=tuple(repeats[key]),
            drawn_again=(*_others(drawn), *_others(left)),
            route=row["route"] or "",
        )
        doses.setdefault(row["subject"], []).append(dose)
    for key, rows in dispensed.items():
        row = rows[-1]
        if key not in repeats and row["day"] is not None and not _left_whole(row, residual.get(key, [])):
            doses.setdefault(row["subject"], []).append(_drawn(row))
    return {subject: tuple(sorted(own, key=_start)) for subject, own in doses.items()}


def _key(row: Mapping[str, Any]) -> Key:
    """The administration of a row: subject, agent, and the cycle or, where that is not told, the day."""
    return row["subject"], row["agent"], row["day"] if row["cycle"] is None else row["cycle"]


def _others(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Ids of rows that state another activity or time than the first does."""
    return tuple(row["id"] for row in rows[1:] if _stated(row) != _stated(rows[0]))


def _stated(row: Mapping[str, Any]) -> tuple[Any, Any]:
    return row["on"], row["activity_mbq"]


def _start(dose: Dose) -> tuple[date, int]:
    return dose.day, dose.cycle or 0


def _left_whole(drawn: Mapping[str, Any], left: list[dict[str, Any]]) -> bool:
    """Whether what was drawn was left in the syringe, so that nothing was given."""
    return bool(left) and all(row["activity_mbq"] >= UNGIVEN * drawn["activity_mbq"] for row in left)


def _drawn(row: Mapping[str, Any]) -> Dose:
    """A dose known only from the activity drawn for it: nothing says that it was not given."""
    reason = "the administration is not recorded"
    return Dose(
        row["agent"],
        row["cycle"],
        row["day"],
        row["on"],
        None,
        None,
        None,
        reason,
        (row["id"],),
        recorded=False,
    )


def _by_administration(
    record: Record, kind: str, given: list[dict[str, Any]]
) -> dict[Key, list[dict[str, Any]]]:
    """Rows of a kind by the administration they belong to; without a cycle, that of their day."""
    of_day: dict[Key, set[Key]] = {}
    for row in given:
        of_day.setdefault((row["subject"], row["agent"], row["day"]), set()).add(_key(row))
    found: dict[Key, list[dict[str, Any]]] = {}
    for row in record.facts(kind).iter_rows(named=True):
        key = _key(row)
        same = of_day.get(key, set()) if row["cycle"] is None else set()
        found.setdefault(next(iter(same)) if len(same) == 1 else key, []).append(row)
    return found


def _net(
    administration: Mapping[str, Any],
    drawn_facts: list[dict[str, Any]],
    left_facts: list[dict[str, Any]],
    half_lives: Mapping[str, float],
    zone: str,
) -> tuple[float | None, str, tuple[str, ...]]:
    again = (*_others(drawn_facts), *_others(left_facts))
    if not drawn_facts or not left_facts or again:
        if administration["activity_mbq"] is not None:
            return administration["activity_mbq"], "net activity as stated", ()
        if again:
            facts = tuple(row["id"] for row in (*drawn_facts, *left_facts))
            return None, "several activities drawn or left over are recorded: correct or retract some", facts
        lacking = "residual" if drawn_facts else "dispensed"
        return None, f"{lacking} activity is not recorded", ()
    dispensed, residual = drawn_facts[0], left_facts[0]
    half_life = half_lives.get(administration["agent"])
    start = administration["on"]
    to_start = hours_between(dispensed["on"], start, zone)
    from_start = hours_between(residual["on"], start, zone)
    facts = (dispensed["id"], residual["id"])
    if half_life is None or to_start is None or from_start is None:
        return None, "the nuclide or the time of the administration is not known", facts
    drawn = dispensed["activity_mbq"] * decay_factor(to_start, half_life)
    left = residual["activity_mbq"] * decay_factor(from_start, half_life)
    return drawn - left, "dispensed − residual at the start of the administration", facts
