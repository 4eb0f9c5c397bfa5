"""Random numbers as a hash of (seed, trial, patient, variable).

Designs share patients, and any split of the trials over workers gives the same numbers. The hash is
splitmix64 (Steele, Lea & Flood, OOPSLA 2014), one stream per trial.
"""

from __future__ import annotations

import numpy as np

from galu.compiled import inlined, kernel

#: Variables of a patient; eight are reserved.
GAP, DLT, TIME, LOST, LOST_TIME, SCREEN = 0, 1, 2, 3, 4, 5


@inlined
def mix(z: np.uint64) -> np.uint64:
    """Finalise splitmix64."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.uint64(z ^ (z >> np.uint64(31)))


@kernel
def stream(seed: int, trial: int) -> np.uint64:
    """Start the stream of one trial."""
    return np.uint64(
        mix(mix(np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15)) ^ (np.uint64(trial) + np.uint64(1)))
    )


@inlined
def uniform(base: np.uint64, patient: int, variable: int) -> float:
    """Return a number in (0, 1) for one variable of one patient."""
    step = np.uint64(patient * 8 + variable + 1) * np.uint64(0x9E3779B97F4A7C15)
    return (float(mix(base + step) >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)
