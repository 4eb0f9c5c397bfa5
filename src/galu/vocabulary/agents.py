"""Agents of therapies by the names people write: what class a name tells, whatever class was stated.

A radioligand is told by its nuclide; another agent by its name, its brand, its Chinese name or the stem of
its international name (`*parib`). A row of the table that names its agent lists what else it is called.
"""

from __future__ import annotations

import csv
import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from galu.vocabulary.folding import key, one_slip, words
from galu.vocabulary.negation import negates
from galu.vocabulary.therapies import support_given, therapy_class

_ELEMENTS: Final[Mapping[str, str]] = {
    "lutetium": "lu", "radium": "ra", "strontium": "sr", "samarium": "sm", "rhenium": "re", "actinium": "ac",
    "terbium": "tb", "yttrium": "y", "iodine": "i", "thorium": "th", "lead": "pb", "bismuth": "bi",
    "astatine": "at", "phosphorus": "p", "holmium": "ho", "copper": "cu", "gallium": "ga", "fluorine": "f",
    "technetium": "tc", "zirconium": "zr", "indium": "in", "scandium": "sc", "palladium": "pd",
    "cobalt": "co",
    "iridium": "ir", "cesium": "cs", "tin": "sn", "luthetium": "lu",
    "镥": "lu", "镭": "ra", "锶": "sr", "钐": "sm", "铼": "re", "锕": "ac", "铽": "tb", "钇": "y", "碘": "i",
    "钍": "th", "铅": "pb", "铋": "bi", "砹": "at", "磷": "p", "钬": "ho", "铜": "cu", "镓": "ga", "氟": "f",
    "锝": "tc",
}  # fmt: skip
#: Nuclides given to treat, by element and mass number.
_TREATS: Final = frozenset(
    words(
        "lu177 ac225 i131 tb161 tb149 ra223 ra224 th227 sr89 sm153 re186 re188 y90 bi213 pb212 "
        "at211 cu67 p32 ho166 sn117 sn117m sc47"
    )
)
#: Nuclides of sealed sources.
_SEALED: Final = frozenset(words("i125 pd103 ir192 co60 cs131 cs137"))
#: Nuclides given to see.
_SHOWS: Final = frozenset(
    words("ga68 ga67 f18 c11 cu64 cu61 zr89 tc99m tc99 in111 i123 i124 sc44 tl201 rb82 o15")
)
#: Elements of which a medicine that names no mass is taken to be radioactive.
_ALWAYS_HOT: Final = frozenset(("lu", "ra", "sm", "ac", "tb", "re"))
#: Beside PSMA: no radioligand, but given against the tumour.
_NO_LIGAND: Final = frozenset(words("CAR bispecific BiTE ADC antibody vaccine CART engager"))
_I_AND_T: Final = re.compile(r"(?i)\bi\s*&\s*t\b")
_TOKEN: Final = re.compile(r"\d+m(?![a-z])|\d+|[a-z]+|[^\W\d_]")
_PARTS: Final = re.compile(r"[+/;,、，；]|\bplus\b|\band\b|\bwith\b|&|联合|加")
#: What says how much, how often and by which way, and names no agent.
_DOSE: Final = frozenset(
    words(
        "mg g ug mcg ml iu u gbq mbq mci kbq kg m2 daily weekly monthly qd bid tid qid q2w q3w "
        "q4w q6w prn po iv im sc oral orally intravenous subcutaneous tablet capsule cycle course "
        "dose x day week month every first second third line prior therapy treatment for since "
        "until acetate dichloride hydrochloride chloride tetraxetan injection low high last x2 x3 "
        "x4 x6 once twice agent drug medication maintenance adjuvant"
    )
)
#: A medicine put on one place acts on no criterion of systemic therapy.
_LOCAL: Final = frozenset(
    words("topical inhaled inhaler cream ointment nasal eye drop ear gel spray nebulised mouthwash")
)
_OF_ONE_PLACE: Final = frozenset(("corticosteroid", "anti-infective", "immunomodulatory"))
_LOCAL_CHINESE: Final = ("吸入", "外用", "滴眼", "软膏", "乳膏")


class Agent(NamedTuple):
    """What a name tells: the classes, the agents' international names, whether all of the text was read.

    `sure` is False where the words deny, doubt or tell of somebody else.
    """

    classes: tuple[str, ...]
    names: tuple[str, ...]
    read: bool
    sure: bool


class _Row(NamedTuple):
    classes: tuple[str, ...]
    agent: str
    said: tuple[str, ...]
    folded: str


@cache
def _table() -> tuple[tuple[_Row, ...], tuple[tuple[str, _Row], ...]]:
    """Names, the longest first, and stems, with the row that each is of."""
    text = (files("galu.vocabulary") / "agents.csv").read_text(encoding="utf-8")
    names: list[_Row] = []
    stems: list[tuple[str, _Row]] = []
    for row in csv.DictReader(text.splitlines()):
        classes, agent = tuple(row["class"].split("+")), row["agent"]
        for name in filter(None, (agent, *row["written"].split("|"))):
            one = _Row(classes, agent or name.strip("*"), words(name), key(name))
            if "*" in name:
                stems.append((name.casefold(), one))
            else:
                names.append(one)
    stems.sort(key=lambda stem: -len(stem[0]))
    return tuple(sorted(names, key=lambda one: -len(one.folded))), tuple(stems)


@lru_cache(maxsize=4096)
def read_agent(written: str) -> Agent:
    """The classes that the name of a therapy tells, each part of a combination for itself.

    >>> read_agent("[177Lu]Lu-PSMA-617").classes, read_agent("XOFIGO").classes, read_agent("olaparib").classes
    (('psma-rlt',), ('radionuclide',), ('systemic',))
    >>> read_agent("docetaxel + XY-12"), read_agent("Frobnication").read
    (Agent(classes=('taxane',), names=('docetaxel',), read=False, sure=True), False)
    """
    plain = unicodedata.normalize("NFKC", written)
    hot, parts = _nuclide(plain), _split(plain)
    named = [(part, _named(part)) for part in parts]
    found = [row for _, rows in named for row in rows]
    # The ligand of a radioligand need not be a name of the table.
    read = bool(hot) or all(rows or _is_dose(part) for part, rows in named)
    classes = dict.fromkeys([*hot, *(name for row in found for name in row.classes)])
    telling = tuple(name for name in classes if name != "other") or tuple(classes)
    names = dict.fromkeys(row.agent for row in found)
    return Agent(telling, tuple(names), read and bool(classes), not negates(plain))


def _split(text: str) -> list[str]:
    parts = [part for part in _PARTS.split(_I_AND_T.sub("int", text)) if part.strip()]
    return parts or [text]


def _is_dose(part: str) -> bool:
    return all(word in _DOSE or word[0].isdigit() for word in words(part))


def _named(part: str) -> list[_Row]:
    """The rows that a text names: by whole names, stems, a class, or a name but for one slip of the pen."""
    said, folded = words(part), key(part)
    names, stems = _table()
    found = [row for row in names if _holds(row, said, folded)]
    left = [word for word in said if not any(word in row.said for row in found)]
    found += [row for word in left for stem, row in stems if _fits(stem, word)][:1]
    if not found and support_given(part) is not None:
        found = [_Row(("other",), part, said, folded)]
    if not found and (meant := therapy_class(part)) not in (None, "other"):
        found = [_Row((meant or "",), part, said, folded)]
    found = found or [row for row in names if _nearly(row, said)][:1]
    if set(said) & _LOCAL or any(sign in part for sign in _LOCAL_CHINESE):
        return [
            row._replace(classes=("other",)) if set(row.classes) <= _OF_ONE_PLACE else row for row in found
        ]
    return found


def _holds(row: _Row, said: tuple[str, ...], folded: str) -> bool:
    if row.folded and not row.folded.isascii():
        return row.folded in folded
    return bool(row.said) and (set(row.said) <= set(said) or (len(row.folded) > 5 and row.folded == folded))


def _fits(stem: str, word: str) -> bool:
    if stem.startswith("*"):
        return len(word) > len(stem) and word.endswith(stem[1:])
    return len(word) > len(stem) and word.startswith(stem[:-1])


def _nearly(row: _Row, said: tuple[str, ...]) -> bool:
    return len(row.said) == 1 and len(row.folded) > 6 and any(one_slip(word, row.folded) for word in said)


def _nuclide(text: str) -> tuple[str, ...]:
    """Classes told by the nuclide of a radioactive agent; empty where none is named."""
    tokens = [_ELEMENTS.get(token, token) for token in _tokens(text)]
    pairs = set(_pairs(tokens))
    psma = "psma" in tokens
    if pairs & _SHOWS and not pairs & _TREATS:
        return ("other",)
    hot = bool(pairs & _TREATS) or bool(_ALWAYS_HOT & set(tokens) and (psma or _is_full_name(text)))
    if pairs & _SEALED and not hot:
        return ("radiotherapy",)
    if psma and (hot or not set(words(text)) & _NO_LIGAND):
        return ("psma-rlt",)
    if psma:
        return ("systemic", "investigational")
    if hot and {"pnt", "int"} & set(tokens):
        return ("psma-rlt",)
    return ("radionuclide",) if hot else ()


def _is_full_name(text: str) -> bool:
    plain = text.casefold()
    return any(name in plain for name, sign in _ELEMENTS.items() if sign in _ALWAYS_HOT)


def _tokens(text: str) -> list[str]:
    plain = _I_AND_T.sub(" int ", text).casefold().replace("psma", " psma ")
    return _TOKEN.findall(re.sub(r"(?<=[a-z])m(?=tc)", "m ", plain).replace("srcl", "sr cl"))


def _pairs(tokens: list[str]) -> Iterator[str]:
    for first, second in itertools.pairwise(tokens):
        for one, other in ((first, second), (second, first)):
            if other[0].isdigit() and not one[0].isdigit():
                yield one + other


def agent_names(written: str) -> tuple[str, ...]:
    """International names of the agents that a text names, for tables by agent (half-lives).

    >>> agent_names("Xtandi 160 mg")
    ('enzalutamide',)
    """
    return read_agent(written).names
