"""Urine of one administration wired to the record: what was excreted, and how fast blood gives it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from galu.finding import InputError
from galu.pharmacokinetics import Collection, Parameter, Urine, urinary
from galu.record.when import hours_between
from galu.trial.exposure import Dose

#: Area of the blood or plasma profile over the window of the urine [h], decay-corrected.
AreaBetween = Callable[[float, float], Parameter | None]
_NOTHING: Final = "no collection with both times after the start of the administration"


def excretion(
    key: tuple[str, int],
    rows: Sequence[Mapping[str, Any]],
    given: tuple[Dose, float, str],
    area: AreaBetween,
) -> tuple[Parameter, ...]:
    """Amount, percentage and renal clearance over the whole collection, decay-corrected.

    Parameters
    ----------
    key
        Subject and cycle.
    rows
        Facts `urine_collection` of this administration.
    given
        The administration, the half-life of its nuclide [h] and the record's zone.
    area
        AUC of blood over a window, or None where there is no profile.
    """
    dose, half_life_h, zone = given
    ids = tuple(row["id"] for row in rows)
    collections = _collections(rows, dose.start, zone, half_life_h)
    if not collections:
        return _none(_NOTHING, ids)
    first, last = collections[0].start_h, collections[-1].end_h
    try:
        urine = Urine(*key, collections, dose.net_mbq, "MBq/mL", "MBq", "mL")
        return urinary(urine, first, last, area(first, last))
    except InputError as error:
        return _none(str(error), ids)


def _none(reason: str, ids: tuple[str, ...]) -> tuple[Parameter, ...]:
    rows = (
        ("RCAMINT", "Amt Rec from T1 to T2", "MBq"),
        ("RCPCINT", "Pct Rec from T1 to T2", "%"),
        ("RENALCL", "Renal CL", "L/h"),
    )
    return tuple(Parameter(code, name, None, unit, reason, 0.0, None, ids) for code, name, unit in rows)


def _collections(
    rows: Sequence[Mapping[str, Any]], start: str, zone: str, half_life_h: float
) -> tuple[Collection, ...]:
    """Collections in order of time, their activity corrected to the start of the administration.

    A measured activity of urine is that at the end of its collection.
    """
    found = []
    for row in sorted(rows, key=lambda row: row["on"]):
        begin, end = hours_between(start, row["on"], zone), hours_between(start, row["ended"], zone)
        if begin is None or end is None or begin < 0.0:
            continue
        conc = None
        if row["activity_mbq"] is not None and row["volume_ml"]:
            decay = 1.0 if row["decay_state"] == "corrected" else 2.0 ** (end / half_life_h)
            conc = row["activity_mbq"] * decay / row["volume_ml"]
        found.append(Collection(begin, end, conc, row["volume_ml"], bool(row["missed_void"]), row["id"]))
    return tuple(found)
