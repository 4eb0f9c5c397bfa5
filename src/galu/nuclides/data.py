"""The packaged decay data: the emissions' file with its hash, half-lives, and names as people write them."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import unicodedata
from functools import cache
from importlib import resources
from typing import Any, Final

from galu.finding import InputError

#: SHA-256 of decay.json; the file changes only with the script that extracts it.
SHA256: Final = "06f019c84380b2134f9cab9427a383175a12a0d07ad7166e4557e3d466e6bafc"
#: Where half-lives come from; the emissions' own file has older ones for Ac-225, Tb-161 and Ga-68.
HALF_LIFE_SOURCE: Final = "NUBASE2020 (F. G. Kondev et al., Chin. Phys. C 45 (2021) 030001)"
_MASS_FIRST: Final = re.compile(r"(\d{1,3})(m?)[\s_-]*([^\W\d_]+)")
_SYMBOL_FIRST: Final = re.compile(r"([^\W\d_]+)[\s_-]*(\d{1,3})(m?)")


def _bytes(name: str) -> bytes:
    return resources.files("galu.nuclides").joinpath(name).read_bytes()


def file_sha256() -> str:
    """SHA-256 of the packaged file as it is on this machine."""
    return hashlib.sha256(_bytes("decay.json")).hexdigest()


@cache
def table() -> dict[str, Any]:
    """The whole file."""
    content: dict[str, Any] = json.loads(_bytes("decay.json"))
    return content


def _rows(name: str) -> list[dict[str, str]]:
    lines = [line for line in _bytes(name).decode("utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


@cache
def half_lives() -> dict[str, tuple[float, str]]:
    """Half-life and its unit of every packaged nuclide."""
    return {row["nuclide"]: (float(row["half_life"]), row["unit"]) for row in _rows("half_lives.csv")}


@cache
def _symbols() -> dict[str, str]:
    """Symbols by themselves and by the names of their elements, in lower case."""
    found = {row["symbol"].lower(): row["symbol"] for row in _rows("elements.csv")}
    for row in _rows("elements.csv"):
        found |= dict.fromkeys(filter(None, row["names"].split(";")), row["symbol"])
    return found


@cache
def _protons() -> dict[str, int]:
    return {row["symbol"]: int(row["protons"]) for row in _rows("elements.csv")}


def written_nuclide(name: str) -> str | None:
    """A nuclide as galu writes it, whether its data are packaged or not; None where the name is none.

    ``Lu-177``, ``177Lu``, ``LU 177``, ``[¹⁷⁷Lu]``, ``lutetium-177`` are one; an isomer (``177mLu``) is
    another nuclide than its ground state.

    >>> written_nuclide("[99mTc]"), written_nuclide("scandium-44"), written_nuclide("Lu-771")
    ('Tc-99m', 'Sc-44', None)
    """
    text = unicodedata.normalize("NFKC", name).strip().strip("[](){}^ ").lower()
    text = re.sub(r"[‐‑‒–—−^]", "-", text)
    first, last = _MASS_FIRST.fullmatch(text), _SYMBOL_FIRST.fullmatch(text)
    if first is not None:
        mass, isomer, element = first.groups()
        if isomer and f"m{element}" in _symbols():
            isomer, element = "", f"m{element}"
    elif last is not None:
        element, mass, isomer = last.groups()
    else:
        return None
    symbol = _symbols().get(element)
    if symbol is None or not _protons()[symbol] <= int(mass) <= 3 * _protons()[symbol]:
        return None
    return f"{symbol}-{int(mass)}{isomer}"


def canonical(name: str) -> str | None:
    """Name of a packaged nuclide as galu writes it (`written_nuclide`), or None."""
    found = written_nuclide(name)
    return found if found in table()["nuclides"] else None


def row(name: str) -> dict[str, Any]:
    """The row of a nuclide.

    Raises
    ------
    InputError
        When the nuclide is not packaged.
    """
    known = canonical(name)
    if known is None:
        names = ", ".join(table()["nuclides"])
        raise InputError(f"nuclide {name}", "is not packaged", f"use one of {names}")
    found: dict[str, Any] = table()["nuclides"][known]
    return found
