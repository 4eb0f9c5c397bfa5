"""The terminal slope of many profiles; the twin for one is `galu.pharmacokinetics.terminal`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from galu.pharmacokinetics.batch_samples import Samples
from galu.pharmacokinetics.columns import Column, Flags, Texts
from galu.pharmacokinetics.profile import Floats
from galu.pharmacokinetics.terminal import TerminalRule

#: A slower decline [1/h] is none.
_LEAST_RATE = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Terminals:
    """Fitted terminal phases ``ln C = intercept − lambda_z t`` of n profiles, a column each."""

    lambda_z: Column
    intercept: Column
    correlation: Column
    r2: Column
    r2_adjusted: Column
    n: Column
    lower_h: Column
    upper_h: Column


@dataclass(frozen=True, slots=True, eq=False)
class _Windows:
    """Samples that may be fitted: times [h] and ln conc (n, m), last in a row; their number (n,)."""

    time_h: Floats
    log_conc: Floats
    count: np.ndarray[tuple[int], np.dtype[np.intp]]


def terminal_phases(samples: Samples, rule: TerminalRule, peak_counts: bool) -> Terminals:
    """λz of each profile, or why there is none; as `terminal.terminal_phase` chooses it."""
    t, c = samples.time_h, samples.conc
    positive = c > 0.0
    why = np.where(positive.any(axis=1), "", "no quantifiable sample").astype(object)
    if rule.window_h is not None or rule.times_h:
        return _manual(t, c, positive, rule, why)
    kept = positive
    if c.shape[1]:
        peak = np.where(positive, c, -np.inf).argmax(axis=1)[:, None]
        kept = positive & (np.arange(c.shape[1]) >= peak + (0 if peak_counts else 1))
        kept &= t >= rule.not_before_h
    windows = _last(kept, t, c)
    place = "from" if peak_counts else "after"
    few = f"fewer than {rule.min_points} quantifiable samples {place} the peak"
    why = _also(why, windows.count < rule.min_points, few)
    return _best(windows, rule, why)


def _also(why: Texts, where: Flags, text: str) -> Texts:
    """Reasons (n,), with a further one where a flag is set and there was none."""
    return np.asarray(np.where(where & (why == ""), text, why))


def _last(kept: Flags, t: Floats, c: Floats) -> _Windows:
    """The samples that are kept, moved to the ends of their rows."""
    order = np.argsort(kept, axis=1, kind="stable")
    logs = np.log(np.where(kept, c, np.nan))
    moved = [np.take_along_axis(x, order, axis=1) for x in (t, logs)]
    return _Windows(moved[0], moved[1], kept.sum(axis=1))


def _fit(time_h: Floats, log_conc: Floats) -> Floats:
    """Slope, intercept, correlation and adjusted r² (4, n) of least squares over samples (n, size)."""
    size = time_h.shape[1]
    mean_t, mean_y = time_h.mean(axis=1), log_conc.mean(axis=1)
    dt, dy = time_h - mean_t[:, None], log_conc - mean_y[:, None]
    sxx, sxy, syy = (dt * dt).sum(axis=1), (dt * dy).sum(axis=1), (dy * dy).sum(axis=1)
    slope = sxy / sxx
    r = np.where(syy > 0.0, sxy / np.sqrt(sxx * syy), 0.0)
    adjusted = 1.0 - (1.0 - r * r) * (size - 1) / (size - 2) if size > 2 else np.full(len(r), np.nan)
    return np.array([slope, mean_y - slope * mean_t, r, adjusted])


def _best(windows: _Windows, rule: TerminalRule, why: Texts) -> Terminals:
    """The best adjusted r² of every window of the last samples, and of the best the one with most points."""
    n, most = len(windows.count), int(windows.count.max(initial=0))
    longest = most if rule.max_points is None else min(most, rule.max_points)
    sizes = range(rule.min_points, longest + 1)
    fits = np.full((4, n, max(len(sizes), 1)), np.nan)
    for j, size in enumerate(sizes):
        rows = np.flatnonzero(windows.count >= size)
        fits[:, rows, j] = _fit(windows.time_h[rows, -size:], windows.log_conc[rows, -size:])
    falling = -fits[0] > _LEAST_RATE
    adjusted = np.where(falling, fits[3], -np.inf)
    best = adjusted.max(axis=1)
    near = falling & (adjusted > best[:, None] - rule.tie)
    why = _also(why, ~falling.any(axis=1), "the concentrations do not decline at the end")
    low = "no declining terminal phase: adjusted r² is not above zero"
    why = _also(why, ~(best > rule.min_r2_adjusted), low)
    chosen = near.shape[1] - 1 - near[:, ::-1].argmax(axis=1)
    size = rule.min_points + chosen
    return _terminals(windows, fits[:, np.arange(n), chosen], size, why)


def _manual(t: Floats, c: Floats, positive: Flags, rule: TerminalRule, why: Texts) -> Terminals:
    """The fit of the samples that a person chose."""
    if rule.times_h:
        chosen = positive & np.isin(t, np.array(rule.times_h))
        lacking = chosen.sum(axis=1) < len(rule.times_h)
        why = _also(why, lacking, "a chosen time has no quantifiable sample")
    else:
        low, high = rule.window_h or (0.0, 0.0)
        chosen = positive & (t >= low) & (t <= high)
    windows = _last(chosen, t, c)
    why = _also(why, windows.count < 2, "fewer than 2 quantifiable samples in the chosen window")
    fits = np.full((4, len(why)), np.nan)
    for size in np.unique(windows.count[windows.count >= 2]):
        rows = np.flatnonzero(windows.count == size)
        fits[:, rows] = _fit(windows.time_h[rows, -size:], windows.log_conc[rows, -size:])
    rising = ~(-fits[0] > _LEAST_RATE)
    why = _also(why, rising, "the concentrations do not decline over the chosen samples")
    return _terminals(windows, fits, windows.count, why)


def _terminals(
    windows: _Windows, fits: Floats, size: np.ndarray[tuple[int], np.dtype[np.intp]], why: Texts
) -> Terminals:
    """Columns of the chosen fits (4, n), of the last `size` (n,) samples of each profile."""
    missing, t = why != "", windows.time_h
    if t.shape[1] == 0:
        t = np.full((len(why), 1), np.nan)
    first = np.where(missing, 0, t.shape[1] - size)
    slope, intercept, r, adjusted = fits
    values = (
        -slope, intercept, r, r * r, adjusted, size.astype(float), t[np.arange(len(why)), first], t[:, -1],
    )  # fmt: skip
    return Terminals(*(Column(np.where(missing, np.nan, one), why) for one in values))
