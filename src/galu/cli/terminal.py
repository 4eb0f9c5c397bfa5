"""What a terminal shows: no text of a fact moves its cursor, colours it or hides what stands there."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

from galu.cells import shown

if TYPE_CHECKING:
    from rich.console import Console


class Shown:
    """A stream that writes control characters as their codes."""

    def __init__(self, beneath: TextIO) -> None:
        self.beneath = beneath

    def write(self, text: str) -> int:
        """Write a text as it may be shown."""
        self.beneath.write(shown(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)


def shielded(stream: TextIO) -> TextIO:
    """A stream that writes control characters as their codes; one that does so already stays."""
    return stream if isinstance(stream, Shown) else Shown(stream)  # type: ignore[return-value]


def console(stderr: bool = False) -> Console:
    """A console whose own colours pass, and nothing that only looks like them."""
    from rich.console import Console
    from rich.segment import Segment

    class _Console(Console):
        def render(self, renderable: Any, options: Any = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else segment._replace(text=shown(segment.text))

    stream = sys.stderr if stderr else sys.stdout
    return _Console(file=getattr(stream, "beneath", stream), highlight=False)
