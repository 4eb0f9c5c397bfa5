"""Reads an oracle table of dose escalation."""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "data" / "escalation"


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a table below its provenance line."""
    lines = (FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("#")
    return list(csv.DictReader(lines[1:]))


def numbers(text: str) -> list[float]:
    """A semicolon-separated cell."""
    return [float(part) for part in text.split(";")]
