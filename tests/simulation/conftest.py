"""One simulated trial, shared by the tests that only read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest

from galu.protocol import Study, load_study
from galu.record import Entry, Record, record_of
from galu.simulation.scenario import Scenario, load_scenario
from galu.simulation.world import simulate_trial
from galu.trial.board import Board
from support import ROOT

FOLDER = ROOT / "studies" / "nct07310355"


@dataclass(frozen=True)
class Trial:
    study: Study
    scenario: Scenario
    entries: tuple[Entry, ...]
    asked: tuple[tuple[datetime, Board], ...]
    record: Record


@pytest.fixture(scope="session")
def study() -> Study:
    return load_study(FOLDER / "study.yaml")


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return load_scenario(FOLDER / "scenario.yaml")


@pytest.fixture(scope="session")
def trial(study: Study, scenario: Scenario) -> Trial:
    asked: list[tuple[datetime, Board]] = []
    entries = simulate_trial(
        study, scenario, 1, "0" * 64, lambda moment, board: asked.append((moment, board))
    )
    return Trial(study, scenario, entries, tuple(asked), record_of(entries, study.zone))
