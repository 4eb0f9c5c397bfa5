"""The pharmacokinetics section of a study file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from galu.finding import InputError
from galu.pharmacokinetics.blq import parse_blq
from galu.pharmacokinetics.profile import Method
from galu.statement import Section, Stated

Matrix = Literal["whole blood", "plasma", "serum", "urine"]


class PharmacokineticsPlan(Section):
    """What is sampled, when, and how it is analysed.

    `blood_times` are labels as the schedule names them ("end of infusion", "5 min", "2 h"), nominal and
    counted from the end of the infusion; `urine_intervals_h` are [start, end] pairs since its start [h].
    Matrices and decay states that are not named are not derived.
    """

    matrices: Stated[tuple[Matrix, ...]] = Field(description="what is analysed")
    blood_times: Stated[tuple[str, ...]] = Field(
        description="planned draws after the end of the infusion, such as 5 min, 2 h, 1 d"
    )
    urine_intervals_h: Stated[tuple[tuple[float, float], ...]] = Field(
        description="planned collections, start and end after the start of the infusion"
    )
    method: Stated[Method] = Field(description="rule of the trapezoids")
    blq_rule: Stated[str] = Field(
        description="what is done with concentrations below the limit of quantification"
    )
    decay_states: Stated[tuple[Literal["measured", "corrected"], ...]] = Field(
        description="whether activities are analysed as measured, decay-corrected, or both"
    )

    @model_validator(mode="after")
    def _reads(self) -> PharmacokineticsPlan:
        parse_blq_or_fail(self.blq_rule.value)
        for label in self.blood_times.value:
            nominal_h(label)
        previous = 0.0
        for start, end in self.urine_intervals_h.value:
            if start < previous or end <= start:
                raise ValueError("urine intervals must follow one another")
            previous = end
        return self

    def plans(self, matrix: str) -> bool:
        """Whether a matrix is to be analysed; "blood" is whole blood."""
        name = matrix.lower()
        return ("whole blood" if name == "blood" else name) in self.matrices.value

    @property
    def blood_times_h(self) -> tuple[float, ...]:
        """Nominal times after the end of the infusion [h]."""
        return tuple(nominal_h(label) for label in self.blood_times.value)


def parse_blq_or_fail(text: str) -> None:
    """Check a BLQ rule inside a model, where errors are ValueErrors."""
    try:
        parse_blq(text)
    except InputError as error:
        raise ValueError(str(error)) from error


def nominal_h(label: str) -> float:
    """Hours after the end of the infusion that a schedule label means."""
    if label == "end of infusion":
        return 0.0
    number, _, unit = label.partition(" ")
    sizes = {"min": 1.0 / 60.0, "h": 1.0, "d": 24.0}
    if unit not in sizes:
        raise ValueError(f"{label!r}: say 'end of infusion' or a number with min, h or d")
    return float(number) * sizes[unit]
