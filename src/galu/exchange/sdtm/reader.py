"""Read a set of SDTM data sets into facts, with a report of every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from galu.exchange.sdtm.domains import DOMAINS
from galu.exchange.sdtm.facts import Outcome, map_rows, map_trial_summary
from galu.exchange.sdtm.identity import identify
from galu.exchange.sdtm.report import FileReport, SdtmReport, count_kinds
from galu.exchange.sdtm.results import disagreements
from galu.exchange.sdtm.settle import settle
from galu.exchange.sdtm.shape import REFERENCE
from galu.exchange.sdtm.sources import choose_files, why_unread
from galu.exchange.sdtm.supplements import Parents, merge
from galu.exchange.sdtm.tables import Table, read_table
from galu.exchange.sdtm.takes import known_part
from galu.exchange.sdtm.visits import date_lesions
from galu.finding import InputError
from galu.record.fact import Fact

_IDENTIFIERS = frozenset({"row", "STUDYID", "DOMAIN", "RDOMAIN", "USUBJID", "SUBJID", "IDVAR", "IDVARVAL"})
_SUPPLEMENT = frozenset({"QNAM", "QLABEL", "QVAL", "QORIG", "QEVAL"})
#: Columns of DM that date a subject: its reference start first, then what is nearest to it.
_REFERENCE: Final = ("RFSTDTC", "RFXSTDTC", "RFICDTC", "DMDTC")
#: A study that has fewer of all rows is a slip of its rows (assumed); else two studies are mixed.
_ONE_STUDY: Final = 0.9


@dataclass(frozen=True, slots=True)
class SdtmImport:
    """Facts in the order of the files, and the report that accounts for every row."""

    facts: tuple[Fact, ...]
    report: SdtmReport


def read_sdtm(sources: Sequence[Path], encoding: str | None = None) -> SdtmImport:
    """Read SDTM files, or folders of them, into facts.

    Nothing is written. Times carry no zone in SDTM: the record reads them in the zone of the trial.

    Parameters
    ----------
    sources
        Files, or folders that hold one set.
    encoding
        Of the texts of all files that do not mark their own; guessed for each where None.

    Raises
    ------
    InputError
        When a file is broken as a whole, or files do not belong together.
    """
    choice = choose_files(sources)
    tables, unread = [], [(path.name, reason) for path, reason in choice.unread]
    for path in choice.read:
        table = read_table(path, encoding)
        if table.domain in DOMAINS or table.domain == "SUPP":
            tables.append(table)
        else:
            unread.append((path.name, why_unread(table.domain)))
    if any(table.domain == "EX" for table in tables):
        as_collected = [table for table in tables if table.domain == "EC"]
        tables = [table for table in tables if table.domain != "EC"]
        unread += [(table.path.name, "EX says what was given") for table in as_collected]
    if not tables:
        raise InputError(", ".join(map(str, sources)), "holds no SDTM data set", "give dm.csv, ae.xpt, …")
    tables = date_lesions(_one_study(tables))
    outcomes = [Outcome() for _ in tables]
    _map(tables, outcomes, _subject_days(tables))
    settle(tables, outcomes)
    files = tuple(_file_report(table, outcome) for table, outcome in zip(tables, outcomes, strict=True))
    facts = tuple(fact for outcome in outcomes for fact in outcome.facts)
    subjects = {fact.subject for fact in facts if fact.subject is not None}
    report = SdtmReport(files, tuple(unread), _remarks(tables, subjects), len(subjects))
    return SdtmImport(facts, report)


def _map(tables: Sequence[Table], outcomes: Sequence[Outcome], days: dict[str, str]) -> None:
    both = list(zip(tables, outcomes, strict=True))
    parents: dict[str, list[Parents]] = {}
    rows: list[tuple[Table, Outcome, Parents]] = []
    for name in dict.fromkeys(table.domain for table in tables if table.domain != "SUPP"):
        own = [(table, outcome) for table, outcome in both if table.domain == name]
        found = identify(DOMAINS[name], [table for table, _ in own])
        for (table, outcome), each in zip(own, found, strict=True):
            outcome.skipped += [*table.unread, *each.skipped, *each.doubled]
            outcome.doubled += each.doubled
            outcome.notes += each.notes
            outcome.faults += table.damaged
            parent = Parents(DOMAINS[name], _dated(each.frame, days))
            parents.setdefault(name, []).append(parent)
            rows.append((table, outcome, parent))
    seen: dict[str, str] = {}
    for table, outcome in both:
        if table.domain == "SUPP":
            merge(table, parents, days, seen, outcome)
    first = min(days.values(), default=None)
    for table, outcome, parent in rows:
        if not parent.domain.about_subject:
            map_trial_summary(table, parent.frame, first, outcome)
            continue
        frame = parent.completed()
        map_rows(parent.domain, table, frame, days, outcome)
        if table.domain == "LB":
            outcome.notes += disagreements(table.domain, frame)


def _dated(frame: pl.DataFrame, days: dict[str, str]) -> pl.DataFrame:
    """Rows with the reference day of their subject."""
    if "USUBJID" not in frame.columns:
        return frame
    day = pl.col("USUBJID").replace_strict(days, default=None, return_dtype=pl.String)
    return frame.with_columns(day.alias(REFERENCE))


def _one_study(tables: Sequence[Table]) -> list[Table]:
    """The tables, without the few rows that name another study.

    Raises
    ------
    InputError
        When several studies are mixed.
    """
    rows: Counter[str] = Counter()
    places: dict[str, Path] = {}
    for table in tables:
        if "STUDYID" in table.frame.columns:
            for study, count in table.frame["STUDYID"].drop_nulls().value_counts().iter_rows():
                rows[study] += count
                places.setdefault(study, table.path)
    if len(rows) < 2:
        return list(tables)
    main, most = rows.most_common(1)[0]
    if most <= _ONE_STUDY * rows.total():
        shown = ", ".join(f"{study} in {path.name}" for study, path in places.items())
        raise InputError("STUDYID", f"the files come from several studies ({shown})", "give those of one")
    return [_of_study(table, main) for table in tables]


def _of_study(table: Table, study: str) -> Table:
    if "STUDYID" not in table.frame.columns:
        return table
    own = pl.col("STUDYID").is_null() | (pl.col("STUDYID") == study)
    others = table.frame.filter(~own).select("row", "STUDYID").iter_rows()
    left = tuple((row, f"STUDYID {name} is another study") for row, name in others)
    return replace(table, frame=table.frame.filter(own), unread=(*table.unread, *left))


def _subject_days(tables: Sequence[Table]) -> dict[str, str]:
    """A date for a subject's undated rows: the reference start of its demographics, else what is nearest."""
    days: dict[str, str] = {}
    for table in tables:
        if table.domain == "DM" and "USUBJID" in table.frame.columns:
            for row in table.frame.iter_rows(named=True):
                known = (known_part(row[c]) for c in _REFERENCE if row.get(c))
                if row["USUBJID"] and (day := next((d for d in known if d), None)):
                    days[row["USUBJID"]] = day
    return days


def _file_report(table: Table, outcome: Outcome) -> FileReport:
    domain = DOMAINS.get(table.domain)
    carried = _IDENTIFIERS | (_SUPPLEMENT if domain is None else frozenset(domain.key) | {"TSVAL"})
    if domain is not None:
        carried = carried.union(*(home.columns for home in domain.homes))
    return FileReport(
        name=table.path.name,
        domain=table.domain,
        rows=table.rows,
        mapped=len(outcome.mapped),
        facts=count_kinds(outcome.facts),
        kept=tuple(outcome.kept),
        skipped=tuple(sorted(outcome.skipped)),
        notes=tuple(sorted(outcome.notes)),
        columns_not_carried=tuple(c for c in table.frame.columns if c not in carried),
        lost=tuple(outcome.lost),
        doubled=tuple(sorted(outcome.doubled)),
        faults=tuple(sorted(outcome.faults)),
        encoding=table.encoding,
    )


def _remarks(tables: Sequence[Table], subjects: set[str]) -> tuple[str, ...]:
    people = [table.frame["USUBJID"] for table in tables if table.domain == "DM"]
    if not people:
        return ("no DM among the files: subjects have no demographics",)
    strangers = sorted(subjects - {name for column in people for name in column.to_list()})
    if not strangers:
        return ()
    return (f"{len(strangers)} subjects are not in DM: {', '.join(strangers[:5])}",)
