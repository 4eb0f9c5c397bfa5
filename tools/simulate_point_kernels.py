"""Simulate the point kernels of src/galu/transport/point_kernels.json (soft tissue; some ten minutes).

python tools/simulate_point_kernels.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from galu.nuclides import file_sha256, nuclide_names
from galu.transport.kernel import PointKernel, simulate_point_kernel

HISTORIES, SEED = 120_000, 20260101


def row(kernel: PointKernel) -> dict[str, list[float]]:
    """Five digits of what the simulation gave."""
    columns = {
        "electron_kev": kernel.electron_kev, "photon_kev": kernel.photon_kev, "error_kev": kernel.error_kev
    }  # fmt: skip
    return {name: [float(f"{x:.5g}") for x in np.asarray(values)] for name, values in columns.items()}


def main() -> None:
    """Write the file."""
    kernels = {}
    for name in nuclide_names():
        kernels[name] = row(simulate_point_kernel(name, histories=HISTORIES, seed=SEED))
        print(name, flush=True)
    head = {"histories": HISTORIES, "seed": SEED, "decay_data_sha256": file_sha256()}
    body = ",\n".join(f' "{name}": {json.dumps(one)}' for name, one in kernels.items())
    out = Path(__file__).parent.parent / "src" / "galu" / "transport" / "point_kernels.json"
    out.write_text(f'{json.dumps(head)[:-1]},\n"kernels": {{\n{body}\n}}}}\n', "utf-8")


if __name__ == "__main__":
    main()
