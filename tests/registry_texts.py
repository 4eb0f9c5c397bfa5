"""Registry records for tests: criteria of made-up studies, written in every way that sites write them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Lists = tuple[Sequence[str], Sequence[str]]

#: Written for these tests; each holds what has misled a reader of lists.
PROSTATE: Lists = (
    (
        "Signed consent before any study procedure.",
        "Men of 18 years or older with metastatic disease, Gleason 4 + 3 or higher",
        "Creatinine ≤1.5 x ULN, bilirubin ≤ 1.5 x ULN and ALT <3 x ULN (5 x ULN with liver lesions).",
        "Measurable lesion by RECIST 1.1 or bone lesion by PCWG3, see Section 4.8.5 of the protocol.",
        "Recovered to grade 1 or 2. Alopecia of any grade is allowed",
        "Haemoglobin ≥9.0 g/dL, platelets ≥100,000/µL and neutrophils ≥1.5x10^9/L",
        "Exclusion of a neuroendocrine part by biopsy where PSA is below 1.0 ng/mL",
        "ECOG performance status of 0, 1 or 2",
        "Uptake above that of the liver in [68Ga] or [18F] PET, not older than 28 days",
    ),
    (
        "Inclusion in another interventional study within 30 days, or 5 half-lives of its drug",
        "Earlier therapy with 177Lu, 225Ac or 223Ra; 89Sr or 153Sm within 6 months.",
        "Grade 3 or 4 toxicity that has not resolved (1 or 2 is allowed)",
        "Exclusion criteria of the imaging manual, such as claustrophobia",
        "Brain metastases, e.g. leptomeningeal spread, unless stable for 3 months",
        "LVEF <50%, NYHA III-IV, or QTc >470 ms",
        "Any reason for which the investigator holds that taking part is not in the patient's interest.",
    ),
)
TUMOUR: Lists = (
    (
        "Somatostatin receptor positive disease, Ki-67 ≤55 %",
        "Progression over 12 months by RECIST v1.1",
        "Age of 18 to 85 years",
        "eGFR ≥40 mL/min/1.73 m2",
        "Women: negative test within 7 days before day 1; contraception until 7 months after the last dose",
    ),
    (
        "Pregnancy or lactation",
        "Surgery, embolisation or radiotherapy of the liver in the last 12 weeks",
        "Another cancer within 3 years other than basal cell carcinoma",
    ),
)
CHINESE: Lists = (
    (
        "年龄≥18周岁，男性",
        "经组织学或细胞学确诊的前列腺癌，PSMA阳性",
        "ECOG评分0、1或2分",
        "血小板≥100×10^9/L，中性粒细胞≥1.5×10^9/L",
        "预计生存期≥12周（由研究者判断）",
    ),
    (
        "既往接受过放射性配体治疗者",
        "入组前4周内接受过大手术",
        "合并其他恶性肿瘤（皮肤基底细胞癌除外）",
    ),
)
MANY: Lists = (
    tuple(f"Condition number {n} of the long list holds, with value {n}.5" for n in range(1, 121)),
    tuple(f"Finding {n} of {n + 1} is present" for n in range(1, 41)),
)
RECORDS = {"prostate": PROSTATE, "tumour": TUMOUR, "many": MANY}

_ROMAN = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv"]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _lines(mark: Callable[[int], str], between: str = "\n", end: str = "") -> Callable[[Sequence[str]], str]:
    return lambda items: between.join(f"{mark(n)}{text}{end}" for n, text in enumerate(items, start=1))


def wrapped(items: Sequence[str], width: int = 68) -> str:
    """As the registry's first pages printed criteria: indented, broken into short lines."""
    found = []
    for text in items:
        rows = [""]
        for word in text.split(" "):
            if len(rows[-1]) + len(word) > width:
                rows.append("")
            rows[-1] = f"{rows[-1]} {word}".strip()
        found.append("          -  " + "\n             ".join(rows))
    return "\n\n".join(found)


def escaped(text: str) -> str:
    """As the registry's second interface escapes markdown."""
    return re.sub(r"([\\<>\[\]*_~`])", r"\\\1", text)


#: How a list of criteria is written, by name.
LISTS: dict[str, Callable[[Sequence[str]], str]] = {
    "1.": _lines(lambda n: f"{n}. "),
    "1. tight": _lines(lambda n: f"{n}."),
    "1)": _lines(lambda n: f"{n}) "),
    "1) tight": _lines(lambda n: f"{n})"),
    "(1)": _lines(lambda n: f"({n}) "),
    "1.)": _lines(lambda n: f"{n}.) "),
    "1-": _lines(lambda n: f"{n}- "),
    "1 tab": _lines(lambda n: f"{n}\t"),
    "1、": _lines(lambda n: f"{n}、"),
    "1．": _lines(lambda n: f"{n}\uff0e"),
    "（1）；": _lines(lambda n: f"\uff08{n}\uff09", end="\uff1b"),
    "I1": _lines(lambda n: f"I{n}. "),
    "blank lines": _lines(lambda n: f"{n}. ", between="\n\n"),
    "*": _lines(lambda _: "* "),
    "-": _lines(lambda _: "- "),
    "–": _lines(lambda _: "– "),
    "•": _lines(lambda _: "• "),
    "• tight": _lines(lambda _: "•"),
    "· tab": _lines(lambda _: "·\t"),
    "indented": _lines(lambda n: f"   {n}.  "),
    "lines": _lines(lambda _: ""),
    "spaced lines": _lines(lambda _: "", between="\n\n"),
    "wrapped": wrapped,
    "html": lambda items: "<ul>" + "".join(f"<li>{html.escape(text)}</li>" for text in items) + "</ul>",
    "html breaks": lambda items: "<br/>".join(f"{n}. {html.escape(t)}" for n, t in enumerate(items, 1)),
    "escaped": _lines(lambda _: "* "),
    "one line 1.": _lines(lambda n: f"{n}. ", between=" "),
    "one line 1)": _lines(lambda n: f"{n}) ", between=" "),
    "one line (1)": _lines(lambda n: f"({n}) ", between=" "),
    "one line •": _lines(lambda _: "• ", between=" "),
    "two a line": lambda items: re.sub(r"\n(\d*[02468]\. )", r" \1", _lines(lambda n: f"{n}. ")(items)),
}
#: Those whose marks end before the longest list does.
SHORT_LISTS: dict[str, Callable[[Sequence[str]], str]] = {
    "a)": _lines(lambda n: f"{_LETTERS[n - 1]}) "),
    "a.": _lines(lambda n: f"{_LETTERS[n - 1]}. "),
    "A.": _lines(lambda n: f"{_LETTERS[n - 1].upper()}. "),
    "(a)": _lines(lambda n: f"({_LETTERS[n - 1]}) "),
    "i.": _lines(lambda n: f"{_ROMAN[n]}. "),
    "(i)": _lines(lambda n: f"({_ROMAN[n]}) "),
    "①": _lines(lambda n: chr(ord("①") + n - 1)),
    "one line a)": _lines(lambda n: f"{_LETTERS[n - 1]}) ", between=" "),
    "one line ①": _lines(lambda n: chr(ord("①") + n - 1), between=""),
    "one line （1）": _lines(lambda n: f"\uff08{n}\uff09", between="", end="\uff1b"),
}

#: How the two lists are headed.
HEADS = {
    "plain": ("Inclusion Criteria:", "Exclusion Criteria:"),
    "no colon": ("Inclusion Criteria", "Exclusion Criteria"),
    "capitals": ("INCLUSION CRITERIA:", "EXCLUSION CRITERIA:"),
    "key": ("Key Inclusion Criteria:", "Key Exclusion Criteria:"),
    "main": ("Main inclusion criteria", "Main exclusion criteria"),
    "bold": ("**Inclusion Criteria:**", "**Exclusion Criteria:**"),
    "numbered": ("1. Inclusion Criteria:", "2. Exclusion Criteria:"),
    "short": ("Inclusion:", "Exclusion:"),
    "criteria for": ("Criteria for inclusion:", "Criteria for exclusion:"),
    "chinese": ("入选标准\uff1a", "排除标准\uff1a"),
    "chinese brackets": ("【纳入标准】", "【排除标准】"),
    "chinese numbers": ("一、入选标准", "二、排除标准"),
}


def criteria(lists: Lists, style: str, head: str = "plain", gap: str = "\n\n") -> str:
    """Criteria text of two lists in one style."""
    written = LISTS.get(style) or SHORT_LISTS[style]
    one, two = (written([escaped(t) for t in texts] if style == "escaped" else texts) for texts in lists)
    first, second = HEADS[head]
    between = " " if style.startswith("one line") and gap == " " else gap
    return f"{first}{between}{one}{between}{second}{between}{two}"


@dataclass(frozen=True)
class Carrier:
    """A way to hand a record over: file name, and its bytes from criteria."""

    name: str
    write: Callable[[str], bytes]
    also: dict[str, Any] = field(default_factory=dict)


def study(text: str, number: str = "NCT01234567") -> dict[str, Any]:
    """A record of the registry's second interface."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number, "briefTitle": "A made-up study"},
            "eligibilityModule": {"eligibilityCriteria": text, "sex": "ALL", "minimumAge": "18 Years"},
        }
    }


def older(text: str, number: str = "NCT01234567") -> dict[str, Any]:
    """A record of the registry's first interface."""
    body = {
        "IdentificationModule": {"NCTId": number, "BriefTitle": "A made-up study"},
        "EligibilityModule": {"EligibilityCriteria": text, "Gender": "All", "MinimumAge": "18 Years"},
    }
    return {"FullStudiesResponse": {"FullStudies": [{"Rank": 1, "Study": {"ProtocolSection": body}}]}}


def page(text: str, number: str = "NCT01234567") -> str:
    """The text of a page."""
    return (
        f"A made-up study\n\nNCT ID: {number}\n\nLast Updated: 2026-01-05\n\nBasic Information\n\n"
        f"Clinical Phase\n\nPHASE1\n\nEligibility Criteria\n\n{text}\nMinimum Eligible Age\n\n18 Years\n\n"
        "Eligible Sex\n\nALL\n\nAccepts Healthy Volunteers\n\nNo\n"
    )


def registry_page(text: str, number: str = "NCT01234567") -> str:
    """The text of a page of ClinicalTrials.gov itself."""
    return (
        f"A made-up study\nClinicalTrials.gov ID {number}\nLast Update Posted 2026-01-05\nStudy Overview\n"
        f"Brief Summary\nWords.\nStudy Type\nInterventional\nPhase\nPhase 1\nParticipation Criteria\n"
        f"Eligibility Criteria\nDescription\n{text}\n"
        "Ages Eligible for Study\n18 Years and older (Adult, Older Adult)\n"
        "Sexes Eligible for Study\nAll\nAccepts Healthy Volunteers\nNo\nStudy Plan\n"
    )


CARRIERS = {
    one.name: one
    for one in (
        Carrier("v2.json", lambda text: json.dumps(study(text)).encode()),
        Carrier("bom.json", lambda text: json.dumps(study(text), ensure_ascii=False).encode("utf-8-sig")),
        Carrier("list.json", lambda text: json.dumps({"studies": [study(text)]}).encode()),
        Carrier("older.json", lambda text: json.dumps(older(text)).encode()),
        Carrier("utf16.json", lambda text: json.dumps(study(text), ensure_ascii=False).encode("utf-16")),
        Carrier("page.txt", lambda text: page(text).encode()),
        Carrier("windows.txt", lambda text: page(text).replace("\n", "\r\n").encode("utf-8-sig")),
        Carrier("utf16.txt", lambda text: page(text).encode("utf-16-le")),
        Carrier("registry.txt", lambda text: registry_page(text).encode()),
        Carrier("gb18030.txt", lambda text: page(text).encode("gb18030")),
    )
}


def write(folder: Path, carrier: str, text: str) -> Path:
    """The record as a file."""
    path = folder / carrier
    path.write_bytes(CARRIERS[carrier].write(text))
    return path


def same(text: str) -> str:
    """A criterion as it is compared: words, without the sign that parts it from the next."""
    return " ".join(text.split()).rstrip("\uff1b")
