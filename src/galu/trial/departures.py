"""Leaving and dying in the words that sites write: whether one left, and whether for a toxicity.

Of a word that nobody knows it is not known: who got a dose and has such a disposition may have left.
"""

from __future__ import annotations

import re
from typing import Final

from galu.vocabulary.events import read_event, tells_of_death

#: Dispositions that end no treatment: milestones, visits, what goes on or is completed.
_STAYS: Final = re.compile(
    r"complet|consent (obtained|signed|given)|informed consent|eligib|enrol|random|screen"
    r"|follow[- ]?up (started|entered)|enter\w* (the )?(follow|long|treatment)|ongoing|on treatment"
    r"|continu(es|ed|ing)\b|started|visit|milestone|cycle|first dose|dosed|treated|assign|registered"
    r"|re-?consent|完成|入组|知情|继续|进行中|访视",
    re.IGNORECASE,
)
#: Dispositions that end it (codelist NCOMPLT, and what sites write), whatever category they stand in.
_LEFT: Final = re.compile(
    r"adverse|lost to follow|withdr[ae]w|physician decision|progress|relapse|lack of efficacy"
    r"|non-?compliance|protocol (violation|deviation)|discontinu|terminat|intolera|toxic|stopped|abbruch"
    r"|refus|dropp?ed out|off[- ](treatment|study)|\bs?ae\b|lost to|ltfu|hospice"
    r"|拒绝|转院|失联|失访|退出|停药|终止|中止|毒性|不良",
    re.IGNORECASE,
)
_NOT_LEFT: Final = re.compile(
    r"\b(?:not|never)\s+(?:yet\s+)?(?:withdr|lost|discontinu|stopp|terminat|dropp|refus)", re.IGNORECASE
)
_TAKEN_BACK: Final = re.compile(
    r"consent withdr|withdr\w+ (of |his |her |the )*(informed )?consent"
    r"|withdrawal by (the )?(subject|patient)|revok|widerruf|retrait du consent"
    r"|retiro del consent|撤回|退出研究|退出试验|拒绝参加",
    re.IGNORECASE,
)
#: Causes that are no toxicity.
_OTHER_CAUSE: Final = re.compile(
    r"(disease|psa|radiographic|tumou?r|clinical|cancer|bone) progress|progressive disease|disease relapse"
    r"|\bprogression\b(?! of (?!(the )?(disease|cancer|tumou?r|prostate)))|\bpd\b|relapse|lack of efficacy"
    r"|terminated by|疾病进展|进展",
    re.IGNORECASE,
)
_TOXICITY: Final = re.compile(
    r"toxic|adverse|\bs?ae\b|side[- ]effect|intolera|nebenwirkung|unerw|effet (secondaire|ind)"
    r"|cytopeni|neutropen|thrombo(cyto)?peni|marrow|bleed|h(a)?emorrh|hepatic failure|(renal|kidney) failure"
    r"|毒性|不良|副作用|血小板|粒细胞|骨髓|出血",
    re.IGNORECASE,
)
#: What is denied, up to the end of its clause.
_DENIED: Final = re.compile(
    r"\b(?:not|no|without|unrelated to|kein\w*|nicht|ohne)\b[^,;.]*|(?:非|无|未)[^，,；;。.]*", re.IGNORECASE
)


def has_left(term: str, category: str | None) -> bool:
    """Whether a disposition after a dose ends the treatment, or may.

    >>> [has_left(term, None) for term in ("COMPLETED", "Unacceptable toxicity", "AE", "Fahrt ins Blaue")]
    [False, True, True, True]
    >>> has_left("FINAL LAB VISIT", "OTHER EVENT")
    False
    """
    if tells_of_death(term):
        return False
    if _LEFT.search(term):
        return _NOT_LEFT.search(term) is None
    apart = re.search(r"milestone|other", category or "", re.IGNORECASE)
    return apart is None and _STAYS.search(term) is None


def takes_consent_back(term: str) -> bool:
    """Whether the words of a disposition or a cause say that the consent is taken back.

    >>> [takes_consent_back(term) for term in ("CONSENT WITHDRAWN", "WITHDRAWAL BY SUBJECT", "RASH")]
    [True, True, False]
    """
    return _TAKEN_BACK.search(term) is not None and _NOT_LEFT.search(term) is None


def told_related(term: str) -> bool | None:
    """Whether the words of a cause tell of a toxicity: False of another cause alone; None is not known.

    >>> told_related("PROGRESSIVE DISEASE"), told_related("Discontinued: progressive cytopenia")
    (False, None)
    """
    return False if _OTHER_CAUSE.search(term) and not tells_of_toxicity(term) else None


def tells_of_toxicity(cause: str) -> bool:
    """Whether a cause names a toxicity: in so many words, or by an event of the blood or a bleeding.

    >>> [tells_of_toxicity(c) for c in ("thrombocytopenia, no bleeding", "progression, not an adverse event")]
    [True, False]
    """
    said = _DENIED.sub(" ", cause)
    event = read_event(said)
    return _TOXICITY.search(said) is not None or bool(event.bleeding) or bool(event.blood_count)


def doubted(related: bool | None, *causes: str) -> bool | None:
    """What was stated of the relation; not known where it is denied beside a cause that names a toxicity."""
    return None if related is False and any(map(tells_of_toxicity, causes)) else related
