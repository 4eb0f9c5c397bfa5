"""Headings over criteria: which lines say that inclusion or exclusion criteria follow."""

from __future__ import annotations

import itertools
import re
from typing import Final, Literal, NamedTuple, cast

from galu.exchange.registry.marks import read_line
from galu.exchange.registry.words import listed, narrow

#: "none": criteria of another kind follow, or of both kinds together.
Kind = Literal["inclusion", "exclusion", "none"]


class Heading(NamedTuple):
    """A heading: what follows it, its words where they say more than that, and the criterion on its line."""

    kind: Kind
    words: str
    rest: str


_DECORATION: Final = " \t#*_=~【】[]〖〗「」《》"
_QUALIFIER: Final = (
    r"(?:key|main|major|general|primary|principal|additional|other|specific|common|core|basic|the|for|in|of|to|all|"
    r"both|and|or|&|study|trial|protocol|patients?|subjects?|participants?|volunteers?|healthy|controls?|donors?|"
    r"cases?|adults?|phases?|parts?|cohorts?|arms?|groups?|stages?|steps?|periods?|screening|enroll?ment|"
    r"randomi[sz]ation|dose|escalation|expansion|run-in|only|treatment|portion|[ivx]{1,4}[ab]?|\d[ab]?|[a-f])"
)
_PLAIN_WORDS: Final = frozenset(
    listed("key main major general primary principal the study trial patient patients")
)
_CRITERIA: Final = r"\s*(?:criteria|criterion|criterias|requirements?)"
#: "Inclusion Criteria", "Key exclusion criteria for phase 2 (mCRPC):", "Inclusion: adults".
_ENGLISH: Final = re.compile(
    rf"(?P<before>(?:(?:{_QUALIFIER}|\([^()]{{0,80}}\))[\s/,:–-]+)*)(?P<word>non-?\s?inclusion|inclusion|exclusion|ineligibility)s?(?P<criteria>{_CRITERIA})?"
    rf"(?P<after>(?:[\s/,–-]+(?:{_QUALIFIER}|\([^()]{{0,80}}\))(?=[\s/,:(–-]|$))*)\s*"
    rf"(?P<colon>:?)\s*(?:\*\*|__)?\s*(?P<rest>.*)",
    re.I,
)
_BOTH: Final = re.compile(
    rf"\W*(?:inclusion|exclusion)\s*(?:and|&|/|or)\s*(?:inclusion|exclusion){_CRITERIA}\W*", re.I
)
_OF_CRITERIA: Final = re.compile(
    r"(?:criteria|criterion)\s+(?:for|of)\s+(?P<word>inclusion|exclusion)\s*(?::\s*(?P<rest>.*))?", re.I
)
#: Running words that end as a heading does: "Patients who meet any of these exclusion criteria:".
_SENTENCE: Final = re.compile(
    r"(?P<before>[^.;]*?)\b(?P<word>non-?\s?inclusion|inclusion|exclusion)\s+(?:criteria|criterion)\b[^.;:]{0,90}:",
    re.I,
)
_EXCLUDED: Final = re.compile(r"[^.;:]{0,80}\b(?:excluded|ineligible)\b[^.;:]{0,80}:", re.I)
#: "Patients who do not meet the inclusion criteria:" is a criterion.
_DENIED: Final = re.compile(r"\b(?:not|no|fail\w*|without|violat\w*)\b", re.I)
_OTHER: Final = re.compile(
    r"(?:(?:patient|subject|study|early)\s+)*(?:withdrawal|discontinuation|removal|drop-?out|termination|"
    r"randomi[sz]ation|eligibility|stopping|re-?screening|exit)\s+criteria\s*:?",
    re.I,
)
_CHINESE_NUMBER: Final = (
    r"(?:(?:[一二三四五六七八九十]+|\d{1,2})\s*[、.]|\((?:[一二三四五六七八九十]+|\d{1,2})\))?"
)
#: Pattern, what follows: other languages of registries.
_FOREIGN: Final[tuple[tuple[re.Pattern[str], Kind], ...]] = tuple(
    (re.compile(pattern, re.I), cast(Kind, kind))
    for pattern, kind in (
        (
            rf"{_CHINESE_NUMBER}\s*(?P<before>[^\s,。;:、]{{0,12}}?)(?:入选|纳入|入组|納入|選択)(?:标准|条件|標準|基準)"
            r"\s*(?P<after>\([^)]*\)|inclusion criteria)?\s*(?P<colon>:)?\s*(?P<rest>.*)",
            "inclusion",
        ),
        (
            rf"{_CHINESE_NUMBER}\s*(?P<before>[^\s,。;:、]{{0,12}}?)(?:排除|除外)(?:标准|条件|標準|基準)"
            r"\s*(?P<after>\([^)]*\)|exclusion criteria)?\s*(?P<colon>:)?\s*(?P<rest>.*)",
            "exclusion",
        ),
        (
            rf"{_CHINESE_NUMBER}\s*(?:剔除|退出|终止|中止|脱落)(?:标准|条件)\s*(?P<colon>:)?\s*(?P<rest>.*)",
            "none",
        ),
        (r"(?:haupt)?einschlusskriterien\s*(?P<colon>:)?\s*(?P<rest>.*)", "inclusion"),
        (r"(?:haupt)?ausschlusskriterien\s*(?P<colon>:)?\s*(?P<rest>.*)", "exclusion"),
        (r"crit[eè]res? d['’]inclusion\s*(?P<colon>:)?\s*(?P<rest>.*)", "inclusion"),
        (r"crit[eè]res? (?:d['’]exclusion|de non[- ]inclusion)\s*(?P<colon>:)?\s*(?P<rest>.*)", "exclusion"),
        (r"criterios? de inclusi[oó]n\s*(?P<colon>:)?\s*(?P<rest>.*)", "inclusion"),
        (r"criterios? de exclusi[oó]n\s*(?P<colon>:)?\s*(?P<rest>.*)", "exclusion"),
        (r"criteri di inclusione\s*(?P<colon>:)?\s*(?P<rest>.*)", "inclusion"),
        (r"criteri di esclusione\s*(?P<colon>:)?\s*(?P<rest>.*)", "exclusion"),
    )
)
#: A heading within a line: capital, with "criteria" and a colon.
_WITHIN: Final = re.compile(
    r"(?<=[^\s(\"“‘])(?<!Key)(?<!Main)(?<!KEY)(?<!MAIN)[ \t]+(?=(?:(?:Key|Main|KEY|MAIN)\s+)?"
    r"(?:Inclusion|Exclusion|INCLUSION|EXCLUSION)\s+"
    r"(?:Criteria|criteria|CRITERIA)\s*:)"
    r"|(?<=[.;])\s+(?=Exclusion\s*:)|(?<=[。;.])\s*(?=(?:入选|纳入|入组|排除)(?:标准|条件)\s*:)"
)
_GROUP: Final = re.compile(
    r"(?:(?:for|in)\s+)?(?:the\s+)?(?:phase|part|cohort|arm|group|stage|step|sub-?study|population)s?\s*"
    r"(?:[ivx]{1,4}[ab]?|\d{1,2}[ab]?|[a-h])\b[^.;]{0,60}",
    re.I,
)


def apart(text: str) -> str:
    """Headings that stand within a line, as where a whole record is one line, put on lines of their own."""
    return "\n".join(line if _alone(line) else _broken(line) for line in text.split("\n"))


def _broken(line: str) -> str:
    """A line broken before each heading in it; not right behind the mark of an item."""
    found = [one.start() for one in _WITHIN.finditer(narrow(line))]
    marks = [0, *(here for here in found if re.search(r"\w\w", line[:here])), len(line)]
    return "\n".join(line[begin:end] for begin, end in itertools.pairwise(marks))


def _alone(line: str) -> bool:
    found = heading(line)
    return found is not None and not found.rest


def heading(line: str) -> Heading | None:
    """The heading that a line is; None where it is none ("Exclusion of pregnancy by a test")."""
    mark = read_line(line)
    bare = line.strip().strip(_DECORATION).rstrip("*_ ") if not mark.marks else mark.text.strip(_DECORATION)
    found = _mixed(bare) or _english(bare) or _foreign(bare)
    if found is not None and mark.marks:
        # "1. Inclusion Criteria:" heads a list; "1. Inclusion criteria of the other study" is an item of one
        return found if not found.rest and not found.words else None
    return found or (None if mark.marks else _sentence(bare))


def group(line: str) -> bool:
    """Whether a line names a part of the study whose criteria follow, such as "Phase 2:"."""
    bare = line.strip().strip(_DECORATION)
    return bool(_GROUP.fullmatch(narrow(bare).rstrip(":")))


def _mixed(bare: str) -> Heading | None:
    if _BOTH.fullmatch(bare) or _OTHER.fullmatch(narrow(bare)):
        return Heading("none", bare, "")
    return None


def _english(bare: str) -> Heading | None:
    found = _ENGLISH.fullmatch(narrow(bare))
    if found is not None:
        alone = not found["before"] and not found["after"]
        whole = bool(found["colon"]) if found["rest"] else bool(found["criteria"] or found["colon"] or alone)
        if not whole or (found["rest"] and not found["criteria"] and not alone):
            return None
        if found["rest"] and group(found["rest"]):
            return Heading(_kind(found["word"]), bare, "")
        said = re.findall(r"\w+", f"{found['before']} {found['after']}".lower())
        words = bare[: found.start("rest")].strip() if set(said) - _PLAIN_WORDS else ""
        return Heading(_kind(found["word"]), words, bare[found.start("rest") :].strip())
    found = _OF_CRITERIA.fullmatch(narrow(bare))
    if found is None:
        return None
    return Heading(_kind(found["word"]), "", bare[found.start("rest") :].strip() if found["rest"] else "")


def _foreign(bare: str) -> Heading | None:
    for pattern, kind in _FOREIGN:
        found = pattern.fullmatch(narrow(bare))
        if found is not None:
            parts = found.groupdict()
            if parts["rest"] and not parts["colon"]:
                continue
            more = "".join(parts.get(one) or "" for one in ("before", "after"))
            plain = kind != "none" and not re.sub(
                r"主要|关键|受试者|患者|病例|\W|(?:in|ex)clusion criteria", "", more
            )
            words = "" if plain else bare[: found.start("rest")].strip()
            return Heading(kind, words, bare[found.start("rest") :].strip())
    return None


def _sentence(bare: str) -> Heading | None:
    if len(bare.split()) > 30:
        return None
    found = _SENTENCE.fullmatch(narrow(bare))
    if found is not None:
        return None if _DENIED.search(found["before"]) else Heading(_kind(found["word"]), bare, "")
    return Heading("exclusion", bare, "") if _EXCLUDED.fullmatch(narrow(bare)) else None


def _kind(word: str) -> Kind:
    return "inclusion" if word.lower().startswith("inclusion") else "exclusion"
