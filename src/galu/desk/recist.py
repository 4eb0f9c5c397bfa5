"""RECIST 1.1 from files: lesion measurements, raw SDTM, or sums beside collected responses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from galu.desk.lesion_rows import read_lesions
from galu.desk.rows import Cells, Row, read_rows
from galu.efficacy.recist import (
    RecistRule,
    VisitResponse,
    overall_response,
    target_response,
    visit_responses,
)
from galu.finding import InputError
from galu.record import Entry, Record, record_of
from galu.trial.lesions import (
    Agreement,
    ReaderResponses,
    collected_responses,
    derive_responses,
    differences,
    reader_agreement,
)

_SUMS = ("USUBJID", "SUM", "BASE", "NADIR", "TRGRESP")
_MEASURED = ("USUBJID", "LESION", "ADT", "VISIT", "ROLE", "VALUE_MM")
_NON_TARGET = ("CR", "NON-CR/NON-PD", "PD", "NE")
_VISIT = ("USUBJID", "READER", "VISIT", "ADT", "SUM_MM", "BASE_MM", "NADIR_MM", "TARGET", "NON_TARGET",
          "NEW_LESION", "OVERALL", "REASON")  # fmt: skip
_TESTS = ("TRGRESP", "NTRGRESP", "OVRLRESP")


@dataclass(frozen=True, slots=True)
class RecistFile:
    """What is to be written, and what a person wants to be told of it.

    `missed` counts collected responses that miss a progression; None where nothing was collected. `notes`
    say who has no row and why.
    """

    header: tuple[str, ...]
    rows: tuple[Cells, ...]
    missed: int | None = None
    agreement: tuple[Agreement, ...] = ()
    notes: tuple[str, ...] = ()


def derive_recist(source: Path, beside: Sequence[Path] = (), subjects: Path | None = None) -> RecistFile:
    """RECIST 1.1 per subject, reader and visit, by what the columns of the file are.

    Measurements: USUBJID, LESION, ADT, VISIT, ROLE, VALUE_MM and optionally STATE, NODAL, ORGAN, READER,
    TRTSDT. SDTM: TR with, in `beside`, TU (role and site of each lesion) and optionally RS (collected
    responses, which are set beside). Sums: USUBJID, SUM, BASE, NADIR, TRGRESP and optionally NTRGRESP,
    NEWLPROG. The baseline is the last visit on or before TRTSDT (its own column or that of
    `subjects`), or else the earliest.

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    rows = read_rows(source, ("USUBJID",))
    columns = set(rows[0].cells) if rows else set()
    if {"TRTESTCD", "TRLNKID"} <= columns:
        return _of_sdtm([source, *beside], _starts(subjects))
    if set(_SUMS) <= columns:
        return _of_sums(rows)
    return _of_measurements(read_rows(source, _MEASURED), _starts(subjects))


def _starts(subjects: Path | None) -> dict[str, date | None]:
    rows = read_rows(subjects, ("USUBJID", "TRTSDT")) if subjects else []
    return {row["USUBJID"]: row.day("TRTSDT") for row in rows}


def _of_sums(rows: Sequence[Row]) -> RecistFile:
    """Recompute and diff; a sum of 0 is CR, and without sum, baseline and response there are no targets."""
    answers: list[Cells] = []
    for row in rows:
        target, non_target = _of_sum(row), None
        if row["NTRGRESP"]:
            non_target = row.one_of("NTRGRESP", _NON_TARGET)
        overall = overall_response(target, non_target, row["NEWLPROG"].upper() == "UNEQUIVOCAL")
        missed = "Y" if target == "PD" and row["TRGRESP"] != "PD" else "N"
        calculated = {"CALC_TARGET": target or "", "CALC_OVERALL": overall, "MISSED_PD": missed}
        answers.append({**row.cells, **calculated})
    header = tuple(answers[0]) if answers else _SUMS
    return RecistFile(header, tuple(answers), sum(one["MISSED_PD"] == "Y" for one in answers))


def _of_sum(row: Row) -> str | None:
    total, base, nadir = (row.number(column) for column in ("SUM", "BASE", "NADIR"))
    if base is None and total is None and not row["TRGRESP"]:
        return None
    if total is None or base is None or nadir is None:
        return "NE"
    if min(total, base, nadir) < 0.0:
        raise InputError(row.place("SUM"), "a sum of diameters is negative", "give sums of 0 or more")
    return "CR" if total == 0.0 else target_response(total, base, nadir, True)


def _of_measurements(rows: Sequence[Row], starts: dict[str, date | None]) -> RecistFile:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.given("USUBJID", "name the subject"), row["READER"]), []).append(row)
    found = []
    for (subject, reader), mine in sorted(groups.items()):
        start = mine[0].day("TRTSDT") if mine[0]["TRTSDT"] else starts.get(subject)
        read = read_lesions(mine, start)
        visits = visit_responses(read.measurements, first_dose=start)
        told = (replace(v, reason="; ".join(filter(None, (v.reason, read.note)))) for v in visits)
        found.append(ReaderResponses(subject, reader, True, tuple(told)))
    return _written(found)


def _of_sdtm(sources: Sequence[Path], starts: dict[str, date | None]) -> RecistFile:
    from galu.exchange.sdtm import read_sdtm

    facts = read_sdtm(sources).facts
    if not any(fact.kind == "lesion" for fact in facts):
        remedy = "give TU beside it, with dates"
        raise InputError(str(sources[0]), "TR alone does not say which lesions are targets", remedy)
    read_at = datetime(1970, 1, 1, tzinfo=UTC)
    record = record_of(Entry(i + 1, read_at, fact) for i, fact in enumerate(facts))
    found = derive_responses(record, starts, RecistRule())
    for one in found:
        if one.reason:
            raise InputError(
                f"{sources[0].name}, {one.subject} {one.reader}", one.reason, "correct the source"
            )
    written = _written(found)
    return _with_collected(written, record, found) if "collected_response" in record.frames else written


def _written(found: Sequence[ReaderResponses]) -> RecistFile:
    rows = tuple(_visit(one, visit) for one in found for visit in one.visits)
    alone = (f"{one.subject} {one.reader}".rstrip() for one in found if not one.visits)
    notes = tuple(f"{who}: no visit after the baseline, so no response" for who in alone)
    return RecistFile(_VISIT, rows, agreement=reader_agreement(found), notes=notes)


def _visit(one: ReaderResponses, seen: VisitResponse) -> Cells:
    sums = ("" if size is None else f"{size:g}" for size in (seen.sum_mm, seen.baseline_mm, seen.nadir_mm))
    cells = (one.subject, one.reader, seen.visit, seen.day.isoformat(), *sums, seen.target or "",
             seen.non_target or "", "Y" if seen.new_lesion else "N", seen.overall, seen.reason)  # fmt: skip
    return dict(zip(_VISIT, cells, strict=True))


def _with_collected(written: RecistFile, record: Record, found: Sequence[ReaderResponses]) -> RecistFile:
    """Each visit's collected responses beside the derived ones; DIFFERS names the tests that differ."""
    collected = collected_responses(record, found)
    differing: dict[tuple[str, str, str], list[str]] = {}
    for one in differences(record, found):
        differing.setdefault((one.subject, one.reader, one.visit), []).append(one.test)
    rows = []
    for line in written.rows:
        key = line["USUBJID"], line["READER"], line["VISIT"]
        tests = collected.get(key, {})
        beside = {test: tests[test].fact.value or "" if test in tests else "" for test in _TESTS}
        missed = line["TARGET"] == "PD" and beside["TRGRESP"] not in ("PD", "")
        marks = {"DIFFERS": " ".join(sorted(differing.get(key, ()))), "MISSED_PD": "Y" if missed else "N"}
        rows.append({**line, **beside, **marks})
    header = (*written.header, *_TESTS, "DIFFERS", "MISSED_PD")
    count = sum(row["MISSED_PD"] == "Y" for row in rows)
    return replace(written, header=header, rows=tuple(rows), missed=count)
