"""What an amendment changes: every value of a study file that is another in the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from galu.protocol.study import Study
from galu.statement import Stated

_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One value: where it stands in the file, what it was, what it is; None where it is not there."""

    place: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        """As people read it."""
        if self.before is None:
            return f"{self.place}: added, {self.after}"
        if self.after is None:
            return f"{self.place}: removed, was {self.before}"
        return f"{self.place}: {self.before} → {self.after}"


def differences(before: Study, after: Study) -> tuple[Difference, ...]:
    """Every value that is another, in the order of the file."""
    return tuple(_models(before, after, ""))


def _values(before: Any, after: Any, place: str) -> Iterator[Difference]:
    if before is _NOTHING or after is _NOTHING:
        yield Difference(place, *(None if one is _NOTHING else _said(one) for one in (before, after)))
    elif before == after:
        return
    elif isinstance(before, BaseModel) and type(before) is type(after):
        yield from _models(before, after, place)
    elif _is_listing(before) and _is_listing(after):
        yield from _keyed(_labelled(before), _labelled(after), place)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _keyed(before, after, place)
    else:
        yield Difference(place, _said(before), _said(after))


def _models(before: BaseModel, after: BaseModel, place: str) -> Iterator[Difference]:
    for name in type(after).model_fields:
        inner = (
            place if name == "value" and isinstance(after, Stated) else f"{place}.{name}" if place else name
        )
        yield from _values(getattr(before, name), getattr(after, name), inner)


def _keyed(before: Mapping[str, Any], after: Mapping[str, Any], place: str) -> Iterator[Difference]:
    for key in dict.fromkeys((*before, *after)):
        yield from _values(before.get(key, _NOTHING), after.get(key, _NOTHING), f"{place}[{key}]")


def _is_listing(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(one, BaseModel) for one in value)


def _labelled(items: tuple[Any, ...]) -> dict[str, Any]:
    """Items by what names them, else by their number; of one name each by its number."""
    names = [_name(one, number) for number, one in enumerate(items, 1)]
    return {
        name if names.count(name) == 1 else f"{name}, {number}": one
        for number, (name, one) in enumerate(zip(names, items, strict=True), 1)
    }


def _name(item: Any, number: int) -> str:
    for key in ("id", "name", "level", "region"):
        value = getattr(item, key, None)
        if value is not None:
            return str(value.value if isinstance(value, Stated) else value)
    return str(number)


def _said(value: Any) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, Stated):
        return _said(value.value)
    if isinstance(value, BaseModel):
        told = ((name, getattr(value, name)) for name in type(value).model_fields)
        return ", ".join(f"{name} {_said(one)}" for name, one in told if one not in (None, (), {}))
    if isinstance(value, tuple):
        return f"[{', '.join(_said(one) for one in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_said(one)}' for key, one in value.items())}}}"
    return str(value)
