"""Arrays that many share: read, never written."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

C = TypeVar("C", bound=type)


def read_only_arrays(cls: C) -> C:
    """Make the arrays of a frozen dataclass read-only, so that nobody changes what others are given too.

    Stands below `@dataclass`. The arrays handed in stay as writable as they were.
    """
    kind: Any = cls
    own = getattr(kind, "__post_init__", None)

    def freeze_fields(self: Any) -> None:
        if own is not None:
            own(self)
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if hasattr(value, "setflags") and value.flags.writeable:
                shown = value.view()
                shown.setflags(write=False)
                object.__setattr__(self, field.name, shown)

    kind.__post_init__ = freeze_fields
    return cls
