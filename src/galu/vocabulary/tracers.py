"""Tracers of scans: whether two names are one tracer, and whether a tracer shows PSMA."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from galu.vocabulary.folding import one_slip

#: Nuclides of tracers and of the therapies they are seen by, mass first.
_NUCLIDES: Final = frozenset(
    {
        *("66ga", "67ga", "68ga", "18f", "11c", "61cu", "64cu", "67cu", "89zr", "99tc", "99mtc", "111in"),
        *(
            "43sc",
            "44sc",
            "47sc",
            "123i",
            "124i",
            "125i",
            "131i",
            "152tb",
            "155tb",
            "161tb",
            "177lu",
            "225ac",
        ),
        *("13n", "15o", "82rb", "76br", "86y", "90y", "89sr", "153sm", "166ho", "186re", "188re", "211at"),
        *("203pb", "212pb", "212bi", "213bi", "223ra", "224ra", "227th", "67cu", "149tb", "55co", "60cu"),
    }
)
_ELEMENTS: Final = {
    "gallium": "ga", "fluorine": "f", "fluor": "f", "carbon": "c", "copper": "cu", "zirconium": "zr",
    "technetium": "tc", "indium": "in", "scandium": "sc", "iodine": "i", "lutetium": "lu", "terbium": "tb",
    "actinium": "ac", "yttrium": "y", "lead": "pb", "astatine": "at", "rhenium": "re", "holmium": "ho",
    "radium": "ra", "thorium": "th", "bismuth": "bi", "samarium": "sm", "rubidium": "rb", "bromine": "br",
}  # fmt: skip
#: Words beside a tracer that do not name it.
_SILENT: Final = frozenset({"pet", "ct", "spect", "scan", "tracer", "injection", "imaging", "mri", "labeled"})
_TOKEN: Final = re.compile(r"\d+m(?![a-z])|\d+|[^\W\d_]+")


class Tracer(NamedTuple):
    """A tracer as its name tells it: nuclide (mass first; empty where none is named) and ligand."""

    nuclide: str
    ligand: str


@lru_cache(maxsize=4096)
def read_tracer(written: str) -> Tracer:
    """Nuclide and ligand of a name, without case, brackets, order and leading zeros.

    >>> read_tracer("[⁶⁸Ga]Ga-PSMA-0057") == read_tracer("ga-68 psma 57")
    True
    """
    plain = unicodedata.normalize("NFKC", written).casefold().replace("labelled", "labeled")
    plain = re.sub(r"(?<=[a-z])m(?=tc)", "m ", plain).replace("psma", " psma ").replace("99mtc", "99m tc")
    tokens = [_ELEMENTS.get(token, token) for token in _TOKEN.findall(plain)]
    nuclide = ""
    for n in range(len(tokens) - 1):
        first, second = tokens[n], tokens[n + 1]
        found = next((one for one in (first + second, second + first) if one in _NUCLIDES), "")
        if found:
            nuclide = found
            element = first if second[0].isdigit() else second
            tokens = [one for k, one in enumerate(tokens) if k not in (n, n + 1) and one != element]
            break
    ligand = "".join(one.lstrip("0") if one.isdigit() else one for one in tokens if one not in _SILENT)
    return Tracer(nuclide, ligand)


def same_tracer(written: str, known: str) -> bool | None:
    """Whether a name means a known tracer; None where it may: no nuclide, another one, or a slip of the pen.

    >>> [same_tracer(one, "68Ga-PSMA-0057") for one in ("Ga-68 PSMA-0057", "68Ga-PSMA-0075", "18F-DCFPyL")]
    [True, None, False]
    """
    one, other = read_tracer(written), read_tracer(known)
    if one == other:
        return True
    if one.ligand == other.ligand or one.ligand in ("", "psma") or one_slip(one.ligand, other.ligand):
        return None
    return False


@cache
def _targets() -> Mapping[str, bool]:
    text = (files("galu.vocabulary") / "tracers.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {read_tracer(row["written"]).ligand: row["target"] == "psma" for row in rows}


def shows_psma(written: str) -> bool | None:
    """Whether a tracer binds to PSMA; None where its name does not say.

    >>> [shows_psma(one) for one in ("18F-PSMA-1007", "[18F]DCFPyL", "18F-FDG", "Ga-68")]
    [True, True, False, None]
    """
    ligand = read_tracer(written).ligand
    return True if "psma" in ligand else _targets().get(ligand)
