"""Words and days given as arguments: brought to the spelling galu knows, or refused in one sentence.

A word that a rule does not know must not fall through to another branch of that rule. What an argument may
be is read from its annotation (an enumeration, a Literal, a date, tuples of these); nothing is said twice.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Hashable
from datetime import date, datetime
from typing import Any, Literal, ParamSpec, TypeVar

from galu.finding import InputError

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

#: Brings a value to what an annotation asks for; the second argument is the place of a refusal.
Settle = Callable[[Any, str], Any]


def checked(call: Callable[P, R]) -> Callable[P, R]:
    """Make a function settle its arguments that are annotated as words or days, before it runs.

    Raises
    ------
    InputError
        When called, for a word that is not known or something that is no day.
    """

    @functools.cache
    def plan() -> tuple[tuple[int, str, Settle, str], ...]:
        names = list(inspect.signature(call).parameters)
        kinds = ((at, name, settle_of(call, name)) for at, name in enumerate(names))
        return tuple(
            (at, name, settle, f"{call.__name__}, {name}") for at, name, settle in kinds if settle is not None
        )

    @functools.wraps(call)
    def settled(*args: P.args, **kwargs: P.kwargs) -> R:
        given: list[Any] = list(args)
        for at, name, settle, place in plan():
            if at < len(given):
                given[at] = settle(given[at], place)
            elif name in kwargs:
                kwargs[name] = settle(kwargs[name], place)
        return call(*given, **kwargs)

    return settled


def checked_fields(cls: C) -> C:
    """Make a dataclass or a NamedTuple settle its fields that are annotated as words or days.

    Stands below `@dataclass`: what the class checks itself then sees settled fields.
    """
    kind: Any = cls
    if issubclass(cls, tuple):
        kind.__new__ = _settling_new(kind)
        return cls
    own = kind.__dict__.get("__post_init__") or getattr(kind, "__post_init__", None)

    def settle_fields(self: Any) -> None:
        for name, settle, place in _field_plan(self.__class__):
            given = getattr(self, name)
            value = settle(given, place)
            if value is not given:
                object.__setattr__(self, name, value)
        if own is not None:
            own(self)

    kind.__post_init__ = settle_fields
    return cls


def settle_of(owner: Any, name: str) -> Settle | None:
    """How the parameter or field of an owner is settled; None where its annotation names no word or day."""
    annotation = _annotation(owner, name)
    return None if annotation is None else _settle(annotation)


def word(given: object, known: typing.Iterable[str], place: str) -> str:
    """Give the known word that is meant, whatever its case and whether joined by space, ``-`` or ``_``.

    Raises
    ------
    InputError
        For a word that is not among them.
    """
    words = tuple(known)
    if isinstance(given, str):
        if given in words:
            return given
        meant = [each for each in words if _folded(each) == _folded(given)]
        if len(meant) == 1:
            return meant[0]
    raise InputError(place, f"{_shown(given)} is not known", f"give one of {', '.join(words)}")


def _settling_new(kind: Any) -> Any:
    make = kind.__new__
    names = kind._fields

    @functools.wraps(make)
    def settled(cls: Any, *args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        for name, settle, place in _field_plan(kind):
            if name in given:
                given[name] = settle(given[name], place)
        return make(cls, *args[len(names) :], **given)

    return settled


@functools.cache
def _field_plan(cls: Hashable) -> tuple[tuple[str, Settle, str], ...]:
    kind: Any = cls
    names = kind._fields if issubclass(kind, tuple) else [field.name for field in dataclasses.fields(kind)]
    kinds = ((name, settle_of(kind, name)) for name in names)
    return tuple((name, settle, f"{kind.__name__}, {name}") for name, settle in kinds if settle is not None)


def _annotation(owner: Any, name: str) -> Any:
    bases = owner.__mro__ if isinstance(owner, type) else (owner,)
    for base in bases:
        written = vars(base).get("__annotations__", {}) if isinstance(base, type) else base.__annotations__
        if name in written:
            alone = types.SimpleNamespace(__annotations__={name: written[name]})
            try:
                return typing.get_type_hints(alone, vars(sys.modules[base.__module__]))[name]
            except NameError:  # imported for the type checker alone: no word or day is
                return None
    return None


def _settle(annotation: Any) -> Settle | None:
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _settle_member(annotation)
    if annotation in _DAYS:
        return _DAYS[annotation]
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return _settle_literal(parts)
    if origin is tuple:
        return _settle_tuple(parts)
    if origin in (typing.Union, types.UnionType):
        return _settle_union(parts)
    return None


def _settle_member(kind: type[enum.Enum]) -> Settle:
    members = {str(member.value): member for member in kind}

    def settle(given: Any, place: str) -> Any:
        return given if type(given) is kind else members[word(given, members, place)]

    return settle


def _settle_literal(parts: tuple[Any, ...]) -> Settle:
    others = tuple(part for part in parts if not isinstance(part, str))
    words = tuple(part for part in parts if isinstance(part, str))

    def settle(given: Any, place: str) -> Any:
        if any(type(given) is type(other) and given == other for other in others):
            return given
        return word(given, words or map(str, others), place)

    return settle


def _settle_tuple(parts: tuple[Any, ...]) -> Settle | None:
    many = len(parts) == 2 and parts[1] is Ellipsis
    each = [_settle(part) for part in (parts[:1] if many else parts)]
    if all(settle is None for settle in each):
        return None

    def settle(given: Any, place: str) -> Any:
        if not isinstance(given, tuple | list) or (not many and len(given) != len(each)):
            size = "a tuple" if many else f"a tuple of {len(each)}"
            raise InputError(place, f"{_shown(given)} is not {size}", f"give {size}")
        how = each * len(given) if many else each
        values = tuple(
            item if one is None else one(item, place) for item, one in zip(given, how, strict=True)
        )
        same = isinstance(given, tuple) and all(a is b for a, b in zip(given, values, strict=True))
        return given if same else values

    return settle


def _settle_union(parts: tuple[Any, ...]) -> Settle | None:
    """One word or day, or None; a union with other values (a number, a text or a day) says nothing."""
    kinds = [part for part in parts if part is not types.NoneType]
    settled = [settle for settle in map(_settle, kinds) if settle is not None]
    others = [part for part in kinds if _settle(part) is None]
    day = any(part in _DAYS for part in kinds)
    if len(settled) != 1 or (others and (day or others != [str])):
        return None
    one, optional = settled[0], len(kinds) < len(parts)
    return lambda given, place: given if optional and given is None else one(given, place)


def _day(given: Any, place: str) -> date:
    """A day as it is, from ISO 8601 text, or of a time without a zone (a cell of a data frame)."""
    if type(given) is date:
        return given
    fault = f"{_shown(given)} is no day"
    if isinstance(given, str):
        try:
            return date.fromisoformat(given.strip())
        except ValueError:
            raise InputError(place, fault, "write it as 2026-09-01") from None
    if isinstance(given, datetime) and given == given:
        if given.tzinfo is not None:
            raise InputError(place, f"{given} is a time in a zone", "give the day it was at the site")
        return given.date()
    raise InputError(place, fault, "give a date, or text as 2026-09-01")


def _time(given: Any, place: str) -> datetime:
    if isinstance(given, str):
        try:
            return datetime.fromisoformat(given.strip())
        except ValueError:
            pass
    elif isinstance(given, datetime) and given == given:
        return given
    raise InputError(place, f"{_shown(given)} is no time", "write it as 2026-09-01T10:30+02:00")


_DAYS: dict[Any, Settle] = {date: _day, datetime: _time}


def _folded(text: str) -> str:
    return text.strip().casefold().replace("_", "-").replace(" ", "-")


def _shown(given: object) -> str:
    """What was given, short enough for a sentence."""
    if isinstance(given, str):
        return f"“{given[:60]}”"
    if given is None or isinstance(given, int | float):
        return repr(given)
    return f"a {type(given).__name__}"
