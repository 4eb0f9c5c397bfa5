"""Any decision table that a user writes: one row per enrolled, dlts, pending with the decision.

A level is read as in rolling six: "de-escalate" and "eliminate" close it with all above. Under a
closed level and at the top "escalate" cannot mean what it says: it keeps filling while slots are
free, waits when they are taken, and declares the level when all are known (assumed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from galu.escalation.climb import Above, Row, check_order, climb, first_row, states
from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcomes, Tally
from galu.escalation.rolling_six import TableRow
from galu.finding import InputError

COLUMNS = ("enrolled", "dlts", "pending", "decision")
_CLOSING = (Action.DE_ESCALATE, Action.ELIMINATE)
#: What nobody who is added and pending may undo, in words.
_RESTRICTIVE = {
    Action.DE_ESCALATE: "closes",
    Action.ELIMINATE: "closes",
    Action.SUSPEND: "waits",
    Action.STOP_NO_DOSE: "stops",
}


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A design that is a table of its own; `cells` holds every state up to its largest."""

    name: str
    cells: tuple[tuple[Tally, Action], ...]

    @property
    def max_per_level(self) -> int:
        """The largest number of patients of a level."""
        return max(tally.enrolled for tally, _ in self.cells)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The ordered table that `climb` reads."""
        largest = self.max_per_level
        wanted: dict[Action, set[Tally]] = {}
        for tally, action in self.cells:
            wanted.setdefault(action, set()).add(tally)
        safe = wanted.pop(Action.ESCALATE, set())
        closing = set().union(*(wanted.pop(action, set()) for action in _CLOSING))
        full = {t for t in safe if t.enrolled == largest}
        ends = {t for t in full if t.pending == 0}
        source = self.name
        return (
            Row("closes", closing.__contains__, Action.DE_ESCALATE, "the level closes", source),
            Row("escalates", safe.__contains__, Action.ESCALATE, "safe", source, (Above.OPEN,)),
            Row("mtd", ends.__contains__, Action.DECLARE_MTD, "safe below a closed one", "assumed", _CLOSED),
            Row("top", ends.__contains__, Action.DECLARE_HIGHEST, "safe at the top", "assumed", _TOP),
            Row("full", full.__contains__, Action.SUSPEND, "all slots are taken", "assumed"),
            Row("fill", safe.__contains__, Action.SAME, "the level has a free slot", "assumed"),
            *(
                Row(action.value, tallies.__contains__, action, f"the table says {action.value}", source)
                for action, tallies in wanted.items()
            ),
        )

    def table(self, above_closed: bool = False) -> tuple[TableRow, ...]:
        """Every state as the table has it, or as it reads under a closed level."""
        if not above_closed:
            return tuple(TableRow(t, a, a.value, f"row of {self.name}") for t, a in self.cells)
        rows = self.rows
        answers = ((tally, first_row(rows, tally, Above.CLOSED)) for tally, _ in self.cells)
        return tuple(TableRow(tally, row.action, row.id, row.meaning) for tally, row in answers)

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Decide on the next patient.

        Raises
        ------
        InputError
            When the outcomes break the design's own order.
        """
        check_order(outcomes, levels, self.max_per_level, fewest=1)
        rows = self.rows
        return climb(lambda level, above: first_row(rows, outcomes.tally(level), above), outcomes, levels)


_CLOSED, _TOP = (Above.CLOSED,), (Above.NONE,)


def read_table(name: str, rows: Iterable[tuple[int, Mapping[str, str]]]) -> DecisionTable:
    """Make a design from numbered rows of text.

    Parameters
    ----------
    name
        What the table is called in answers and faults, as in ``table:mine.csv``.
    rows
        Line number and the cells `enrolled`, `dlts`, `pending`, `decision`.

    Raises
    ------
    InputError
        When a cell is no count or no decision, a state is impossible or twice, or one is missing.
    """
    cells: dict[Tally, Action] = {}
    for line, row in rows:
        tally, action = _cell(f"{name} line {line}", row)
        if tally in cells:
            raise InputError(f"{name} line {line}", "the state has a row already", "keep one of the two")
        cells[tally] = action
    if not cells:
        raise InputError(name, "there is no row", f"give the columns {', '.join(COLUMNS)}")
    wanted = states(max(tally.enrolled for tally in cells))
    missing = [t for t in wanted if t not in cells and t.enrolled > 0]
    if missing:
        t = missing[0]
        raise InputError(
            name,
            f"{len(missing)} states have no row, the first is {t.enrolled} enrolled, {t.dlts} DLTs, "
            f"{t.pending} pending",
            "add a row for every state up to the largest number enrolled",
        )
    undone = next((t for t, action in cells.items() if action in _RESTRICTIVE and _undone(cells, t)), None)
    if undone is not None:
        state = f"{undone.enrolled} enrolled, {undone.dlts} DLTs, {undone.pending} pending"
        fault = f"{state} {_RESTRICTIVE[cells[undone]]}, with one more pending it doses"
        raise InputError(name, fault, "a pending patient adds no information: close or suspend there too")
    cells.setdefault(Tally(0, 0, 0), Action.SAME)
    return DecisionTable(name, tuple((tally, cells[tally]) for tally in wanted))


def _undone(cells: Mapping[Tally, Action], tally: Tally) -> bool:
    """Whether one more pending patient turns a closed or waiting level into a dose there or above."""
    more = cells.get(Tally(tally.enrolled + 1, tally.dlts, tally.pending + 1))
    return more in (Action.SAME, Action.ESCALATE)


def _cell(place: str, row: Mapping[str, str]) -> tuple[Tally, Action]:
    try:
        counts = tuple(int(row[column]) for column in COLUMNS[:3])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            place, "enrolled, dlts and pending are not whole numbers", "give a count in each"
        ) from error
    enrolled, dlts, pending = counts
    if min(counts) < 0 or dlts + pending > enrolled:
        raise InputError(
            place, f"{dlts} DLTs and {pending} pending do not fit {enrolled} enrolled", "correct the counts"
        )
    word = (row.get("decision") or "").strip()
    if word not in set(Action):
        raise InputError(place, f"`{word}` is no decision", f"use one of {', '.join(Action)}")
    return Tally(enrolled, dlts, pending), Action(word)
