"""Samples of many profiles after the BLQ rule, the series that are integrated, and their areas.

Twins for one profile: `blq.apply_blq`, `nca.series_of`, `nca._areas_to_last`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics.blq import BlqRule
from galu.pharmacokinetics.columns import Column, Flags, absent, known
from galu.pharmacokinetics.profile import Floats, Method


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Times [h] and concentrations (n, m), those that count first in a row, then NaN; their number (n,)."""

    time_h: Floats
    conc: Floats
    count: np.ndarray[tuple[int], np.dtype[np.intp]]


@dataclass(frozen=True, slots=True, eq=False)
class ManySeries:
    """What is integrated: samples from time 0, the value there, whether it was inserted (n,)."""

    samples: Samples
    c0: Column
    inserted: Flags
    quantified: Flags


def rows_with(flags: Flags) -> Flags:
    """Which profiles (n,) have a sample (n, m) with a flag."""
    return np.asarray(flags.any(axis=1))


def packed(kept: Flags, time_h: Floats, conc: Floats) -> Samples:
    """The samples (n, m) that are kept, first along each row."""
    count = kept.sum(axis=1)
    if not kept.all():
        order = np.argsort(~kept, axis=1, kind="stable")
        time_h = np.take_along_axis(np.where(kept, time_h, np.nan), order, axis=1)
        conc = np.take_along_axis(np.where(kept, conc, np.nan), order, axis=1)
    most = int(count.max(initial=0))
    return Samples(time_h[:, :most], conc[:, :most], count)


def samples_of(time_h: Floats, conc: Floats, lloq: Floats, rule: BlqRule) -> Samples:
    """Samples (n, m) after the BLQ rule; missing ones and those before the dose left out.

    Raises
    ------
    InputError
        When the rule lloq/2 meets a sample without a limit.
    """
    below = (conc < lloq) | (conc <= 0.0)
    present = ~np.isnan(conc) & (time_h >= 0.0)
    kept, values = present, conc
    for position, where in _positions(below, present, conc, rule).items():
        action = rule.action(position)
        if not where.any():
            continue
        if action == "drop":
            kept = kept & ~where
        else:
            values = np.where(where, _replacement(action, lloq, where), values)
    return packed(kept, time_h, values)


def _replacement(action: str, lloq: Floats, where: Flags) -> Floats | float:
    if action == "lloq/2":
        if not (lloq[where] >= 0.0).all():
            raise InputError("profiles", "the rule lloq/2 needs a limit", "give lloq")
        return np.asarray(lloq / 2.0)
    return 0.0 if action == "keep" else float(action)


def _positions(below: Flags, present: Flags, conc: Floats, rule: BlqRule) -> dict[str, Flags]:
    """Samples below quantification (n, m) by their position."""
    quantified, blq = present & ~below, present & below
    index = np.arange(conc.shape[1])
    if rule.by_peak:
        peak = np.where(quantified, conc, -np.inf).argmax(axis=1)
        before = (index < peak[:, None]) | ~rows_with(quantified)[:, None]
        return {"before.tmax": blq & before, "after.tmax": blq & ~before}
    earlier = np.logical_or.accumulate(quantified, axis=1)
    later = np.logical_or.accumulate(quantified[:, ::-1], axis=1)[:, ::-1]
    return {"first": blq & ~earlier, "middle": blq & earlier & later, "last": blq & earlier & ~later}


def series_of(samples: Samples, bolus: bool) -> ManySeries:
    """The samples as they are integrated."""
    n, t, c = len(samples.count), samples.time_h, samples.conc
    quantified = rows_with(c > 0.0)
    if c.shape[1] == 0:
        return ManySeries(samples, absent(n, "no quantifiable sample"), quantified, quantified)
    at_start = t[:, 0] == 0.0
    c0 = absent(n, "")
    inserted, start = t[:, 0] > 0.0, np.zeros(n)
    if bolus:
        start = _back_extrapolated(t, c)
        c0 = known(start).but(~quantified, "no quantifiable sample")
        inserted = quantified & ~(at_start & (c[:, 0] > 0.0))
    replaced, added = inserted & at_start, inserted & ~at_start
    c = c.copy()
    c[replaced, 0] = start[replaced]
    blank = np.full((n, 1), np.nan)
    early = np.where(added[:, None], np.hstack((np.zeros((n, 1)), t)), np.hstack((t, blank)))
    values = np.where(added[:, None], np.hstack((start[:, None], c)), np.hstack((c, blank)))
    return ManySeries(Samples(early, values, samples.count + added), c0, inserted, quantified)


def _back_extrapolated(t: Floats, c: Floats) -> Floats:
    """Concentration at time 0 of a bolus: sampled, else log-linear through the first two samples.

    When these two do not decline or one is zero, the first quantifiable sample stands.
    """
    rows, blank = np.arange(len(t)), np.full((len(t), 2), np.nan)
    skip = (t[:, 0] == 0.0).astype(int)
    wide_t, wide_c = np.hstack((t, blank)), np.hstack((c, blank))
    t0, t1, c0, c1 = (x[rows, skip + k] for x in (wide_t, wide_c) for k in (0, 1))
    line = c0 * np.exp(np.log(c0 / c1) / (t1 - t0) * t0)
    declines = (c0 > c1) & (c1 > 0.0)
    first = c[rows, (c > 0.0).argmax(axis=1)]
    sampled = (t[:, 0] == 0.0) & (c[:, 0] > 0.0)
    return np.asarray(np.where(sampled, c[:, 0], np.where(declines, line, first)))


def areas_to_last(series: ManySeries, method: Method) -> tuple[Column, Column, Column, Column]:
    """AUC and AUMC to the last quantifiable sample, AUC of all samples, area before the first sample."""
    t, c, count = series.samples.time_h, series.samples.conc, series.samples.count
    n = len(count)
    zero = known(np.zeros(n))
    empty = count == 0
    if c.shape[1] == 0:
        return (*(absent(n, "no usable sample"),) * 3, zero)
    rows = np.arange(n)
    stop = np.where((c > 0.0).any(axis=1), c.shape[1] - (c > 0.0)[:, ::-1].argmax(axis=1), 0)
    inside = np.where(np.arange(c.shape[1]) < stop[:, None], c, -np.inf)
    peak = inside.argmax(axis=1)
    auc, aumc, back = np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(c.shape[1] - 1):
        area, moment = _segments(t[:, i : i + 2].T, c[:, i : i + 2].T, method, i >= peak)
        used = i + 1 < stop
        auc += np.where(used, area, 0.0)
        aumc += np.where(used, moment, 0.0)
        if i == 0:
            back = np.where(series.inserted & (count > 1), area, 0.0)
    wide_t = np.hstack((t, np.full((n, 1), np.nan)))
    before = np.maximum(stop - 1, 0)
    tail = np.where(stop < count, (wide_t[rows, stop] - t[rows, before]) * c[rows, before] / 2.0, 0.0)
    alone = series.quantified & (count - series.inserted < 2)
    nothing = ~series.quantified
    found = []
    for area in (auc, aumc, auc + tail):
        column = known(np.where(nothing, 0.0, area)).but(alone, "one sample spans no area")
        found.append(column.but(empty, "no usable sample"))
    return found[0], found[1], found[2], known(np.where(nothing | alone | empty, 0.0, back))


def _segments(t: Floats, c: Floats, method: Method, after_peak: Flags) -> tuple[Floats, Floats]:
    """Area and first-moment area (n,) of one segment of each profile; t and c (2, n) are its ends."""
    dt = t[1] - t[0]
    area = dt * (c[0] + c[1]) / 2.0
    moment = dt * (t[0] * c[0] + t[1] * c[1]) / 2.0
    if method is Method.LINEAR:
        return area, moment
    log = (c[0] > 0.0) & (c[1] > 0.0) & (c[0] != c[1])
    log &= c[1] < c[0] if method is Method.LINUP_LOGDOWN else after_peak
    k = np.log(c[0] / c[1]) / dt
    log_area = (c[0] - c[1]) / k
    log_moment = (t[0] * c[0] - t[1] * c[1]) / k + (c[0] - c[1]) / k**2
    return np.where(log, log_area, area), np.where(log, log_moment, moment)
