"""The rolling six design (Skolnik et al., J Clin Oncol 2008;26:190) as ordered tables.

The table itself follows the authors' grid and Table 2 of Frankel et al. (JAMA Netw Open
2020;3(5):e204787) and the PBTC-042 protocol section 13.2, which agree wherever they overlap; the
conventions in which protocols differ are named switches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from galu.escalation.climb import Above, Row, check_order, climb, first_row, states
from galu.escalation.conventions import check_counts
from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcome, Outcomes, Tally
from galu.finding import InputError
from galu.words import checked_fields

TopLevelRule = Literal["six-complete", "table", "3-of-3"]
TOP_LEVEL_RULES: tuple[TopLevelRule, ...] = ("six-complete", "table", "3-of-3")

_GRID = "Frankel 2020, authors' grid and Table 2; PBTC-042 §13.2"
_CLOSED = (Above.CLOSED,)
_TOP = (Above.NONE,)
_OPEN = (Above.OPEN,)
_ENDS = (Above.CLOSED, Above.NONE)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One state of a printed decision table."""

    tally: Tally
    action: Action
    rule: str
    reason: str


def _is(*wanted: tuple[int, int, int]) -> Callable[[Tally], bool]:
    return lambda t: (t.enrolled, t.dlts, t.pending) in wanted


def _always(t: Tally) -> bool:
    return True


_ESCALATES = _is((3, 0, 0), (4, 0, 0), (5, 0, 0), (6, 0, 0), (6, 1, 0))
_TWO_DLTS = Row(
    "two-dlts",
    lambda t: t.dlts >= 2,
    Action.DE_ESCALATE,
    "two DLTs close the level",
    _GRID,
)
_UNREPLACED = Row(
    "not-replaced",
    lambda t: t.dlts == 1,
    Action.DE_ESCALATE,
    "one DLT, and the inevaluable patients who are not replaced count as DLTs, so the level is closed",
    "assumed",
)
_FULL = Row("six-waiting", lambda t: t.enrolled >= 6, Action.SUSPEND, "all six slots are taken", _GRID)
_FILL = Row("slots-free", _always, Action.SAME, "the level has a free slot", _GRID)
_SIX_COMPLETE = _is((6, 0, 0), (6, 1, 0))
_FIVE_OR_SIX = _is((5, 0, 0), (6, 0, 0), (6, 1, 0))
_EXCEPTION = _is((6, 0, 1))
_EXPANDED = (
    Row(
        "expanded-waiting",
        lambda t: t.enrolled > 6 and t.pending > 0,
        Action.SUSPEND,
        "the expanded level is not yet known",
        "assumed",
    ),
    Row("expanded-safe", lambda t: t.enrolled > 6, Action.ESCALATE, "the level is safe", "assumed", _OPEN),
    Row(
        "expanded-mtd",
        lambda t: t.enrolled > 6,
        Action.DECLARE_MTD,
        "safe below a closed one",
        "assumed",
        _CLOSED,
    ),
    Row("expanded-top", lambda t: t.enrolled > 6, Action.DECLARE_HIGHEST, "safe at the top", "assumed", _TOP),
)

_END_RULES: dict[TopLevelRule, tuple[Callable[[Tally], bool], Callable[[Tally], bool], str]] = {
    # rule: (declares below a closed level, declares at the top level, source)
    "six-complete": (_SIX_COMPLETE, _SIX_COMPLETE, "assumed: six evaluable and none pending"),
    "table": (_FIVE_OR_SIX, _FIVE_OR_SIX, "Frankel 2020, authors' grid, level above closed"),
    "3-of-3": (_SIX_COMPLETE, _ESCALATES, "assumed: 3 of 3 without DLT is enough at the top"),
}


@dataclass(frozen=True, slots=True)
@checked_fields
class RollingSix:
    """Rolling six with its conventions.

    Parameters
    ----------
    top_level_rule
        When the top level is done, and with "six-complete" and "table" also a level below a closed
        one: six evaluable and none pending | the authors' grid | 3 of 3 without DLT.
    six_zero_one_escalates
        Whether six enrolled, no DLT and one pending escalates (and declares under "table").
    replace_inevaluable
        Whether the slot of an inevaluable patient reopens. Without replacement a level whose six slots
        are used up is judged by those evaluable, given three, once all are known: without a DLT as the
        table judges so many; with one DLT the missing count as DLTs and close it (assumed). Whoever got
        no dose, as after a screening failure, uses up no slot.
    max_per_level
        Six; with more a cleared level may be expanded, and two DLTs close it as they do any level.
    safe_top_label
        What a safe top level is called.
    start
        Level of the first patient; levels below it are for de-escalation ("level −1").
    """

    name: ClassVar[str] = "rolling-six"
    top_level_rule: TopLevelRule = "six-complete"
    six_zero_one_escalates: bool = True
    replace_inevaluable: bool = True
    max_per_level: int = 6
    safe_top_label: str = "highest planned dose"
    start: int = 1

    def __post_init__(self) -> None:
        if self.top_level_rule not in TOP_LEVEL_RULES:
            raise InputError(
                "top_level_rule",
                f"`{self.top_level_rule}` is no rule",
                f"use one of {', '.join(TOP_LEVEL_RULES)}",
            )
        if self.max_per_level not in range(6, 16):
            raise InputError("max_per_level", f"{self.max_per_level} is no size of a level", "give 6 to 15")
        check_counts("rolling-six", start=self.start)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The ordered decision table under these switches."""
        below, top, source = _END_RULES[self.top_level_rule]
        rows = [
            _TWO_DLTS,
            *(_EXPANDED if self.max_per_level > 6 else ()),
            Row("safe", _ESCALATES, Action.ESCALATE, "the level is safe enough", _GRID, _OPEN),
            Row("mtd", below, Action.DECLARE_MTD, "at most one DLT under a closed level", source, _CLOSED),
            Row("top", top, Action.DECLARE_HIGHEST, "at most one DLT at the top level", source, _TOP),
        ]
        if self.six_zero_one_escalates:
            five = "five known without a DLT and one pending"
            rows.append(Row("six-zero-one", _EXCEPTION, Action.ESCALATE, five, _GRID, _OPEN))
            if self.top_level_rule == "table":
                rows.append(Row("mtd-six-zero-one", _EXCEPTION, Action.DECLARE_MTD, five, source, _CLOSED))
            if self.top_level_rule != "six-complete":
                rows.append(Row("top-six-zero-one", _EXCEPTION, Action.DECLARE_HIGHEST, five, source, _TOP))
        return (*rows, _FULL, _FILL)

    def table(self, above_closed: bool = False) -> tuple[TableRow, ...]:
        """All 84 states with the level above open or closed."""
        above = Above.CLOSED if above_closed else Above.OPEN
        rows = self.rows
        answers = ((tally, first_row(rows, tally, above)) for tally in states(self.max_per_level))
        return tuple(TableRow(tally, row.action, row.id, row.meaning) for tally, row in answers)

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Decide on the next patient.

        Raises
        ------
        InputError
            When the outcomes break the design's own order.
        """
        check_order(outcomes, levels, self.max_per_level, start=self.start)
        rows = self.rows

        def judge(level: int, above: Above) -> Row:
            tally = outcomes.tally(level)
            if self._used_up(outcomes, level) and tally.dlts < 2:
                if tally.pending:
                    return _FULL
                if tally.dlts:
                    return _UNREPLACED
            return first_row(rows, tally, above)

        return climb(judge, outcomes, levels, self.start)

    def _used_up(self, outcomes: Outcomes, level: int) -> bool:
        """Whether an inevaluable patient holds one of the level's six slots and is not replaced.

        Who was never dosed, as after a screening failure, holds none.
        """
        if self.replace_inevaluable or not 3 <= outcomes.tally(level).enrolled < 6:
            return False
        return sum(p.dosed or p.outcome is not Outcome.INEVALUABLE for p in outcomes.at(level)) >= 6

    @property
    def switches(self) -> dict[str, object]:
        """The named conventions and their values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
