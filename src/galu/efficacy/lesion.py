"""A lesion as it was measured at a visit, and the numbers of RECIST 1.1 it is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from galu.finding import InputError
from galu.words import checked_fields

State = Literal["measured", "too-small", "absent", "present", "progressed", "equivocal", "not-evaluable"]
Role = Literal["target", "non-target", "new"]


@dataclass(frozen=True, slots=True)
@checked_fields
class Measurement:
    """One lesion at one visit, by one reader; longest diameter, or short axis of a node [mm].

    `present`, `progressed` (unequivocally) and `absent` are for non-target lesions; a new lesion
    counts when it is `present` or measured, not while it is `equivocal`, and a new node from 10 mm.
    """

    lesion: str
    day: date
    visit: str
    value_mm: float | None = None
    state: State = "measured"
    role: Role = "target"
    nodal: bool = False
    organ: str = ""
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class RecistRule:
    """Numbers of RECIST 1.1; each a switch with the guideline's value.

    `recurrence_is_progression`: a lesion outside nodes that is back after an overall CR is PD
    whatever its size; a node is judged by its size alone, as 9 to 11 mm may be no disease (EORTC
    RECIST FAQ). `measurable_mm`, `measurable_node_mm`: least size of a target at baseline (section 3.1).
    """

    too_small_mm: float = 5.0
    node_normal_mm: float = 10.0
    progression_percent: float = 20.0
    progression_mm: float = 5.0
    response_percent: float = 30.0
    max_targets: int = 5
    max_per_organ: int = 2
    measurable_mm: float = 10.0
    measurable_node_mm: float = 15.0
    recurrence_is_progression: bool = True


def size_mm(item: Measurement, rule: RecistRule) -> float | None:
    """Size that counts in a sum [mm]; None where it is not known.

    Raises
    ------
    InputError
        For a negative size.
    """
    if item.state == "not-evaluable":
        return None
    if item.state == "absent":
        return 0.0
    if item.state == "too-small":
        return item.value_mm if item.value_mm is not None else rule.too_small_mm
    if item.value_mm is None:
        return None
    if not item.value_mm >= 0.0:
        raise InputError(
            f"lesion {item.lesion}, {item.visit}", f"{item.value_mm} mm", "give a size of 0 or more"
        )
    return item.value_mm


def is_gone(item: Measurement, rule: RecistRule) -> bool:
    """Whether nothing of a lesion is left: absent, no size, or a node of normal size."""
    if item.state == "absent":
        return True
    size = size_mm(item, rule) if item.state in ("measured", "too-small") else None
    return size is not None and (size == 0.0 or (item.nodal and size < rule.node_normal_mm))
