"""Time curves: models, fits and integrals."""

from galu.kinetics.curve import ExponentialSum, uptake_peak_h
from galu.kinetics.fit import (
    MODELS,
    UPTAKE_FROM_NOTHING,
    UPTAKE_HALF_LIFE_H,
    fit_best,
    fit_bi,
    fit_mono,
    fit_shaped,
    fit_tri,
    fit_uptake,
)
from galu.kinetics.fitted import FittedCurve
from galu.kinetics.interval import Z_95, intervals_many
from galu.kinetics.joint import JointFit, OrganCycle, Population, TeffPrior, fit_joint
from galu.kinetics.samples import LATEST_H, DecayState, Samples, measured_from_corrected
from galu.kinetics.schedule import best_two_scan_times_h, two_scans_relative
from galu.kinetics.simple import hanscheid, madsen, trapezoid_fitted_tail, trapezoid_physical_tail
from galu.kinetics.single import (
    NO_FAST_PHASE,
    best_scan_time_h,
    first_order_relative,
    prior_error,
    single_scan,
    single_scan_relative,
)
from galu.kinetics.uptake import fit_free_uptake

__all__ = [
    "LATEST_H",
    "MODELS",
    "NO_FAST_PHASE",
    "UPTAKE_FROM_NOTHING",
    "UPTAKE_HALF_LIFE_H",
    "Z_95",
    "DecayState",
    "ExponentialSum",
    "FittedCurve",
    "JointFit",
    "OrganCycle",
    "Population",
    "Samples",
    "TeffPrior",
    "best_scan_time_h",
    "best_two_scan_times_h",
    "first_order_relative",
    "fit_best",
    "fit_bi",
    "fit_free_uptake",
    "fit_joint",
    "fit_mono",
    "fit_shaped",
    "fit_tri",
    "fit_uptake",
    "hanscheid",
    "intervals_many",
    "madsen",
    "measured_from_corrected",
    "prior_error",
    "single_scan",
    "single_scan_relative",
    "trapezoid_fitted_tail",
    "trapezoid_physical_tail",
    "two_scans_relative",
    "uptake_peak_h",
]
