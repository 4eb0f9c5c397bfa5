from .curve import ExponentialSum, uptake_peak_h
from .fit import (
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
from .fitted import FittedCurve
from .interval import Z_95, intervals_many
from .joint import JointFit, OrganCycle, Population, TeffPrior, fit_joint
from .samples import LATEST_H, DecayState, Samples, measured_from_corrected
from .schedule import best_two_scan_times_h, two_scans_relative
from .simple import hanscheid, madsen, trapezoid_fitted_tail, trapezoid_physical_tail
from .single import (
    NO_FAST_PHASE,
    best_scan_time_h,
    first_order_relative,
    prior_error,
    single_scan,
    single_scan_relative,
)
from .uptake import fit_free_uptake

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
