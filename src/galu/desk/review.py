"""The cohort-review page of a running trial: what the safety committee reads before it decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.outputs import write_output
from galu.desk.status import day_of_report, mark_of
from galu.escalation.outcomes import Outcomes
from galu.escalation.pathways import Ahead
from galu.escalation.review import CohortReview, review_cohort, review_levels
from galu.finding import InputError
from galu.record import Record
from galu.report.cohort_review import Listing, Package, Seat, cohort_review_page
from galu.report.course import trial_course
from galu.report.figures.style import stamped
from galu.report.sections.conduct import versions_table
from galu.trial.design import trial_design
from galu.trial.slots import Slot, outcome_of, seen_by_design
from galu.trial.state import TrialState, derive_state

#: Patients that the pathways look ahead.
COHORT: Final = 3


@acts("read-board")
def write_review(folder: Path, file: Path, as_of: date | None = None, cohorts: int = 1) -> Path:
    """Write the page of a trial folder on a day; gives its path.

    A cohort that broke the design, or that nobody has joined yet, is shown as it is.

    Raises
    ------
    InputError
        When too many pathways are asked for, or the file cannot be written.
    """
    trial = open_trial(folder)
    record = trial.record
    day = day_of_report(record, as_of)
    mark = mark_of(trial, record, day)
    study = trial.study_on(day)
    state = derive_state(study, record, day)
    review, silence = _review(state, cohorts)
    with stamped(mark.banner):
        pictures = trial_course(state)
    page = cohort_review_page(
        Package(
            study=mark.study or mark.title,
            as_of=day.isoformat(),
            design=study.escalation.design.value if study.escalation else "none planned",
            review=review,
            seats=tuple(_seat(slot, day) for slot in state.board.slots if slot.phase == "escalation"),
            listings=(*_unread(record), *_versions(record.as_of(day)), *_listings(state)),
            banner=mark.banner,
            standing=state.board.next_step,
            silence=silence,
            pictures=pictures,
            source=mark.source,
        )
    )
    return write_output(file, page)


def _review(state: TrialState, cohorts: int) -> tuple[CohortReview, str]:
    """Levels, the design's answer and what may follow; or the levels alone, with why there is no more."""
    study, board = state.study, state.board
    outcomes = Outcomes(tuple(outcome_of(slot) for slot in seen_by_design(board.slots)))
    levels = len(study.treatment.levels) if study.treatment else 0
    if study.escalation is None or board.decision is None:
        return review_levels(outcomes, levels), board.next_step
    ahead = Ahead(cohorts, COHORT)
    try:
        return review_cohort(trial_design(study, study.escalation), outcomes, levels, ahead), ""
    except InputError as error:
        if error.place == "--cohorts":
            raise
        return review_levels(outcomes, levels), f"{error.fault}."


def _seat(slot: Slot, day: date) -> Seat:
    window = "not dosed"
    if slot.window_ends is not None:
        open_ = slot.window_ends >= day
        window = f"day {slot.window_day}, ends {slot.window_ends}" if open_ else f"ended {slot.window_ends}"
    return Seat(
        slot.subject, slot.level, slot.outcome, window, slot.rule, slot.reason, slot.counts, slot.deviations
    )


def _unread(record: Record) -> tuple[Listing, ...]:
    rows = tuple((str(one),) for one in record.unread)
    return (Listing("Left out, because it cannot be read", ("fact",), rows),) if rows else ()


def _versions(known: Record) -> tuple[Listing, ...]:
    table = versions_table(known)
    rows = tuple(tuple(str(cell) for cell in row) for row in table.rows)
    return (Listing(table.caption, table.columns, rows),) if len(rows) > 1 else ()


def _listings(state: TrialState) -> tuple[Listing, ...]:
    """What is weighed beside the tally: activity, organ dose, late toxicity, adverse events, deviations."""
    escalated = {slot.subject for slot in state.board.slots if slot.phase == "escalation"}
    activity = tuple(
        (
            row.subject,
            row.level,
            row.cycle,
            row.day.isoformat(),
            row.planned_mbq,
            row.net_mbq,
            row.cumulative_mbq,
        )
        for row in state.exposure
        if row.subject in escalated
    )
    doses = tuple(
        (one.subject, one.level, one.region, one.cycle,
         one.course.dose.gy_per_gbq if one.course and one.course.dose else None,
         one.course.cumulative_dose_gy if one.course else None,
         one.course.cumulative_bed_gy if one.course else None)
        for one in state.absorbed_doses
        if one.subject in escalated
    )  # fmt: skip
    late = tuple(
        (one.subject, one.level, one.on.isoformat(), one.rule_id, one.doses, one.reason)
        for one in state.watch.late
        if one.subject in escalated and one.met is not False
    )
    severe = tuple(
        (one.subject, event.onset_text, event.term, event.grade, event.attribution or "unknown")
        for one in state.safety.treated
        if one.subject in escalated
        for event in one.events
        if (event.grade or 0) >= 3 or event.serious
    )
    departed = tuple(
        (one.subject, one.day.isoformat() if one.day else None, one.what)
        for one in state.deviations
        if one.subject in escalated
    )
    given = ("subject", "level", "cycle", "day", "planned [MBq]", "net [MBq]", "so far [MBq]")
    absorbed = ("subject", "level", "region", "cycle", "Gy/GBq", "so far [Gy]", "BED [Gy]")
    began = ("subject", "level", "began", "rule", "doses before", "reason")
    events = ("subject", "onset", "event", "grade", "attribution")
    return (
        Listing("Activity", given, activity, "Nobody has been dosed."),
        Listing("Absorbed dose", absorbed, doses, "Nothing was measured."),
        Listing("Toxicity after the window", began, late),
        Listing("Events of grade 3 or more, or serious", events, severe),
        Listing("Deviations", ("subject", "day", "what"), departed),
    )
