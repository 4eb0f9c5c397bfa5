"""Activity against the disease: PSA, best response, times to event (PCWG3, RECIST 1.1).

Everybody treated with what an endpoint needs at baseline is in its denominator: who has nothing after it
counts as without a response. An interval of nobody is not estimable, and is no error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from galu.binomial import clopper_pearson
from galu.efficacy.psa import PsaAssessment
from galu.efficacy.survival import Interval, kaplan_meier, reverse_kaplan_meier
from galu.efficacy.time_to_event import TimeToEvent
from galu.results.lines import Cell, Counted, Facts, Line, Measured, Stated
from galu.results.numbers import rounded
from galu.results.table import Table
from galu.trial.efficacy import SubjectEfficacy
from galu.trial.state import TrialState

#: Days of a month as the registries count (365.25 / 12).
MONTH_D: Final = 30.4375
#: Months at which a curve is read.
_LANDMARKS: Final = (6, 12)
_PSA_RESPONSES: Final[tuple[tuple[str, Callable[[PsaAssessment], bool | None]], ...]] = (
    ("Decline of 50 % or more, confirmed", lambda psa: psa.psa50.confirmed),
    ("Decline of 50 % or more, confirmed or not", lambda psa: psa.psa50.unconfirmed),
    ("Decline of 90 % or more, confirmed", lambda psa: psa.psa90.confirmed),
    ("Decline of 90 % or more, confirmed or not", lambda psa: psa.psa90.unconfirmed),
)
_CATEGORIES: Final = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "PDu", "NED", "NE", "MISSING")


def _level(state: TrialState) -> float:
    return state.study.efficacy.confidence_level.value if state.study.efficacy else 0.95


def interval(who: Mapping[str, Facts], base: frozenset[str], level: float) -> Callable[[Sequence[str]], Cell]:
    """Exact (Clopper–Pearson) limits of a share in percent, over the members of a column in `base`."""

    def of(members: Sequence[str]) -> Cell:
        own = [one for one in members if one in base]
        if not own:
            return Cell("NE")
        found = clopper_pearson(sum(one in who for one in own), len(own), level)
        low, high = 100.0 * found.lower, 100.0 * found.upper
        return Cell(f"{rounded(low, 1)}, {rounded(high, 1)}", (low, high), tuple(own))

    return of


def _share(label: str, who: Mapping[str, Facts], base: frozenset[str], level: float) -> list[Line]:
    title = f"exact {round(100 * level):d} % interval [%]"
    return [Counted(label, who, of=base), Stated(title, interval(who, base, level), 1)]


def psa(state: TrialState) -> Table:
    """T-14.2.1. Confirmed responses and the best change, of those treated who have a baseline PSA."""
    rows = [one for one in state.efficacy.subjects if one.psa.baseline is not None]
    base, level = frozenset(one.subject for one in rows), _level(state)
    lines: list[Line] = [Counted("With a baseline PSA", {one.subject: one.psa.facts[:1] for one in rows})]
    for title, holds in _PSA_RESPONSES:
        who = {one.subject: one.psa.facts for one in rows if holds(one.psa)}
        lines += _share(title, who, base, level)
    best = {
        one.subject: (one.psa.best_change_percent, one.psa.facts)
        for one in rows
        if one.psa.best_change_percent is not None
    }
    lines.append(Measured("Best change from baseline [%]", best, places=0))
    lines.append(
        Counted("No value after the first dose", {o.subject: () for o in rows if o.subject not in best})
    )
    notes = (
        "n/N (%), N being those with a baseline PSA; who has no later value counts as without a response.",
        "Confirmed: by a second value at least three weeks later (PCWG3). Exact: Clopper–Pearson.",
    )
    return Table("14.2.1", "PSA response", "therapy-safety", tuple(lines) if rows else (), notes)


def best_response(state: TrialState) -> Table:
    """T-14.2.2. Best overall response of soft tissue and bone together, of those with images."""
    rows = [one for one in state.efficacy.subjects if one.soft_tissue is not None or one.bone is not None]
    level, base = _level(state), frozenset(one.subject for one in rows)
    measurable = frozenset(
        one.subject for one in rows if one.soft_tissue is not None and one.soft_tissue.targets_at_baseline
    )

    def those(keep: Callable[[SubjectEfficacy], bool]) -> dict[str, Facts]:
        return {one.subject: one.best_facts for one in rows if keep(one)}

    seen = {one.best.response for one in rows}
    named = [one for one in _CATEGORIES if one in seen] + sorted(seen - set(_CATEGORIES))
    lines: list[Line] = [Counted("With images", those(lambda _: True))]
    for category in named:
        label = {"MISSING": "no assessment after baseline"}.get(category, category)
        lines.append(Counted(label, _of_category(rows, category), 1, of=base))
    lines += _share(
        "Objective response, of those with target lesions",
        {
            one: facts
            for one, facts in those(lambda r: r.best.response in ("CR", "PR")).items()
            if one in measurable
        },
        measurable,
        level,
    )
    controlled = those(lambda r: r.best.response in ("CR", "PR", "SD", "NON-CR/NON-PD"))
    lines += _share("Disease control, of those with images", controlled, base, level)
    notes = (
        "Reading of the investigator, or of the first reader; bone by PCWG3, soft tissue by RECIST 1.1.",
        "Those with disease of bone only have no objective response by RECIST: they are not in its N.",
    )
    return Table("14.2.2", "Best overall response", "therapy-safety", tuple(lines) if rows else (), notes)


def _of_category(rows: Sequence[SubjectEfficacy], category: str) -> dict[str, Facts]:
    return {one.subject: one.best_facts for one in rows if one.best.response == category}


def times(state: TrialState) -> tuple[Table, ...]:
    """T-14.2.4 to 14.2.6. Each reported time to event by Kaplan and Meier."""
    plan = state.study.efficacy
    if plan is None:
        return ()
    found = []
    for n, one in enumerate(plan.reported()):
        own = {row.subject: row.times[one.id] for row in state.efficacy.subjects if one.id in row.times}
        number = f"14.2.4.{n + 1}"
        title = one.title if one.title[1:2].isupper() else one.title[0].upper() + one.title[1:]
        lines = _times(own, plan.survival_ci.value, plan.confidence_level.value) if own else ()
        notes = (
            "Kaplan and Meier; days from the start, which is day 1, in months of 30.4375 days. "
            f"Limits on the {plan.survival_ci.value} scale. NE: not estimable. Follow-up by reverse Kaplan "
            "and Meier.",
            "A progression is dated by its first scan; who has no event is censored for the reason shown.",
        )
        found.append(Table(number, title, "therapy-safety", lines, notes))
    return tuple(found)


def _times(own: Mapping[str, TimeToEvent], ci: Interval, level: float) -> tuple[Line, ...]:
    base = frozenset(own)

    def those(keep: Callable[[TimeToEvent], bool]) -> dict[str, Facts]:
        return {name: one.facts for name, one in own.items() if keep(one)}

    events = sorted({one.reason for one in own.values() if one.event})
    censored = sorted({one.reason for one in own.values() if not one.event})
    lines: list[Line] = [Counted("Subjects", those(lambda _: True))]
    lines.append(Counted("Event", those(lambda one: one.event), of=base))
    lines += [Counted(why, _ended(own, True, why), 1, of=base) for why in events]
    lines.append(Counted("Censored", those(lambda one: not one.event), of=base))
    lines += [Counted(why, _ended(own, False, why), 1, of=base) for why in censored]

    def curve(members: Sequence[str]) -> tuple[list[str], list[int], list[bool]]:
        names = [one for one in members if one in own]
        return names, [own[one].days for one in names], [own[one].event for one in names]

    def median(members: Sequence[str]) -> Cell:
        names, days, ended = curve(members)
        if not names:
            return Cell("NE")
        return _months(kaplan_meier(days, ended, ci, level).median(), names)

    def follow(members: Sequence[str]) -> Cell:
        names, days, ended = curve(members)
        if not names:
            return Cell("NE")
        return _months(reverse_kaplan_meier(days, ended, ci, level).median()[:1], names)

    def at(month: int) -> Callable[[Sequence[str]], Cell]:
        def of(members: Sequence[str]) -> Cell:
            names, days, ended = curve(members)
            if not names or max(days) < month * MONTH_D:
                return Cell("NE", subjects=tuple(names))
            read = kaplan_meier(days, ended, ci, level).at([month * MONTH_D])
            numbers = tuple(100.0 * float(part[0]) for part in (read.survival, read.lower, read.upper))
            text = f"{_one(numbers[0])} ({_one(numbers[1])}, {_one(numbers[2])})"
            return Cell(text, numbers, tuple(names))

        return of

    lines.append(Stated(f"Median [months] ({round(100 * level)} % interval)", median))
    lines += [Stated(f"Free of it at {month} months [%]", at(month)) for month in _LANDMARKS]
    lines.append(Stated("Median follow-up [months]", follow))
    return tuple(lines)


def _ended(own: Mapping[str, TimeToEvent], event: bool, why: str) -> dict[str, Facts]:
    return {name: one.facts for name, one in own.items() if one.event is event and one.reason == why}


def _one(number: float) -> str:
    return "NE" if math.isnan(number) else rounded(number, 1)


def _months(days: Sequence[float], names: Sequence[str]) -> Cell:
    numbers = tuple(one / MONTH_D for one in days)
    text = _one(numbers[0])
    if len(numbers) == 3:
        text += f" ({_one(numbers[1])}, {_one(numbers[2])})"
    return Cell(text, numbers, tuple(names))
