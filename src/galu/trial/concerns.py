"""Plain words of the record that may concern a criterion: histories, adverse events, indications, sites.

What a word means for a criterion is for a person; here it is only read which topics it speaks of, and when
that can have been.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from galu.eligibility import Concern, EligibilityPlan, Told
from galu.eligibility.items import ITEM_KEYS
from galu.eligibility.plan import ANY_WORDS, RECOVERED, SEVERE, TOXICITY
from galu.record import Fact, Record, Row
from galu.record.disease import AdverseEvent, AdverseEventCourse, Lesion
from galu.record.people import History, Lab, Therapy, Vital
from galu.record.when import days_of
from galu.vocabulary.agents import read_agent
from galu.vocabulary.conditions import read_condition
from galu.vocabulary.events import read_event, told_grade, told_severity
from galu.vocabulary.topics import Phrase, read_topics

#: Categories of a history whose terms are words of their own item, or judged by it alone.
_NO_TOPICS: Final = ("pathology.", "progression.", "lesion.", "pet.", "collected.", "serology.", "lab.")
#: Therapies that a history may tell of in its term, to the items that read them.
_THERAPIES: Final[Mapping[str, str]] = {
    "psma-rlt": "therapy.psma_radioligand",
    "radionuclide": "therapy.radionuclide",
    "investigational": "therapy.investigational",
}
#: Topics that the site of a lesion may speak of.
_OF_SITES: Final = frozenset(("event.cns_active", "cord_compression"))
#: Topic of words and scores of performance: the item that they speak of.
_PERFORMANCE: Final = "ecog"
#: Grade from which any adverse event is asked about.
_SEVERE_GRADE: Final = 3
#: Grades of other scales than that of toxicity.
_OTHER_GRADES: Final = re.compile(
    r"gleason|grade group|carcinom|karzinom|cancer|tumou?r|neoplas|lymphom|nyha|\bgold\b|癌|瘤", re.IGNORECASE
)
#: From this score of Karnofsky's on, and up to that of ECOG, a patient is well (the former assumed).
_KARNOFSKY, _ECOG = 80.0, 1.0
#: Terms that say that there is nothing.
_NOTHING: Final = frozenset(("none", "no", "nil", "nothing", "n/a", "无"))


def told(row: Row[Fact]) -> Told:
    """When a fact was told: the last day it can be of, and when it was entered."""
    return Told(row.day or days_of(row.fact.on)[1], row.recorded)


def gather_concerns(plan: EligibilityPlan, record: Record) -> dict[str, tuple[Concern, ...]]:
    """What the plain words of the record name, by subject."""
    phrases = plan.phrases()
    found: dict[str, tuple[Concern, ...]] = {}
    for subject, one in (
        *_of_histories(record, phrases),
        *_of_events(record, phrases),
        *_of_indications(record, phrases),
        *_of_sites(record),
        *_of_scores(record),
    ):
        found[subject] = (*found.get(subject, ()), one)
    return found


def _of_histories(record: Record, phrases: tuple[Phrase, ...]) -> Iterator[tuple[str, Concern]]:
    for row in record.rows(History):
        topics = _topics_of_history(row, phrases)
        if topics:
            yield row.subject, _history(row, topics)


def _topics_of_history(row: Row[History], phrases: tuple[Phrase, ...]) -> frozenset[str]:
    """Topics of a history, without those that its category or a surely known condition settles."""
    term, category = row.fact.term.strip(), row.fact.category or ""
    named = category in ITEM_KEYS
    if term.casefold() in _NOTHING or (named and category.startswith(_NO_TOPICS)):
        return frozenset()
    known = read_condition(term)
    settled = {category} | ({known.item} if known is not None and known.sure else set())
    topics = read_topics(term, phrases)
    if not named:
        classes = read_agent(term).classes
        topics |= {item for name, item in _THERAPIES.items() if name in classes}
        topics |= {TOXICITY} if _tells_toxicity(row.fact) else frozenset()
    if not topics and not named and known is None:
        return frozenset((ANY_WORDS,))
    return topics - settled


def _tells_toxicity(one: History) -> bool:
    """Whether a condition that may go on has a grade that no recovered toxicity has, if only in its words."""
    if one.ongoing is False or (one.ended is not None and not one.ongoing) or _OTHER_GRADES.search(one.term):
        return False
    told = told_severity(one.term) or 0
    # "Moderate" is said of much that is no toxicity: it counts of what is one of CTCAE's terms.
    if told < _SEVERE_GRADE and not read_event(one.term).names:
        told = told_grade(one.term) or 0
    return max(one.grade or 0, told) > RECOVERED


def _history(row: Row[History], topics: frozenset[str]) -> Concern:
    """A history as it may have lasted: undated, it can have been on any day until it was asked about."""
    said = told(row)
    started, ended = row.fact.started, row.fact.ended
    began = days_of(started) if started is not None else None
    end = None if ended is None or row.fact.ongoing else days_of(ended)[1]
    lasted = end if end is not None else None if row.fact.ongoing or began is None else began[1]
    last = max((day for day in (said.on, began[0] if began else None) if day is not None), default=None)
    first = began[0] if began is not None else None
    return Concern(
        topics,
        row.fact.term,
        row.id,
        Told(last, said.entered),
        first,
        end,
        lasted,
        # The worse of two that are told; one that only words tell of is not sure to be the whole.
        None if row.fact.grade is None else max(row.fact.grade, told_severity(row.fact.term) or 0),
        "history",
    )


def _of_events(record: Record, phrases: tuple[Phrase, ...]) -> Iterator[tuple[str, Concern]]:
    """Adverse events, and each time that one grew worse: who signed before knew the milder one."""
    steps: dict[str, list[Row[AdverseEventCourse]]] = {}
    for course in record.everybody.rows(AdverseEventCourse):
        steps.setdefault(record.root(course.fact.event), []).append(course)
    for row in record.rows(AdverseEvent):
        grade: int | None = row.fact.grade
        yield row.subject, _event(row, phrases, row, grade)
        for step in steps.get(row.root, ()):
            if step.fact.grade > (grade or 0):
                grade = step.fact.grade
                yield row.subject, _event(row, phrases, step, grade)


def _event(
    row: Row[AdverseEvent], phrases: tuple[Phrase, ...], step: Row[Fact], grade: int | None
) -> Concern:
    topics = read_topics(row.fact.term, phrases)
    if (grade or 0) >= _SEVERE_GRADE or row.fact.serious or row.fact.life_threatening:
        topics |= {SEVERE}
    began, last = days_of(step.fact.on)
    end = None if row.fact.ended is None else days_of(row.fact.ended)[1]
    return Concern(
        topics or frozenset((ANY_WORDS,)),
        row.fact.term,
        step.id,
        told(step),
        began,
        end,
        end or last,
        grade,
        "adverse event",
    )


def _of_indications(record: Record, phrases: tuple[Phrase, ...]) -> Iterator[tuple[str, Concern]]:
    for row in record.rows(Therapy):
        topics = read_topics(row.fact.indication or "", phrases)
        if topics:
            began = days_of(row.fact.on)[0]
            end = None if row.fact.ended is None else days_of(row.fact.ended)[1]
            words = f"{row.fact.agent} for {row.fact.indication}"
            yield (
                row.subject,
                Concern(topics, words, row.id, told(row), began, end, end, source="therapy"),
            )


def _of_sites(record: Record) -> Iterator[tuple[str, Concern]]:
    """Lesions that sit in brain, meninges or spinal cord."""
    for row in record.rows(Lesion):
        topics = read_topics(f"{row.fact.site or ''} metastasis") & _OF_SITES
        if topics:
            began: date = days_of(row.fact.on)[0]
            words = f"lesion {row.fact.lesion} in {row.fact.site}"
            yield row.subject, Concern(topics, words, row.id, told(row), began, source="imaging")


def _of_scores(record: Record) -> Iterator[tuple[str, Concern]]:
    """Scores of performance that were written among the vital signs or the laboratory values."""
    names = {
        name
        for kind in ("vital", "lab")
        for name in record.facts(kind)["test"].unique()
        if _PERFORMANCE in read_topics(name)
    }
    rows: tuple[Row[Vital] | Row[Lab], ...] = (*record.rows(Vital), *record.rows(Lab)) if names else ()
    for row in rows:
        value, text = row.fact.value, row.fact.text
        well = value is not None and (value <= _ECOG if value < 10.0 else value >= _KARNOFSKY)
        if row.fact.test in names and not well and (value is not None or text):
            words = f"{row.fact.test} {text if value is None else format(value, 'g')}"
            began = days_of(row.fact.on)[0]
            yield (
                row.subject,
                Concern(frozenset((_PERFORMANCE,)), words, row.id, told(row), began, source=row.fact.kind),
            )
