"""The packaged file of decay data, its hash and its rows."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources
from typing import Any, Final

from galu.finding import InputError

#: SHA-256 of decay.json; the file changes only with the script that extracts it.
SHA256: Final = "06f019c84380b2134f9cab9427a383175a12a0d07ad7166e4557e3d466e6bafc"


def _bytes() -> bytes:
    return resources.files("galu.nuclides").joinpath("decay.json").read_bytes()


def file_sha256() -> str:
    """SHA-256 of the packaged file as it is on this machine."""
    return hashlib.sha256(_bytes()).hexdigest()


@cache
def table() -> dict[str, Any]:
    """The whole file."""
    content: dict[str, Any] = json.loads(_bytes())
    return content


def row(name: str) -> dict[str, Any]:
    """The row of a nuclide.

    Raises
    ------
    InputError
        When the nuclide is not packaged.
    """
    found: dict[str, Any] | None = table()["nuclides"].get(name)
    if found is None:
        names = ", ".join(table()["nuclides"])
        raise InputError(f"nuclide {name}", "is not packaged", f"use one of {names}")
    return found
