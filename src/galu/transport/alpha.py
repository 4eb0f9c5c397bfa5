"""α particles: straight tracks of the continuous-slowing-down range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galu.nuclides import Emissions
from galu.transport.medium import Medium
from galu.transport.stopping import alpha_stopping

Array = NDArray[np.float64]
_STEPS = 2000


def alpha_shells(emitted: Emissions, medium: Medium, edges_g_cm2: Array) -> Array:
    """Energy per decay that α particles leave in each shell around a point source [keV].

    Recoiling nuclei (range below 0.1 µm) stay in the first shell.

    Parameters
    ----------
    emitted : Emissions
        The radiations.
    medium : Medium
        The medium.
    edges_g_cm2 : array of shape (n,)
        Outer edges of the shells [g/cm²].

    Returns
    -------
    array of shape (n + 1,)
        Energy per shell [keV]; the last is what lies beyond.
    """
    shells = np.zeros(edges_g_cm2.size + 1)
    for energy, per_decay in zip(emitted.alphas.energy_kev, emitted.alphas.per_decay, strict=True):
        left = np.linspace(energy, 1.0, _STEPS)
        middle = 0.5 * (left[1:] + left[:-1])
        path = np.concatenate(([0.0], np.cumsum(-np.diff(left) / alpha_stopping(middle, medium))))
        lost = np.interp(edges_g_cm2, path, energy - left, right=energy)
        shells += per_decay * np.diff(np.concatenate(([0.0], lost, [energy])))
    shells[0] += emitted.recoil_kev
    return shells
