"""What tests share: where the public data lies."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from galu.cli.main import main
from galu.record.people import Lab

ROOT = Path(__file__).resolve().parent.parent


def shared(*parts: str) -> Path:
    """Path below the folder of shared data; skips the test where it is absent."""
    root = Path(os.environ.get("GALU_SHARED") or ROOT.parent / "shared")
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared data absent: {'/'.join(parts)} (set GALU_SHARED)")
    return path


#: Normal values of the weekly visits after a dose: counts, and chemistry beside those of day 22 and 43.
COUNTS = (("NEUT", 3.9, "10^9/L", 2.0, 7.0), ("PLAT", 210.0, "10^9/L", 150.0, 400.0))
CHEMISTRY = (
    ("ALT", 24.0, "U/L", 7.0, 45.0), ("AST", 22.0, "U/L", 7.0, 40.0), ("BILI", 9.0, "umol/L", 3.0, 21.0),
    ("CREAT", 80.0, "umol/L", 60.0, 110.0),
)  # fmt: skip


def weekly_counts(subject: str, first: date, *, leave: tuple[int, ...] = ()) -> list[Lab]:
    """Normal values of the weekly visits after a dose on `first`, day 8 to 43, but for the days left out."""
    return [
        Lab(
            id=f"{subject}-{test}-{number}", subject=subject, test=test,
            on=(first + timedelta(days=number - 1)).isoformat(),
            value=value, unit=unit, lower_limit=low, upper_limit=high,
        )
        for number in range(8, 44, 7)
        if number not in leave
        for test, value, unit, low, high in (*COUNTS, *(CHEMISTRY if number in (22, 43) else ()))
    ]  # fmt: skip


def run(*words: object) -> int:
    """Exit code of the command line."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def csv(folder: Path, kind: str, *lines: str) -> Path:
    """A file of facts of a kind, line by line."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{kind}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
