"""What was given: activities by cycle and together, compliance, delays, reductions (ICH E3, 12.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from galu.results.lines import Counted, Facts, Heading, Line, Measured
from galu.results.table import Table
from galu.trial.exposure import Dose
from galu.trial.flow import ExposureRow
from galu.trial.state import TrialState
from galu.trial.subjects import Subject


def therapy(state: TrialState) -> Table:
    """T-14.1.10. Net activity is what was dispensed less what was left, at the time of administration."""
    dosed = [one for one in state.subjects if one.therapy]
    most = max((len(one.therapy) for one in dosed), default=0)
    rows = {one.id: [row for row in state.exposure if row.subject == one.id] for one in dosed}
    lines: list[Line] = [Heading("Administrations started")]
    numbers = range(1, most + 1)
    lines += [Counted(f"{n} or more", _received(dosed, n), 1) for n in numbers]
    lines += [Measured(f"Net activity, administration {n} [GBq]", _nets(dosed, n), places=2) for n in numbers]
    lines += [
        Measured("Cumulative net activity [GBq]", _cumulative(dosed), places=2),
        Measured("Net in percent of planned, all administrations [%]", _compliance(dosed), places=0),
        Measured("Time from first to last administration [d]", _duration(dosed), places=0),
        *_marks(state, rows),
    ]
    unknown = {one.id: one.therapy[0].facts for one in dosed if one.cumulative_mbq is None}
    if unknown:
        lines.append(Counted("Net activity of an administration not known", unknown))
    notes = (
        "A dose that was not given is no activity of zero: it is not in the means.",
        "Planned is the activity prescribed for each administration.",
    )
    return Table("14.1.10", "Exposure to the therapeutic agent", "therapy-safety", tuple(lines), notes)


def _received(dosed: Iterable[Subject], n: int) -> dict[str, Facts]:
    return {one.id: one.therapy[n - 1].facts for one in dosed if len(one.therapy) >= n}


def _nets(dosed: Iterable[Subject], n: int) -> dict[str, tuple[float, Facts]]:
    given = {one.id: one.therapy[n - 1] for one in dosed if len(one.therapy) >= n}
    return {
        name: (dose.net_mbq / 1000.0, dose.facts) for name, dose in given.items() if dose.net_mbq is not None
    }


def _all_facts(one: Subject) -> Facts:
    return tuple(dict.fromkeys(fact for dose in one.therapy for fact in dose.facts))


def _cumulative(dosed: Iterable[Subject]) -> dict[str, tuple[float, Facts]]:
    known = {one.id: (one.cumulative_mbq, _all_facts(one)) for one in dosed}
    return {name: (mbq / 1000.0, facts) for name, (mbq, facts) in known.items() if mbq is not None}


def _compliance(dosed: Iterable[Subject]) -> dict[str, tuple[float, Facts]]:
    found: dict[str, tuple[float, Facts]] = {}
    for one in dosed:
        pairs = [(dose.net_mbq, dose.planned_mbq) for dose in one.therapy]
        planned = sum(plan or 0.0 for _, plan in pairs)
        if planned and all(net is not None and plan for net, plan in pairs):
            found[one.id] = 100.0 * sum(net or 0.0 for net, _ in pairs) / planned, _all_facts(one)
    return found


def _duration(dosed: Iterable[Subject]) -> dict[str, tuple[float, Facts]]:
    return {
        one.id: (float((one.therapy[-1].day - one.therapy[0].day).days), _all_facts(one))
        for one in dosed
        if len(one.therapy) > 1
    }


def _marks(state: TrialState, rows: dict[str, list[ExposureRow]]) -> list[Line]:
    def having(label: str, of: dict[str, list[ExposureRow]]) -> Counted:
        who = {name: tuple(fact for row in own for fact in row.facts) for name, own in of.items() if own}
        return Counted(label, who, events={name: len(own) for name, own in of.items()})

    late = {one: [r for r in own if (r.delay_days or 0) > 0] for one, own in rows.items()}
    less = {one: [r for r in own if r.reduced] for one, own in rows.items()}
    return [
        having("A dose after the day planned, within its window or not, n (%) [doses]", late),
        Counted("A dose beyond its window, n (%) [doses]", *_beyond(state)),
        having("A dose reduced, n (%) [doses]", less),
    ]


def _beyond(state: TrialState) -> tuple[dict[str, Facts], int, dict[str, int]]:
    """Subjects with doses that are deviations for their day, how far the line is set in, and how many."""
    found: dict[str, list[Facts]] = {}
    for one in state.deviations:
        if one.rule == "dose late":
            found.setdefault(one.subject, []).append(one.facts)
    who = {name: tuple(fact for facts in own for fact in facts) for name, own in found.items()}
    return who, 0, {name: len(own) for name, own in found.items()}


def imaging(state: TrialState) -> Table:
    """T-14.1.11. The imaging agent, never added to the activity of the therapy."""
    imaged = [one for one in state.subjects if one.imaging]
    doses: dict[str, tuple[Dose, ...]] = {one.id: one.imaging for one in imaged}
    first = {
        name: (own[0].net_mbq, own[0].facts) for name, own in doses.items() if own[0].net_mbq is not None
    }
    lines: list[Line] = [
        Counted("Received the imaging agent", {name: own[0].facts for name, own in doses.items()}),
        Measured("Activity of the first administration [MBq]", first, places=0),
        Measured(
            "Administrations",
            {name: (float(len(own)), tuple(f for d in own for f in d.facts)) for name, own in doses.items()},
            places=0,
        ),
    ]
    table = Table(
        "14.1.11", "Exposure to the imaging agent", "imaging-safety", tuple(lines) if imaged else ()
    )
    return replace(table, notes=("Never added to the activity of the therapeutic agent.",))
