"""Rules that judge the latest value of an item: limits, codes, laboratory composites."""

from __future__ import annotations

from datetime import date, timedelta

from galu.eligibility.case import Case, Outcome, agree, as_flag, as_number, expiry, refs, unknown, within
from galu.eligibility.evidence import Evidence
from galu.eligibility.plan import AtomPlan, Limit
from galu.eligibility.renal import Form, creatinine_in_mg_dl, mdrd_ml_min
from galu.finding import Truth, any_of

NG_DL_PER_NMOL_L = 28.842  # testosterone, 288.42 g/mol


def current(case: Case, atom: AtomPlan, *items: str) -> tuple[tuple[Evidence, ...], str]:
    """Latest evidence that is still valid at the gate, or the reason why there is none."""
    found = case.latest(*items)
    if not found:
        return (), f"no {' or '.join(items)} on or before {case.day}"
    last = expiry(found[0], atom.valid_days)
    if last is not None and last < case.gate_day:
        return (), f"{found[0].item} of {found[0].on} expired on {last}: repeat it"
    if atom.valid_days is not None and found[0].on is None:
        return (), f"{found[0].item} has no date, so its age cannot be judged"
    return found, ""


def threshold(case: Case, atom: AtomPlan) -> Outcome:
    """Compare the latest value with the limit of the unit it was reported in."""
    found, fault = current(case, atom, *atom.items)
    if not found:
        return unknown(fault, *case.latest(*atom.items))
    if "testosterone_unit" in atom.switches:
        found = tuple(_in_unit(one, case.settings["testosterone_unit"]) for one in found)
    answers = [within(one, atom.limits) for one in found]
    answer = agree([answer for answer, _ in answers])
    last = expiry(found[0], atom.valid_days)
    shown = answers[0][1]
    if answer is None and None not in [one for one, _ in answers]:
        shown = f"results of {found[0].on} disagree"
    return Outcome(Truth.of(answer), shown, refs(found), last)


def _in_unit(one: Evidence, unit: str) -> Evidence:
    value = as_number(one)
    if value is None or unit == "as_reported":
        return one
    if unit == "ng_dl" and one.unit == "nmol/L":
        return Evidence(one.item, value * NG_DL_PER_NMOL_L, "ng/dL", one.on, one.ref)
    if unit == "nmol_l" and one.unit == "ng/dL":
        return Evidence(one.item, value / NG_DL_PER_NMOL_L, "nmol/L", one.on, one.ref)
    return one


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
    return Outcome(any_of(truths), "; ".join(shown), refs(tuple(used)), _earliest(used, atom))


def _code(one: Evidence) -> str:
    if isinstance(one.value, bool):
        return "true" if one.value else "false"
    if isinstance(one.value, int | float):
        return f"{one.value:g}"
    return str(one.value).strip().lower()


def _member(case: Case, atom: AtomPlan, wanted: bool) -> Outcome:
    found, fault = current(case, atom, *atom.items)
    if not found:
        return unknown(fault, *case.latest(*atom.items))
    values = {value.lower() for value in atom.values}
    known = [None if _code(one) in ("unknown", "") else (_code(one) in values) == wanted for one in found]
    shown = f"{found[0].item} is {', '.join(sorted({_code(one) for one in found}))}"
    return Outcome(Truth.of(agree(known)), shown, refs(found), expiry(found[0], atom.valid_days))


def member(case: Case, atom: AtomPlan) -> Outcome:
    """Whether the latest value is one of the atom's values."""
    return _member(case, atom, wanted=True)


def not_member(case: Case, atom: AtomPlan) -> Outcome:
    """Whether the latest value is none of the atom's values."""
    return _member(case, atom, wanted=False)


def reflex(case: Case, atom: AtomPlan) -> Outcome:
    """Screening test positive and, then, the reflex test positive or at its limit (Kleene and)."""
    screen, confirm = atom.items
    first, fault = current(case, atom, screen)
    first_truth = Truth.of(agree([as_flag(one) for one in first]))
    if first_truth is Truth.FALSE:
        return Outcome(Truth.FALSE, f"{screen} negative", refs(first), _earliest(list(first), atom))
    second, second_fault = current(case, atom, confirm)
    answers = [within(one, atom.limits)[0] if atom.limits else as_flag(one) for one in second]
    truth = first_truth & Truth.of(agree(answers))
    faults = [one for one in (fault, second_fault) if one]
    shown = "; ".join(faults) if faults else f"{screen} {first_truth.value}, {confirm} {answers}"
    return Outcome(truth, shown, refs(first + second), _earliest([*first, *second], atom))


def syphilis(case: Case, atom: AtomPlan) -> Outcome:
    """Non-treponemal reactive is active disease; treponemal alone may be an old, treated one."""
    active, old = (current(case, atom, item)[0] for item in atom.items)
    active_truth = Truth.of(agree([as_flag(one) for one in active]))
    old_truth = Truth.of(agree([as_flag(one) for one in old]))
    facts, last = refs(active + old), _earliest([*active, *old], atom)
    if active_truth is Truth.TRUE:
        return Outcome(Truth.TRUE, "non-treponemal test positive", facts, last)
    if old_truth is Truth.FALSE:
        return Outcome(Truth.FALSE, "treponemal test negative", facts, last)
    if old_truth is Truth.TRUE:
        return Outcome(Truth.UNKNOWN, "treponemal test positive: treated or not is for a person", facts, last)
    if active_truth is Truth.FALSE and not old:
        return Outcome(Truth.FALSE, "non-treponemal test negative", facts, last)
    return Outcome(Truth.UNKNOWN, "no syphilis serology that counts", facts)


def bilirubin(case: Case, atom: AtomPlan) -> Outcome:
    """Bilirubin within its limit, or Gilbert's syndrome (with an optional cap of 3 × ULN)."""
    value, gilbert = atom.items
    low = threshold(case, atom.model_copy(update={"items": (value,)}))
    flags = case.latest(gilbert)
    has = Truth.of(agree([as_flag(one) for one in flags]))
    if case.settings.get("gilbert_cap") == "three_uln":
        cap = Limit(unit="ULN", op="<=", value=3.0)
        has = has & threshold(case, atom.model_copy(update={"items": (value,), "limits": (cap,)})).truth
    shown = low.reason + ("; Gilbert's syndrome" if has is Truth.TRUE else "")
    used = low.facts if low.truth is Truth.TRUE else tuple(sorted({*low.facts, *refs(flags)}))
    truth = low.truth | (has if flags else (Truth.FALSE if low.truth is Truth.FALSE else Truth.UNKNOWN))
    return Outcome(truth, shown, used, low.expires)


def enzymes(case: Case, atom: AtomPlan) -> Outcome:
    """ALT and AST within 3 × ULN, or 5 × ULN with liver metastases."""
    flags = case.latest("liver_metastases")
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
        strict, wide = (agree([within(one, (limit,))[0] for one in found]) for limit in atom.limits)
        by_site = strict if metastases is False else wide if metastases else _same(strict, wide)
        truths.append(Truth.of(by_site))
        shown.append(within(found[0], atom.limits[1 if metastases else 0 :])[1])
    literal = case.settings.get("enzymes") == "either"
    truth = truths[0] | truths[1] if literal else truths[0] & truths[1]
    where = {True: "liver metastases", False: "no liver metastases", None: "liver metastases unknown"}[
        metastases
    ]
    dated = [one for one in used if one.item in atom.items]
    return Outcome(truth, "; ".join([*shown, where]), refs(tuple(used)), _earliest(dated, atom))


def _same(strict: bool | None, wide: bool | None) -> bool | None:
    return strict if strict == wide else None


def age_at(case: Case, day: date) -> tuple[int | None, tuple[Evidence, ...]]:
    """Return the completed years at `day`; the youngest age that a partial birth date allows."""
    found = case.latest("birth_date")
    births = {_latest_birth(one) for one in found}
    if len(births) != 1 or None in births:
        return None, found
    birth = births.pop()
    assert birth is not None
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    return years, found


def _latest_birth(one: Evidence) -> date | None:
    if isinstance(one.value, date):
        return one.value
    parts = str(one.value).split("-")
    try:
        if len(parts) == 3:
            return date.fromisoformat(str(one.value))
        year, month = int(parts[0]), int(parts[1]) if len(parts) == 2 else 12
        first_of_next = date(year + month // 12, month % 12 + 1, 1)
        return first_of_next - timedelta(days=1)
    except ValueError:
        return None


def age(case: Case, atom: AtomPlan) -> Outcome:
    """Completed years at the anchor, by the latest birth date that is possible."""
    anchor = case.anchor(atom.anchor)
    if anchor is None:
        return unknown(f"no {atom.anchor} date")
    years, found = age_at(case, anchor)
    if years is None:
        return unknown("no birth date, or two that differ", *found)
    partial = any(len(str(one.value)) < 10 for one in found)
    ok = years >= (atom.at_least or 0)
    if partial and not ok and years + 1 >= (atom.at_least or 0):
        return unknown(f"aged {years} or {years + 1} at {anchor}: the birth date is partial", *found)
    return Outcome(Truth.of(ok), f"{years} years at {anchor}", refs(found))


def renal(case: Case, atom: AtomPlan) -> Outcome:
    """Creatinine within its limit, or MDRD eGFR at least its limit; either suffices (Kleene or)."""
    item = atom.items[0]
    found, fault = current(case, atom, item)
    if not found:
        return unknown(fault, *case.latest(item))
    ratio = tuple(limit for limit in atom.limits if limit.unit == "ULN")
    floor = next(limit for limit in atom.limits if limit.unit != "ULN")
    by_ratio = Truth.of(agree([within(one, ratio)[0] for one in found]))
    rates, used = _rates(case, found)
    form = case.settings.get("mdrd", "idms175")
    by_rate = Truth.of(agree([None if one is None else one[form] >= floor.value for one in rates]))
    shown = f"creatinine {within(found[0], ratio)[1]}; "
    if rates[0] is None:
        shown += "eGFR cannot be computed"
    else:
        shown += "eGFR " + ", ".join(f"{name} {value:.1f}" for name, value in rates[0].items())
    return Outcome(by_ratio | by_rate, shown, refs(found + used), expiry(found[0], atom.valid_days))


def _rates(
    case: Case, found: tuple[Evidence, ...]
) -> tuple[list[dict[str, float] | None], tuple[Evidence, ...]]:
    sexes = case.latest("sex")
    black = case.latest("black")
    codes = {_code(one) for one in sexes}
    rates: list[dict[str, float] | None] = []
    births: tuple[Evidence, ...] = ()
    for one in found:
        years, births = age_at(case, one.on or case.day)
        number = as_number(one)
        scr = None if number is None else creatinine_in_mg_dl(number, one.unit)
        if not scr or scr <= 0 or not years or codes not in ({"m"}, {"f"}):
            rates.append(None)
            continue
        race = bool(black) and agree([as_flag(flag) for flag in black]) is True
        rates.append(
            {form: mdrd_ml_min(scr, years, female=codes == {"f"}, black=race, form=form) for form in _FORMS}
        )
    return rates, sexes + births + black


_FORMS: tuple[Form, ...] = ("idms175", "original186", "chinese")


def _earliest(used: list[Evidence], atom: AtomPlan) -> date | None:
    days = [last for one in used if (last := expiry(one, atom.valid_days)) is not None]
    return min(days, default=None)
