"""Lesions that split or grew together after the baseline (RECIST 1.1, section 4.3.2).

"If a lesion fragments, the longest diameters of the fragmented portions are added together; where
lesions coalesce, the longest diameter of the coalesced lesion stands for them." A part is named after its
lesion (`T02.1`, `T02-a`, `T02a`), a coalesced lesion after those in it (`T01/T03`, `T01+T03`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from galu.efficacy.lesion import Measurement, RecistRule, is_gone, size_mm

_BETWEEN: Final = re.compile(r"\s*(?:/|\+|&|,|;|\band\b)\s*", re.IGNORECASE)
#: Also a hyphen or underscore between two names that are both known.
_TIGHT: Final = re.compile(r"\s*[-_]\s*")
_PART: Final = re.compile(r"\s*[._\-/ ]\s*(?:\d{1,2}|[A-Za-z])|[A-Za-z]")
#: States of parts in the order in which one of them speaks for the whole.
_SPEAKS: Final = ("progressed", "present", "measured", "too-small", "equivocal", "not-evaluable", "absent")


def parents_of(name: str, known: Collection[str]) -> tuple[str, ...]:
    """Known lesions that a lesion is a part of (one) or has grown together from (several).

    >>> parents_of("T02.1", ("T01", "T02")), parents_of("T01/T02", ("T01", "T02"))
    (('T02',), ('T01', 'T02'))
    """
    if name in known:
        return ()
    for between in (_BETWEEN, _TIGHT):
        merged = tuple(dict.fromkeys(between.split(name)))
        if len(merged) > 1 and all(one in known for one in merged):
            return merged
    owners = [one for one in known if name.startswith(one) and _PART.fullmatch(name[len(one) :])]
    return (max(owners, key=len),) if owners else ()


def as_at_baseline(
    items: Sequence[Measurement], baseline: Mapping[str, Measurement], rule: RecistRule
) -> tuple[tuple[Measurement, ...], tuple[str, ...]]:
    """One visit told by the lesions of the baseline, and what was put together or could not be."""
    given = {item.lesion for item in items}
    parts: dict[str, list[Measurement]] = {}
    kept: list[Measurement] = []
    told: list[str] = []
    for item in items:
        above = () if item.role == "new" else parents_of(item.lesion, baseline)
        if len(above) == 1:
            parts.setdefault(above[0], []).append(item)
        elif above:
            free = [name for name in above if name not in given]
            kept += _coalesced(item, [baseline[name] for name in free])
            told.append(f"{item.lesion} stands for {' and '.join(above)}, which grew together")
        else:
            kept.append(item)
            if item.role != "new" and item.lesion not in baseline:
                told.append(f"{item.lesion} is no {item.role} lesion of the baseline and is left out")
    for name, own in parts.items():
        if name in given and not is_gone(next(item for item in items if item.lesion == name), rule):
            told.append(f"{name} is given beside its parts: the parts are left out")
            continue
        kept = [item for item in kept if item.lesion != name]
        kept.append(_together(baseline[name], own, rule))
        told.append(f"{name} is the sum of {', '.join(sorted(item.lesion for item in own))}")
    return tuple(sorted(kept, key=lambda item: item.lesion)), tuple(told)


def _coalesced(item: Measurement, lesions: Sequence[Measurement]) -> list[Measurement]:
    """The coalesced lesion in the place of the first, nothing in the place of the others."""
    if not lesions:
        return []
    first, *others = lesions
    here = replace(item, lesion=first.lesion, role=first.role, nodal=first.nodal, organ=first.organ)
    gone = [
        replace(here, lesion=one.lesion, role=one.role, nodal=one.nodal, value_mm=None, state="absent")
        for one in others
    ]
    return [here, *gone]


def _together(lesion: Measurement, parts: Sequence[Measurement], rule: RecistRule) -> Measurement:
    """A lesion as its parts are: the sum of sizes, and the state of the part that says most."""
    sizes = [size_mm(part, rule) for part in parts]
    first = min(parts, key=lambda part: _SPEAKS.index(part.state))
    whole = replace(
        first, lesion=lesion.lesion, role=lesion.role, nodal=lesion.nodal, organ=lesion.organ,
        day=min(part.day for part in parts),
    )  # fmt: skip
    if lesion.role != "target":
        return whole
    if any(size is None for size in sizes):
        return replace(whole, value_mm=None, state="not-evaluable")
    total = sum(size for size in sizes if size is not None)
    if all(part.state == "absent" for part in parts):
        return replace(whole, value_mm=None, state="absent")
    return replace(whole, value_mm=total, state="measured")
