"""Fields of a form, made from the model of a kind of fact; and the fact that filled fields tell."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from galu.finding import InputError
from galu.record import KINDS, Fact
from galu.record.kinds import TIMES

#: Columns that galu or the form itself fills.
OWN: Final = frozenset({"id", "subject", "source", "supersedes", "reason", "account"})
#: What a laboratory reports that is no number: below or above a limit, or in words.
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


_SAID: Final = {"on": "when", "by": "reported by"}
_UNITS: Final = {
    "mbq": "MBq", "ml": "mL", "h": "h", "g": "g", "m": "m", "years": "years", "usv_h": "µSv/h",
    "percent": "%",
}  # fmt: skip


def label_of(column: str) -> str:
    """A column as people read it, with its unit.

    >>> label_of("planned_activity_mbq"), label_of("on"), label_of("rate_usv_h")
    ('planned activity, MBq', 'when', 'rate, µSv/h')
    """
    for suffix, unit in sorted(_UNITS.items(), key=lambda one: -len(one[0])):
        if column.endswith(f"_{suffix}"):
            return f"{column.removesuffix('_' + suffix).replace('_', ' ')}, {unit}"
    return _SAID.get(column, column.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `widget` is text, number, when, choice, truth or area; `name` what it is sent as."""

    name: str
    column: str
    widget: str
    required: bool
    options: tuple[str, ...] = ()
    hint: str = ""
    value: str = ""

    @property
    def label(self) -> str:
        """The column as people read it, with its unit."""
        return label_of(self.column)


@dataclass(frozen=True, slots=True)
class Part:
    """One fact that a form can tell; one of which nothing but `told` is filled tells none.

    `fixed` are cells that are not asked; `told` names fields that say nothing alone, such as a unit or a day
    that is filled in beforehand; `beside` is what is known already.
    """

    key: str
    kind: str
    fixed: Mapping[str, str]
    fields: tuple[Field, ...]
    told: frozenset[str] = frozenset()
    beside: tuple[tuple[str, str], ...] = ()
    must: bool = False

    def asks(self, column: str) -> Field | None:
        """The field of a column, if it is asked."""
        return next((one for one in self.fields if one.column == column), None)


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that stand together; as a `sheet` with a row each, or one under the other."""

    title: str
    look: Literal["sheet", "fields", "dose"]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole form; `subject` is empty where it is asked."""

    title: str
    subject: str
    groups: tuple[Group, ...]
    half_life_h: float | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part, from top to bottom."""
        return tuple(part for group in self.groups for part in group.parts)


@dataclass(frozen=True, slots=True)
class Filled:
    """What of a part is not asked, what is filled in beforehand, and what of it says nothing alone."""

    fixed: Mapping[str, str] = field(default_factory=dict)
    preset: Mapping[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()


def part(
    key: str,
    kind: str,
    columns: Iterable[str] | None = None,
    filled: Filled | None = None,
    must: bool = False,
) -> Part:
    """A part for a kind of fact, with its columns in the order given, or all of them."""
    model, known = KINDS[kind], filled or Filled()
    asked = columns if columns is not None else [one for one in _ordered(model) if one not in known.fixed]
    fields = tuple(
        _field(key, kind, name, model.model_fields[name], known.preset.get(name, "")) for name in asked
    )
    return Part(key, kind, known.fixed, fields, frozenset(known.told), (), must)


def _ordered(model: type[Fact]) -> list[str]:
    """Columns as one asks for them: when, what is required, what else, who reported it."""
    names = [one for one in model.model_fields if one not in OWN]
    return sorted(
        names, key=lambda one: (one != "on", one == "by", not model.model_fields[one].is_required())
    )


def _field(key: str, kind: str, name: str, info: FieldInfo, value: str) -> Field:
    widget, options = _widget(kind, name, info)
    return Field(f"{key}.{name}", name, widget, info.is_required(), options, info.description or "", value)


def _widget(kind: str, name: str, info: FieldInfo) -> tuple[str, tuple[str, ...]]:
    if name in TIMES[kind]:
        return "when", ()
    options = _options(info.annotation)
    if options:
        return "choice", options
    types_ = _plain(info.annotation)
    if bool in types_:
        return "truth", ()
    if types_ & {int, float}:
        return "number", ()
    long = any(getattr(one, "max_length", 0) and one.max_length > 300 for one in info.metadata)
    return ("area" if long or (name in ("comment", "text", "reason") and kind != "lab") else "text"), ()


def _options(annotation: Any) -> tuple[str, ...]:
    origin = get_origin(annotation)
    if origin is Literal:
        return tuple(map(str, get_args(annotation)))
    if origin in (Annotated, Union, types.UnionType):
        return next((found for one in get_args(annotation) if (found := _options(one))), ())
    return ()


def _plain(annotation: Any) -> set[Any]:
    inner = get_args(annotation)
    if get_origin(annotation) in (Annotated, Union, types.UnionType):
        return {one for part_ in inner for one in _plain(part_)}
    return {annotation}


def cells_of(one: Part, values: Mapping[str, str]) -> dict[str, str]:
    """What is filled of a part; a laboratory result that is no number is kept as its words."""
    found = {each.column: values.get(each.name, "").strip() for each in one.fields}
    cells = {**one.fixed, **{column: value for column, value in found.items() if value}}
    result = cells.get("value", "")
    if one.kind in ("lab", "vital") and result and not _NUMBER.fullmatch(result) and not _is_slip(result):
        cells["text"] = cells.pop("value")
    return cells


def _is_slip(text: str) -> bool:
    """Whether a text was meant as a number: it holds figures, and neither a bound nor a word."""
    return re.fullmatch(r"[\d\s.,'+-]+", text) is not None


def is_filled(one: Part, values: Mapping[str, str]) -> bool:
    """Whether a part tells anything."""
    if one.must:
        return True
    return any(values.get(each.name, "").strip() for each in one.fields if each.column not in one.told)


def fact_of_part(
    one: Part, values: Mapping[str, str], identity: tuple[str, str]
) -> tuple[Fact | None, tuple[tuple[str, InputError], ...]]:
    """The fact that a part tells, or what is wrong with it, each with the name of its field.

    Parameters
    ----------
    identity
        Subject and id of the fact.
    """
    subject, name = identity
    model = KINDS[one.kind]
    cells = {"id": name, **({"subject": subject} if subject else {}), **cells_of(one, values)}
    try:
        return model.model_validate(cells), ()
    except ValidationError as error:
        return None, tuple(_fault(one, dict(found)) for found in error.errors())


_WORDS: Final = {
    "missing": ("is missing", "fill it in"),
    "float_parsing": ("is no number", "write figures with a decimal point, such as 3.5"),
    "int_parsing": ("is no whole number", "write figures"),
    "int_from_float": ("is no whole number", "write figures"),
    "bool_parsing": ("is neither yes nor no", "choose one"),
    "literal_error": ("is none of the choices", "choose one"),
}


def _fault(one: Part, found: Mapping[str, Any]) -> tuple[str, InputError]:
    column = str(found["loc"][0]) if found["loc"] else ""
    asked = one.asks(column)
    place = asked.name if asked else f"{one.key}.{one.fields[0].column}"
    said = str(found["msg"]).removeprefix("Value error, ")
    fault, remedy = _WORDS.get(found["type"], (said, "correct it"))
    return place, InputError(column.replace("_", " ") or one.kind, fault, remedy)


def with_values(one: Part, values: Mapping[str, str]) -> Part:
    """The part with the values that were typed."""
    fields = tuple(replace(each, value=values.get(each.name, each.value)) for each in one.fields)
    return replace(one, fields=fields)
