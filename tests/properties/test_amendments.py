"""An amendment acts forward: whoever was dosed before it keeps outcome, level and verdicts.

Any values of the study file change, on any day of any small trial; the past is never judged by later rules.
Beside that, a patient dosed after the amendment is judged by the new version alone.
"""

from __future__ import annotations

import copy
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, assume, given, settings
from pydantic import ValidationError

from galu.protocol import Study, load_study
from galu.protocol.versions import Version, amended
from galu.record import Entry, Fact, Record, record_of
from galu.record.disease import AdverseEvent
from galu.record.people import Consent, Demographics, Lab
from galu.record.treatment import Administration, Enrolment
from galu.trial.state import TrialState, derive_state
from support import ROOT, weekly_counts

ZONE = "Asia/Shanghai"
START = date(2026, 2, 2)
LU = "177Lu-PSMA-0057"
Path = tuple[str | int, ...]


@cache
def study() -> Study:
    return load_study(ROOT / "studies" / "nct07310355" / "study.yaml")


@cache
def leaves() -> tuple[Path, ...]:
    """Places of the study file whose value may be another: numbers, words of rules, whole items of lists."""
    return tuple(_leaves(study().model_dump(), ()))


def _leaves(node: Any, path: Path) -> Any:
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in ("identity", "zone", "agents", "source", "why", "fragment", "text"):
                yield from _leaves(value, (*path, key))
    elif isinstance(node, tuple | list):
        for index, value in enumerate(node):
            if isinstance(value, dict):
                yield (*path, index)
            yield from _leaves(value, (*path, index))
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield path


def changed(paths: list[Path], factor: float) -> Study:
    """The reference study with other numbers, and with items of its lists left out."""
    data = copy.deepcopy(study().model_dump())
    for path in paths:
        node = data
        for key in path[:-1]:
            node = node[key]
            if isinstance(node, tuple):
                break
        else:
            _change(node, path[-1], factor)
            continue
        _change_within(data, path, factor)
    return Study.model_validate(data)


def _change_within(data: Any, path: Path, factor: float) -> None:
    """The same through tuples, which are built anew."""
    if len(path) == 1:
        _change(data, path[0], factor)
        return
    inner = data[path[0]]
    if isinstance(inner, tuple):
        inner = list(inner)
        data[path[0]] = inner
    if isinstance(path[1], int) and len(path) == 2 and not isinstance(inner[path[1]], int | float):
        del inner[path[1]]
        return
    _change_within(inner, path[1:], factor)


def _change(node: Any, key: Any, factor: float) -> None:
    value = node[key]
    if isinstance(value, int | float) and not isinstance(value, bool):
        node[key] = max(1, round(value * factor)) if isinstance(value, int) else value * factor


@st.composite
def trials(draw: st.DrawFn) -> Record:
    """Up to seven men, each with his way, counts that may lack, and a toxicity that may be."""
    facts: list[tuple[date, Fact]] = []
    for n in range(draw(st.integers(1, 7))):
        facts += _man(draw, f"P{n}", START + timedelta(days=draw(st.integers(0, 90))))
    facts.sort(key=lambda one: one[0])
    at = (datetime.combine(day, time(12), ZoneInfo(ZONE)) for day, _ in facts)
    return record_of(
        [Entry(2 * n, when, fact) for n, (when, (_, fact)) in enumerate(zip(at, facts, strict=True), 2)], ZONE
    )


def _man(draw: st.DrawFn, name: str, day: date) -> list[tuple[date, Fact]]:
    level, slot, dosed = draw(st.sampled_from((1, 2))), draw(st.integers(0, 20)), draw(st.integers(0, 9))
    site = draw(st.sampled_from((None, "Wuhan", "Beijing")))
    found: list[tuple[date, Fact]] = [
        (day, Consent(id=f"{name}-c", subject=name, on=day.isoformat())),
        (day, Demographics(id=f"{name}-d", subject=name, on=day.isoformat(), sex="M", site=site)),
    ]
    on = day + timedelta(days=slot)
    found.append(
        (on, Enrolment(id=f"{name}-e", subject=name, on=on.isoformat(), phase="escalation", level=level))
    )
    first = on + timedelta(days=dosed)
    mbq = {1: 3700.0, 2: 6000.0}[level] * draw(st.sampled_from((1.0, 1.0, 0.7)))
    for cycle in range(1, draw(st.integers(0, 3)) + 1):
        given_on = first + timedelta(days=42 * (cycle - 1))
        dose = Administration(
            id=f"{name}-a{cycle}", subject=name, on=f"{given_on}T10:00", agent=LU, cycle=cycle,
            planned_activity_mbq=mbq, activity_mbq=mbq,
        )  # fmt: skip
        found.append((given_on, dose))
    if draw(st.booleans()):
        leave = (8,) if draw(st.booleans()) else ()
        found += [(date.fromisoformat(one.on), one) for one in weekly_counts(name, first, leave=leave)]
    if draw(st.booleans()):
        onset = first + timedelta(days=draw(st.integers(1, 70)))
        grade, term = draw(st.integers(2, 5)), draw(st.sampled_from(("Fatigue", "Hepatic failure", "Anemia")))
        event = AdverseEvent(
            id=f"{name}-x", subject=name, on=onset.isoformat(), term=term, grade=grade, attribution="related"
        )
        found.append((onset, event))
    if draw(st.booleans()):
        late = first + timedelta(days=draw(st.integers(2, 60)))
        low = Lab(id=f"{name}-l", subject=name, on=late.isoformat(), test="PLAT", value=20.0, unit="10^9/L")
        found.append((late, low))
    return found


def seen(state: TrialState, names: set[str]) -> dict[str, object]:
    """Outcome, level and verdicts of some men."""
    slots = {
        one.subject: (one.level, one.outcome, one.rule, one.reason, one.window_ends)
        for one in state.board.slots
        if one.subject in names
    }
    verdicts = {
        (gate.subject, gate.gate, one.criterion): (one.at_gate, one.facts)
        for gate in state.eligibility
        if gate.subject in names
        for one in gate.verdicts
    }
    levels = {one.id: (one.level, one.therapy[0].level_mbq) for one in state.subjects if one.id in names}
    return {"slots": slots, "verdicts": verdicts, "levels": levels}


@settings(max_examples=25, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(
    trials(),
    st.data(),
    st.integers(0, 150),
    st.integers(0, 220),
    st.sampled_from((0.5, 1.5, 2.0)),
    st.booleans(),
)
def test_who_was_dosed_before_an_amendment_keeps_what_was_said(
    record: Record, data: st.DataObject, begins: int, looked: int, factor: float, by_site: bool
) -> None:
    paths = data.draw(st.lists(st.sampled_from(leaves()), min_size=1, max_size=6, unique=True))
    try:
        other = changed(sorted(paths, key=lambda one: str(one), reverse=True), factor)
    except (ValidationError, KeyError, IndexError, TypeError):
        assume(False)
    effective, day = START + timedelta(days=begins), START + timedelta(days=looked)
    sites = (("Wuhan", effective + timedelta(days=20)),) if by_site else ()
    entered = max(
        (e["seq"].max() for f, e in record.as_of(effective - timedelta(days=1)).frames.items()), default=1
    )
    versions = (Version(study(), 1, date.min), Version(other, int(entered) + 1, effective, sites))
    plain = derive_state(study(), record, day)
    now = derive_state(amended(versions, day), record, day)
    if day < effective:
        assert now.board == plain.board
        return
    before = {one.id for one in plain.subjects if one.first_dose is not None and one.first_dose < effective}
    _same(seen(now, before), seen(plain, before))
    after = {one.id for one in plain.subjects if _all_after(one, effective + timedelta(days=20 * by_site))}
    new = derive_state(other, record, day)
    assert seen(now, after)["slots"] == seen(new, after)["slots"]


def _same(one: dict[str, Any], other: dict[str, Any]) -> None:
    for what in one:
        assert one[what].keys() == other[what].keys()
        for key, value in one[what].items():
            assert value == other[what][key], (what, key)


def _all_after(one: Any, day: date) -> bool:
    return one.first_dose is not None and one.first_dose > day
