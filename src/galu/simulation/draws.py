"""Random numbers as a hash of (seed, who, variable): the order in which they are asked for changes nothing.

Each variable has a stream of its own, Philox keyed by a BLAKE2 digest (Salmon et al., SC 2011).
"""

from __future__ import annotations

import hashlib
import math

import numpy as np


class Draws:
    """The random numbers of one subject, or of the trial as a whole."""

    def __init__(self, seed: int, owner: str) -> None:
        self._prefix = f"{seed}|{owner}|"

    def of(self, *variable: object) -> np.random.Generator:
        """The stream of one variable, always from its beginning."""
        name = self._prefix + "|".join(map(str, variable))
        key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=16).digest(), "little")
        return np.random.Generator(np.random.Philox(key=key))

    def uniform(self, *variable: object) -> float:
        """A number in [0, 1)."""
        return float(self.of(*variable).random())

    def normal(self, *variable: object) -> float:
        """A standard normal number."""
        return float(self.of(*variable).standard_normal())

    def chance(self, probability: float, *variable: object) -> bool:
        """Whether something of this probability happens."""
        return self.uniform(*variable) < probability

    def whole(self, low: int, high: int, *variable: object) -> int:
        """A whole number from `low` to `high`, both included."""
        return int(self.of(*variable).integers(low, high + 1))

    def log_normal(self, median: float, cv: float, *variable: object) -> float:
        """A log-normal number by its median and coefficient of variation."""
        return median * math.exp(math.sqrt(math.log1p(cv * cv)) * self.normal(*variable))
