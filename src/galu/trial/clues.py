"""Clues of a severe toxicity in the record: treatment given, performance status, protein in urine."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import polars as pl

from galu.record import Record
from galu.record.when import day_of, days_of
from galu.safety.clues import behind_treatment, is_antiinfective
from galu.safety.inputs import Clue
from galu.vocabulary.events import read_event
from galu.vocabulary.laboratory import lab_code
from galu.vocabulary.results import kind_of_result
from galu.vocabulary.therapies import support_given

#: What supports the blood, and the toxicity that it is given for.
_SUPPORTED: Final = {
    "red cells": ("Anemia", "a transfusion of red cells"),
    "platelets": ("Platelet count decreased", "a transfusion of platelets"),
    "tpo": ("Platelet count decreased", "a thrombopoietin agonist"),
}
#: From this score on a patient is in bed for most of the day; CTCAE: limiting self-care is grade 3.
ECOG_SEVERE: Final = 3
#: A score that is worse by so much is no slip of a reader (assumed).
_ECOG_RISE: Final = 2
#: A condition milder than this is no toxicity of the usual rules.
_SEVERE: Final = 3
_PROTEIN: Final = ("PROT", "PROTUR")
#: CTCAE v5.0, proteinuria: four plus, or 3.5 g in 24 hours, is grade 3.
_PLUS_SEVERE, _GRAMS_SEVERE = 4, 3.5
_PLUS: Final = re.compile(r"\s*(?:\(?([1-4])\s*\+\)?|\+\s*([1-4])|(\+{1,5}))\s*")
_DAY: Final = re.compile(r"/(24h(ours?|rs?)?|day)$")
#: Grams in 24 hours of one of a unit; of a sample, as of a litre or of a gram of creatinine (assumed).
_GRAMS: Final = {
    "g/d": 1.0, "mg/d": 1e-3, "g/l": 1.0, "mg/dl": 1e-2, "mg/l": 1e-3, "g/g": 1.0, "mg/g": 1e-3,
    "mg/mg": 1.0, "mg/mmol": 8.84e-3, "g/mol": 8.84e-3,
}  # fmt: skip
#: Urine, in whatever words a specimen is named.
IN_URINE: Final = r"(?i)\burin(e|ary)?\b|尿"


def clues_by_subject(record: Record, first: Mapping[str, date]) -> dict[str, tuple[Clue, ...]]:
    """Clues since the first dose, by subject; `first` has the day of it."""
    found: dict[str, list[Clue]] = {}
    told = itertools.chain(
        _of_support(record), _of_treatment(record), _of_history(record), _of_ecog(record, first),
        _of_urine(record, first),
    )  # fmt: skip
    for subject, clue in told:
        if subject in first and clue.last_day >= first[subject]:
            found.setdefault(subject, []).append(clue)
    return {subject: tuple(clues) for subject, clues in found.items()}


def infections_treated(record: Record) -> Iterator[tuple[str, date, str]]:
    """(subject, day, fact) of every treatment that is begun in febrile neutropenia."""
    for row in record.facts("therapy").iter_rows(named=True):
        if is_antiinfective(row["agent"]):
            yield row["subject"], days_of(row["on"])[0], row["id"]


def _clue(row: Mapping[str, Any], said: str, terms: tuple[str, ...], told_from: int = 3) -> tuple[str, Clue]:
    first, last = days_of(row["on"])
    on = f"on {first}" if row["day"] is not None else f"between {first} and {last}"
    until = last if row["day"] is None else None
    return row["subject"], Clue(row["id"], first, f"{said} {on}", terms, told_from, until)


def support_of_blood(record: Record) -> Iterator[tuple[dict[str, Any], str]]:
    """Rows of transfusions, and of therapies that support the blood, each with its product.

    Only a row of a therapy has an `agent` and may have an end.
    """
    for row in record.facts("transfusion").iter_rows(named=True):
        yield row, row["product"].replace("-", " ")
    for row in record.facts("therapy").iter_rows(named=True):
        product = support_given(row["agent"])
        if product is not None:
            yield row, product


def conditions_begun(record: Record) -> Iterator[dict[str, Any]]:
    """Rows of the history of which it is told when they began, dated by that."""
    for row in record.facts("history").iter_rows(named=True):
        if row["started"]:
            yield {**row, "on": row["started"], "day": day_of(row["started"])}


def _of_support(record: Record) -> Iterator[tuple[str, Clue]]:
    for row, product in support_of_blood(record):
        if product in _SUPPORTED:
            term, words = _SUPPORTED[product]
            yield _clue(row, f"{row['agent']}, {words}," if "agent" in row else words, (term,))


def _of_treatment(record: Record) -> Iterator[tuple[str, Clue]]:
    for row in record.facts("therapy").iter_rows(named=True):
        behind = behind_treatment(row["agent"], row["indication"] or "")
        if behind is not None and support_given(row["agent"]) not in _SUPPORTED:
            why = f" for {row['indication']!r}" if row["indication"] else ""
            yield _clue(row, f"{row['agent']}{why} was given", behind.terms, behind.told_from)


def _of_history(record: Record) -> Iterator[tuple[str, Clue]]:
    """Conditions that began after the dose: an event that was written among the history."""
    for row in conditions_begun(record):
        if row["grade"] is None or row["grade"] >= _SEVERE:
            yield _clue(row, f"{row['term']!r} of the history began", read_event(row["term"]).names)


def _of_ecog(record: Record, first: Mapping[str, date]) -> Iterator[tuple[str, Clue]]:
    before: dict[str, int] = {}
    for row in record.facts("ecog").iter_rows(named=True):
        score, dosed = row["score"], first.get(row["subject"])
        if dosed is None or days_of(row["on"])[1] <= dosed:
            before[row["subject"]] = score
            continue
        base = before.get(row["subject"], 0)
        if score >= ECOG_SEVERE and score - base >= _ECOG_RISE:
            said = "ECOG 5, which is death," if score > 4 else f"ECOG {score}"
            yield _clue(row, f"{said} was recorded", (), 5 if score > 4 else 3)


def _of_urine(record: Record, first: Mapping[str, date]) -> Iterator[tuple[str, Clue]]:
    """Protein in urine that is severe, and was not so before the dose."""
    labs = record.facts("lab")
    tests = {name: lab_code(name) for name in labs["test"].unique().to_list()}
    in_urine = pl.col("specimen").fill_null("").str.contains(IN_URINE)
    any_name, urine_name = (
        [name for name, code in tests.items() if code in codes] for codes in (_PROTEIN, _PROTEIN[1:])
    )
    rows = labs.filter(
        (in_urine & pl.col("test").is_in(any_name)) | (~in_urine & pl.col("test").is_in(urine_name))
    )
    before: set[str] = set()
    for row in rows.iter_rows(named=True):
        if not _is_severe(row):
            continue
        dosed = first.get(row["subject"])
        if dosed is None or days_of(row["on"])[1] <= dosed:
            before.add(row["subject"])
        elif row["subject"] not in before:
            value = row["text"] if row["value"] is None else f"{row['value']:g} {row['unit'] or ''}".strip()
            yield _clue(row, f"protein in urine of {value}", ("Proteinuria", "Nephrotic syndrome"))


def _is_severe(row: Mapping[str, Any]) -> bool:
    """Whether a protein in urine is severe, or is not known to be milder."""
    if row["value"] is None:
        plus = _PLUS.fullmatch(row["text"] or "")
        if plus is None:
            return kind_of_result(row["text"]) == "unread"
        return (int(plus[1] or plus[2]) if plus[1] or plus[2] else len(plus[3])) >= _PLUS_SEVERE
    unit = re.sub(r"\s", "", row["unit"] or "").lower()
    if unit in ("", "+", "plus"):
        return bool(row["value"] >= _PLUS_SEVERE)
    grams = _GRAMS.get(_DAY.sub("/d", unit))
    return grams is None or bool(row["value"] * grams >= _GRAMS_SEVERE)
