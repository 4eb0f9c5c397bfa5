"""Sentences that the desk makes for several shells, and that a shell may say in another language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence with named places, and what stands in them."""

    text: str
    values: Mapping[str, Said | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % {name: str(value) for name, value in self.values.items()}


def say(text: str, **values: object) -> Said:
    """A sentence; `text` is in English, and is found by its catalogue as it stands here.

    >>> str(say("%(count)s patients", count=3))
    '3 patients'
    """
    return Said(text, {name: one if isinstance(one, Said) else str(one) for name, one in values.items()})
