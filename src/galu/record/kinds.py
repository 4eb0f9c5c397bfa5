"""Every kind of fact by name, and the table schema that follows from its model."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import polars as pl

from galu.record import conduct, disease, people, review, site, treatment
from galu.record.fact import Fact
from galu.record.when import DayWhen, Instant, When


def _kinds_of(module: types.ModuleType) -> dict[str, type[Fact]]:
    models = (
        m for m in vars(module).values() if isinstance(m, type) and issubclass(m, Fact) and m is not Fact
    )
    return {model.kind: model for model in models}


#: Kind name to model, in the order a reader meets them.
KINDS: dict[str, type[Fact]] = {
    **_kinds_of(conduct),
    **_kinds_of(people),
    **_kinds_of(treatment),
    **_kinds_of(site),
    **_kinds_of(review),
    **_kinds_of(disease),
}

_TYPES: dict[Any, Any] = {str: pl.String, float: pl.Float64, int: pl.Int64, bool: pl.Boolean}


def _polars_type(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _polars_type(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return _polars_type(next(a for a in get_args(annotation) if a is not type(None)))
    if origin is Literal:
        return _TYPES[type(get_args(annotation)[0])]
    if origin is tuple:
        return pl.List(_polars_type(get_args(annotation)[0]))
    return _TYPES[annotation]


def schema_of(kind: str) -> dict[str, Any]:
    """Columns of a kind's table and their polars types, without the store's stamps."""
    return {name: _polars_type(field.annotation) for name, field in KINDS[kind].model_fields.items()}


_WHENS: Final = tuple(get_args(kind)[1] for kind in (When, DayWhen, Instant))


def _is_time(annotation: Any, metadata: Iterable[Any]) -> bool:
    parts = [annotation, *get_args(annotation)]
    marks = [*metadata, *(mark for part in parts if get_origin(part) is Annotated for mark in get_args(part))]
    return any(mark in _WHENS for mark in marks)


#: Kind name to the columns that say when something was.
TIMES: Final[dict[str, tuple[str, ...]]] = {
    kind: tuple(
        name for name, field in model.model_fields.items() if _is_time(field.annotation, field.metadata)
    )
    for kind, model in KINDS.items()
}

#: What the store adds to each fact.
STAMPS: dict[str, Any] = {"seq": pl.Int64, "recorded": pl.Datetime("us", "UTC")}
