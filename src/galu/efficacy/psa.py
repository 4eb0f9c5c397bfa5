"""PSA: response, nadir, progression by PCWG3 (Scher et al., JCO 2016;34:1402) and doubling time.

Values in ng/mL (the same number in µg/L). The baseline is the last value on or before the first dose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import log
from statistics import linear_regression

from galu.finding import InputError, Rule
from galu.vocabulary.laboratory import in_unit
from galu.vocabulary.results import read_result
from galu.words import checked, checked_fields

ROUNDING = 1e-9
PSA_RULE = Rule("PSA", "PCWG3", "Scher, JCO 2016;34:1402, table 2")


def quantified(text: str) -> float | None:
    """Value of a result in words: below the limit of quantification, such as `<0.01`, that limit (assumed).

    More than a limit is no value.
    """
    read = read_result(text)
    return None if read is None or read.bound == ">" else read.value


def psa_in_ng_ml(value: float, unit: str) -> float | None:
    """A PSA in ng/mL; None where its unit cannot be read."""
    return in_unit("PSA", value, unit, "ng/mL")


@dataclass(frozen=True, slots=True)
@checked_fields
class PsaValue:
    """One PSA result [ng/mL]; `ref` is the id of the fact it comes from."""

    day: date
    value_ng_ml: float
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class PsaRule:
    """Switches of the PSA rule; the defaults are PCWG3's.

    `confirm_days`: least days to the confirming value; `progression_percent` and
    `progression_ng_ml`: both must be met over the nadir; `no_decline_days`: without a decline,
    progression over baseline counts only from this day on; `confirm_without_decline`: it then needs
    confirmation too.
    """

    confirm_days: int = 21
    progression_percent: float = 25.0
    progression_ng_ml: float = 2.0
    no_decline_days: int = 84
    confirm_without_decline: bool = True

    def __post_init__(self) -> None:
        if min(self.confirm_days, self.no_decline_days) < 0:
            raise InputError("PSA rule", "a number of days is negative", "give 0 or more")


@dataclass(frozen=True, slots=True)
@checked_fields
class PsaResponse:
    """Whether a fall of `percent` was seen and confirmed, and when it began; None: not evaluable.

    `pending` says that the newest values hold a fall that no later value has confirmed or refuted.
    """

    percent: float
    unconfirmed: bool | None
    unconfirmed_on: date | None
    confirmed: bool | None
    confirmed_on: date | None
    pending: str = ""


@dataclass(frozen=True, slots=True)
@checked_fields
class PsaAssessment:
    """What the PSA values of one patient say.

    `progression_on` is the date of the first rise of a progression that counts (confirmed where the
    rule asks for it); `progression_pending_on` a rise that still waits for its confirming value.
    `reason` says what could not be known, `pending` what waits for a later value.
    """

    baseline: PsaValue | None
    nadir: PsaValue | None
    best_change_percent: float | None
    psa50: PsaResponse
    psa90: PsaResponse
    progression_on: date | None
    progression_confirmed_on: date | None
    progression_pending_on: date | None
    doubling_time_days: float | None
    doubling_time_reason: str
    facts: tuple[str, ...]
    reason: str = ""
    rule: Rule = PSA_RULE
    pending: str = ""


def _one_per_day(values: Iterable[PsaValue], pick: Callable[..., PsaValue]) -> tuple[PsaValue, ...]:
    days: dict[date, list[PsaValue]] = {}
    for value in values:
        if not value.value_ng_ml >= 0.0:
            raise InputError(f"PSA of {value.day}", f"{value.value_ng_ml} ng/mL", "give a value of 0 or more")
        days.setdefault(value.day, []).append(value)
    return tuple(
        pick(days[day], key=lambda value: (value.value_ng_ml, value.ref or "")) for day in sorted(days)
    )


def change_percent(value_ng_ml: float, baseline_ng_ml: float) -> float:
    """Change from baseline [%]."""
    return 100.0 * (value_ng_ml - baseline_ng_ml) / baseline_ng_ml


def _response(
    baseline: PsaValue | None, after: Sequence[PsaValue], percent: float, rule: PsaRule
) -> PsaResponse:
    if baseline is None or baseline.value_ng_ml <= 0.0 or not after:
        return PsaResponse(percent, None, None, None, None)
    fell = [change_percent(value.value_ng_ml, baseline.value_ng_ml) <= -percent + ROUNDING for value in after]
    first = next((value.day for value, low in zip(after, fell, strict=True) if low), None)
    confirmed = next(
        (after[i].day for i, low in enumerate(fell) if low and _held(after, fell, i, rule.confirm_days)), None
    )
    waiting = next((after[i].day for i in range(len(after)) if all(fell[i:])), None)
    pending = "" if waiting is None or confirmed is not None else _waits("fall", waiting, rule)
    return PsaResponse(percent, first is not None, first, confirmed is not None, confirmed, pending)


def _held(values: Sequence[PsaValue], met: Sequence[bool], start: int, days: int) -> date | None:
    """Day of the first value at least `days` later, if it and every value until then meet the rule."""
    for value, holds in zip(values[start + 1 :], met[start + 1 :], strict=True):
        if not holds:
            return None
        if (value.day - values[start].day).days >= days:
            return value.day
    return None


def _rise(value: PsaValue, floor_ng_ml: float, rule: PsaRule) -> bool:
    rise = value.value_ng_ml - floor_ng_ml
    enough = rise >= floor_ng_ml * rule.progression_percent / 100.0 - ROUNDING
    return enough and rise >= rule.progression_ng_ml - ROUNDING


def _progression(
    baseline: PsaValue, after: Sequence[PsaValue], c1d1: date, rule: PsaRule
) -> tuple[date | None, date | None, date | None]:
    """First rise, its confirmation and a rise that waits for one."""
    nadir, declined, pending = baseline.value_ng_ml, False, None
    for i, value in enumerate(after):
        in_time = declined or (value.day - c1d1).days >= rule.no_decline_days
        if in_time and _rise(value, nadir if declined else baseline.value_ng_ml, rule):
            floor = nadir if declined else baseline.value_ng_ml
            met = [_rise(later, floor, rule) for later in after]
            held_on = _held(after, met, i, rule.confirm_days)
            if held_on is not None or not (declined or rule.confirm_without_decline):
                return value.day, held_on, None
            if pending is None and all(met[i:]):
                pending = value.day
        declined = declined or value.value_ng_ml < baseline.value_ng_ml
        nadir = min(nadir, value.value_ng_ml)
    return None, None, pending


def doubling_time(values: Iterable[PsaValue]) -> tuple[float | None, str]:
    """Doubling time [days] = ln 2 / slope of ln PSA by least squares; None with its reason.

    At least three values above zero on different days; a slope of 0 or less is "not doubling".
    """
    used = [value for value in _one_per_day(values, max) if value.value_ng_ml > 0.0]
    if len(used) < 3:
        return None, f"{len(used)} values above zero, 3 needed"
    days = [(value.day - used[0].day).days for value in used]
    slope = linear_regression(days, [log(value.value_ng_ml) for value in used]).slope
    return (log(2.0) / slope, "") if slope > 1e-12 else (None, "not doubling")


@checked
def assess_psa(values: Iterable[PsaValue], c1d1: date, rule: PsaRule | None = None) -> PsaAssessment:
    """Judge one patient's PSA values from the first dose `c1d1` on.

    Of several values on one day the lowest counts as baseline and the highest afterwards: the
    choice that never flatters the treatment.

    Raises
    ------
    InputError
        For a negative or missing value.
    """
    rule = rule or PsaRule()
    given = tuple(values)
    before = _one_per_day((value for value in given if value.day <= c1d1), min)
    after = _one_per_day((value for value in given if value.day > c1d1), max)
    baseline = before[-1] if before else None
    usable = baseline is not None and baseline.value_ng_ml > 0.0
    nadir = min((*before[-1:], *after), key=lambda value: (value.value_ng_ml, value.day), default=None)
    best = None
    first = confirmed = pending = None
    if baseline is not None and usable and after:
        best = min(change_percent(value.value_ng_ml, baseline.value_ng_ml) for value in after)
        first, confirmed, pending = _progression(baseline, after, c1d1, rule)
    doubling, why = doubling_time((*before[-1:], *after))
    used = (*before[-1:], *after)
    return PsaAssessment(
        baseline=baseline,
        nadir=nadir,
        best_change_percent=best,
        psa50=_response(baseline, after, 50.0, rule),
        psa90=_response(baseline, after, 90.0, rule),
        progression_on=first,
        progression_confirmed_on=confirmed,
        progression_pending_on=pending,
        doubling_time_days=doubling,
        doubling_time_reason=why,
        facts=tuple(value.ref for value in used if value.ref),
        reason=_why_not(baseline, after),
        pending="" if pending is None else _waits("rise", pending, rule),
    )


def _waits(what: str, since: date, rule: PsaRule) -> str:
    return f"PSA {what} since {since} is not confirmed: it waits for a value {rule.confirm_days} days later"


def _why_not(baseline: PsaValue | None, after: Sequence[PsaValue]) -> str:
    if baseline is None:
        return "no PSA on or before the first dose"
    if baseline.value_ng_ml <= 0.0:
        return "baseline PSA is zero"
    return "" if after else "no PSA after the first dose"
