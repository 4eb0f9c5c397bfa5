"""How a domain is described: what identifies a row, when it was collected, which facts it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from galu.exchange.sdtm.takes import Take

#: Column added to every row: the reference day of its subject (RFSTDTC, else consent or collection).
REFERENCE: Final = "@REFERENCE"


@dataclass(frozen=True)
class Home:
    """A kind of fact that a row of a domain becomes, where `when` holds.

    `suffix` tells the fact from others of the same row.
    """

    kind: str
    takes: Mapping[str, Take]
    when: pl.Expr | None = None
    suffix: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """Every column read."""
        tested = self.when.meta.root_names() if self.when is not None else ()
        return frozenset(tested).union(*(take.columns for take in self.takes.values()))


@dataclass(frozen=True)
class Domain:
    """A domain: what identifies a row beside the subject, what names it, when it was collected.

    `homes` begins with the kind that a row is meant to become.
    """

    key: tuple[str, ...]
    topic: tuple[str, ...]
    dates: tuple[str, ...]
    homes: tuple[Home, ...] = ()
    about_subject: bool = True


def is_one_of(column: str, *values: str) -> pl.Expr:
    """Whether a column holds one of these words, in any case."""
    return pl.col(column).str.to_uppercase().is_in(values)


def holds(column: str, pattern: str) -> pl.Expr:
    """Whether a column holds a pattern, in any case; no where it is empty."""
    return pl.col(column).str.to_uppercase().str.contains(pattern).fill_null(False)


def not_no(column: str) -> pl.Expr:
    """Everything but a pre-specified item that did not occur."""
    return pl.col(column).is_null() | (pl.col(column).str.to_uppercase() != "N")
