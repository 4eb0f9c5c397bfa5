"""What a one-arm trial with futility looks does, computed exactly."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galu.binomial import binomial_pmf
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class Looks:
    """Numbers of patients at which responses are counted; the last is the end of the trial.

    At look i the trial stops, at the last one is not promising, with at most `most[i]` responses;
    -1 never stops.
    """

    at: tuple[int, ...]
    most: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """Probability of ending promising, expected patients, probability of stopping before the end."""

    promising: float
    expected_n: float
    stopped_early: float


def check_looks(at: tuple[int, ...]) -> None:
    """Refuse looks that are none or do not rise.

    Raises
    ------
    InputError
        When there is no look, one before the first patient, or one not after the last.
    """
    if not at or at[0] < 1 or any(b <= a for a, b in itertools.pairwise(at)):
        raise InputError("--looks", "the looks do not rise from 1", "give rising numbers, as in 10,20,30,40")


def course(looks: Looks, p: float) -> Course:
    """Follow a trial from look to look at response rate p."""
    alive: NDArray[np.float64] = np.ones(1)
    before, expected, stopped = 0, 0.0, 0.0
    for n, most in zip(looks.at, looks.most, strict=True):
        expected += (n - before) * float(alive.sum())
        alive = np.convolve(alive, binomial_pmf(n - before, p))
        stops = float(alive[: most + 1].sum())
        alive[: most + 1] = 0.0
        stopped += stops if n < looks.at[-1] else 0.0
        before = n
    return Course(float(alive.sum()), expected, stopped)
