"""What a measured value can be in its unit: a mistaken unit shows as a value no living person has.

Every range is assumed, and wide (`galu.vocabulary.laboratory`): it holds the extremes that medicine has seen,
so that only a wrong scale or unit falls outside. Tests without a range are not judged. Weight and height
are those of the ages of the study, or of the person (`galu.vocabulary.bodies`).
"""

from __future__ import annotations

from typing import NamedTuple

from galu.vocabulary.bodies import ADULTS, BY_AGE, Ages, possible_of_age
from galu.vocabulary.laboratory import LabTest, is_usual, lab_code, lab_tests, nearest_tests
from galu.vocabulary.units import nearest_unit, read_unit, unit_factor


class Implausible(NamedTuple):
    """What is wrong with a measurement, and what to do; `word` where a name or unit is not known."""

    column: str
    fault: str
    remedy: str
    word: bool


def unknown_words(test: str, unit: str | None, local: tuple[tuple[str, str], ...] = ()) -> Implausible | None:
    """What is not understood of a test's name or its unit; None where both are, or no unit is given.

    >>> unknown_words("Platlets", None).remedy
    'did you mean Platelet, PLAT? or name it in the study file under vocabulary.tests'
    """
    code = lab_code(test, local)
    if code is None:
        near = nearest_tests(test)
        meant = f"did you mean {', '.join(near)}? or " if near else ""
        fault = f"{test!r} is no test that galu knows"
        return Implausible("test", fault, f"{meant}name it in the study file under vocabulary.tests", True)
    known = lab_tests().get(code)
    if known is None or not unit or not known.usual or not (known.terms or known.possible):
        return None
    if is_usual(known, unit) or ("any" in known.usual and read_unit(unit)):
        return None
    fault = f"{code} is not measured in {unit!r}"
    return Implausible("unit", fault, f"write {', '.join(nearest_unit(unit, known.usual))}", True)


def implausible(
    test: str, value: float, unit: str, local: tuple[tuple[str, str], ...] = (), ages: Ages = ADULTS
) -> Implausible | None:
    """What is wrong with a value in its unit, in somebody of an age; None when it can be, or is not judged.

    >>> implausible("HGB", 13.2, "g/L").fault
    'HGB of 13.2 g/L is not possible (20 to 260 g/L)'
    >>> implausible("HGB", 132.0, "g/L")
    """
    code = lab_code(test, local)
    known = lab_tests().get(code or "")
    limits = None if known is None else _limits(known, unit, ages)
    if known is None or limits is None or limits[0] <= value <= limits[1]:
        return None
    low, high = limits
    aged = f" at {ages}" if known.code in BY_AGE else ""
    fault = f"{known.code} of {value:g} {unit} is not possible{aged} ({low:g} to {high:g} {unit})"
    meant = [other for other in known.usual if _fits(known, value, other, ages) and _is_other(unit, other)]
    remedy = "correct the value or its unit"
    if meant:
        remedy = f"was it {' or '.join(meant)}? write the unit it was measured in"
    if not ages.with_children and _fits(known, value, unit, Ages(0.0)):
        remedy += "; a study that admits children states their age as identity.minimum_age"
    return Implausible("value", fault, remedy, False)


def _is_other(unit: str, other: str) -> bool:
    return unit_factor(unit, other) != 1


def _fits(test: LabTest, value: float, unit: str, ages: Ages) -> bool:
    limits = _limits(test, unit, ages)
    return limits is not None and limits[0] <= value <= limits[1]


def _limits(test: LabTest, unit: str, ages: Ages) -> tuple[float, float] | None:
    """Least and most possible value in a unit; None where the unit is not one of the test."""
    for own, least, most in (possible_of_age(test.code, ages),) if test.code in BY_AGE else test.possible:
        factor = unit_factor(unit, own, test.substance)
        if factor is not None:
            return float(f"{least / float(factor):.6g}"), float(f"{most / float(factor):.6g}")
    return None
