"""The BLRM for fast trials: its masses from products of tabulated probabilities, each state once.

The same nodes and the same cells at the cuts as `blrm.estimate`, which stays the readable twin: a posterior
weight is the prior times powers of the DLT probabilities, which takes no exponential per node and state.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from galu.compiled import inlined, kernel
from galu.escalation.blrm import Blrm, Grid, Prior, cut_cells, grid
from galu.escalation.outcomes import Outcomes

Floats = NDArray[np.float64]
#: Below this the products may have lost what matters; the logarithms of the twin have not.
_LEAST = 1e-200
#: States remembered, over all designs and trials of a process.
_STATES = 1 << 16


@inlined
def _times_power(weights, factor, work, count):  # type: ignore[no-untyped-def]
    """Multiply a row of weights by `factor` to the power `count`, by squaring."""
    for i in range(weights.size):
        work[i] = factor[i]
    while count > 0:
        if count & 1:
            for i in range(weights.size):
                weights[i] *= work[i]
        count >>= 1
        if count > 0:
            for i in range(weights.size):
                work[i] *= work[i]


@kernel
def _sums(prior, toxic, safe, below, counts):  # type: ignore[no-untyped-def]
    """Sum of the weights, and of those below each cut; shape (1 + cuts,).

    `toxic` and `safe` have shape (levels, across, along), `below` (cuts, across, along), `counts` a row
    each for the known patients and the DLTs per level.
    """
    across, along = prior.shape
    weights, work = np.empty(along), np.empty(along)
    columns = np.zeros((1 + below.shape[0], along))
    for row in range(across):
        for i in range(along):
            weights[i] = prior[row, i]
        for level in range(toxic.shape[0]):
            _times_power(weights, toxic[level, row], work, counts[1, level])
            _times_power(weights, safe[level, row], work, counts[0, level] - counts[1, level])
        for i in range(along):
            columns[0, i] += weights[i]
        for cut in range(below.shape[0]):
            for i in range(along):
                columns[1 + cut, i] += below[cut, row, i] * weights[i]
    return columns.sum(axis=1)


@lru_cache(maxsize=8)
def _tables(
    prior: Prior, log_doses: tuple[float, ...], cuts: tuple[float, float]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Prior weights, probabilities of a DLT and of none, and the share of each node below each cut."""
    nodes = grid(prior)
    eta = nodes.a + nodes.slope * np.array(log_doses)[:, None, None]
    toxic = np.exp(-np.logaddexp(0.0, -eta))
    safe = np.exp(-np.logaddexp(0.0, eta))
    below = np.array([_shares(nodes, x, cut) for x in log_doses for cut in cuts])
    return np.exp(nodes.log_prior), toxic, safe, below


def _shares(nodes: Grid, log_dose: float, cut: float) -> Floats:
    """Share of each node's weight that `blrm.estimate` counts."""
    cell, part = cut_cells(nodes, log_dose, cut)
    shares = (np.arange(nodes.a.shape[1])[None, :] <= cell[:, None]).astype(float)
    rows = np.arange(len(cell))
    shares[:, 0] -= 0.5
    shares[rows, cell] += part - 0.5 * part * part - 0.5
    shares[rows, cell + 1] += 0.5 * part * part
    return shares


@lru_cache(maxsize=_STATES)
def tally_masses(
    prior: Prior,
    log_doses: tuple[float, ...],
    cuts: tuple[float, float],
    counts: tuple[tuple[int, ...], tuple[int, ...]],
) -> tuple[tuple[float, float], ...] | None:
    """Mass in the target interval and over it per level, as `blrm.estimate` gives; None on underflow.

    `counts` is (known patients per level, those with a DLT).
    """
    total, *below = _sums(*_tables(prior, log_doses, cuts), np.array(counts)).tolist()
    if not total > _LEAST:
        return None
    pairs = zip(below[::2], below[1::2], strict=True)
    return tuple(((over - under) / total, 1.0 - over / total) for under, over in pairs)


@dataclass(frozen=True, slots=True)
class QuickBlrm(Blrm):
    """The same design, its masses from tallies; of patients who are all treated at their level's dose."""

    def masses(self, outcomes: Outcomes) -> tuple[tuple[float, float], ...]:
        """Mass in the target interval and over it per level."""
        log_doses = self.log_doses
        tallies = [outcomes.tally(level) for level in range(1, len(log_doses) + 1)]
        known, dlts = tuple(t.enrolled - t.pending for t in tallies), tuple(t.dlts for t in tallies)
        found = tally_masses(self.prior, log_doses, (self.under, self.over), (known, dlts))
        return Blrm.masses(self, outcomes) if found is None else found


def quick(design: Blrm) -> QuickBlrm:
    """The design with its masses from tallies."""
    return QuickBlrm(**{field.name: getattr(design, field.name) for field in fields(design)})
