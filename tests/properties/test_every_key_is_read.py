"""A key of the study file that nothing reads is a promise nobody keeps: each is read, or says why not."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from pydantic import BaseModel

from galu.desk.folder import open_trial
from galu.desk.review import write_review
from galu.desk.run import run_trial
from galu.desk.simulate import simulate_into
from galu.desk.status import day_of_report
from galu.protocol.cautions import cautions
from galu.protocol.contradictions import contradictions
from galu.protocol.readiness import needs
from galu.statement import Section
from galu.trial.state import derive_state
from support import ROOT

REFERENCE = ROOT / "studies" / "nct07310355"
Key = tuple[str, str]

#: What the registry says is kept and shown as it stands (`galu study show`, `compare`), never computed with.
AS_REGISTERED = {"Identity", "Arm"}
#: Words for the reader of the file: why a value is assumed, what the protocol says, what is unclear in it.
WORDS = {
    "why", "source", "type", "description", "other_names", "clause", "fragment", "unknown_rule", "ambiguity",
    "question", "mass_source",
}  # fmt: skip
#: Read where something happens that the simulated trial has not; each with the test that shows it.
SELDOM: dict[Key, str] = {
    ("AtomPlan", "after_anchor"): "eligibility/test_traps.py",
    ("Enrolment", "pool_escalation_at_rp2d"): "trial/test_efficacy.py",
    ("ModificationRule", "on_recurrence"): "safety/test_modification.py",
    ("MonitoringPlan", "dlt_rate"): "trial/test_board.py",
    ("MonitoringPlan", "probability"): "trial/test_board.py",
    ("SafetyPlan", "monitoring"): "trial/test_board.py",
    ("RecistPlan", "version"): "protocol/test_contradictions.py",
    ("Region", "mass_g"): "trial/test_dosimetry.py",
    ("RenalRule", "clearance_fall_percent"): "safety/test_modification.py",
    ("RenalRule", "id"): "safety/test_modification.py",
    ("RenalRule", "on_recurrence"): "safety/test_modification.py",
    ("ReleaseRule", "distance_m"): "trial/test_site_day.py",
    ("ReleaseRule", "rate_usv_h"): "trial/test_site_day.py",
    ("SitePlan", "order_days_ahead"): "trial/test_site_day.py",
    ("SitePlan", "revise_beyond"): "trial/test_site_day.py",
    ("TimePlan", "min_grade"): "trial/test_declared_times.py",
    ("Treatment", "at_organ_limit"): "trial/test_proposals.py",
}


def keys_of(node: Any, found: set[Key]) -> set[Key]:
    """Every key of every section of a study file."""
    if isinstance(node, BaseModel):
        name = type(node).__name__.split("[")[0]
        for key in type(node).model_fields:
            found.add((name, key))
            keys_of(getattr(node, key), found)
    elif isinstance(node, tuple):
        for one in node:
            keys_of(one, found)
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated trial of a dozen patients under the reference study."""
    there = tmp_path_factory.mktemp("small")
    text = (REFERENCE / "study.yaml").read_text(encoding="utf-8")
    (there / "study.yaml").write_text(text.replace("    value: 49\n", "    value: 12\n"), encoding="utf-8")
    simulate_into(there / "study.yaml", REFERENCE / "scenario.yaml", 1, there / "trial")
    return there


def test_every_key_of_the_reference_study_is_read(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = open_trial(small / "trial")
    last = day_of_report(trial.record, None)
    keys = keys_of(trial.study, set())
    read: set[Key] = set()
    plain = Section.__getattribute__

    def told(self: Section, name: str) -> Any:
        if name in type(self).model_fields and sys._getframe(1).f_code.co_name not in ("_walk", "_summary"):
            read.add((type(self).__name__.split("[")[0], name))
        return plain(self, name)

    monkeypatch.setattr(Section, "__getattribute__", told)
    copied = copytree(small / "trial", small / "copied")  # of a new place the study file is read anew
    needs(trial.study), cautions(trial.study), tuple(contradictions(trial.study))
    run_trial(copied, small / "report")
    for back in (200, 400, 500):
        _ = derive_state(trial.study, trial.record, last - timedelta(days=back)).agenda
    write_review(copied, small / "review.html")
    monkeypatch.undo()
    unread = {
        (section, key)
        for section, key in keys - read - SELDOM.keys()
        if section not in AS_REGISTERED and key not in WORDS and (section, key) != ("Study", "arms")
    }
    assert not unread, f"nothing reads {sorted(unread)}"


@pytest.mark.parametrize("where", sorted(set(SELDOM.values())))
def test_what_is_seldom_read_has_its_test(where: str) -> None:
    assert (ROOT / "tests" / where).is_file()
