"""Exposure: net and cumulative activity, cycles, delays and reductions."""

from __future__ import annotations

from itertools import accumulate
from statistics import mean, median

from galu.protocol.treatment import Body
from galu.report.blocks import Block, Section, Table
from galu.report.figures.exposure import cumulative_activity
from galu.report.sections.overview import assumed_in
from galu.trial.flow import ExposureRow
from galu.trial.state import TrialState


def activities_of(state: TrialState) -> dict[int, str]:
    """Planned activity of each level, in words."""
    return {lv.level: str(lv) for lv in state.study.treatment.levels} if state.study.treatment else {}


def _planned(state: TrialState) -> dict[int, list[float]]:
    """Cumulative activity of each level by the plan [GBq]; of one that hangs on the weight none."""
    plan = state.study.treatment
    if plan is None or plan.by_body:
        return {}
    numbers = range(1, plan.most_administrations + 1)
    found: dict[int, list[float]] = {}
    for one in plan.levels:
        steps = (plan.planned(one.level, number, Body()).mbq or 0.0 for number in numbers)
        found[one.level] = [mbq / 1000.0 for mbq in accumulate(steps)]
    return found


def exposure(state: TrialState) -> Section:
    """What was given, per level, per subject and per administration."""
    assumed = assumed_in(state, "treatment")
    if not state.exposure:
        return Section("exposure", "Exposure", assumed=assumed, silent="Nobody has been dosed yet.")
    by_subject: dict[str, list[ExposureRow]] = {}
    for row in state.exposure:
        by_subject.setdefault(row.subject, []).append(row)
    unknown = sum(row.net_mbq is None for row in state.exposure)
    sentences = [f"{len(state.exposure)} administrations to {len(by_subject)} subjects."]
    if unknown:
        why = max({r.reason for r in state.exposure if r.net_mbq is None}, key=len)
        sentences.append(f"The net activity of {unknown} administrations is not known ({why}).")
    known = [row for row in state.exposure if row.cumulative_mbq is not None]
    blocks: list[Block] = [cumulative_activity(known, activities_of(state), _planned(state))] if known else []
    blocks += [_by_level(by_subject), _by_subject(by_subject), _administrations(state)]
    return Section("exposure", "Exposure", tuple(sentences), tuple(blocks), assumed)


def _gbq(mbq: float | None) -> float | None:
    return None if mbq is None else mbq / 1000.0


def _by_level(by_subject: dict[str, list[ExposureRow]]) -> Table:
    rows = []
    for level in sorted({r[0].level for r in by_subject.values()}, key=lambda lv: lv or 0):
        own = [r for r in by_subject.values() if r[0].level == level]
        doses = [row for r in own for row in r]
        nets = [row.net_mbq / 1000.0 for row in doses if row.net_mbq is not None]
        totals = [r[-1].cumulative_mbq / 1000.0 for r in own if r[-1].cumulative_mbq is not None]
        rows.append(
            (
                "no level" if level is None else f"level {level}", len(own), len(doses),
                mean(_cycles(r) for r in own), max(_cycles(r) for r in own),
                mean(nets) if nets else None, median(totals) if totals else None,
                max(totals) if totals else None,
                sum((row.delay_days or 0) > 7 for row in doses), sum(bool(row.reduced) for row in doses),
            )
        )  # fmt: skip
    columns = ("level", "subjects", "administrations", "mean cycles", "most cycles", "mean net [GBq]",
               "median cumulative [GBq]", "highest cumulative [GBq]", "delayed over 7 days",
               "reduced")  # fmt: skip
    return Table("exposure-levels", "Exposure by dose level", columns, tuple(rows))


def _cycles(rows: list[ExposureRow]) -> int:
    """Cycles of a subject: a fraction is no cycle of its own."""
    return sum(row.fraction in (None, 1) for row in rows)


def _by_subject(by_subject: dict[str, list[ExposureRow]]) -> Table:
    rows = tuple(
        (name, r[0].level, _cycles(r), r[0].day, r[-1].day, _gbq(r[-1].cumulative_mbq),
         max((row.delay_days for row in r if row.delay_days is not None), default=None),
         sum(bool(row.reduced) for row in r))
        for name, r in by_subject.items()
    )  # fmt: skip
    columns = ("subject", "level", "cycles", "first dose", "last dose", "cumulative [GBq]",
               "longest delay [d]",
               "reduced")  # fmt: skip
    return Table("exposure-subjects", "Exposure by subject", columns, rows)


def _administrations(state: TrialState) -> Table:
    plan = state.study.treatment
    parts = plan is not None and plan.fractions > 1
    rows = tuple(
        (r.subject, r.level, r.agent, r.cycle, *((r.fraction,) if parts else ()),
         r.day, r.planned_mbq, r.net_mbq, r.cumulative_mbq,
         r.delay_days,
         r.reduced, r.reason)
        for r in state.exposure
    )  # fmt: skip
    columns = ("subject", "level", "agent", "cycle", *(("fraction",) if parts else ()),
               "day", "planned [MBq]", "net [MBq]", "cumulative [MBq]",
               "delay [d]", "reduced", "how")  # fmt: skip
    return Table("administrations", "Every administration", columns, rows, page_rows=0)
