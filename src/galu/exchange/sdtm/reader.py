"""Read a set of SDTM data sets into facts, with a report of every row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from galu.exchange.sdtm.domains import DOMAINS, Home
from galu.exchange.sdtm.facts import Outcome, identified, map_rows, map_trial_summary
from galu.exchange.sdtm.report import FileReport, SdtmReport, count_kinds
from galu.exchange.sdtm.sources import choose_files, why_unread
from galu.exchange.sdtm.supplements import Parents, merge
from galu.exchange.sdtm.tables import Table, read_table
from galu.exchange.sdtm.takes import known_part
from galu.finding import InputError
from galu.record.fact import Fact

_IDENTIFIERS = frozenset({"row", "STUDYID", "DOMAIN", "RDOMAIN", "USUBJID", "SUBJID", "IDVAR", "IDVARVAL"})
_SUPPLEMENT = frozenset({"QNAM", "QLABEL", "QVAL", "QORIG", "QEVAL"})


@dataclass(frozen=True, slots=True)
class SdtmImport:
    """Facts in the order of the files, and the report that accounts for every row."""

    facts: tuple[Fact, ...]
    report: SdtmReport


def read_sdtm(sources: Sequence[Path]) -> SdtmImport:
    """Read SDTM files, or folders of them, into facts.

    Nothing is written. Times carry no zone in SDTM: the record reads them in the zone of the trial.

    Raises
    ------
    InputError
        Naming file, row and column of the first fault.
    """
    choice = choose_files(sources)
    tables, unread = [], [(path.name, reason) for path, reason in choice.unread]
    for path in choice.read:
        table = read_table(path)
        if table.domain in DOMAINS or table.domain == "SUPP":
            tables.append(table)
        else:
            unread.append((path.name, why_unread(table.domain)))
    if not tables:
        raise InputError(", ".join(map(str, sources)), "holds no SDTM data set", "give dm.csv, ae.xpt, …")
    _one_study(tables)
    outcomes = [Outcome() for _ in tables]
    days = _subject_days(tables)
    _map(tables, outcomes, days)
    _unique(tables, outcomes)
    _prefer_demographics(tables, outcomes)
    files = tuple(_file_report(table, outcome) for table, outcome in zip(tables, outcomes, strict=True))
    facts = tuple(fact for outcome in outcomes for fact in outcome.facts)
    subjects = {fact.subject for fact in facts if fact.subject is not None}
    report = SdtmReport(files, tuple(unread), _remarks(tables, subjects), len(subjects))
    return SdtmImport(facts, report)


def _map(tables: Sequence[Table], outcomes: Sequence[Outcome], days: dict[str, str]) -> None:
    both = list(zip(tables, outcomes, strict=True))
    rows = [
        (table, outcome, Parents(DOMAINS[table.domain], identified(DOMAINS[table.domain], table, outcome)))
        for table, outcome in both
        if table.domain != "SUPP"
    ]
    parents: dict[str, list[Parents]] = {}
    for table, _, parent in rows:
        parents.setdefault(table.domain, []).append(parent)
    for table, outcome in both:
        if table.domain == "SUPP":
            merge(table, parents, days, outcome)
    for table, outcome, parent in rows:
        if parent.domain.about_subject:
            map_rows(parent.domain, table, parent.completed(), days, outcome)
        else:
            map_trial_summary(table, parent.frame, min(days.values(), default=None), outcome)


def _one_study(tables: Sequence[Table]) -> None:
    studies: dict[str, Path] = {}
    for table in tables:
        if "STUDYID" in table.frame.columns:
            for study in table.frame["STUDYID"].drop_nulls().unique().to_list():
                studies.setdefault(study, table.path)
    if len(studies) > 1:
        shown = ", ".join(f"{study} in {path.name}" for study, path in studies.items())
        raise InputError("STUDYID", f"the files come from several studies ({shown})", "give those of one")


def _subject_days(tables: Sequence[Table]) -> dict[str, str]:
    """A date for a subject's undated rows: that of its demographics."""
    days: dict[str, str] = {}
    for table in tables:
        if table.domain == "DM" and "USUBJID" in table.frame.columns:
            for row in table.frame.iter_rows(named=True):
                known = (known_part(row[c]) for c in DOMAINS["DM"].dates if row.get(c))
                if row["USUBJID"] and (day := next((d for d in known if d), None)):
                    days[row["USUBJID"]] = day
    return days


def _unique(tables: Sequence[Table], outcomes: Sequence[Outcome]) -> None:
    seen: dict[str, Path] = {}
    for table, outcome in zip(tables, outcomes, strict=True):
        for fact in outcome.facts:
            other = seen.setdefault(fact.id, table.path)
            if other is not table.path:
                raise InputError(
                    f"{table.path}, {fact.source.removeprefix(table.path.name + ' ')}",
                    f"repeats {fact.id} of {other.name}",
                    "choose one of the two files",
                )


def _prefer_demographics(tables: Sequence[Table], outcomes: Sequence[Outcome]) -> None:
    """A death or consent that another domain repeats is the one of DM."""
    told = {
        (fact.kind, fact.subject)
        for table, outcome in zip(tables, outcomes, strict=True)
        if table.domain == "DM"
        for fact in outcome.facts
    }
    for table, outcome in zip(tables, outcomes, strict=True):
        homes: tuple[Home, ...] = DOMAINS[table.domain].homes if table.domain in DOMAINS else ()
        repeated = {home.kind for home in homes if home.unless_in == "DM"}
        outcome.facts = [
            fact
            for fact in outcome.facts
            if fact.kind not in repeated or (fact.kind, fact.subject) not in told
        ]


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
    )


def _remarks(tables: Sequence[Table], subjects: set[str]) -> tuple[str, ...]:
    people = [table.frame["USUBJID"] for table in tables if table.domain == "DM"]
    if not people:
        return ("no DM among the files: subjects have no demographics",)
    strangers = sorted(subjects - {name for column in people for name in column.to_list()})
    if not strangers:
        return ()
    return (f"{len(strangers)} subjects are not in DM: {', '.join(strangers[:5])}",)
