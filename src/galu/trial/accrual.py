"""Whether somebody may be enrolled: signed decisions folded in their order, the monitor of the dose.

Only a signed `resume` lifts a suspension, only `open-level` a closure, and a signed `stop` is final.
Where the expansion's toxicity reaches its bound, enrolment is held until the committee, knowing every
toxicity that counted, signs `resume`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal
from zoneinfo import ZoneInfo

import polars as pl

from galu.binomial import binomial_pmf
from galu.escalation.decision import Decision
from galu.protocol import Study
from galu.record import Record, conduct, fact_digest
from galu.record.conduct import Signature
from galu.safety.dlt import DltAssessment
from galu.trial.order import Moment, in_order, moment_of
from galu.vocabulary.persons import is_named

#: What holds enrolment, and which signed decision lifts it.
_RESTRICTIVE: Final = {"stop": "resume", "suspend": "resume", "close-level": "open-level"}
Phase = Literal["escalation", "awaiting RP2D", "expansion", "complete", "stopped", "not planned"]


@dataclass(frozen=True, slots=True)
class SignedDecision:
    """A decision as recorded; only a signed one counts.

    `by` decided or entered it, `signer` put the name under it;
    `signed` says that a signature names it and its digest still fits; `stale` that a fact it rests on was
    since corrected.
    """

    day: date | None
    decision: str
    level: int | None
    by: str
    fact: str
    stale: bool
    signed: bool
    signer: str | None = None


@dataclass(frozen=True, slots=True)
class Orders:
    """What the signed decisions add up to.

    `closed_from` is the lowest closed level: it and all above are closed. `resumed` holds when each
    `resume` was signed, `unsigned` what was recorded to hold enrolment and nobody has signed or lifted yet.
    """

    stopped: bool = False
    suspended: bool = False
    closed_from: int | None = None
    rp2d: SignedDecision | None = None
    resumed: tuple[Moment, ...] = ()
    unsigned: tuple[SignedDecision, ...] = ()

    def highest(self, planned: int) -> int:
        """The highest level that is open, of so many planned; 0 where none is."""
        return planned if self.closed_from is None else min(planned, self.closed_from - 1)

    @property
    def closure(self) -> str:
        """The closure in words."""
        return f"Level {self.closed_from} is closed by a signed decision"


@dataclass(frozen=True, slots=True)
class ToxicityMonitor:
    """DLTs at the recommended dose against the bound: Pr(rate > `dlt_rate`) under a uniform prior."""

    level: int
    evaluable: int
    dlts: int
    dlt_rate: float
    probability: float
    stop_at: float

    @property
    def review(self) -> bool:
        """Whether enrolment is to stop for review."""
        return self.probability >= self.stop_at


@dataclass(frozen=True, slots=True)
class Accrual:
    """What may happen next; `held` says that a signed decision or the monitor keeps enrolment closed."""

    phase: Phase
    may_enrol: bool
    level: int | None
    step: str
    held: bool = False


def read_decisions(record: Record) -> tuple[tuple[SignedDecision, Moment], ...]:
    """Every decision with its moment, oldest first."""
    signatures = {
        (row.fact.signs, row.fact.digest): row.fact.signer
        for row in record.rows(Signature)
        if is_named(row.fact.signer)
    }
    named = [(row, signatures.get((row.id, fact_digest(row.fact)))) for row in record.rows(conduct.Decision)]
    return tuple(
        (
            SignedDecision(
                day=row.day,
                decision=row.fact.decision,
                level=row.fact.level,
                by=row.fact.by,
                fact=row.id,
                stale=any(fact in record.superseded for fact in row.fact.rests_on or ()),
                signed=signer is not None,
                signer=signer,
            ),
            moment_of(row, record.zone),
        )
        for row, signer in named
    )


def fold_orders(decisions: Iterable[tuple[SignedDecision, Moment]]) -> Orders:
    """What the signed ones among the decisions add up to."""
    pairs = tuple(decisions)
    signed = [pair for pair in pairs if pair[0].signed]

    def of(kind: str) -> list[tuple[SignedDecision, Moment]]:
        return [pair for pair in signed if pair[0].decision == kind]

    resumed, rp2ds = tuple(when for _, when in of("resume")), in_order(of("rp2d"))
    # A closure that names no level closes them all.
    closed = [
        one.level or 1
        for one, when in of("close-level")
        if not any((o.level or 1) == (one.level or 1) and later.after(when) for o, later in of("open-level"))
    ]
    return Orders(
        stopped=bool(of("stop")),
        suspended=any(not any(later.after(when) for later in resumed) for _, when in of("suspend")),
        closed_from=min(closed, default=None),
        rp2d=rp2ds[-1][0] if rp2ds else None,
        resumed=resumed,
        unsigned=tuple(
            one
            for one, when in pairs
            if not one.signed
            and one.decision in _RESTRICTIVE
            and not any(later.after(when) for _, later in of(_RESTRICTIVE[one.decision]))
        ),
    )


def derive_monitor(study: Study, orders: Orders, outcomes: Iterable[str]) -> ToxicityMonitor | None:
    """DLTs of everyone at the recommended dose, of whom `outcomes` tells; None before there is one."""
    if orders.rp2d is None or orders.rp2d.level is None or study.safety is None:
        return None
    counted = [outcome for outcome in outcomes if outcome in ("N", "T")]
    dlts, rule = counted.count("T"), study.safety.monitoring
    # Beta(1 + x, 1 + n − x) lies above p as often as n + 1 trials of p give at most x.
    risk = math.fsum(binomial_pmf(len(counted) + 1, rule.dlt_rate.value)[: dlts + 1])
    level, rate, stop = orders.rp2d.level, rule.dlt_rate.value, rule.probability.value
    return ToxicityMonitor(level, len(counted), dlts, rate, risk, stop)


def reviewed(record: Record, orders: Orders, dlts: Iterable[DltAssessment]) -> bool:
    """Whether a `resume` was signed on or after the day of each of these, and after each was written."""
    found = tuple(dlts)
    if not orders.resumed:
        return False
    facts = {fact for one in found for fact in one.facts}
    seqs = [
        seq
        for frame in record.frames.values()
        for seq in frame.filter(pl.col("id").is_in(list(facts)))["seq"].to_list()
    ]
    written = max(seqs, default=0)
    zone = ZoneInfo(record.zone)
    last = max((one.decided_on for one in found if one.decided_on is not None), default=None)
    return any(
        when.seq > written and (last is None or when.last.astimezone(zone).date() >= last)
        for when in orders.resumed
    )


@dataclass(frozen=True, slots=True)
class Room:
    """Patients dosed, seats given to patients who wait for their dose, and the planned number."""

    dosed: int
    waiting: int
    target: int | None

    @property
    def full(self) -> bool:
        """Whether every planned patient is dosed."""
        return self.target is not None and self.dosed >= self.target

    @property
    def taken(self) -> bool:
        """Whether every planned patient is dosed or has a seat."""
        return self.target is not None and self.dosed + self.waiting >= self.target


def next_accrual(
    decision: Decision | None, silence: str, orders: Orders, room: Room, halt: str = ""
) -> Accrual:
    """What may happen next.

    Parameters
    ----------
    decision, silence
        The design's answer, or why there is none.
    halt
        Why the monitor holds the expansion; empty where it does not.
    """
    if orders.stopped:
        return Accrual("stopped", False, None, "The trial was stopped by a signed decision")
    found = _expansion(orders, room, halt) if orders.rp2d else _escalation(decision, silence, orders, room)
    if orders.unsigned and found.phase in ("escalation", "expansion"):
        one = orders.unsigned[0]
        said = (
            f"A {one.decision} by {one.by} is recorded and not signed: it is to be signed or withdrawn first"
        )
        return replace(found, may_enrol=False, step=said, held=True)
    if orders.suspended and found.phase in ("escalation", "expansion"):
        said = "Accrual is suspended by a signed decision"
        return replace(found, may_enrol=False, step=said, held=True)
    return found


def _expansion(orders: Orders, room: Room, halt: str) -> Accrual:
    assert orders.rp2d is not None
    level = orders.rp2d.level
    if room.full:
        return Accrual("complete", False, level, f"{room.dosed} patients dosed: enrolment is complete")
    why = halt
    if level is None:
        why = "The signed RP2D names no level"
    elif not why and level > orders.highest(level):
        why = orders.closure
    if why:
        return Accrual("expansion", False, level, why, held=True)
    step = f"Expansion at level {level}: {room.dosed} of {room.target} dosed, {room.waiting} slots reserved"
    return Accrual("expansion", not room.taken, level, step)


def _escalation(decision: Decision | None, silence: str, orders: Orders, room: Room) -> Accrual:
    if decision is None:
        return Accrual("escalation", False, None, silence, held=orders.closed_from == 1)
    reason = decision.reason if orders.closed_from is None else f"{orders.closure}. {decision.reason}"
    if decision.action.ends_escalation:
        phase: Phase = "stopped" if decision.action.value == "stop-no-dose" else "awaiting RP2D"
        said = f"{reason} The RP2D is a signed committee decision"
        return Accrual(phase, False, decision.level, said)
    if room.full:
        said = f"{room.dosed} patients dosed, as planned in all, before an RP2D was signed"
        return Accrual("complete", False, None, said)
    may = decision.action.value in ("escalate", "same", "de-escalate", "eliminate")
    if may and room.taken:
        said = (
            f"{room.dosed} of {room.target} dosed, {room.waiting} slots reserved: no place is left. {reason}"
        )
        return Accrual("escalation", False, decision.level, said)
    return Accrual("escalation", may, decision.level, reason)
