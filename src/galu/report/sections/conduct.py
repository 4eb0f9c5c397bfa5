"""Deviations, analysis sets and where the data come from."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from galu.record import Record
from galu.record.versions import version_rows
from galu.report.blocks import Section, Table
from galu.report.sections.overview import assumed_in
from galu.trial.state import TrialState


def deviations(state: TrialState) -> Section:
    """Departures from the protocol, derived and never blocked at entry."""
    if not state.deviations:
        return Section("deviations", "Deviations", silent="No deviation follows from what the record holds.")
    rows = tuple((d.subject, d.day, d.rule, d.what, ", ".join(d.facts[:6])) for d in state.deviations)
    columns = ("subject", "day", "rule", "what", "facts")
    caption = f"Deviations derived from the record ({len(rows)})"
    return Section(
        "deviations", "Deviations", blocks=(Table("deviations", caption, columns, rows, page_rows=100),)
    )


def analysis_sets(state: TrialState) -> Section:
    """Definition, source and size of each set; its members in the CSV."""
    title, assumed = "Analysis sets", assumed_in(state, "analysis_sets")
    if not state.sets:
        return Section("sets", title, silent="The study file declares no analysis sets.")
    rows = tuple(
        (m.id, m.definition, m.source, "no rule is known for this set" if m.unknown else len(m.subjects))
        for m in state.sets
    )
    members = tuple((m.id, name) for m in state.sets for name in m.subjects)
    tables = (
        Table("analysis-sets", "Analysis sets", ("set", "definition", "source", "subjects"), rows),
        Table(
            "analysis-set-members", "Members of the analysis sets", ("set", "subject"), members, page_rows=0
        ),
    )
    return Section("sets", title, blocks=tables, assumed=assumed)


def sources(state: TrialState, known: Record) -> Section:
    """Facts by kind, corrections and forks."""
    rows = tuple(
        (kind.replace("_", " "), count, known.frames[kind].height - count)
        for kind, count in sorted(state.facts.items())
    )
    written = sum(frame.height for frame in known.frames.values())
    sentences = (
        f"{written} facts were known by the end of {state.day}; {sum(row[2] for row in rows)} of them "
        "were corrected "
        f"or retracted since. {len(state.forks)} facts were corrected twice side by side.",
    )
    forks = tuple((fork.superseded, ", ".join(fork.corrections)) for fork in state.forks)
    tables = [Table("facts", "Facts by kind", ("kind", "standing", "replaced"), rows)]
    if len(version_rows(known)) > 1:
        tables.append(versions_table(known))
    if forks:
        tables.append(Table("forks", "Facts corrected twice", ("fact", "corrections"), forks))
    return Section("sources", "Data sources", sentences, tuple(tables))


def versions_table(known: Record) -> Table:
    """Every version of the study: since when and for whom it is in force, why, and by whom."""
    rows = tuple(
        (number, "from the beginning" if number == 1 else one.in_words, one.amendment, one.by,
         one.recorded.astimezone(ZoneInfo(known.zone)).date(), one.study_hash[:12])
        for number, one in enumerate(version_rows(known), 1)
    )  # fmt: skip
    columns = ("version", "in force", "amendment", "brought by", "recorded", "SHA-256 begins")
    return Table("study-versions", "Versions of the study", columns, rows)


def set_aside(rows: Sequence[tuple[str, str, int, str]]) -> Section:
    """Rows of imported files that did not enter, or not whole: day of the import, file, row, reason."""
    shown = tuple((day, file, row or None, why) for day, file, row, why in rows)
    sentence = (
        f"{len(rows)} rows of imported files did not enter, or entered without the cell named: what they say "
        "is missing from every table of this report."
    )
    columns = ("imported", "file", "row", "why")
    table = Table("set-aside", f"Rows set aside at import ({len(rows)})", columns, shown, page_rows=100)
    return Section("set-aside", "Rows set aside", (sentence,), (table,))
