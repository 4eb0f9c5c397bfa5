"""Facts that stand as typed rows: the model of their kind, with what the record adds to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Generic, NamedTuple, TypeVar

import polars as pl

from galu.record.fact import Fact
from galu.record.when import local

F = TypeVar("F", bound=Fact)
F_co = TypeVar("F_co", bound=Fact, covariant=True)


class Row(NamedTuple, Generic[F_co]):
    """A fact that stands.

    `day` is its local calendar day, None where it names none; `root` the first id of its chain of
    corrections; `meant` the term that the study's own words give an event, `ranged` whose limits a laboratory
    value got that came without; empty where there is none.
    """

    fact: F_co
    day: date | None
    root: str
    seq: int
    recorded: datetime
    meant: str = ""
    ranged: str = ""

    @property
    def id(self) -> str:
        """Id of the fact."""
        return self.fact.id

    @property
    def subject(self) -> str:
        """Identifier of the subject; empty for a fact of the trial as a whole."""
        return self.fact.subject or ""


def rows_of(model: type[F], facts: pl.DataFrame) -> tuple[Row[F], ...]:
    """Rows of a table of facts that stand, in its order; what is empty is as the model leaves it."""
    names = list(model.model_fields)
    stamps = facts.select("day", "root", "seq", "recorded").rows()
    told = [
        facts[name].fill_null("").to_list() if name in facts.columns else [""] * facts.height
        for name in ("coded", "ranged")
    ]
    empty = _when_empty(model)
    lists = [name for name in names if facts.schema[name] == pl.List]
    rows: list[Row[F]] = []
    for values, stamp, term, limits in zip(facts.select(names).rows(), stamps, *told, strict=True):
        row = dict(zip(names, values, strict=True))
        for name, default in empty:
            if row[name] is None:
                row[name] = default
        for name in lists:
            row[name] = tuple(row[name])
        rows.append(Row._make((_trusted(model, row), *stamp, term, limits)))
    return tuple(rows)


def in_order(rows: Iterable[Row[F]], zone: str) -> tuple[Row[F], ...]:
    """Rows by when they happened, then by when they were written, as `in_order_of_time` sorts tables."""
    return tuple(sorted(rows, key=lambda row: (local(row.fact.on, zone), row.seq)))


def _when_empty(model: type[Fact]) -> list[tuple[str, Any]]:
    """Fields that are never None, with what they are where nothing was written."""
    fields = model.model_fields.items()
    return [
        (name, field.get_default(call_default_factory=True))
        for name, field in fields
        if not field.is_required() and field.get_default(call_default_factory=True) is not None
    ]


def _trusted(model: type[F], values: dict[str, Any]) -> F:
    """A model of values that were checked when they came in; `model_construct` takes four times as long."""
    one = model.__new__(model)
    for name, value in (
        ("__dict__", values),
        ("__pydantic_fields_set__", set()),
        ("__pydantic_extra__", None),
        ("__pydantic_private__", None),
    ):
        object.__setattr__(one, name, value)
    return one
