"""Decay states and units of many profiles; the twins for one are in `galu.pharmacokinetics.decay`."""

from __future__ import annotations

import dataclasses

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics.batch import Columns, Profiles, nca_many
from galu.pharmacokinetics.columns import Column
from galu.pharmacokinetics.decay import identifiable
from galu.pharmacokinetics.nca import Rules
from galu.pharmacokinetics.profile import DecayState, Method
from galu.pharmacokinetics.units import scale_of
from galu.quantities import LN2
from galu.words import checked


def in_states(profiles: Profiles, half_life_h: float) -> tuple[Profiles, Profiles]:
    """Profiles of an activity as measured and as corrected to the administration.

    Raises
    ------
    InputError
        When the correction is beyond any number.
    """
    own = profiles.decay_state is DecayState.MEASURED
    rate = LN2 / half_life_h if own else -LN2 / half_life_h
    with np.errstate(over="ignore", invalid="ignore"):
        factor = np.exp(rate * profiles.time_h)
        conc, lloq = profiles.conc * factor, profiles.lloq * factor
    other = DecayState.CORRECTED if own else DecayState.MEASURED
    moved = dataclasses.replace(profiles, conc=conc, lloq=lloq, decay_state=other)
    return (profiles, moved) if own else (moved, profiles)


def percent_injected_many(profiles: Profiles) -> Profiles:
    """Profiles in %IA per volume unit, each dose as 100 %IA.

    Raises
    ------
    InputError
        When a dose is not known, or not on the scale of the concentrations.
    """
    numerator, _, volume = profiles.conc_unit.partition("/")
    conc, dose = scale_of(numerator), scale_of(profiles.dose_unit)
    if not (profiles.dose > 0.0).all() or conc is None or dose is None or conc[0] != dose[0]:
        raise InputError("profiles", "no %IA from a dose and its unit", "give activity, mass or amount")
    factor = (100.0 * conc[1] / (profiles.dose * dose[1]))[:, None]
    return dataclasses.replace(
        profiles,
        conc=profiles.conc * factor,
        lloq=profiles.lloq * factor,
        dose=np.full(len(profiles.dose), 100.0),
        dose_unit="%IA",
        conc_unit=f"%IA/{volume}",
    )


def as_substance_many(profiles: Profiles, specific_activity: float, unit: str) -> Profiles:
    """Decay-corrected profiles as mass or amount, through the specific activity at administration.

    Parameters
    ----------
    specific_activity : float
        Activity [unit of the concentration's activity] per one `unit` of substance.

    Raises
    ------
    InputError
        When the specific activity is not positive, or dose or concentration is no activity.
    """
    numerator, _, volume = profiles.conc_unit.partition("/")
    conc, dose = scale_of(numerator), scale_of(profiles.dose_unit)
    if conc is None or dose is None or {conc[0], dose[0]} != {"activity"} or not specific_activity > 0.0:
        raise InputError("profiles", "dose and concentration are no activities", "give both as activity")
    return dataclasses.replace(
        profiles,
        conc=profiles.conc / specific_activity,
        lloq=profiles.lloq / specific_activity,
        dose=profiles.dose * dose[1] / conc[1] / specific_activity,
        dose_unit=unit,
        conc_unit=f"{unit}/{volume}",
    )


@checked
def both_states_many(
    measured: Profiles, corrected: Profiles, half_life_h: float, method: Method, rules: Rules
) -> tuple[Columns, Columns]:
    """Parameters of measured and of corrected profiles, each by code.

    Of a corrected profile a terminal half-life (the biological one) that is negative or far above the
    physical one is not identifiable: it has no value, nor has anything that is extrapolated with it.
    """
    activity = nca_many(measured, method, rules)
    substance = nca_many(corrected, method, identifiable(rules, half_life_h))
    flat = substance["LAMZ"]
    declines = ~activity["LAMZ"].missing & flat.missing
    if declines.any():
        substance = {code: _unidentified(column, flat, declines) for code, column in substance.items()}
    return activity, substance


def _unidentified(column: Column, flat: Column, where: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Column:
    """A parameter of substances that do not decline although their activity does, saying so."""
    why = column.why.copy()
    for i in np.flatnonzero(where & (why == flat.why)):
        why[i] = f"not identifiable: corrected for decay, {flat.why[i]}"
    return Column(column.value, why)
