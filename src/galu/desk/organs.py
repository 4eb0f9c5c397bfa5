"""Use case of `galu organs`: doses of all targets from time-integrated activities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from galu import dosimetry
from galu.desk.time_activity import read_table
from galu.dosimetry.self_dose import refuse_no_sphere
from galu.finding import InputError
from galu.foreign import require_lines
from galu.nuclides import Nuclide, nuclide
from galu.vocabulary.regions import place

Row = dict[str, Any]
BLADDER = "urinary bladder contents"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the activity was: time-integrated [MBq·h] and, where known, the patient's mass [g]."""

    place: str
    nuclide: Nuclide
    administered_mbq: float
    tia_mbq_h: dict[str, float]
    mass_g: dict[str, float]


def read_sources(path: Path, nuclide_name: str, administered_mbq: float) -> Sources:
    """Read a CSV file with region, tia_mbq_h and optionally mass_g (empty for the reference mass).

    Raises
    ------
    InputError
        When a cell is bad, a region comes twice, or more decays are named than were given.
    """
    agent = nuclide(nuclide_name)
    if not 0 < administered_mbq < float("inf"):
        raise InputError("--administered-mbq", f"{administered_mbq:g} is not positive", "give it in MBq")
    table = read_table(path, ("region", "tia_mbq_h"), ("region",))
    tia: dict[str, float] = {}
    masses: dict[str, float] = {}
    for row, cells in table:
        name = dosimetry.named(row["region"])
        if name in tia or row["tia_mbq_h"] < 0:
            raise InputError(cells.place("region"), "is there twice or negative", "correct the row")
        tia[name] = row["tia_mbq_h"]
        mass = cells.number("mass_g")
        if mass is not None and not mass > 0:
            raise InputError(cells.place("mass_g"), f"{mass:g} is no mass", "give it in g")
        if mass is not None:
            masses[name] = mass
    most = administered_mbq / agent.decay_per_h
    organs = sum(value for name, value in tia.items() if name != dosimetry.BODY)
    if max(organs, tia.get(dosimetry.BODY, 0.0)) > most * (1.0 + 1e-9):
        fault = f"holds more than the {most:.4g} MBq·h of every decay of the administered activity"
        raise InputError(str(path), fault, "check whether MBq and GBq, or hours and seconds, were mixed up")
    return Sources(str(path), agent, administered_mbq, *_joined(tia, masses, str(path)))


def _joined(
    tia: dict[str, float], masses: dict[str, float], where: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Left and right as the organ they are together; both have a mass, or neither."""
    tia, masses = dict(tia), dict(masses)
    for name in tuple(tia):
        found = place(name)
        if found is None or found.side != "left":
            continue
        right, pair = f"right {found.organ.one}", found.organ.name
        if pair in tia:
            raise InputError(f"{where} {name}", f"stands beside {pair}", "keep one of them")
        if right not in tia:
            continue
        if (name in masses) != (right in masses):
            raise InputError(f"{where} {pair}", "one side has no mass", "give both or neither")
        tia[pair] = tia.pop(name) + tia.pop(right)
        if name in masses:
            masses[pair] = masses.pop(name) + masses.pop(right)
    return tia, masses


def with_bladder(sources: Sources, excretion: str, voiding_h: float) -> Sources:
    """Add the contents of a bladder that is voided at regular times.

    Raises
    ------
    InputError
        When the excretion is not fraction:half-life pairs, or the bladder is among the sources already.
    """
    try:
        phases = [(float(f), float(t)) for f, t in (part.split(":") for part in excretion.split(","))]
    except ValueError:
        raise InputError("--excretion", f"{excretion!r} is no f:T,f:T", "give fraction:half-life_h") from None
    if BLADDER in sources.tia_mbq_h:
        raise InputError(sources.place, f"holds {BLADDER} already", "leave the row or --excretion out")
    half_life = sources.nuclide.half_life_h
    tia = dosimetry.bladder_tia_mbq_h(sources.administered_mbq, phases, half_life, voiding_h)
    return replace(sources, tia_mbq_h=sources.tia_mbq_h | {BLADDER: tia})


def _parts(name: str) -> int:
    """Equal spheres that a region is: two of a pair, one of its sides, six of the large salivary glands."""
    found = place(name)
    return 1 if found is None else found.parts()


def self_doses(sources: Sources) -> Row:
    """Self-dose of every source by own transport, in as many spheres as it has parts; its mass must be known.

    Raises
    ------
    InputError
        When a mass is missing, or a region is no sphere of soft tissue.
    """
    rows = []
    for name, tia in sources.tia_mbq_h.items():
        if name not in sources.mass_g:
            raise InputError(f"{sources.place} {name}", "has no mass", "give mass_g, or S values")
        given = sources.administered_mbq
        refuse_no_sphere(name)
        per_tia = dosimetry.sphere_self_dose(sources.mass_g[name], sources.nuclide, parts=_parts(name))
        dose = dosimetry.absorbed_dose(name, (tia, 0.0), per_tia, given, sources.nuclide)
        row = {"target": name, "dose_gy": dose.dose_gy, "self_gy": dose.dose_gy, "cross_gy": {}}
        rows.append(row | {"mgy_per_mbq": 1000.0 * dose.dose_gy / given, "missing": []})
    reason = "needs S values of every tissue"
    return {"targets": rows, "effective_msv": None, "effective_msv_per_mbq": None, "reason": reason}


def target_doses(sources: Sources, path: Path, unit: str) -> Row:
    """Doses of every target of an S file; with the total body measured, the remainder is a source."""
    s = read_s_values(path, sources.nuclide.name, unit)
    tia = dict(sources.tia_mbq_h)
    body = tia.pop(dosimetry.BODY, None)
    if body is not None:
        s = dosimetry.with_remainder(s, tia)
        tia[dosimetry.REMAINDER] = body - sum(tia.values())
        if tia[dosimetry.REMAINDER] < 0:
            raise InputError(sources.place, "has organs above the total body", "check the activities")
    unknown = [name for name in tia if not any(source == name for _, source in s.pairs)]
    if unknown:
        raise InputError(f"{path}", f"has no source {unknown[0]}", "name the regions as the S file does")
    found = dosimetry.organ_doses(s, tia, sources.mass_g)
    given = sources.administered_mbq
    rows = [
        {
            "target": one.target,
            "dose_gy": one.dose_gy(),
            "self_gy": one.self_gy,
            "cross_gy": dict(one.cross_gy),
        }
        | {"mgy_per_mbq": 1000.0 * one.dose_gy() / given}
        for one in found
    ]
    return {"targets": rows} | _effective(sources, {one.target: 1000.0 * one.dose_gy() for one in found})


def _effective(sources: Sources, dose_mgy: dict[str, float]) -> Row:
    if sources.nuclide.emits_alpha:
        reason = "effective dose is not given for α emitters"
        return {"effective_msv": None, "effective_msv_per_mbq": None, "reason": reason}
    value, missing = dosimetry.effective_dose_msv(dose_mgy)
    per_mbq = None if value is None else value / sources.administered_mbq
    reason = f"no dose of {', '.join(missing)}" if missing else ""
    return {"effective_msv": value, "effective_msv_per_mbq": per_mbq, "reason": reason}


def read_s_values(path: Path, nuclide_name: str, unit: str) -> dosimetry.SValues:
    """Read S values as a matrix, as a list, or as absorbed fractions: the header says which.

    Raises
    ------
    InputError
        When the file cannot be read or is none of them.
    """
    require_lines(path)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"cannot be read ({error})", "give a CSV file") from None
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    header = {dosimetry.named(cell) for cell in (lines[0].split(",") if lines else ())}
    if {"energy_mev", "saf_per_kg"} <= header:
        return dosimetry.parse_saf(text, nuclide_name, str(path))
    if {"target", "source", "s"} <= header:
        return dosimetry.parse_s_list(text, nuclide_name, unit, str(path))
    return dosimetry.parse_s_matrix(text, nuclide_name, unit, str(path))


def organ_table(
    path: Path,
    given: tuple[str, float],
    s_values: tuple[Path | None, str],
    bladder: tuple[str, float],
) -> Row:
    """Doses of all targets of a CSV file of time-integrated activities.

    Parameters
    ----------
    path : Path
        The file: region, tia_mbq_h and optionally mass_g.
    given : (str, float)
        Nuclide and administered activity [MBq].
    s_values : (Path or None, str)
        File of S values and its unit; without one, self-dose by own transport.
    bladder : (str, float)
        Excretion as fraction:half-life_h,… or nothing, and the time between voids [h].

    Raises
    ------
    InputError
        When a file or an option is bad, or a bladder is given without S values.
    """
    if bladder[0] and s_values[0] is None:
        raise InputError(
            "--excretion", "needs S values: the bladder is no sphere", "give --s-values, or leave it out"
        )
    sources = read_sources(path, *given)
    if bladder[0]:
        sources = with_bladder(sources, *bladder)
    if s_values[0] is None:
        return self_doses(sources)
    return target_doses(sources, s_values[0], s_values[1])
