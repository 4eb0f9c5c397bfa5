"""Actions taken with the therapy for an adverse event: put off, reduced, nothing done, or words not known.

Who writes in free text may mean anything: what is not known to mean nothing is asked about.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

Action = Literal["nothing", "put off", "reduced", "unread"]

#: Beginnings of words that say the therapy was put off or ended, as sites write what was done.
_PUT_OFF: Final = re.compile(
    r"\b(withdr|withh|discontinu|interrupt|delay|postpon|defer|suspend|held|hold|stop|paus|off[- ]treatment"
    r"|skipp|omit|no longer"
    r"|not (given|dosed|administered|continued|resumed|restarted|maintained|ongoing)|no further|cancel|abort"
    r"|resched|missed|refus|terminat|ceas"
    r"|abge(brochen|setzt|sagt)|abbruch|verscho|unterbroch|pausi|ausgesetzt|arrêt|interromp|suspendu|reporté"
    r"|annul|suspendid|interrump|aplaza|sospes)"
    r"|停药|停用|停止|暂停|中断|中止|终止|延迟|推迟|延期|取消|未给药",
    re.IGNORECASE,
)
#: Those that say it was ended.
_ENDED: Final = re.compile(
    r"\b(withdr|discontinu|stopped|off[- ]treatment|cancel|terminat|ceas|abge(brochen|setzt|sagt)|abbruch"
    r"|arrêt|annul|no further|permanent)|停药|停用|停止|终止|取消|永久",
    re.IGNORECASE,
)
#: Those that say that less was given, or is to be.
_REDUCED: Final = re.compile(
    r"\b(reduc|lower|decreas|hal[fv]|smaller|partial|de-?escalat|reduzier|redukt|herabgesetzt|verringer"
    r"|gesenkt|r[ée]dui|r[ée]duct|diminu|reduci|ridott)|减|降低|下调",
    re.IGNORECASE,
)
#: What denies it, with the word denied.
_GOES_ON: Final = re.compile(
    r"\b(?:not|no|never|without|nicht|kein\w*)\s+(?:\w+\s+)?(?:withdr|withh|discontinu|interrupt|delay"
    r"|postpon|defer|suspend|held|hold|stop|paus|skipp|omit|cancel|abort|terminat|reduc|lower|decreas|unterbr|verscho"
    r"|abgesetzt|reduzier|redukt)\w*"
    r"|(?:未|没有|无)(?:停药|停用|停止|停|暂停|中断|延迟|延期|减量|减)",
    re.IGNORECASE,
)
#: Names of the therapy, and of how, that say nothing of what was done with it.
_THERAPY: Final = frozenset(
    (
        "the",
        "a",
        "an",
        "study",
        "trial",
        "investigational",
        "product",
        "imp",
        "drug",
        "dose",
        "dosing",
        "dosage",
        "treatment",
        "therapy",
        "medication",
        "infusion",
        "cycle",
        "next",
        "was",
        "is",
        "were",
        "been",
        "has",
        "temporarily",
        "permanently",
        "dosis",
        "therapie",
        "behandlung",
    )
)
#: All words by which sites say that nothing was done with the therapy.
_NOTHING: Final = re.compile(
    r"none|nil|no|nothing|non|nein|keine?|aucune?|ninguna?|nessuna?|[-–—]+|n\.?\s?/?\s?a\.?|not applicable"
    r"|nicht zutreffend|entfällt|sans objet"
    r"|(?:no|none|keine?|aucune?)\s(?:\w+\s){0,2}(?:action|change|measure|intervention|modification"
    r"|adjustment|ma(?:ß|ss)nahme|änderung)\w*"
    r"(?:\s(?:taken|required|needed|made|necessary|ergriffen|erforderlich|prise))?"
    r"|(?:\w+\s){0,3}?(?:not (?:changed|adjusted|modified|altered|affected)|unchanged|unaffected|maintained"
    r"|continued?|continues|ongoing|increased|nicht geändert|unverändert|fortgesetzt|inchangée?|poursuivie?)"
    r"(?:\s(?:as planned|unchanged|as before))?"
    r"|continued?(?:\s(?:the|with|study|trial|drug|dose|dosing|treatment|therapy|medication|as|planned|unchanged))+"
    r"|(?:given )?as planned"
    r"|(?:concomitant|con)\s?med\w*(?:\s\w+)?|(?:medication|medicine) (?:given|taken|administered)"
    r"|(?:symptomatic|supportive) (?:treatment|therapy|care)(?:\s\w+)?|treated(?:\swith\s[\w\s-]+)?"
    r"|observ\w+|monitor\w+"
    r"|无|未调整|(?:剂量)?(?:不变|未改变|未变)|(?:未采取|无)(?:任何)?措施|继续(?:用药|治疗|给药)?|不适用"
    r"|对症(?:治疗|处理)?|观察",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"\s*(?:[;,/|+&。，；、]|\band\b|\bund\b)\s*", re.IGNORECASE)


@lru_cache(maxsize=4096)
def read_action(written: str) -> Action:
    """What an action taken means for the therapy, in whatever words; `unread` where they may mean anything.

    >>> [read_action(text) for text in ("Dose held", "DRUG WITHDRAWN", "not interrupted", "DOSE REDUCED")]
    ['put off', 'put off', 'nothing', 'reduced']
    >>> [read_action(text) for text in ("", "DOSE NOT CHANGED", "n/a", "MULTIPLE", "UNKNOWN", "see page 3")]
    ['nothing', 'nothing', 'nothing', 'unread', 'unread', 'unread']
    """
    text = " ".join(written.split())
    rest, denied = _GOES_ON.subn(" ", text)
    if _PUT_OFF.search(rest):
        return "put off"
    if _REDUCED.search(rest):
        return "reduced"
    if not text or _NOTHING.fullmatch(text):
        return "nothing"
    parts = [part for part in _BETWEEN.split(rest.strip()) if part]
    known = (
        _NOTHING.fullmatch(part) or (denied and _THERAPY.issuperset(part.lower().split())) for part in parts
    )
    return "nothing" if all(known) else "unread"


def ends_therapy(written: str) -> bool:
    """Whether an action taken ended the therapy for good.

    >>> ends_therapy("DRUG WITHDRAWN"), ends_therapy("Dose held"), ends_therapy("not discontinued")
    (True, False, False)
    """
    return read_action(written) == "put off" and _ENDED.search(_GOES_ON.sub(" ", written)) is not None
