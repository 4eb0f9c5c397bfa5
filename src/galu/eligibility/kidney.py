"""The rule over renal function: creatinine, MDRD and Cockcroft-Gault, each against its own limit."""

from __future__ import annotations

from dataclasses import dataclass

from galu.eligibility.case import OPERATORS, Case, Outcome, agree, as_flag, as_number, printed, refs, within
from galu.eligibility.evidence import Evidence
from galu.eligibility.plan import AtomPlan, Limit
from galu.eligibility.renal import (
    CLEARANCE,
    PER_SURFACE,
    Form,
    cockcroft_gault_ml_min,
    kind_of_limit,
    mdrd_ml_min,
)
from galu.eligibility.values import ages_at, code_of, current, lasts_until, missing
from galu.finding import Truth, any_of
from galu.vocabulary.bodies import ADULT_YEARS
from galu.vocabulary.laboratory import in_unit

_FORMS: tuple[Form, ...] = ("idms175", "original186", "chinese")


def renal(case: Case, atom: AtomPlan) -> Outcome:
    """Creatinine (ULN), MDRD (mL/min/1.73m2) or Cockcroft-Gault (mL/min): one limit met suffices (Kleene or).

    No formula stands in for another: a clearance without a weight is unknown.
    """
    item = atom.items[0]
    found, fault = current(case, atom, item)
    if not found:
        return missing(case, atom, fault, item)
    truths: list[Truth] = []
    shown: list[str] = []
    used = found
    for limit in atom.limits:
        kind = kind_of_limit(limit.unit)
        if kind in (PER_SURFACE, CLEARANCE):
            judge = _by_surface if kind == PER_SURFACE else _by_clearance
            truth, said, facts = judge(case, atom, limit, found)
        else:
            answers = [within(one, (limit,)) for one in found]
            truth, facts = Truth.of(agree([answer for answer, _ in answers])), ()
            said = f"creatinine {answers[0][1]}"
        truths.append(truth)
        shown.append(said)
        used += facts
    return Outcome(any_of(truths), "; ".join(shown), refs(used), lasts_until(case, atom, found[0]))


@dataclass(frozen=True, slots=True)
class _Body:
    """One creatinine [mg/dL] with an age [years] that the birth date allows, and the sex."""

    mg_dl: float
    age: int
    female: bool


def _bodies(case: Case, found: tuple[Evidence, ...]) -> tuple[list[_Body | None], tuple[Evidence, ...]]:
    """Every creatinine at each possible age, the older first; None where one is not known, or below 18 years.

    Both formulas were made in adults: of a child neither is computed.
    """
    sexes = case.latest("sex")
    codes = {code_of(one) for one in sexes}
    bodies: list[_Body | None] = []
    births: tuple[Evidence, ...] = ()
    for one in found:
        years, births = ages_at(case, one.on or case.day)
        number = as_number(one)
        scr = None if number is None else in_unit("CREAT", number, one.unit or "", "mg/dL")
        if not scr or scr <= 0 or not years or codes not in ({"m"}, {"f"}):
            bodies.append(None)
            continue
        bodies += [
            None if old < ADULT_YEARS else _Body(scr, old, codes == {"f"})
            for old in sorted(years, reverse=True)
        ]
    return bodies, sexes + births


def _by_surface(
    case: Case, _atom: AtomPlan, limit: Limit, found: tuple[Evidence, ...]
) -> tuple[Truth, str, tuple[Evidence, ...]]:
    """MDRD against its limit, in the form that a switch names."""
    bodies, used = _bodies(case, found)
    by_race = case.settings.get("mdrd_race") == "used"
    flags = case.latest("black") if by_race else ()
    black = agree([as_flag(flag) for flag in flags]) if by_race else False
    if black is None or not bodies or None in bodies:
        return Truth.UNKNOWN, "eGFR cannot be computed", used + flags
    rates: list[dict[str, float]] = [
        {form: mdrd_ml_min(one.mg_dl, one.age, female=one.female, black=black, form=form) for form in _FORMS}
        for one in bodies
        if one is not None
    ]
    form = case.settings.get("mdrd", "idms175")
    answer = agree([OPERATORS[limit.op](rate[form], limit.value) for rate in rates])
    said = "eGFR " + ", ".join(f"{name} {value:.1f}" for name, value in rates[0].items())
    return Truth.of(answer), said, used + flags


def _by_clearance(
    case: Case, atom: AtomPlan, limit: Limit, found: tuple[Evidence, ...]
) -> tuple[Truth, str, tuple[Evidence, ...]]:
    """Cockcroft-Gault against its limit, with the latest weight that counts."""
    bodies, used = _bodies(case, found)
    weights, fault = current(case, atom, "vital.weight")
    told = [(number, one.unit or "") for one in weights if (number := as_number(one)) is not None]
    masses = [in_unit("WEIGHT", number, unit, "kg") for number, unit in told]
    if not bodies or None in bodies or not masses or None in masses or len(masses) < len(weights):
        why = f": {fault}" if fault else ""
        return Truth.UNKNOWN, f"Cockcroft-Gault cannot be computed{why}", used + weights
    clearances = [
        printed(cockcroft_gault_ml_min(one.mg_dl, one.age, kg, female=one.female))
        for one in bodies
        for kg in masses
        if one is not None and kg is not None
    ]
    answer = agree([OPERATORS[limit.op](value, limit.value) for value in clearances])
    least, most = min(clearances), max(clearances)
    said = f"{least:.1f}" if least == most else f"{least:.1f} to {most:.1f}"
    return (
        Truth.of(answer),
        f"Cockcroft-Gault {said} {CLEARANCE} {limit.op} {limit.value:g}",
        used + weights,
    )
