"""What a rule concludes: a value with its rule and the facts it rests on; three-valued logic; errors.

Unknown is a value. `Truth` follows Kleene's strong logic, as the Clinical Quality Language does
(CQL 1.5, appendix B: logical operators).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class Truth(enum.Enum):
    """True, false or unknown."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("a Truth may be unknown: compare it with Truth.TRUE, Truth.FALSE or Truth.UNKNOWN")

    def __and__(self, other: Truth) -> Truth:
        if Truth.FALSE in (self, other):
            return Truth.FALSE
        return Truth.UNKNOWN if Truth.UNKNOWN in (self, other) else Truth.TRUE

    def __or__(self, other: Truth) -> Truth:
        if Truth.TRUE in (self, other):
            return Truth.TRUE
        return Truth.UNKNOWN if Truth.UNKNOWN in (self, other) else Truth.FALSE

    def __invert__(self) -> Truth:
        return _NEGATION[self]

    @classmethod
    def of(cls, value: bool | None) -> Truth:
        """Truth of a Python value, where None is unknown."""
        return cls.UNKNOWN if value is None else cls.TRUE if value else cls.FALSE


_NEGATION = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}


def all_of(truths: Iterable[Truth]) -> Truth:
    """Conjunction; true for nothing at all."""
    result = Truth.TRUE
    for truth in truths:
        result = result & truth
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """Disjunction; false for nothing at all."""
    result = Truth.FALSE
    for truth in truths:
        result = result | truth
    return result


@dataclass(frozen=True, slots=True)
class Rule:
    """A named, versioned rule and the clause it comes from."""

    name: str
    version: str
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Finding(Generic[T]):
    """A derived value, the rule that gave it and the ids of the facts it rests on.

    `value` is None when it cannot be known, and then `reason` says why.
    """

    value: T | None
    rule: Rule
    facts: tuple[str, ...] = ()
    reason: str = ""


class InputError(Exception):
    """Bad input, as one sentence: where it is, what is wrong, what to do.

    Raised by whatever reads input, caught once in each shell.
    """

    def __init__(self, place: str, fault: str, remedy: str) -> None:
        super().__init__(f"{place}: {fault}; {remedy}.")
        self.place = place
        self.fault = fault
        self.remedy = remedy


class OutOfReachError(InputError):
    """What was asked cannot be known now: a file is locked, unreadable or not there."""


class OvertakenError(InputError):
    """Somebody else wrote between the look and the writing: what was concluded may no longer hold."""


class NotAllowedError(InputError):
    """Whoever asks may not do it."""


class NotThereError(InputError):
    """What is named is not there, or not for whoever asks: both are told in the same words."""


class NobodyError(InputError):
    """Who asks has not shown who he is, or not lately enough."""


class ManyFaultsError(InputError):
    """All that is wrong with one input: a sentence each, so that it can be mended in one go."""

    #: More are counted, not shown.
    SHOWN = 50

    def __init__(self, errors: Sequence[InputError]) -> None:
        super().__init__(errors[0].place, errors[0].fault, errors[0].remedy)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        if len(self.errors) == 1:
            return str(self.errors[0])
        lines = [f"{len(self.errors)} faults, nothing was written:"]
        lines += [f"  {error}" for error in self.errors[: self.SHOWN]]
        more = len(self.errors) - self.SHOWN
        return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)
