"""The page on the architecture names every room and only files that exist."""

from __future__ import annotations

import re

from support import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "galu"


def test_every_room_has_its_line() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()}
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert told == rooms


def test_every_file_named_exists() -> None:
    named = re.findall(r"`(\w+/[\w/]+\.py)`", PAGE)
    assert len(named) > 30 and all((SOURCE / name).is_file() for name in named), named


def test_pages_lead_to_pages_that_exist() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md"):
        page = ROOT / name
        links = re.findall(r"\]\(([^)h][^)]*)\)", page.read_text(encoding="utf-8"))
        assert all((page.parent / link).exists() for link in links), links
