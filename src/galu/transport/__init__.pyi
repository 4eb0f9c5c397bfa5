from .kernel import Certificate, PointKernel, simulate_point_kernel
from .medium import CORTICAL_BONE, SOFT_TISSUE, WATER, Medium, medium
from .shipped import point_kernel, self_dose_s_gy_per_bq_s
from .sphere import SphereDose, sphere_dose
from .voxel import VoxelKernel, voxel_kernel

__all__ = [
    "CORTICAL_BONE",
    "SOFT_TISSUE",
    "WATER",
    "Certificate",
    "Medium",
    "PointKernel",
    "SphereDose",
    "VoxelKernel",
    "medium",
    "point_kernel",
    "self_dose_s_gy_per_bq_s",
    "simulate_point_kernel",
    "sphere_dose",
    "voxel_kernel",
]
