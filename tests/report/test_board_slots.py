"""The slots that the board leaves open are those of the study's own design."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galu.protocol import Study, load_study
from galu.record import record_of
from galu.report.board import _free, lanes_of
from galu.trial.board import derive_board
from support import ROOT

COHORTS = {"nct07310355": 6, "nct03872778": 3, "nct05521412": 3, "nct04506567": 3, "nct01456078": 3}


@cache
def study_of(name: str) -> Study:
    return load_study(ROOT / "studies" / name / "study.yaml")


@pytest.mark.parametrize(("name", "slots"), COHORTS.items())
def test_an_empty_board_shows_one_cohort_a_level(name: str, slots: int) -> None:
    study = study_of(name)
    assert study.treatment is not None
    lanes = lanes_of(study, derive_board(study, record_of([], study.zone), date(2026, 1, 5)))
    assert [[card.state for card in lane.cards] for lane in lanes] == [
        ["free"] * slots for _ in study.treatment.levels
    ]


@given(st.sampled_from(sorted(COHORTS)), st.integers(0, 40))
def test_cohorts_are_filled_one_after_another(name: str, taken: int) -> None:
    study, size = study_of(name), COHORTS[name]
    free = _free(study, taken)
    if name == "nct07310355":
        assert free == max(0, size - taken)
    else:
        assert 0 <= free <= size and (taken + free) % size == 0 and taken + free > 0
