"""What tests share: where the public data lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared(*parts: str) -> Path:
    """Path below the folder of shared data; skips the test where it is absent."""
    root = Path(os.environ.get("GALU_SHARED") or ROOT.parent / "shared")
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared data absent: {'/'.join(parts)} (set GALU_SHARED)")
    return path
