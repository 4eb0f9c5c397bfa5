"""Rules over lists: consent, events in a window, regimens, toxicities, transfusions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from galu.eligibility.case import Case, Outcome, as_flag, as_number, first_day_in, refs, unknown
from galu.eligibility.evidence import Evidence
from galu.eligibility.items import UNREAD
from galu.eligibility.plan import AtomPlan, Window
from galu.finding import Truth
from galu.vocabulary.conditions import read_condition
from galu.vocabulary.events import told_severity
from galu.vocabulary.folding import key

SIX_MONTHS: Final = Window(number=6, unit="months")
#: What acts on haemoglobin; other products act on the other counts.
_RED: Final = frozenset({"red cells", "esa", "other"})


def consent(case: Case, atom: AtomPlan) -> Outcome:
    """Consent signed on a form version in force, and not after the first study-specific procedure.

    The atom's `values` are the form versions in force; with none named any version counts. What comes last
    counts: a consent that was taken back, or that death ended, is none.
    """
    forms = case.evidence(atom.items[0])
    if not forms:
        return unknown("no signed consent")
    if as_flag(forms[-1]) is False:
        return Outcome(Truth.FALSE, forms[-1].label or "consent refused", refs(forms[-1:]))
    signed = forms[:1]
    on, given = signed[0].on, as_flag(signed[0])
    if given is None or on is None:
        return unknown("consent has no date" if given else "not said whether consent was given", *signed)
    if atom.values and signed[0].label not in atom.values:
        shown = f"signed on form {signed[0].label or 'of no version'}, in force: {', '.join(atom.values)}"
        return Outcome(Truth.FALSE, shown, refs(signed))
    first = case.evidence(atom.items[1])
    early = tuple(one for one in first if not one.doubtful and _days(one)[1] < on)
    if early:
        shown = f"{early[0].value} on {early[0].on or 'a day'} before consent"
        return Outcome(Truth.FALSE, shown, refs(signed + early))
    if perhaps := tuple(one for one in first if _days(one)[0] < on):
        shown = f"{perhaps[0].value}: not said whether it was of the study, and before consent"
        return unknown(shown, *signed, *perhaps)
    return Outcome(Truth.TRUE, f"signed on {on}", refs(signed))


def _days(one: Evidence) -> tuple[date, date]:
    """First and last day it can have been."""
    if one.on is not None:
        return one.on, one.on
    return one.span or (date.min, date.max)


def count(case: Case, atom: AtomPlan) -> Outcome:
    """Count distinct values of the list; silence is zero only when the list was collected.

    More than `at_most` is FALSE whatever was signed: intolerance stands in for a missing regimen, it does
    not excuse one too many.
    """
    found = case.evidence(*atom.items)
    collected, statements = case.is_collected(atom)
    sure = tuple(one for one in found if not one.doubtful)
    number = len({_name(one) for one in sure})
    most = _most(found) + len(case.evidence(*_unread(atom.items)))
    lifted = "taxane_limit" in atom.switches and case.settings.get("taxane_limit") == "at_least_one"
    ceiling = None if lifted else atom.at_most
    shown = f"{number} in {', '.join(atom.items)}"
    if ceiling is not None and number > ceiling:
        return Outcome(Truth.FALSE, f"{shown}, more than {ceiling}", refs(sure), final=True)
    if by_intolerance := _intolerance(case, atom):
        return Outcome(Truth.TRUE, f"{shown}; {by_intolerance[0]}", by_intolerance[1])
    enough = number >= (atom.at_least or 0)
    if most > number and ((ceiling is not None and most > ceiling) or not enough):
        return unknown(f"{shown}, or up to {most}: regimens or classes are not stated", *found)
    if (enough and ceiling is None) or collected:
        return Outcome(Truth.of(enough), shown, refs(found + statements))
    return unknown(f"{shown}, but the list is not stated to be complete", *found)


def _name(one: Evidence) -> str:
    return str(one.value).strip().lower()


def _most(found: tuple[Evidence, ...]) -> int:
    """Courses there may have been: those without a regimen may each be one of their own."""
    regimens = {_name(one) for one in found if _name(one).startswith("regimen ")}
    return len(regimens) + sum(not _name(one).startswith("regimen ") for one in found)


def _unread(items: tuple[str, ...]) -> tuple[str, ...]:
    """The items that hold what may be of one of `items`, but was not understood."""
    return tuple(dict.fromkeys(UNREAD[kind] for item in items if (kind := item.partition(".")[0]) in UNREAD))


def _intolerance(case: Case, atom: AtomPlan) -> tuple[str, tuple[str, ...]] | None:
    """Signed intolerance of taxanes, where it stands in for this list too (a switch of the record)."""
    if "intolerance_scope" not in atom.switches or case.settings.get("intolerance_scope") != "both":
        return None
    words = case.signed("I3.d")
    signed = next((one for one in words if one.signer), None)
    if signed is None or {one.truth for one in words} != {Truth.TRUE}:
        return None
    return f"intolerance signed by {signed.signer}", (signed.ref,)


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
    found = case.evidence(*items, *_unread(items))
    counted = tuple(one for one in found if _counts(case, atom, one))
    answers = [(one, _inside(case, atom, window, anchor, one)) for one in counted]
    collected, statements = case.is_collected(atom)
    present = tuple(one for one, answer in answers if answer is True)
    if present:
        worst = present[-1]
        when = worst.on or ("a day not known" if worst.span is None else " to ".join(map(str, worst.span)))
        return Outcome(Truth.TRUE, f"{worst.item} {worst.value} on {when}", refs(present))
    open_ = tuple(one for one, answer in answers if answer is None)
    if open_:
        doubt = collected and all(one.doubtful for one in open_)
        said = unknown(f"{open_[0].item} {open_[0].value}: {_why_open(open_[0])}", *open_)
        return replace(said, doubt=doubt)
    if not collected:
        return unknown(f"no {', '.join(items)}, but the list is not stated to be complete", *counted)
    warned = [one for one in counted if one.on is not None and one.on > anchor]
    shown = f"none in the window before {anchor}"
    if warned and atom.after_anchor == "warns":
        shown += f"; {warned[-1].value} on {warned[-1].on}, after the {atom.anchor} date"
    return Outcome(Truth.FALSE, shown, refs(counted + statements))


def _why_open(one: Evidence) -> str:
    return "not said whether it was this" if one.doubtful else "date or half-life unknown"


def _window(case: Case, atom: AtomPlan) -> Window | None:
    if "prior_psma_radioligand" in atom.switches:
        in_months = case.settings.get("prior_psma_radioligand") == "six_months"
        return case.span(SIX_MONTHS) if in_months else None
    return None if atom.window is None else case.span(atom.window)


def _counts(case: Case, atom: AtomPlan, one: Evidence) -> bool:
    if as_flag(one) is False or _is_exempt(one, atom):
        return False
    if (
        "palliative_radiotherapy" in atom.switches
        and case.settings.get("palliative_radiotherapy") == "not_counted"
        and str(one.value).strip().lower() == "palliative"
    ):
        return False
    number = as_number(one)
    return atom.at_least is None or number is None or number >= atom.at_least


def _is_exempt(one: Evidence, atom: AtomPlan) -> bool:
    """Whether the value is one that the criterion excepts, in any of its spellings."""
    known = read_condition(str(one.value))
    said = {key(str(one.value))} | ({key(known.means)} if known is not None and known.sure else set())
    return not one.doubtful and bool(said & {key(text) for text in atom.exempt})


def _inside(case: Case, atom: AtomPlan, window: Window | None, anchor: date, one: Evidence) -> bool | None:
    """Whether it lies in the window; None where that, or whether it was this at all, is not known."""
    inside = _lies_inside(case, atom, window, anchor, one)
    return None if one.doubtful and inside else inside


def _lies_inside(
    case: Case, atom: AtomPlan, window: Window | None, anchor: date, one: Evidence
) -> bool | None:
    ever = window is None and atom.half_lives is None
    if one.ongoing or (ever and atom.after_anchor == "counts"):
        return True
    if one.on is None:
        return _inside_partly(case, atom, window, anchor, one)
    if one.on > anchor:
        return atom.after_anchor == "counts"
    if ever or (window is not None and one.on >= first_day_in(anchor, window)):
        return True
    if atom.half_lives is None:
        return False
    half_life = case.half_life_days(one)
    return None if half_life is None else (anchor - one.on).days < atom.half_lives * half_life


def _inside_partly(
    case: Case, atom: AtomPlan, window: Window | None, anchor: date, one: Evidence
) -> bool | None:
    """Judge a day known only in part: what every day it can have been says, else unknown."""
    if one.span is None:
        return None
    first, last = one.span
    days = {first, last, min(max(anchor, first), last)}
    answers = {_lies_inside(case, atom, window, anchor, replace(one, on=day, span=None)) for day in days}
    return answers.pop() if len(answers) == 1 else None


def toxicity(case: Case, atom: AtomPlan) -> Outcome:
    """No ongoing toxicity of prior therapy above the grade, but for the exempt terms."""
    found = case.evidence(*atom.items)
    exempt = exempt_terms(case, atom)
    limit = atom.at_most if atom.at_most is not None else 1
    judged = tuple(one for one in _last_of_each_term(case, found) if one.label.strip().lower() not in exempt)
    grades = [as_number(one) for one in judged]
    high = tuple(
        one for one, grade in zip(judged, grades, strict=True) if grade is not None and grade > limit
    )
    if high:
        shown = ", ".join(f"{one.label} grade {one.value}" for one in high)
        return Outcome(Truth.FALSE, shown, refs(high))
    if None in grades:
        return unknown("an ongoing toxicity has no grade", *judged)
    worse = [one for one in judged if (told_severity(one.label) or 0) > limit]
    if worse:
        return unknown(f"{worse[0].label!r} stands beside grade {worse[0].value}: which holds?", *worse)
    if unread := case.evidence(*_unread(atom.items)):
        return unknown(f"{unread[0].value}: not said whether it is such a toxicity", *unread)
    collected, statements = case.is_collected(atom)
    if not collected:
        return unknown("ongoing toxicities of prior therapy were not asked for", *judged)
    return Outcome(Truth.TRUE, f"none above grade {limit}", refs(judged + statements))


def exempt_terms(case: Case, atom: AtomPlan) -> frozenset[str]:
    """Terms, in lower case, that a rule over ongoing toxicities leaves out."""
    overlap = case.settings.get("toxicity_overlap") == "labs_exempt"
    return frozenset(text.lower() for text in (*atom.exempt, *(atom.values if overlap else ())))


def _last_of_each_term(case: Case, found: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    by_term: dict[str, tuple[Evidence, ...]] = {}
    for one in found:
        by_term[key(one.label)] = (*by_term.get(key(one.label), ()), one)
    return tuple(one for group in by_term.values() for one in case.newest(group))


def transfusion(case: Case, atom: AtomPlan) -> Outcome:
    """No transfusion or growth factor in the days before each qualifying blood count (or the anchor)."""
    window = atom.window
    assert window is not None  # asked for when the study is loaded
    counts = atom.items[1:]
    if _only_red(case):
        counts = tuple(item for item in counts if item == "lab.hemoglobin")
    draws = sorted({one.on for item in counts for one in case.latest(item) if one.on is not None})
    by_anchor = len(atom.items) == 1 or case.settings.get("transfusion_anchor") == "screening"
    name = "screening" if atom.anchor == "gate" and len(atom.items) > 1 else atom.anchor
    anchor = case.anchor(name) if by_anchor else None
    if by_anchor and anchor is None:
        return unknown(f"no {name} date")
    if not draws and anchor is None:
        return unknown("no qualifying blood count")
    spans = [(first_day_in(day, window), day) for day in draws]
    if anchor is not None:
        spans = [(first_day_in(anchor, window), max([anchor, *draws]))]
    return _given(case, atom, spans)


def _only_red(case: Case) -> bool:
    return case.settings.get("transfusion_scope") == "hemoglobin"


def _given(case: Case, atom: AtomPlan, spans: list[tuple[date, date]]) -> Outcome:
    """Whether something was given in one of the spans; silence says no where the list was collected."""
    only_red = _only_red(case)
    given = [
        one
        for one in case.evidence(atom.items[0])
        if as_flag(one) is not False and (not only_red or str(one.value).strip().lower() in _RED)
    ]
    inside = tuple(one for one in given if any(_given_in(one, span) for span in spans))
    if inside:
        until = "count" if len(atom.items) > 1 else atom.anchor
        shown = f"{inside[-1].value} on {inside[-1].on}, {until} of {spans[-1][1]}"
        return Outcome(Truth.FALSE, shown, refs(inside))
    if undated := tuple(one for one in given if one.on is None):
        return unknown("a transfusion or growth factor has no date", *undated)
    collected, statements = case.is_collected(atom)
    if not collected:
        return unknown("concomitant therapy is not stated to be complete")
    return Outcome(Truth.TRUE, f"none from {spans[0][0]} to {spans[-1][1]}", refs(statements))


def _given_in(one: Evidence, span: tuple[date, date]) -> bool:
    """Whether it was given in the span; what is ongoing goes on from its day."""
    if one.on is None or one.on > span[1]:
        return False
    return one.ongoing or one.on >= span[0]
