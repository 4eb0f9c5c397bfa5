"""What a switch may hold: its kind and range, in one table; asked before any design is made."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class Kind:
    """What a switch holds: the words for it, an example, and what reads a value (None: not of this kind)."""

    words: str
    example: str
    read: Callable[[Any], Any]


def _number(value: Any) -> float | None:
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if fits else None


def _between(low: float, high: float, ends: bool = False) -> Callable[[Any], float | None]:
    def read(value: Any) -> float | None:
        number = _number(value)
        if number is None or not low <= number <= high or (not ends and number in (low, high)):
            return None
        return number

    return read


def _whole(fewest: int) -> Callable[[Any], int | None]:
    def read(value: Any) -> int | None:
        number = _number(value)
        return None if number is None or number != int(number) or number < fewest else int(number)

    return read


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _list(count: int | None) -> Callable[[Any], tuple[float, ...] | None]:
    def read(value: Any) -> tuple[float, ...] | None:
        parts = value if isinstance(value, (tuple, list)) else (value,)
        numbers = tuple(_number(part) for part in parts)
        if None in numbers or not numbers or (count is not None and len(numbers) != count):
            return None
        return tuple(number for number in numbers if number is not None)

    return read


_RATE = Kind("rate between 0 and 1", "0.25", _between(0.0, 1.0))
_SHARE = Kind("share in 0–1", "0.25", _between(0.0, 1.0, ends=True))
_TARGET = Kind("target rate between 0 and 1", "0.25", _between(0.0, 1.0))
_COUNT = Kind("whole number from 1", "3", _whole(1))
_FROM_ZERO = Kind("whole number from 0", "3", _whole(0))
_FLAG = Kind("flag (true or false)", "true", _flag)
_WORD = Kind("word", "any", _word)
_POSITIVE = Kind("number above 0", "1.16", _between(0.0, math.inf))
_LIST = Kind("list of numbers", "0.1,0.3", _list(None))

#: Every switch of every registered design and guard.
KINDS: dict[str, Kind] = {
    "target": _TARGET,
    "cutoff": Kind("probability above 0", "0.95", lambda x: _between(0.0, 1.0, ends=True)(x) or None),
    **dict.fromkeys(("p_saf", "p_tox", "under", "over", "lowest_toxic", "precise_width"), _RATE),
    **dict.fromkeys(("sentinel_share", "min_followup", "max_pending"), _SHARE),
    "overdose": Kind("probability above 0", "0.25", lambda x: _between(0.0, 1.0, ends=True)(x) or None),
    **dict.fromkeys(
        ("cohort_size", "largest", "max_per_level", "group", "start", "enough_at_level", "n_earlystop"),
        _COUNT,
    ),
    "initial_stage": _FROM_ZERO,
    "offset": Kind("offset above 0 and below 0.5", "0.05", _between(0.0, 0.5)),
    **dict.fromkeys(
        (
            "tite",
            "coherent",
            "by_covariate",
            "six_zero_one_escalates",
            "replace_inevaluable",
            "extra_safe",
            "titration",
        ),
        _FLAG,
    ),
    **dict.fromkeys(
        (
            "model",
            "rule",
            "variant",
            "skipping",
            "eliminate_at",
            "step_down_at",
            "eliminate_by",
            "top_level_rule",
        ),
        _WORD,
    ),
    "safe_top_label": Kind("label", "highest planned dose", _word),
    **dict.fromkeys(("scale", "reference"), _POSITIVE),
    **dict.fromkeys(("prior", "doses"), _LIST),
    "mean": Kind("pair of numbers", "-1,0", _list(2)),
    "covariance": Kind("triple of numbers (var a, cov, var b)", "4,0,1", _list(3)),
}
#: Switches that may be left open, which is written None in code.
_MAY_BE_NONE = ("prior", "reference", "group", "p_saf", "p_tox", "n_earlystop")


def check_switch(design: str, name: str, value: Any) -> Any:
    """Read the value of a switch in its kind.

    Raises
    ------
    InputError
        When it is of another kind or out of range.
    """
    kind = KINDS.get(name)
    if kind is None or (value is None and name in _MAY_BE_NONE):
        return value
    found = kind.read(value)
    if found is None:
        shown = ",".join(map(str, value)) if isinstance(value, (tuple, list)) else value
        fault = f"`{shown}` is no {kind.words}"
        raise InputError(f"design {design}, {name}", fault, f"write it as in {name}={kind.example}")
    return found


def unknown_switch(design: str, name: str, known: Iterable[str]) -> InputError:
    """The fault of a switch that a design does not have, with the nearest that it has."""
    has = list(known)
    near = get_close_matches(name, has, n=1)
    meant = f"did you mean `{near[0]}`? " if near else ""
    return InputError(f"design {design}", f"there is no switch `{name}`", f"{meant}it has {', '.join(has)}")
