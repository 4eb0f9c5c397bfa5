"""Activity in the urinary bladder when it is voided at regular times.

The dynamic bladder of Cloutier, Smith, Watson, Snyder and Warner, Health Phys 1973;25:147: a fraction f of
what was given leaves the body with a biological half-life; the bladder fills from empty, is emptied every T.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from galu.finding import InputError
from galu.quantities import LN2


def bladder_tia_mbq_h(
    administered_mbq: float, excretion: Sequence[tuple[float, float]], half_life_h: float, voiding_h: float
) -> float:
    """Time-integrated activity of the bladder contents [MBq·h].

    Σ f·A₀·[(1−e^(−λT))/λ − (1−e^(−(λ+λᵢ)T))/(λ+λᵢ)]/(1−e^(−(λ+λᵢ)T)), λ physical, λᵢ biological.

    Parameters
    ----------
    administered_mbq : float
        Administered activity A₀ [MBq].
    excretion : sequence of (float, float)
        Fraction excreted with urine and biological half-life [h] of each phase.
    half_life_h : float
        Physical half-life [h].
    voiding_h : float
        Time between voids [h].

    Raises
    ------
    InputError
        When a number is not positive or more is excreted than was given.
    """
    numbers = [administered_mbq, half_life_h, voiding_h, *(x for phase in excretion for x in phase)]
    if not all(math.isfinite(x) and x > 0 for x in numbers):
        raise InputError("bladder", "has a number that is not positive", "give positive numbers")
    if math.fsum(fraction for fraction, _ in excretion) > 1.0 + 1e-9:
        raise InputError("bladder", "more is excreted than was given", "check the fractions")
    physical = LN2 / half_life_h
    total = 0.0
    for fraction, biological_h in excretion:
        effective = physical + LN2 / biological_h
        emptied = -math.expm1(-effective * voiding_h)
        filled = -math.expm1(-physical * voiding_h) / physical - emptied / effective
        total += fraction * filled / emptied
    return administered_mbq * total
