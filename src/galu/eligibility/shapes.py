"""What the keys of an atom may say: its data items, its limits in their units, its words and numbers.

A limit in a unit that nobody reports, or beyond everything a living person has, would leave everybody
unknown or let everybody pass.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from galu.eligibility.items import ITEMS, TEST_OF_ITEM
from galu.eligibility.reading import READINGS, Fault
from galu.eligibility.renal import KINDS, kind_of_limit
from galu.vocabulary.events import event_terms, nearest_terms
from galu.vocabulary.laboratory import LabTest, in_unit, is_usual, lab_tests
from galu.vocabulary.results import kind_of_result
from galu.vocabulary.units import nearest_unit, read_unit, same_unit, unit_factor

if TYPE_CHECKING:
    from galu.eligibility.plan import AtomPlan, Limit

_ITEM: Final = {item.key: item for item in ITEMS}
#: Least and greatest value of a scale that is no laboratory test.
_SCALES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"ecog": (0, 5), "toxicity.ongoing": (0, 5), "event.thromboembolic": (0, 5)}
)
#: No value is judged beyond so many times the upper limit of normal (assumed).
_MOST_ULN: Final = 100.0
#: No person is older (assumed) [years].
_OLDEST: Final = 120
#: Rounding of a possible value in another unit.
_ROUNDED: Final = 1e-6
_YES_NO: Final = frozenset({"true", "yes", "y", "confirmed", "false", "no", "n", "none"})
#: Comparisons whose limits are several bounds of one item, each with its own use.
BOUNDS: Final = ("enzymes", "renal")
#: Greatest number that `at_least` and `at_most` can mean.
_GREATEST: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {"age": (_OLDEST, "years"), "toxicity": (5, "as a grade"), "recent": (5, "as a grade")}
)


def faults_of_shape(atom: AtomPlan) -> Iterator[Fault]:
    """What the keys of an atom say that cannot be."""
    yield from _items(atom)
    yield from _numbers(atom)
    yield from _words(atom)
    if atom.collected is not None and not atom.collected.startswith("collected."):
        fault = f"{atom.id}: {atom.collected} does not say whether a list was collected"
        yield Fault("collected", fault, f"write {', '.join(k for k in _ITEM if k.startswith('collected.'))}")
    yield from _limits(atom)


def _items(atom: AtomPlan) -> Iterator[Fault]:
    reading, of = READINGS[atom.comparison], f"{atom.id}: the comparison {atom.comparison}"
    places, more = reading.places, reading.more
    if len(atom.items) < len(places):
        lacking = places[len(atom.items)]
        yield Fault("items", f"{of} needs {len(places)} of `items`", f"add {_shown(lacking)}")
    elif len(atom.items) > len(places) and not more:
        remedy = f"write one atom for each{', or any_limit' if atom.comparison == 'threshold' else ''}"
        remedy = remedy if places else "remove it; words that concern the atom are `concerns`"
        yield Fault("items", f"{of} reads {len(places) or 'none'} of `items`, not {len(atom.items)}", remedy)
    for item, fits in itertools.zip_longest(atom.items, places):
        if item is not None and not item.startswith(fits or more or ("",)):
            yield Fault("items", f"{of} does not read {item} there", f"write {_shown(fits or more)}")
    if len(set(atom.items)) != len(atom.items):
        yield Fault("items", f"{atom.id}: an item stands twice", "write it once")


def _shown(starts: tuple[str, ...]) -> str:
    known = [key for key in _ITEM if key.startswith(starts)]
    return ", ".join(known) if len(known) <= 12 else f"{', '.join(known[:12])} …"


def _numbers(atom: AtomPlan) -> Iterator[Fault]:
    least, most = atom.at_least, atom.at_most
    if least is not None and most is not None and least > most:
        yield Fault("at_most", f"{atom.id}: at least {least} is more than at most {most}", "correct one")
    greatest = _GREATEST.get(atom.comparison)
    for key, number in (("at_least", least), ("at_most", most)):
        if greatest is not None and number is not None and number > greatest[0]:
            fault = f"{atom.id}: {number} is not possible {greatest[1]} (to {greatest[0]})"
            yield Fault(key, fault, "correct it")
    if atom.comparison == "recent" and least is not None and not _is_graded(atom.items):
        graded = [key for key in _ITEM if key.startswith("event.") and _is_graded((key,))]
        yield Fault("at_least", f"{atom.id}: no item of it has a grade", f"write {', '.join(graded)}")
    if atom.half_lives is not None and not any(item.startswith("therapy.") for item in atom.items):
        yield Fault("half_lives", f"{atom.id}: no item of it has a half-life", "remove it")
    if atom.comparison == "count" and most is not None and atom.collected is None:
        fault = f"{atom.id}: the comparison count needs `collected` beside `at_most`"
        yield Fault("at_most", fault, "add it: a list that may lack an entry shows no greatest number")
    if atom.after_anchor == "warns" and atom.anchor == "gate":
        yield Fault("after_anchor", f"{atom.id}: nothing is known from after the gate", "remove it")


def _is_graded(items: tuple[str, ...]) -> bool:
    return any(_ITEM[item].value == "number" for item in items)


def _words(atom: AtomPlan) -> Iterator[Fault]:
    if atom.comparison == "member":
        for key in ("values", "exempt"):
            for word in getattr(atom, key):
                if (remedy := _strange_word(atom.items, word)) is not None:
                    yield Fault(key, f"{atom.id}: {atom.items[0]} is never {word!r}", remedy)
        if both := {one.lower() for one in atom.values} & {one.lower() for one in atom.exempt}:
            yield Fault("exempt", f"{atom.id}: {min(both)!r} is one of `values` too", "keep it in one")
    if atom.comparison == "toxicity":
        names = {name.lower() for name in event_terms()}
        for key in ("exempt", "values"):
            for term in getattr(atom, key):
                if term.lower() not in names:
                    near = ", ".join(nearest_terms(term)) or "a term of CTCAE"
                    yield Fault(key, f"{atom.id}: {term!r} is no CTCAE term", f"write {near}")


def _strange_word(items: tuple[str, ...], word: str) -> str | None:
    """What to write instead of a word that the first item never has; None where it may have it."""
    item = _ITEM.get(items[0]) if items else None
    said = word.strip().lower()
    if item is None:
        return None
    if item.key == "sex":
        return None if said in ("m", "f", "u") else "write F or M"
    if item.value == "flag":
        known = said in _YES_NO or kind_of_result(said) in ("positive", "negative")
        return None if known else "write yes or no"
    if item.value == "number":
        low, high = _SCALES.get(item.key, (float("-inf"), float("inf")))
        return None if _is_between(said, low, high) else f"write {_range(low, high)}, one for each"
    return None


def _is_between(said: str, low: float, high: float) -> bool:
    try:
        return low <= float(said) <= high
    except ValueError:
        return False


def _range(low: float, high: float) -> str:
    return f"numbers from {low:g} to {high:g}" if high < float("inf") else "numbers"


def _limits(atom: AtomPlan) -> Iterator[Fault]:
    reading = READINGS[atom.comparison]
    least, most = reading.limits
    if "limits" not in reading.reads or not atom.limits:
        return
    if not least <= len(atom.limits) <= most:
        wanted = (
            f"{least} or {most}" if most == least + 1 else f"{least} to {most}" if most > least else least
        )
        fault = f"{atom.id}: the comparison {atom.comparison} takes {wanted} limits, not {len(atom.limits)}"
        yield Fault("limits", fault, "write one atom for each bound")
        return
    judge = _SHAPES.get(atom.comparison, _one_bound)
    yield from judge(atom)
    if atom.comparison == "renal":
        return
    for limit in atom.limits:
        for item in _bounded(atom, limit):
            if (found := _unit_fault(item, limit)) is not None:
                yield Fault("limits", f"{atom.id}: {found[0]}", found[1])


def _bounded(atom: AtomPlan, limit: Limit) -> tuple[str, ...]:
    """The data items that a limit bounds."""
    if limit.item is not None:
        return (limit.item,)
    items = {"bilirubin": atom.items[:1], "reflex": atom.items[1:2]}
    return items.get(atom.comparison, atom.items)


def _one_bound(atom: AtomPlan) -> Iterator[Fault]:
    """One limit of each item, in as many units as it is reported in."""
    named = atom.comparison in ("threshold", "any_limit")
    for limit in atom.limits:
        if limit.item is not None and not (named and limit.item in atom.items):
            fault = f"{atom.id}: a limit bounds {limit.item}, which the atom does not compare"
            yield Fault("limits", fault, "remove its `item`, or write one of `items`")
    for item in _bounded(atom, atom.limits[0]) if not named else atom.items:
        own = [limit for limit in atom.limits if limit.item in (None, item)]
        if not own:
            yield Fault("limits", f"{atom.id}: {item} has no limit", "add one with its `item`")
        for first, second in itertools.combinations(own, 2):
            if (why := _are_two(first, second)) is not None:
                yield Fault("limits", f"{atom.id}: {why}", "write one atom for each, joined by all or any")


def _are_two(first: Limit, second: Limit) -> str | None:
    """Why two limits are not one in two units; None where they are."""
    told = " and ".join(f"{one.op} {one.value:g} {one.unit}".strip() for one in (first, second))
    if first.op != second.op:
        return f"{told} are two bounds, of which one only would be read"
    if same_unit(first.unit, second.unit) and first.value != second.value:
        return f"{told} are two limits in one unit"
    if ("ULN" in (first.unit, second.unit)) and first.unit != second.unit:
        return f"{told} are two limits, of which one only would be read"
    return None


def _enzymes(atom: AtomPlan) -> Iterator[Fault]:
    yield from _without_item(atom)
    if len(atom.limits) > 1:
        strict, wide = atom.limits
        second = _in_unit_of(wide, strict)
        if strict.op != wide.op or second is None or (second < strict.value) == (strict.op[0] == "<"):
            fault = f"{atom.id}: the second limit, of liver metastases, is not the wider one in the same unit"
            yield Fault("limits", fault, "write the limit without metastases first")


def _in_unit_of(limit: Limit, other: Limit) -> float | None:
    return limit.value if limit.unit == other.unit else in_unit("ALT", limit.value, limit.unit, other.unit)


def _renal(atom: AtomPlan) -> Iterator[Fault]:
    yield from _without_item(atom)
    kinds = [kind_of_limit(limit.unit) for limit in atom.limits]
    for limit, kind in zip(atom.limits, kinds, strict=True):
        if kind is None:
            fault = f"{atom.id}: renal function has no limit in {limit.unit!r}"
            yield Fault("limits", fault, f"write {', '.join(KINDS)}")
        elif not 0 < limit.value <= (_MOST_ULN if kind == "ULN" else KINDS[kind]):
            yield Fault("limits", f"{atom.id}: {limit.value:g} {limit.unit} is not possible", "correct it")
    if len(set(kinds)) != len(kinds):
        yield Fault("limits", f"{atom.id}: two limits of one formula", "write one atom for each")


def _measurable(atom: AtomPlan) -> Iterator[Fault]:
    named = [limit.item for limit in atom.limits]
    for limit in atom.limits:
        if limit.item not in atom.items:
            fault = f"{atom.id}: a limit bounds {limit.item or 'no item'}, which the atom does not compare"
            yield Fault("limits", fault, f"give each limit its `item`: {', '.join(atom.items)}")
    for item in atom.items:
        if named.count(item) != 1:
            yield Fault("limits", f"{atom.id}: {item} has {named.count(item)} limits", "write one for it")


def _without_item(atom: AtomPlan) -> Iterator[Fault]:
    if any(limit.item is not None for limit in atom.limits):
        yield Fault("limits", f"{atom.id}: its limits bound every item of it", "remove the limits' `item`")


_SHAPES: Final[Mapping[str, Callable[[AtomPlan], Iterator[Fault]]]] = MappingProxyType(
    {"enzymes": _enzymes, "renal": _renal, "measurable": _measurable}
)


def _unit_fault(item: str, limit: Limit) -> tuple[str, str] | None:
    """What is wrong with the unit or the value of a limit of an item, and what to write."""
    if item not in _ITEM:
        return None
    if limit.unit == "ULN":
        if not item.startswith("lab."):
            return f"{item} has no upper limit of normal", f"write {_units(item)}"
        possible = 0 < limit.value <= _MOST_ULN
        return None if possible else (f"{limit.value:g} × ULN of {item} is not possible", "correct the limit")
    test = lab_tests().get(TEST_OF_ITEM.get(item, ""))
    if test is None or not test.usual:
        return _of_no_test(item, limit, test)
    usual = test.usual if "any" not in test.usual else ()
    if (usual and not is_usual(test, limit.unit)) or not read_unit(limit.unit):
        near = ", ".join(nearest_unit(limit.unit, test.usual))
        uln = " or ULN" if item.startswith("lab.") else ""
        return f"{item} is not measured in {limit.unit!r}", f"write {near}{uln}"
    for own, low, high in test.possible:
        factor = unit_factor(limit.unit, own, test.substance)
        if factor is not None:
            return _beyond(item, limit, low / float(factor), high / float(factor))
    return None


def _of_no_test(item: str, limit: Limit, test: LabTest | None) -> tuple[str, str] | None:
    units = [unit.strip() for unit in _ITEM[item].unit.split(",")]
    if test is None and not any(same_unit(limit.unit, unit) for unit in units):
        return f"{item} is not measured in {limit.unit!r}", f"write {_units(item)}"
    low, high = _SCALES.get(item, (0.0, float("inf")))
    return _beyond(item, limit, low, high)


def _units(item: str) -> str:
    return _ITEM[item].unit or "unit: ''"


def _beyond(item: str, limit: Limit, low: float, high: float) -> tuple[str, str] | None:
    if low * (1 - _ROUNDED) <= limit.value <= high * (1 + _ROUNDED):
        return None
    said = f"{item} of {limit.value:g} {limit.unit}".strip()
    return f"{said} is not possible ({low:g} to {high:g} {limit.unit})", "correct the value or its unit"
