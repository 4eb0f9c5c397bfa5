"""What a design knows: per patient the level, the outcome and how much of the window has passed.

The written form is that of the R packages trialr and escalation: ``1NNP 2NT`` is two levels with
three and two patients in order of enrolment (N no DLT, T DLT, P pending, X inevaluable).
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from galu.finding import InputError
from galu.words import checked_fields

_PLACE = "outcomes"
_GROUP = re.compile(r"(\d+)([A-Za-z]*)")


class Outcome(enum.StrEnum):
    """How a patient's DLT window ended, or that it has not."""

    NONE = "N"
    DLT = "T"
    PENDING = "P"
    INEVALUABLE = "X"


@dataclass(frozen=True, slots=True)
@checked_fields
class PatientOutcome:
    """One patient as a design sees them.

    Parameters
    ----------
    level
        Dose level, counted from 1.
    outcome
        State of the DLT window.
    followup
        Fraction of the window that has passed [0 to 1]; None when it is not known.
    covariate
        A continuous covariate such as an absorbed dose; None when it is not known.
    ref
        Identifier that comes back in results.
    dosed
        False of somebody with a slot who never got a dose: inevaluable, one uses up no place of a level.
    """

    level: int
    outcome: Outcome
    followup: float | None = None
    covariate: float | None = None
    ref: str | None = None
    dosed: bool = True

    def __post_init__(self) -> None:
        if self.level < 1:
            raise InputError(_PLACE, f"level {self.level} does not exist", "count levels from 1")
        if self.followup is not None and not 0.0 <= self.followup <= 1.0:
            raise InputError(
                _PLACE,
                f"a followed fraction of {self.followup} is outside 0–1",
                "give a fraction of the window",
            )


@dataclass(frozen=True, slots=True)
class Tally:
    """Patients of one level: enrolled (evaluable or pending), those with a DLT, those pending."""

    enrolled: int
    dlts: int
    pending: int

    @property
    def no_dlts(self) -> int:
        """Patients whose window ended without a DLT."""
        return self.enrolled - self.dlts - self.pending


@dataclass(frozen=True, slots=True)
class Outcomes:
    """All patients in order of enrolment."""

    patients: tuple[PatientOutcome, ...] = ()

    @classmethod
    def from_string(cls, text: str) -> Outcomes:
        """Read ``1NNP 2NT``; the empty string is a trial without patients.

        Raises
        ------
        InputError
            When a group is not a level followed by letters out of N, T, P and X.
        """
        patients: list[PatientOutcome] = []
        for group in text.split():
            match = _GROUP.fullmatch(group)
            if match is None:
                raise InputError(_PLACE, f"`{group}` is not a level followed by outcomes", 'write "1NNP 2NT"')
            letters = match.group(2).upper()
            unknown = sorted(set(letters) - {outcome.value for outcome in Outcome})
            if unknown or not letters:
                fault = (
                    f"`{unknown[0]}` in `{group}` is no outcome" if unknown else f"`{group}` has no patient"
                )
                raise InputError(_PLACE, fault, "use N (none), T (DLT), P (pending) or X (inevaluable)")
            patients.extend(PatientOutcome(int(match.group(1)), Outcome(letter)) for letter in letters)
        return cls(tuple(patients))

    def __str__(self) -> str:
        groups: list[str] = []
        previous: int | None = None
        for patient in self.patients:
            if patient.level != previous:
                groups.append(str(patient.level))
                previous = patient.level
            groups[-1] += patient.outcome.value
        return " ".join(groups)

    def __iter__(self) -> Iterator[PatientOutcome]:
        return iter(self.patients)

    def __len__(self) -> int:
        return len(self.patients)

    def at(self, level: int) -> tuple[PatientOutcome, ...]:
        """Patients of one level, in order of enrolment."""
        return tuple(patient for patient in self.patients if patient.level == level)

    def tally(self, level: int) -> Tally:
        """Count one level; inevaluable patients leave it and their slot reopens."""
        outcomes = [patient.outcome for patient in self.at(level)]
        evaluable = [outcome for outcome in outcomes if outcome is not Outcome.INEVALUABLE]
        return Tally(len(evaluable), evaluable.count(Outcome.DLT), evaluable.count(Outcome.PENDING))

    @property
    def levels_tried(self) -> tuple[int, ...]:
        """Levels with at least one patient, ascending."""
        return tuple(sorted({patient.level for patient in self.patients}))

    @property
    def current_level(self) -> int:
        """Level of the patient enrolled last; 1 before the first."""
        return self.patients[-1].level if self.patients else 1

    @property
    def level_in_use(self) -> int:
        """Level of the last patient who counts: an inevaluable patient does not undo the move before."""
        return self.level_in_use_from(1)

    def level_in_use_from(self, start: int) -> int:
        """The same in a trial whose first patient goes to `start`."""
        counting = (p.level for p in reversed(self.patients) if p.outcome is not Outcome.INEVALUABLE)
        return next(counting, start)

    def then(self, *patients: PatientOutcome) -> Outcomes:
        """These outcomes followed by further patients."""
        return Outcomes((*self.patients, *patients))
