"""Use cases of `galu sphere` and `galu kernel`."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np

from galu.desk.outputs import write_output
from galu.finding import InputError
from galu.nuclides import nuclide
from galu.transport import Certificate, point_kernel, sphere_dose, voxel_kernel

PROGENY = "progeny stay with the parent and decay with it"


def spheres(nuclide_name: str, masses: str, density_g_ml: float) -> dict[str, Any]:
    """Self-dose of spheres of the masses in a comma-separated list [g]."""
    mass_g = numbers(masses, "--mass-g", "write masses in g, separated by commas")
    kernel = point_kernel(nuclide_name)
    doses = [sphere_dose(kernel, mass, density_g_ml) for mass in mass_g]
    return {
        "nuclide": nuclide_name,
        "medium": kernel.medium,
        "progeny": _progeny(nuclide_name),
        "certificate": _facts(kernel.certificate()),
        "rows": [
            {
                "mass_g": dose.mass_g,
                "density_g_ml": dose.density_g_ml,
                "s_gy_per_bq_s": dose.s_gy_per_bq_s,
                "s_electron": dose.electron,
                "s_photon": dose.photon,
                "s_alpha": dose.alpha,
                "statistical_error": dose.statistical_error,
            }
            for dose in doses
        ],
    }


def write_kernel(
    nuclide_name: str, voxel_mm: str, density_g_ml: float, radius_mm: float, out: Path
) -> dict[str, Any]:
    """Write a voxel kernel with its certificate as a NumPy archive."""
    edges = numbers(voxel_mm, "--voxel-mm", "write three edges in mm, separated by commas")
    if len(edges) != 3:
        raise InputError("--voxel-mm", f"{len(edges)} numbers were given", "give three edges, as 4.8,4.8,4.8")
    if out.suffix != ".npz":
        raise InputError(str(out), "is no .npz file", "let the name end in .npz")
    if not out.parent.is_dir():
        raise InputError(str(out.parent), "is no folder", "create it first")
    kernel = voxel_kernel(point_kernel(nuclide_name), (edges[0], edges[1], edges[2]), radius_mm, density_g_ml)
    facts = _facts(kernel.certificate)
    archive = io.BytesIO()
    content: dict[str, Any] = {
        "s_gy_per_bq_s": kernel.s_gy_per_bq_s,
        "voxel_mm": kernel.voxel_mm,
        "density_g_ml": kernel.density_g_ml,
        "nuclide": nuclide_name,
        "medium": "soft tissue",
        "progeny": _progeny(nuclide_name),
    } | facts
    np.savez_compressed(archive, allow_pickle=False, **{k: np.array(v) for k, v in content.items()})
    write_output(out, archive.getvalue())
    middle = tuple(n // 2 for n in kernel.s_gy_per_bq_s.shape)
    return {
        "file": str(out),
        "shape": list(kernel.s_gy_per_bq_s.shape),
        "self_s_gy_per_bq_s": float(kernel.s_gy_per_bq_s[middle]),
        **facts,
    }


def numbers(text: str, place: str, remedy: str) -> list[float]:
    """Comma-separated positive numbers.

    Raises
    ------
    InputError
        When one of them is none.
    """
    values = []
    for word in text.split(","):
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > 0.0):
            raise InputError(place, f"{word.strip()!r} is no positive number", remedy)
        values.append(value)
    return values


def _facts(certificate: Certificate) -> dict[str, Any]:
    return {
        "emitted_kev_per_decay": certificate.emitted_kev,
        "deposited_kev_per_decay": certificate.deposited_kev,
        "escaped_kev_per_decay": certificate.escaped_kev,
        "closure": certificate.closure,
        "certificate_holds": certificate.holds,
    }


def _progeny(nuclide_name: str) -> str:
    children = nuclide(nuclide_name).progeny
    return f"{', '.join(name for name, _ in children)}: {PROGENY}" if children else ""
