"""The BLRM posterior by counting the nodes of a plain rectangular grid over ±8 prior deviations."""

from __future__ import annotations

import ast

import numpy as np

from reference.escalation_oracle import numbers


def masses(row: dict[str, str], along_a: int, along_b: int) -> tuple[float, float, float, float]:
    """Mean of the DLT rate and the masses under 0.16, between, and from 0.33 on."""
    (va, cov), (_, vb) = ast.literal_eval(row["Sigma"])
    mean_a, mean_b = ast.literal_eval(row["mu"])
    u, v = np.meshgrid(np.linspace(-8, 8, along_a), np.linspace(-8, 8, along_b), indexing="ij")
    a, slope, rho = mean_a + va**0.5 * u, np.exp(mean_b + vb**0.5 * v), cov / (va * vb) ** 0.5
    density = -0.5 * (u * u - 2 * rho * u * v + v * v) / (1 - rho * rho)
    for dose, n, y in zip(*(numbers(row[key]) for key in ("doses", "n", "y")), strict=True):
        eta = a + slope * np.log(dose / float(row["dref"]))
        density += y * eta - n * np.logaddexp(0.0, eta)
    weights = np.exp(density - density.max())
    weights /= weights.sum()
    p = 0.5 + 0.5 * np.tanh(0.5 * (a + slope * np.log(float(row["dose"]) / float(row["dref"]))))
    under, over = float(weights[p < 0.16].sum()), float(weights[p >= 0.33].sum())
    return float((weights * p).sum()), under, 1.0 - under - over, over
