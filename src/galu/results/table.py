"""A table as it is declared, and as it is laid out for a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from galu.results.columns import Column
from galu.results.lines import Cell, Line, Row


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report: what it is called, who is in it, its lines.

    `population` is the id of an analysis set; `notes` are footnotes.
    """

    number: str
    title: str
    population: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What every writer of documents takes: a table or a listing, laid out.

    `heads` are the heads of the columns, that of the labels first; `repeats` says how many leading columns
    are shown again where a page begins inside their group. `members` are the subjects of each column of a
    table.
    """

    number: str
    title: str
    population: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    kind: str = "table"
    repeats: int = 0
    members: tuple[tuple[str, ...], ...] = ()


def lay_out(table: Table, columns: tuple[Column, ...], populations: Mapping[str, str]) -> Page:
    """Take the statistics of a table over its columns.

    Parameters
    ----------
    populations
        Definition of each analysis set in words, by its id.
    """
    members = tuple(column.members for column in columns)
    rows = tuple(row for line in table.lines for row in line.rows(members))
    said = populations.get(table.population, table.population)
    notes = table.notes if rows else (*table.notes, "No subject and no event to be shown so far.")
    heads = ("", *(column.head for column in columns))
    return Page(table.number, table.title, said, heads, rows, notes, members=members)


def as_shell(page: Page) -> Page:
    """The page before data exist: every figure an x."""
    rows = tuple(
        Row(row.label, row.indent, tuple(Cell(_blank(cell.text)) for cell in row.cells), row.heads)
        for row in page.rows
    )
    heads = tuple(head if n == 0 else _unknown_n(head) for n, head in enumerate(page.heads))
    return Page(page.number, page.title, page.population, heads, rows, page.notes, page.kind, page.repeats)


def _blank(text: str) -> str:
    return "".join("x" if sign.isdigit() else sign for sign in text)


def _unknown_n(head: str) -> str:
    label, sign, _ = head.partition("\n(N=")
    return f"{label}\n(N=xx)" if sign else head
