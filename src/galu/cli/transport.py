"""Commands of transport: `galu sphere`, `galu kernel`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def sphere(
    nuclide: Annotated[str, typer.Argument(help="as Lu-177")],
    mass_g: Annotated[str, typer.Option(help="mass or masses [g], separated by commas")],
    density_g_ml: Annotated[float, typer.Option(help="density of the tissue [g/mL]")] = 1.04,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Self-dose per decay of soft-tissue spheres with uniform activity."""
    from galu.desk import transport as desk

    result = desk.spheres(nuclide, mass_g, density_g_ml)
    if as_json:
        typer.echo(json.dumps(result, allow_nan=False))
        return
    for row in result["rows"]:
        error = 100.0 * row["statistical_error"]
        typer.echo(
            f"{row['mass_g']:>10g} g  {row['s_gy_per_bq_s']:.4e} Gy/(Bq s)  ± {error:.2f} % (statistical)"
        )
    if result["progeny"]:
        typer.echo(f"with {result['progeny']}")


def kernel(
    nuclide: Annotated[str, typer.Argument(help="as Lu-177")],
    voxel_mm: Annotated[str, typer.Option(help="edges of a voxel [mm], as 4.8,4.8,4.8")],
    out: Annotated[Path, typer.Option("-o", "--out", help="NumPy archive to write, .npz")],
    density_g_ml: Annotated[float, typer.Option(help="density of the tissue [g/mL]")] = 1.04,
    radius_mm: Annotated[float, typer.Option(help="reach along every axis [mm]")] = 100.0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Voxel kernel in soft tissue, with its energy certificate inside."""
    from galu.desk import transport as desk

    result = desk.write_kernel(nuclide, voxel_mm, density_g_ml, radius_mm, out)
    if as_json:
        typer.echo(json.dumps(result, allow_nan=False))
        return
    shape = " × ".join(str(n) for n in result["shape"])
    typer.echo(f"{result['file']}: {shape} voxels, self {result['self_s_gy_per_bq_s']:.4e} Gy/(Bq s)")
    typer.echo(
        f"per decay {result['emitted_kev_per_decay']:.2f} keV emitted, "
        f"{result['deposited_kev_per_decay']:.2f} in the grid, {result['escaped_kev_per_decay']:.2f} beyond; "
        f"balance closes to {100.0 * abs(result['closure']):.3f} %"
    )
