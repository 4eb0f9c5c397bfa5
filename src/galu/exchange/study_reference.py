"""The reference of the study file, written from the models that read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from inspect import getdoc
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from galu.escalation.crm_design import Crm, tite_crm
from galu.escalation.designs import DESIGNS, GUARDS
from galu.escalation.plan import EscalationPlan, plan_of
from galu.exchange.model_words import bounds, cell, shown, type_words
from galu.protocol import Study
from galu.statement import Sourced, Stated

_INTRODUCTION: Final = """# Study file

A study is one YAML file, `study.yaml`. Only `identity` is required; a section that is absent or null is not
known, and what hangs on it is not derived ([complete a study file](../howto/complete-a-study-file.md)). A key
that galu does not know is an error.

**Stated** values carry where they come from: `{value: 42, source: protocol}`. The source is `registry`,
`protocol` or `assumed`; what is assumed needs `why`. Rows marked *sourced* carry `source` and `why` beside
their own keys. Units stand in the names. *When absent* is what galu takes where the key is not written (–:
nothing); where that says *assumed*, `galu study show --assumed` lists it.

Made by `galu study keys > docs/reference/study-file.md`.
"""
_HEADER: Final = "| key | type | unit | when absent | meaning |\n|---|---|---|---|---|\n"
#: End of a key's name to the unit that it says, the longest first.
_UNITS: Final = {
    "_gy_per_gbq": "Gy/GBq",
    "_ng_ml": "ng/mL",
    "_g_ml": "g/mL",
    "_percent": "%",
    "_months": "months",
    "_weeks": "weeks",
    "_days": "days",
    "_day": "day number",
    "_mbq": "MBq",
    "_gbq": "GBq",
    "_gy": "Gy",
    "_h": "h",
    "_g": "g",
}
#: Keys whose names end otherwise.
_UNIT_OF: Final = {"days": "days", "day": "day number", "blood_times": "in the label"}
#: Where a condition is joined of conditions, a table would only say "and so on".
_EXPRESSION: Final = "an atom's id, `all: […]` or `any: […]`"


def study_reference() -> str:
    """Sections, keys, types, units, defaults and meanings of the study file, as Markdown."""
    parts = [_INTRODUCTION, "\n## The whole file\n\n", _table(Study)]
    for name, field in Study.model_fields.items():
        model, many = _model(field.annotation)
        if model is None:
            continue
        parts += _sections(model, name + ("[]" if many else ""), "##")
        if model is EscalationPlan:
            parts += _designs()
    return "".join(parts)


def _sections(model: type[BaseModel], place: str, marks: str) -> Iterator[str]:
    """The section of a model and, below it, those of the models in it."""
    purpose = _paragraphs(model, 3)
    sourced = "\n\nEach is *sourced*." if issubclass(model, Sourced) else ""
    yield f"\n{marks} {place}\n\n{purpose}{sourced}\n\n{_table(model)}"
    for name, field in model.model_fields.items():
        inner, many = _model(field.annotation)
        if inner is not None and name != "expression":
            yield from _sections(inner, f"{place}.{name}" + ("[]" if many else ""), "###")


def _model(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model in an annotation, and whether there are many of them."""
    if _is_stated(annotation):
        return _model(_inside(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for part in get_args(annotation):
        found, many = _model(part)
        if found is not None:
            return found, many or get_args(annotation)[-1] is Ellipsis
    return None, False


def _is_stated(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Stated)


def _inside(stated: Any) -> Any:
    """The type of the value of a statement."""
    return stated.__pydantic_generic_metadata__["args"][0]


def _table(model: type[BaseModel]) -> str:
    common = Sourced.model_fields if issubclass(model, Sourced) else {}
    lines = [_line(name, field) for name, field in model.model_fields.items() if name not in common]
    return _HEADER + "\n".join(lines) + "\n"


def _line(name: str, field: FieldInfo) -> str:
    cells = (name, _type(name, field), unit_of(name), _absent(field), cell(field.description or ""))
    return ("| " + " | ".join(cells) + " |").replace("|  |", "| |").replace("|  |", "| |")


def unit_of(name: str) -> str:
    """The unit that a key's name says; empty where it says none."""
    end = next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")
    return _UNIT_OF.get(name, end)


def _type(name: str, field: FieldInfo) -> str:
    if name == "expression":
        return _EXPRESSION
    annotation, stated = field.annotation, ""
    options = [one for one in get_args(annotation) if one is not type(None)]
    if len(options) == 1 and type(None) in get_args(annotation):
        annotation = options[0]  # not to be written is told under "when absent"
    if _is_stated(annotation):
        annotation, stated = _inside(annotation), "stated "
    model, many = _model(annotation)
    if model is not None:
        words = "rows" if many else "section"
        return f"{stated}{words}, below"
    null = " or null" if type(None) in get_args(annotation) else ""
    limits = bounds(field.metadata)
    return f"{stated}{type_words(annotation)}{null}" + (f" ({limits})" if limits else "")


def _absent(field: FieldInfo) -> str:
    if field.is_required():
        return "**must be written**"
    default = field.default
    if default is None or default is PydanticUndefined:
        options = get_args(field.annotation)
        return "not known" if any(_model(one)[0] or _is_stated(one) for one in options) else "–"
    if isinstance(default, Stated):
        ids = _ids(default.value)
        return f"assumed: the usual {', '.join(ids)}" if ids else f"assumed `{shown(default.value)}`"
    if default in ((), {}, ""):
        return "none"
    return f"`{shown(default)}`"


def _ids(value: object) -> tuple[str, ...]:
    """What rows that have one call themselves; a row in full would fill a page."""
    rows = value if isinstance(value, tuple) else ()
    return tuple(str(row.id) for row in rows if hasattr(row, "id"))


def _designs() -> Iterator[str]:
    """The keys that each design adds, and the rules that may be put around any."""
    guards = {name: _paragraphs(guard, 1) for name, guard in GUARDS.items()}
    model = plan_of(next(iter(DESIGNS)))
    lines = [_design_line(key, model.model_fields[key], meaning) for key, meaning in guards.items()]
    yield "\n### escalation of any design\n\nRules around the design; none holds where it is not written.\n\n"
    yield _HEADER + "\n".join(lines) + "\n"
    tables: dict[str, list[str]] = {}
    for name in DESIGNS:
        meanings, fields = switch_meanings(name), plan_of(name).model_fields
        own = [key for key in fields if key in meanings]
        lines = [_design_line(key, fields[key], meanings[key]) for key in own]
        table = _HEADER + "\n".join(lines) + "\n" if lines else "No keys of its own.\n"
        tables.setdefault(table, []).append(f"`{name}`")
    for table, names in tables.items():
        yield f"\n### escalation of the design {', '.join(names)}\n\n{table}"


def _design_line(key: str, field: FieldInfo, meaning: str) -> str:
    told = re.sub(r"\bNone\b", "null", meaning)
    return _line(key, FieldInfo.merge_field_infos(field, description=told)).replace("| not known |", "| – |")


def _paragraphs(said: Any, most: int) -> str:
    """The first paragraphs of a docstring, each on its line."""
    found = (getdoc(said) or "").split("\n\n")[:most]
    return "\n\n".join(cell(" ".join(one.split())) for one in found).replace("``", "`")


def switch_meanings(design: str) -> dict[str, str]:
    """What each own switch of a design means, from the parameters that its docstring lists."""
    made = DESIGNS[design]
    maker = Crm if made is tite_crm else made.func if isinstance(made, partial) else made
    _, _, listed = (getdoc(maker) or "").partition("Parameters\n----------\n")
    found: dict[str, str] = {}
    names: tuple[str, ...] = ()
    for line in listed.splitlines():
        if re.match(r"\w", line):
            names = tuple(line.split(", "))
        else:
            found.update({name: f"{found.get(name, '')} {line.strip()}".strip() for name in names})
    known = plan_of(design).model_fields
    return {name: meaning for name, meaning in found.items() if name in known}
