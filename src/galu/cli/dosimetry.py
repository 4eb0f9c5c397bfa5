"""Commands of dosimetry: `galu tac`, `galu bed`, `galu dose`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

_DOSE_COLUMNS = "CSV: subject, cycle, region, time_h, activity_mbq, sigma_mbq, mass_g, administered_mbq"


def _show(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result, allow_nan=False))
        return
    tables = [value for value in result.values() if _is_table(value)]
    lines = [line for row in (tables[0] if tables else [result]) for line in _lines(row)]
    for table in tables[1:]:
        for row in table:
            lines += _lines({"not judged": row.pop("region"), **row})
    if tables:
        lines += _lines({name: value for name, value in result.items() if not _is_table(value)})
    if lines:
        typer.echo("\n".join(lines))


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _lines(row: dict[str, Any], indent: str = "") -> Iterator[str]:
    """One row, its plain values on a line, tables in it below; what is empty is left out."""
    plain: list[str] = []
    tables = []
    for name, value in row.items():
        if _is_table(value):
            tables.append(value)
        elif value not in ("", [], (), {}):
            plain.append(f"{name} {_short(value)}")
    if plain:
        yield indent + "  ".join(plain)
    for table in tables:
        for inner in table:
            yield from _lines(inner, indent + "    ")


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} {_short(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return " to ".join(map(_short, value)) if len(value) == 2 else ", ".join(map(_short, value))
    return "—" if value is None else str(value)


def tac(
    table: Annotated[Path, typer.Argument(help="CSV: region, time_h, activity_mbq, sigma_mbq")],
    nuclide: Annotated[str, typer.Option(help="as Lu-177")],
    model: Annotated[str, typer.Option(help="auto, 1, 2, 3, uptake, trapezoid, hanscheid, madsen")] = "auto",
    tail: Annotated[str, typer.Option(help="of the trapezoid: physical or fitted")] = "physical",
    population_teff_h: Annotated[
        float | None, typer.Option(help="for madsen, and for auto with one scan [h]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Time-integrated activity of each region, from activities at scan time."""
    from galu.desk import time_activity as desk

    _show(desk.time_activity(table, nuclide, model, tail, population_teff_h), as_json)


def bed(
    dose_gy: Annotated[float, typer.Option(help="absorbed dose of one cycle [Gy]")],
    teff_h: Annotated[float | None, typer.Option(help="effective half-life [h]")] = None,
    curve: Annotated[str, typer.Option(help="A:T,A:T… instead of one half-life")] = "",
    cycles: Annotated[int, typer.Option(help="equal cycles")] = 1,
    alpha_beta: Annotated[float, typer.Option(help="α/β [Gy]")] = 2.6,
    trep_h: Annotated[float, typer.Option(help="repair half-time [h]")] = 2.8,
    nuclide: Annotated[str, typer.Option(help="refused where it or its progeny emit α particles")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Biologically effective dose and EQD2, with the exact Lea–Catcheside factor."""
    from galu.desk import dosimetry as desk

    if nuclide:
        desk.refuse_alpha(nuclide)
    _show(desk.biological(dose_gy, teff_h, curve, (alpha_beta, trep_h), cycles), as_json)


def dose(
    table: Annotated[Path, typer.Argument(help=_DOSE_COLUMNS)],
    study: Annotated[Path, typer.Argument(help="study file or its folder")],
    override: Annotated[str, typer.Option(help="signed statement on unusual doses")] = "",
    risk_factors: Annotated[bool, typer.Option(help="apply limits for patients with risk factors")] = False,
    budget: Annotated[
        bool, typer.Option("--budget", help="uncertainty to first order and by Monte Carlo")
    ] = False,
    joint: Annotated[
        bool, typer.Option("--joint", help="fit half-lives of all subjects, regions and cycles together")
    ] = False,
    s_values: Annotated[Path | None, typer.Option(help="your S values, for self and cross-dose")] = None,
    s_unit: Annotated[str, typer.Option(help="of the S values")] = "mGy/(MBq s)",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Doses per cycle and region, cumulative, projected, and the probability of passing each limit."""
    from galu.desk import courses as desk

    wishes = desk.Wishes(override, risk_factors, budget, joint, s_values, s_unit)
    _show(desk.course_doses(table, study, wishes), as_json)


def organs(
    table: Annotated[Path, typer.Argument(help="CSV: region, tia_mbq_h and, if known, mass_g")],
    nuclide: Annotated[str, typer.Option(help="as Ga-68")],
    administered_mbq: Annotated[float, typer.Option(help="administered activity [MBq]")],
    s_values: Annotated[
        Path | None, typer.Option(help="your S values or absorbed fractions; without, own self-dose")
    ] = None,
    s_unit: Annotated[str, typer.Option(help="of the S values")] = "mGy/(MBq s)",
    excretion: Annotated[str, typer.Option(help="into the bladder, as fraction:half-life_h,…")] = "",
    voiding_h: Annotated[float, typer.Option(help="time between voids [h]")] = 3.5,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Doses of all targets, remainder and bladder included, and the effective dose of a PET agent."""
    from galu.desk import organs as desk

    result = desk.organ_table(table, (nuclide, administered_mbq), (s_values, s_unit), (excretion, voiding_h))
    _show(result, as_json)


def scan_times(
    candidates: Annotated[str, typer.Option(help="possible times [h], as 4,24,48,72,168")],
    teff_h: Annotated[float, typer.Option(help="median effective half-life of the population [h]")],
    spread: Annotated[float, typer.Option(help="its coefficient of variation")] = 0.3,
    sigma: Annotated[float, typer.Option(help="relative uncertainty of one scan")] = 0.05,
    scans: Annotated[int, typer.Option(help="1 or 2")] = 1,
    nuclide: Annotated[str, typer.Option(help="as Lu-177")] = "Lu-177",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """One or two scan times that leave the smallest uncertainty of the time-integrated activity."""
    from galu.desk import dosimetry as desk

    _show(desk.scan_times(candidates, scans, sigma, (teff_h, spread), nuclide), as_json)
