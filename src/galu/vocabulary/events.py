"""Adverse events: the CTCAE terms that a written term means, and whether it is a bleeding.

A term is recognised in British or American spelling, any case, word order and punctuation, by CTCAE's own
name or a synonym (MedDRA preferred terms and what sites write, also in German, French and Chinese). What is
not recognised is never guessed: it has no terms, and every rule that hangs on it stays open.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, Literal

from galu.vocabulary.folding import bag, key, nearest, words

Group = Literal["", "blood", "bleeding", "perhaps bleeding"]
Local = tuple[tuple[str, str], ...]

_GRADE: Final = re.compile(
    r"\b(?:ctc(?:ae)?\s*)?(?:grade|grad|gr|g)\.?\s*[1-5]\b|(?:[1-5ⅠⅡⅢⅣⅤ]|IV|I{1,3}|V)\s*[度级]", re.IGNORECASE
)
#: Words that say how an event was, not what it was.
_MANNER: Final = frozenset(
    {"mild", "moderate", "severe", "worsening", "worsened", "transient", "intermittent", "recurrent"}
    | {"persistent", "ongoing", "acute", "asymptomatic", "new", "onset", "treatment", "related", "induced"}
)
_PARTS: Final = re.compile(r"\s*(?:[/,;+&]|\band\b|\bwith\b|\bund\b|\bet\b|和|及|伴)\s*", re.IGNORECASE)

# Which folded words tell of blood that left its vessels.
_BLOOD_WORDS: Final = re.compile(
    r"hem+or+h?ag|bleed|\bbled\b|hematuri|hematemes|hematochez|hematom|hemopty|hemothora|hemoperiton"
    r"|hemopericard|hemarthro|hemobilia|hematosperm|hemosperm|hyphem|epista[xk]|melen|menor+hag|metror+hag"
    r"|ecchymo|petechi|purpur|contusion|brui[sz]|nasenblut|blutung|hemorrag|saign|sangr|sangu"
    r"|\bblood(y|ied)? (urine|stool|sputum|vomit|semen|gum|nose|feces|saliva|cough|diarrhea)"
    r"|\b(urine|stool|sputum|vomit|vomitu|semen|feces) blood|occult blood|出血|血尿|咯血|呕血|便血|瘀"
)
_NO_EVENT: Final = re.compile(
    r"\bbleeding time|\bbleeding risk|risk (for )?bleeding|risk hem|prophyla|prevention|nonhem|non hem"
    r"|occult blood (test )?(neg|absent)"
    r"|^(no|without|denie|denied|absence|kein|keine|pa|sin)"
    r"( (evidence|sign|any|active|current|further))* \S+$"
    r"|^\S+( \S+)? (none|absent|negative|neg)$"
)
_OPEN: Final = re.compile(
    r"\b(no|not|without|denie|denied|history|family|disorder|diathesi|tendency|suspected|possible|perhaps"
    r"|probable|query|rule|ruled|thrombocytopenic|henoch|test|score|coagulopathy|hemorrhagic fever)\b"
)
#: What tells of blood that only a test found.
_OCCULT: Final = re.compile(r"\boc+ult|\bokkult|\bi?fobt?\b|guaiac|hemoc+ult|潜血|隐血")


@dataclass(frozen=True, slots=True)
class EventTerm:
    """One term of CTCAE: system organ class, the grades it has, and the group that rules ask for."""

    name: str
    soc: str
    grades: tuple[int, ...]
    group: Group


@dataclass(frozen=True, slots=True)
class Event:
    """What a written term means: its CTCAE terms (none: not recognised), and whether it is a bleeding.

    `bleeding` None means that the words do not say.
    """

    written: str
    terms: tuple[EventTerm, ...]
    bleeding: bool | None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the CTCAE terms."""
        return tuple(term.name for term in self.terms)

    @property
    def blood_count(self) -> bool | None:
        """Whether it is a matter of blood counts alone; None where the term is not recognised."""
        if self.terms:
            return all(term.group == "blood" for term in self.terms)
        return False if self.bleeding else None


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("galu.vocabulary") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def event_terms() -> Mapping[str, EventTerm]:
    """All terms of CTCAE v5.0 by their name (NCI, 2017); the grade texts do not ship."""
    return {
        row["term"]: EventTerm(
            row["term"], row["soc"], tuple(int(g) for g in row["grades"].split()), _group(row["group"])
        )
        for row in _rows("ctcae_v5_terms.csv")
    }


def _group(text: str) -> Group:
    known: dict[str, Group] = {
        "blood": "blood",
        "bleeding": "bleeding",
        "perhaps bleeding": "perhaps bleeding",
    }
    return known.get(text, "")


@cache
def event_synonyms() -> Mapping[str, str]:
    """Other ways to write a term, each with the CTCAE term it means."""
    return {row["written"]: row["term"] for row in _rows("event_synonyms.csv")}


@cache
def _index() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """CTCAE term by folded spelling, and by folded words in any order."""
    named = [(name, name) for name in event_terms()]
    pairs = [*event_synonyms().items(), *named]
    return {key(written): term for written, term in pairs}, {bag(written): term for written, term in pairs}


def _known(text: str) -> str | None:
    by_key, by_bag = _index()
    return by_key.get(key(text)) or by_bag.get(bag(text))


@lru_cache(maxsize=65536)
def read_event(written: str, local: Local = ()) -> Event:
    """Read the term of an adverse event.

    Parameters
    ----------
    written
        The term as reported or coded.
    local
        The study's own table: pairs (written, CTCAE term), read first.

    >>> read_event("Anaemia").names, read_event("haemorrhage, INTRACRANIAL").bleeding
    (('Anemia',), True)
    >>> read_event("something else").names
    ()
    """
    own = {key(name): term for name, term in local}
    text = own.get(key(written), written)
    terms = tuple(event_terms()[name] for name in _terms(text))
    return Event(written, terms, _bleeding(text, terms))


def _terms(text: str) -> tuple[str, ...]:
    plain = _GRADE.sub(" ", text)
    if found := _known(plain) or _known(" ".join(w for w in words(plain) if w not in _MANNER)):
        return (found,)
    parts = [part for part in _PARTS.split(plain) if part]
    if len(parts) < 2:
        return ()
    known = [_known(part) for part in parts]
    return tuple(dict.fromkeys(one for one in known if one)) if all(known) else ()


def _bleeding(text: str, terms: tuple[EventTerm, ...]) -> bool | None:
    groups = {term.group for term in terms}
    if "bleeding" in groups:
        return True
    folded = " ".join(words(text))
    if _BLOOD_WORDS.search(folded):
        if "perhaps bleeding" in groups:
            return None
        return False if _NO_EVENT.search(folded) else None if _OPEN.search(folded) else True
    return False if terms and "perhaps bleeding" not in groups else None


def may_tell_of_bleeding(written: str) -> bool:
    """Whether words tell of a bleeding, or may: suspected, or found by a test alone.

    >>> [may_tell_of_bleeding(text) for text in ("epistaxis", "suspected bleeding", "FOB positive", "pain")]
    [True, True, True, False]
    """
    bleeding = read_event(written).bleeding
    if bleeding is not None:
        return bleeding
    folded = " ".join(words(written))
    named = _BLOOD_WORDS.search(folded) or _OCCULT.search(folded)
    return named is not None and _NO_EVENT.search(folded) is None


def nearest_terms(written: str) -> tuple[str, ...]:
    """Known terms that look most like what was written, best first."""
    return tuple(dict.fromkeys(nearest(written, [*event_terms(), *event_synonyms()])))


_DEATH: Final = re.compile(
    r"\b(fatal\w*|deaths?|died|dies|dead|deceased?|lethal|passed away|exitus|décès|décédée?|mort|tod|tödlich"
    r"|verstorben|gestorben|fallecid[oa]|muerte|deceduto|overleden|zmarł\w*|умер\w*|смерт\w*|летальн\w*)\b"
    r"|死亡|去世|病故|身故|病逝|致死|^\s*死\s*$",
    re.IGNORECASE,
)
_NO_DEATH: Final = re.compile(r"\b(not|non|no|without|nicht|kein)\b|未死亡|非致死", re.IGNORECASE)


#: Words of an outcome that is no death.
_SURVIVED: Final = re.compile(
    r"recover|resolv|improv|sequel|ongoing|persist|continu|stable|unchang|worse|chronic|ended|healed|cured"
    r"|unknown|not (known|done|reported)|genes|erholt|abgeklungen|andauernd|fortbesteh|gebessert|unbekannt"
    r"|guéri|rétabli|en cours|inconnu|recuperad|resuelt|mejor|en curso|не (восст|извест)|выздоров"
    r"|痊愈|恢复|好转|缓解|持续|未愈|后遗症|稳定|加重|不详|未知",
    re.IGNORECASE,
)
_SILENT: Final = frozenset(("", "-", "--", "?", "na", "n/a", "nk", "unk", "u", "nd", "none"))


def may_tell_of_death(written: str) -> bool:
    """Whether an outcome says death, or in words that are not known may say it.

    >>> [may_tell_of_death(text) for text in ("FATAL", "5", "RECOVERED/RESOLVED", "not recovered", "unknown")]
    [True, True, False, False, False]
    """
    if written.strip().casefold() in _SILENT:
        return False
    return tells_of_death(written) or (
        _SURVIVED.search(written) is None and _NO_DEATH.search(written) is None
    )


def tells_of_death(written: str) -> bool:
    """Whether an outcome or a disposition says that the subject died, in whatever words.

    >>> tells_of_death("FATAL"), tells_of_death("resulted in death"), tells_of_death("not fatal")
    (True, True, False)
    """
    return _DEATH.search(written) is not None and _NO_DEATH.search(written) is None


#: Words of a severity, worst first, and the grade that CTCAE gives them (general grading guidance, v5.0).
_SEVERITIES: Final = (
    (5, re.compile(r"fatal|\bdeath\b|致死|死亡", re.IGNORECASE)),
    (4, re.compile(r"life[ -]*threat|lebensbedroh|menace vitale|危及生命", re.IGNORECASE)),
    (3, re.compile(r"severe|schwer|s[ée]v[èe]re|重度|严重", re.IGNORECASE)),
    (2, re.compile(r"moderate|m[äa](ss|ß)ig|mod[ée]r[ée]e?|中度", re.IGNORECASE)),
    (1, re.compile(r"\bmild\b|leicht|l[ée]ger|轻度", re.IGNORECASE)),
)
#: What nobody does for a mild event, and the grade that it tells (CTCAE: hospitalization; life-threatening).
_DONE: Final = (
    (4, re.compile(
        r"\b(icu|itu|intensive[ -]care|intensivstation|intubat|ventilated|mechanical ventilat|beatmung"
        r"|beatmet|resuscitat|reanimat|rianimaz|cpr\b|di[aá]ly[sz]|vasopressor|ecmo)"
        r"|重症监护|插管|透析|抢救|复苏|机械通气",
        re.IGNORECASE,
    )),
    (3, re.compile(
        r"\b(hospital[iy]|hospitali[sz]|krankenhaus|stationäre? aufnahme|(emergency|unplanned) admission"
        r"|admitted|admission (to|for)|hospitaliz|ricover|ingreso hospital)|住院|急诊入院",
        re.IGNORECASE,
    )),
)  # fmt: skip
_WORDS: Final = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
}
_NUMERAL: Final = r"(?P<n>[1-5]|Ⅰ|Ⅱ|Ⅲ|Ⅳ|Ⅴ|IV|I{1,3}|V|one|two|three|four|five)"
_GRADES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:ctc(?:ae)?|grade|grad|gr)[\s._:-]*{_NUMERAL}(?!\w)",
        r"\bg[\s._-]*(?P<n>[1-5])(?!\w)",
        rf"{_NUMERAL}\s*(?:度|级|°)",
        r"(?P<n>[一二三四五])\s*(?:度|级)",
        rf"°\s*{_NUMERAL}(?!\w)",
        r"\(\s*(?P<n>[1-5])\s*\)\s*$",
        rf"^\s*{_NUMERAL}\s*$",
    )
)
_VALUES: Final = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "Ⅴ": 5, "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5}
_UNSAID: Final = re.compile(r"\b(?:not|non|nicht|kein\w*)[\s-]+\w+([\s-]+threat\w*)?", re.IGNORECASE)


def _number(said: str) -> int:
    return _VALUES.get(said.upper()) or _WORDS.get(said.lower()) or int(said)


def told_severity(written: str | None) -> int | None:
    """Grade that the words of a severity, or a grade among other words, tell; None where they tell none.

    >>> told_severity("SEVERE"), told_severity("Grade 2"), told_severity("3"), told_severity("n/a")
    (3, 2, 3, None)
    >>> told_severity("Thrombopenie Grad 4"), told_severity("Ⅳ度骨髓抑制"), told_severity("CD4 decreased")
    (4, 4, None)
    >>> [told_severity(text) for text in ("Neutropenia °4", "Hospitalised for fever", "四级血小板减少")]
    [4, 3, 4]
    """
    text = _UNSAID.sub(" ", written or "")
    words_say = [grade for grade, pattern in (*_SEVERITIES, *_DONE) if pattern.search(text)]
    number = told_grade(written)
    return max(words_say if number is None else (number, *words_say), default=None)


def told_grade(written: str | None) -> int | None:
    """Grade that is written as a number among other words; None where none is.

    >>> told_grade("neuropathy grade 2"), told_grade("2级周围神经病变"), told_grade("severe neuropathy")
    (2, 2, None)
    """
    found = (pattern.search(_UNSAID.sub(" ", written or "")) for pattern in _GRADES)
    return max((_number(one["n"]) for one in found if one), default=None)


@cache
def _never_mild() -> tuple[tuple[frozenset[str], int], ...]:
    """Words of each name of a term that has no grade below 3, and its mildest grade."""
    terms = {name: min(term.grades) for name, term in event_terms().items() if min(term.grades) >= 3}
    names = [(name, name) for name in terms]
    names += [(written, term) for written, term in event_synonyms().items() if term in terms]
    return tuple((frozenset(words(written)), terms[term]) for written, term in names if words(written))


def mildest_grade(event: Event) -> int | None:
    """The mildest grade that an event can have: of its terms, or of one that a longer text holds.

    >>> mildest_grade(read_event("Febrile neutropenia")), mildest_grade(read_event("Nausea"))
    (3, 1)
    >>> mildest_grade(read_event("Hospitalization for febrile neutropenia"))
    3
    """
    if event.terms:
        return max(min(term.grades) for term in event.terms)
    said = set(words(event.written))
    return max((grade for own, grade in _never_mild() if own <= said), default=None)
