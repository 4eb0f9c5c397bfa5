"""Plain words of the record against an atom: which of them concern it, and whether somebody judged them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from galu.eligibility.case import Case, window_start
from galu.eligibility.events import exempt_terms
from galu.eligibility.evidence import Concern, Judgement
from galu.eligibility.plan import ANY_WORDS, RECOVERED, AtomPlan
from galu.finding import Truth
from galu.vocabulary.events import read_event, told_severity

#: What ended less than this before the day judged is asked about however short the window [d]. Assumed.
_JUST_OVER_DAYS: Final = 28
#: Rules over measured values: a value measured since answers words such as "thrombocytopenia".
_MEASURED: Final = frozenset({"threshold", "renal", "enzymes", "bilirubin", "any_limit"})
#: How many terms that no criterion reads are shown.
_SHOWN: Final = 5


def concerns_of(case: Case, atom: AtomPlan) -> tuple[Concern, ...]:
    """What the words of the record name that may concern the atom, and that it cannot tell to be over."""
    topics = atom.topics
    return tuple(
        one
        for one in case.subject.concerns
        if not topics.isdisjoint(one.topics) and _may_matter(case, atom, one)
    )


def _may_matter(case: Case, atom: AtomPlan, one: Concern) -> bool:
    """Whether it may lie in what the atom looks back to: not begun later, not over before, grave enough."""
    if one.began is not None and one.began > case.day:
        return False
    if atom.comparison == "toxicity":
        return _is_toxicity(case, atom, one)
    if atom.comparison != "recent":
        return True
    if atom.at_least is not None and one.grade is not None and one.grade < atom.at_least:
        return False
    anchor = case.anchor(atom.anchor)
    if atom.after_anchor == "warns" and anchor is not None and one.began is not None and one.began > anchor:
        return False
    until = _until(case, atom, one)
    if atom.window is None or anchor is None or until is None:
        return True
    start = window_start(anchor, case.span(atom.window))
    return until >= min(start, case.day - timedelta(days=_JUST_OVER_DAYS))


def _is_toxicity(case: Case, atom: AtomPlan, one: Concern) -> bool:
    """Whether a condition of the history may be a toxicity above the grade, goes on, and is none exempt."""
    if one.ended is not None and one.ended <= case.day:
        return False
    limit = RECOVERED if atom.at_most is None else atom.at_most
    told = max(one.grade or 0, told_severity(one.words) or 0)
    names = {name.lower() for name in read_event(one.words).names}
    return told > limit and not (names and names <= exempt_terms(case, atom))


def _until(case: Case, atom: AtomPlan, one: Concern) -> date | None:
    """Last day it can have been, None where it may go on: a lasting condition does until its end is told."""
    if one.ended is not None:
        return one.ended
    courses = {case.courses[topic] for topic in one.topics & {*atom.items, *atom.concerns}}
    return one.lasted if courses == {"event"} else None


def answered(case: Case, atom: AtomPlan, truth: Truth, one: Concern) -> bool:
    """Whether a named person signed the atom who can have known of it, or it was measured since."""
    words = words_on(case, atom, one)
    if any(word.signer and word.truth is not Truth.UNKNOWN and word.covers(one.told) for word in words):
        return True
    courses = {case.courses[topic] for topic in one.topics & atom.topics}
    if (atom.comparison not in _MEASURED and courses != {"measured"}) or truth is Truth.UNKNOWN:
        return False
    # Pressure varies by the day; what a laboratory measures shows a condition that began before.
    begun = one.told.on if atom.comparison == "any_limit" else one.lasted or one.told.on
    items = [item for item in atom.items if item not in ("gilbert", "liver_metastases")]
    newest = [found[-1].on for item in items if (found := case.latest(item))]
    return begun is not None and all(day is not None and day >= begun for day in newest)


def words_on(case: Case, atom: AtomPlan, one: Concern) -> tuple[Judgement, ...]:
    """Signatures that may judge it: up to the gate, or up to today for what came to light after the gate."""
    late = one.told.on is None or one.told.on > case.day
    return case.signed(atom.id, case.as_of if late else None)


def unread_words(case: Case, atom: AtomPlan) -> str:
    """Terms of the record in which no topic is recognised, for the atom that lists them; empty for others."""
    if ANY_WORDS not in atom.concerns:
        return ""
    listed = [
        one for one in case.subject.concerns if ANY_WORDS in one.topics and _may_matter(case, atom, one)
    ]
    terms = list(dict.fromkeys(one.words for one in listed))
    if not terms:
        return ""
    more = f" and {len(terms) - _SHOWN} more" if len(terms) > _SHOWN else ""
    return f"; no criterion reads: {', '.join(terms[:_SHOWN])}{more}"


def shown(found: tuple[Concern, ...]) -> str:
    """The words with the ids of their facts, at most three."""
    named = [f"{one.source} names {one.words!r} ({one.ref})" for one in found[:3]]
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return ", ".join(named) + more
