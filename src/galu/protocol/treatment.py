"""What is given, how much and how often: the treatment section of a study file.

An activity may be fixed, by body weight or by body surface; it may change from cycle to cycle; a cycle may be
given in fractions. Everything else in galu asks `Treatment.planned` and never multiplies itself.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field, model_validator

from galu.statement import Count, Section, Sourced, Stated

#: Weight [kg] of a reference adult, by which an activity per weight is compared with a range.
REFERENCE_KG: Final = 70.0
#: and height [cm] of the same.
REFERENCE_CM: Final = 175.0
#: Ways to write an activity, each with its unit and the range in which a unit was not mistaken (assumed).
_WAYS: Final[dict[str, tuple[str, float, float]]] = {
    "activity_gbq": ("GBq", 0.1, 20.0),
    "activity_mbq": ("MBq", 0.1, 20_000.0),
    "kbq_per_kg": ("kBq/kg", 1.0, 300_000.0),
    "mbq_per_m2": ("MBq/m²", 0.1, 12_000.0),
}


@dataclass(frozen=True, slots=True)
class Body:
    """Weight [kg] and height [cm] of the day of a dose, as far as they are known.

    `weighed` says when, `doubt` why one of them is not known though something is told of it.
    """

    weight_kg: float | None = None
    height_cm: float | None = None
    weighed: str = ""
    doubt: str = ""

    @property
    def surface_m2(self) -> float | None:
        """Body surface by Mosteller, N Engl J Med 1987;317:1098 [m²]."""
        if self.weight_kg is None or self.height_cm is None:
            return None
        return float((self.height_cm * self.weight_kg / 3600.0) ** 0.5)


@dataclass(frozen=True, slots=True)
class Turn:
    """The place of one administration in the plan: its number, cycle and fraction, all from 1."""

    number: int
    cycle: int
    fraction: int = 1
    fractions: int = 1

    def __str__(self) -> str:
        """As people say it: ``cycle 2``, or ``cycle 2, fraction 1 of 2``."""
        part = f", fraction {self.fraction} of {self.fractions}" if self.fractions > 1 else ""
        return f"cycle {self.cycle}{part}"


@dataclass(frozen=True, slots=True)
class Planned:
    """Activity of an administration by the plan [MBq], or None with what is lacking; `how` says why."""

    mbq: float | None
    how: str = ""


class DoseLevel(Sourced):
    """A planned dose level; levels count from 1. Its activity is stated in one way.

    Several numbers are those of cycles 1, 2, …; the last holds for all that follow.
    """

    level: int = Field(ge=1, description="number of the level, from 1")
    activity_gbq: float | tuple[float, ...] | None = Field(
        default=None, description="activity of one administration [GBq]; several numbers: by cycle"
    )
    activity_mbq: float | tuple[float, ...] | None = Field(
        default=None, description="activity of one administration [MBq], where it is small (α emitters)"
    )
    kbq_per_kg: float | tuple[float, ...] | None = Field(
        default=None, description="activity by body weight of the day [kBq/kg]"
    )
    mbq_per_m2: float | tuple[float, ...] | None = Field(
        default=None, description="activity by body surface [MBq/m²], of Mosteller"
    )

    @model_validator(mode="after")
    def _is_a_therapeutic_activity(self) -> DoseLevel:
        stated = [way for way in _WAYS if getattr(self, way) is not None]
        if len(stated) != 1:
            found = f"found {' and '.join(stated)}" if stated else "found none"
            raise ValueError(f"a level states its activity in one way, such as activity_gbq: {found}")
        if not self.amounts:
            raise ValueError(f"{self.way} is empty: write one number, or one for each cycle")
        if min(self.amounts) <= 0:
            raise ValueError(f"{self.way} of {min(self.amounts):g} is no therapeutic activity")
        return self

    @property
    def way(self) -> str:
        """The key in which the activity is stated."""
        return next(way for way in _WAYS if getattr(self, way) is not None)

    @property
    def by_body(self) -> bool:
        """Whether the activity hangs on the patient's weight."""
        return self.way in ("kbq_per_kg", "mbq_per_m2")

    @property
    def amounts(self) -> tuple[float, ...]:
        """The numbers stated, of cycles 1, 2, …; the last holds on."""
        stated = getattr(self, self.way)
        return stated if isinstance(stated, tuple) else (stated,)

    def amount(self, cycle: int) -> float:
        """The number of a cycle."""
        return self.amounts[min(cycle, len(self.amounts)) - 1]

    def mbq(self, cycle: int, body: Body) -> float | None:
        """Activity of a cycle [MBq]; None where weight or height is lacking."""
        amount = self.amount(cycle)
        match self.way:
            case "activity_gbq":
                return 1000.0 * amount
            case "activity_mbq":
                return amount
            case "kbq_per_kg":
                return None if body.weight_kg is None else amount * body.weight_kg / 1000.0
        surface = body.surface_m2
        return None if surface is None else amount * surface

    def __str__(self) -> str:
        """As people say it: ``3.7 GBq``, ``80 kBq/kg``, ``1.85 then 5.55 GBq``."""
        told = list(self.amounts)
        while len(told) > 1 and told[-1] == told[-2]:
            del told[-1]  # the last holds on
        return f"{' then '.join(f'{one:g}' for one in told)} {_WAYS[self.way][0]}"


class Treatment(Section):
    """What is given, how much and how often."""

    therapy_agent: Stated[str] = Field(description="name of the agent whose dose is escalated")
    imaging_agent: Stated[str] | None = Field(
        default=None, description="name of the agent that shows the target"
    )
    levels: tuple[DoseLevel, ...] = Field(min_length=1, description="dose levels, rising")
    cycle_days: Stated[Count] = Field(description="days from one cycle to the next")
    max_cycles: Stated[Count] = Field(description="most cycles of a patient")
    reading: Stated[Literal["per administration", "per cycle", "cumulative"]] = Field(
        description="what the activity of a level is meant for: it is divided over the fractions of a cycle, "
        "or over all administrations"
    )
    fraction_days: Stated[tuple[int, ...]] | None = Field(
        default=None, description="days of a cycle on which a fraction is given, such as [1, 15]"
    )
    lower_each_cycle_gbq: Stated[float] | None = Field(
        default=None, description="by how much the planned activity falls from cycle to cycle [GBq]"
    )
    most_mbq: Stated[float] | None = Field(
        default=None,
        description="most that one administration may have, however heavy the patient [MBq]; "
        "for activities by weight or surface",
    )
    at_organ_limit: Stated[Literal["reduce", "stop"]] | None = Field(
        default=None,
        description="what follows when the next dose would pass an organ limit that stops: "
        "the largest activity that keeps it, or none (the activity of a cycle is never lowered)",
    )

    @model_validator(mode="after")
    def _levels_rise(self) -> Treatment:
        numbers = [level.level for level in self.levels]
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError(f"levels must count 1, 2, …: found {numbers}")
        ways = list(dict.fromkeys(level.way for level in self.levels))
        if len(ways) > 1:
            raise ValueError(f"all levels state their activity in one way: found {' and '.join(ways)}")
        for below, above in itertools.pairwise(self.levels):
            cycles = range(1, max(len(below.amounts), len(above.amounts)) + 1)
            steps = [above.amount(one) - below.amount(one) for one in cycles]
            if min(steps) < 0 or max(steps) <= 0:
                raise ValueError(f"activity must rise from level to level: found {below} and {above}")
        return self

    @model_validator(mode="after")
    def _no_unit_was_mistaken(self) -> Treatment:
        unit, low, high = _WAYS[self.levels[0].way]
        for level in self.levels:
            for amount in level.amounts:
                if not low <= amount / self.parts <= high:
                    hint = " Was it MBq? Write activity_mbq." if unit == "GBq" else ""
                    raise ValueError(
                        f"level {level.level}: {amount / self.parts:g} {unit} is no therapeutic activity of "
                        f"one administration ({low:g} to {high:g} {unit}).{hint}"
                    )
        return self

    @model_validator(mode="after")
    def _is_capped_by_body(self) -> Treatment:
        if self.most_mbq is None:
            return self
        if not self.by_body:
            raise ValueError("most_mbq caps activities by weight or surface: lower the level instead")
        return self

    @property
    def parts(self) -> int:
        """Into how many administrations the activity of a level is divided."""
        parts = {"per cycle": self.fractions, "cumulative": self.most_administrations}
        return parts.get(self.reading.value, 1)

    @model_validator(mode="after")
    def _fits_the_cycle(self) -> Treatment:
        days = self.days_of_fractions
        if days[0] != 1 or any(b <= a for a, b in itertools.pairwise(days)):
            raise ValueError(f"fraction_days must begin with 1 and rise: found {list(days)}")
        cycle = self.cycle_days.value
        if days[-1] > cycle:
            raise ValueError(f"the fraction of day {days[-1]} is after the cycle of {cycle} days")
        told, most = max(len(level.amounts) for level in self.levels), self.max_cycles.value
        if told > most:
            raise ValueError(f"a level has activities of {told} cycles, but max_cycles is {most}")
        if told > 1 and self.reading.value == "cumulative":
            raise ValueError("an activity in all (reading: cumulative) is one number, not one by cycle")
        if self.lower_each_cycle_gbq is not None:
            self._falls()
        return self

    def _falls(self) -> None:
        assert self.lower_each_cycle_gbq is not None
        falls, first = self.lower_each_cycle_gbq.value, self.levels[0]
        if first.way != "activity_gbq" or len(first.amounts) > 1:
            raise ValueError("lower_each_cycle_gbq needs levels with one activity_gbq each")
        cycle = self.max_cycles.value
        last = first.amount(1) - falls * (cycle - 1)
        if falls <= 0 or last <= 0:
            raise ValueError(f"lower_each_cycle_gbq leaves {last:g} GBq in cycle {cycle} of level 1")

    @property
    def days_of_fractions(self) -> tuple[int, ...]:
        """Days of a cycle on which something is given, the first being 1."""
        return (
            self.fraction_days.value if self.fraction_days is not None and self.fraction_days.value else (1,)
        )

    @property
    def fractions(self) -> int:
        """Administrations in a cycle."""
        return len(self.days_of_fractions)

    @property
    def most_administrations(self) -> int:
        """Administrations of a patient who gets all."""
        return self.max_cycles.value * self.fractions

    @property
    def by_body(self) -> bool:
        """Whether activities hang on the patient's weight."""
        return self.levels[0].by_body

    def turn(self, number: int) -> Turn:
        """The place in the plan of an administration, counted from 1."""
        cycle, fraction = divmod(number - 1, self.fractions)
        return Turn(number, cycle + 1, fraction + 1, self.fractions)

    def number_of(self, cycle: int, fraction: int | None) -> int:
        """The number of an administration that is told as cycle and fraction; imaging (cycle 0) is 0."""
        return 0 if cycle == 0 else (cycle - 1) * self.fractions + (fraction or 1)

    def days_after(self, number: int) -> int:
        """Days from an administration to the next of the plan."""
        days = self.days_of_fractions
        fraction = self.turn(number).fraction
        if fraction < len(days):
            return days[fraction] - days[fraction - 1]
        return self.cycle_days.value - (days[-1] - 1)

    def planned(self, level: int, number: int, body: Body) -> Planned:
        """Activity that the plan has for an administration of a level."""
        row = next((one for one in self.levels if one.level == level), None)
        if row is None:
            return Planned(None, f"dose level {level} is not planned")
        turn = self.turn(number)
        mbq = row.mbq(turn.cycle, body)
        if mbq is None:
            lacking = "weight" if body.weight_kg is None else "height"
            said = f"{body.doubt}: " if body.doubt else ""
            return Planned(None, f"{said}the {lacking} is not known, and the level is {row}")
        if self.lower_each_cycle_gbq is not None:
            mbq -= 1000.0 * self.lower_each_cycle_gbq.value * (turn.cycle - 1)
        how = f"{row} at {body.weight_kg:g} kg{body.weighed}" if row.by_body else ""
        return self._capped(mbq / self.parts, how)

    def _capped(self, mbq: float, how: str) -> Planned:
        """An activity within the most that one administration may have."""
        if self.most_mbq is None or mbq <= self.most_mbq.value:
            return Planned(mbq, how)
        return Planned(self.most_mbq.value, f"{how}: {mbq:.4g} MBq, capped at {self.most_mbq.value:g} MBq")
