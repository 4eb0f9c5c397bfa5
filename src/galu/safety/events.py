"""What an adverse event is to the rules of safety: which terms it has, whether it bled, whether it is blood.

Every answer is yes, no, or None: not known, because the term is not recognised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from galu.safety.inputs import AdverseEventInput
from galu.vocabulary.events import Event, event_terms, read_event
from galu.vocabulary.folding import key

#: MedDRA and CTCAE file the same blood value under any of these classes.
_OF_VALUES: Final = frozenset(
    key(soc)
    for soc in (
        "Blood and lymphatic system disorders",
        "Investigations",
        "Metabolism and nutrition disorders",
    )
)
_CLASSES: Final = frozenset(key(term.soc) for term in event_terms().values())


def meaning(event: AdverseEventInput) -> Event:
    """What the term of an event means, by the study's own coding where there is one."""
    return read_event(event.coded or event.term)


def is_one_of(event: AdverseEventInput, terms: Collection[str], every: bool = False) -> bool | None:
    """Whether an event is one of some CTCAE terms; None where its term is not recognised.

    Parameters
    ----------
    every
        Whether an event of two terms ("nausea and vomiting") must have all of them among `terms`.
    """
    wanted = {name for term in terms for name in (read_event(term).names or (term,))}
    if event.coded in wanted or event.term in wanted:
        return True
    names = meaning(event).names
    if names:
        return all(name in wanted for name in names) if every else any(name in wanted for name in names)
    known = event_terms()
    if meaning(event).bleeding and not any(name in known and known[name].group for name in wanted):
        return False  # a bleeding of whatever name is none of these
    own = _class_of(event.soc)
    apart = own and all(name in known and _class_of(known[name].soc) not in ("", own) for name in wanted)
    return False if apart else None


def is_blood_count(event: AdverseEventInput) -> bool | None:
    """Whether an event is a matter of blood counts: as stated, by its term, or else by its organ class."""
    if event.haematologic is not None:
        return event.haematologic
    known = meaning(event).blood_count
    if known is None and _class_of(event.soc) not in ("", "values"):
        return False
    return known


def is_bleeding(event: AdverseEventInput) -> bool | None:
    """Whether an event is a bleeding: as stated, or by its term."""
    return meaning(event).bleeding if event.bleeding is None else event.bleeding


def is_recognised(event: AdverseEventInput) -> bool:
    """Whether the term of an event is known."""
    return bool(meaning(event).terms)


def _class_of(soc: str) -> str:
    """One name for an organ class however it is spelled; empty where it is unknown."""
    folded = key(soc)
    return "values" if folded in _OF_VALUES else folded if folded in _CLASSES else ""


@dataclass(frozen=True, slots=True)
class Labels:
    """Under which organ class and term a table counts each event: the spellings of one term are one row.

    A term that came with its organ class is a coded one and keeps its wording, in its most usual spelling;
    another is counted under its CTCAE term and the class of that.
    """

    classes: Mapping[str, str]
    terms: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, events: Iterable[AdverseEventInput]) -> Labels:
        """The labels of some events."""
        classes: dict[str, Counter[str]] = {}
        terms: dict[tuple[str, str], Counter[str]] = {}
        for one in events:
            classes.setdefault(key(one.soc), Counter())[one.soc] += 1
            terms.setdefault((key(one.soc), key(one.term)), Counter())[one.term] += 1
        usual = {soc: _most(counts) for soc, counts in classes.items()}
        return cls(usual, {pair: _most(counts) for pair, counts in terms.items()})

    def label(self, event: AdverseEventInput) -> tuple[str, str]:
        """Organ class and term of one of the events."""
        terms = meaning(event).terms
        if terms and not event.soc:
            return terms[0].soc, " and ".join(term.name for term in terms)
        return self.classes[key(event.soc)], self.terms[key(event.soc), key(event.term)]


def _most(counts: Counter[str]) -> str:
    return min(counts, key=lambda name: (-counts[name], name))
