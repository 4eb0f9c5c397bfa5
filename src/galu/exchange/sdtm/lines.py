"""What a report says of single rows."""

from __future__ import annotations

#: A row that could not be read, or was read and not mapped: its number and why.
Line = tuple[int, str]
