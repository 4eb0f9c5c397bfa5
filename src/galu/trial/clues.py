"""Clues of a severe toxicity in the record: treatment given, performance status, protein in urine."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from galu.record import Fact, Record, Row
from galu.record.people import Ecog, History, Lab, Therapy
from galu.record.treatment import Transfusion
from galu.record.when import day_of, days_of
from galu.safety.clues import behind_treatment, is_antiinfective
from galu.safety.inputs import Clue
from galu.vocabulary.blood_tests import may_be_blood, shows_blood
from galu.vocabulary.events import read_event, told_severity
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
#: Blood and urine, in whatever words a specimen is named.
NAMES_BLOOD: Final = r"(?i)\b(blood|serum|plasma|blut|sang)\b|血"
#: Tests of blood alone.
NEVER_IN_URINE: Final = frozenset(("PLAT", "NEUT", "LYM", "ALT", "AST", "ALP", "GGT", "INR", "APTT"))
IN_URINE: Final = r"(?i)\burin(e|ary)?\b|尿"


def clues_by_subject(record: Record, first: Mapping[str, date]) -> dict[str, tuple[Clue, ...]]:
    """Clues since the first dose, by subject; `first` has the day of it."""
    found: dict[str, list[Clue]] = {}
    told = itertools.chain(
        _of_support(record), _of_treatment(record), _of_history(record, first), _of_ecog(record, first),
        _of_urine(record, first),
    )  # fmt: skip
    for subject, clue in told:
        if subject in first and clue.last_day >= first[subject]:
            found.setdefault(subject, []).append(clue)
    return {subject: tuple(clues) for subject, clues in found.items()}


def infections_treated(record: Record) -> Iterator[tuple[str, date, str]]:
    """(subject, day, fact) of every treatment that is begun in febrile neutropenia."""
    for row in record.rows(Therapy):
        if is_antiinfective(row.fact.agent):
            yield row.subject, days_of(row.fact.on)[0], row.id


def _clue(row: Row[Fact], said: str, terms: tuple[str, ...], told_from: int = 3) -> tuple[str, Clue]:
    first, last = days_of(row.fact.on)
    on = f"on {first}" if row.day is not None else f"between {first} and {last}"
    until = last if row.day is None else None
    return row.subject, Clue(row.id, first, f"{said} {on}", terms, told_from, until)


def support_of_blood(record: Record) -> Iterator[tuple[Row[Transfusion] | Row[Therapy], str]]:
    """Transfusions, and therapies that support the blood, each with its product."""
    for blood in record.rows(Transfusion):
        yield blood, blood.fact.product.replace("-", " ")
    for row in record.rows(Therapy):
        product = support_given(row.fact.agent)
        if product is not None:
            yield row, product


def conditions_begun(record: Record) -> Iterator[Row[History]]:
    """Rows of the history of which it is told when they began, dated by that."""
    for row in record.rows(History):
        if row.fact.started:
            dated = row.fact.model_copy(update={"on": row.fact.started})
            yield row._replace(fact=dated, day=day_of(row.fact.started))


def blood_found(record: Record) -> Iterator[Row[Lab]]:
    """Results of tests that look for blood outside the vessels, and are not known to have found none."""
    labs = record.facts("lab")
    kinds = labs.select("test", "specimen").unique().iter_rows()
    asked = {(test, specimen) for test, specimen in kinds if shows_blood(test, specimen or "")}
    if not asked:
        return
    for row in record.rows(Lab):
        one = row.fact
        if (one.test, one.specimen) in asked and may_be_blood(one.value, one.text, one.upper_limit):
            yield row


def _of_support(record: Record) -> Iterator[tuple[str, Clue]]:
    for row, product in support_of_blood(record):
        if product in _SUPPORTED:
            term, words = _SUPPORTED[product]
            given = row.fact
            said = f"{given.agent}, {words}," if isinstance(given, Therapy) else words
            yield _clue(row, said, (term,))


def _of_treatment(record: Record) -> Iterator[tuple[str, Clue]]:
    for row in record.rows(Therapy):
        behind = behind_treatment(row.fact.agent, row.fact.indication or "")
        if behind is not None and support_given(row.fact.agent) not in _SUPPORTED:
            why = f" for {row.fact.indication!r}" if row.fact.indication else ""
            yield _clue(row, f"{row.fact.agent}{why} was given", behind.terms, behind.told_from)


def _of_history(record: Record, first: Mapping[str, date]) -> Iterator[tuple[str, Clue]]:
    """Conditions that began, or may have begun, after the dose: an event that was written among the history.

    The grade is the worse of the stated one and that of its words.
    """
    for row in conditions_begun(record):
        told = max(row.fact.grade or 0, told_severity(row.fact.term) or 0)
        if row.fact.grade is None or told >= _SEVERE:
            yield _clue(row, f"{row.fact.term!r} of the history began", read_event(row.fact.term).names)
    for row in record.rows(History):
        dosed, asked = first.get(row.subject), days_of(row.fact.on)[1]
        over = row.fact.ended is not None and dosed is not None and days_of(row.fact.ended)[1] < dosed
        told = max(row.fact.grade or 0, told_severity(row.fact.term) or 0)
        if row.fact.started is None and dosed is not None and asked > dosed and told >= _SEVERE and not over:
            said = (
                f"{row.fact.term!r} of the history, of which nobody told when it began, was noted on {asked}"
            )
            yield row.subject, Clue(row.id, dosed, said, read_event(row.fact.term).names, _SEVERE, asked)


def _of_ecog(record: Record, first: Mapping[str, date]) -> Iterator[tuple[str, Clue]]:
    before: dict[str, int] = {}
    for row in record.rows(Ecog):
        score, dosed = row.fact.score, first.get(row.subject)
        if dosed is None or days_of(row.fact.on)[1] <= dosed:
            before[row.subject] = score
            continue
        base = before.get(row.subject, 0)
        if score >= ECOG_SEVERE and score - base >= _ECOG_RISE:
            said = "ECOG 5, which is death," if score > 4 else f"ECOG {score}"
            yield _clue(row, f"{said} was recorded", (), 5 if score > 4 else 3)


def _of_urine(record: Record, first: Mapping[str, date]) -> Iterator[tuple[str, Clue]]:
    """Protein in urine that is severe, and was not so before the dose."""
    before: set[str] = set()
    written = record.facts("lab")["test"].unique().to_list()
    if not any(lab_code(name) in _PROTEIN for name in written):
        return
    for row in record.rows(Lab):
        if lab_code(row.fact.test) not in _PROTEIN[not is_urine(row.fact.specimen or "") :]:
            continue
        if not _is_severe(row.fact):
            continue
        dosed = first.get(row.subject)
        if dosed is None or days_of(row.fact.on)[1] <= dosed:
            before.add(row.subject)
        elif row.subject not in before:
            value = (
                row.fact.text
                if row.fact.value is None
                else f"{row.fact.value:g} {row.fact.unit or ''}".strip()
            )
            yield _clue(row, f"protein in urine of {value}", ("Proteinuria", "Nephrotic syndrome"))


def is_of_urine(test: str, specimen: str) -> bool:
    """Whether a result is of urine; where nobody can measure the test there, the specimen is a slip."""
    return is_urine(specimen) and lab_code(test) not in NEVER_IN_URINE


@lru_cache(maxsize=1024)
def is_urine(specimen: str) -> bool:
    """Whether a specimen is urine, in whatever words; one that names blood too is blood."""
    return re.search(IN_URINE, specimen) is not None and re.search(NAMES_BLOOD, specimen) is None


def _is_severe(lab: Lab) -> bool:
    """Whether a protein in urine is severe, or is not known to be milder."""
    if lab.value is None:
        plus = _PLUS.fullmatch(lab.text or "")
        if plus is None:
            return kind_of_result(lab.text) == "unread"
        return (int(plus[1] or plus[2]) if plus[1] or plus[2] else len(plus[3])) >= _PLUS_SEVERE
    unit = re.sub(r"\s", "", lab.unit or "").lower()
    if unit in ("", "+", "plus"):
        return bool(lab.value >= _PLUS_SEVERE)
    grams = _GRAMS.get(_DAY.sub("/d", unit))
    return grams is None or bool(lab.value * grams >= _GRAMS_SEVERE)
