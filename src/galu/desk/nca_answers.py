"""Answers of `galu nca`: parameters of many profiles, told as lines of text or as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np

from galu.cells import shown
from galu.desk.nca_table import Key
from galu.pharmacokinetics import DecayState, Method
from galu.pharmacokinetics.columns import Texts
from galu.pharmacokinetics.profile import Floats

Answer = dict[str, Any]
#: Stands for what a profile puts into its template; no output holds it.
_HEAD: Final = "\0"
#: Profiles that are written at once.
_AT_ONCE: Final = 250
_FIELDS: Final = ("subject", "matrix", "cycle", "decay_state")


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Parameters of all profiles in one decay state.

    `values` and `why` are (profiles, codes): NaN where there is no value, and there the reason; `units` has
    those of each profile, and `end_h` (profiles,) the time of its last quantifiable sample, NaN if none.
    """

    state: DecayState | None
    codes: tuple[str, ...]
    values: Floats
    why: Texts
    units: list[tuple[str, ...]]

    @property
    def end_h(self) -> Floats:
        """End of each profile (profiles,) [h], NaN where nothing is quantifiable."""
        return np.asarray(self.values[:, self.codes.index("TLST")])


@dataclass(slots=True, eq=False)
class Answers:
    """All that is said of a file: of each profile, its parameters, and what follows them.

    `rows` replaces the parameters of a profile, by its number, where they carry an uncertainty; `further`
    stands behind them; `last` behind all profiles. `left_out` are sentences on samples that enter none.
    """

    keys: tuple[Key, ...]
    method: Method
    stacks: tuple[Stack, ...] = ()
    rows: dict[int, list[Answer]] = field(default_factory=dict)
    further: dict[int, list[Answer]] = field(default_factory=dict)
    last: list[Answer] = field(default_factory=list)
    left_out: tuple[str, ...] = ()

    def of(self, number: int) -> list[Answer]:
        """Rows of the parameters of one profile."""
        found = []
        for stack in self.stacks:
            end = float(stack.end_h[number])
            cells = zip(
                stack.codes,
                stack.values[number].tolist(),
                stack.units[number],
                stack.why[number].tolist(),
                strict=True,
            )
            window = 0.0, None if math.isnan(end) else end
            for code, value, unit, why in cells:
                known = None if math.isnan(value) else value
                found.append(
                    row_of(self.keys[number], stack.state, self.method, window, (code, known, unit, why))
                )
        return found


def row_of(
    key: Key,
    state: DecayState | None,
    method: Method,
    window: tuple[float, float | None],
    parameter: tuple[str, float | None, str, str],
) -> Answer:
    """One row: a parameter (code, value, unit, reason) of a profile over its window [h]."""
    return {
        **dict(zip(_FIELDS, (*key, None if state is None else state.value), strict=True)),
        "method": method.value,
        "start": window[0],
        "end": window[1],
        **dict(zip(("PPTESTCD", "value", "unit", "reason"), parameter, strict=True)),
    }


def text_of(answers: Answers) -> Iterator[str]:
    """Lines of an answer, many at a time, each time without the last line feed."""
    for some in _together(_pieces(answers, _text_template, _text_head, _text_rows)):
        yield "\n".join(some)


def json_of(answers: Answers) -> Iterator[str]:
    """An answer as JSON, many rows at a time, each time without the last line feed."""
    before = "[\n"
    for some in _together(_pieces(answers, _json_template, _json_head, _json_rows)):
        yield before + ",\n".join(some)
        before = ",\n"
    yield "[]" if before == "[\n" else "\n]"


def _together(pieces: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    for piece in pieces:
        some.append(piece)
        if len(some) >= _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _pieces(
    answers: Answers,
    template: Callable[[tuple[str, ...], tuple[str, ...], tuple[str, ...]], str],
    head: Callable[[Key, Stack, Method, int], str],
    rows: Callable[[list[Answer]], str],
) -> Iterator[str]:
    """Texts of an answer in its order; a profile's parameters are its values set into a template."""
    for begin in range(0, len(answers.keys) if answers.stacks else 0, _AT_ONCE):
        parts = [
            (
                stack,
                stack.values[begin : begin + _AT_ONCE].tolist(),
                stack.why[begin : begin + _AT_ONCE].tolist(),
            )
            for stack in answers.stacks
        ]
        for number, key in enumerate(answers.keys[begin : begin + _AT_ONCE], begin):
            if number in answers.rows:
                yield rows(answers.rows[number])
            else:
                for stack, values, why in parts:
                    known = values[number - begin]
                    reasons = tuple(why[number - begin])
                    if any(reasons):
                        known = [one for one, reason in zip(known, reasons, strict=True) if not reason]
                    filled = template(stack.codes, stack.units[number], reasons) % tuple(known)
                    yield filled.replace(_HEAD, head(key, stack, answers.method, number))
            if answers.further.get(number):
                yield rows(answers.further[number])
    if answers.last:
        yield rows(answers.last)


def _who(fields: Iterable[Any]) -> str:
    return "  ".join(str(one) for one in fields if one)


@lru_cache(maxsize=64)
def _text_template(codes: tuple[str, ...], units: tuple[str, ...], reasons: tuple[str, ...]) -> str:
    lines = []
    for code, unit, reason in zip(codes, units, reasons, strict=True):
        said = _literal(reason) if reason else f"%.6g {_literal(unit)}"
        lines.append(f"{_HEAD}  {code:9} {said}")
    return "\n".join(lines)


def _text_head(key: Key, stack: Stack, _: Method, __: int) -> str:
    return _who((*key, stack.state))


def _text_rows(rows: list[Answer]) -> str:
    lines = []
    for row in rows:
        value = row["reason"] if row["value"] is None else f"{row['value']:.6g} {row['unit']}"
        lines.append(f"{_who(row[name] for name in _FIELDS)}  {row['PPTESTCD']:9} {value}")
    return "\n".join(lines)


def _literal(text: str) -> str:
    """A text as a template holds it; control characters as the terminal would show them."""
    return shown(text).replace("%", "%%")


@lru_cache(maxsize=64)
def _json_template(codes: tuple[str, ...], units: tuple[str, ...], reasons: tuple[str, ...]) -> str:
    rows = []
    for code, unit, reason in zip(codes, units, reasons, strict=True):
        cells = {"PPTESTCD": code, "value": None, "unit": unit, "reason": reason}
        lines = [f'  "{name}": {_literal(json.dumps(cell))}' for name, cell in cells.items()]
        if not reason:
            lines[1] = '  "value": %r'
        rows.append(_HEAD + ",\n".join(lines) + "\n }")
    return ",\n".join(rows)


def _json_head(key: Key, stack: Stack, method: Method, number: int) -> str:
    end = float(stack.end_h[number])
    row = row_of(key, stack.state, method, (0.0, None if math.isnan(end) else end), ("", None, "", ""))
    cells = [f'  "{name}": {json.dumps(row[name])},\n' for name in (*_FIELDS, "method", "start", "end")]
    return f" {{\n{''.join(cells)}"


def _json_rows(rows: list[Answer]) -> str:
    return json.dumps(rows, indent=1, allow_nan=False)[2:-2]
