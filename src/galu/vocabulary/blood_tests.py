"""Tests that find blood outside the vessels, in stool, urine or another fluid, and whether they did."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from galu.vocabulary.events import may_tell_of_bleeding
from galu.vocabulary.folding import words
from galu.vocabulary.laboratory import lab_code
from galu.vocabulary.results import kind_of_result, read_result

_OUTSIDE: Final = re.compile(
    r"\b(urin|stool|fec|sputum|gastric|vomit|csf|cerebrospinal|liquor|semen|saliva|ascit|pleural|harn|stuhl"
    r"|selle|heces|orina)|尿|粪|便|痰|脑脊液|胃液|腹水|胸水"
)
_OF_BLOOD: Final = re.compile(r"\b(?:(?:blood|blut|sang|hemoglobin|rbc|ery)\w*|hb|hgb|red)\b|血|红细胞")
#: White cells and proteins of a fluid are no blood.
_NO_BLOOD: Final = re.compile(
    r"\b(white|wbc|leuk|blood cell count|glucose|urea|pressure|group)|白细胞|血糖|血压"
)
_NOTHING: Final = frozenset(
    ("none", "no", "normal", "n", "0", "-", "--", "(-)", "－", "ohne", "nein", "正常")
)


@lru_cache(maxsize=4096)
def shows_blood(test: str, specimen: str = "") -> bool:
    """Whether a test, of a specimen, looks for blood that left its vessels.

    >>> shows_blood("FOB"), shows_blood("HGB", "URINE"), shows_blood("RBC"), shows_blood("Bleeding time")
    (True, True, False, False)
    """
    if lab_code(test) == "OCCBLD" or may_tell_of_bleeding(test):
        return True
    name, of = " ".join(words(test)), " ".join(words(f"{test} {specimen}"))
    return bool(_OUTSIDE.search(of) and _OF_BLOOD.search(name) and not _NO_BLOOD.search(name))


def may_be_blood(value: float | None, text: str | None, upper: float | None) -> bool:
    """Whether the result of such a test is not known to be negative; one that was not had tells nothing.

    >>> [may_be_blood(None, text, None) for text in ("POSITIVE", "trace", "+", "negative", "not done")]
    [True, True, True, False, False]
    >>> may_be_blood(3.0, None, 5.0), may_be_blood(30.0, None, 5.0), may_be_blood(30.0, None, None)
    (False, True, True)
    """
    written = (text or "").strip().casefold()
    read = read_result(written) if value is None else None
    number = value if read is None else read.value
    if number is not None:
        below = read is not None and read.bound == "<"
        return not below and number > (upper or 0.0)
    if written in _NOTHING:
        return False
    if "+" in written or "±" in written:
        return True
    return kind_of_result(written) not in ("negative", "below", "no result")
