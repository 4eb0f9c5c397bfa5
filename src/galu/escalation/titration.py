"""Accelerated titration of BOIN: one patient to a level until the first DLT, then cohorts.

As in R's BOIN (`get.oc(titration = TRUE)`; Yan et al., J Stat Softw 2020;94(13)): when a patient has a
DLT, or the highest level is passed without one, the trial goes on one level lower ("to be safer"), where the
cohort is filled up; elsewhere a titration patient is counted beside whole cohorts.
"""

from __future__ import annotations

from dataclasses import dataclass

from galu.escalation.conventions import counting
from galu.escalation.outcomes import Outcome, Outcomes


@dataclass(frozen=True, slots=True)
class Titrated:
    """A titration that is over.

    Parameters
    ----------
    level
        Level of the patient who ended it.
    before
        Patients of each level up to this one, by level.
    since
        Whether somebody was enrolled since.
    """

    level: int
    before: dict[int, int]
    since: bool

    @property
    def following(self) -> int:
        """Level of the next patient: one lower, to be safer."""
        return max(self.level - 1, 1)

    def apart(self, level: int, enrolled: int, size: int) -> int:
        """Patients of a level who are not of its cohorts of `size`."""
        there = self.before.get(level, 0)
        filled = level == self.following and there < size <= enrolled
        return 0 if filled else there


def titrated(outcomes: Outcomes, levels: int) -> Titrated | None:
    """The end of the titration, None while it goes on.

    It ends with the first patient, in order of enrolment, who has a DLT or was safe at the highest level.
    """
    used = counting(outcomes)
    for place, patient in enumerate(used):
        safe_at_top = patient.outcome is Outcome.NONE and patient.level == levels
        if patient.outcome is Outcome.DLT or safe_at_top:
            there = [p.level for p in used[: place + 1]]
            before = {level: there.count(level) for level in set(there)}
            return Titrated(patient.level, before, place + 1 < len(used))
    return None
