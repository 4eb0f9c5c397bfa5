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

    `repeated_by` holds the ids of further facts that state the same cycle and do not count. One that is not
    `recorded` is only known from the activity drawn for it.
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

    @property
    def fraction_of_planned(self) -> float | None:
        """Net over planned activity."""
        if self.net_mbq is None or not self.planned_mbq:
            return None
        return self.net_mbq / self.planned_mbq


#: With this share of the activity drawn left in the syringe nothing was given (assumed).
UNGIVEN: Final = 0.9


def half_lives_h(study: Study) -> dict[str, float]:
    """Physical half-life of each radioactive agent [h]."""
    return {agent.name: nuclide(agent.nuclide).half_life_h for agent in study.agents if agent.nuclide}


def derive_doses(study: Study, record: Record) -> dict[str, tuple[Dose, ...]]:
    """Administrations by subject, oldest first; of several of one agent in one cycle the first."""
    half_lives = half_lives_h(study)
    dispensed = _by_administration(record, "dispensed")
    residual = _by_administration(record, "residual")
    repeats: dict[tuple[Any, ...], list[str]] = {}
    first: list[dict[str, Any]] = []
    for row in record.facts("administration").iter_rows(named=True):
        key = (row["subject"], row["agent"], row["cycle"])
        if row["cycle"] is None or key not in repeats:
            repeats[key] = []
            first.append(row)
        else:
            repeats[key].append(row["id"])
    doses: dict[str, list[Dose]] = {}
    for row in first:
        key = (row["subject"], row["agent"], row["cycle"])
        net, reason, facts = _net(row, dispensed.get(key), residual.get(key), half_lives, record.zone)
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
        )
        doses.setdefault(row["subject"], []).append(dose)
    for key, row in dispensed.items():
        if key not in repeats and row["day"] is not None and not _left_whole(row, residual.get(key)):
            doses.setdefault(row["subject"], []).append(_drawn(row))
    return {subject: tuple(sorted(given, key=_start)) for subject, given in doses.items()}


def _start(dose: Dose) -> tuple[date, int]:
    return dose.day, dose.cycle or 0


def _left_whole(drawn: Mapping[str, Any], left: Mapping[str, Any] | None) -> bool:
    """Whether what was drawn was left in the syringe, so that nothing was given."""
    return left is not None and bool(left["activity_mbq"] >= UNGIVEN * drawn["activity_mbq"])


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


def _by_administration(record: Record, kind: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = record.facts(kind).iter_rows(named=True)
    return {(row["subject"], row["agent"], row["cycle"]): row for row in rows}


def _net(
    administration: Mapping[str, Any],
    dispensed: Mapping[str, Any] | None,
    residual: Mapping[str, Any] | None,
    half_lives: Mapping[str, float],
    zone: str,
) -> tuple[float | None, str, tuple[str, ...]]:
    if dispensed is None or residual is None:
        if administration["activity_mbq"] is not None:
            return administration["activity_mbq"], "net activity as stated", ()
        lacking = "dispensed" if dispensed is None else "residual"
        return None, f"{lacking} activity is not recorded", ()
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
