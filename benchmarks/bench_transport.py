"""Speed of point kernels, spheres and voxel kernels; run with `python benchmarks/bench_transport.py`."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from galu.transport import point_kernel, simulate_point_kernel, sphere_dose, voxel_kernel
from galu.transport.kernel import EDGES_G_CM2


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bench_point_kernel() -> None:
    simulate_point_kernel("Ga-68", histories=160)
    for name in ("Lu-177", "Y-90", "Ga-68"):
        seconds = _seconds(lambda n=name: simulate_point_kernel(n))
        print(f"point kernel of {name}, 40,000 histories a kind: {seconds:.1f} s")


def bench_spheres() -> None:
    kernel = point_kernel("Lu-177")
    seconds = _seconds(lambda: [sphere_dose(kernel, mass) for mass in np.geomspace(0.01, 1000.0, 100)])
    print(f"100 spheres from the packaged kernel: {seconds:.4f} s")


def bench_voxel_kernel() -> None:
    """Beside plain random pairs in numpy, as many as displacements here: far noisier for the time."""
    kernel = point_kernel("Lu-177")
    voxel_kernel(kernel, (4.8, 4.8, 4.8), 20.0)
    ours = _seconds(lambda: voxel_kernel(kernel, (4.8, 4.8, 4.8), 100.0))

    def plain() -> None:
        rng, energy = np.random.default_rng(1), kernel.total_kev()[:-1]
        n = 10_000_000
        shell = rng.choice(energy.size, n, p=energy / energy.sum())
        way = rng.standard_normal((n, 3))
        way *= (EDGES_G_CM2[shell] / 0.104 / np.linalg.norm(way, axis=1))[:, None]
        place = np.floor(rng.random((n, 3)) + way / 4.8).astype(np.int64)
        inside = np.all(np.abs(place) <= 21, axis=1)
        np.add.at(np.zeros((43, 43, 43)), tuple(place[inside].T + 21), 1.0)

    print(
        f"voxel kernel, 43³ voxels: {ours:.2f} s, {_seconds(plain) / ours:.0f} times faster than random pairs"
    )


if __name__ == "__main__":
    bench_point_kernel()
    bench_spheres()
    bench_voxel_kernel()
