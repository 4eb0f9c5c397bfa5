"""Left and right of a paired organ, measured apart: together they are the organ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from galu.dosimetry.curves import CycleActivity
from galu.finding import InputError
from galu.kinetics import Samples
from galu.vocabulary.regions import place, region_name

Key = tuple[str, str]


def join_sides(activities: Mapping[Key, tuple[CycleActivity, ...]]) -> dict[Key, tuple[CycleActivity, ...]]:
    """Sum what was measured left and right, cycle by cycle; a cycle of one side alone stays that side's.

    Parameters
    ----------
    activities
        Cycles of each (subject, region).

    Raises
    ------
    InputError
        When a cycle holds a pair and one of its sides, or the sides at different times.
    """
    found: dict[Key, dict[int, CycleActivity]] = {}
    for (subject, region), cycles in activities.items():
        written = place(region)
        name = region if written is None else region_name(region)
        for one in cycles:
            home = found.setdefault((subject, name), {})
            if one.cycle in home:
                raise InputError(
                    f"{subject}, cycle {one.cycle}, {region}", "is there twice", "keep one of them"
                )
            home[one.cycle] = one
    for subject, region in list(found):
        written = place(region)
        if written is None or written.side != "left":
            continue
        _join(found, subject, (region, f"right {written.organ.one}", written.organ.name))
    return {key: tuple(cycles[n] for n in sorted(cycles)) for key, cycles in found.items() if cycles}


def _join(found: dict[Key, dict[int, CycleActivity]], subject: str, names: tuple[str, str, str]) -> None:
    left, right = found[subject, names[0]], found.get((subject, names[1]), {})
    for cycle in sorted(left.keys() & right.keys()):
        pair = found.setdefault((subject, names[2]), {})
        if cycle in pair:
            fault = f"holds {names[2]} and its sides"
            raise InputError(f"{subject}, cycle {cycle}, {names[0]}", fault, "keep one of them")
        pair[cycle] = _sum(left.pop(cycle), right.pop(cycle), f"{subject}, cycle {cycle}, {names[2]}")


def _sum(left: CycleActivity, right: CycleActivity, where: str) -> CycleActivity:
    """Both sides as one; their σ are taken as independent."""
    others = {
        t: (a, s)
        for t, a, s in zip(
            right.samples.time_h, right.samples.activity_mbq, right.samples.sigma_mbq, strict=True
        )
    }
    if set(others) != set(left.samples.time_h):
        raise InputError(where, "left and right were measured at different times", "give both at each time")
    mine = left.samples
    samples = Samples(
        mine.time_h,
        tuple(a + others[t][0] for t, a in zip(mine.time_h, mine.activity_mbq, strict=True)),
        tuple(math.hypot(s, others[t][1]) for t, s in zip(mine.time_h, mine.sigma_mbq, strict=True)),
        mine.half_life_h,
    )
    refs = tuple(dict.fromkeys((*left.refs, *right.refs)))
    return replace(left, samples=samples, mass_g=left.mass_g + right.mass_g, refs=refs)
