"""What happened: typed facts, the append-only record, its seal."""

from galu.record.fact import Fact
from galu.record.kinds import KINDS, schema_of
from galu.record.record import (
    Entry,
    Fork,
    Record,
    Unread,
    canonical,
    end_of_day,
    fact_digest,
    fact_of,
    record_of,
)
from galu.record.rows import Row

__all__ = [
    "KINDS",
    "Entry",
    "Fact",
    "Fork",
    "Record",
    "Row",
    "Unread",
    "canonical",
    "end_of_day",
    "fact_digest",
    "fact_of",
    "record_of",
    "schema_of",
]
