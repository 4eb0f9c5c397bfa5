"""Areas and parameters between two times: partial AUC, dosing intervals, accumulation."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from galu.pharmacokinetics.blq import apply_blq
from galu.pharmacokinetics.codes import BY_CODE, ONE_DOSE, unit_of
from galu.pharmacokinetics.formulas import Known, combine
from galu.pharmacokinetics.nca import Rules, Series, dose_of, known_values, rate_of, series_of
from galu.pharmacokinetics.profile import Floats, Method, Parameter, Profile, Route
from galu.pharmacokinetics.terminal import Terminal, terminal_phase
from galu.pharmacokinetics.trapezoid import conc_between, is_logarithmic, segment
from galu.pharmacokinetics.units import volume_of_dose
from galu.words import checked

#: What is said of the terminal phase of a dosing interval, its times counted from the interval's start.
_TERMINAL: Final = ("LAMZ", "LAMZHL", "LAMZLL", "LAMZUL", "LAMZNPT", "LAMZSPN", "R2", "R2ADJ", "CLSTP")
#: Why a parameter of one dose has no value over several.
SEVERAL_DOSES: Final = (
    "the samples follow several doses and this belongs to one: read it from a dosing interval"
)
#: Times closer than this are one [h]: 3 × 2.4 is not 7.2 in binary.
_SAME_H: Final = 1e-6


@checked
def partial_auc(
    profile: Profile, method: Method, start_h: float, end_h: float, rules: Rules | None = None
) -> Parameter:
    """AUC from start_h to end_h [h] on actual times (AUCINT).

    Inside the samples a bound is interpolated by the rule of its segment; beyond the last quantifiable
    sample the terminal phase is followed from the observed Clast.
    """
    rules = rules or Rules()
    known = _partial(profile, method, (start_h, end_h), rules)
    value, reason = (None, known) if isinstance(known, str) else (known, "")
    unit = unit_of("auc", profile)
    return Parameter("AUCINT", "AUC from T1 to T2", value, unit, reason, start_h, end_h, profile.refs)


def _partial(profile: Profile, method: Method, window: tuple[float, float], rules: Rules) -> Known:
    if not window[1] > window[0] >= 0.0:
        return "the interval has no length"
    return _area(profile, series_of(profile, rules), method, window, rules)


def _area(
    profile: Profile, series: Series, method: Method, window: tuple[float, float], rules: Rules
) -> Known:
    start_h, end_h = window
    positive = np.flatnonzero(series.conc > 0.0)
    if series.n_quantified == 0:
        return "no quantifiable sample"
    if len(series.time_h) - series.inserted < 2:
        return "one sample spans no area"
    stop = int(positive[-1]) + 1
    t, c = series.time_h[:stop], series.conc[:stop]
    inner = (start_h, min(end_h, float(t[-1])))
    total = _inside(t, c, method, inner) if inner[1] > inner[0] else 0.0
    if end_h <= t[-1]:
        return total
    k, last = rate_of(_decline(profile, rules), rules), float(t[-1])
    if isinstance(k, str):
        return f"beyond the last quantifiable sample, and {k}"
    begin = max(start_h, last)
    return total + float(c[-1]) / k * (math.exp(-k * (begin - last)) - math.exp(-k * (end_h - last)))


def _decline(profile: Profile, rules: Rules) -> Terminal | str:
    return terminal_phase(*apply_blq(profile, rules.blq), rules.terminal, profile.route is Route.BOLUS)


def _inside(t: Floats, c: Floats, method: Method, window: tuple[float, float]) -> float:
    """Area between two times inside the samples; the peak of the whole profile splits lin-log."""
    peak = float(t[int(c.argmax())])
    total = 0.0
    for i in range(len(t) - 1):
        low, high = max(window[0], float(t[i])), min(window[1], float(t[i + 1]))
        if high <= low:
            continue
        ends, values = (float(t[i]), float(t[i + 1])), (float(c[i]), float(c[i + 1]))
        log = is_logarithmic(method, *values, ends[0] >= peak)
        cut = (conc_between(ends, values, low, log), conc_between(ends, values, high, log))
        total += segment((low, high), cut, log)[0]
    return total


def interval_starts(profile: Profile, tau_h: float) -> tuple[float, ...]:
    """Starts [h] of the dosing intervals that hold three samples or more, both ends included."""
    t = profile.time_h[~np.isnan(profile.conc) & (profile.time_h >= -_SAME_H)]
    numbers = np.floor((t + _SAME_H) / tau_h)
    starts = np.unique(np.concatenate((numbers, numbers - 1.0))) * tau_h
    held = ((t >= start - _SAME_H) & (t <= start + tau_h + _SAME_H) for start in starts)
    return tuple(
        float(start) for start, inside in zip(starts, held, strict=True) if start >= 0.0 and inside.sum() >= 3
    )


@checked
def dosing_interval(
    profile: Profile, method: Method, start_h: float, tau_h: float, rules: Rules | None = None
) -> tuple[Parameter, ...]:
    """Parameters of one dosing interval of a multiple-dose profile, whose times run through.

    The first dose is given at time 0 and each other at a start of an interval, right after the sample of
    that time. The samples at both ends belong to the interval, the one at its end is the trough; that before
    a later bolus does not, and its initial concentration is extrapolated from the samples after it. Without
    a sample at the start of a later interval its area begins where the decline of the interval before leads.
    Fluctuation that divides by a zero Cmin has no value.
    """
    rules = rules or Rules()
    part = _part(profile, start_h, tau_h)
    values = known_values(part, method, rules)
    t, c = apply_blq(part, rules.blq)
    series = _series(profile, part, (start_h, tau_h), rules)
    area = series if isinstance(series, str) else _area(part, series, method, (0.0, tau_h), rules)
    low: Known = float(c.min()) if len(c) else "no usable sample"
    trough: Known = float(c[-1]) if len(c) and t[-1] == tau_h else "no sample at the end of the interval"
    rows = [
        *_exposure((area, values["CMAX"], low, trough), tau_h, profile),
        ("TMAX", "Time of CMAX", values["TMAX"], "h"),
        ("TLST", "Time of Last Nonzero Conc", values["TLST"], "h"),
        *((code, BY_CODE[code].name, values[code], BY_CODE[code].kind) for code in _TERMINAL),
    ]
    return tuple(_row(profile, row, start_h, tau_h) for row in rows)


def _part(profile: Profile, start_h: float, tau_h: float) -> Profile:
    """The samples of an interval, their times [h] from its start; those at its ends exactly there."""
    time_h = profile.time_h - start_h
    time_h = np.where(np.abs(time_h) <= _SAME_H, 0.0, time_h)
    time_h = np.where(np.abs(time_h - tau_h) <= _SAME_H, tau_h, time_h)
    inside = (time_h >= 0.0) & (time_h <= tau_h)
    if profile.route is Route.BOLUS and start_h > 0.0:
        inside &= time_h > 0.0
    limit = None if profile.lloq is None else np.broadcast_to(profile.lloq, inside.shape)[inside]
    return dataclasses.replace(profile, time_h=time_h[inside], conc=profile.conc[inside], lloq=limit)


def _series(profile: Profile, part: Profile, interval: tuple[float, float], rules: Rules) -> Series | str:
    """What is integrated over an interval: its samples, and at its start what earlier doses left."""
    start_h, tau_h = interval
    series = series_of(part, rules)
    if not series.inserted or start_h == 0.0 or profile.route is Route.BOLUS:
        return series
    left = _left_at_end(_part(profile, start_h - tau_h, tau_h), tau_h, rules)
    if isinstance(left, str):
        return f"no sample at the start of the interval, and the one before {left}"
    return dataclasses.replace(series, conc=np.concatenate(([left], series.conc[1:])))


def _left_at_end(part: Profile, tau_h: float, rules: Rules) -> Known:
    """Concentration at the end of an interval, from its last quantifiable sample on along its decline.

    Its terminal phase where it has one, else the line through the logarithms of its last two samples.
    """
    t, c = apply_blq(part, rules.blq)
    t, c = t[c > 0.0], c[c > 0.0]
    if len(c) == 0:
        return "has no usable sample"
    fit = _decline(part, rules)
    if isinstance(fit, Terminal):
        rate = fit.lambda_z
    elif len(c) >= 2 and c[-1] < c[-2]:
        rate = math.log(c[-2] / c[-1]) / (t[-1] - t[-2])
    else:
        return "does not decline at its end"
    return float(c[-1] * math.exp(-rate * (tau_h - t[-1])))


def _exposure(
    known: tuple[Known, Known, Known, Known], tau_h: float, profile: Profile
) -> list[tuple[str, str, Known, str]]:
    area, peak, low, trough = known
    dose = dose_of(profile)
    factor = volume_of_dose(profile.dose_unit, profile.conc_unit)[0]
    average = combine(lambda a: a / tau_h, area)
    clearance = combine(lambda d, a: d / a * factor, dose, area)
    return [
        ("AUCTAU", "AUC Over Dosing Interval", area, "auc"),
        ("CMAX", "Max Conc", peak, "conc"),
        ("CMIN", "Min Conc", low, "conc"),
        ("CAVG", "Average Conc", average, "conc"),
        ("CTROUGH", "Conc Trough", trough, "conc"),
        ("PTROUGHR", "Peak Trough Ratio", combine(lambda p, q: p / q, peak, trough), "none"),
        ("FLUCP", "Fluctuation%", combine(lambda p, q, a: 100.0 * (p - q) / a, peak, low, average), "%"),
        ("SWING", "Swing", combine(lambda p, q: 100.0 * (p - q) / q, peak, low), "%"),
        ("CLSS", "Total CL Steady State by Dosing Interval", clearance, "clearance"),
    ]


def of_several_doses(rows: Iterable[Parameter]) -> Iterator[Parameter]:
    """Parameters of a profile that holds several doses: those that belong to one dose have no value."""
    for row in rows:
        yield dataclasses.replace(row, value=None, reason=SEVERAL_DOSES) if row.code in ONE_DOSE else row


def _row(profile: Profile, row: tuple[str, str, Known, str], start_h: float, tau_h: float) -> Parameter:
    code, name, known, kind = row
    value, reason = (None, known) if isinstance(known, str) else (known, "")
    return Parameter(
        code, name, value, unit_of(kind, profile), reason, start_h, start_h + tau_h, profile.refs
    )


def accumulation(first: tuple[Parameter, ...], later: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Accumulation ratios of a later dosing interval to the first (ARAUC, ARCMAX)."""
    rows = []
    for code, name, source in (
        ("ARAUC", "Accumulation Ratio AUCTAU", "AUCTAU"),
        ("ARCMAX", "Accumulation Ratio CMAX", "CMAX"),
    ):
        one = next(row for row in first if row.code == source)
        two = next(row for row in later if row.code == source)
        known = combine(lambda a, b: b / a, _known(one), _known(two))
        value, reason = (None, known) if isinstance(known, str) else (known, "")
        rows.append(Parameter(code, name, value, "", reason, two.start_h, two.end_h, one.refs + two.refs))
    return tuple(rows)


def _known(row: Parameter) -> Known:
    return row.reason if row.value is None else row.value
