"""Predictive probability monitoring of one arm (Lee & Liu, Clin Trials 2008;5:93)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from galu.escalation.monitoring import tail
from galu.escalation.stopping import Looks, check_looks
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class Goal:
    """When the whole trial succeeds: Pr(p > p0 | responses of n_max) > certainty, prior Beta(a, b)."""

    n_max: int
    p0: float
    certainty: float
    prior: tuple[float, float]

    def __post_init__(self) -> None:
        if self.n_max < 1 or not 0.0 < self.p0 < 1.0 or not 0.0 < self.certainty < 1.0:
            raise InputError(
                "goal", "patients, rate or certainty do not fit", "give n ≥ 1 and fractions in 0–1"
            )
        if min(self.prior) <= 0.0:
            raise InputError("prior", "a parameter of the beta prior is not positive", "give two above 0")

    def needed(self) -> int:
        """Smallest number of responses among all that succeeds; n_max + 1 when none does."""
        a, b = self.prior
        counts = range(self.n_max + 1)
        reached = (r for r in counts if tail(self.p0, a + r, b + self.n_max - r) > self.certainty)
        return next(reached, self.n_max + 1)


def predictive_probability(goal: Goal, y: int, n: int) -> float:
    """Probability, after y responses of n, that the trial ends in success.

    Raises
    ------
    InputError
        When the counts are impossible.
    """
    if not 0 <= y <= n <= goal.n_max:
        raise InputError("n", f"{y} of {n} among {goal.n_max} is impossible", "give 0 ≤ y ≤ n ≤ n_max")
    return _reaching(goal, y, n, goal.needed())


def futility_looks(goal: Goal, looks: tuple[int, ...], least: float) -> Looks:
    """At each look the most responses with a predictive probability below `least`.

    Raises
    ------
    InputError
        When the looks do not rise or pass the end.
    """
    check_looks(looks)
    if looks[-1] > goal.n_max:
        raise InputError("--looks", f"a look lies after {goal.n_max} patients", "stay within the trial")
    needed = goal.needed()
    return Looks(looks, tuple(_below(goal, n, needed, least) for n in looks))


def _below(goal: Goal, n: int, needed: int, least: float) -> int:
    counts = range(n, -1, -1)
    return next((y for y in counts if _reaching(goal, y, n, needed) < least), -1)


def _reaching(goal: Goal, y: int, n: int, needed: int) -> float:
    a, b, left = goal.prior[0] + y, goal.prior[1] + n - y, goal.n_max - n
    chances = (math.exp(_log_beta_binomial(k, left, a, b)) for k in range(max(0, needed - y), left + 1))
    return math.fsum(chances)


def _log_beta_binomial(k: int, n: int, a: float, b: float) -> float:
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    top = math.lgamma(a + k) + math.lgamma(b + n - k) - math.lgamma(a + b + n)
    return choose + top + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
