"""What the shells hand over as text: switches, lists of numbers, patients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from galu.escalation import Outcomes
from galu.finding import InputError


def read_switches(pairs: list[str]) -> dict[str, Any]:
    """Read ``name=value`` switches; true and false are booleans, numbers are numbers.

    Raises
    ------
    InputError
        When a pair has no equals sign.
    """
    switches: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise InputError("--switch", f"`{pair}` has no value", "write --switch name=value")
        switches[name.replace("-", "_")] = _value(value)
    return switches


def _value(text: str) -> bool | int | float | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def read_numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    """Read a comma-separated list of numbers; None stays None.

    Raises
    ------
    InputError
        When an element is no number.
    """
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(option, f"`{text}` is no list of numbers", "write it as in 0.1,0.3") from error


def read_outcomes(text: str, followup_days: tuple[float, ...] | None, window_days: float | None) -> Outcomes:
    """Read the patients so far, with the days each has been followed.

    Raises
    ------
    InputError
        When there are not as many follow-up times as patients, or no window to compare them with.
    """
    outcomes = Outcomes.from_string(text)
    if followup_days is None:
        return outcomes
    if window_days is None or window_days <= 0:
        raise InputError("--window-days", "follow-up in days needs a window", "say --window-days 42")
    if len(followup_days) != len(outcomes) or min(followup_days) < 0:
        raise InputError(
            "--followup",
            f"{len(followup_days)} times for {len(outcomes)} patients",
            "give one of 0 or more for each",
        )
    pairs = zip(outcomes, followup_days, strict=True)
    return Outcomes(tuple(replace(patient, followup=min(1.0, days / window_days)) for patient, days in pairs))
