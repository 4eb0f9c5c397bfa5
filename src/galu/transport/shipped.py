"""Point kernels in soft tissue of the packaged nuclides, simulated once by this package.

``tools/simulate_point_kernels.py`` writes the file; a slow test simulates again and compares.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from galu.nuclides import SHA256, emissions, nuclide
from galu.transport.alpha import alpha_shells
from galu.transport.kernel import EDGES_G_CM2, PointKernel, simulate_point_kernel
from galu.transport.medium import SOFT_TISSUE
from galu.transport.sphere import sphere_dose


@cache
def _file() -> dict[str, Any]:
    text = resources.files("galu.transport").joinpath("point_kernels.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@cache
def point_kernel(nuclide_name: str) -> PointKernel:
    """Point kernel of a nuclide in soft tissue, from the file; simulated where the decay data are newer.

    Raises
    ------
    InputError
        When the nuclide is unknown.
    """
    known = nuclide(nuclide_name).name
    emitted = emissions(known)
    row = _file()["kernels"].get(known)
    if row is None or _file()["decay_data_sha256"] != SHA256:
        return simulate_point_kernel(known)
    size = EDGES_G_CM2.size + 1
    columns = np.zeros((3, size))
    for column, name in zip(columns, ("electron_kev", "photon_kev", "error_kev"), strict=True):
        column[: len(row[name])] = row[name]
    expected = emitted.electron_kev() + emitted.photon_kev()
    return PointKernel(
        nuclide=known,
        medium=SOFT_TISSUE.name,
        electron_kev=columns[0],
        photon_kev=columns[1],
        alpha_kev=alpha_shells(emitted, SOFT_TISSUE, EDGES_G_CM2),
        error_kev=columns[2],
        emitted_kev=expected + emitted.alpha_kev(),
    )


def self_dose_s_gy_per_bq_s(
    nuclide_name: str, mass_g: float, density_g_ml: float = SOFT_TISSUE.density_g_ml
) -> float:
    """Self-dose per decay of a soft-tissue sphere [Gy/(Bq·s)], progeny included, no RBE.

    Raises
    ------
    InputError
        When the nuclide is unknown, or mass or density are those of no sphere of tissue.
    """
    return sphere_dose(point_kernel(nuclide_name), mass_g, density_g_ml).s_gy_per_bq_s
