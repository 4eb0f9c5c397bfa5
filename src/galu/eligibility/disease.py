"""Rules over the disease: PSA series, PSMA PET, baseline lesions, new bone lesions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from galu.eligibility.case import (
    OPERATORS,
    Case,
    Outcome,
    agree,
    as_flag,
    as_number,
    first_day_in,
    last_day_in,
    refs,
    unknown,
    within,
)
from galu.eligibility.evidence import Evidence
from galu.eligibility.plan import AtomPlan
from galu.finding import Truth, any_of
from galu.vocabulary.laboratory import in_unit
from galu.vocabulary.results import read_result
from galu.vocabulary.tracers import same_tracer, shows_psma

_PSA_UNIT: Final = "ng/mL"
_PSA_MINIMUM: Final = {"pcwg2": 2.0, "pcwg3": 1.0}
#: Therapies that, given between a PET scan and the dose, put the scan in doubt.
_INTERVENING: Final = (
    "therapy.systemic",
    "therapy.radiotherapy",
    "therapy.radionuclide",
    "therapy.psma_radioligand",
)
Draw = tuple[date, float, Evidence]


def psa_progression(case: Case, atom: AtomPlan) -> Outcome:
    """Two consecutive PSA rises, each at least a week apart, from the minimum value.

    A draw less than seven days before the next one is passed over for the interval. By a switch a
    third value that is not higher may be followed by a fourth that is (PCWG2).
    """
    found = case.evidence(*atom.items)
    draws = [
        (one.on, number, one) for one in found if one.on is not None and (number := _psa(one)) is not None
    ]
    unread = tuple(one for one in found if one.on is None or _psa(one) is None)
    if len(draws) < 3:
        return unknown(f"{len(draws)} dated PSA values, 3 needed", *(one for *_, one in draws))
    floor = _PSA_MINIMUM[case.settings.get("psa_minimum", "pcwg2")]
    chooser = case.settings.get("psa_minimum_applies", "last")
    fourth = case.settings.get("psa_fourth_value") == "allowed"
    for last in range(len(draws) - 1, 1, -1):
        triple = _two_rises(draws, last, fourth)
        if triple is None or any(_may_lie_between(one, triple[0][0], triple[2][0]) for one in unread):
            continue
        judged = {"first": triple[:1], "last": triple[2:], "all": triple}[chooser]
        if all(value >= floor for _, value, _ in judged):
            shown = " → ".join(f"{value:g} ({day})" for day, value, _ in triple)
            return Outcome(Truth.TRUE, shown, refs(tuple(one for *_, one in triple)))
    if unread:
        return unknown("a PSA value between cannot be read, or has no day", *unread)
    shown = f"no two consecutive rises that reach {floor:g} ng/mL"
    return Outcome(Truth.FALSE, shown, refs(tuple(one for *_, one in draws)))


def _psa(one: Evidence) -> float | None:
    """The value in ng/mL; one told as a bound (`<0.1`) counts as just beyond it."""
    number = as_number(one)
    if number is None:
        told = read_result(str(one.value))
        number = None if told is None else told.graded
    return None if number is None else in_unit("PSA", number, one.unit or "", _PSA_UNIT)


def _may_lie_between(one: Evidence, first: date, last: date) -> bool:
    begin, end = (one.on, one.on) if one.on is not None else one.span or (first, last)
    return begin <= last and end >= first


def _two_rises(draws: list[Draw], last: int, fourth: bool) -> tuple[Draw, Draw, Draw] | None:
    chain = [last]
    while len(chain) < 4 and (before := _week_before(draws, chain[0])) is not None:
        chain.insert(0, before)
    row = [draws[index] for index in chain]
    if len(row) >= 3 and row[-3][1] < row[-2][1] < row[-1][1]:
        return row[-3], row[-2], row[-1]
    if fourth and len(row) == 4 and row[0][1] < row[1][1] and row[2][1] <= row[1][1] < row[3][1]:
        return row[0], row[1], row[3]
    return None


def _week_before(draws: list[Draw], index: int) -> int | None:
    week = timedelta(days=7)
    return next((k for k in range(index - 1, -1, -1) if draws[index][0] - draws[k][0] >= week), None)


def pet_window(case: Case, atom: AtomPlan) -> Outcome:
    """Positive PET with the tracer, inside the window before the first dose.

    The atom's `values` are the study's tracers; with `exempt` the rule reads every other tracer of PSMA. A
    name that may be that of a study's tracer is neither. A signature may say whether the scan is positive,
    never replace the scan or move its day.
    """
    told = [(one, _is_wanted(one, atom)) for one in case.evidence(*atom.items)]
    scans = [one for one, wanted in told if wanted and one.on is not None]
    if not scans:
        unclear = next((one for one, wanted in told if wanted is None and one.label), None)
        shown = "no dated PET with this tracer"
        shown += f"; {unclear.label} may be the study's own or another" if unclear else ""
        return Outcome(Truth.UNKNOWN, shown, final=True)
    if undated := tuple(one for one, wanted in told if wanted and case.may_be_newer(one, scans[-1].on)):
        return Outcome(Truth.UNKNOWN, "a PET of a day not known may be newer", refs(undated), final=True)
    assert atom.window is not None
    newest = tuple(one for one in scans if one.on == scans[-1].on)
    on = scans[-1].on or case.day
    last = last_day_in(on, case.span(atom.window))
    dose = case.anchor(atom.anchor)
    positive = Truth.of(agree([as_flag(one) for one in newest]))
    if dose is None:
        shown = f"positive is {positive.value}; no dose day yet, the scan of {on} counts until {last}"
        return Outcome(Truth.UNKNOWN, shown, refs(newest), last, final=True)
    earliest_gap = 1 if case.settings.get("pet_same_day") == "not_allowed" else 0
    if dose > last:
        shown = f"scan of {on} expired on {last}: repeat it before {dose}"
        return Outcome(Truth.FALSE, shown, refs(newest), last, final=True)
    if (dose - on).days < earliest_gap:
        shown = f"scan of {on} not before the dose of {dose}"
        return Outcome(Truth.FALSE, shown, refs(newest), last, final=True)
    shown = f"scan of {on}, dose {dose}{_intervening(case, on)}"
    return Outcome(positive, shown, refs(newest), last)


def _is_wanted(one: Evidence, atom: AtomPlan) -> bool | None:
    """Whether a scan is of the tracer that the atom reads; None where its name leaves that open."""
    same = {same_tracer(one.label, own) for own in atom.values}
    if not one.label or (True not in same and None in same):
        return None
    return True in same if not atom.exempt else True not in same and shows_psma(one.label) is not False


def _intervening(case: Case, scan: date) -> str:
    given = [one for one in case.evidence(*_INTERVENING) if one.on is not None and one.on > scan]
    return f"; look: {given[-1].value} on {given[-1].on}, after the scan" if given else ""


def measurable(case: Case, atom: AtomPlan) -> Outcome:
    """At least one measurable lesion (RECIST 1.1) or one bone metastasis (PCWG3)."""
    anchor = case.anchor(atom.anchor) or case.gate_day
    assert atom.window is not None
    start = first_day_in(anchor, case.span(atom.window))
    found = tuple(
        one
        for one in case.evidence(*atom.items)
        if case.may_be_newer(one, start) or (one.on is not None and one.on >= start)
    )
    tests = {limit.item: limit for limit in atom.limits}
    bone = {text.lower() for text in atom.exempt}
    used = tuple(one for one in found if one.label.lower() not in bone)
    judged = [_is_measurable(one, tests[one.item].op, tests[one.item].value) for one in used]
    # A lesion of a day not known may be older than the window: it shows nothing, and is not nothing.
    answers = [None if one.on is None and seen else seen for one, seen in zip(used, judged, strict=True)]
    truth = any_of(Truth.of(answer) for answer in answers)
    good = tuple(one for one, answer in zip(used, answers, strict=True) if answer)
    if truth is Truth.TRUE:
        last = max((last_day_in(one.on, case.span(atom.window)) for one in good if one.on), default=None)
        shown = f"{good[0].item} {good[0].value} {good[0].unit or ''}".strip()
        return Outcome(truth, shown, refs(good), last)
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
    left_out = {text.lower() for text in atom.exempt}
    counted = [one for one in case.evidence(*atom.items) if one.label.lower() not in left_out]
    found = case.newest(counted)
    if not found:
        return unknown("no bone scan with a count of new lesions", *case.latest(*atom.items))
    answers = [within(one, atom.limits) for one in found]
    return Outcome(Truth.of(agree([one for one, _ in answers])), answers[0][1], refs(found))
