"""Non-compartmental analysis of one profile.

Formulas: Gabrielsson & Weiner, Pharmacokinetic and Pharmacodynamic Data Analysis, 5th ed., chapter 2;
codes: CDISC controlled terminology, PK parameters. A parameter that does not exist has no value and a
reason; nothing is ever infinite.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from galu.pharmacokinetics.blq import DEFAULT, BlqRule, apply_blq, parse_blq
from galu.pharmacokinetics.codes import CODES, DRUG_ONLY, SUBSTANCE_ONLY, unit_of
from galu.pharmacokinetics.formulas import (
    Known,
    combine,
    disposition,
    exposure,
    identified,
    less_half,
    mean_times,
)
from galu.pharmacokinetics.profile import DecayState, Floats, Method, Parameter, Profile, Route
from galu.pharmacokinetics.terminal import Terminal, TerminalRule, terminal_phase
from galu.pharmacokinetics.trapezoid import areas, is_logarithmic, segment
from galu.pharmacokinetics.units import volume_of_dose
from galu.words import checked


@dataclass(frozen=True, slots=True)
class Rules:
    """What an analysis assumes: samples below quantification and the terminal slope.

    Along a terminal phase whose half-life is longer than `longest_half_life_h` [h] nothing is extrapolated.
    """

    blq: BlqRule = field(default_factory=lambda: parse_blq(DEFAULT))
    terminal: TerminalRule = field(default_factory=TerminalRule)
    longest_half_life_h: float = math.inf


@dataclass(frozen=True, slots=True)
class Series:
    """The samples that are integrated: after the BLQ rule, from time 0, up to the last quantifiable one.

    `inserted` tells where the value at time 0 comes from when it was not sampled.
    """

    time_h: Floats
    conc: Floats
    c0: Known
    inserted: bool
    n_quantified: int


def back_extrapolated(time_h: Floats, conc: Floats) -> Known:
    """Concentration at time 0 of a bolus: sampled, else log-linear through the first two samples.

    When these two do not decline or one is zero, the first sample stands (WinNonlin's rule).
    """
    if len(time_h) == 0 or not np.any(conc > 0.0):
        return "no quantifiable sample"
    if time_h[0] == 0.0 and conc[0] > 0.0:
        return float(conc[0])
    t, c = (time_h[1:], conc[1:]) if time_h[0] == 0.0 else (time_h, conc)
    if len(c) >= 2 and c[0] > c[1] > 0.0:
        slope = math.log(c[0] / c[1]) / (t[1] - t[0])
        return float(c[0] * math.exp(slope * t[0]))
    return float(c[conc[conc.size - c.size :] > 0.0][0])


def series_of(profile: Profile, rules: Rules) -> Series:
    """Samples of a profile as they are integrated."""
    time_h, conc = apply_blq(profile, rules.blq)
    n_quantified = int((conc > 0.0).sum())
    c0: Known = "back-extrapolation belongs to a bolus"
    inserted = len(time_h) > 0 and time_h[0] > 0.0
    if profile.route is Route.BOLUS:
        c0 = back_extrapolated(time_h, conc)
        inserted = not isinstance(c0, str) and not (time_h[0] == 0.0 and conc[0] > 0.0)
        if inserted and time_h[0] == 0.0:
            time_h, conc = time_h[1:], conc[1:]
    if inserted:
        start = c0 if isinstance(c0, float) else 0.0
        time_h, conc = np.concatenate(([0.0], time_h)), np.concatenate(([start], conc))
    return Series(time_h, conc, c0, inserted, n_quantified)


@checked
def nca(profile: Profile, method: Method, rules: Rules | None = None) -> tuple[Parameter, ...]:
    """All parameters of a profile that its route can have, in the order of `codes.CODES`.

    Examples
    --------
    >>> import numpy as np
    >>> p = Profile("1", "blood", 1, np.array([0.0, 1.0, 2.0, 4.0]), np.array([8.0, 4.0, 2.0, 0.5]), 100.0)
    >>> {x.code: x.value for x in nca(p, Method.LINUP_LOGDOWN)}["LAMZHL"]
    1.0
    """
    rules = rules or Rules()
    values = known_values(profile, method, rules)
    last = values["TLST"]
    end = last if isinstance(last, float) else None
    rows = []
    for row in CODES:
        if profile.route not in row.routes:
            continue
        known = values[row.code]
        if row.code in DRUG_ONLY and profile.decay_state is DecayState.MEASURED:
            known = SUBSTANCE_ONLY
        value, reason = (None, known) if isinstance(known, str) else (known, "")
        unit = unit_of(row.kind, profile)
        rows.append(Parameter(row.code, row.name, value, unit, reason, 0.0, end, profile.refs))
    return tuple(rows)


def known_values(profile: Profile, method: Method, rules: Rules) -> dict[str, Known]:
    """Every code of every route with its value or its reason."""
    series = series_of(profile, rules)
    observed_t, observed_c = apply_blq(profile, rules.blq)
    terminal = terminal_phase(observed_t, observed_c, rules.terminal, profile.route is Route.BOLUS)
    values: dict[str, Known] = {"C0": series.c0}
    values |= _observed(observed_t, observed_c, profile)
    values |= _terminal(terminal, values)
    rate = rate_of(terminal, rules)
    if isinstance(rate, str):
        values |= {"LAMZHL": rate, "LAMZSPN": rate}
    values |= exposure(combine, _areas_to_last(series, method), rate, values)
    values |= _residence(profile, values)
    dose = dose_of(profile)
    factor = volume_of_dose(profile.dose_unit, profile.conc_unit)[0]
    # WinNonlin, where no dose was given, prints an apparent clearance and volume of 0.
    apparent = 0.0 if profile.dose == 0.0 else dose
    values |= disposition(combine, (dose, apparent), factor, rate, values)
    return values


def rate_of(terminal: Terminal | str, rules: Rules) -> Known:
    """The rate [1/h] that a profile is extrapolated with, or why it is not."""
    if isinstance(terminal, str):
        return terminal
    return identified(terminal.lambda_z, rules.longest_half_life_h)


def dose_of(profile: Profile) -> Known:
    """The dose, or why nothing is divided by it."""
    if profile.dose is None:
        return "no dose given"
    return profile.dose if profile.dose > 0.0 else "the dose is zero"


def _observed(t: Floats, c: Floats, profile: Profile) -> dict[str, Known]:
    dose = dose_of(profile)
    if len(c) == 0:
        codes = ("CMAX", "CMAXD", "TMAX", "TLAG", "CLST", "TLST")
        return dict.fromkeys(codes, "no usable sample")
    cmax = float(c.max())
    values: dict[str, Known] = {"CMAX": cmax, "CMAXD": combine(lambda d: cmax / d, dose)}
    quantified = np.flatnonzero(c > 0.0)
    if quantified.size == 0:
        return values | dict.fromkeys(("TMAX", "TLAG", "CLST", "TLST"), "no quantifiable sample")
    first, last = int(quantified[0]), int(quantified[-1])
    values["TMAX"] = float(t[int(c.argmax())])
    values["TLAG"] = _lag(profile, float(t[first]))
    values["CLST"], values["TLST"] = float(c[last]), float(t[last])
    return values


def _lag(profile: Profile, first_h: float) -> float:
    """Time of the last sample before the first quantifiable one; a dropped zero counts, too."""
    before = profile.time_h[(profile.time_h < first_h) & (profile.time_h >= 0.0) & ~np.isnan(profile.conc)]
    return float(before[-1]) if len(before) else 0.0


def _terminal(fit: Terminal | str, values: dict[str, Known]) -> dict[str, Known]:
    codes = (
        "b0",
        "LAMZ",
        "LAMZHL",
        "LAMZLL",
        "LAMZUL",
        "LAMZNPT",
        "LAMZSPN",
        "CORRXY",
        "R2",
        "R2ADJ",
        "CLSTP",
    )
    if isinstance(fit, str):
        return dict.fromkeys(codes, fit)
    half_life = math.log(2.0) / fit.lambda_z
    adjusted: Known = "two points leave no degree of freedom" if fit.r2_adjusted is None else fit.r2_adjusted
    return {
        "b0": fit.intercept,
        "LAMZ": fit.lambda_z,
        "LAMZHL": half_life,
        "LAMZLL": fit.lower_h,
        "LAMZUL": fit.upper_h,
        "LAMZNPT": float(fit.n),
        "LAMZSPN": (fit.upper_h - fit.lower_h) / half_life,
        "CORRXY": fit.correlation,
        "R2": fit.r2,
        "R2ADJ": adjusted,
        "CLSTP": combine(fit.at, values["TLST"]),
    }


def _areas_to_last(series: Series, method: Method) -> tuple[Known, Known, Known, Known]:
    """AUC and AUMC to the last quantifiable sample, AUC of all samples, area before the first sample."""
    quantified = np.flatnonzero(series.conc > 0.0)
    if len(series.time_h) == 0:
        return ("no usable sample",) * 3 + (0.0,)
    if series.n_quantified == 0:
        return 0.0, 0.0, 0.0, 0.0
    if len(series.time_h) - series.inserted < 2:
        return ("one sample spans no area",) * 3 + (0.0,)
    stop = int(quantified[-1]) + 1
    t, c = series.time_h, series.conc
    auc, aumc = areas(t[:stop], c[:stop], method)
    # The fall to the first sample below quantification is a triangle, whatever the method.
    tail = float((t[stop] - t[stop - 1]) * c[stop - 1] / 2.0) if stop < len(t) else 0.0
    back = 0.0
    if series.inserted:
        pair = (float(c[0]), float(c[1]))
        log = is_logarithmic(method, *pair, bool(c[0] >= c[:stop].max()))
        back = segment((float(t[0]), float(t[1])), pair, log)[0]
    return auc, aumc, auc + tail, back


def _residence(profile: Profile, values: dict[str, Known]) -> dict[str, Known]:
    """Mean residence times: as sampled (EV), and less half the infusion (IV)."""
    infused = profile.duration_h if profile.route is Route.INFUSION else 0.0
    found = mean_times(combine, values)
    for end in ("LST", "IFO", "IFP"):
        mean = found[f"MRTEV{end}"]
        if infused and isinstance(mean, float):
            mean = less_half(mean, infused, values["TMAX"])
        found[f"MRTIV{end}"] = mean
    return found
