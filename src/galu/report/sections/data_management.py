"""Data management: queries, what is expected and missing, how far the data are reviewed and locked."""

from __future__ import annotations

from collections import Counter

from galu.report.blocks import Block, Row, Section, Table
from galu.trial.state import TrialState

_STATES = ("entered", "expected", "overdue", "missing", "not done", "unscheduled")


def data_management(state: TrialState) -> Section:
    """A line for each subject, every query, and marks that a later correction undid."""
    title = "Data management"
    if not state.expected and not state.data.queries:
        return Section("data", title, silent="The study file plans no visit, and nobody asked anything.")
    waiting = [one for one in state.data.queries if one.state != "closed"]
    missing = sum(one.state in ("missing", "overdue") for one in state.expected)
    sentence = f"{len(waiting)} queries are open or answered; {missing} procedures are overdue or missing."
    blocks: list[Block] = [_subjects(state), _not_entered(state)]
    blocks += [_queries(state)] if state.data.queries else []
    return Section("data", title, (sentence,), tuple(blocks))


def _subjects(state: TrialState) -> Table:
    lines: dict[str, Counter[str]] = {}
    for one in state.expected:
        lines.setdefault(one.subject, Counter())[one.state] += 1
    asked = Counter(one.subject for one in state.data.queries if one.state != "closed")
    rows: tuple[Row, ...] = tuple(
        (name, *(lines[name][word] for word in _STATES), asked[name], state.data.of_subject(name))
        for name in sorted(lines)
    )
    columns = ("subject", *_STATES, "open queries", "state")
    return Table("data-subjects", "Procedures of the visit plan by subject", columns, rows, page_rows=60)


def _not_entered(state: TrialState) -> Table:
    rows = tuple(
        (one.subject, one.visit, one.cycle, one.planned, one.latest, one.procedure, one.state, one.why)
        for one in state.expected
        if one.state in ("overdue", "missing", "not done")
    )
    columns = ("subject", "visit", "cycle", "planned", "latest", "procedure", "state", "why")
    caption = f"Overdue, missing or not done ({len(rows)})"
    return Table("data-missing", caption, columns, rows, page_rows=40)


def _queries(state: TrialState) -> Table:
    rows = tuple(
        (
            one.query,
            one.subject or "trial",
            one.state,
            one.since,
            one.rule or one.by,
            one.text,
            one.about or "",
        )
        for one in state.data.queries
    )
    columns = ("query", "subject", "state", "raised", "by", "text", "fact")
    return Table("queries", f"Queries ({len(rows)})", columns, rows, page_rows=60)
