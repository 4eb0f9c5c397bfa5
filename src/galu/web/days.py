"""The day in the address of whatever is shown: what was known at its end."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query

#: Used by pages and by the interface alike.
AsOf = Annotated[
    date | None,
    Query(description="what was known at the end of this day, in the zone of the trial; by default today"),
]
