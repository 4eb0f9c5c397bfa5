"""Decay states of a profile: what the activity does, and what the substance does.

Both are reported. On one window ``λ_eff − λ_bio = λ_phys`` holds exactly, because correcting multiplies
every concentration by ``e^{λt}``, which shifts the regression slope by λ and nothing else.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics.nca import Rules, nca
from galu.pharmacokinetics.profile import DecayState, Floats, Method, Parameter, Profile
from galu.pharmacokinetics.units import scale_of
from galu.quantities import LN2
from galu.words import checked

#: A biological half-life beyond this multiple of the physical one is not identifiable (assumed).
IDENTIFIABLE_MULTIPLE = 10.0


def corrected(profile: Profile, half_life_h: float) -> Profile:
    """The profile with every activity corrected to the start of the administration."""
    _expect(profile, DecayState.MEASURED)
    return _moved(profile, np.exp(LN2 / half_life_h * profile.time_h), DecayState.CORRECTED)


def measured(profile: Profile, half_life_h: float) -> Profile:
    """The profile with every activity as it was at its sampling time."""
    _expect(profile, DecayState.CORRECTED)
    return _moved(profile, np.exp(-LN2 / half_life_h * profile.time_h), DecayState.MEASURED)


def at_sampling(conc: Floats, time_h: Floats, count_time_h: Floats, half_life_h: float) -> Floats:
    """Concentrations (n,) as counted at `count_time_h` [h], brought back to the sampling `time_h` [h]."""
    return np.asarray(conc * np.exp(LN2 / half_life_h * (count_time_h - time_h)))


def percent_injected(profile: Profile) -> Profile:
    """The profile in %IA per volume unit and the dose as 100 %IA.

    Raises
    ------
    InputError
        When the dose is not known, or not on the scale of the concentrations.
    """
    numerator, _, volume = profile.conc_unit.partition("/")
    conc_scale, dose_scale = scale_of(numerator), scale_of(profile.dose_unit)
    place = f"profile of {profile.subject}"
    if not profile.dose or conc_scale is None or dose_scale is None or conc_scale[0] != dose_scale[0]:
        raise InputError(place, "no %IA from this dose and unit", "give both as activity, mass or amount")
    factor = 100.0 * conc_scale[1] / (profile.dose * dose_scale[1])
    limit = None if profile.lloq is None else profile.lloq * factor
    return dataclasses.replace(
        profile,
        conc=profile.conc * factor,
        dose=100.0,
        dose_unit="%IA",
        conc_unit=f"%IA/{volume}",
        lloq=limit,
    )


def as_substance(profile: Profile, specific_activity: float, unit: str) -> Profile:
    """The decay-corrected profile as mass or amount, through the specific activity at administration.

    Parameters
    ----------
    specific_activity : float
        Activity [unit of the concentration's activity] per one `unit` of substance (MBq/nmol with
        concentrations in MBq/mL gives nmol/mL).
    unit : str
        Unit of mass or amount, such as "nmol" or "ng".
    """
    _expect(profile, DecayState.CORRECTED)
    place = f"profile of {profile.subject}"
    numerator, _, volume = profile.conc_unit.partition("/")
    conc_scale, dose_scale = scale_of(numerator), scale_of(profile.dose_unit)
    if not specific_activity > 0.0:
        raise InputError(
            place, "the specific activity is not positive", "give activity per amount of substance"
        )
    if conc_scale is None or dose_scale is None or conc_scale[0] != "activity" or dose_scale[0] != "activity":
        raise InputError(place, "dose and concentration are no activities", "give both as activity")
    dose = None if profile.dose is None else profile.dose * dose_scale[1] / conc_scale[1] / specific_activity
    limit = None if profile.lloq is None else profile.lloq / specific_activity
    return dataclasses.replace(
        profile,
        conc=profile.conc / specific_activity,
        dose=dose,
        dose_unit=unit,
        conc_unit=f"{unit}/{volume}",
        lloq=limit,
    )


@checked
def both_states(
    profile: Profile, half_life_h: float, method: Method, rules: Rules | None = None
) -> tuple[tuple[DecayState, Parameter], ...]:
    """Parameters of the measured and of the corrected profile.

    Of the corrected profile a terminal half-life (the biological one) that is negative or far above the
    physical one is not identifiable: it has no value, nor has anything that is extrapolated with it.
    """
    rules = rules or Rules()
    as_measured = profile if profile.decay_state is DecayState.MEASURED else measured(profile, half_life_h)
    as_corrected = profile if profile.decay_state is DecayState.CORRECTED else corrected(profile, half_life_h)
    activity = nca(as_measured, method, rules)
    substance = nca(as_corrected, method, identifiable(rules, half_life_h))
    if any(row.code == "LAMZ" and row.value is not None for row in activity):
        substance = _unidentified(substance)
    return (
        *((DecayState.MEASURED, row) for row in activity),
        *((DecayState.CORRECTED, row) for row in substance),
    )


def identifiable(rules: Rules, half_life_h: float) -> Rules:
    """The rules of a decay-corrected profile: decay hides a half-life far above the physical one [h]."""
    return dataclasses.replace(rules, longest_half_life_h=IDENTIFIABLE_MULTIPLE * half_life_h)


def _unidentified(rows: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Parameters of a substance that does not decline although its activity does, saying so."""
    why = next((row.reason for row in rows if row.code == "LAMZ" and row.value is None), None)
    if why is None:
        return rows
    said = f"not identifiable: corrected for decay, {why}"
    return tuple(dataclasses.replace(row, reason=said) if row.reason == why else row for row in rows)


def _moved(profile: Profile, factor: Floats, state: DecayState) -> Profile:
    # The limit is of what was counted, so it moves with each sample.
    conc, limit = profile.conc * factor, None if profile.lloq is None else profile.lloq * factor
    if not np.all(np.isfinite(conc) | np.isnan(profile.conc)):
        raise InputError(
            f"profile of {profile.subject}", "decay correction overflows", "check times and half-life"
        )
    return dataclasses.replace(profile, conc=conc, lloq=limit, decay_state=state)


def _expect(profile: Profile, state: DecayState) -> None:
    if profile.decay_state is not state:
        found = "not stated" if profile.decay_state is None else profile.decay_state.value
        raise InputError(
            f"profile of {profile.subject}", f"its decay state is {found}", f"state {state.value}"
        )
