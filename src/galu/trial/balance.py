"""Mass balance of one administration: what was drawn, less what was left over by item, is what was given.

Every activity is brought by physical decay to the start of the administration (EANM practice: one reference
time). Where a net activity is stated besides and does not agree, neither is taken: somebody is to say which
holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from galu.quantities import decay_factor
from galu.record import Row
from galu.record.treatment import Administration, Dispensed, Residual
from galu.record.when import hours_between

Drawn = Dispensed | Residual
#: An activity calibrated further from the administration [h] is another's, or has a mistyped day (assumed).
FAR_H: Final = 96.0
#: With this share of the activity drawn left over nothing was given (assumed).
UNGIVEN: Final = 0.9
TOGETHER: Final = "all together"


@dataclass(frozen=True, slots=True)
class Balance:
    """Activities at the start of the administration [MBq]; None is not known.

    `left` names what was left over by item; `net_mbq` is what was given, with how that is known in `reason`;
    `amiss` says what does not fit. `again` holds ids of facts that state another activity for the same thing.
    """

    drawn_mbq: float | None
    left: tuple[tuple[str, float], ...]
    stated_mbq: float | None
    net_mbq: float | None
    reason: str
    facts: tuple[str, ...] = ()
    amiss: str = ""
    again: tuple[str, ...] = ()

    @property
    def left_mbq(self) -> float | None:
        """All that was left over; None where nothing is recorded."""
        return sum(mbq for _, mbq in self.left) if self.left else None


def derive_balance(
    given: Row[Administration],
    drawn: Sequence[Row[Dispensed]],
    left: Sequence[Row[Residual]],
    half_life_h: float | None,
    within: tuple[float, str],
) -> Balance:
    """The balance of one administration.

    Parameters
    ----------
    given, drawn, left
        The administration, and what was drawn and left over for it.
    half_life_h
        Physical half-life of the agent [h]; None where it is not known.
    within
        Share by which a stated net activity may differ, and the zone of local times.
    """
    stated, again = given.fact.activity_mbq, said_again(drawn, left)
    if again:
        if stated is not None:
            return Balance(None, (), stated, stated, "net activity as stated", again=again)
        facts = tuple(row.id for row in (*drawn, *left))
        why = "several activities drawn or left over are recorded: correct or retract some"
        return Balance(None, (), None, None, why, facts, again=again)
    if not drawn:
        return _stated_alone(stated, "dispensed")
    facts = (drawn[0].id, *(row.id for row in _one_of_each(left)))
    rows: tuple[Row[Dispensed] | Row[Residual], ...] = (drawn[0], *_one_of_each(left))
    hours = [hours_between(row.fact.on, given.fact.on, within[1]) for row in rows]
    if not left:
        known = _there(drawn[0], hours[0], half_life_h)
        found = _stated_alone(stated, "residual")
        return found if known is None else _not_more_than_drawn(found, known, within[0], facts)
    fault = _untimed(hours, half_life_h)
    if fault:
        return Balance(None, (), stated, None, fault, facts)
    assert half_life_h is not None
    at_start = [
        row.fact.activity_mbq * decay_factor(h or 0.0, half_life_h)
        for row, h in zip(rows, hours, strict=True)
    ]
    items = tuple(
        (row.fact.item or TOGETHER, mbq) for row, mbq in zip(_one_of_each(left), at_start[1:], strict=True)
    )
    return _closed(Balance(at_start[0], items, stated, None, "", facts), within[0])


def said_again(drawn: Sequence[Row[Dispensed]], left: Sequence[Row[Residual]]) -> tuple[str, ...]:
    """Ids of rows that state another activity or time than the first of their item does.

    What was left over of all together, beside that of single items, states it twice.
    """
    found = [row.id for row in drawn[1:] if _stated(row) != _stated(drawn[0])]
    first = {row.fact.item: row for row in reversed(left)}
    found += [row.id for row in left if _stated(row) != _stated(first[row.fact.item])]
    if None in first and len(first) > 1:
        found += [row.id for item, row in first.items() if item is not None and row.id not in found]
    return tuple(found)


def was_left_whole(drawn: Row[Dispensed], left: Sequence[Row[Residual]]) -> bool:
    """Whether what was drawn was left over, so that nothing was given."""
    least: dict[str | None, float] = {}
    for row in left:
        least[row.fact.item] = min(least.get(row.fact.item, row.fact.activity_mbq), row.fact.activity_mbq)
    whole = least.pop(None, None)
    parts = [one for one in (whole, sum(least.values()) if least else None) if one is not None]
    return bool(parts) and min(parts) >= UNGIVEN * drawn.fact.activity_mbq


def _stated(row: Row[Dispensed] | Row[Residual]) -> tuple[str, float]:
    return row.fact.on, row.fact.activity_mbq


def _one_of_each(left: Sequence[Row[Residual]]) -> tuple[Row[Residual], ...]:
    first: dict[str | None, Row[Residual]] = {}
    for row in left:
        first.setdefault(row.fact.item, row)
    return tuple(first.values())


def _stated_alone(stated: float | None, lacking: str) -> Balance:
    if stated is not None:
        return Balance(None, (), stated, stated, "net activity as stated")
    return Balance(None, (), None, None, f"{lacking} activity is not recorded")


def _there(drawn: Row[Dispensed], hours: float | None, half_life_h: float | None) -> float | None:
    """What was drawn, at the start; None where that cannot be said."""
    if hours is None or half_life_h is None or abs(hours) > FAR_H:
        return None
    return drawn.fact.activity_mbq * decay_factor(hours, half_life_h)


def _untimed(hours: Sequence[float | None], half_life_h: float | None) -> str:
    """Why the activities cannot be brought to one time; empty where they can."""
    known = [h for h in hours if h is not None]
    if half_life_h is None or len(known) < len(hours):
        return "the nuclide or the time of the administration is not known"
    if max(map(abs, known)) <= FAR_H:
        return ""
    far = "drawn" if abs(known[0]) >= max(map(abs, known[1:])) else "left over"
    return f"the activity {far} is calibrated days from the administration"


def _not_more_than_drawn(found: Balance, drawn: float, share: float, facts: tuple[str, ...]) -> Balance:
    stated = found.stated_mbq
    if stated is None or stated <= drawn * (1.0 + share):
        return replace(found, drawn_mbq=drawn)
    why = f"{stated:.0f} MBq are stated as given, and {drawn:.0f} MBq were drawn: correct one of them"
    return Balance(drawn, (), stated, None, why, facts, why)


def _closed(open_: Balance, share: float) -> Balance:
    """The balance with what was given, where everything fits."""
    drawn, stated = open_.drawn_mbq or 0.0, open_.stated_mbq
    net = drawn - (open_.left_mbq or 0.0)
    why = "dispensed − residual at the start of the administration"
    if net < -share * drawn:
        fault = f"{open_.left_mbq:.0f} MBq are left over of {drawn:.0f} MBq drawn: correct one of them"
        return Balance(drawn, open_.left, stated, None, fault, open_.facts, fault)
    net = max(net, 0.0)
    if stated is not None and abs(net - stated) > share * max(net, stated):
        fault = (
            f"{stated:.0f} MBq are stated as given, dispensed − residual gives {net:.0f} MBq, more than "
            f"{share:.0%} apart: correct one of them"
        )
        return Balance(drawn, open_.left, stated, None, fault, open_.facts, fault)
    return Balance(drawn, open_.left, stated, net, why, open_.facts)
