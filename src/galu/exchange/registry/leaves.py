"""A record as nested data, of which every value is either read or known to be unread."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from galu.exchange.registry.words import said


@dataclass(frozen=True)
class Node:
    """A place in a record. Reading a value notes it as read; one of another type than asked for is not."""

    value: Any
    path: str = ""
    read: dict[str, Any] = field(default_factory=dict)

    def at(self, path: str) -> Node:
        """The place below, as in "designInfo.maskingInfo"; one that does not exist holds None."""
        here = self
        for key in path.split("."):
            below = here.value.get(key) if isinstance(here.value, dict) else None
            here = Node(below, f"{here.path}.{key}" if here.path else key, self.read)
        return here

    def text(self, path: str = "") -> str | None:
        """A text, with the markup of the registry undone."""
        node = self.at(path) if path else self
        if not isinstance(node.value, str) or not node.value.strip():
            return None
        self.read[node.path] = node.value
        return said(node.value)

    def raw(self, path: str) -> str | None:
        """A text as it stands."""
        node = self.at(path)
        return node.value if node.text() is not None else None

    def flag(self, path: str) -> bool | None:
        """A yes or no."""
        node = self.at(path)
        if not isinstance(node.value, bool):
            return None
        self.read[node.path] = node.value
        return bool(node.value)

    def count(self, path: str) -> int | None:
        """A whole number that is not negative and that somebody could count to."""
        node = self.at(path)
        number = node.value
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < 1e9:
            return None
        if number != int(number):
            return None
        self.read[node.path] = number
        return int(number)

    def rows(self, path: str) -> tuple[Node, ...]:
        """The places of a list; one that is no list has none."""
        node = self.at(path)
        values = node.value if isinstance(node.value, list) else []
        return tuple(Node(one, f"{node.path}[{number}]", self.read) for number, one in enumerate(values))

    def texts(self, path: str) -> tuple[str, ...]:
        """The texts of a list."""
        return tuple(one for row in self.rows(path) if (one := row.text()) is not None)

    def unread(self) -> tuple[tuple[str, str], ...]:
        """Place and words of each value that was not read; nothing is left out but null and empty."""
        return tuple((path, words) for path, words in leaves(self.value, self.path) if path not in self.read)


def leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Place and words of each value below; null and empty ones have no words."""
    pending: list[tuple[Any, str]] = [(value, path)]
    while pending:
        here, place = pending.pop()
        if isinstance(here, dict):
            below = [(one, f"{place}.{key}" if place else str(key)) for key, one in here.items()]
            pending += reversed(below)
        elif isinstance(here, list):
            pending += reversed([(one, f"{place}[{number}]") for number, one in enumerate(here)])
        elif isinstance(here, str):
            if here.strip():
                yield place, here
        elif here is not None:
            yield place, json.dumps(here)
