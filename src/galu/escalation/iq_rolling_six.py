"""Rolling six with a queue ("IQ 6–8"): up to eight patients, because some turn out inevaluable.

Frankel et al., JAMA Netw Open 2020;3(5):e204787, Table 2; its unlisted cells from the authors' grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from galu.escalation.climb import Above, Row, check_order, climb, first_row, states
from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcomes, Tally
from galu.escalation.rolling_six import TableRow

_TABLE = "Frankel 2020, Table 2"
_GRID = "Frankel 2020, authors' grid"
_OPEN, _CLOSED, _TOP = (Above.OPEN,), (Above.CLOSED,), (Above.NONE,)
_LARGEST = 8
#: (DLTs, enrolled): evaluable patients from which one more may be enrolled beyond six.
_FEWEST_KNOWN = {(0, 6): 1, (0, 7): 2, (1, 6): 4, (1, 7): 5}


def _known(t: Tally) -> int:
    return t.enrolled - t.pending


def _two_of_seven(t: Tally) -> bool:
    return t.dlts == 2 and _known(t) >= 7 and t.pending == 0


def _closes(t: Tally) -> bool:
    return t.dlts >= 3 or (t.dlts == 2 and _known(t) <= 6)


def _escalates(t: Tally) -> bool:
    return (t.dlts == 0 and _known(t) >= 3) or (t.dlts == 1 and _known(t) >= 6)


def _done(t: Tally) -> bool:
    return (t.dlts == 0 and _known(t) >= 5) or (t.dlts == 1 and _known(t) >= 6)


def _may_add(t: Tally) -> bool:
    if t.dlts >= 2 or t.enrolled >= _LARGEST:
        return False
    below_a_closed_level = _known(t) >= 3 and t.dlts == 0
    return t.enrolled <= 5 or below_a_closed_level or _known(t) >= _FEWEST_KNOWN[t.dlts, t.enrolled]


_ROWS = (
    Row("two-of-seven", _two_of_seven, Action.DECLARE_MTD, "two DLTs of seven or eight known", _TABLE),
    Row("dlts", _closes, Action.DE_ESCALATE, "the DLTs close the level", _TABLE),
    Row("safe", _escalates, Action.ESCALATE, "the level is safe whoever is pending", _TABLE, _OPEN),
    Row("mtd", _done, Action.DECLARE_MTD, "safe under a closed level", _GRID, _CLOSED),
    Row(
        "top", _done, Action.DECLARE_HIGHEST, "safe at the top level", "assumed: as under a closed one", _TOP
    ),
    Row("slots-free", _may_add, Action.SAME, "the level has a free slot", _TABLE),
    Row("waiting", lambda t: True, Action.SUSPEND, "too few are known to add a patient", _TABLE),
)


@dataclass(frozen=True, slots=True)
class IqRollingSix:
    """IQ rolling six; it has no switches."""

    name: ClassVar[str] = "iq-rolling-six"
    max_per_level: ClassVar[int] = _LARGEST

    @property
    def rows(self) -> tuple[Row, ...]:
        """The ordered decision table."""
        return _ROWS

    def table(self, above_closed: bool = False) -> tuple[TableRow, ...]:
        """All states of at most eight patients with the level above open or closed."""
        above = Above.CLOSED if above_closed else Above.OPEN
        answers = ((tally, first_row(_ROWS, tally, above)) for tally in states(_LARGEST))
        return tuple(TableRow(tally, row.action, row.id, row.meaning) for tally, row in answers)

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Decide on the next patient.

        Raises
        ------
        InputError
            When the outcomes break the design's own order.
        """
        check_order(outcomes, levels, _LARGEST)
        return climb(lambda level, above: first_row(_ROWS, outcomes.tally(level), above), outcomes, levels)
