"""Strict loading of a YAML document into a model; errors name file, line and key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from galu.finding import InputError
from galu.foreign import MAX_DOCUMENT_BYTES, require_plain
from galu.protocol.quick_yaml import UnusualError, quick_values

M = TypeVar("M", bound=BaseModel)
_DEEPEST: Final = 500
_BRACKET: Final = re.compile(r"[\[\]{}]")
_INDENTED: Final = re.compile(rf"^[ ?-]{{{2 * _DEEPEST},}}", re.MULTILINE)


def load_document(path: Path, model: type[M]) -> M:
    """Read a document.

    Raises
    ------
    InputError
        Naming file, line and key of the first fault.
    """
    what = model.__name__.lower()
    require_plain(path, MAX_DOCUMENT_BYTES)
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
    _require_shallow(text, name)
    try:
        return model.model_validate(quick_values(text))
    except (UnusualError, ValidationError):
        return _parse_slowly(text, name, model)


def read_values(text: str, name: str) -> Any:
    """Read YAML text without a model, as dicts, lists and plain values; `name` is what errors call it."""
    _require_shallow(text, name)
    try:
        return quick_values(text)
    except UnusualError:
        return _located_values(text, name)


def _require_shallow(text: str, name: str) -> None:
    """Refuse brackets or lines nested deeper than any document is: readers in C end the process at them."""
    depth = deepest = 0
    for sign in _BRACKET.findall(text):
        depth = depth + 1 if sign in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    if deepest > _DEEPEST or _INDENTED.search(text):
        raise InputError(name, "is nested too deeply", "write it as `galu study keys` shows")


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
    except RecursionError:
        raise InputError(name, "is nested too deeply", "write it as `galu study keys` shows") from None
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
