"""Strict loading of a YAML document into a model; errors name file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from galu.finding import InputError
from galu.protocol.quick_yaml import UnusualError, quick_values

M = TypeVar("M", bound=BaseModel)


def load_document(path: Path, model: type[M]) -> M:
    """Read a document.

    Raises
    ------
    InputError
        Naming file, line and key of the first fault.
    """
    what = model.__name__.lower()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            str(path), f"cannot be read ({error.strerror})", f"give the path of a {what}.yaml"
        ) from None
    except UnicodeDecodeError:
        raise InputError(str(path), "is not UTF-8 text", "save it as UTF-8") from None
    return parse_document(text, str(path), model)


def parse_document(text: str, name: str, model: type[M]) -> M:
    """Read a document from YAML text; `name` is what errors call it."""
    try:
        return model.model_validate(quick_values(text))
    except (UnusualError, ValidationError):
        return _parse_slowly(text, name, model)


def read_values(text: str, name: str) -> Any:
    """Read YAML text without a model, as dicts, lists and plain values; `name` is what errors call it."""
    try:
        return quick_values(text)
    except UnusualError:
        return _located_values(text, name)


def _parse_slowly(text: str, name: str, model: type[M]) -> M:
    """Read a document with the line of every key, so that a fault is named with its place."""
    document = _located_values(text, name)
    if not isinstance(document, dict):
        first = next(iter(model.model_fields))
        what = model.__name__.lower()
        raise InputError(f"{name}, line 1", f"is no {what} file", f"start with the key `{first}`")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise _first_fault(document, name, error) from None


def _located_values(text: str, name: str) -> Any:
    from ruamel.yaml import YAML  # a good file never needs it
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(
            f"{name}, line {line}", f"{error.problem or 'broken YAML'}", "correct the YAML"
        ) from None
    except YAMLError as error:
        raise InputError(name, f"broken YAML ({error})", "correct the YAML") from None


def _first_fault(document: Any, name: str, error: ValidationError) -> InputError:
    fault = error.errors()[0]
    keys = list(fault["loc"])
    line, place = _locate(document, keys)
    shown = ".".join(place) or "the file"
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if fault["type"] == "extra_forbidden":
        return InputError(
            f"{name}, line {line}, key {shown}", f"unknown key {keys[-1]!r}{more}", "remove or rename it"
        )
    if fault["type"] == "missing":
        return InputError(f"{name}, line {line}, key {shown}", f"{keys[-1]!r} is missing{more}", "add it")
    message = str(fault["msg"]).removeprefix("Value error, ")
    remedy = str(fault.get("ctx", {}).get("remedy", "correct the value"))
    return InputError(f"{name}, line {line}, key {shown}", message + more, remedy)


def _locate(document: Any, keys: list[Any]) -> tuple[int, list[str]]:
    """Deepest line that the keys reach, and the keys as far as the file has them."""
    node, line, place = document, 1, []
    for key in keys:
        try:
            child = node[key]
        except (KeyError, IndexError, TypeError):
            continue
        position = node.lc.data.get(key) if hasattr(node, "lc") and node.lc.data else None
        line = position[0] + 1 if position else line
        place.append(str(key))
        node = child
    return line, place
