"""A good YAML 1.2 document of plain values, read by libyaml; anything unusual is left to the slow reader.

The slow reader knows the line of every key and is needed only to say where a fault is. What the two could
read differently (dates, other number systems, merged or repeated keys, directives, tags) is unusual here.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

import yaml

_UNUSUAL: Final = "unusual"
#: Tag, form and first letters of plain scalars, in the order tried.
_FORMS: Final = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.[0-9]+(?:[eE][-+][0-9]+)?",
        list("-+0123456789."),
    ),
    ("date", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", list("0123456789")),
    (
        _UNUSUAL,
        r"[-+]?\.(?:inf|nan|[0-9_]*_.*)|[-+]?0[box].*|[-+]?[0-9][0-9_.]*_.*|[0-9]{4} ?-.*",
        list("-+.0123456789"),
    ),
    (_UNUSUAL, r"<<|=|[!&*]", list("<=!&*")),
)
_TAG: Final = re.compile(r"(?:^|[\s,\[{])!", re.MULTILINE)


class UnusualError(Exception):
    """The slow reader is to read this document."""


class _Nodes(yaml.CSafeLoader):  # type: ignore[misc]  # yaml carries no types
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # yaml's own


for _tag, _form, _letters in _FORMS:
    _Nodes.add_implicit_resolver(
        _tag, re.compile(rf"(?:{_form})\Z", re.IGNORECASE if _tag == _UNUSUAL else 0), _letters
    )


def quick_values(text: str) -> Any:
    """The values of a document.

    Raises
    ------
    UnusualError
        When it is broken, or holds what this reader does not judge.
    """
    if text.startswith("%") or _TAG.search(text):
        raise UnusualError
    try:
        loader = _Nodes(text)
        try:
            return _value(loader.get_single_node(), {})
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnusualError from error


def _value(node: Any, seen: dict[int, Any]) -> Any:
    if id(node) not in seen:
        seen[id(node)] = _fresh(node, seen)
    return seen[id(node)]


def _fresh(node: Any, seen: dict[int, Any]) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node.tag, node.value)
    if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        return [_value(item, seen) for item in node.value]
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        keys = [_value(key, seen) for key, _ in node.value]
        if not all(isinstance(key, str) for key in keys) or len(set(keys)) < len(keys):
            raise UnusualError
        return {key: _value(item, seen) for key, (_, item) in zip(keys, node.value, strict=True)}
    raise UnusualError


def _scalar(tag: str, text: str) -> Any:
    match tag:
        case "tag:yaml.org,2002:str":
            return text
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "bool":
            return text[0] in "tT"
        case "null":
            return None
        case "date":
            return date.fromisoformat(text)
    raise UnusualError
