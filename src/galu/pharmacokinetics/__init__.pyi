from .blq import BlqRule, parse_blq
from .cohort import Summary, summary
from .decay import (
    as_substance,
    at_sampling,
    both_states,
    corrected,
    identifiable,
    measured,
    percent_injected,
)
from .interval import (
    accumulation,
    dosing_interval,
    interval_starts,
    of_several_doses,
    partial_auc,
)
from .metabolites import Hill, fit_hill, intact, interpolated
from .nca import Rules, nca
from .profile import DecayState, Method, Parameter, Profile, Route
from .proportionality import Proportionality, proportionality
from .terminal import TerminalRule
from .uncertainty import counting_uncertainty
from .urine import CLEARED_FROM, Collection, Urine, administered, collected, urinary

__all__ = [
    "CLEARED_FROM",
    "BlqRule",
    "Collection",
    "DecayState",
    "Hill",
    "Method",
    "Parameter",
    "Profile",
    "Proportionality",
    "Route",
    "Rules",
    "Summary",
    "TerminalRule",
    "Urine",
    "accumulation",
    "administered",
    "as_substance",
    "at_sampling",
    "both_states",
    "collected",
    "corrected",
    "counting_uncertainty",
    "dosing_interval",
    "fit_hill",
    "identifiable",
    "intact",
    "interpolated",
    "interval_starts",
    "measured",
    "nca",
    "of_several_doses",
    "parse_blq",
    "partial_auc",
    "percent_injected",
    "proportionality",
    "summary",
    "urinary",
]
