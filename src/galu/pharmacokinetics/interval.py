"""Areas and parameters between two times: partial AUC, dosing intervals, accumulation."""

from __future__ import annotations

import dataclasses
import math
from typing import Final

import numpy as np

from galu.pharmacokinetics.blq import apply_blq
from galu.pharmacokinetics.codes import BY_CODE, unit_of
from galu.pharmacokinetics.nca import Known, Rules, combine, known_values, series_of
from galu.pharmacokinetics.profile import Floats, Method, Parameter, Profile, Route
from galu.pharmacokinetics.terminal import terminal_phase
from galu.pharmacokinetics.trapezoid import conc_between, is_logarithmic, segment
from galu.pharmacokinetics.units import volume_of_dose

#: What is said of the terminal phase of a dosing interval, its times counted from the interval's start.
_TERMINAL: Final = ("LAMZ", "LAMZHL", "LAMZLL", "LAMZUL", "LAMZNPT", "LAMZSPN", "R2", "R2ADJ", "CLSTP")


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
    start_h, end_h = window
    if not end_h > start_h >= 0.0:
        return "the interval has no length"
    series = series_of(profile, rules)
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
    fit = terminal_phase(*apply_blq(profile, rules.blq), rules.terminal, profile.route is Route.BOLUS)
    if isinstance(fit, str):
        return f"beyond the last quantifiable sample, and {fit}"
    k, last = fit.lambda_z, float(t[-1])
    begin = max(start_h, last)
    return total + float(c[-1]) / k * (math.exp(-k * (begin - last)) - math.exp(-k * (end_h - last)))


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


def dosing_interval(
    profile: Profile, method: Method, start_h: float, tau_h: float, rules: Rules | None = None
) -> tuple[Parameter, ...]:
    """Parameters of one dosing interval of a multiple-dose profile, whose times run through.

    The samples at both ends belong to the interval; the one at its end is the trough. Fluctuation that
    divides by a zero Cmin has no value.
    """
    rules = rules or Rules()
    inside = (profile.time_h >= start_h) & (profile.time_h <= start_h + tau_h)
    limit = None if profile.lloq is None else np.broadcast_to(profile.lloq, inside.shape)[inside]
    time_h, conc = profile.time_h[inside] - start_h, profile.conc[inside]
    part = dataclasses.replace(profile, time_h=time_h, conc=conc, lloq=limit)
    values = known_values(part, method, rules)
    t, c = apply_blq(part, rules.blq)
    area = _partial(part, method, (0.0, tau_h), rules)
    nothing = "no usable sample"
    low: Known = float(c.min()) if len(c) else nothing
    trough: Known = float(c[-1]) if len(c) and t[-1] == tau_h else "no sample at the end of the interval"
    peak, dose = values["CMAX"], "no dose given" if profile.dose is None else profile.dose
    average = combine(lambda a: a / tau_h, area)
    factor = volume_of_dose(profile.dose_unit, profile.conc_unit)[0]
    rows: list[tuple[str, str, Known, str]] = [
        ("AUCTAU", "AUC Over Dosing Interval", area, "auc"),
        ("CMAX", "Max Conc", peak, "conc"),
        ("CMIN", "Min Conc", low, "conc"),
        ("TMAX", "Time of CMAX", values["TMAX"], "h"),
        ("TLST", "Time of Last Nonzero Conc", values["TLST"], "h"),
        ("CAVG", "Average Conc", average, "conc"),
        ("CTROUGH", "Conc Trough", trough, "conc"),
        ("PTROUGHR", "Peak Trough Ratio", combine(lambda p, q: p / q, peak, trough), "none"),
        ("FLUCP", "Fluctuation%", combine(lambda p, q, a: 100.0 * (p - q) / a, peak, low, average), "%"),
        ("SWING", "Swing", combine(lambda p, q: 100.0 * (p - q) / q, peak, low), "%"),
        (
            "CLSS",
            "Total CL Steady State by Dosing Interval",
            combine(lambda d, a: d / a * factor, dose, area),
            "clearance",
        ),
    ]
    rows += [(code, BY_CODE[code].name, values[code], BY_CODE[code].kind) for code in _TERMINAL]
    return tuple(_row(profile, row, start_h, tau_h) for row in rows)


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
