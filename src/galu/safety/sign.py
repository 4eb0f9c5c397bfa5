"""What one rule of dose-limiting toxicity sees in a patient's facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from galu.words import checked_fields


@dataclass(frozen=True, slots=True)
@checked_fields
class Sign:
    """What one rule sees: `met`, or undecided (None), since when and why.

    `span` is from the first to the last day on which the toxicity may have been there (None: goes on).
    One that `asks` waits for a named judgement or a correction, whatever was done meanwhile.
    """

    met: bool | None
    on: date
    rule_id: str
    reason: str
    facts: tuple[str, ...]
    span: tuple[date, date | None]
    asks: bool = False
