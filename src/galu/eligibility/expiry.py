"""When each piece of evidence expires, seen from today and from the planned dose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from galu.eligibility.case import Case
from galu.eligibility.evaluate import AtomVerdict, evaluate, settings_of
from galu.eligibility.evidence import Gate, SubjectEvidence
from galu.eligibility.items import ITEMS
from galu.eligibility.plan import AtomPlan, EligibilityPlan
from galu.eligibility.reading import READINGS
from galu.eligibility.values import lasts_until
from galu.words import checked, checked_fields

_HISTORY: Final = frozenset(item.key for item in ITEMS if item.value == "flag")  # a flag does not expire
State = Literal["valid", "expired", "expires before the dose"]


@dataclass(frozen=True, slots=True)
@checked_fields
class Expiry:
    """One piece of evidence of an atom: `expires` is the last day of dosing for which it counts."""

    subject: str
    criterion: str
    atom: str
    item: str
    on: date | None
    expires: date
    state: State
    facts: tuple[str, ...]


@checked
def expiry_calendar(
    plan: EligibilityPlan,
    evidence: SubjectEvidence,
    as_of: date,
    settings: Mapping[str, str] | None = None,
) -> tuple[Expiry, ...]:
    """List what expires before or after the first dose, soonest first.

    The dose is `evidence.anchors.first_dose`, which may be a planned day; without one the calendar says
    only what has expired today. After the dose it shows the dose day, when expiry last mattered.
    """
    case = Case(plan, evidence, Gate.DOSE, as_of, settings_of(plan, settings or {}))
    rows = []
    for criterion in evaluate(plan, evidence, Gate.DOSE, as_of, settings):
        atoms = {
            atom.id: atom for one in plan.criteria if one.id == criterion.criterion for atom in one.atoms
        }
        for verdict in criterion.atoms:
            for item, on, last, facts in _pieces(case, atoms[verdict.id], verdict):
                state = _state(last, case.day, evidence.anchors.first_dose)
                rows.append(
                    Expiry(evidence.subject, criterion.criterion, verdict.id, item, on, last, state, facts)
                )
    return tuple(sorted(rows, key=lambda row: (row.expires, row.atom, row.item)))


def _pieces(
    case: Case, atom: AtomPlan, verdict: AtomVerdict
) -> Iterator[tuple[str, date | None, date, tuple[str, ...]]]:
    aged = "valid_days" in READINGS[atom.comparison].reads
    if aged and (atom.valid_days is not None or atom.window is not None):
        for item in (item for item in atom.items if item not in _HISTORY):
            found = case.latest(item)
            last = lasts_until(case, atom, found[0]) if found else None
            if last is not None:
                yield item, found[0].on, last, tuple(sorted({one.ref for one in found}))
    elif verdict.expires is not None:
        days = case.days_of(verdict.facts)
        yield atom.items[0], days[-1] if days else None, verdict.expires, verdict.facts


def _state(last: date, today: date, dose: date | None) -> State:
    if last < today:
        return "expired"
    return "expires before the dose" if dose is not None and last < dose else "valid"
