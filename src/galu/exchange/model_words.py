"""Types, bounds and defaults of a model's fields in a person's words; what the reference pages share."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

_PLAIN: Final = {str: "text", float: "number", int: "whole number", bool: "true/false", Any: "anything"}
_BOUNDS: Final = (("≥", "ge"), (">", "gt"), ("≤", "le"), ("<", "lt"))


def bounds(metadata: Iterable[Any]) -> str:
    """The limits of a field, as in ``≥ 0, ≤ 5``; empty without any."""
    found = [
        f"{sign} {limit:g}"
        for one in metadata
        for sign, name in _BOUNDS
        if (limit := getattr(one, name, None)) is not None
    ]
    return ", ".join(found)


def type_words(annotation: Any) -> str:
    """A type in words: `text`, `list of number`, the allowed words."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_words(parts[0])
    if origin in (Union, types.UnionType):
        return " or ".join(type_words(one) for one in parts if one is not type(None))
    if origin is Literal:
        return ", ".join(f"`{shown(value)}`" for value in parts)
    if origin is tuple:
        return _list(parts)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{type_words(parts[1])} for each {type_words(parts[0])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{one.value}`" for one in annotation)
    return _PLAIN[annotation]


def _list(parts: tuple[Any, ...]) -> str:
    if parts[-1] is Ellipsis:
        return f"list of: {type_words(parts[0])}"
    return f"list of {len(parts)}: {type_words(parts[0])}"


def shown(value: object) -> str:
    """A value as a file holds it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return f"[{', '.join(shown(one) for one in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def cell(text: str) -> str:
    """A text that may stand in a cell of a Markdown table."""
    return text.replace("<", "&lt;").replace("|", "\\|")
