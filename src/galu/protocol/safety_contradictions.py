"""Windows, rules, counts and designs that cannot hold beside the treatment, the visits and one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from galu.escalation.plan import EscalationPlan
from galu.protocol.contradiction import Contradiction, Place, declared_twice
from galu.protocol.sections import Schedule, VisitPlan
from galu.protocol.treatment import Treatment
from galu.safety.plan import DltAssessments, DltPlan, SafetyPlan
from galu.vocabulary.laboratory import lab_code, nearest_tests, terms_of_test

#: Switches of designs that hold one number for each level.
_BY_LEVEL: Final = ("doses", "prior")
#: Doses of a model may be rounded by such a share of the activities of the levels (assumed).
_SAME_SCALE: Final = 0.02


def of_safety(plan: SafetyPlan, treatment: Treatment | None) -> Iterator[Contradiction]:
    """The window against the cycle, rules against what is followed, and one against another."""
    dlt = plan.dlt
    window, until = dlt.window_days.value, dlt.unresolved_until_day.value
    if until < window:
        yield Contradiction(
            ("safety", "dlt", "unresolved_until_day"),
            f"day {until} is before the end of the window of {window} days",
            "write a day at or after the end of the window",
        )
    if treatment is not None and treatment.max_cycles.value > 1 and window > treatment.cycle_days.value:
        yield Contradiction(
            ("safety", "dlt", "window_days"),
            f"the window of {window} days ends after the second cycle is due, on day "
            f"{treatment.cycle_days.value + dlt.first_day.value}",
            "shorten it, or lengthen treatment.cycle_days",
        )
    if treatment is not None and window < treatment.days_of_fractions[-1]:
        yield Contradiction(
            ("safety", "dlt", "window_days"),
            f"the window of {window} days ends before the fraction of day {treatment.days_of_fractions[-1]}",
            "write a window that holds every fraction of the first cycle",
        )
    yield from _too_long(dlt)
    for index, clause in enumerate(dlt.rules):
        if clause.evidence == "delay" and treatment is not None and treatment.fractions == 1:
            fault = f"{clause.id}: asks of late fractions, and a cycle has one administration"
            remedy = "remove the rule, or state treatment.fraction_days"
            yield Contradiction(("safety", "dlt", "rules", index, "evidence"), fault, remedy)
    yield from declared_twice(("safety", "dlt", "rules"), (one.id for one in dlt.rules), "rule")
    yield from declared_twice(("safety", "modification"), (one.id for one in plan.modification), "rule")
    answered: dict[tuple[str, int], str] = {}
    for index, rule in enumerate(plan.modification):
        for term in rule.terms:
            other = answered.setdefault((term, rule.min_grade), rule.id)
            if other != rule.id:
                fault = f"{rule.id} and {other} both answer {term} of grade {rule.min_grade}"
                yield Contradiction(
                    ("safety", "modification", index, "terms"), fault, "keep it in one of them"
                )


def _too_long(plan: DltPlan) -> Iterator[Contradiction]:
    """Durations that nobody waits for: no event of the window could be known to have lasted so."""
    until = plan.unresolved_until_day.value
    for index, rule in enumerate(plan.rules):
        place: Place = ("safety", "dlt", "rules", index)
        if rule.longer_than_days is not None and rule.longer_than_days >= until:
            fault = f"longer than {rule.longer_than_days} days is never known by day {until}"
            remedy = "shorten it, or lengthen unresolved_until_day"
            yield Contradiction((*place, "longer_than_days"), fault, remedy)
        for n, one in enumerate(rule.exceptions):
            if one.at_most_days >= until:
                fault = f"{one.at_most_days} days leave out whatever is known by day {until}"
                yield Contradiction((*place, "exceptions", n, "at_most_days"), fault, "shorten it")


def of_assessments(plan: SafetyPlan, schedule: Schedule | None) -> Iterator[Contradiction]:
    """What must be known of the window cannot be asked for at visits that are none of it."""
    wanted, place = plan.dlt.assessments, ("safety", "dlt", "assessments")
    if wanted is None:
        return
    yield from _chemistry(wanted)
    if schedule is None:
        return
    visits = {one.id: one for one in schedule.visits}
    where: Place = (*place, "visits")
    counts = 0
    for name in wanted.visits.value:
        visit = visits.get(name)
        if visit is None:
            known = ", ".join(one.id for one in schedule.visits if "haematology" in one.procedures)
            fault = f"names visit {name!r}, which is not planned"
            yield Contradiction(where, fault, f"write one of {known}")
        elif "haematology" not in visit.procedures:
            yield Contradiction(
                where, f"visit {name!r} has no haematology", "name a visit with a blood count"
            )
        else:
            counts += _counts_in_window(visit, plan.dlt.window_days.value)
    if not counts:
        fault = "plan no blood count within the window, so every window would be free of toxicity"
        yield Contradiction(where, fault, "name visits with haematology in the first cycle")
    elif wanted.may_miss.value >= counts:
        fault = f"{wanted.may_miss.value} of {counts} counts may be missing, so none need be known"
        yield Contradiction((*place, "may_miss"), fault, f"write less than {counts}")


def _chemistry(wanted: DltAssessments) -> Iterator[Contradiction]:
    """Tests of no known name, or that nothing grades: every window would wait for them in vain."""
    for index, test in enumerate(wanted.chemistry.value if wanted.chemistry else ()):
        place: Place = ("safety", "dlt", "assessments", "chemistry", "value", index)
        if lab_code(test) is None:
            near = ", ".join(dict.fromkeys(lab_code(name) or name for name in nearest_tests(test)))
            yield Contradiction(
                place, f"{test!r} is no laboratory test", f"write {near or 'a code such as ALT'}"
            )
        elif not terms_of_test(test):
            yield Contradiction(place, f"nothing grades {test}", "name a test that CTCAE grades")


def _counts_in_window(visit: VisitPlan, window: int) -> int:
    """Planned days of a visit after the first dose and within the window or its slack."""
    if visit.anchor not in ("cycle", "first-dose") or visit.cycles == "later" or visit.day < 1:
        return 0
    last = window + 1 + visit.before_days
    until = min(last, visit.until_day) if visit.until_day is not None else last
    if visit.every_days is None:
        return int(1 < visit.day <= last)
    return sum(day > 1 for day in range(visit.day, until + 1, visit.every_days))


def of_design(
    plan: EscalationPlan, treatment: Treatment | None, safety: SafetyPlan | None
) -> Iterator[Contradiction]:
    """Switches of the design against the levels that it chooses from, and the window that it waits for."""
    wait = plan.sentinel_interval_days.value
    if safety is not None and wait > safety.dlt.window_days.value:
        yield Contradiction(
            ("escalation", "sentinel_interval_days"),
            f"{wait} days are longer than the window of {safety.dlt.window_days.value} days",
            "write at most the days of the window",
        )
    if treatment is None:
        return
    levels, switches = len(treatment.levels), plan.switches
    start = switches.get("start", 1)
    if start > levels:
        fault = f"begins at level {start}, and there are {levels}"
        yield Contradiction(("escalation", "start"), fault, "write a level of treatment.levels")
    largest, cohort = switches.get("largest"), switches.get("cohort_size", 1)
    if largest is not None and largest < cohort:
        fault = f"{largest} patients in all are less than one cohort of {cohort}"
        yield Contradiction(("escalation", "largest"), fault, "write a multiple of cohort_size")
    stop = switches.get("n_earlystop")
    if stop is not None and largest is not None and stop > largest:
        fault = f"{stop} patients at one dose are more than {largest} in all"
        yield Contradiction(("escalation", "n_earlystop"), fault, "write at most `largest`")
    for key in _BY_LEVEL:
        numbers = switches.get(key)
        if numbers is not None and len(numbers) != levels:
            fault = f"has {len(numbers)} numbers for {levels} levels"
            yield Contradiction(("escalation", key), fault, "write one for each of treatment.levels")
    doses, amounts = switches.get("doses"), [level.amount(1) for level in treatment.levels]
    if doses is not None and len(doses) == levels:
        scales = [dose / amount for dose, amount in zip(doses, amounts, strict=True)]
        if max(scales) > min(scales) * (1.0 + _SAME_SCALE):
            fault = f"{_listed(doses)} do not rise as the levels do ({_listed(amounts)})"
            yield Contradiction(("escalation", "doses"), fault, "write the activities of treatment.levels")


def _listed(numbers: Iterable[float]) -> str:
    return ", ".join(f"{one:g}" for one in numbers)
