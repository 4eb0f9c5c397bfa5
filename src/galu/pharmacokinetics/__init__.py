"""Pharmacokinetics of a radioligand: non-compartmental analysis that knows what decay is."""

from galu.pharmacokinetics.blq import BlqRule, parse_blq
from galu.pharmacokinetics.cohort import Summary, summary
from galu.pharmacokinetics.decay import (
    as_substance,
    at_sampling,
    both_states,
    corrected,
    identifiable,
    measured,
    percent_injected,
)
from galu.pharmacokinetics.interval import (
    accumulation,
    dosing_interval,
    interval_starts,
    of_several_doses,
    partial_auc,
)
from galu.pharmacokinetics.metabolites import Hill, fit_hill, intact, interpolated
from galu.pharmacokinetics.nca import Rules, nca
from galu.pharmacokinetics.profile import DecayState, Method, Parameter, Profile, Route
from galu.pharmacokinetics.proportionality import Proportionality, proportionality
from galu.pharmacokinetics.terminal import TerminalRule
from galu.pharmacokinetics.uncertainty import counting_uncertainty
from galu.pharmacokinetics.urine import CLEARED_FROM, Collection, Urine, administered, collected, urinary

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
