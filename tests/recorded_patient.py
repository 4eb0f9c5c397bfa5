"""The patient of the how-to, who meets all thirty criteria the day before his dose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from galu.eligibility import Gate, evaluate
from galu.exchange.facts_csv import read_facts
from galu.protocol import Study, load_study
from galu.record import Entry, Fact, record_of
from galu.trial.eligibility import gather_evidence
from galu.trial.subjects import derive_subjects
from galu.trial.words import read_words
from support import ROOT

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
