"""A licensed MedDRA dictionary: from the term a site chose (LLT) to its preferred term (PT).

The layout is that of the MSSO's ASCII files, fields ended by `$`: `llt.asc` (LLT code, LLT name, PT code, …)
and `pt.asc` (PT code, PT name, …). Source: MSSO, MedDRA Distribution File Format Document. None ships.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from galu.finding import InputError

LLT: Final = "llt.asc"
PT: Final = "pt.asc"


@dataclass(frozen=True)
class Meddra:
    """Preferred term by lower level term and by itself; its version and the SHA-256 of the two files."""

    preferred: Mapping[str, str]
    version: str
    sha256: str

    def pt(self, written: str) -> str | None:
        """The preferred term of what was written, in any case and with any blanks; None where it is none."""
        return self.preferred.get(_plain(written))


def read_preferred(llt: str, pt: str, place: str) -> Mapping[str, str]:
    """Preferred terms from the text of the two files.

    Parameters
    ----------
    place
        The folder, for the reader of an error.

    Raises
    ------
    InputError
        Naming file and line of the first row that is not in the layout, or whose PT is not in `pt.asc`.
    """
    names = {code: name for _, (code, name) in _rows(pt, f"{place}, {PT}", 2)}
    found = {_plain(name): name for name in names.values()}
    for line, (_, name, code) in _rows(llt, f"{place}, {LLT}", 3):
        if code not in names:
            remedy = "take both files from one release"
            raise InputError(f"{place}, {LLT}, line {line}", f"PT {code!r} is not in {PT}", remedy)
        found.setdefault(_plain(name), names[code])
    return found


def _rows(text: str, place: str, width: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line and first fields of each row."""
    count = 0
    for line, row in enumerate(text.splitlines(), 1):
        if not row.strip():
            continue
        fields = tuple(field.strip() for field in row.split("$")[:width])
        if len(fields) < width or not all(fields):
            what = f"is no row of MedDRA ({width} fields and more, ended by `$`)"
            raise InputError(f"{place}, line {line}", what, "give the ASCII files as they were delivered")
        count += 1
        yield line, fields
    if not count:
        raise InputError(place, "is empty", "give the ASCII files as they were delivered")


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
