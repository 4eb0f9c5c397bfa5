"""Before the next cycle: what galu proposes for each subject, for a physician to sign; planned visits."""

from __future__ import annotations

from collections import Counter

from galu.report.blocks import Row, Section, Table
from galu.report.sections.overview import assumed_in
from galu.trial.schedule import Status, outstanding
from galu.trial.state import TrialState


def next_cycle(state: TrialState) -> Section:
    """Proposals with the limits they rest on."""
    title, assumed = "Next cycle", assumed_in(state, "safety", "dosimetry")
    if not state.proposals:
        return Section("next-cycle", title, assumed=assumed, silent="No next cycle is due for anybody.")
    return Section(
        "next-cycle",
        title,
        ("Toxicity since the last dose and the organ limits propose; a physician decides and signs.",),
        (_proposals(state), _organs(state)),
        assumed,
    )


def _proposals(state: TrialState) -> Table:
    rows = tuple(
        (one.subject, one.cycle, one.due, one.latest, one.planned_mbq, one.action, one.activity_mbq,
         "; ".join(one.reasons), ", ".join(one.facts[:6]))
        for one in state.proposals
    )  # fmt: skip
    columns = ("subject", "cycle", "due", "latest", "last planned [MBq]", "proposal", "activity [MBq]",
               "why", "facts")  # fmt: skip
    why = "modification rules and organ limits are assumed; the registry record has none"
    return Table("proposals", "Proposals before the next cycle", columns, rows, assumed=why)


def _organs(state: TrialState) -> Table:
    rows = tuple(
        (one.subject, one.cycle, room.region, room.quantity, room.limit_gy, room.action, room.cumulative_gy,
         room.projected_gy, room.probability, room.accepted_risk, room.largest_mbq)
        for one in state.proposals
        for room in one.organs
    )  # fmt: skip
    columns = ("subject", "cycle", "region", "quantity", "limit [Gy]", "action", "so far [Gy]", "then [Gy]",
               "P(then passed)", "accepted", "largest activity [MBq]")  # fmt: skip
    places = {"P(then passed)": 3, "largest activity [MBq]": 0}
    return Table("proposal-limits", "Limits behind the proposals", columns, rows, decimals=places)


def visits(state: TrialState) -> Section:
    """Planned visits: how many were done, partly done, missed; which want attention now."""
    title, assumed = "Visits", assumed_in(state, "schedule")
    if not state.visits:
        return Section("visits", title, silent="The study file plans no visits, or nobody has begun.")
    counts = Counter((one.visit, one.status) for one in state.visits)
    names = dict.fromkeys(one.visit for one in state.visits)
    statuses: tuple[Status, ...] = ("done", "partial", "missed", "due", "upcoming")
    rows: tuple[Row, ...] = tuple((name, *(counts[name, status] for status in statuses)) for name in names)
    now = tuple(
        (one.subject, one.visit, one.cycle, one.planned, one.latest, one.status, ", ".join(one.lacking))
        for one in outstanding(state.visits, state.day)
    )
    columns = ("subject", "visit", "cycle", "planned", "latest", "state", "lacking")
    note = "" if now else "Nothing is due, and nothing was missed in the last two weeks."
    planned = tuple(
        (one.subject, one.visit, one.cycle, one.planned, one.earliest, one.latest, one.status,
         ", ".join(one.lacking))
        for one in state.visits
    )  # fmt: skip
    wide = ("subject", "visit", "cycle", "planned", "earliest", "latest", "state", "lacking")
    tables = (
        Table("visit-counts", "Planned visits by state", ("visit", *statuses), rows),
        Table("visits-now", "Visits that want attention", columns, now, note),
        Table("visits", "Every planned visit", wide, planned, page_rows=0),
    )
    sentence = "A visit counts as done by the facts that its procedures leave inside its window."
    return Section("visits", title, (sentence,), tables, assumed)
