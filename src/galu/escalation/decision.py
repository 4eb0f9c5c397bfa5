"""What a design answers, and what a design is."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from galu.escalation.outcomes import Outcomes, Tally
from galu.words import checked_fields


class Action(enum.StrEnum):
    """What happens next."""

    ESCALATE = "escalate"
    SAME = "same"
    DE_ESCALATE = "de-escalate"
    SUSPEND = "suspend"
    DECLARE_MTD = "declare-mtd"
    DECLARE_HIGHEST = "declare-highest"
    STOP_NO_DOSE = "stop-no-dose"
    ELIMINATE = "eliminate"

    @property
    def ends_escalation(self) -> bool:
        """Whether nobody else is enrolled by the design after this."""
        return self in (Action.DECLARE_MTD, Action.DECLARE_HIGHEST, Action.STOP_NO_DOSE)


@dataclass(frozen=True, slots=True)
@checked_fields
class Decision:
    """A design's answer.

    Parameters
    ----------
    action
        What happens next.
    level
        Level of the next patient, or the declared level; None when there is neither.
    reason
        One sentence.
    rule
        Identifier of the row of the design's table that answered.
    tally
        The counts that the row was read with.
    alert
        What the safety committee must hear besides; empty when nothing.
    """

    action: Action
    level: int | None
    reason: str
    rule: str
    tally: Tally
    alert: str = ""


class Design(Protocol):
    """Decides on the next patient from the outcomes so far; knows no data and no clock."""

    @property
    def name(self) -> str:
        """The design's registered name."""

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Answer for a trial of `levels` planned levels."""
