"""Rules that judge the latest value of an item: limits, codes, laboratory composites."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from galu.eligibility.case import (
    Case,
    Outcome,
    agree,
    as_flag,
    as_number,
    as_reaction,
    expiry,
    first_day_in,
    last_day_in,
    refs,
    unknown,
    within,
)
from galu.eligibility.evidence import Evidence
from galu.eligibility.plan import AtomPlan, Limit
from galu.finding import Truth, all_of, any_of
from galu.vocabulary.laboratory import in_unit
from galu.vocabulary.negation import negates
from galu.vocabulary.results import read_result
from galu.vocabulary.units import same_unit


def current(case: Case, atom: AtomPlan, *items: str) -> tuple[tuple[Evidence, ...], str]:
    """Latest evidence that is still valid at the gate, or the reason why there is none."""
    found = case.latest(*items)
    if not found:
        return (), f"no {' or '.join(items)} on or before {case.day}"
    on, last = found[0].on, expiry(found[0], atom.valid_days)
    if last is not None and last < case.gate_day:
        return (), f"{found[0].item} of {on} expired on {last}: repeat it before {case.gate_day}"
    if (atom.valid_days is not None or atom.window is not None) and on is None:
        return (), f"{found[0].item} has no date, so its age cannot be judged"
    if atom.window is not None and on is not None:
        first = first_day_in(case.anchor(atom.anchor) or case.gate_day, case.span(atom.window))
        if on < first:
            return (), f"{found[0].item} of {on} lies before the window, which begins on {first}: repeat it"
    return found, ""


def lasts_until(case: Case, atom: AtomPlan, one: Evidence) -> date | None:
    """Last day on which the evidence counts, by its age and by a window that ends with the gate."""
    days = [expiry(one, atom.valid_days)]
    if atom.window is not None and one.on is not None and atom.anchor in ("gate", "first_dose"):
        days.append(last_day_in(one.on, case.span(atom.window)))
    return min((day for day in days if day is not None), default=None)


def missing(case: Case, atom: AtomPlan, fault: str, *items: str) -> Outcome:
    """Build the outcome of evidence that is absent or has expired, with the day it expired on."""
    stale = case.latest(*items)
    days = [last for one in stale if (last := lasts_until(case, atom, one)) is not None]
    return unknown(fault, *stale, expires=min(days, default=None))


def threshold(case: Case, atom: AtomPlan) -> Outcome:
    """Compare the latest value with the limit of the unit it was reported in."""
    found, fault = current(case, atom, *atom.items)
    if not found:
        return missing(case, atom, fault, *atom.items)
    if "testosterone_unit" in atom.switches:
        found = tuple(_in_unit(one, case.settings["testosterone_unit"]) for one in found)
    answers = [within(one, atom.limits) for one in found]
    answer = agree([answer for answer, _ in answers])
    last = lasts_until(case, atom, found[0])
    shown = answers[0][1]
    if answer is None and None not in [one for one, _ in answers]:
        shown = f"results of {found[0].on} disagree"
    return Outcome(Truth.of(answer), shown, refs(found), last)


def _in_unit(one: Evidence, unit: str) -> Evidence:
    value = as_number(one)
    if value is None or unit == "as_reported":
        return one
    wanted = {"ng_dl": "ng/dL", "nmol_l": "nmol/L"}[unit]
    converted = in_unit("TESTOS", value, one.unit or "", wanted)
    if converted is None or same_unit(one.unit, wanted):
        return one
    return Evidence(one.item, converted, wanted, one.on, one.ref)


def any_limit(case: Case, atom: AtomPlan) -> Outcome:
    """Return TRUE when the latest value of any item is beyond its limit; FALSE needs all of them."""
    truths: list[Truth] = []
    used: list[Evidence] = []
    shown: list[str] = []
    for item in atom.items:
        found, fault = current(case, atom, item)
        answers = [within(one, atom.limits) for one in found]
        truths.append(Truth.of(agree([answer for answer, _ in answers])))
        used += found
        shown.append(answers[0][1] if answers else fault)
    return Outcome(any_of(truths), "; ".join(shown), refs(tuple(used)), _earliest(case, used, atom))


def code_of(one: Evidence) -> str:
    """The value as a word in lower case, as it is compared."""
    if isinstance(one.value, bool):
        return "true" if one.value else "false"
    if isinstance(one.value, int | float):
        return f"{one.value:g}"
    if one.item.startswith("serology.") and (found := as_reaction(one)) is not None:
        return "positive" if found else "negative"
    return str(one.value).strip().lower()


def member(case: Case, atom: AtomPlan) -> Outcome:
    """Whether the latest value is one of `values`.

    Where the atom names `exempt` values too, only those are surely not: a third answer such as
    "indeterminate" is unknown. A value that says nothing ("unknown", "") always is.
    """
    found, fault = current(case, atom, *atom.items)
    if not found:
        return missing(case, atom, fault, *atom.items)
    values, others = ({text.lower() for text in texts} for texts in (atom.values, atom.exempt))
    answers = [_is_member(code_of(one), values, others) for one in found]
    shown = f"{found[0].item} is {', '.join(sorted({code_of(one) for one in found}))}"
    return Outcome(Truth.of(agree(answers)), shown, refs(found), lasts_until(case, atom, found[0]))


def _is_member(code: str, values: set[str], others: set[str]) -> bool | None:
    if code in values:
        return True
    return None if code in ("unknown", "") or (others and code not in others) else False


def not_member(case: Case, atom: AtomPlan) -> Outcome:
    """Whether the latest text names none of `values`, and something that `exempt` admits.

    An admitted phrase ("focal neuroendocrine") is read before the excluded word it holds; a text with
    both, or with neither, one that denies or doubts, or names another organ, is unknown: a person decides.
    """
    found, fault = current(case, atom, *atom.items)
    if not found:
        return missing(case, atom, fault, *atom.items)
    answers = [_names_none(code_of(one), atom) for one in found]
    shown = f"{found[0].item} is {', '.join(sorted({code_of(one) for one in found}))}"
    return Outcome(Truth.of(agree(answers)), shown, refs(found), lasts_until(case, atom, found[0]))


#: Organs that a tumour of the prostate is none of.
_OTHER_ORGAN: Final = re.compile(
    r"\b(lung|colon|colorect|rectal|rectum|gastric|stomach|pancrea|breast|ovar|duoden|o?esophag|endometri"
    r"|cervi(x|cal)|gallbladder|bile duct|renal|kidney|urothel|bladder|thyroid)"
    r"|肺|结肠|直肠|胃|胰|乳腺|食管|肾|膀胱"
)


def _names_none(text: str, atom: AtomPlan) -> bool | None:
    if negates(text) or _OTHER_ORGAN.search(text):
        return None
    admitted, text = False, text.replace("-", " ")
    for phrase in sorted((phrase.lower() for phrase in atom.exempt), key=len, reverse=True):
        admitted |= phrase in text
        text = text.replace(phrase, " ")
    excluded = any(word.lower() in text for word in atom.values)
    return None if admitted == excluded else admitted


def reflex(case: Case, atom: AtomPlan) -> Outcome:
    """Screening test positive and, then, the reflex test positive or at its limit (Kleene and)."""
    screen, confirm = atom.items
    first, fault = current(case, atom, screen)
    first_truth = Truth.of(agree([as_reaction(one) for one in first]))
    second, second_fault = current(case, atom, confirm)
    answers = [_reflex_answer(one, atom) for one in second]
    if first_truth is Truth.FALSE:
        measured = [as_number(one) or 0.0 for one in second]
        if any(a is not False and (a or n > 0.0) for a, n in zip(answers, measured, strict=True)):
            shown = f"{screen} negative, but {confirm} is raised: which holds?"
            return unknown(shown, *first, *second)
        return Outcome(Truth.FALSE, f"{screen} negative", refs(first), _earliest(case, list(first), atom))
    truth = first_truth & Truth.of(agree(answers))
    faults = [one for one in (fault, second_fault) if one]
    shown = "; ".join(faults) if faults else f"{screen} {first_truth.value}, {confirm} {answers}"
    return Outcome(truth, shown, refs(first + second), _earliest(case, [*first, *second], atom))


def _reflex_answer(one: Evidence, atom: AtomPlan) -> bool | None:
    """Judge a number by the limit; "not detectable" lies below any limit, "detectable" may not."""
    number, said = as_number(one), as_reaction(one)
    if not atom.limits:
        return said if number is None else number > 0.0
    by_limit = within(one, atom.limits)[0]
    if by_limit is None and said is False and (one.uln is None or read_result(str(one.value)) is None):
        return False
    return by_limit


def syphilis(case: Case, atom: AtomPlan) -> Outcome:
    """Non-treponemal reactive is active disease; treponemal alone may be an old, treated one."""
    active, old = (current(case, atom, item)[0] for item in atom.items)
    active_truth = Truth.of(agree([as_reaction(one) for one in active]))
    old_truth = Truth.of(agree([as_reaction(one) for one in old]))
    facts, last = refs(active + old), _earliest(case, [*active, *old], atom)
    if active_truth is Truth.TRUE:
        return Outcome(Truth.TRUE, "non-treponemal test positive", facts, last)
    if old_truth is Truth.FALSE:
        return Outcome(Truth.FALSE, "treponemal test negative", facts, last)
    if old_truth is Truth.TRUE:
        return Outcome(Truth.UNKNOWN, "treponemal test positive: treated or not is for a person", facts, last)
    shown = "no treponemal test that counts" if active_truth is Truth.FALSE else "no serology that counts"
    return Outcome(Truth.UNKNOWN, shown, facts)


def bilirubin(case: Case, atom: AtomPlan) -> Outcome:
    """Bilirubin within its limit, or Gilbert's syndrome (by a switch up to 3 × ULN only).

    Whether there is Gilbert's syndrome is unknown until asked: a complete medical history without it says no.
    """
    value, gilbert = atom.items
    low = threshold(case, atom.model_copy(update={"items": (value,)}))
    flags = case.latest(gilbert)
    collected, statements = case.is_collected(atom)
    has = Truth.of(agree([as_flag(one) for one in flags]))
    if not flags and collected:
        has, flags = Truth.FALSE, statements
    cap = Limit(unit="ULN", op="<=", value=3.0)
    capped = threshold(case, atom.model_copy(update={"items": (value,), "limits": (cap,)})).truth
    if case.settings.get("gilbert_cap") == "three_uln":
        has = has & capped
    shown = low.reason
    if has is Truth.TRUE:
        shown += "; Gilbert's syndrome" + (", look: above 3 × ULN" if capped is Truth.FALSE else "")
    used = low.facts if low.truth is Truth.TRUE else tuple(sorted({*low.facts, *refs(flags)}))
    return Outcome(low.truth | has, shown, used, low.expires)


def enzymes(case: Case, atom: AtomPlan) -> Outcome:
    """ALT and AST within the limit; of two limits the second is that of liver metastases."""
    flags = case.latest("liver_metastases") if len(atom.limits) > 1 else ()
    metastases = agree([as_flag(one) for one in flags])
    truths: list[Truth] = []
    used: list[Evidence] = list(flags)
    shown: list[str] = []
    for item in atom.items:
        found, fault = current(case, atom, item)
        used += found
        if not found:
            truths.append(Truth.UNKNOWN)
            shown.append(fault)
            continue
        by_limit = [agree([within(one, (limit,))[0] for one in found]) for limit in atom.limits]
        strict, wide = by_limit[0], by_limit[-1]
        by_site = strict if metastases is False else wide if metastases else _same(strict, wide)
        truths.append(Truth.of(by_site))
        shown.append(within(found[0], atom.limits[1 if metastases else 0 :])[1])
    literal = case.settings.get("enzymes") == "either"
    truth = any_of(truths) if literal else all_of(truths)
    where = {True: "liver metastases", False: "no liver metastases", None: "liver metastases unknown"}[
        metastases
    ]
    dated = [one for one in used if one.item in atom.items]
    if len(atom.limits) > 1:
        shown.append(where)
    return Outcome(truth, "; ".join(shown), refs(tuple(used)), _earliest(case, dated, atom))


def _same(strict: bool | None, wide: bool | None) -> bool | None:
    return strict if strict == wide else None


def ages_at(case: Case, day: date) -> tuple[frozenset[int], tuple[Evidence, ...]]:
    """Return every age in completed years that the birth date allows on `day`; two where it is partial.

    Empty without a birth date, or with two that differ.
    """
    found = case.latest("birth_date")
    births = {_births(one) for one in found}
    if len(births) != 1 or None in births:
        return frozenset(), found
    return frozenset(_years(birth, day) for birth in births.pop() or ()), found


def _years(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _births(one: Evidence) -> tuple[date, date] | None:
    """First and last day of birth that the value allows; it may lack the day, or the month too."""
    if isinstance(one.value, date):
        return one.value, one.value
    text = str(one.value)
    try:
        if len(text) == len("1950-05-20"):
            return date.fromisoformat(text), date.fromisoformat(text)
        year, month = int(text[:4]), int(text[5:7]) if len(text) == len("1950-05") else None
        last = month or 12
        return date(year, month or 1, 1), date(year + last // 12, last % 12 + 1, 1) - timedelta(days=1)
    except ValueError:
        return None


def age(case: Case, atom: AtomPlan) -> Outcome:
    """Completed years at the anchor, bounds included; unknown where a partial birth date allows both."""
    anchor = case.anchor(atom.anchor)
    if anchor is None:
        return unknown(f"no {atom.anchor} date")
    years, found = ages_at(case, anchor)
    if not years:
        return unknown("no birth date, or two that differ", *found)
    most = max(years) if atom.at_most is None else atom.at_most
    answer = agree([(atom.at_least or 0) <= one <= most for one in years])
    shown = " or ".join(str(one) for one in sorted(years))
    if answer is None:
        return unknown(f"aged {shown} at {anchor}: the birth date is partial", *found)
    return Outcome(Truth.of(answer), f"{shown} years at {anchor}", refs(found))


def _earliest(case: Case, used: list[Evidence], atom: AtomPlan) -> date | None:
    days = [last for one in used if (last := lasts_until(case, atom, one)) is not None]
    return min(days, default=None)
