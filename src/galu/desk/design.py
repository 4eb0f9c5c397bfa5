"""Use cases of the design laboratory: what `galu design …` and the page do."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from galu.escalation import Outcomes, design_named
from galu.escalation.calendar import Conditions
from galu.escalation.interval import IntervalDesign
from galu.escalation.rolling_six import RollingSix
from galu.escalation.three_plus_three import ThreePlusThree
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


def table(name: str, switches: dict[str, Any], above_closed: bool) -> dict[str, Any]:
    """Print a design's decision table as data.

    The rolling six table is the published one unless a top-level rule is asked for: the default rule
    (six complete) concerns trials, and would hide two cells of the published column.
    """
    if name == "rolling-six":
        switches = {"top_level_rule": "table", **switches}
    design = design_named(name, **switches)
    rows = getattr(design, "table", None)
    if rows is None:
        raise InputError("design", f"{name} has no decision table", "ask `galu design next` for one decision")
    return {
        "design": name,
        "switches": getattr(design, "switches", {}),
        "above_closed": above_closed,
        "rows": [
            {
                "enrolled": row.tally.enrolled,
                "dlts": row.tally.dlts,
                "pending": row.tally.pending,
                "decision": row.action.value,
                "rule": row.rule,
                "reason": row.reason,
            }
            for row in rows(above_closed)
        ],
    }


def next_decision(name: str, switches: dict[str, Any], outcomes: Outcomes, levels: int) -> dict[str, Any]:
    """Decide on the next patient of a trial."""
    decision = design_named(name, **switches).decide(outcomes, levels)
    answer: dict[str, Any] = {
        "decision": decision.action.value,
        "level": decision.level,
        "reason": decision.reason,
        "rule": decision.rule,
    }
    if decision.alert:
        answer["alert"] = decision.alert
    return answer


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


def exact(name: str, truth: tuple[float, ...], limit: str, switches: dict[str, Any]) -> dict[str, Any]:
    """Exact operating characteristics of rolling six (slow or fast limit) or 3+3 (cohorts of three)."""
    from galu.escalation import exact as engine

    design = design_named(name, **switches)
    if not isinstance(design, RollingSix | ThreePlusThree):
        raise InputError("design", f"{name} has no exact computation here", "use rolling-six or 3+3")
    if limit not in ("slow", "fast"):
        raise InputError("--limit", f"`{limit}` is not known", "use slow or fast")
    limits = {"slow": engine.slow_limit, "fast": engine.fast_limit}
    run = engine.in_cohorts if name == "3+3" else limits[limit]
    found = run(design, truth)
    return {
        "design": name,
        "select": {"none": found.select[0], "levels": list(found.select[1:])},
        "patients": {"levels": list(found.patients)},
        "dlts": {"levels": list(found.dlts)},
        "expected_n": sum(found.patients),
        "expected_dlts": sum(found.dlts),
        "duration_days": None,
        "suspended_days": None,
        "replicates": None,
        "se": None,
    }


def simon(p0: float, p1: float, alpha: float, beta: float) -> dict[str, Any]:
    """Simon's optimal and minimax designs."""
    from galu.escalation.simon import simon_designs

    optimal, minimax = simon_designs(p0, p1, alpha, beta)
    return {"optimal": asdict(optimal), "minimax": asdict(minimax)}


def boundaries(name: str, target: float, n: int) -> dict[str, Any]:
    """Boundaries of an interval design for 1 to n patients."""
    design = design_named(name, target=target, largest=n)
    if not isinstance(design, IntervalDesign):
        raise InputError("design", f"{name} has no boundaries", "use boin, keyboard, mtpi, mtpi2 or i3+3")
    return {"design": name, "rows": [asdict(row) for row in design.boundaries()]}


def characteristics(
    name: str,
    truth: tuple[float, ...],
    conditions: Conditions,
    runs: tuple[int, int],
    switches: dict[str, Any],
) -> dict[str, Any]:
    """Simulate in calendar time; `runs` is (replicates, seed)."""
    from galu.escalation.calendar import simulate

    design = design_named(name, **switches)
    if not isinstance(design, RollingSix | ThreePlusThree):
        raise InputError("design", f"{name} is not simulated in calendar time", "use rolling-six or 3+3")
    count, seed = runs
    if count < 2 or seed < 0:
        raise InputError(
            "--replicates", "too few trials or a negative seed", "give two or more, and a seed from 0"
        )
    found = simulate(design, truth, conditions, seed, range(count))
    share = [float((found.selected == level).mean()) for level in range(len(truth) + 1)]
    days, held = found.duration_days, found.suspended_days
    root = count**0.5
    return {
        "design": name,
        "select": {"none": share[0], "levels": share[1:]},
        "patients": {"levels": [float(x) for x in found.patients.mean(axis=0)]},
        "dlts": {"levels": [float(x) for x in found.dlts.mean(axis=0)]},
        "expected_n": float(found.patients.sum(axis=1).mean()),
        "expected_dlts": float(found.dlts.sum(axis=1).mean()),
        "duration_days": {
            "mean": float(days.mean()),
            "sd": float(days.std()),
            "se": float(days.std()) / root,
        },
        "suspended_days": float(held.mean()),
        "replicates": count,
        "se": {
            "select": [(p * (1 - p) / count) ** 0.5 for p in share],
            "expected_n": float(found.patients.sum(axis=1).std()) / root,
            "expected_dlts": float(found.dlts.sum(axis=1).std()) / root,
        },
    }
