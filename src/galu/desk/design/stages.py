"""Expansion: two-stage designs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any


def simon(p0: float, p1: float, alpha: float, beta: float, largest: int | None = None) -> dict[str, Any]:
    """Simon's optimal and minimax designs."""
    from galu.escalation.simon import simon_designs

    optimal, minimax = simon_designs(p0, p1, alpha, beta, largest)
    return {"optimal": asdict(optimal), "minimax": asdict(minimax)}
