"""What several domains say of one subject is said once: a death, a consent, a screen failure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from galu.exchange.sdtm.facts import Outcome
from galu.exchange.sdtm.tables import Table
from galu.record.fact import Fact
from galu.record.people import Death, Disposition

#: Which domain is believed first where two know a day equally well.
_ORDER: Final = ("DM", "DS", "AE")
_ONCE: Final = ("death", "consent")


def settle(tables: Sequence[Table], outcomes: Sequence[Outcome]) -> None:
    """Keep of each death and consent the one whose day is known best, and the cause somebody gave.

    A screen failure of DM stands where the disposition names none.
    """
    told: dict[tuple[str, str | None], list[tuple[int, str, Fact]]] = {}
    failed: set[str | None] = set()
    for table, outcome in zip(tables, outcomes, strict=True):
        for fact in outcome.facts:
            if fact.kind in _ONCE and table.domain in _ORDER:
                rank = _ORDER.index(table.domain)
                told.setdefault((fact.kind, fact.subject), []).append((rank, table.domain, fact))
            elif isinstance(fact, Disposition) and table.domain == "DS" and _is_failure(fact):
                failed.add(fact.subject)
    kept = {key: _best(versions) for key, versions in told.items()}
    for table, outcome in zip(tables, outcomes, strict=True):
        outcome.facts = [
            kept.get((fact.kind, fact.subject), fact)
            for fact in outcome.facts
            if _stands(fact, table.domain, kept, failed)
        ]


def _best(versions: Sequence[tuple[int, str, Fact]]) -> Fact:
    """The version whose day is known best; a death has the cause that any of them gives."""
    best = min(versions, key=lambda one: (-min(len(one[2].on), 10), one[0], one[2].on, one[2].id))[2]
    if not isinstance(best, Death):
        return best
    deaths = [one[2] for one in sorted(versions, key=lambda one: (one[0], one[2].id))]
    causes = [one for one in deaths if isinstance(one, Death)]
    cause = best.cause or next((one.cause for one in causes if one.cause), None)
    return best.model_copy(update={"cause": cause, "related": _related(causes)})


def _related(deaths: Iterable[Death]) -> bool | None:
    """Related where any says so, unrelated where all that say anything do."""
    said = {one.related for one in deaths if one.related is not None}
    return True if True in said else False if said else None


def _stands(
    fact: Fact, domain: str, kept: dict[tuple[str, str | None], Fact], failed: set[str | None]
) -> bool:
    if fact.kind in _ONCE and domain in _ORDER:
        return kept[fact.kind, fact.subject].id == fact.id
    if isinstance(fact, Disposition) and domain == "DM":
        return fact.subject not in failed
    return True


def _is_failure(fact: Disposition) -> bool:
    said = fact.term.upper()
    return "SCREEN" in said and "FAIL" in said
