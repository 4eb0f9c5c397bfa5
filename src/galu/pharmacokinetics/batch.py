"""Many profiles at once: the main parameters of `nca` under its default rules, compiled.

The readable twin is `galu.pharmacokinetics.nca.nca`; a test holds the two equal. One difference: after a
bolus, zeros before the first quantifiable sample are left out here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from galu.compiled import kernel
from galu.pharmacokinetics.profile import Floats, Method, Route

#: Columns of the result of `nca_batch`.
COLUMNS: Final = (
    "CMAX",
    "TMAX",
    "CLST",
    "TLST",
    "LAMZ",
    "LAMZNPT",
    "R2ADJ",
    "AUCLST",
    "AUMCLST",
    "AUCIFO",
    "AUMCIFO",
)


@kernel
def _lambda_z(t: Any, c: Any, first: int, n: int) -> Any:
    """λz, its number of points and adjusted r² over samples first … n−1, or NaN."""
    longest = n - first
    lam, adjusted = np.full(longest + 1, np.nan), np.full(longest + 1, np.nan)
    best = 0.0
    for size in range(3, longest + 1):
        mt = my = 0.0
        for i in range(n - size, n):
            mt += t[i] / size
            my += np.log(c[i]) / size
        sxx = sxy = syy = 0.0
        for i in range(n - size, n):
            dt, dy = t[i] - mt, np.log(c[i]) - my
            sxx += dt * dt
            sxy += dt * dy
            syy += dy * dy
        if syy > 0.0 and -sxy / sxx > 1e-14:
            lam[size] = -sxy / sxx
            adjusted[size] = 1.0 - (1.0 - sxy * sxy / (sxx * syy)) * (size - 1) / (size - 2)
            best = max(best, adjusted[size])
    if best > 0.0:
        for size in range(longest, 2, -1):
            if adjusted[size] > best - 1e-4:
                return lam[size], float(size), adjusted[size]
    return np.nan, np.nan, np.nan


@kernel
def _one(time_h: Any, conc: Any, method: int, bolus: bool, out: Any) -> None:  # noqa: C901 - one pass, compiled
    t, c = np.empty(len(time_h) + 1), np.empty(len(time_h) + 1)
    n = 1  # room for the value at time 0
    for i in range(len(time_h)):
        if conc[i] > 0.0 and time_h[i] >= 0.0:
            t[n], c[n] = time_h[i], conc[i]
            n += 1
    if n < 3:
        return
    peak = 1
    for i in range(2, n):
        if c[i] > c[peak]:
            peak = i
    out[0], out[1], out[2], out[3] = c[peak], t[peak], c[n - 1], t[n - 1]
    out[4], out[5], out[6] = _lambda_z(t, c, peak if bolus else peak + 1, n)
    begin = 1
    if t[1] > 0.0:
        begin, t[0], c[0] = 0, 0.0, 0.0
        if bolus:
            c[0] = c[1]
            if c[2] < c[1]:
                c[0] = c[1] * np.exp(np.log(c[1] / c[2]) / (t[2] - t[1]) * t[1])
            if c[0] >= c[peak]:
                peak = 0
    auc = aumc = 0.0
    if not bolus and begin == 0:
        # Leading zeros hold the curve at zero until the last of them.
        for i in range(len(time_h)):
            if time_h[i] < t[1] and time_h[i] > 0.0 and conc[i] <= 0.0:
                t[0] = time_h[i]
    for i in range(begin, n - 1):
        dt = t[i + 1] - t[i]
        log = c[i] > 0.0 and (
            (method == 1 and c[i + 1] < c[i]) or (method == 2 and i >= peak and c[i] != c[i + 1])
        )
        if log:
            k = np.log(c[i] / c[i + 1]) / dt
            auc += (c[i] - c[i + 1]) / k
            aumc += (t[i] * c[i] - t[i + 1] * c[i + 1]) / k + (c[i] - c[i + 1]) / k**2
        else:
            auc += dt * (c[i] + c[i + 1]) / 2.0
            aumc += dt * (t[i] * c[i] + t[i + 1] * c[i + 1]) / 2.0
    out[7], out[8] = auc, aumc
    out[9] = auc + out[2] / out[4]
    out[10] = aumc + out[2] * out[3] / out[4] + out[2] / out[4] ** 2


@kernel
def _all(time_h: Any, conc: Any, method: int, bolus: bool) -> Any:
    out = np.full((len(time_h), 11), np.nan)
    for i in range(len(time_h)):
        _one(time_h[i], conc[i], method, bolus, out[i])
    return out


def nca_batch(time_h: Floats, conc: Floats, method: Method, route: Route) -> Floats:
    """Main parameters of many profiles.

    Parameters
    ----------
    time_h, conc : arrays (n, m)
        Sampling times [h], increasing along a row, and concentrations; NaN is missing, zero is below
        quantification.

    Returns
    -------
    array (n, 11)
        One column per entry of `COLUMNS`; NaN where a parameter does not exist (fewer than two
        quantifiable samples, no terminal phase).
    """
    rule = {Method.LINEAR: 0, Method.LINUP_LOGDOWN: 1, Method.LINLOG: 2}[method]
    return np.asarray(
        _all(np.ascontiguousarray(time_h), np.ascontiguousarray(conc), rule, route is Route.BOLUS)
    )
