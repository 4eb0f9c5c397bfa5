"""Who was enrolled where the design let nobody in: a level not yet open, or while it let in nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from galu.escalation.decision import Decision
from galu.escalation.outcomes import Outcomes
from galu.protocol import Study
from galu.trial.accrual import SignedDecision, fold_orders
from galu.trial.design import ask_design, reach
from galu.trial.order import Moment
from galu.trial.slots import Slot, outcome_of, seen_by_design


@dataclass(frozen=True, slots=True)
class Jumped:
    """A patient of the escalation above what the design allowed on the day of enrolment."""

    slot: Slot
    day: date
    decision: Decision

    def __str__(self) -> str:
        """As a sentence: where the patient was enrolled, and what the design said."""
        allowed = reach(self.decision)
        let_in = f"let patients in up to level {allowed}" if allowed else "let nobody in"
        return (
            f"enrolled at level {self.slot.level} on {self.day}, when by what is known of that day the "
            f"design {let_in} ({self.decision.reason.rstrip('.')})"
        )


def derive_jumped(
    study: Study, slots: Iterable[Slot], decisions: Iterable[tuple[SignedDecision, Moment]]
) -> Iterator[Jumped]:
    """Each patient above what the design allowed then, the earliest first.

    The design is asked as if on the day of enrolment: of those enrolled before, whose outcome counts once it
    was settled. What was entered late is not held against the site, for its facts are dated by the day they
    are of. A day on which the design has no answer, and what was signed that day, raise nothing.
    """
    signed = tuple(decisions)
    placed = [(slot.enrolled or slot.first_dose, slot) for slot in seen_by_design(slots)]
    there = sorted(
        ((day, slot) for day, slot in placed if day is not None), key=lambda one: (one[0], one[1].subject)
    )
    for place, (day, slot) in enumerate(there):
        if slot.first_dose is None:
            continue
        before = Outcomes(tuple(outcome_of(_as_of(one, day)) for _, one in there[:place]))
        orders = fold_orders(pair for pair in signed if pair[0].day is not None and pair[0].day <= day)
        decision, _ = ask_design(study, before, orders)
        if decision is not None and slot.level > reach(decision):
            yield Jumped(slot, day, decision)


def _as_of(slot: Slot, day: date) -> Slot:
    """A slot as it stood on a day: what was settled later was pending, a later dose was not given."""
    if slot.first_dose is None:
        return slot
    dosed = slot.first_dose if slot.first_dose <= day else None
    settled = slot.settled is not None and slot.settled <= day
    passed = (day - slot.first_dose).days + 1 if dosed else None
    return replace(
        slot, first_dose=dosed, window_day=passed, outcome=slot.outcome if settled else "P", suspect=False
    )
