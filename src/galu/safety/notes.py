"""What is said beside a grade that a value alone does not settle: what was assumed, what stays clinical."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from galu.safety.calcium import calcium_note, is_corrected
from galu.safety.ctcae import compare_significant, rules_for
from galu.safety.inputs import LabInput
from galu.vocabulary.laboratory import terms_of_test

WORST_CASE: Final = "worst case assumed"


@lru_cache(maxsize=65536)
def grade_note(rule: tuple[str, str, str, str], grade: int | None, value: float | None, bound: str) -> str:
    """What a derived grade rests on besides the value; empty where the value settles it.

    Parameters
    ----------
    rule
        Version, term, direction and unit.
    bound
        ``<`` or ``>`` where the value is only known to lie beyond it.

    >>> grade_note(("5.0", "Lipase increased", "H", "U/L"), 3, 200.0, "")
    'worst case assumed: signs and symptoms'
    """
    if grade is None or value is None:
        return ""
    version, term, direction, unit = rule
    rows, factor = rules_for(version, term, direction, unit)
    said = []
    if rows:
        row = rows[0]
        number = np.array([value * factor])
        for assumed, cut in row.assumed:
            if assumed == grade and (cut is None or compare_significant(cut.sign, number, cut.factor)[0]):
                said.append(f"{WORST_CASE}: {row.assumes}")
        highest = max((n for n, cuts in enumerate(row.cuts, 1) if cuts), default=0)
        if grade == highest and row.assumes.endswith("is clinical"):
            said.append(f"grade {grade} at least: {row.assumes}")
        if bound == ">" and direction == "H" and grade < highest:
            said.append(f"grade {grade} at least: above a limit")
    return "; ".join(said)


def lab_note(lab: LabInput, term: str, grade: int | None, version: str) -> str:
    """What the grade of a value rests on, of calcium also for what it was corrected."""
    side = dict(terms_of_test(lab.test)).get(term, "")
    said = [grade_note((version, term, side, lab.unit), grade, lab.value, lab.bound)]
    if is_corrected(lab, term):
        said.insert(0, calcium_note(lab.value, lab.unit, lab.albumin, side))
    return "; ".join(part for part in said if part)
