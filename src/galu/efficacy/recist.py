"""RECIST 1.1 from measurements: target, non-target and overall response at each visit.

Eisenhauer et al., Eur J Cancer 2009;45:228. The nadir includes the baseline; progression needs
20 % AND 5 mm over it; a target that is not evaluable leaves the visit NE unless what was measured
already is progression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from galu.efficacy.lesion import Measurement, RecistRule, Role, State, is_gone, size_mm
from galu.efficacy.parts import as_at_baseline
from galu.finding import InputError, Rule
from galu.words import checked, checked_fields, word

__all__ = [
    "Measurement", "RecistRule", "Role", "State", "VisitResponse",
    "overall_response", "target_response", "visit_responses", "visits_from_baseline",
]  # fmt: skip
RECIST_RULE = Rule("RECIST", "1.1", "Eisenhauer, Eur J Cancer 2009;45:228, sections 4.3 and 4.4")
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
@checked_fields
class VisitResponse:
    """One visit: sums [mm] and responses. `target` or `non_target` is None when there is none at baseline.

    `sum_mm` is None when a target was not evaluable; `nadir_mm` is the lowest sum before this visit.
    """

    day: date
    visit: str
    sum_mm: float | None
    baseline_mm: float | None
    nadir_mm: float | None
    target: str | None
    non_target: str | None
    new_lesion: bool
    overall: str
    reason: str = ""
    facts: tuple[str, ...] = ()
    rule: Rule = RECIST_RULE


def target_response(
    total_mm: float, baseline_mm: float, nadir_mm: float, complete: bool, rule: RecistRule | None = None
) -> str:
    """PD, NE, PR or SD of a sum of diameters; CR is decided lesion by lesion, see `visit_responses`."""
    rule = rule or RecistRule()
    rise = total_mm - nadir_mm
    enough = rise >= nadir_mm * rule.progression_percent / 100.0 - ROUNDING
    if enough and rise >= rule.progression_mm - ROUNDING:
        return "PD"
    if not complete:
        return "NE"
    shrunk = baseline_mm - total_mm >= baseline_mm * rule.response_percent / 100.0 - ROUNDING
    return "PR" if shrunk else "SD"


# Rows of table 1 of RECIST 1.1 (target, non-target, new lesion) in the order in which they decide;
# "-" stands for no such lesions at baseline, "*" for any.
OVERALL: tuple[tuple[str, str, str, str], ...] = (
    ("*", "*", "yes", "PD"),
    ("PD", "*", "*", "PD"),
    ("*", "PD", "*", "PD"),
    ("NE", "*", "no", "NE"),
    ("CR", "CR", "no", "CR"),
    ("CR", "-", "no", "CR"),
    ("CR", "NON-CR/NON-PD", "no", "PR"),
    ("CR", "NE", "no", "PR"),
    ("PR", "*", "no", "PR"),
    ("SD", "*", "no", "SD"),
    ("-", "CR", "no", "CR"),
    ("-", "NON-CR/NON-PD", "no", "NON-CR/NON-PD"),
    ("-", "NE", "no", "NE"),
    ("-", "-", "no", "NE"),
)


def overall_response(target: str | None, non_target: str | None, new_lesion: bool) -> str:
    """Overall response by tables 1 and 2; None where the patient has no such lesions.

    Raises
    ------
    InputError
        For a response that the tables do not know.
    """
    targets = word(target or "-", ("-", "CR", "PR", "SD", "PD", "NE"), "target response")
    others = word(non_target or "-", ("-", "CR", "NON-CR/NON-PD", "PD", "NE"), "non-target response")
    given = (targets, others, "yes" if new_lesion else "no")
    for *condition, result in OVERALL:
        if all(want in ("*", have) for want, have in zip(condition, given, strict=True)):
            return result
    raise AssertionError("the table is total")


def _non_target(items: Mapping[str, Measurement], lesions: Iterable[str], rule: RecistRule) -> str | None:
    wanted = tuple(lesions)
    if not wanted:
        return None
    seen = [items.get(lesion) for lesion in wanted]
    if any(item is not None and item.state == "progressed" for item in seen):
        return "PD"
    if any(item is None or item.state in ("not-evaluable", "equivocal") for item in seen):
        return "NE"
    gone = [item is not None and is_gone(item, rule) for item in seen]
    return "CR" if all(gone) else "NON-CR/NON-PD"


def _target(
    items: Mapping[str, Measurement],
    targets: tuple[str, ...],
    sums: tuple[float, float] | None,
    rule: RecistRule,
) -> tuple[str | None, float | None, str]:
    """Response, complete sum and reason of one visit; `sums` is baseline and nadir."""
    if not targets:
        return None, None, "no target lesion at baseline"
    sizes = {lesion: size_mm(items[lesion], rule) if lesion in items else None for lesion in targets}
    missing = [lesion for lesion, size in sizes.items() if size is None]
    measured = sum(size for size in sizes.values() if size is not None)
    why = f"not evaluable: {', '.join(missing)}" if missing else ""
    if sums is None:
        return "NE", None if missing else measured, "no complete baseline sum"
    if not missing and all(is_gone(items[lesion], rule) for lesion in targets):
        return "CR", measured, ""
    return target_response(measured, *sums, not missing, rule), None if missing else measured, why


def _by_visit(measurements: Iterable[Measurement]) -> list[list[Measurement]]:
    visits: dict[str, list[Measurement]] = {}
    for item in measurements:
        visits.setdefault(item.visit, []).append(item)
    for items in visits.values():
        items.sort(key=lambda item: (item.lesion, item.day, item.ref or ""))
    return sorted(visits.values(), key=lambda items: (min(item.day for item in items), items[0].visit))


def _check_targets(baseline: list[Measurement], rule: RecistRule) -> str:
    """What RECIST holds against the choice of targets; it is told, not refused."""
    targets = [item for item in baseline if item.role == "target"]
    organs = [item.organ for item in targets if item.organ]
    crowded = sorted({organ for organ in organs if organs.count(organ) > rule.max_per_organ})
    small = [
        f"{item.lesion} {size:g} mm"
        for item in targets
        if (size := _below_measurable(item, rule)) is not None
    ]
    notes = (
        (len(targets) > rule.max_targets, f"{len(targets)} target lesions, RECIST allows {rule.max_targets}"),
        (bool(crowded), f"more than {rule.max_per_organ} target lesions in {', '.join(crowded)}"),
        (bool(small), f"not measurable at baseline: {', '.join(small)}"),
    )
    return "; ".join(note for applies, note in notes if applies)


def _below_measurable(item: Measurement, rule: RecistRule) -> float | None:
    """Size [mm] of a lesion too small to be a target, else None."""
    size = size_mm(item, rule)
    least = rule.measurable_node_mm if item.nodal else rule.measurable_mm
    return size if size is not None and size < least - ROUNDING else None


@checked
def visits_from_baseline(
    measurements: Iterable[Measurement], first_dose: date | None = None
) -> tuple[tuple[Measurement, ...], ...]:
    """Measurements of the baseline visit and of each visit after it, in order of time.

    The baseline is the last visit on or before `first_dose`, or the earliest when that is not given.

    Raises
    ------
    InputError
        When there is no baseline visit, or a lesion is given twice at a visit.
    """
    visits = _by_visit(measurements)
    before = [
        number
        for number, items in enumerate(visits)
        if first_dose is None or min(item.day for item in items) <= first_dose
    ]
    if not before:
        raise InputError("measurements", "no visit on or before the first dose", "give a baseline visit")
    kept = visits[before[0] if first_dose is None else before[-1] :]
    for items in kept:
        if len({item.lesion for item in items}) < len(items):
            raise InputError(
                f"visit {items[0].visit}", "a lesion is given twice", "give each lesion once per reader"
            )
    return tuple(tuple(items) for items in kept)


@checked
def visit_responses(
    measurements: Iterable[Measurement], rule: RecistRule | None = None, first_dose: date | None = None
) -> tuple[VisitResponse, ...]:
    """Response at each visit after baseline, of one patient read by one reader.

    The baseline is that of `visits_from_baseline`. A visit's date is that of its earliest image. Order
    of the measurements does not matter. A new lesion counts at every later visit until one says that
    it is gone. What was equivocal and is confirmed by the next look counts from the first (section 4.3.5);
    parts of a lesion are added, lesions that grew together are one (section 4.3.2).

    Raises
    ------
    InputError
        When there is no baseline visit, or a lesion is given twice at a visit, or a size is negative.
    """
    rule = rule or RecistRule()
    baseline, *given = visits_from_baseline(measurements, first_dose)
    known = {item.lesion: item for item in baseline}
    whole = [as_at_baseline(items, known, rule) for items in given]
    later, doubts = _in_hindsight([items for items, _ in whole], rule)
    chosen = _Chosen(
        items=baseline,
        targets=tuple(item.lesion for item in baseline if item.role == "target"),
        others=tuple(item.lesion for item in baseline if item.role == "non-target"),
        note=_check_targets(list(baseline), rule),
    )
    start = _target({item.lesion: item for item in baseline}, chosen.targets, None, rule)[1]
    past = _Past(start, _Lowest(start, ()))
    responses: list[VisitResponse] = []
    for items, (_, told), doubt in zip(later, whole, doubts, strict=True):
        past = replace(past, new=_new_lesions(past.new, items, rule))
        one = _judged(items, chosen, past, rule)
        one = replace(one, reason="; ".join(part for part in (one.reason, *told, *doubt) if part))
        responses.append(one)
        past = replace(past, complete=past.complete or one.overall == "CR")
        if one.sum_mm is not None and past.lowest.sum_mm is not None and one.sum_mm < past.lowest.sum_mm:
            refs = tuple(item.ref for item in items if item.ref)
            past = replace(past, lowest=_Lowest(one.sum_mm, refs))
    return tuple(responses)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The baseline visit and the lesions chosen there."""

    items: tuple[Measurement, ...]
    targets: tuple[str, ...]
    others: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class _Lowest:
    """The nadir [mm] and the facts of its visit, none where it is the baseline."""

    sum_mm: float | None
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Past:
    """Baseline sum [mm], nadir, whether an overall CR came before, and the first sight of new lesions."""

    start_mm: float | None
    lowest: _Lowest
    complete: bool = False
    new: Mapping[str, Measurement] = field(default_factory=dict)


def _judged(items: Sequence[Measurement], chosen: _Chosen, past: _Past, rule: RecistRule) -> VisitResponse:
    """One visit; `past` knows the new lesions of this visit already."""
    start, lowest = past.start_mm, past.lowest
    seen = {item.lesion: item for item in items}
    sums = None if start is None or lowest.sum_mm is None else (start, lowest.sum_mm)
    target, total, why = _target(seen, chosen.targets, sums, rule)
    non_target = _non_target(seen, chosen.others, rule)
    if past.complete and rule.recurrence_is_progression:
        back = _back(seen, chosen.targets, rule), _back(seen, chosen.others, rule)
        target, non_target = "PD" if back[0] else target, "PD" if back[1] else non_target
        why = "a lesion is back after a complete response" if any(back) else why
    kept = [item for name, item in past.new.items() if name not in seen]
    still = ", ".join(f"{item.lesion} (new at {item.visit})" for item in kept)
    reasons = (why, f"not said to be gone: {still}" if still else "", chosen.note)
    before, now = (tuple(item.ref for item in these if item.ref) for these in (chosen.items, (*kept, *items)))
    return VisitResponse(
        day=min(item.day for item in items),
        visit=items[0].visit,
        sum_mm=total,
        baseline_mm=start,
        nadir_mm=lowest.sum_mm,
        target=target,
        non_target=non_target,
        new_lesion=bool(past.new),
        overall=overall_response(target, non_target, bool(past.new)),
        reason="; ".join(part for part in reasons if part),
        facts=tuple(dict.fromkeys((*before, *lowest.facts, *now))),
    )


def _back(seen: Mapping[str, Measurement], lesions: Iterable[str], rule: RecistRule) -> bool:
    """Whether one of these lesions, not a node, is there again."""
    found = [seen[lesion] for lesion in lesions if lesion in seen and not seen[lesion].nodal]
    sized = (item for item in found if item.state in ("measured", "too-small"))
    seen_again = any(item.state in ("present", "progressed") for item in found)
    return seen_again or any((size_mm(item, rule) or 0.0) > 0.0 for item in sized)


def _in_hindsight(
    visits: Sequence[Sequence[Measurement]], rule: RecistRule
) -> tuple[list[tuple[Measurement, ...]], list[tuple[str, ...]]]:
    """Visits with what was equivocal and then confirmed counted from the first look on, and the doubts.

    A visit at which the lesion could not be judged neither confirms nor refutes.
    """
    confirmed: dict[str, str] = {}
    known: list[tuple[Measurement, ...]] = []
    doubts: list[tuple[str, ...]] = []
    for items in reversed(visits):
        seen, told = [], []
        for item in items:
            later = confirmed.get(item.lesion, "")
            if item.state != "equivocal" or item.role == "target":
                if item.state != "not-evaluable":
                    confirmed[item.lesion] = item.visit if _progresses(item, rule) else ""
            elif later:
                told.append(f"{item.lesion} was equivocal here and is confirmed at {later}")
                item = replace(item, state="progressed" if item.role == "non-target" else "present")
            else:
                told.append(f"{item.lesion} is equivocal: not counted unless it is confirmed")
            seen.append(item)
        known.append(tuple(seen))
        doubts.append(tuple(told))
    return known[::-1], doubts[::-1]


def _progresses(item: Measurement, rule: RecistRule) -> bool:
    """Whether a lesion that is no target is progression by itself."""
    if item.role == "new":
        return not is_gone(item, rule) and item.state in ("present", "measured", "too-small", "progressed")
    return item.state == "progressed"


def _new_lesions(
    known: Mapping[str, Measurement], items: Iterable[Measurement], rule: RecistRule
) -> Mapping[str, Measurement]:
    """New lesions by name, as first seen, with those of one more visit.

    A node below 10 mm is no disease (EORTC RECIST FAQ), an equivocal lesion not yet one.
    """
    found = dict(known)
    for item in items:
        if item.role != "new":
            continue
        if is_gone(item, rule):
            found.pop(item.lesion, None)
        elif item.state in ("present", "measured", "too-small", "progressed"):
            found.setdefault(item.lesion, item)
    return found
