"""Response rates: every subject given is in the denominator, MISSING and NE as non-responders."""

from __future__ import annotations

from collections.abc import Iterable

from galu.binomial import Proportion, clopper_pearson
from galu.efficacy.best import CONTROLLED, RESPONSES, BestResponse


def objective_response_rate(best: Iterable[BestResponse], level: float = 0.95) -> Proportion:
    """Share with CR or PR, with its exact interval."""
    return _rate(best, RESPONSES, level)


def disease_control_rate(best: Iterable[BestResponse], level: float = 0.95) -> Proportion:
    """Share with CR, PR, SD or NON-CR/NON-PD, with its exact interval."""
    return _rate(best, CONTROLLED, level)


def _rate(best: Iterable[BestResponse], counting: tuple[str, ...], level: float) -> Proportion:
    answers = [item.response for item in best]
    return clopper_pearson(sum(answer in counting for answer in answers), len(answers), level)
