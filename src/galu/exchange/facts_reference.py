"""The reference of every kind of fact, written from the models themselves."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic_core import PydanticUndefined

from galu.exchange.model_words import bounds, cell, type_words
from galu.record import KINDS, Fact
from galu.record.when import DayWhen, Instant, When

_WHENS = (
    (get_args(When)[1], "date or time"),
    (get_args(DayWhen)[1], "day or time"),
    (get_args(Instant)[1], "time of day required"),
)
_INTRODUCTION = """# Facts

Each kind of fact is one CSV, named after the kind; the columns below are its headers. An empty cell means
"not known". Dates are ISO 8601 (`2026`, `2026-01`, `2026-01-31`, `2026-01-31T09:30:00+08:00`); a time
without a zone is in the study's zone. The day of a fact is the date as written: that of the calendar on the
site's wall. A fact is replaced once: a further correction names what replaced it. Units stand in the names.
`seq` and `recorded` may follow as written by
`galu record export`. A text that begins like a formula (`=`, `+`, `-`, `@`) stands behind an apostrophe.

Made by `galu record kinds > docs/reference/facts.md`.
"""


def facts_reference() -> str:
    """Columns, types and meanings of every kind, as Markdown."""
    common = "\n".join(_line(Fact, name) for name in Fact.model_fields)
    parts = [_INTRODUCTION, f"\n## Columns of every kind\n\n{_HEADER}{common}\n"]
    parts += [_section(model) for model in KINDS.values()]
    return "".join(parts)


_HEADER = "| column | type | required | meaning |\n|---|---|---|---|\n"


def _section(model: type[Fact]) -> str:
    own = [name for name in model.model_fields if _is_own(model, name)]
    purpose = " ".join((model.__doc__ or "").split())
    about = "" if model.about_subject else " Carries no subject of its own."
    lines = "\n".join(_line(model, name) for name in own)
    table = f"\n{_HEADER}{lines}\n" if lines else ""
    return f"\n## {model.kind}\n\n{purpose}{about}\n{table}"


def _is_own(model: type[Fact], name: str) -> bool:
    common = Fact.model_fields.get(name)
    field = model.model_fields[name]
    return common is None or common.metadata != field.metadata or common.annotation != field.annotation


def _line(model: type[Fact], name: str) -> str:
    field = model.model_fields[name]
    required = "yes" if field.is_required() else "no"
    default = field.default
    meaning = cell(field.description or "")
    if default not in (None, "", (), PydanticUndefined):
        meaning = f"{meaning}; " if meaning else ""
        meaning += f"`{str(default).lower() if isinstance(default, bool) else default}` when empty"
    limits = bounds(field.metadata)
    kind = _type(field.annotation, field.metadata) + (f" ({limits})" if limits else "")
    return f"| {name} | {kind} | {required} | {meaning} |".replace("|  |", "| |")


def _type(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> str:
    for validator, words in _WHENS:
        if validator in metadata:
            return words
    origin = get_origin(annotation)
    if origin is Annotated:
        return _type(get_args(annotation)[0], get_args(annotation)[1:])
    if origin in (Union, types.UnionType):
        return _type(next(a for a in get_args(annotation) if a is not type(None)))
    if origin is tuple:
        return 'list such as `["a", "b"]`'
    return type_words(annotation)
