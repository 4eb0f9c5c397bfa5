"""Whether S values can be those of the nuclide: energy is neither made nor lost, and files say what they are.

An organ cannot absorb more of its own decays than they emit, S·m ≤ Δ, and keeps at least a good part of
their electrons and α; outside that a unit or the nuclide is mistaken. MIRD pamphlet 21.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from galu.finding import InputError
from galu.nuclides import Nuclide, canonical, nuclide, nuclide_names
from galu.vocabulary.regions import place as region_place

#: Share of the energy of electrons and α that an organ keeps at least (assumed): a wall lets most of it out.
LEAST_KEPT, LEAST_KEPT_BY_WALLS = 0.5, 0.05
#: What a file's digits may add to the energy emitted (assumed).
DIGITS: Final = 1.03
#: How far a patient's or phantom's mass may lie from the reference mass, where the file has none (assumed).
MASSES_DIFFER: Final = 4.0
_THIN: Final = ("wall", "skin", "surface", "mucosa", "region", "lens", "contents", "lung", "marrow", "bone")
_TOKEN: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,2}[-_]?\d{2,3}m?|\d{2,3}m?[-_]?[A-Za-z]{1,2})(?![A-Za-z0-9])"
)


def refuse_other_nuclide(text: str, nuclide_name: str, place: str) -> None:
    """Refuse a file whose name, comments or header name another nuclide.

    Raises
    ------
    InputError
        When they do, and none of them this one.
    """
    wanted = nuclide(nuclide_name).name
    lines = [line for line in text.splitlines() if line.strip()]
    header = next((line for line in lines if not line.lstrip().startswith("#")), "")
    said = [line for line in lines if line.lstrip().startswith("#")]
    spoken = " ".join([re.split(r"[/\\\\]", place)[-1], *said, header])
    named = {known for token in _TOKEN.findall(spoken) if (known := canonical(token)) is not None}
    if named and wanted not in named:
        fault = f"is of {', '.join(sorted(named))}, not of {wanted}"
        raise InputError(place, fault, "give the file of this nuclide, or name the other")


def refuse_impossible_energy(
    total: Mapping[tuple[str, str], float], masses: Mapping[str, float], agent: Nuclide, place: str
) -> None:
    """Refuse S values that no unit or mass of this nuclide explains.

    Parameters
    ----------
    total : mapping of (str, str) to float
        S of each target and source [Gy/(MBq·h)].
    masses : mapping of str to float
        Masses of the targets [g], as far as the file has them.
    agent : Nuclide
        The nuclide.
    place : str
        Name of the file.

    Raises
    ------
    InputError
        When a target absorbs more than is emitted, or an organ next to nothing of its own electrons.
    """
    for (target, source), value in total.items():
        own = region_place(target)
        mass = masses.get(target)
        slack = DIGITS
        if mass is None and own is not None and own.organ.mass_g is not None:
            mass, slack = own.organ.mass_g, MASSES_DIFFER
        if mass is None or not value > 0:
            continue
        most, kept = _emitted(agent), _kept(agent)
        least = LEAST_KEPT_BY_WALLS if any(word in target for word in _THIN) else LEAST_KEPT
        if slack > DIGITS:
            least /= MASSES_DIFFER
        if value * mass > most * slack or (target == source and value * mass < kept * least):
            share = value * mass / most
            fault = f"would absorb {share:.3g} of the energy that {agent.name} emits in {mass:g} g"
            raise InputError(f"{place}, {target} from {source}", fault, _remedy(value * mass))


def _emitted(agent: Nuclide) -> float:
    """Energy per decay [Gy·g/(MBq·h)]."""
    return agent.delta_electron() + agent.delta_photon() + agent.delta_alpha()


def _kept(agent: Nuclide) -> float:
    """The part of it that stays near: electrons and α [Gy·g/(MBq·h)]."""
    return agent.delta_electron() + agent.delta_alpha()


def _remedy(absorbed: float) -> str:
    fits = [
        name
        for name in nuclide_names()
        if 0.85 * _kept(nuclide(name)) < absorbed < DIGITS * _emitted(nuclide(name))
    ]
    others = f"; it would fit {', '.join(fits[:3])}" if fits else ""
    return f"check the unit of S (--s-unit), the mass and the nuclide{others}"


def rows_of(
    rows: Iterable[tuple[str, dict[str, str]]], nuclide_name: str, place: str
) -> list[tuple[str, dict[str, str]]]:
    """Rows of this nuclide, where a column `nuclide` names it; all of them where there is none.

    Raises
    ------
    InputError
        When no row is of this nuclide.
    """
    every = list(rows)
    wanted = nuclide(nuclide_name).name
    if not every or "nuclide" not in every[0][1]:
        return every
    mine = [(where, row) for where, row in every if canonical(row["nuclide"]) == wanted]
    if not mine:
        raise InputError(place, f"has no row of {wanted}", "give the file of this nuclide, or name the other")
    return mine
