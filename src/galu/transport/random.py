"""Random numbers of a walk: splitmix64 (Steele, Lea and Flood, OOPSLA 2014), one stream per history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galu.compiled import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@kernel
def mix(z: np.uint64) -> np.uint64:
    """Finalise splitmix64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.uint64(z ^ (z >> np.uint64(31)))


@kernel
def start(state: NDArray[np.uint64], seed: int, history: int) -> None:
    """Start the stream of one history."""
    state[0] = mix(mix(np.uint64(seed) + _GOLDEN) ^ (np.uint64(history) + np.uint64(1)))


@kernel
def uniform(state: NDArray[np.uint64]) -> float:
    """Return a number in (0, 1) and step the stream on."""
    state[0] = state[0] + _GOLDEN
    return (float(mix(state[0]) >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)
