"""What is open and bears on safety: each item with whom it is about and what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from galu.report.blocks import Section, Table
from galu.report.board import standing_of
from galu.trial.agenda import RECENT
from galu.trial.flow import OFF_DESIGN
from galu.trial.state import TrialState

#: Title of the section that an item belongs to, and its id on the page.
PLACES: Final = {
    "Board": "board",
    "Safety": "safety",
    "Safety watch": "watch",
    "Data sources": "sources",
    "Rows set aside": "set-aside",
}
Aside = Sequence[tuple[str, str, int, str]]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is not settled; `subject` is empty for what concerns the trial."""

    what: str
    subject: str
    known: str
    asked: str
    place: str


def derive_items(state: TrialState, aside: Aside = ()) -> Iterator[Item]:
    """Every open item of a state, what may stop dosing first."""
    for source in _SOURCES:
        yield from source(state)
    files = sorted({file for _, file, _, _ in aside})
    if files:
        known = f"{len(aside)} rows of {', '.join(files)} did not enter, or not whole"
        yield Item("rows set aside", "", known, "mend the source and import again", "Rows set aside")


def open_items(items: Sequence[Item]) -> Section:
    """The items as one table."""
    title = "Open safety items"
    if not items:
        return Section("open", title, silent="Nothing that bears on safety is open by what the record holds.")
    rows = tuple((one.what, one.subject or "trial", one.known, one.asked, one.place) for one in items)
    columns = ("item", "subject", "known", "asked for", "more in")
    caption = f"Open items ({len(rows)})"
    return Section(
        "open", title, blocks=(Table("open-items", caption, columns, rows, page_rows=100, links=PLACES),)
    )


def _held(state: TrialState) -> Iterator[Item]:
    board = state.board
    if board.held:
        yield Item("enrolment held", "", board.next_step, "a signed decision", "Board")
    elif board.decision is not None and board.decision.action.value == "suspend":
        until = f"; ends on {board.forecast} without a further DLT" if board.forecast else ""
        known = f"{board.next_step}{until}"
        yield Item("enrolment suspended", "", known, "the outcome of the pending patients", "Board")
    monitor = board.monitor
    if monitor is not None and monitor.review and not board.held:
        known = f"{monitor.dlts} of {monitor.evaluable} had a DLT at the recommended dose"
        yield Item("toxicity bound reached", "", known, "review by the committee", "Safety watch")


def _suspects(state: TrialState) -> Iterator[Item]:
    """Who may have had a toxicity, then who is past the window and not judged."""
    pending = [slot for slot in state.board.slots if slot.outcome == "P"]
    for slot in pending:
        if slot.suspect:
            known = "; ".join(part for part in ("pending", slot.counts) if part)
            yield Item("may have had a toxicity", slot.subject, known, slot.reason, "Board")
    for slot in pending:
        if not slot.suspect and slot.window_ends is not None and slot.window_ends < state.day:
            known = "; ".join(part for part in (f"window over on {slot.window_ends}", slot.counts) if part)
            yield Item("window over, not judged", slot.subject, known, slot.reason, "Board")


def _dlts(state: TrialState) -> Iterator[Item]:
    for slot in state.board.slots:
        if slot.outcome == "T":
            known = f"level {slot.level}, {slot.phase}, {slot.rule}: {slot.reason}"
            yield Item(
                "dose-limiting toxicity", slot.subject, known, "counted; narrative and review", "Safety"
            )
    for late in state.watch.late:
        if late.met is None:
            known = f"{late.rule_id}, began {late.on}"
            yield Item("late toxicity undecided", late.subject, known, late.reason, "Safety watch")


def _off_protocol(state: TrialState) -> Iterator[Item]:
    for slot in state.board.slots:
        for said in slot.deviations:
            yield Item("dosed off protocol", slot.subject, said, "report as a deviation", "Board")
    for one in state.deviations:
        if one.rule == OFF_DESIGN:
            yield Item(one.rule, one.subject, one.what, "the committee's word on the level", "Deviations")


def _decisions(state: TrialState) -> Iterator[Item]:
    for one in state.board.decisions:
        if standing := standing_of(one):
            level = "" if one.level is None else f" of level {one.level}"
            known = f"{one.decision}{level} of {one.day or 'an unknown day'}, {standing}"
            asked = "a signature" if not one.signed else "look again and sign anew"
            yield Item("decision does not stand", "", known, asked, "Board")
    for fork in state.forks:
        known = f"{fork.superseded} was corrected side by side: {', '.join(fork.corrections)}"
        yield Item("fact corrected twice", "", known, "say which correction holds", "Data sources")


def _reports(state: TrialState) -> Iterator[Item]:
    for one in state.duties.reports:
        if one.sent is None and one.due.date() >= state.day - RECENT:
            known = f"{one.term}; due by {one.due.isoformat(' ', 'minutes')}"
            yield Item(
                "report due", one.subject, known, f"{one.stage} report to the {one.receiver}", "Safety watch"
            )


def _events(state: TrialState) -> Iterator[Item]:
    for subject in state.safety.treated:
        for event in subject.events:
            if event.grade is None:
                known = f"{event.term}, onset {event.onset_text}"
                yield Item("event without a grade", subject.subject, known, "the CTCAE grade", "Safety")


def _unread(state: TrialState) -> Iterator[Item]:
    """What could not be read; results of a subject that lack the same thing are one item."""
    alike: dict[tuple[str, str, str, str, str], list[str]] = {}
    for one in state.safety.unread:
        told = one.written if one.day is None else f"{one.written} on {one.day}"
        name = "" if one.kind == "result" else one.written
        alike.setdefault((one.kind, one.subject, name, one.why, one.remedy), []).append(told)
    for (kind, subject, _, why, remedy), written in alike.items():
        more = f" and {len(written) - 1} more" if len(written) > 1 else ""
        yield Item(f"{kind} not read", subject, f"{written[0]}{more}: {why}", remedy, "Safety")


_SOURCES: Final[Iterable[Callable[[TrialState], Iterator[Item]]]] = (
    _held, _suspects, _dlts, _off_protocol, _decisions, _reports, _events, _unread,
)  # fmt: skip
