"""Who came, stayed and left: disposition, analysis sets, deviations (ICH E3, 10.1, 10.2, 11.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from galu.record.people import Disposition
from galu.results.lines import Counted, Facts, Heading, Line
from galu.results.populations import definitions, members_of
from galu.results.table import Table
from galu.trial.flow import COMPLETED, ONGOING, end_of_treatment
from galu.trial.slots import Slot
from galu.trial.state import TrialState
from galu.trial.subjects import Subject


def disposition(state: TrialState) -> Table:
    """T-14.1.1. Treatment in percent of those dosed, study in percent of those enrolled."""
    people, members = state.subjects, members_of(state)
    screened = set(members["screened"])
    dosed = [one for one in people if one.therapy]
    enrolled = frozenset(members["enrolled"])
    ends = {one.id: end_of_treatment(state.study, one) for one in dosed}
    why = Counter(end for name, end in ends.items() if end not in (ONGOING, COMPLETED) and name in screened)
    treated = frozenset(ends)

    def ended(how: str) -> dict[str, Facts]:
        return {one.id: _end_facts(one) for one in dosed if ends[one.id] == how}

    lines: list[Line] = [
        Counted("Screened", {one.id: one.facts for one in people if one.id in screened}),
        Counted("Screen failures", {one.id: one.facts for one in people if one.failed}),
        *(Counted(reason, who, 1) for reason, who in _failures(state) if screened & who.keys()),
        Counted("Enrolled", {one.id: one.facts for one in people if one.id in enrolled}),
        Counted("Received the imaging agent", _given(people, "imaging")),
        Counted("Received the therapeutic agent", _given(people, "therapy")),
        Counted("DLT-evaluable", _evaluable(state), of=treated),
        Heading("Treatment (percent of those who received the therapeutic agent)"),
        Counted("Ongoing", ended(ONGOING), 1, of=treated),
        Counted("Completed as planned", ended(COMPLETED), 1, of=treated),
        Counted(
            "Discontinued",
            {one.id: _end_facts(one) for one in dosed if ends[one.id] not in (ONGOING, COMPLETED)},
            1,
            of=treated,
        ),
        *(Counted(reason, ended(reason), 2, of=treated) for reason, _ in _by_number(why)),
        Heading("Study (percent of those enrolled)"),
        *_study(people, enrolled),
    ]
    notes = (
        "Columns by dose hold those with a slot; a pooled column overlaps the two it pools, and the total is "
        "no sum of the row.",
        "Screen failures and those who received the imaging agent only belong to no dose level.",
    )
    return Table("14.1.1", "Disposition of subjects", "screened", tuple(lines), notes)


def _by_number(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _failures(state: TrialState) -> list[tuple[str, dict[str, Facts]]]:
    """Subjects by the reason of their screen failure as the site gave it; it may name several."""
    told = state.record.rows_by_subject(Disposition)
    found: dict[str, dict[str, Facts]] = {}
    for one in state.subjects:
        if one.failed:
            rows = [row for row in told.get(one.id, ()) if row.id in one.facts] or told.get(one.id, ())
            reason = next((row.fact.category for row in reversed(rows) if row.fact.category), None)
            found.setdefault(reason or "reason not stated", {})[one.id] = tuple(row.id for row in rows)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def _given(people: tuple[Subject, ...], what: str) -> dict[str, Facts]:
    doses = {one.id: one.therapy if what == "therapy" else one.imaging for one in people}
    return {name: given[0].facts for name, given in doses.items() if given}


def _evaluable(state: TrialState) -> dict[str, Facts]:
    slots: dict[str, Slot] = {one.subject: one for one in state.board.slots}
    return {name: slots[name].decided_by or slots[name].facts for name in members_of(state)["dlt-evaluable"]}


def _end_facts(one: Subject) -> Facts:
    left = one.left("treatment")
    if left is not None:
        return (left.fact,)
    if one.death is not None:
        return (one.death.fact,)
    return one.therapy[-1].facts if one.therapy else ()


def _study(people: tuple[Subject, ...], enrolled: frozenset[str]) -> list[Line]:
    own = [one for one in people if one.id in enrolled]
    dead = {one.id: (one.death.fact,) for one in own if one.death is not None}
    gone = {one.id: left for one in own if (left := one.left("study")) is not None and one.id not in dead}
    causes = Counter(left.cause or "reason not stated" for left in gone.values())
    on = {one.id: one.facts for one in own if one.id not in dead and one.id not in gone}
    return [
        Counted("In the study", on, 1, of=enrolled),
        Counted("Died", dead, 1, of=enrolled),
        Counted("Left the study alive", {name: (left.fact,) for name, left in gone.items()}, 1, of=enrolled),
        *(
            Counted(
                cause,
                {n: (left.fact,) for n, left in gone.items() if (left.cause or "reason not stated") == cause},
                2,
                of=enrolled,
            )
            for cause, _ in _by_number(causes)
        ),
    ]


def analysis_sets(state: TrialState) -> Table:
    """T-14.1.2. Subjects of each set, of those enrolled; who is outside and why is listed (16.2.3)."""
    enrolled = set(members_of(state)["enrolled"])
    people = {one.id: one for one in state.subjects}
    lines: list[Line] = []
    for name, members in members_of(state).items():
        if name != "screened":
            own = {one: people[one].facts for one in members if one in enrolled}
            lines.append(Counted(said_of(state, name), own))
    return Table(
        "14.1.2",
        "Analysis sets",
        "enrolled",
        tuple(lines),
        ("Who is outside a set is listed in 16.2.3; a subject may be outside several.",),
    )


def said_of(state: TrialState, name: str) -> str:
    """Name and definition of a set."""
    return f"{name}: {definitions(state)[name]}"


def deviations(state: TrialState) -> Table:
    """T-14.1.3. Deviations by rule; a subject counts once in a row, each deviation as one event."""
    enrolled = set(members_of(state)["enrolled"])
    found: dict[str, dict[str, list[Facts]]] = {}
    for one in state.deviations:
        if one.subject in enrolled:
            found.setdefault(one.rule, {}).setdefault(one.subject, []).append(one.facts)
    every: dict[str, list[Facts]] = {}
    for own in found.values():
        for subject, facts in own.items():
            every.setdefault(subject, []).extend(facts)
    lines: list[Line] = [_deviating("Any deviation", every, 0)]
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    lines += [_deviating(rule, own, 1) for rule, own in ordered]
    notes = ("Deviations are derived from the record and its study file; n (%) [deviations].",)
    return Table("14.1.3", "Protocol deviations", "enrolled", tuple(lines) if every else (), notes)


def _deviating(label: str, own: Mapping[str, list[Facts]], indent: int) -> Counted:
    who = {name: tuple(dict.fromkeys(f for facts in told for f in facts)) for name, told in own.items()}
    return Counted(label, who, indent, {name: len(told) for name, told in own.items()})
