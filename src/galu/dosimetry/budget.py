"""The uncertainty of a dose from calibration to BED, to first order and by Monte Carlo, side by side.

Ã = k·A·g(λ)/R(v), D = Ã·S(v)·s + k·x, BED = D + G(λ)·D²/(α/β): k the calibration, R the recovery, v the
volume, A and λ the fit, S the self-dose of the volume, s the doubt in S itself, x the dose from other
regions. The volume moves Ã and S together: (u(D)/D)² = (u(Ã)/Ã)² + (u(S)/S)² + 2u(Ã,S)/(ÃS), but for x.
JCGM 100:2008, section 5; JCGM 101:2008, section 7; Gear et al., Eur J Nucl Med Mol Imaging 2018;45:2456.

With one scan the half-life is a prior and the slope of Ã by λ vanishes near the best time, so that the
first-order value is shown as unreliable and Monte Carlo is reported; so it is wherever they differ by
more than 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from galu.dosimetry.calibration import RecoveryCurve
from galu.dosimetry.self_dose import SOFT_TISSUE_G_ML, self_dose_gy_per_mbq_h
from galu.finding import InputError
from galu.kinetics import NO_FAST_PHASE, Samples
from galu.kinetics.batch import shaped_fit, shaped_fits
from galu.kinetics.samples import Floats
from galu.kinetics.uptake import uptake_prior_h
from galu.kinetics.uptake_kernel import free_uptake_fit, free_uptake_fits
from galu.nuclides import Nuclide
from galu.quantities import LN2

#: First-order and Monte Carlo values that differ by less are both good.
AGREEMENT: Final = 0.05
#: Rate of an uptake that is over at once [1/h].
_AT_ONCE: Final = 1e6
#: Columns of the inputs (k, b, c, v, s, A, λ, x, μ) that each source of uncertainty moves.
_SOURCES: Final = {
    "calibration": (0,),
    "recovery": (1, 2),
    "volume": (3,),
    "fit": (5, 6, 8),
    "S value": (4,),
    "other regions": (7,),
}


@dataclass(frozen=True, slots=True)
class Chain:
    """What a dose is made of.

    Attributes
    ----------
    samples : Samples
        Activities as the calibrated camera shows them, before recovery; σ is that of the scan alone.
    nuclide : Nuclide
        The nuclide.
    volume_ml, u_volume : float
        Volume [mL] and its relative standard uncertainty.
    calibration : float
        Relative standard uncertainty of the calibration (`CalibrationChain.u_relative`).
    recovery : RecoveryCurve
        The recovery curve.
    u_s : float
        Relative standard uncertainty of the S value for a given mass.
    radiobiology : (float, float)
        α/β [Gy] and repair half-time [h].
    prior : (float, float) or None
        Median effective half-life [h] and its coefficient of variation, used with one scan.
    shape : (float, float)
        Relative amplitude and half-life [h] of the population's fast phase.
    free_uptake : bool
        Whether the uptake half-time is fitted too, as `fit_free_uptake` does; `shape` then does not count.
    self_dose : callable or None
        Self-dose [Gy/(MBq·h)] of a volume [mL]; None is one sphere of soft tissue.
    cross_gy : (float, float)
        Dose from other regions and its standard uncertainty [Gy].
    """

    samples: Samples
    nuclide: Nuclide
    volume_ml: float
    u_volume: float
    calibration: float
    recovery: RecoveryCurve
    u_s: float
    radiobiology: tuple[float, float]
    prior: tuple[float, float] | None = None
    shape: tuple[float, float] = NO_FAST_PHASE
    free_uptake: bool = False
    self_dose: Callable[[float], float] | None = None
    cross_gy: tuple[float, float] = (0.0, 0.0)

    def self_dose_gy_per_mbq_h(self, volume_ml: float) -> float:
        """Self-dose of a volume [mL] per time-integrated activity [Gy/(MBq·h)]."""
        if self.self_dose is not None:
            return self.self_dose(volume_ml)
        return self_dose_gy_per_mbq_h(volume_ml * SOFT_TISSUE_G_ML, self.nuclide)


@dataclass(frozen=True, slots=True)
class Line:
    """One quantity of a budget: value, both relative uncertainties, the reported one and its interval."""

    quantity: str
    value: float
    first_order: float
    monte_carlo: float
    interval: tuple[float, float]
    first_order_reliable: bool

    def reported(self) -> float:
        """Relative standard uncertainty to report."""
        return self.first_order if self.first_order_reliable else self.monte_carlo


@dataclass(frozen=True, slots=True)
class Budget:
    """Lines of Ã [MBq·h], D and BED [Gy]; what each source adds to u(D)/D; relative covariance of Ã and S."""

    lines: tuple[Line, ...]
    contributions: tuple[tuple[str, float], ...]
    covariance: float
    note: str


def dose_budget(chain: Chain, rng: np.random.Generator, draws: int = 20_000) -> Budget:
    """Budget of one region in one cycle.

    Parameters
    ----------
    chain : Chain
        What the dose is made of.
    rng : numpy.random.Generator
        Source of the Monte Carlo draws.
    draws : int
        Number of them.

    Raises
    ------
    InputError
        When one scan comes without a prior half-life, or no curve fits the scans.
    """
    centre, covariance = _inputs(chain)
    steepness = _mass_exponent(chain)
    value = _propagate(chain, centre[None, :], steepness)[0]
    gradient = _gradient(chain, centre, steepness)
    first = np.sqrt(np.einsum("qi,ij,qj->q", gradient, covariance, gradient))
    found = _propagate(chain, _drawn(chain, centre, covariance, rng, draws), steepness)
    spread = found.std(axis=0) / value
    ends = np.quantile(found, (0.025, 0.975), axis=0)
    one = len(chain.samples.time_h) == 1
    lines = tuple(
        Line(
            name,
            float(value[i]),
            float(first[i]),
            float(spread[i]),
            (float(ends[0, i]), float(ends[1, i])),
            bool(not one and abs(first[i] / spread[i] - 1.0) <= AGREEMENT),
        )
        for i, name in enumerate(("tia_mbq_h", "dose_gy", "bed_gy"))
        if not (name == "bed_gy" and chain.nuclide.emits_alpha)
    )
    by_source = tuple(
        (source, float(np.sqrt(gradient[1, at] @ covariance[np.ix_(at, at)] @ gradient[1, at])))
        for source, columns in _SOURCES.items()
        for at in [list(columns)]
        if source != "other regions" or chain.cross_gy[0] > 0
    )
    of_volume = float(gradient[0, 3] * -steepness * covariance[3, 3])
    note = "one scan: the first-order uncertainty is unreliable, Monte Carlo is reported" if one else ""
    return Budget(lines, by_source, of_volume, note)


def _inputs(chain: Chain) -> tuple[Floats, Floats]:
    """Values of the inputs, shape (9,), and their covariance relative to them, shape (9, 9)."""
    curve, recovery = chain.recovery, (max(chain.recovery.b_ml, 1e-12), chain.recovery.c)
    phases, of_fit = _fit_uptake(chain) if chain.free_uptake else _fit(chain)
    cross, u_cross = chain.cross_gy
    amplitude, rate, fast = phases
    centre = np.array([1.0, recovery[0], recovery[1], chain.volume_ml, 1.0, amplitude, rate, cross, fast])
    u = np.array(
        [chain.calibration, curve.u_b_ml / recovery[0], curve.u_c / recovery[1], chain.u_volume, chain.u_s]
    )
    covariance = np.zeros((9, 9))
    covariance[:5, :5] = np.diag(u**2)
    covariance[1, 2] = covariance[2, 1] = curve.correlation * u[1] * u[2]
    curve_at = np.ix_([5, 6, 8], [5, 6, 8])
    covariance[curve_at] = of_fit
    covariance[7, 7] = (u_cross / cross) ** 2 if cross > 0 else 0.0
    return centre, covariance


def _fit(chain: Chain) -> tuple[tuple[float, float, float], Floats]:
    """A [MBq], λ and the fixed μ [1/h], and their relative covariance, shape (3, 3)."""
    samples, physical = chain.samples, LN2 / chain.samples.half_life_h
    time, activity, sigma = samples.arrays()
    ratio, fast = chain.shape[0], LN2 / chain.shape[1]
    covariance = np.zeros((3, 3))
    if len(time) > 1:
        row = shaped_fit(time, activity, sigma, physical, ratio, fast)
        a, b = float(row[0]), float(row[1])
        _refuse_no_curve(a)
        covariance[:2, :2] = [[row[2] / a**2, row[4] / (a * b)], [row[4] / (a * b), row[3] / b**2]]
        return (a, b, fast), covariance
    if chain.prior is None:
        raise InputError("budget", "one scan needs a prior half-life", "give its median and spread")
    teff = min(chain.prior[0], samples.half_life_h)
    base = float(np.exp2(-time[0] / teff) + ratio * np.exp2(-time[0] / chain.shape[1]))
    # A given rate fixes A by the scan: ∂lnA/∂lnλ = λt·2^(−t/T)/base.
    slope = LN2 * time[0] / teff * float(np.exp2(-time[0] / teff)) / base
    of_scan, of_rate = float(sigma[0] / activity[0]) ** 2, chain.prior[1] ** 2
    covariance[:2, :2] = [[of_scan + slope**2 * of_rate, slope * of_rate], [slope * of_rate, of_rate]]
    return (float(activity[0]) / base, LN2 / teff, fast), covariance


def _refuse_no_curve(amplitude_mbq: float) -> None:
    if not amplitude_mbq > 0:
        raise InputError("budget", "no positive curve fits the scans", "check the activities")


def _fit_uptake(chain: Chain) -> tuple[tuple[float, float, float], Floats]:
    """A [MBq], λ and μ = λ + k [1/h] of a free uptake, and their relative covariance, shape (3, 3)."""
    samples, physical = chain.samples, LN2 / chain.samples.half_life_h
    time, activity, sigma = samples.arrays()
    row = free_uptake_fit(time, activity, sigma, physical, uptake_prior_h(samples))
    a, rate, fast = float(row[0]), float(row[1]), float(row[1]) + _uptake_rate(row[2:3])[0]
    _refuse_no_curve(a)
    slow, quick = np.exp(-rate * time), np.exp(-fast * time)
    slopes = np.array([a * (slow - quick), -a * rate * time * slow, a * fast * time * quick]) / sigma
    free = np.array([True, not row[10], row[2] > 0])
    covariance = np.zeros((3, 3))
    covariance[np.ix_(free, free)] = np.linalg.pinv(slopes[free] @ slopes[free].T)
    return (a, rate, fast), covariance


def _uptake_rate(half_time_h: Floats) -> Floats:
    """Rate of uptake [1/h] of each half-time; that of no uptake phase is over at once."""
    result: Floats = np.where(half_time_h > 0, LN2 / np.maximum(half_time_h, LN2 / _AT_ONCE), _AT_ONCE)
    return result


def _mass_exponent(chain: Chain) -> float:
    """Exponent k of S ∝ v^(−k) near the region's volume."""
    low, high = (chain.self_dose_gy_per_mbq_h(chain.volume_ml * step) for step in (0.95, 1.05))
    return -math.log(high / low) / math.log(1.05 / 0.95)


def _propagate(chain: Chain, inputs: Floats, steepness: float) -> Floats:
    """Ã [MBq·h], D and BED [Gy] of each row of inputs, shape (rows, 3)."""
    calibration, b, c, volume, s, amplitude, rate, cross, fast = inputs.T
    ratio = _ratio(chain)
    recovery = 1.0 / (1.0 + (b / volume) ** c)
    tia = calibration * amplitude * (1.0 / rate + ratio / fast) / recovery
    per_tia = chain.self_dose_gy_per_mbq_h(chain.volume_ml) * (volume / chain.volume_ml) ** -steepness * s
    dose = tia * per_tia + calibration * cross
    alpha_beta, repair_h = chain.radiobiology
    bed = dose + _protraction(rate, (ratio, fast), LN2 / repair_h) * dose**2 / alpha_beta
    return np.column_stack([tia, dose, bed])


def _ratio(chain: Chain) -> float:
    """Amplitude of the fast phase relative to the slow one."""
    return -1.0 if chain.free_uptake else chain.shape[0]


def _protraction(rate: Floats, shape: tuple[float, Floats], repair: float) -> Floats:
    """G of each rate: `lea_catcheside` for the two phases, written out for arrays."""
    ratio, fast = shape
    pairs = (
        1.0 / (2.0 * rate * (rate + repair))
        + ratio * (1.0 / (rate + repair) + 1.0 / (fast + repair)) / (rate + fast)
        + ratio**2 / (2.0 * fast * (fast + repair))
    )
    result: Floats = 2.0 * pairs / (1.0 / rate + ratio / fast) ** 2
    return result


def _gradient(chain: Chain, centre: Floats, steepness: float) -> Floats:
    """∂ln(Ã, D, BED)/∂ln(input) by central differences, shape (3, 9)."""
    step = 1e-5
    up = _propagate(chain, centre * (1.0 + step * np.eye(9)), steepness)
    down = _propagate(chain, centre * (1.0 - step * np.eye(9)), steepness)
    result: Floats = ((np.log(up) - np.log(down)) / (2.0 * step)).T
    return result


def _drawn(chain: Chain, centre: Floats, covariance: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Inputs drawn at random, shape (draws, 9); the curve is fitted anew to every drawn set of scans."""
    drawn = np.empty((draws, 9))
    # Log-normal, so that a volume, a recovery or a calibration stays positive.
    drawn[:, :5] = centre[:5] * np.exp(rng.multivariate_normal(np.zeros(5), covariance[:5, :5], draws))
    drawn[:, 7] = centre[7] * np.exp(math.sqrt(covariance[7, 7]) * rng.standard_normal(draws))
    samples = chain.samples
    time, activity, sigma = samples.arrays()
    ratio, fast = _ratio(chain), float(centre[8])
    drawn[:, 8] = fast
    seen = rng.standard_normal((draws, time.size)) * sigma
    if time.size > 1:
        seen += centre[5] * (np.exp(-centre[6] * time) + ratio * np.exp(-fast * time))
        sigmas, physical = np.tile(sigma, (draws, 1)), LN2 / samples.half_life_h
        if chain.free_uptake:
            found = free_uptake_fits(time, seen, sigmas, physical, uptake_prior_h(samples))
            drawn[:, 8] = found[:, 1] + _uptake_rate(found[:, 2])
        else:
            found = shaped_fits(time, seen, sigmas, physical, ratio, fast)
        drawn[:, 5:7] = found[:, :2]
        return drawn
    assert chain.prior is not None
    log_spread = math.sqrt(math.log1p(chain.prior[1] ** 2))
    teff = np.minimum(chain.prior[0] * np.exp(log_spread * rng.standard_normal(draws)), samples.half_life_h)
    drawn[:, 6] = LN2 / teff
    base = np.exp2(-time[0] / teff) + ratio * 2.0 ** (-time[0] / chain.shape[1])
    drawn[:, 5] = (activity[0] + seen[:, 0]) / base
    return drawn
