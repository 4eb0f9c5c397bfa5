"""Clues: what was done for a patient, or seen of one, behind which a severe toxicity may be.

Nobody dialyses without a failing kidney. A clue is no toxicity by rule; where no event tells of it, an
investigator says what it was.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase as fnmatch
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from galu.safety.events import is_one_of
from galu.safety.inputs import Clue, DltPatient
from galu.safety.leukocytes import NEUTROPENIA
from galu.safety.plan import DltRule
from galu.safety.sign import Sign
from galu.safety.told import is_told, tells_of_days
from galu.vocabulary.events import event_terms, may_tell_of_bleeding, read_event, told_severity
from galu.vocabulary.folding import key, words

#: Mildest grade of a toxicity that a usual definition of dose-limiting calls severe (assumed).
_SEVERE: Final = 3
_LIFE_THREATENING: Final = 4
_LEUKOPENIA: Final = "White blood cell decreased"


@dataclass(frozen=True, slots=True)
class Behind:
    """Terms that may be behind a treatment, and the grade from which an event of one tells of it.

    No terms: any event of the grade.
    """

    terms: tuple[str, ...]
    told_from: int


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("galu.safety") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _treatments() -> tuple[tuple[str, Behind], ...]:
    return tuple(
        (row["written"], Behind(tuple(filter(None, row["terms"].split(";"))), int(row["told_from"])))
        for row in _rows("treatments.csv")
    )


@cache
def _names(table: str) -> tuple[str, ...]:
    return tuple(row["written"] for row in _rows(table))


def _holds(text: str, name: str) -> bool:
    """Whether a text names something: all its words, a stem of one (`*dialys*`), or its Chinese signs."""
    if "*" in name:
        return any(fnmatch(word, name.casefold()) for word in words(text))
    return set(words(name)) <= set(words(text)) if name.isascii() else key(name) in key(text)


@lru_cache(maxsize=4096)
def behind_treatment(agent: str, indication: str = "") -> Behind | None:
    """What may be behind a treatment, by its name, or by an indication told or defined as severe.

    >>> behind_treatment("Continuous haemodialysis").terms[0], behind_treatment("aspirin")
    ('Acute kidney injury', None)
    >>> behind_treatment("meropenem", "febrile neutropenia").terms
    ('Febrile neutropenia',)
    """
    named = next((behind for name, behind in _treatments() if _holds(agent, name)), None)
    if named is not None:
        return named
    graded = (told_severity(indication) or 0) >= _SEVERE
    terms = read_event(indication).terms
    severe = tuple(term.name for term in terms if graded or min(term.grades) >= _SEVERE)
    return Behind(severe, _SEVERE) if severe else None


@lru_cache(maxsize=4096)
def is_antiinfective(agent: str) -> bool:
    """Whether a treatment is one of those that are begun in febrile neutropenia."""
    return any(_holds(agent, name) for name in _names("antiinfectives.csv"))


@lru_cache(maxsize=4096)
def is_haemostatic(agent: str, indication: str = "") -> bool:
    """Whether a treatment stops a bleeding, by its name or by what it was given for.

    >>> is_haemostatic("Tranexamic acid 500 mg"), is_haemostatic("ice", "epistaxis"), is_haemostatic("ice")
    (True, True, False)
    """
    named = any(_holds(agent, name) for name in _names("haemostatics.csv"))
    return named or may_tell_of_bleeding(indication)


def ask_of_clues(
    rules: Iterable[DltRule], patient: DltPatient, window: tuple[date, date], as_of: date
) -> Iterator[Sign]:
    """Signs of the clues of a window that no event tells of; of those that a rule would judge."""
    known = tuple(rules)
    for clue in (*patient.clues, *_of_events(patient)):
        days = clue.day, clue.last_day
        if clue.day > min(window[1], as_of) or clue.last_day < window[0] or _is_told(patient, clue):
            continue
        rule = _rule_of(clue, known)
        if rule is not None:
            said = f"{rule.clause}: {clue.words}, and no event tells why: an investigator must judge it"
            yield Sign(None, clue.day, rule.id, said, (clue.ref,), days, asks=True)


def _of_events(patient: DltPatient) -> Iterator[Clue]:
    """Leukocytes of grade 4 are below 1.0: so are the neutrophils among them."""
    for event in patient.events:
        if (event.worst or 0) >= _LIFE_THREATENING and is_one_of(event, (_LEUKOPENIA,)):
            said = f"{event.term} grade {event.worst} on {event.onset}"
            yield Clue(event.ref, event.onset, said, (NEUTROPENIA,), _SEVERE, event.onset_until)


def _is_told(patient: DltPatient, clue: Clue) -> bool:
    days = clue.day, clue.last_day
    if not clue.terms:
        return any(
            tells_of_days(event, days) and (event.grade or 0) >= clue.told_from for event in patient.events
        )
    return any(is_told(patient.events, term, days, clue.told_from) for term in clue.terms)


def _rule_of(clue: Clue, rules: Iterable[DltRule]) -> DltRule | None:
    """The rule that would judge what may be behind a clue; one that names its term goes first."""
    terms = event_terms()
    own = {name for term in clue.terms for name in read_event(term).names}
    other = None
    for rule in rules:
        if rule.evidence == "grade" and not own.isdisjoint(
            name for term in rule.terms for name in (read_event(term).names or (term,))
        ):
            return rule
        if rule.evidence == "other-event" and (not own or any(terms[n].group != "blood" for n in own)):
            other = other or rule
    return other
