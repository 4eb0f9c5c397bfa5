"""Voxel kernels: mean absorbed dose in every voxel around one that holds the activity.

Isotropic radiation in a homogeneous medium: the chance that a point drawn uniformly from the source voxel and
displaced by d lands in the voxel at offset X is the product of triangles Π(1 − |dᵢ − Xᵢ|/aᵢ) — a displacement
is shared among the eight voxels nearest to it. Shells of the point kernel are spread over directions and
radii on a lattice, so nothing is lost and nothing is random: MIRD pamphlet 17's voxel S value, exactly
averaged over source and target.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from galu.arrays import read_only_arrays
from galu.compiled import kernel as compiled
from galu.finding import InputError
from galu.quantities import JOULE_PER_EV
from galu.transport.kernel import EDGES_G_CM2, Certificate, PointKernel
from galu.transport.medium import SOFT_TISSUE
from galu.transport.sphere import DENSITY_G_ML, check

Array = NDArray[np.float64]
#: Voxel edges [mm] and radii [mm] that make sense in a body.
VOXEL_MM: Final = (0.05, 50.0)
RADIUS_MM: Final = (0.1, 1000.0)
MOST_VOXELS: Final = 10_000_000
#: Displacements per shell: at least, at most, and per (radius/voxel)².
FEWEST, MOST, PER_SQUARE = 4000, 200_000, 2000
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True, eq=False)
@read_only_arrays
class VoxelKernel:
    """Dose per decay in the source voxel.

    Attributes
    ----------
    nuclide : str
        Its progeny stay with it.
    voxel_mm : (float, float, float)
        Edges of a voxel [mm].
    density_g_ml : float
        Density [g/mL].
    s_gy_per_bq_s : array of odd shape (nx, ny, nz)
        Absorbed dose per decay [Gy/(Bq·s)]; the source voxel is in the middle.
    certificate : Certificate
        Energy emitted, left in the grid, and beyond it.
    """

    nuclide: str
    voxel_mm: tuple[float, float, float]
    density_g_ml: float
    s_gy_per_bq_s: Array
    certificate: Certificate


@compiled
def spread(
    energy: Array, outer: Array, edges: Array, size: tuple[int, int, int], counts: NDArray[np.int64]
) -> Array:
    """Share shells among the voxels of one octant.

    Parameters
    ----------
    energy : array of shape (n,)
        Energy per shell.
    outer : array of shape (n,)
        Outer radius of each shell [mm]; the first starts at zero.
    edges : array of shape (3,)
        Voxel edges [mm].
    size : (int, int, int)
        Voxels per axis of the octant, the source included.
    counts : array of shape (n,)
        Displacements per shell.

    Returns
    -------
    array of shape `size`
        Energy in all mirror images of each voxel together.
    """
    grid = np.zeros(size)
    where, part = np.empty(3, np.int64), np.empty(3)
    for shell in range(energy.size):
        inner = outer[shell - 1] if shell > 0 else 0.0
        share = energy[shell] / counts[shell]
        for k in range(counts[shell]):
            radius = inner + (outer[shell] - inner) * ((k * 0.7548776662466927 + 0.5) % 1.0)
            up = (k + 0.5) / counts[shell]
            phi = 0.5 * math.pi * ((k * _GOLDEN + 0.5) % 1.0)
            across = math.sqrt(1.0 - up * up)
            part[0] = radius * across * math.cos(phi) / edges[0]
            part[1] = radius * across * math.sin(phi) / edges[1]
            part[2] = radius * up / edges[2]
            for i in range(3):
                where[i] = int(part[i])
                part[i] -= where[i]
            for corner in range(8):
                x, y, z = where[0] + (corner & 1), where[1] + (corner >> 1 & 1), where[2] + (corner >> 2 & 1)
                if x < size[0] and y < size[1] and z < size[2]:
                    weight = part[0] if corner & 1 else 1.0 - part[0]
                    weight *= part[1] if corner & 2 else 1.0 - part[1]
                    weight *= part[2] if corner & 4 else 1.0 - part[2]
                    grid[x, y, z] += share * weight
    return grid


def voxel_kernel(
    kernel: PointKernel,
    voxel_mm: tuple[float, float, float],
    radius_mm: float = 100.0,
    density_g_ml: float = SOFT_TISSUE.density_g_ml,
) -> VoxelKernel:
    """Voxel kernel on a grid that reaches at least `radius_mm` along every axis.

    Raises
    ------
    InputError
        When voxel, radius or density make no sense, or the grid would be too large.
    """
    for edge in voxel_mm:
        check(edge, VOXEL_MM, "voxel edge", "mm")
    check(radius_mm, RADIUS_MM, "radius", "mm")
    check(density_g_ml, DENSITY_G_ML, "density", "g/mL")
    half = [math.ceil(radius_mm / edge) for edge in voxel_mm]
    voxels = math.prod(2 * n + 1 for n in half)
    if voxels > MOST_VOXELS:
        raise InputError(
            "radius",
            f"{radius_mm:g} mm needs {voxels} voxels, more than {MOST_VOXELS}",
            "choose a smaller radius",
        )
    octant = _octant(kernel, np.array(voxel_mm), (half[0] + 1, half[1] + 1, half[2] + 1), density_g_ml)
    images = np.ones(octant.shape)
    for axis in range(3):
        shape = [1, 1, 1]
        shape[axis] = -1
        images = images * np.where(np.arange(octant.shape[axis]) > 0, 2.0, 1.0).reshape(shape)
    mass_kg = math.prod(voxel_mm) * density_g_ml * 1e-6
    s = octant / images * (1000.0 * JOULE_PER_EV / mass_kg)
    for axis in range(3):
        s = np.concatenate((np.flip(np.delete(s, 0, axis), axis), s), axis)
    inside = float(octant.sum())
    total = float(kernel.total_kev().sum())
    return VoxelKernel(
        kernel.nuclide, voxel_mm, density_g_ml, s, Certificate(kernel.emitted_kev, inside, total - inside)
    )


def _octant(kernel: PointKernel, edges: Array, size: tuple[int, int, int], density_g_ml: float) -> Array:
    outer = EDGES_G_CM2 / density_g_ml * 10.0
    reach = float(np.linalg.norm(edges * np.array(size)))
    used = min(int(np.searchsorted(outer, reach)) + 1, outer.size)
    outer = outer[:used]
    counts = np.clip(PER_SQUARE * (outer / edges.min()) ** 2, FEWEST, MOST).astype(np.int64)
    grid: Array = spread(kernel.total_kev()[:used], outer, edges, size, counts)
    return grid
