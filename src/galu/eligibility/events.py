"""Rules over lists: events in a window, regimens, PSA series, toxicities, lesions, PET scans."""

from __future__ import annotations

from datetime import date, timedelta

from galu.eligibility.case import (
    OPERATORS,
    Case,
    Outcome,
    agree,
    as_flag,
    as_number,
    refs,
    unknown,
    window_end,
    window_start,
    within,
)
from galu.eligibility.evidence import Evidence
from galu.eligibility.plan import AtomPlan, Window
from galu.finding import Truth, any_of

SIX_MONTHS = Window(number=6, unit="months")


def consent(case: Case, atom: AtomPlan) -> Outcome:
    """Consent signed, and not after the first study-specific procedure."""
    signed = case.evidence(atom.items[0])
    if not signed:
        return unknown("no signed consent")
    first = case.evidence(atom.items[1])
    on = signed[0].on
    if on is None:
        return unknown("consent has no date", *signed)
    if as_flag(signed[0]) is False:
        return Outcome(Truth.FALSE, "consent refused", refs(signed[:1]))
    early = tuple(one for one in first if one.on is not None and one.on < on)
    if early:
        return Outcome(
            Truth.FALSE, f"{early[0].value} on {early[0].on} before consent", refs(signed[:1] + early)
        )
    return Outcome(Truth.TRUE, f"signed on {on}", refs(signed[:1]))


def count(case: Case, atom: AtomPlan) -> Outcome:
    """Count distinct values of the list; silence is zero only when the list was collected."""
    found = case.evidence(*atom.items)
    collected, statements = case.is_collected(atom)
    number = len({str(one.value).strip().lower() for one in found})
    ceiling = atom.at_most
    if "taxane_limit" in atom.switches and case.settings.get("taxane_limit") == "at_least_one":
        ceiling = None
    shown = f"{number} in {', '.join(atom.items)}"
    intolerant = case.judgement("I3.d")
    if (
        "intolerance_scope" in atom.switches
        and case.settings.get("intolerance_scope") == "both"
        and intolerant is not None
        and intolerant.truth is Truth.TRUE
    ):
        return Outcome(Truth.TRUE, f"{shown}; intolerance signed by {intolerant.signer}", (intolerant.ref,))
    if ceiling is not None and number > ceiling:
        return Outcome(Truth.FALSE, shown, refs(found))
    enough = number >= (atom.at_least or 0)
    if (enough and ceiling is None) or collected:
        return Outcome(Truth.of(enough), shown, refs(found + statements))
    return unknown(f"{shown}, but the list is not stated to be complete", *found)


def recent(case: Case, atom: AtomPlan) -> Outcome:
    """Whether an event lies in the window before the anchor (ever, without a window).

    Silence is FALSE only when the list was collected.
    """
    anchor = case.anchor(atom.anchor)
    if anchor is None:
        return unknown(f"no {atom.anchor} date to count from")
    window = _window(case, atom)
    items = atom.items
    if "androgen_deprivation" in atom.switches and case.settings.get("androgen_deprivation") == "literal":
        items = (*items, "therapy.adt", "therapy.bone_agent")
    counted = tuple(one for one in case.evidence(*items) if _counts(case, atom, one))
    answers = [(one, _inside(case, atom, window, anchor, one)) for one in counted]
    present = tuple(one for one, answer in answers if answer is True)
    if present:
        worst = present[-1]
        return Outcome(Truth.TRUE, f"{worst.item} {worst.value} on {worst.on}", refs(present))
    open_ = tuple(one for one, answer in answers if answer is None)
    if open_:
        return unknown(f"{open_[0].item} {open_[0].value}: date or half-life unknown", *open_)
    collected, statements = case.is_collected(atom)
    if not collected:
        return unknown(f"no {', '.join(items)}, but the list is not stated to be complete", *counted)
    warned = [one for one in counted if one.on is not None and one.on > anchor]
    shown = f"none in the window before {anchor}"
    if warned and atom.after_anchor == "warns":
        shown += f"; {warned[-1].value} on {warned[-1].on}, after the {atom.anchor} date"
    return Outcome(Truth.FALSE, shown, refs(counted + statements))


def _window(case: Case, atom: AtomPlan) -> Window | None:
    if "prior_psma_radioligand" in atom.switches:
        return SIX_MONTHS if case.settings.get("prior_psma_radioligand") == "six_months" else None
    return atom.window


def _counts(case: Case, atom: AtomPlan, one: Evidence) -> bool:
    if as_flag(one) is False or str(one.value).strip().lower() in {text.lower() for text in atom.exempt}:
        return False
    if (
        "palliative_radiotherapy" in atom.switches
        and case.settings.get("palliative_radiotherapy") == "not_counted"
        and str(one.value).strip().lower() == "palliative"
    ):
        return False
    number = as_number(one)
    return atom.at_least is None or number is None or number >= atom.at_least


def _inside(case: Case, atom: AtomPlan, window: Window | None, anchor: date, one: Evidence) -> bool | None:
    if one.ongoing or window is None:
        return True
    if one.on is None:
        return None
    if one.on > anchor:
        return atom.after_anchor == "counts"
    start = window_start(anchor, window)
    if one.on > start or (window.inclusive and one.on == start):
        return True
    if atom.half_lives is None:
        return False
    half_life = case.half_life_days(one.value)
    return None if half_life is None else (anchor - one.on).days < atom.half_lives * half_life


def psa_progression(case: Case, atom: AtomPlan) -> Outcome:
    """Two consecutive PSA rises, each at least a week apart, from the minimum value.

    A rise drawn less than seven days after the value before does not break the series: that draw is
    passed over for the interval.
    """
    anchor = case.anchor(atom.anchor)
    draws = [
        (one.on, number, one)
        for one in case.evidence(*atom.items)
        if one.on is not None
        and (number := as_number(one)) is not None
        and one.unit in ("ng/mL", "ug/L", "µg/L")
        and (anchor is None or one.on <= max(anchor, case.day))
    ]
    if len(draws) < 3:
        return unknown(f"{len(draws)} dated PSA values, 3 needed", *(one for *_, one in draws))
    floor = {"pcwg2": 2.0, "pcwg3": 1.0}[case.settings.get("psa_minimum", "pcwg2")]
    chooser = case.settings.get("psa_minimum_applies", "last")
    for last in range(len(draws) - 1, 1, -1):
        triple = _two_rises(draws, last)
        if triple is None:
            continue
        judged = {"first": triple[:1], "last": triple[2:], "all": triple}[chooser]
        if all(value >= floor for _, value, _ in judged):
            shown = " → ".join(f"{value:g} ({day})" for day, value, _ in triple)
            return Outcome(Truth.TRUE, shown, refs(tuple(one for *_, one in triple)))
    return Outcome(Truth.FALSE, "no two consecutive rises", refs(tuple(one for *_, one in draws)))


Draw = tuple[date, float, Evidence]


def _two_rises(draws: list[Draw], last: int) -> tuple[Draw, Draw, Draw] | None:
    middle = _before(draws, last)
    first = None if middle is None else _before(draws, middle)
    if middle is None or first is None:
        return None
    triple = (draws[first], draws[middle], draws[last])
    return triple if triple[0][1] < triple[1][1] < triple[2][1] else None


def _before(draws: list[Draw], index: int) -> int | None:
    week = timedelta(days=7)
    return next((k for k in range(index - 1, -1, -1) if draws[index][0] - draws[k][0] >= week), None)


def pet_window(case: Case, atom: AtomPlan) -> Outcome:
    """Positive PSMA PET with the tracer, inside the window before the first dose."""
    scans = [
        one
        for one in case.evidence(*atom.items)
        if (one.label.lower() in {text.lower() for text in atom.values}) == bool(not atom.exempt)
    ]
    scans = [one for one in scans if one.on is not None]
    if not scans:
        return unknown("no dated PSMA PET with this tracer")
    assert atom.window is not None
    newest = [one for one in scans if one.on == scans[-1].on]
    last = window_end(newest[0].on or case.day, atom.window)
    dose = case.anchor(atom.anchor)
    positive = Truth.of(agree([as_flag(one) for one in newest]))
    if dose is None:
        return Outcome(
            Truth.UNKNOWN, f"positive is {positive.value}; no dose day yet", refs(tuple(newest)), last
        )
    earliest_gap = 1 if case.settings.get("pet_same_day") == "not_allowed" else 0
    on = newest[0].on or dose
    if dose > last:
        shown = f"scan of {on} expired on {last}: repeat it before {dose}"
        return Outcome(Truth.FALSE, shown, refs(tuple(newest)), last)
    if (dose - on).days < earliest_gap:
        return Outcome(Truth.FALSE, f"scan of {on} not before the dose of {dose}", refs(tuple(newest)), last)
    return Outcome(positive, f"scan of {on}, dose {dose}", refs(tuple(newest)), last)


def toxicity(case: Case, atom: AtomPlan) -> Outcome:
    """No ongoing toxicity of prior therapy above the grade, but for the exempt terms."""
    found = case.evidence(*atom.items)
    exempt = {text.lower() for text in atom.exempt}
    if case.settings.get("toxicity_overlap") == "labs_exempt":
        exempt |= {text.lower() for text in atom.values}
    limit = atom.at_most if atom.at_most is not None else 1
    judged = tuple(one for one in _last_of_each_term(found) if one.label.strip().lower() not in exempt)
    grades = [as_number(one) for one in judged]
    high = tuple(
        one for one, grade in zip(judged, grades, strict=True) if grade is not None and grade > limit
    )
    if high:
        shown = ", ".join(f"{one.label} grade {one.value}" for one in high)
        return Outcome(Truth.FALSE, shown, refs(high))
    if None in grades:
        return unknown("an ongoing toxicity has no grade", *judged)
    collected, statements = case.is_collected(atom)
    if not collected:
        return unknown("ongoing toxicities of prior therapy were not asked for", *judged)
    return Outcome(Truth.TRUE, f"none above grade {limit}", refs(judged + statements))


def _last_of_each_term(found: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    by_term: dict[str, tuple[Evidence, ...]] = {}
    for one in found:
        before = by_term.get(one.label.strip().lower(), ())
        by_term[one.label.strip().lower()] = (*before, one) if before and before[-1].on == one.on else (one,)
    return tuple(one for group in by_term.values() for one in group)


def transfusion(case: Case, atom: AtomPlan) -> Outcome:
    """No transfusion or growth factor in the days before the qualifying blood count (or screening)."""
    window = atom.window
    assert window is not None
    labs = case.latest(*atom.items[1:])
    draw = labs[0].on if labs else None
    by_screening = case.settings.get("transfusion_anchor") == "screening"
    anchor = case.screening if by_screening else draw
    if anchor is None:
        return unknown("no screening date" if by_screening else "no qualifying blood count")
    red = {"red cells", "esa", "other"}
    only_red = case.settings.get("transfusion_scope") == "hemoglobin"
    given = [
        one for one in case.evidence(atom.items[0]) if not only_red or str(one.value).strip().lower() in red
    ]
    start, end = window_start(anchor, window), max(anchor, draw or anchor)
    inside = tuple(one for one in given if one.on is not None and start <= one.on <= end)
    if inside:
        shown = f"{inside[-1].value} on {inside[-1].on}, count of {anchor}"
        return Outcome(Truth.FALSE, shown, refs(inside))
    if undated := tuple(one for one in given if one.on is None):
        return unknown("a transfusion or growth factor has no date", *undated)
    collected, statements = case.is_collected(atom)
    if not collected:
        return unknown("concomitant therapy is not stated to be complete")
    return Outcome(Truth.TRUE, f"none from {start} to {end}", refs(statements))


def measurable(case: Case, atom: AtomPlan) -> Outcome:
    """At least one measurable lesion (RECIST 1.1) or one bone metastasis (PCWG3)."""
    anchor = case.anchor(atom.anchor) or case.gate_day
    assert atom.window is not None
    start = window_start(anchor, atom.window)
    found = tuple(one for one in case.evidence(*atom.items) if one.on is not None and one.on >= start)
    tests = {limit.item: limit for limit in atom.limits}
    bone = {text.lower() for text in atom.exempt}
    used = tuple(one for one in found if one.label.lower() not in bone)
    answers = [_is_measurable(one, tests[one.item].op, tests[one.item].value) for one in used]
    truth = any_of(Truth.of(answer) for answer in answers)
    good = tuple(one for one, answer in zip(used, answers, strict=True) if answer)
    if truth is Truth.TRUE:
        last = max((window_end(one.on, atom.window) for one in good if one.on), default=None)
        return Outcome(
            truth, f"{good[0].item} {good[0].value} {good[0].unit or ''}".strip(), refs(good), last
        )
    collected, statements = case.is_collected(atom)
    recent_read = any(one.on is None or one.on >= start for one in statements)
    if truth is Truth.FALSE and collected and recent_read:
        return Outcome(truth, "no measurable lesion and no bone metastasis", refs(found + statements))
    return unknown(f"no baseline lesion that counts from {start}, or the reading is not complete", *found)


def _is_measurable(one: Evidence, op: str, bound: float) -> bool | None:
    number = as_number(one)
    if number is None or (one.item != "lesion.bone" and one.unit not in ("mm", None)):
        return None
    return OPERATORS[op](number, bound)


def new_lesions(case: Case, atom: AtomPlan) -> Outcome:
    """Judge the number of new bone lesions against the limit, without those seen on PET only."""
    found = tuple(
        one
        for one in case.latest(*atom.items)
        if one.label.lower() not in {text.lower() for text in atom.exempt}
    )
    if not found:
        return unknown("no bone scan with a count of new lesions", *case.latest(*atom.items))
    answers = [within(one, atom.limits) for one in found]
    return Outcome(Truth.of(agree([one for one, _ in answers])), answers[0][1], refs(found))
