"""What comes out of a cache, or is a result, cannot be changed for who reads it next."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from galu.efficacy import kaplan_meier
from galu.nuclides import emissions
from galu.transport import PointKernel, point_kernel, self_dose_s_gy_per_bq_s, voxel_kernel


def _arrays(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    for field in dataclasses.fields(value):
        part = getattr(value, field.name)
        if isinstance(part, np.ndarray):
            yield part
        elif dataclasses.is_dataclass(part):
            yield from _arrays(part)


SHARED = {
    "point kernel": lambda: point_kernel("Lu-177"),
    "voxel kernel": lambda: voxel_kernel(point_kernel("Lu-177"), (4.0, 4.0, 4.0), 8.0),
    "emissions": lambda: emissions("Ac-225"),
    "survival": lambda: kaplan_meier(np.array([1.0, 2.0, 3.0]), np.array([True, False, True])),
}


@pytest.mark.parametrize("made", SHARED.values(), ids=SHARED)
def test_a_shared_array_is_not_written(made: Any) -> None:
    arrays = tuple(_arrays(made()))
    assert arrays
    for array in arrays:
        with pytest.raises(ValueError, match=r"read-only|read only"):
            array /= array.sum()


def test_doses_are_the_same_after_an_attempt_on_the_kernel() -> None:
    before = self_dose_s_gy_per_bq_s("Lu-177", 10.0)
    with pytest.raises(ValueError, match="read"):
        point_kernel("Lu-177").electron_kev[:] = 0.0
    assert self_dose_s_gy_per_bq_s("Lu-177", 10.0) == before > 0.0


def test_an_array_handed_in_stays_its_owners() -> None:
    mine = np.ones(4)
    kernel = PointKernel("Lu-177", "soft tissue", mine, mine, mine, mine, 4.0)
    mine[0] = 2.0
    assert not kernel.electron_kev.flags.writeable
    assert np.array_equal(pickle.loads(pickle.dumps(kernel)).photon_kev, mine)
