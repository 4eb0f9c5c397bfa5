"""Doses from the user's own S values or specific absorbed fractions.

D(target) = Σ Ã(source)·S(target ← source). Self-dose is scaled to the patient's mass, electrons and α by
1/m, photons by m^(−2/3); cross-dose is not. The reference mass is that of the S file, never that of a table
of masses. No such file comes with this package: their terms are their owners'.
MIRD pamphlet 21, J Nucl Med 2009;50:477.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from galu.dosimetry.s_check import refuse_impossible_energy, refuse_other_nuclide, rows_of
from galu.dosimetry.self_dose import SelfDose
from galu.finding import InputError
from galu.nuclides import DELTA_PER_MEV, Lines, emissions, nuclide
from galu.quantities import ELECTRON_REST_KEV
from galu.vocabulary.regions import region_name

#: Units of S and their size in Gy/(MBq·h).
S_UNITS: Final[dict[str, float]] = {
    "Gy/(Bq s)": 3.6e9,
    "mGy/(MBq s)": 3.6,
    "mGy/(MBq h)": 1e-3,
    "Gy/(MBq h)": 1.0,
    "rad/(uCi h)": 0.01 / 0.037,
}
REMAINDER, BODY = "remainder", "total body"
#: How far the digits of a file may make its organs exceed its body (assumed).
ROUNDING: Final = 0.05


@dataclass(frozen=True, slots=True)
class SPair:
    """S of a target and a source [Gy/(MBq·h)]: the parts of electrons, of photons and of α with recoil."""

    electron: float
    photon: float
    alpha: float = 0.0

    def total(self) -> float:
        """All parts."""
        return self.electron + self.photon + self.alpha


@dataclass(frozen=True, slots=True)
class SValues:
    """S values of a nuclide and a body.

    Attributes
    ----------
    nuclide : str
        The nuclide.
    pairs : mapping of (str, str) to SPair
        By target and source, in lower case.
    mass_g : mapping of str to float
        Reference masses [g] that came with the file.
    """

    nuclide: str
    pairs: Mapping[tuple[str, str], SPair]
    mass_g: Mapping[str, float]

    def targets(self) -> tuple[str, ...]:
        """Targets in the order of the file."""
        return tuple(dict.fromkeys(target for target, _ in self.pairs))

    def self_dose(self, organ: str, mass_g: float) -> SelfDose:
        """Self-dose of an organ of the patient's mass.

        Raises
        ------
        InputError
            When the file has no self-dose of the organ, or no reference mass.
        """
        name = named(organ)
        pair, reference = self.pairs.get((name, name)), self.mass_g.get(name)
        if pair is None or reference is None:
            what = "no self-dose" if pair is None else "no reference mass"
            raise InputError(f"S values, {organ}", f"have {what}", "add it to the file")
        ratio = reference / mass_g
        return SelfDose(
            (pair.electron + pair.alpha) * ratio + pair.photon * ratio ** (2.0 / 3.0),
            pair.alpha * ratio,
            f"S value of the user's file, scaled from {reference:g} g",
            ("reference mass of the S file",),
        )


@dataclass(frozen=True, slots=True)
class TargetDose:
    """Dose of a target [Gy], what came from itself and from each other source, and sources without S."""

    target: str
    self_gy: float
    cross_gy: tuple[tuple[str, float], ...]
    missing: tuple[str, ...]

    def dose_gy(self) -> float:
        """Whole dose [Gy]."""
        return self.self_gy + math.fsum(dose for _, dose in self.cross_gy)


def named(organ: str) -> str:
    """Name of an organ as it is compared: galu's own where it knows it, else lower case, single spaces."""
    return region_name(organ)


def organ_doses(
    s: SValues, tia_mbq_h: Mapping[str, float], mass_g: Mapping[str, float]
) -> tuple[TargetDose, ...]:
    """Doses of every target from every source.

    Parameters
    ----------
    s : SValues
        S values.
    tia_mbq_h : mapping of str to float
        Time-integrated activity of each source [MBq·h].
    mass_g : mapping of str to float
        The patient's masses [g]; the reference mass where one is not given.
    """
    sources = {named(name): value for name, value in tia_mbq_h.items()}
    masses = {named(name): value for name, value in mass_g.items()}
    found = []
    for target in s.targets():
        own, missing, cross = 0.0, [], []
        for source, tia in sources.items():
            pair = s.pairs.get((target, source))
            if pair is None:
                missing.append(source)
            elif source == target and target in masses:
                own = tia * s.self_dose(target, masses[target]).gy_per_mbq_h
            elif source == target:
                own = tia * pair.total()
            else:
                cross.append((source, tia * pair.total()))
        found.append(TargetDose(target, own, tuple(cross), tuple(missing)))
    return tuple(found)


def with_remainder(s: SValues, sources: Iterable[str]) -> SValues:
    """Add the remainder of the body as a source, all of it but the named sources.

    S(t ← rest) = [S(t ← body)·m_body − Σ S(t ← s)·m_s]/m_rest. A file rounds its digits, so a little below
    zero is nothing.

    Raises
    ------
    InputError
        When the file lacks the total body or a mass, or its organs give a target more than the body does.
    """
    names = [named(source) for source in sources]
    lacking = [name for name in (BODY, *names) if name not in s.mass_g]
    if lacking or not any(source == BODY for _, source in s.pairs):
        raise InputError("S values", f"lack {(lacking or [BODY])[0]} for the remainder", "add it to the file")
    rest = s.mass_g[BODY] - math.fsum(s.mass_g[name] for name in names)
    if not rest > 0:
        raise InputError("S values", "have organs heavier than the body", "check the masses of the file")
    pairs = dict(s.pairs)
    for target in s.targets():
        if (target, BODY) not in s.pairs:
            continue
        whole = s.pairs[target, BODY].total() * s.mass_g[BODY]
        taken = math.fsum(
            s.pairs[target, name].total() * s.mass_g[name] for name in names if (target, name) in s.pairs
        )
        if taken > whole * (1.0 + ROUNDING):
            raise InputError(
                f"S values, {target}",
                "get more from the named organs than from the whole body",
                "check S from the total body and the masses",
            )
        pairs[target, REMAINDER] = SPair(0.0, max(whole - taken, 0.0) / rest)
    return SValues(s.nuclide, pairs, dict(s.mass_g) | {REMAINDER: rest})


def parse_s_matrix(text: str, nuclide_name: str, unit: str, place: str) -> SValues:
    """Read a matrix of S values: a row for each target, a column for each source.

    A column ``mass_g`` holds the masses of the targets, a row ``mass_g`` those of the sources. Lines that
    start with # are comments; an empty cell is unknown. Of a self-dose, electrons and α have what they
    would give absorbed locally, at most all of it.

    Parameters
    ----------
    text : str
        Content of the file.
    nuclide_name : str
        The nuclide it is for.
    unit : str
        A key of `S_UNITS`.
    place : str
        Name of the file, for messages.

    Raises
    ------
    InputError
        When the unit is unknown, or a cell is no number.
    """
    refuse_other_nuclide(text, nuclide_name, place)
    rows = list(_rows(text, place))
    header = [named(cell) for cell in rows[0][1][1:]]
    values: list[tuple[str, str, float]] = []
    masses: dict[str, float] = {}
    for line, row in rows[1:]:
        target = named(row[0])
        for source, cell in zip(header, row[1:], strict=False):
            value = _number(cell, f"{place} line {line} column {source}")
            if value is None:
                continue
            if source == "mass_g" or target == "mass_g":
                masses[target if source == "mass_g" else source] = value
            else:
                values.append((target, source, value))
    return _s_values(values, masses, nuclide_name, (unit, place))


def parse_s_list(text: str, nuclide_name: str, unit: str, place: str) -> SValues:
    """Read a list of S values: columns target, source, s and optionally mass_g (of the target).

    Parameters
    ----------
    text : str
        Content of the file.
    nuclide_name : str
        The nuclide it is for.
    unit : str
        A key of `S_UNITS`.
    place : str
        Name of the file, for messages.

    Raises
    ------
    InputError
        When the unit is unknown, a column is missing or a cell is no number.
    """
    values: list[tuple[str, str, float]] = []
    masses: dict[str, float] = {}
    records = rows_of(_records(text, ("target", "source", "s"), place), nuclide_name, place)
    if not records or "nuclide" not in records[0][1]:
        refuse_other_nuclide(text, nuclide_name, place)
    for where, row in records:
        value, mass = _number(row["s"], where), _number(row.get("mass_g", ""), where)
        if value is not None:
            values.append((named(row["target"]), named(row["source"]), value))
        if mass is not None:
            masses[named(row["target"])] = mass
    return _s_values(values, masses, nuclide_name, (unit, place))


def parse_saf(text: str, nuclide_name: str, place: str) -> SValues:
    """Make S values from specific absorbed fractions.

    Columns radiation (electron, photon, alpha), target, source, energy_mev, saf_per_kg and optionally mass_g
    of the target; fractions are interpolated over the logarithm of the energy and held below the first one.

    Parameters
    ----------
    text : str
        Content of the file.
    nuclide_name : str
        The nuclide; its progeny decay where it decays.
    place : str
        Name of the file, for messages.

    Raises
    ------
    InputError
        When a column is missing, a cell is no number, or an emission lies above the last energy.
    """
    tables: dict[tuple[str, str], dict[str, list[tuple[float, float]]]] = {}
    masses: dict[str, float] = {}
    columns = ("radiation", "target", "source", "energy_mev", "saf_per_kg")
    for where, row in _records(text, columns, place):
        energy, saf = _number(row["energy_mev"], where), _number(row["saf_per_kg"], where)
        mass = _number(row.get("mass_g", ""), where)
        pair = named(row["target"]), named(row["source"])
        if row["radiation"] not in ("electron", "photon", "alpha"):
            raise InputError(where, f"{row['radiation']!r} is no radiation", "say electron, photon or alpha")
        if energy is not None and saf is not None:
            tables.setdefault(pair, {}).setdefault(row["radiation"], []).append((energy, saf))
        if mass is not None:
            masses[pair[0]] = mass
    _refuse_masses(masses, place)
    emitted = emissions(nuclide_name)
    pairs_of_annihilation = float(emitted.positrons.per_decay.sum())
    annihilation = Lines(np.array([ELECTRON_REST_KEV]), np.array([2.0 * pairs_of_annihilation]))
    radiations = {
        "electron": emitted.electrons + emitted.positrons,
        "photon": emitted.photons + annihilation,
        "alpha": emitted.alphas,
    }
    pairs = {}
    for pair, table in tables.items():
        parts = {
            kind: _absorbed(lines, table.get(kind), f"{place} {kind} {pair[0]} from {pair[1]}")
            for kind, lines in radiations.items()
        }
        # A recoiling nucleus stays where the α particle of least range does.
        recoil = emitted.recoil_kev * DELTA_PER_MEV / 1e6 * min(table.get("alpha", [(0.0, 0.0)]))[1]
        pairs[pair] = SPair(parts["electron"], parts["photon"], parts["alpha"] + recoil)
    return _checked(SValues(nuclide(nuclide_name).name, pairs, masses), place)


def _absorbed(lines: Lines, table: list[tuple[float, float]] | None, place: str) -> float:
    """S of one radiation [Gy/(MBq·h)]."""
    energy, per_decay = lines.energy_kev / 1000.0, lines.per_decay
    if not energy.size or not float(energy @ per_decay) > 0:
        return 0.0
    if not table:
        raise InputError(place, "has no absorbed fractions", "add them, zero where nothing is absorbed")
    grid, saf = np.array(sorted(table)).T
    if energy[per_decay > 0].max() > grid[-1] * (1.0 + 1e-9):
        raise InputError(place, f"ends at {grid[-1]:g} MeV, below an emission", "add higher energies")
    fraction = np.interp(np.log(np.maximum(energy, 1e-12)), np.log(grid), saf)
    return float((energy * per_decay) @ fraction) * DELTA_PER_MEV / 1000.0


def _s_values(
    values: list[tuple[str, str, float]], masses: dict[str, float], nuclide_name: str, where: tuple[str, str]
) -> SValues:
    unit, place = where
    if unit not in S_UNITS:
        raise InputError(f"{place}, unit {unit}", "is no unit of S", f"use one of {', '.join(S_UNITS)}")
    if not values:
        raise InputError(place, "holds no S values", "give a row for each target")
    _refuse_masses(masses, place)
    agent = nuclide(nuclide_name)
    pairs: dict[tuple[str, str], SPair] = {}
    for target, source, value in values:
        if (target, source) in pairs:
            raise InputError(f"{place}, {target} from {source}", "stands twice", "keep one of them")
        total, alpha, electron = value * S_UNITS[unit], 0.0, 0.0
        if target == source and target in masses:
            alpha = min(total, agent.delta_alpha() / masses[target])
            electron = min(total - alpha, agent.delta_electron() / masses[target])
        pairs[target, source] = SPair(electron, total - alpha - electron, alpha)
    return _checked(SValues(agent.name, pairs, masses), place)


def _checked(s: SValues, place: str) -> SValues:
    totals = {pair: value.total() for pair, value in s.pairs.items()}
    refuse_impossible_energy(totals, s.mass_g, nuclide(s.nuclide), place)
    return s


def _refuse_masses(masses: Mapping[str, float], place: str) -> None:
    for name, mass in masses.items():
        if not mass > 0:
            raise InputError(f"{place}, mass_g of {name}", f"{mass:g} is not above zero", "correct the mass")


def _rows(text: str, place: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that hold something, with their numbers; the first is the header."""
    found = [
        (number, row)
        for number, row in enumerate(csv.reader(text.splitlines()), start=1)
        if row and any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#")
    ]
    if not found:
        raise InputError(place, "is empty", "give a header and a row for each target")
    yield from found


def _records(text: str, columns: tuple[str, ...], place: str) -> Iterator[tuple[str, dict[str, str]]]:
    rows = list(_rows(text, place))
    header = [named(cell) for cell in rows[0][1]]
    missing = [name for name in columns if name not in header]
    if missing:
        raise InputError(place, f"lacks column {', '.join(missing)}", f"give {', '.join(columns)}")
    for line, row in rows[1:]:
        cells = [*row, *[""] * (len(header) - len(row))]
        yield f"{place} line {line}", dict(zip(header, (cell.strip() for cell in cells), strict=False))


def _number(cell: str, place: str) -> float | None:
    if not cell.strip():
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise InputError(place, f"{cell.strip()!r} is no number from zero up", "correct the cell")
    return value
