"""Studies, records and states travel between processes: to the workers of a cluster, into a cache."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime

import pytest

from galu.escalation.designs import DESIGNS
from galu.escalation.plan import plan_of
from galu.protocol import load_study
from galu.protocol.cautions import cautions
from galu.record import Entry, record_of
from galu.record.people import Consent
from galu.record.treatment import Administration, Enrolment
from galu.trial.state import derive_state
from support import ROOT, weekly_counts

STUDIES = sorted((ROOT / "studies").glob("*/study.yaml"))
DAY = date(2026, 4, 1)


def again(value):
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.parent.name)
def test_a_study_comes_back_as_it_was(path):
    study = load_study(path)
    found = again(study)
    assert found == study and type(found.escalation) is type(study.escalation)
    assert cautions(found) == cautions(study)


def test_the_section_of_every_design_is_found_by_its_name():
    assert all(pickle.loads(pickle.dumps(plan_of(design))) is plan_of(design) for design in DESIGNS)


def test_a_state_comes_back_with_what_was_derived_and_derives_the_rest():
    study = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
    facts = [
        Consent(id="c", subject="P", on="2026-01-20"),
        Enrolment(id="e", subject="P", on="2026-02-01", phase="escalation", level=1),
        Administration(
            id="a", subject="P", on="2026-02-02T10:00", agent="177Lu-PSMA-0057", cycle=1,
            planned_activity_mbq=3700, activity_mbq=3700,
        ),
        *weekly_counts("P", date(2026, 2, 2)),
    ]  # fmt: skip
    now = datetime(2026, 3, 1, tzinfo=UTC)
    record = record_of([Entry(n, now, one) for n, one in enumerate(facts, start=1)], "Asia/Shanghai")
    state = derive_state(study, record, DAY)
    board = state.board
    found = again(state)
    assert found.board == board and found.board == derive_state(study, again(record), DAY).board
    assert found.proposals == state.proposals and found.facts == state.facts
