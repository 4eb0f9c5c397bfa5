"""Safety: adverse events, dose-limiting toxicity, laboratory grades and shifts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from galu.report.blocks import Block, Row, Section, Table
from galu.report.figures.safety import events_by_grade
from galu.report.sections.laboratory import courses
from galu.report.sections.overview import assumed_in
from galu.safety.calcium import NOT_CORRECTED
from galu.safety.notes import WORST_CASE
from galu.safety.tables import AeCount
from galu.trial.adverse import emergent_days
from galu.trial.state import TrialState

_COUNTS = ("subjects", "%", "events", "grade 1", "grade 2", "grade 3", "grade 4", "grade 5")


def safety(state: TrialState) -> Section:
    """Tables of the safety sets; events after the imaging agent and before the therapy stand apart."""
    assumed = assumed_in(state, "safety")
    found = state.safety
    treated = sum(one.first_dose is not None for one in found.treated)
    imaged = sum(one.first_scan is not None for one in found.treated)
    if not treated and not imaged:
        return Section("safety", "Safety", assumed=assumed, silent="Nobody has received any agent yet.")
    days = emergent_days(state.study)
    version = state.study.safety.ctcae_version.value if state.study.safety else "5.0"
    sentences = [
        f"{treated} subjects received the therapy. Treatment-emergent means an onset from the first dose to "
        f"{days} days after the last; grades follow CTCAE v{version}.",
    ]
    ungraded = sum(e.grade is None for one in found.treated for e in one.events)
    if ungraded:
        sentences.append(
            f"{ungraded} adverse events carry no CTCAE grade and stay out of the columns of grades."
        )
    blocks: list[Block] = []
    if any(count.term for count in found.by_term):
        blocks.append(events_by_grade(found.by_term, treated))
    blocks.append(
        _overview("teae-overview", f"Treatment-emergent adverse events, {treated} subjects", found.overview)
    )
    blocks.append(_by_term(found.by_term))
    if imaged:
        caption = f"Adverse events after the imaging agent and before the therapy, {imaged} subjects"
        blocks.append(_overview("imaging-overview", caption, found.imaging_overview))
    if state.board.slots:
        blocks.append(_dlts(state, bool(assumed)))
    blocks += _laboratory(state)
    blocks.append(_unread(state))
    return Section("safety", "Safety", tuple(sentences), tuple(blocks), assumed)


def _row(name: str, count: AeCount) -> tuple[str | float | int | None, ...]:
    return (name, count.subjects, count.percent, count.events, *count.worst)


def _overview(name: str, caption: str, counts: Sequence[AeCount]) -> Table:
    rows = tuple(_row(c.term, c) for c in counts)
    return Table(name, caption, ("at least one event", *_COUNTS), rows, decimals={"%": 1})


def _by_term(counts: Sequence[AeCount]) -> Table:
    rows = tuple((c.soc or "not coded", c.term or "any", *_row("", c)[1:]) for c in counts)
    caption = "Treatment-emergent adverse events by system organ class and term, subjects by worst grade"
    return Table("teae-terms", caption, ("system organ class", "term", *_COUNTS), rows, decimals={"%": 1})


def _dlts(state: TrialState, assumed: bool) -> Table:
    decided = {row.subject: ", ".join(row.facts) for row in state.watch.dlts}
    rows = tuple(
        (s.subject, s.level, s.phase, s.first_dose, s.outcome, s.rule, s.reason, decided.get(s.subject, ""))
        for s in state.board.slots
        if s.outcome == "T" or s.rule in ("adjudicated", "unresolved")
    )
    columns = ("subject", "level", "phase", "first dose", "outcome", "rule", "reason", "facts")
    note = "" if rows else "No dose-limiting toxicity so far."
    why = "the DLT definition and its window are assumed; the registry record has none" if assumed else ""
    return Table("dlt", "Dose-limiting toxicities, by rule or adjudicated", columns, rows, note, why)


def _unread(state: TrialState) -> Table:
    rows = tuple(
        (one.kind, one.subject, one.day, one.written, one.why, one.remedy, one.fact)
        for one in state.safety.unread
    )
    columns = ("what", "subject", "day", "as written", "why", "what settles it", "fact")
    note = "" if rows else "Every term, name and result could be read."
    return Table(
        "unread", "Terms of events, names of tests and results that could not be read", columns, rows, note
    )


def worst_grades(grades: pl.DataFrame) -> pl.DataFrame:
    """The worst gradable value after the first dose of each subject and term, with its baseline grade."""
    keys = ["subject", "term"]
    base = grades.filter("is_baseline").group_by(keys).agg(pl.col("grade").max().alias("baseline_grade"))
    after = grades.filter("after_dose").sort("day", "fact")
    worst = after.sort(pl.col("grade").fill_null(-1), descending=True, maintain_order=True)
    first = worst.group_by(keys, maintain_order=True).first()
    return first.join(base, on=keys, how="left").sort(*keys)


def _laboratory(state: TrialState) -> list[Block]:
    grades = state.safety.grades
    if not grades.height:
        note = "No laboratory value could be graded."
        return [Table("lab-worst", "Laboratory values by worst grade", ("term",), (), note)]
    worst = worst_grades(grades)
    rows: list[Row] = []
    for (term,), own in worst.sort("term").group_by(["term"], maintain_order=True):
        counts = [own.filter(pl.col("grade") == g).height for g in range(5)]
        rows.append((str(term), own.height, *counts, own.filter(pl.col("grade").is_null()).height))
    columns = ("term", "subjects", "grade 0", "grade 1", "grade 2", "grade 3", "grade 4", "cannot be graded")
    table = Table("lab-worst", "Subjects by worst laboratory grade after the first dose", columns,
                  tuple(rows),
                  _resting(worst))  # fmt: skip
    return [*courses(state), table, _shifts(state), _listing(worst)]


def _resting(worst: pl.DataFrame) -> str:
    """What the grades of a table rest on besides the values, each with its number of subjects."""
    said = ["Grade 4 anaemia is clinical and never read from a haemoglobin value."]
    for part in (WORST_CASE, NOT_CORRECTED, "corrected for albumin"):
        held = worst.filter(pl.col("note").str.contains(part, literal=True))
        counts = held.group_by("term").len().sort("term")
        if held.height:
            of = ", ".join(f"{term} ({count})" for term, count in counts.iter_rows())
            said.append(f"{part[0].upper()}{part[1:]}: {of}.")
    return " ".join(said)


def _grade(grade: int | None) -> str:
    return "not gradable" if grade is None else str(grade)


def _shifts(state: TrialState) -> Table:
    rows: tuple[Row, ...] = tuple(
        (term, _grade(base), *(shift.get((base, worst), 0) for worst in (0, 1, 2, 3, 4, None)))
        for term, shift in sorted(state.safety.shifts.items())
        for base in sorted({b for b, _ in shift}, key=lambda b: -1 if b is None else b)
    )
    columns = (
        "term",
        "baseline grade",
        "worst 0",
        "worst 1",
        "worst 2",
        "worst 3",
        "worst 4",
        "not gradable",
    )
    return Table(
        "lab-shifts",
        "Laboratory shifts: baseline grade against worst grade afterwards, subjects",
        columns,
        rows,
    )


def _listing(worst: pl.DataFrame) -> Table:
    chosen = worst.filter(pl.col("grade") >= 3)
    names = ("subject", "term", "day", "value", "unit", "grade", "note", "baseline_grade", "fact")
    rows = tuple(chosen.select(*names).iter_rows())
    columns = ("subject", "term", "day", "value", "unit", "grade", "note", "baseline grade", "fact")
    note = "" if rows else "No laboratory grade of 3 or more."
    return Table("lab-severe", "Worst laboratory grades of 3 or more", columns, rows, note)


def all_grades(state: TrialState) -> Table:
    """Every graded value, for the CSV only."""
    names = (
        "subject",
        "test",
        "day",
        "value",
        "unit",
        "term",
        "direction",
        "grade",
        "after_dose",
        "is_baseline",
        "fact",
        "note",
    )
    rows = tuple(state.safety.grades.select(*names).iter_rows())
    columns = tuple(name.replace("_", " ") for name in names)
    return Table("lab-grades", "Every graded laboratory value", columns, rows, page_rows=0)
