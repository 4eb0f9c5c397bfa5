"""The five studies that galu is shipped with: each by its files alone, ready for every step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from galu.protocol import load_study
from galu.protocol.readiness import needs
from galu.simulation.scenario import load_scenario
from support import ROOT

STUDIES = sorted(path.parent for path in (ROOT / "studies").glob("nct*/scenario.yaml"))


def test_there_are_five_of_different_kinds() -> None:
    studies = [load_study(folder / "study.yaml") for folder in STUDIES]
    designs = {one.escalation.design.value for one in studies if one.escalation}
    nuclides = {one.dosimetry.therapy_nuclide.value for one in studies if one.dosimetry}
    assert len(studies) == 5
    assert designs == {"rolling-six", "3+3", "boin"}
    assert nuclides == {"Lu-177", "Tb-161", "Ac-225"}


@pytest.mark.parametrize("folder", STUDIES, ids=lambda folder: folder.name)
def test_a_study_is_ready_and_its_scenario_is_of_it(folder: Path) -> None:
    study, scenario = load_study(folder / "study.yaml"), load_scenario(folder / "scenario.yaml")
    assert needs(study) == ()
    assert scenario.study == study.identity.nct_id.value
    assert study.treatment is not None and study.eligibility is not None
    assert len(scenario.toxicity.probability_by_level) == len(study.treatment.levels)
    criteria = {one.id for one in study.eligibility.criteria}
    assert {row.criterion for row in scenario.screening.failures} <= criteria


@pytest.mark.parametrize("folder", STUDIES[:-1], ids=lambda folder: folder.name)
def test_a_criterion_s_parts_are_its_own_words(folder: Path) -> None:
    """A word of an atom's fragment that is longer than three letters stands in the criterion."""
    study = load_study(folder / "study.yaml")
    assert study.eligibility is not None
    for criterion in study.eligibility.criteria:
        said = set(re.findall(r"\w{4,}", criterion.text.casefold()))
        for atom in criterion.atoms:
            told = set(re.findall(r"\w{4,}", atom.fragment.casefold()))
            assert told & said or atom.fragment == "Gender: Male", (criterion.id, atom.fragment)
