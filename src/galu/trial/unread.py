"""What nobody could read in the record: terms of events, names of tests, results without a grade."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from galu.record import Record
from galu.safety.events import is_recognised
from galu.safety.inputs import AdverseEventInput
from galu.vocabulary.events import nearest_terms
from galu.vocabulary.laboratory import DECLARED_OTHER, is_usual, lab_code, lab_tests, nearest_tests
from galu.vocabulary.results import kind_of_result


@dataclass(frozen=True, slots=True)
class Unread:
    """One finding: of whom, what was written, why it tells nothing, what settles it, and the fact.

    `day` is None where it is known only in part.
    """

    kind: Literal["event term", "test name", "result"]
    subject: str
    day: date | None
    written: str
    why: str
    remedy: str
    fact: str


def derive_unread(
    record: Record, events: Mapping[str, Iterable[AdverseEventInput]], grades: pl.DataFrame
) -> tuple[Unread, ...]:
    """Every event term and test name that is not known, and every result after the dose without a grade.

    Parameters
    ----------
    record
        With the names of tests read.
    grades
        Grades of the laboratory values, as `SafetyResults.grades`.
    """
    found = [*_terms(events), *_names(record), *_results(record, grades)]
    return tuple(sorted(found, key=lambda one: (one.kind, one.subject, one.day or date.min, one.fact)))


def _terms(events: Mapping[str, Iterable[AdverseEventInput]]) -> Iterator[Unread]:
    for subject, own in events.items():
        for event in own:
            if not is_recognised(event):
                remedy = _near(nearest_terms(event.term), "vocabulary.events")
                day = event.onset if event.onset_until is None else None
                why = "no term that galu knows"
                yield Unread("event term", subject, day, event.term, why, remedy, event.ref)


def _names(record: Record) -> Iterator[Unread]:
    for row in itertools.chain.from_iterable(record.facts(k).iter_rows(named=True) for k in ("lab", "vital")):
        told = row["value"] is not None or kind_of_result(row["text"]) == "unread"
        if told and row["test"] != DECLARED_OTHER and lab_code(row["test"]) is None:
            remedy = _near(nearest_tests(row["test"]), "vocabulary.tests")
            why = "no test that galu knows"
            yield Unread("test name", row["subject"], row["day"], row["test"], why, remedy, row["id"])


def _results(record: Record, grades: pl.DataFrame) -> Iterator[Unread]:
    open_ = grades.filter(pl.col("grade").is_null() & (pl.col("after_dose") | pl.col("day").is_null()))
    if not open_.height:
        return
    texts = dict(record.facts("lab").select("id", "text").iter_rows())
    for row in open_.unique("fact", keep="first", maintain_order=True).iter_rows(named=True):
        text = texts.get(row["fact"]) or ""
        if row["value"] is None and kind_of_result(text) == "no result":
            continue
        written = f"{row['test']} {text or format(row['value'], 'g')} {row['unit'] or '(no unit)'}"
        why, remedy = _why(row, text)
        yield Unread(
            "result", row["subject"], row["day"], written, f"{row['term']}: {why}", remedy, row["fact"]
        )


def _why(row: Mapping[str, object], text: str) -> tuple[str, str]:
    """Why a result has no grade, and what would give it one."""
    if row["value"] is None:
        return "no number", "correct the result, or have it judged"
    test = lab_tests()[str(row["test"]).upper()]
    if not is_usual(test, str(row["unit"] or "")):
        return "the unit is none of the test", f"write {', '.join(test.usual)}"
    if text:
        return "it is not known how far beyond the limit it is", "have it judged"
    return (
        "a limit or the baseline is missing",
        "enter the limits of the laboratory and the value before the dose",
    )


def _near(names: tuple[str, ...], where: str) -> str:
    meant = f"write {', '.join(names)}, or " if names else ""
    return f"{meant}name it in the study file under {where}"
