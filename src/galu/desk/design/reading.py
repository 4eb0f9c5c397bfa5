"""What the shells hand over as text: switches, lists of numbers, patients."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from math import isfinite, nan
from pathlib import Path
from typing import Any

from galu.escalation import Outcome, Outcomes, ThreePlusThree, design_named
from galu.escalation.crm_design import Crm
from galu.escalation.decision import Design
from galu.escalation.decision_table import read_table
from galu.escalation.designs import GUARDS
from galu.escalation.guarded import Guarded, bare
from galu.finding import InputError
from galu.foreign import require_lines


def make_design(name: str, switches: dict[str, Any]) -> Design:
    """Make a registered design, or ``table:FILE`` from a CSV of enrolled, dlts, pending, decision.

    Raises
    ------
    InputError
        When the design, a switch or a row of the file is not right.
    """
    kind, colon, file = name.partition(":")
    if kind != "table" or not colon:
        return design_named(name, **switches)
    if switches:
        raise InputError(name, f"a table has no switch `{next(iter(switches))}`", "change the file instead")
    require_lines(Path(file))
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            return read_table(name, [(reader.line_num, row) for row in reader])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(name, f"the file cannot be read ({error})", "give the path of a CSV file") from error


def stated(design: Design, levels: int) -> dict[str, Any]:
    """The conventions that an answer rests on: switches, and of a CRM the skeleton that it used."""
    inner = bare(design)
    found: dict[str, Any] = {"switches": dict(getattr(inner, "switches", {})) | guard_switches(design)}
    if isinstance(inner, Crm):
        found |= {"skeleton": list(inner.model_for(levels).skeleton), "target": inner.target}
    return found


def guard_switches(design: Design) -> dict[str, object]:
    """The switches of the guards around a design."""
    if not isinstance(design, Guarded):
        return {}
    names = {maker: key for key, maker in GUARDS.items()}
    return {names[type(guard)]: getattr(guard, fields(guard)[0].name) for guard in design.guards}  # type: ignore[arg-type]


def check_path(design: Design, outcomes: Outcomes, levels: int) -> None:
    """Refuse outcomes that the design's own decisions cannot have led to.

    Raises
    ------
    InputError
        When a patient of a 3+3 was enrolled where it had escalated.
    """
    inner = bare(design)
    if isinstance(inner, ThreePlusThree):
        inner.check_cohorts(outcomes, levels)


def read_switches(pairs: list[str]) -> dict[str, Any]:
    """Read ``name=value`` switches; true and false are booleans, numbers are numbers, a,b is a list.

    Raises
    ------
    InputError
        When a pair has no equals sign, or a switch is given twice.
    """
    switches: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise InputError("--switch", f"`{pair}` has no value", "write --switch name=value")
        key = name.strip().replace("-", "_")
        if key in switches:
            raise InputError("--switch", f"`{key}` is given twice", "leave out one of the two")
        switches[key] = _value(value.strip())
    return switches


def with_options(switches: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Switches with those that an option of their own names; None is "not asked for".

    Raises
    ------
    InputError
        When a switch and an option name the same convention and differ.
    """
    asked = {key: value for key, value in options.items() if value is not None}
    twice = [key for key in asked if key in switches and switches[key] != asked[key]]
    if twice:
        raise InputError("--switch", f"`{twice[0]}` is given twice and differs", "leave out one of the two")
    return switches | asked


def _value(text: str) -> bool | int | float | str | tuple[float, ...]:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if "," in text:
        return read_numbers("--switch", text) or ()
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
        When an element is no finite number.
    """
    if text is None:
        return None
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = (nan,)
    if not all(map(isfinite, numbers)):
        raise InputError(option, f"`{text}` is no list of numbers", "write it as in 0.1,0.3")
    return numbers


def read_outcomes(text: str, followup_days: tuple[float, ...] | None, window_days: float | None) -> Outcomes:
    """Read the patients so far, with the days each has been followed.

    Raises
    ------
    InputError
        When there are not as many follow-up times as patients, no window to compare them with, or a
        window that has not ended is written as one without a DLT.
    """
    outcomes = Outcomes.from_string(text)
    if followup_days is None:
        return outcomes
    if window_days is None or window_days <= 0:
        raise InputError("--window-days", "follow-up in days needs a window", "say --window-days 42")
    if len(followup_days) != len(outcomes):
        fault = f"{len(followup_days)} times for {len(outcomes)} patients"
        raise InputError("--followup", fault, "give one of 0 or more for each")
    for number, (patient, days) in enumerate(zip(outcomes, followup_days, strict=True), start=1):
        if days < 0:
            raise InputError(
                "--followup", f"patient {number} is followed for {days:g} days", "give 0 or more"
            )
        if patient.outcome is Outcome.NONE and days < window_days:
            fault = f"patient {number} is N after {days:g} of {window_days:g} days"
            raise InputError("--followup", fault, "write P until the window has ended without a DLT")
    pairs = zip(outcomes, followup_days, strict=True)
    return Outcomes(tuple(replace(patient, followup=min(1.0, days / window_days)) for patient, days in pairs))


def read_share(option: str, days: float, window_days: float | None) -> float:
    """Turn days into a share of the window.

    Raises
    ------
    InputError
        When there is no window.
    """
    if window_days is None or window_days <= 0:
        raise InputError("--window-days", f"{option} needs a window", "say --window-days 42")
    return days / window_days
