"""The page of the library says what the rooms offer, no more and no less."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs/reference/library.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## galu\.(\w+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))


@pytest.mark.parametrize("room", SECTIONS)
def test_the_page_lists_what_a_room_offers(room: str) -> None:
    module = importlib.import_module(f"galu.{room}")
    assert re.findall(r"`(\w+)`", SECTIONS[room]) == sorted(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)


def test_every_sibling_has_its_section() -> None:
    siblings = {
        "eligibility",
        "escalation",
        "safety",
        "efficacy",
        "dosimetry",
        "pharmacokinetics",
        "kinetics",
    }
    assert siblings <= set(SECTIONS)
