"""The screening page: criteria by patients, each cell with its evidence, its age and its expiry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from galu.desk.identity import acts
from galu.desk.pages.look import Look, look
from galu.eligibility import AtomVerdict, CriterionVerdict, Gate
from galu.finding import InputError
from galu.trial.eligibility import GateVerdicts

#: Evidence that expires within so many days is shown as running out.
SOON: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Cell:
    """One criterion of one patient: `state` is yes, no, unk or later; its evidence expires in `days_left`."""

    criterion: str
    state: str
    days_left: int | None

    @property
    def runs_out(self) -> bool:
        """Whether evidence that is good now soon is not."""
        return self.state == "yes" and self.days_left is not None and self.days_left <= SOON.days


@dataclass(frozen=True, slots=True)
class Line:
    """A patient at the gate that comes next, or the last judged; `waits` says that it is still to come."""

    subject: str
    site: str
    gate: str
    cells: tuple[Cell, ...]
    violated: int
    unknown: int
    waits: bool

    @property
    def ready(self) -> bool:
        """Whether the gate is to come, and nothing stands against it."""
        return self.waits and not (self.violated or self.unknown)


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a criterion: what it says, the facts it rests on with their days, its expiry."""

    id: str
    state: str
    reason: str
    facts: tuple[tuple[str, date | None], ...]
    expires: date | None
    is_judgement: bool
    signer: str
    due: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """One cell with all that it rests on."""

    subject: str
    criterion: str
    text: str
    polarity: str
    state: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Screening:
    """Who is in screening or waits for the first dose; `criteria` are the columns with their words."""

    look: Look
    criteria: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    opened: Opened | None

    @property
    def ready(self) -> tuple[str, ...]:
        """Who may pass the gate that comes next."""
        return tuple(one.subject for one in self.lines if one.ready)


@acts("read")
def screening(
    folder: Path, as_of: date | None = None, cell: tuple[str, str] | None = None, everybody: bool = False
) -> Screening:
    """The matrix of a day.

    Parameters
    ----------
    cell
        Subject and criterion to open.
    everybody
        Also those who are dosed or failed screening.

    Raises
    ------
    InputError
        When the record had not begun on that day, or there is no such cell.
    """
    seen = look(folder, as_of)
    plan = seen.state.study.eligibility
    if plan is None:
        return Screening(seen, (), (), None)
    board = seen.state.board
    waiting = {slot.subject for slot in board.slots if slot.first_dose is None and slot.outcome == "P"}
    wanted = {*board.screening, *waiting}
    last = {one.subject: one for one in seen.state.eligibility if seen.sees(one.subject)}
    lines = tuple(
        _line(seen, one, name in wanted) for name, one in sorted(last.items()) if everybody or name in wanted
    )
    opened = None if cell is None else _opened(seen, last, cell)
    return Screening(seen, tuple((one.id, one.text) for one in plan.criteria), lines, opened)


def _line(seen: Look, one: GateVerdicts, waits: bool) -> Line:
    cells = tuple(_cell(verdict, one.day if waits else None) for verdict in one.verdicts)
    return Line(
        one.subject,
        seen.sites.get(one.subject, ""),
        one.gate.value,
        cells,
        sum(cell.state == "no" for cell in cells),
        sum(cell.state == "unk" for cell in cells),
        waits,
    )


def _cell(verdict: CriterionVerdict, day: date | None) -> Cell:
    left = None if verdict.expires is None or day is None else (verdict.expires - day).days
    return Cell(verdict.criterion, state_of(verdict), left)


_STATES: Final = {"satisfied": "yes", "violated": "no", "unknown": "unk"}


def state_of(verdict: CriterionVerdict) -> str:
    """A verdict as the page marks it; what is due only at a later gate is marked so while it is unknown."""
    if verdict.verdict == "unknown" and verdict.at_gate == "satisfied":
        return "later"
    return _STATES[verdict.at_gate]


def _opened(seen: Look, last: dict[str, GateVerdicts], cell: tuple[str, str]) -> Opened:
    subject, criterion = cell
    plan = seen.state.study.eligibility
    found = [v for v in (last[subject].verdicts if subject in last else ()) if v.criterion == criterion]
    if plan is None or not found:
        raise InputError(f"{subject}, {criterion}", "is no cell of the matrix", "choose one of the page")
    text = next(one.text for one in plan.criteria if one.id == criterion)
    verdict = found[0]
    pieces = tuple(_piece(seen, verdict, atom) for atom in verdict.atoms)
    return Opened(subject, criterion, text, verdict.polarity, state_of(verdict), pieces)


def _piece(seen: Look, verdict: CriterionVerdict, atom: AtomVerdict) -> Piece:
    state = _STATES[verdict.verdict_of(atom)]
    facts = tuple(_dated(seen, atom.facts))
    is_judgement = atom.judgement or _is_judged(seen, atom.id)
    return Piece(
        atom.id, state if atom.due else "later", atom.reason, facts, atom.expires, is_judgement, atom.signer,
        atom.due,
    )  # fmt: skip


def _is_judged(seen: Look, atom: str) -> bool:
    plan = seen.state.study.eligibility
    return plan is not None and any(one.id == atom and one.comparison == "judgement" for one in plan.atoms())


def _dated(seen: Look, facts: Iterable[str]) -> Iterator[tuple[str, date | None]]:
    wanted = list(facts)
    days: dict[str, date | None] = {}
    for kind in seen.record.frames:
        frame = seen.record.facts(kind)
        days.update(frame.filter(frame["id"].is_in(wanted)).select("id", "day").iter_rows())
    for fact in wanted:
        yield fact, days.get(fact)


def gates() -> tuple[str, ...]:
    """Gates in their order."""
    return tuple(gate.value for gate in Gate)
