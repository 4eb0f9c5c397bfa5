"""What the schema of a registry lets through and its review sends back: impossible counts, parts that lack.

The schema has no number, no length and no list. Each check here is named in the words of the registry's own
review comments (PRS: major comments), with the place and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from galu.exchange.registry.results_xml import Node, is_total

#: Longest texts [characters] (data element definitions, 2021).
_LIMITS: Final[Mapping[str, int]] = {"title": 255, "description": 999, "timeFrame": 255, "unitOfMeasure": 40,
                                     "populationDescription": 500}  # fmt: skip
_GROUP_TITLE, _GROUP_DESCRIPTION, _RECRUITMENT = 100, 1500, 500
_MODULES: Final[Mapping[str, str]] = {
    "participantFlowModule": "participant flow", "baselineCharacteristicsModule": "baseline characteristics",
    "outcomeMeasuresModule": "outcome measures", "adverseEventsModule": "adverse events",
}  # fmt: skip
#: Measures that a dispersion belongs to; a count has none.
_WITH_DISPERSION: Final = ("MEAN", "MEDIAN", "GEOMETRIC_MEAN", "LEAST_SQUARES_MEAN")


@dataclass(frozen=True, slots=True)
class Comment:
    """Something the registry's review would send back: where, what, and what to do."""

    place: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}; {self.remedy}"


def check_results(section: Node) -> tuple[Comment, ...]:
    """Everything that is amiss in a results section, in the order of its modules."""
    return tuple(comment for check in _CHECKS for comment in check(section))


def _number(text: object) -> float | None:
    if isinstance(text, bool):
        return None
    if isinstance(text, int | float):
        return float(text)
    told = str(text).strip().replace(",", "") if text is not None else ""
    return float(told) if re.fullmatch(r"-?\d+(\.\d+)?", told) else None


def _count(place: str, text: object, most: float | None = None, of: str = "") -> Iterator[Comment]:
    number = _number(text)
    if number is None or number != int(number):
        yield Comment(place, f"{text!r} is no count", "give a whole number of participants")
    elif number < 0:
        yield Comment(place, f"{number:g} is less than none", "give a whole number of participants")
    elif most is not None and number > most:
        yield Comment(place, f"{number:g} of {most:g} {of} is more than there are", "correct one of the two")


def _modules(section: Node) -> Iterator[Comment]:
    for key, name in _MODULES.items():
        if not section.get(key):
            what = "the module is omitted: a full upload deletes what was there"
            yield Comment(name, what, "add it, or mark the upload partial")
    more = section.get("moreInfoModule") or {}
    for key, name in (("certainAgreement", "certain agreements"), ("pointOfContact", "point of contact")):
        if not more.get(key):
            yield Comment(name, "is lacking", "enter it at the registry, or in the file")


def _flow(section: Node) -> Iterator[Comment]:
    module = section.get("participantFlowModule") or {}
    if len(str(module.get("recruitmentDetails") or "")) > _RECRUITMENT:
        yield Comment("participant flow, recruitment", f"longer than {_RECRUITMENT} characters", "shorten it")
    for period in module.get("periods", ()):
        yield from _period(f"participant flow, {period.get('title', 'period')}", period)


def _period(place: str, period: Node) -> Iterator[Comment]:
    by: dict[str, dict[str, object]] = {}
    for one in period.get("milestones", ()):
        by[one["type"]] = {told["groupId"]: told.get("numSubjects") for told in one.get("achievements", ())}
    started = by.get("STARTED", {})
    if not started:
        yield Comment(place, "nobody started", "give the number that started in each group")
    for kind, achieved in by.items():
        for group, told in achieved.items():
            most = _number(started.get(group)) if kind != "STARTED" else None
            yield from _count(f"{place}, {kind}, {group}", told, most, "started")
    left: dict[str, float] = {}
    for reason in period.get("dropWithdraws", ()):
        for told in reason.get("reasons", ()):
            yield from _count(f"{place}, {reason['type']}, {told['groupId']}", told.get("numSubjects"))
            left[told["groupId"]] = left.get(told["groupId"], 0.0) + (_number(told.get("numSubjects")) or 0.0)
    for group, told in started.items():
        begun, done = _number(told), _number(by.get("COMPLETED", {}).get(group))
        if begun is not None and done is not None and 0 <= done <= begun:
            gone = begun - done
            if not left and gone:
                what = f"{gone:g} did not complete and no reason is given"
                yield Comment(f"{place}, {group}", what, "give the reasons for not completing")
            elif left and left.get(group, 0.0) != gone:
                what = f"reasons add up to {left.get(group, 0.0):g}, {gone:g} did not complete"
                yield Comment(f"{place}, {group}", what, "make them agree")


def _baseline(section: Node) -> Iterator[Comment]:
    module = section.get("baselineCharacteristicsModule") or {}
    analysed = _denominators(module.get("denoms", ()))
    for measure in module.get("measures", ()):
        yield from _measure(f"baseline, {measure.get('title')}", measure, analysed)
    if module and not any(str(one.get("title", "")).startswith("Age") for one in module.get("measures", ())):
        yield Comment("baseline", "no age is given", "add age, continuous or in categories")
    if module and not any(str(one.get("title", "")).startswith("Sex") for one in module.get("measures", ())):
        yield Comment("baseline", "no sex or gender is given", "add it")
    started = _started(section)
    total = sum(analysed.get(group["id"], 0.0) for group in module.get("groups", ()) if not is_total(group))
    if started and total > started:
        what = f"{total:g} analysed, {started:g} started: inconsistent across modules"
        yield Comment("baseline", what, "say in the population description why they differ, or correct one")


def _started(section: Node) -> float:
    periods = (section.get("participantFlowModule") or {}).get("periods", ())
    if not periods:
        return 0.0
    first: Node = next((one for one in periods[0].get("milestones", ()) if one["type"] == "STARTED"), {})
    return sum(_number(one.get("numSubjects")) or 0.0 for one in first.get("achievements", ()))


def _denominators(denoms: Sequence[Node]) -> dict[str, float]:
    return {
        one["groupId"]: _number(one.get("value")) or 0.0
        for told in denoms
        if told.get("units", "Participants") == "Participants"
        for one in told.get("counts", ())
    }


def _outcomes(section: Node) -> Iterator[Comment]:
    measures = (section.get("outcomeMeasuresModule") or {}).get("outcomeMeasures", ())
    if section.get("outcomeMeasuresModule") and not any(one.get("type") == "PRIMARY" for one in measures):
        yield Comment("outcome measures", "none is primary", "report each primary outcome that is registered")
    for n, one in enumerate(measures, 1):
        place = f"outcome {n}, {str(one.get('title') or 'no title')[:50]}"
        if not one.get("timeFrame"):
            yield Comment(place, "has no time frame", "say from when to when it was measured")
        for key, most in _LIMITS.items():
            if len(str(one.get(key) or "")) > most:
                yield Comment(f"{place}, {key}", f"longer than {most} characters", "shorten it")
        if not one.get("groups") and one.get("reportingStatus", "POSTED") == "POSTED":
            yield Comment(place, "has no group", "report it by group")
        yield from _measure(place, one, _denominators(one.get("denoms", ())))


def _measure(place: str, told: Node, analysed: Mapping[str, float]) -> Iterator[Comment]:
    kind, unit = told.get("paramType"), str(told.get("unitOfMeasure") or "")
    dispersion = told.get("dispersionType")
    if not kind and told.get("classes"):
        yield Comment(place, "no type of measure is given", "say whether it is a count, a mean, …")
    if kind in _WITH_DISPERSION and not dispersion:
        yield Comment(place, "dispersion is missing", "give a standard deviation, a range or an interval")
    if kind and not unit:
        yield Comment(place, "has no unit of measure", "give one, such as Participants")
    if str(told.get("title", "")).casefold().startswith("number of") and "percent" in unit.casefold():
        yield Comment(place, f"the title says a number and the unit is {unit}", "make title and unit agree")
    if kind == "COUNT_OF_PARTICIPANTS" and unit.casefold() not in ("participants", "participant"):
        yield Comment(place, f"a count of participants has the unit {unit}", "write Participants")
    known = {group["id"] for group in told.get("groups", ())} or set(analysed)
    for row in told.get("classes", ()):
        own = _denominators(row.get("denoms", ())) or analysed
        for category in row.get("categories", ()):
            for one in category.get("measurements", ()):
                at = f"{place}, {one.get('groupId')}"
                if known and one.get("groupId") not in known:
                    yield Comment(at, "is a group that is not there", "name one of the groups")
                yield from _value(at, one, told, own.get(one.get("groupId", "")))


def _value(at: str, one: Node, told: Node, analysed: float | None) -> Iterator[Comment]:
    kind, text = told.get("paramType"), str(one.get("value", ""))
    number = _number(one.get("value"))
    if text == "NA":
        if not one.get("comment"):
            yield Comment(at, "is not available and no reason is given", "say why in the comment")
        return
    if number is None:
        yield Comment(at, f"{text!r} is no number", "give the value, or NA with the reason")
        return
    if kind == "COUNT_OF_PARTICIPANTS":
        yield from _count(at, one.get("value"), analysed, "analysed")
    unit = str(told.get("unitOfMeasure") or "").casefold()
    if unit.startswith("percent") and kind == "NUMBER" and not 0.0 <= number <= 100.0:
        yield Comment(at, f"{number:g} percent cannot be", "give 0 to 100")
    low, high = _number(one.get("lowerLimit")), _number(one.get("upperLimit"))
    if low is not None and high is not None and not low <= number <= high:
        yield Comment(at, f"{number:g} lies outside its limits {low:g} to {high:g}", "correct them")
    spread = _number(one.get("spread"))
    if spread is not None and spread < 0:
        yield Comment(at, f"a spread of {spread:g} cannot be", "correct it")
    spreads = (one.get("spread"), one.get("lowerLimit"), one.get("upperLimit"))
    if told.get("dispersionType") and kind in _WITH_DISPERSION and spreads == (None, None, None):
        yield Comment(at, "dispersion is missing", "give it, or NA with the reason")


def _events(section: Node) -> Iterator[Comment]:
    module = section.get("adverseEventsModule") or {}
    if not module:
        return
    threshold = _number(module.get("frequencyThreshold"))
    if threshold is None or not 0.0 <= threshold <= 5.0:
        what = f"the frequency threshold is {module.get('frequencyThreshold')!r}"
        yield Comment("adverse events", what, "give a number from 0 to 5 percent")
    if not module.get("timeFrame"):
        yield Comment("adverse events", "have no time frame", "say over which time they were collected")
    groups = {group["id"]: group for group in module.get("eventGroups", ())}
    for group in groups.values():
        place = f"adverse events, {group.get('title') or group['id']}"
        for what, name in (
            ("deaths", "all-cause mortality"),
            ("serious", "serious events"),
            ("other", "other events"),
        ):
            at_risk, affected = group.get(f"{what}NumAtRisk"), group.get(f"{what}NumAffected")
            if affected is None or at_risk is None:
                yield Comment(
                    f"{place}, {name}", "is not given", "give affected and at risk, 0 where there is none"
                )
                continue
            yield from _count(f"{place}, {name}, at risk", at_risk)
            yield from _count(f"{place}, {name}", affected, _number(at_risk), "at risk")
    for kind, total in (("seriousEvents", "serious"), ("otherEvents", "other")):
        yield from _terms(module.get(kind, ()), groups, total)


def _terms(events: Sequence[Node], groups: Mapping[str, Node], total: str) -> Iterator[Comment]:
    most: dict[str, float] = {}
    seen: set[tuple[str, str]] = set()
    for event in events:
        name = (str(event.get("organSystem")), str(event.get("term")))
        place = f"{total} events, {name[1]}"
        if name in seen:
            yield Comment(place, "stands twice in its class", "join the two rows")
        seen.add(name)
        if not event.get("organSystem"):
            yield Comment(place, "has no organ system", "give one of MedDRA's classes")
        for told in event.get("stats", ()):
            at = f"{place}, {told.get('groupId')}"
            if told.get("groupId") not in groups:
                yield Comment(at, "is a group that is not there", "name one of the groups")
            yield from _count(at, told.get("numAffected"), _number(told.get("numAtRisk")), "at risk")
            events_n, affected = _number(told.get("numEvents")), _number(told.get("numAffected"))
            if events_n is not None and affected is not None and events_n < affected:
                yield Comment(
                    at, f"{events_n:g} events in {affected:g} participants", "correct one of the two"
                )
            most[told["groupId"]] = max(most.get(told["groupId"], 0.0), affected or 0.0)
    for group, largest in most.items():
        stated = _number((groups.get(group) or {}).get(f"{total}NumAffected"))
        if stated is not None and stated < largest:
            what = f"{stated:g} had any, {largest:g} had one of them: inconsistent within the module"
            yield Comment(f"{total} events, {group}", what, "correct the total")


def _groups(section: Node) -> Iterator[Comment]:
    for key, name in _MODULES.items():
        module = section.get(key) or {}
        for group in (*module.get("groups", ()), *module.get("eventGroups", ())):
            if len(str(group.get("title") or "")) > _GROUP_TITLE:
                yield Comment(
                    f"{name}, {group['id']}", f"a title over {_GROUP_TITLE} characters", "shorten it"
                )
            if len(str(group.get("description") or "")) > _GROUP_DESCRIPTION:
                what = f"a description over {_GROUP_DESCRIPTION} characters"
                yield Comment(f"{name}, {group['id']}", what, "shorten it")


_CHECKS: Final[tuple[Callable[[Node], Iterator[Comment]], ...]] = (
    _modules, _groups, _flow, _baseline, _outcomes, _events,
)  # fmt: skip
