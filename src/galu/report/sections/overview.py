"""What is assumed, the flow of subjects and the board."""

from __future__ import annotations

from typing import Final

from galu.protocol import Element, elements
from galu.report.blocks import ASSUMED, Lanes, Row, Section, Table, area_of, assumed_name
from galu.report.board import decision_rows, due_table, lanes_of, signed_table
from galu.report.course import trial_course
from galu.report.figures.flow import flow_diagram
from galu.trial.state import TrialState

#: Stem of the CSV that has every assumption.
_ALL: Final = "assumptions"


def assumed_in(state: TrialState, *areas: str) -> tuple[Element, ...]:
    """Assumed elements of the study file in the named sections of it."""
    names = [area.replace("_", " ") for area in areas]
    return tuple(one for one in elements(state.study) if one.source == "assumed" and area_of(one) in names)


def assumptions(state: TrialState) -> Section:
    """Every assumption, by the part of the study file it stands in; the marks of the report lead here."""
    found = tuple(elements(state.study))
    columns = ("element", "value", "why")
    counts: list[Row] = []
    parts: list[Table] = []
    for area in dict.fromkeys(map(area_of, found)):
        own = [one for one in found if area_of(one) == area]
        listed = tuple((one.place, one.value, one.why) for one in own if one.source == "assumed")
        counts.append((area, len(own) - len(listed), len(listed)))
        if listed:
            caption = f"Assumed: {area} ({len(listed)})"
            parts.append(
                Table(assumed_name(area), caption, columns, listed, page_rows=len(listed), part_of=_ALL)
            )
    rows = tuple((one.place, one.value, one.why) for one in found if one.source == "assumed")
    return Section(
        ASSUMED,
        "What is assumed",
        (
            "What the source of the study does not say and galu needs is a named value of the study file. "
            "It is marked assumed wherever it shapes a result, and can be replaced there.",
        ),
        (
            Table(
                "assumed-counts", "Elements of the study file", ("part", "known", "assumed"), tuple(counts)
            ),
            *parts,
            Table(_ALL, "Every assumption", columns, rows, page_rows=0),
        ),
        silent="" if found else "The study file states no elements.",
    )


def flow(state: TrialState) -> Section:
    """Numbers of subjects by how far they came."""
    counts = state.flow
    rows = [("known to the record", counts.known), ("screened", counts.screened)]
    rows += [("failed screening", counts.screen_failed), ("in screening", counts.in_screening)]
    rows += [("enrolled", counts.enrolled), ("got the imaging agent", counts.imaged), ("dosed", counts.dosed)]
    rows += [("on treatment", counts.on_treatment), ("completed all cycles", counts.completed)]
    rows += [(f"left treatment: {cause}", n) for cause, n in counts.left.items()]
    rows += [("left before a dose", counts.left_before), ("died", counts.died)]
    rows += [("of no consent, slot or dose", len(counts.unplaced))] if counts.unplaced else []
    table = Table("flow", "Subjects", ("state", "subjects"), tuple(rows))
    if not counts.known:
        return Section("flow", "Flow of subjects", silent="The record knows no subject yet.")
    return Section("flow", "Flow of subjects", blocks=(flow_diagram(counts), table))


def board(state: TrialState) -> Section:
    """Lanes, the decision with its rule row, the signed decisions beside it, what is due."""
    assumed = assumed_in(state, "escalation", "enrolment")
    if state.study.escalation is None and not state.board.slots:
        silent = "The study file plans no escalation and nobody has a slot."
        return Section("board", "Board", assumed=assumed, silent=silent)
    why = "the conventions of the design and the DLT window are assumed"
    decision = Table("decision", "What may happen next", ("", "today"), decision_rows(state.board),
                     assumed=why if assumed else "")  # fmt: skip
    slots = tuple(
        (s.subject, s.phase, s.level, s.enrolled, s.first_dose, s.outcome, s.window_day, s.window_ends,
         s.counts, "; ".join(s.deviations), s.rule, s.reason)
        for s in state.board.slots
    )  # fmt: skip
    columns = ("subject", "phase", "level", "enrolled", "first dose", "outcome", "window day", "window ends",
               "counts known", "deviations", "rule row", "reason")  # fmt: skip
    listing = Table(
        "slots",
        "Slots and how complete the counts are: N no DLT, T DLT, P pending, X not evaluable",
        columns,
        slots,
    )
    blocks = (Lanes(lanes_of(state.study, state.board)), decision, listing, *trial_course(state),
              signed_table(state.board), due_table(state.agenda, state.day))  # fmt: skip
    return Section("board", "Board", blocks=blocks, assumed=assumed)
