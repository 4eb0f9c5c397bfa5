"""Dose-limiting toxicity by level and what was decided on it (CONSORT-DEFINE, results items)."""

from __future__ import annotations

from collections.abc import Sequence

from galu.binomial import clopper_pearson
from galu.results.lines import Cell, Counted, Facts, Heading, Line, Stated
from galu.results.table import Table
from galu.trial.slots import Slot
from galu.trial.state import TrialState

#: Outcomes of a slot, in the words of the table.
_OUTCOMES = (("Evaluable", "NT"), ("Pending", "P"), ("Not evaluable, replaced where the design asks", "X"))


def limiting(state: TrialState) -> Table:
    """T-14.3.1.10. Denominator of the rate are the evaluable, not the dosed; the decisions stand below."""
    slots = {one.subject: one for one in state.board.slots if one.first_dose is not None}

    def of(outcomes: str) -> dict[str, Facts]:
        return {name: one.decided_by or one.facts for name, one in slots.items() if one.outcome in outcomes}

    evaluable, toxic = of("NT"), of("T")
    lines: list[Line] = [Counted("Dosed", {name: one.facts for name, one in slots.items()})]
    lines += [Counted(label, of(outcomes), 1) for label, outcomes in _OUTCOMES]
    lines.append(Counted("Dose-limiting toxicity", toxic, of=frozenset(evaluable)))
    lines.append(Stated("exact 95 % interval [%]", lambda members: _interval(members, evaluable, toxic), 1))
    lines += [Counted(rule, who, 1) for rule, who in sorted(_by_rule(slots).items())]
    if state.board.decisions:
        lines.append(Heading("Decisions as recorded (with what was known then)"))
        lines += [_decision(state, n) for n in range(len(state.board.decisions))]
    notes = (
        "n/N (%) of a toxicity has the evaluable as N. A signed decision stands as it was taken; one that "
        "rests on a fact corrected since is called stale.",
    )
    return Table(
        "14.3.1.10",
        "Dose-limiting toxicity by level, and decisions",
        "therapy-safety",
        tuple(lines) if slots else (),
        notes,
    )


def _interval(members: Sequence[str], evaluable: dict[str, Facts], toxic: dict[str, Facts]) -> Cell:
    base = [one for one in members if one in evaluable]
    if not base:
        return Cell("–")
    found = clopper_pearson(sum(one in toxic for one in base), len(base), 0.95)
    low, high = 100.0 * found.lower, 100.0 * found.upper
    return Cell(f"{low:.1f}, {high:.1f}", (low, high), tuple(base))


def _by_rule(slots: dict[str, Slot]) -> dict[str, dict[str, Facts]]:
    found: dict[str, dict[str, Facts]] = {}
    for name, one in slots.items():
        if one.outcome == "T":
            found.setdefault(f"by {one.rule}", {})[name] = one.decided_by or one.facts
    return found


def _decision(state: TrialState, n: int) -> Line:
    one = state.board.decisions[n]
    signed = (
        f"signed by {one.signer or 'a name not known'}" if one.signed else "not signed: it does not count"
    )
    level = "" if one.level is None else f", level {one.level}"
    stale = "; stale" if one.stale else ""
    return Stated(
        f"{one.day or 'day not known'}: {one.decision}{level}, {signed}{stale}",
        lambda _: Cell(""),
        1,
        {"": (one.fact,)},
    )
