"""The patient of the how-to, who meets all thirty criteria the day before his dose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from galu.eligibility import Gate, evaluate
from galu.eligibility.plan import EligibilityPlan
from galu.exchange.facts_csv import read_facts
from galu.protocol import Study, load_study
from galu.record import Entry, Fact, record_of
from galu.record.conduct import Judgement
from galu.record.disease import AdverseEvent
from galu.record.people import History
from galu.trial.eligibility import gather_evidence
from galu.trial.subjects import derive_subjects
from galu.trial.words import read_words
from support import ROOT

#: The investigator signed all on 2026-02-24; what was told then, and what after.
BEFORE, AFTER = "2026-02-23", "2026-03-05"
PAGE = ROOT / "docs" / "howto" / "record-a-patient.md"
FILE = re.compile(r"^`patient/(?P<name>[\w.]+)`\n\n```csv\n(?P<text>.*?)^```", re.M | re.S)
DAY = date(2026, 3, 9)
KNOWN = datetime(2026, 3, 9, tzinfo=UTC)


@cache
def study() -> Study:
    return load_study(ROOT / "studies" / "nct07310355" / "study.yaml")


@cache
def patient() -> tuple[Fact, ...]:
    with TemporaryDirectory() as folder:
        for file in FILE.finditer(PAGE.read_text(encoding="utf-8")):
            (Path(folder) / file["name"]).write_text(file["text"], encoding="utf-8")
        return tuple(read_facts(Path(folder)).facts)


def verdicts(facts: Iterable[Fact], gate: Gate = Gate.DOSE) -> dict[str, str]:
    """Verdict of each criterion the day before the dose."""
    entries = [Entry(n, KNOWN, fact) for n, fact in enumerate(facts, 1)]
    record = read_words(study(), record_of(entries, study().zone))
    people = [one for one in derive_subjects(study(), record) if one.id == "001"]
    plan = study().eligibility
    assert plan is not None and people
    evidence = gather_evidence(study(), record, people)["001"]
    return {one.criterion: one.verdict for one in evaluate(plan, evidence, gate, DAY)}


def fact(kind: type[Fact], on: str = BEFORE, name: str = "x", **cells: object) -> Fact:
    return kind.model_validate({"id": name, "subject": "001", "on": on, **cells})


def told(term: str, on: str = BEFORE, **more: object) -> Fact:
    return fact(History, on, term=term, **more)


def event(term: str, on: str = AFTER, grade: int = 2, **more: object) -> Fact:
    return fact(AdverseEvent, on, term=term, grade=grade, attribution="unrelated", **more)


def signed(item: str, value: str, on: str, by: str = "Dr Wu", **more: object) -> Fact:
    return fact(Judgement, on, f"{item}-{value}-{on}-{by}", item=item, value=value, by=by, **more)


def open_atoms(*facts: Fact, day: date = DAY, plan: EligibilityPlan | None = None) -> dict[str, str]:
    """Atoms that are not satisfied at the dose gate, with their reasons."""
    return opened([Entry(n, KNOWN, one) for n, one in enumerate((*patient(), *facts), 1)], day, plan)


def opened(entries: Iterable[Entry], day: date = DAY, plan: EligibilityPlan | None = None) -> dict[str, str]:
    record = read_words(study(), record_of(list(entries), study().zone))
    people = [one for one in derive_subjects(study(), record) if one.id == "001"]
    stated = plan or study().eligibility
    assert stated is not None
    reading = study().model_copy(update={"eligibility": stated})
    evidence = gather_evidence(reading, record, people)["001"]
    found = evaluate(stated, evidence, Gate.DOSE, day)
    return {
        atom.id: atom.reason
        for one in found
        if one.verdict != "satisfied"
        for atom in one.atoms
        if one.verdict_of(atom) != "satisfied"
    }
