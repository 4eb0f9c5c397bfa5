"""At a glance: the recommended dose, what the design answers, who decides, how many items are open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from galu.report.blocks import Chip, Chips, Section, Table
from galu.report.board import decision_rows, standing_of
from galu.report.sections.exposure import activities_of
from galu.report.sections.open_items import Item
from galu.trial.state import TrialState

#: Lines of the decision that the first look shows; the board has them all.
_FIRST: Final = ("design says", "because", "alert", "may enrol", "next step")


def glance(state: TrialState, items: Sequence[Item]) -> Section:
    """The answer first: which dose is recommended, or that none is yet."""
    answer = recommended(state)
    told = tuple((name, said) for name, said in decision_rows(state.board) if name in _FIRST)
    rows = (("recommended dose", answer), *told, ("who decides", _who(state)),
            ("open safety items", _open(items)))  # fmt: skip
    table = Table("at-a-glance", "Where the trial stands", ("", "today"), rows)
    return Section("glance", "At a glance", (answer,), (Chips(_chips(state, items)), table))


def recommended(state: TrialState) -> str:
    """The signed recommended dose in a sentence, or that there is none."""
    board, signed = state.board, state.board.rp2d
    if signed is None:
        drafts = sum(one.decision == "rp2d" and not one.signed for one in board.decisions)
        draft = f" {drafts} recorded without a signature, which does not count." if drafts else ""
        if state.study.escalation is None:
            return f"No recommended dose: the study file plans no escalation.{draft}"
        return f"There is no recommended dose yet.{draft}"
    stale = standing_of(signed)
    standing = f" It is {stale}." if stale else ""
    return (
        f"Recommended dose: {_level(state, signed.level)}, signed by {signed.signer or 'nobody'} "
        f"on {signed.day or 'an unknown day'}.{standing}"
    )


def _level(state: TrialState, level: int | None) -> str:
    if level is None:
        return "no level named"
    activity = activities_of(state).get(level)
    return f"level {level}" if activity is None else f"{activity} (level {level})"


def _who(state: TrialState) -> str:
    phase = state.board.phase
    if phase == "not planned":
        return "nobody: the study file plans no escalation"
    if phase in ("expansion", "complete"):
        return "the recommended dose is decided; a signed decision suspends, resumes or stops"
    if phase == "stopped":
        return "decided: the trial is stopped"
    return "the design proposes; the safety committee decides, and only a signed decision counts"


def _open(items: Sequence[Item]) -> str:
    if not items:
        return "none that follows from the record"
    people = len({one.subject for one in items if one.subject})
    return f"{len(items)}, of {people} subjects" if people else str(len(items))


def _chips(state: TrialState, items: Sequence[Item]) -> tuple[Chip, ...]:
    """A few numbers that say where the trial stands."""
    board, counts = state.board, state.flow
    level = board.rp2d.level if board.rp2d else None
    activity = None if level is None else activities_of(state).get(level)
    dose = "none yet" if level is None else f"level {level}" if activity is None else activity
    known = "known subjects" if not counts.screened else "screened"
    rows = [Chip("recommended dose", dose, "board"), Chip("open safety items", str(len(items)), "open")]
    if board.slots:
        toxic = sum(slot.outcome == "T" for slot in board.slots)
        pending = sum(slot.outcome == "P" for slot in board.slots)
        rows += [
            Chip("dose-limiting toxicities", str(toxic), "board"),
            Chip("pending", str(pending), "board"),
        ]
        rows += [Chip("phase", board.phase, "board")]
    rows += [Chip(known, str(counts.screened or counts.known), "flow")]
    if state.study.escalation is not None:
        rows += [Chip("enrolled", str(counts.enrolled), "flow")]
    dosed = str(counts.dosed) if board.target is None else f"{counts.dosed} / {board.target}"
    rows += [Chip("dosed", dosed, "flow")]
    for one in state.efficacy.rates:
        if one.population == "all" and one.endpoint in ("PSA50 confirmed", "ORR"):
            rows.append(Chip(one.endpoint, f"{one.proportion.x} / {one.proportion.n}", "efficacy"))
    return tuple(rows)
