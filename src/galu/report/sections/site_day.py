"""A site's day: slots, activity balances, tracer doses from generator to camera, what is amiss or lacking."""

from __future__ import annotations

from galu.report.blocks import Block, Section, Table
from galu.report.sections.overview import assumed_in
from galu.trial.state import TrialState


def site_day(state: TrialState) -> Section:
    """What was recorded around each administration, and what of it departs from the plan."""
    title, assumed = "Conduct at the sites", assumed_in(state, "site")
    blocks: list[Block] = [one for one in (_slots(state), _balances(state), _chains(state)) if one.rows]
    remarks = _remarks(state)
    if not blocks and not remarks.rows:
        silent = "No prescription, assay, elution, release or incident is recorded."
        return Section("site-day", title, assumed=assumed, silent=silent)
    off = sum(one.deviation for one in state.remarks)
    lacking = len(remarks.rows) - off
    sentence = f"{off} things departed from the plan or were incidents; {lacking} are lacking."
    return Section("site-day", title, (sentence,), (*blocks, remarks), assumed)


def _slots(state: TrialState) -> Table:
    rows = tuple(
        (one.subject, f"level {one.level}", one.phase, one.step, one.since, one.planned, one.by,
         "enrolled" if one.used else "holds a place" if one.holds else "")
        for one in state.board.reservations
    )  # fmt: skip
    columns = ("subject", "level", "phase", "slot", "since", "first dose planned", "by", "now")
    return Table("slot-steps", "Slots requested, reserved, approved, cancelled", columns, rows)


def _balances(state: TrialState) -> Table:
    """Every administration of which something drawn or left over is known."""
    rows = tuple(
        (subject.id, dose.agent, dose.cycle, dose.day, dose.balance.drawn_mbq, dose.balance.left_mbq,
         "; ".join(f"{item} {mbq:.4g}" for item, mbq in dose.balance.left), dose.balance.net_mbq,
         dose.balance.stated_mbq, dose.balance.amiss)
        for subject in state.subjects
        for dose in (*subject.imaging, *subject.therapy)
        if dose.balance is not None and dose.balance.drawn_mbq is not None
    )  # fmt: skip
    columns = ("subject", "agent", "cycle", "day", "drawn [MBq]", "left over [MBq]", "by item [MBq]",
               "net [MBq]", "stated [MBq]", "amiss")  # fmt: skip
    note = "Every activity is that at the start of the administration."
    return Table("mass-balance", "Mass balance of each administration", columns, rows, note, page_rows=40)


def _chains(state: TrialState) -> Table:
    rows = tuple(
        (one.subject, one.agent, one.cycle, one.batch, one.eluted, one.controlled,
         "not known" if one.passed is None else "passed" if one.passed else "not passed",
         one.assayed, one.injected, one.scanned, one.uptake_minutes)
        for one in state.chains
    )  # fmt: skip
    columns = ("subject", "agent", "cycle", "batch", "eluted", "controlled", "control", "assayed",
               "injected", "scanned", "uptake [min]")  # fmt: skip
    return Table("tracer-chains", "Imaging doses from generator to camera", columns, rows, page_rows=40)


def _remarks(state: TrialState) -> Table:
    rows = tuple(
        (one.subject or "site", one.day, one.agent, one.cycle, one.rule, one.what, one.asked,
         ", ".join(one.facts))
        for one in state.remarks
    )  # fmt: skip
    columns = ("subject", "day", "agent", "cycle", "about", "what", "asked for", "facts")
    caption = f"Departures, incidents, and what is lacking ({len(rows)})"
    return Table("site-day", caption, columns, rows, page_rows=60)
