"""Writes one subject's facts: numbers them, and says when each becomes known."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from galu.record import Fact
from galu.simulation.draws import Draws
from galu.simulation.scenario import Conduct

#: Local time at which the day's entries are made; the board is asked later in the evening.
ENTRY_TIME = time(19, 0)
Line = tuple[datetime, Fact]


def at(day: date, hour: float) -> datetime:
    """Local clock time of a day; hours beyond 24 run into the next days."""
    return datetime.combine(day, time()) + timedelta(minutes=round(60 * hour))


def text(moment: datetime) -> str:
    """Local time as a record writes it, to the minute."""
    return moment.isoformat(timespec="minutes")


class Pen:
    """Collects lines: a fact and the local time at which it becomes known."""

    def __init__(self, subject: str, draws: Draws, conduct: Conduct) -> None:
        self.subject = subject
        self.lines: list[Line] = []
        self._draws = draws
        self._conduct = conduct

    def known(self, day: date, batch: str) -> datetime:
        """When what happened on `day` is entered: mostly that evening, sometimes much later."""
        wait = 0
        if self._draws.chance(self._conduct.entered_late, "late", batch, day):
            lag = self._conduct.late_entry_days
            wait = 1 + int(self._draws.log_normal(lag.median, lag.cv, "lag", batch, day))
        return datetime.combine(day + timedelta(days=wait), ENTRY_TIME)

    def corrected(self, known: datetime, batch: str) -> datetime:
        """When a mistake entered at `known` is put right."""
        lag = self._conduct.correction_days
        days = 1 + int(self._draws.log_normal(lag.median, lag.cv, "correction", batch, known))
        return known + timedelta(days=days)

    def write(self, model: type[Fact], on: date | datetime, known: datetime, **values: Any) -> str:
        """Write a fact and return its id."""
        name = f"{self.subject}.{len(self.lines) + 1}"
        when = text(on) if isinstance(on, datetime) else on.isoformat()
        values.setdefault("by", f"Site {self.subject[:2]}")
        self.lines.append((known, model(id=name, subject=self.subject, on=when, **values)))
        return name
