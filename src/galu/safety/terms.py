"""CTCAE terms: system organ class and the grades that a term has.

All names ship (`galu.vocabulary.events`); the grade texts are read from the user's file. A MedDRA dictionary
is licensed and never ships.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from galu.finding import InputError
from galu.vocabulary.events import event_terms, read_event

#: Published versions that ship; another version is another table.
VERSIONS: Final = ("5.0",)
_GRADES: Final = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Term:
    """One term: `grades` are those it has; `texts` says what each means, where the source does."""

    name: str
    soc: str
    grades: tuple[int, ...]
    texts: tuple[tuple[int, str], ...] = ()
    definition: str = ""


@cache
def shipped_terms(version: str = "5.0") -> Mapping[str, Term]:
    """Terms that ship, by lower-case name.

    Raises
    ------
    InputError
        When that version does not ship.
    """
    if version not in VERSIONS:
        raise InputError("CTCAE version", f"{version!r} is not shipped", f"use one of {list(VERSIONS)}")
    return {name.lower(): Term(name, one.soc, one.grades) for name, one in event_terms().items()}


def read_terms(rows: Iterable[Mapping[str, str]], place: str = "term list") -> Mapping[str, Term]:
    """Terms of a user's list, by lower-case name.

    Parameters
    ----------
    rows
        Columns ``term``, ``soc``, ``grade1`` … ``grade5`` (a text, or ``-`` where the term lacks the
        grade) and where present ``definition``, as NCI's table of CTCAE has them.
    place
        What an error names.

    Raises
    ------
    InputError
        When a column is missing, a term has no grade at all, or is there twice.
    """
    found: dict[str, Term] = {}
    for number, row in enumerate(rows, start=2):
        where = f"{place}, row {number}"
        for name in ("term", "soc", *(f"grade{grade}" for grade in _GRADES)):
            if row.get(name) is None:
                raise InputError(
                    where, f"column {name} is missing", "give CTCAE's table with all its columns"
                )
        written = {grade: row[f"grade{grade}"].strip() for grade in _GRADES}
        texts = tuple((grade, text) for grade, text in written.items() if text not in ("", "-", "–"))
        name = row["term"].strip()
        if not name or not texts:
            raise InputError(where, "names no term, or no grade of it", "complete or delete the row")
        if name.lower() in found:
            raise InputError(where, f"{name} is there twice", "delete one of the two rows")
        definition = (row.get("definition") or "").strip()
        grades = tuple(grade for grade, _ in texts)
        found[name.lower()] = Term(name, row["soc"].strip(), grades, texts, definition)
    return found


def impossible_grade(term: str, grade: int, terms: Mapping[str, Term]) -> str:
    """Say what is wrong with a collected grade; empty when nothing is, or the term is not listed.

    >>> impossible_grade("Dry mouth", 4, shipped_terms())
    'Dry mouth has no grade 4 (it has 1, 2, 3)'
    """
    named = read_event(term).names
    known = terms.get((named[0] if len(named) == 1 else term).strip().lower())
    if known is None or grade in known.grades:
        return ""
    return f"{known.name} has no grade {grade} (it has {', '.join(str(one) for one in known.grades)})"
