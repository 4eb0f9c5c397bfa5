"""Non-compartmental analysis of many profiles at once, every step on columns of them.

The readable twin is `galu.pharmacokinetics.nca.nca`; a test holds the two equal, reasons included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics.batch_samples import Samples, areas_to_last, rows_with, samples_of, series_of
from galu.pharmacokinetics.batch_terminal import Terminals, terminal_phases
from galu.pharmacokinetics.codes import CODES, DRUG_ONLY, SUBSTANCE_ONLY, unit_in
from galu.pharmacokinetics.columns import Column, absent, combine_columns, known
from galu.pharmacokinetics.formulas import disposition, exposure, identified, less_half, mean_times
from galu.pharmacokinetics.nca import Rules
from galu.pharmacokinetics.profile import LATEST_H, MOST_CONC, DecayState, Floats, Method, Profile, Route
from galu.pharmacokinetics.units import volume_of_dose
from galu.words import checked, checked_fields

Columns = dict[str, Column]
_OUT_OF_RANGE: Final = InputError("profiles", "one is no profile", "build each as a Profile to learn which")


@dataclass(frozen=True, slots=True, eq=False)
@checked_fields
class Profiles:
    """Profiles of one route and one pair of units that have the same number of samples.

    Attributes
    ----------
    time_h, conc : array (n, m)
        Times [h], increasing along a row, and concentrations [conc_unit]; NaN is a missing sample.
    lloq : array (n, m)
        Limit of quantification of each sample [conc_unit], NaN where unknown.
    dose : array (n,)
        Amounts given [dose_unit], NaN where unknown.
    duration_h : array (n,)
        Lengths of the infusions [h], zero for another route.
    """

    time_h: Floats
    conc: Floats
    lloq: Floats
    dose: Floats
    duration_h: Floats
    route: Route
    conc_unit: str = ""
    dose_unit: str = ""
    decay_state: DecayState | None = None

    def __post_init__(self) -> None:
        sizes = np.fmax(np.abs(self.conc), 0.0)
        sound = (
            self.time_h.shape == self.conc.shape == self.lloq.shape
            and bool(np.isfinite(self.time_h).all() and (np.diff(self.time_h, axis=1) > 0.0).all())
            and bool((np.abs(self.time_h) <= LATEST_H).all() and (sizes <= MOST_CONC).all())
            and bool((np.isnan(self.dose) | ((self.dose >= 0.0) & (self.dose < np.inf))).all())
            and bool(((self.duration_h >= 0.0) & (self.duration_h < np.inf)).all())
            and (self.route is not Route.INFUSION or bool((self.duration_h > 0.0).all()))
        )
        if not sound:
            raise _OUT_OF_RANGE

    def one(self, i: int, key: tuple[str, str, int]) -> Profile:
        """One of them as a profile of its own, under its subject, matrix and cycle."""
        limit, dose = self.lloq[i], float(self.dose[i])
        return Profile(
            *key,
            self.time_h[i],
            self.conc[i],
            None if math.isnan(dose) else dose,
            self.route,
            float(self.duration_h[i]),
            self.conc_unit,
            self.dose_unit,
            None if np.isnan(limit).all() else limit,
            self.decay_state,
        )

    def units(self) -> tuple[str, ...]:
        """Units of the parameters that this route has, in the order of `codes.CODES`."""
        units = self.conc_unit, self.dose_unit
        return tuple(unit_in(row.kind, *units) for row in CODES if self.route in row.routes)


@checked
def nca_many(profiles: Profiles, method: Method, rules: Rules | None = None) -> Columns:
    """All parameters that the route can have by their code, in the order of `codes.CODES`.

    Raises
    ------
    InputError
        When the rule lloq/2 meets a sample without a limit.
    """
    with np.errstate(all="ignore"):  # what does not exist is NaN on the way, and gets its reason
        values = _known_columns(profiles, method, rules or Rules())
    found = {row.code: values[row.code] for row in CODES if profiles.route in row.routes}
    if profiles.decay_state is DecayState.MEASURED:
        n = len(profiles.conc)
        found |= {code: absent(n, SUBSTANCE_ONLY) for code in found if code in DRUG_ONLY}
    return found


def _known_columns(profiles: Profiles, method: Method, rules: Rules) -> Columns:
    samples = samples_of(profiles.time_h, profiles.conc, profiles.lloq, rules.blq)
    series = series_of(samples, profiles.route is Route.BOLUS)
    fits = terminal_phases(samples, rules.terminal, profiles.route is Route.BOLUS)
    n = len(profiles.dose)
    dose = Column(profiles.dose.copy(), np.where(np.isnan(profiles.dose), "no dose given", "").astype(object))
    given = dose.but(profiles.dose == 0.0, "the dose is zero")
    values: Columns = {"C0": absent(n, "back-extrapolation belongs to a bolus")}
    if profiles.route is Route.BOLUS:
        values["C0"] = series.c0
    values |= _observed(samples, profiles, given)
    rate = _rate(fits.lambda_z, rules)
    values |= _terminal(fits, rate, values["TLST"])
    values |= exposure(combine_columns, areas_to_last(series, method), rate, values)
    values |= _residence(profiles, values)
    factor = volume_of_dose(profiles.dose_unit, profiles.conc_unit)[0]
    values |= disposition(combine_columns, (given, dose), factor, rate, values)
    return values


def _rate(lambda_z: Column, rules: Rules) -> Column:
    """The rates [1/h] that profiles are extrapolated with, or why one is not."""
    slow = math.log(2.0) / lambda_z.value > rules.longest_half_life_h
    why = lambda_z.why.copy()
    for i in np.flatnonzero(slow):
        why[i] = identified(float(lambda_z.value[i]), rules.longest_half_life_h)
    return lambda_z.but(slow, why)


def _observed(samples: Samples, profiles: Profiles, dose: Column) -> Columns:
    n, t, c = len(samples.count), samples.time_h, samples.conc
    empty, none = samples.count == 0, ~rows_with(c > 0.0)
    if c.shape[1] == 0:
        codes = ("CMAX", "CMAXD", "TMAX", "TLAG", "CLST", "TLST")
        return dict.fromkeys(codes, absent(n, "no usable sample"))
    rows, shown = np.arange(n), np.where(np.isnan(c), -np.inf, c)
    peak, last = shown.argmax(axis=1), c.shape[1] - 1 - (c > 0.0)[:, ::-1].argmax(axis=1)
    why = np.where(empty, "no usable sample", "no quantifiable sample").astype(object)
    cmax = known(np.where(empty, 0.0, shown[rows, peak])).but(empty, "no usable sample")
    first_h = t[rows, (c > 0.0).argmax(axis=1)][:, None]
    all_h = profiles.time_h
    before = (all_h < first_h) & (all_h >= 0.0) & ~np.isnan(profiles.conc)
    lag = np.where(before, all_h, 0.0).max(axis=1)
    per_dose = combine_columns(lambda d, c: c / d, dose, cmax).but(empty, "no usable sample")
    return {
        "CMAX": cmax,
        "CMAXD": per_dose,
        "TMAX": known(t[rows, peak]).but(none, why),
        "TLAG": known(lag).but(none, why),
        "CLST": known(c[rows, last]).but(none, why),
        "TLST": known(t[rows, last]).but(none, why),
    }


def _terminal(fits: Terminals, rate: Column, last_h: Column) -> Columns:
    half_life = combine_columns(lambda k: math.log(2.0) / k, rate)
    span = combine_columns(lambda high, low, half: (high - low) / half, fits.upper_h, fits.lower_h, half_life)
    two = "two points leave no degree of freedom"
    predicted = combine_columns(lambda b, k, t: np.exp(b - k * t), fits.intercept, fits.lambda_z, last_h)
    return {
        "b0": fits.intercept,
        "LAMZ": fits.lambda_z,
        "LAMZHL": half_life,
        "LAMZLL": fits.lower_h,
        "LAMZUL": fits.upper_h,
        "LAMZNPT": fits.n,
        "LAMZSPN": span,
        "CORRXY": fits.correlation,
        "R2": fits.r2,
        "R2ADJ": fits.r2_adjusted.but(fits.n.value == 2.0, two),
        "CLSTP": predicted,
    }


def _residence(profiles: Profiles, values: Columns) -> Columns:
    """Mean residence times: as sampled (EV), and less half the infusion (IV)."""
    found = mean_times(combine_columns, values)
    infused, peak = profiles.duration_h, values["TMAX"]
    for end in ("LST", "IFO", "IFP"):
        mean = found[f"MRTEV{end}"]
        found[f"MRTIV{end}"] = mean
        if profiles.route is Route.INFUSION:
            rest = mean.value - infused / 2.0
            late, why = ~mean.missing & ~(rest > 0.0), mean.why.copy()
            for i in np.flatnonzero(late):
                peak_h = str(peak.why[i]) if np.isnan(peak.value[i]) else float(peak.value[i])
                why[i] = less_half(float(mean.value[i]), float(infused[i]), peak_h)
            found[f"MRTIV{end}"] = Column(np.where(late, np.nan, rest), why)
    return found
