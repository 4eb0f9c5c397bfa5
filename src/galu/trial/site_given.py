"""One administration with the facts around it, as the rules of a site's day look at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from galu.protocol.site import SitePlan
from galu.record import Record, Row
from galu.record.site import Calibration, QualityControl, Receipt
from galu.trial.exposure import Dose
from galu.vocabulary.persons import is_named


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing of an administration: what is amiss, or lacking and asked for.

    `deviation` says that what is recorded departs from the plan; without it something is not recorded yet.
    """

    subject: str
    day: date | None
    agent: str | None
    cycle: int | None
    rule: str
    what: str
    asked: str
    facts: tuple[str, ...]
    deviation: bool = True


@dataclass(frozen=True, slots=True)
class Setting:
    """What every administration of the trial is looked at with."""

    record: Record
    day: date
    calibrations: Mapping[str, tuple[Row[Calibration], ...]]
    controls: Mapping[str, tuple[Row[QualityControl], ...]]
    receipts: Mapping[str, tuple[Row[Receipt], ...]]


@dataclass(frozen=True, slots=True)
class Given:
    """One administration with the facts around it."""

    subject: str
    dose: Dose
    therapy: bool
    plan: SitePlan
    setting: Setting
    rows: Mapping[type[Any], tuple[Row[Any], ...]] = field(default_factory=dict)

    def of(self, model: type[Any]) -> tuple[Row[Any], ...]:
        """Facts of a kind that belong to it."""
        return self.rows.get(model, ())

    def remark(
        self, rule: str, what: str, asked: str, facts: Iterable[str], deviation: bool = True
    ) -> Remark:
        """Something to say of it."""
        dose = self.dose
        return Remark(
            self.subject, dose.day, dose.agent, dose.cycle, rule, what, asked, tuple(facts), deviation
        )


def persons(*names: str | None) -> int:
    """How many different persons these names name."""
    return len({name.strip().casefold() for name in names if name and is_named(name)})
