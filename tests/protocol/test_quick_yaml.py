"""The quick reader of good files says what the slow one says, or leaves the document to it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from galu.protocol.quick_yaml import UnusualError, quick_values
from support import ROOT

SCALARS = (
    "1", "-1", "+1", "010", "0o10", "0x1f", "0b11", "1_000",
    "1.", ".5", "-.5", "+.5", "1e3", "1E-3", ".5e3", ".5e+3",
    "1.5e3", "1_0.5", ".inf", "-.inf", ".NaN", "._5", ".0_", "true", "True",
    "TRUE", "tRUE", "yes", "no", "on", "off", "y", "n",
    "null", "Null", "~", "", "nan",
    "1:30", "190:20:30", "2026-02-03", "2026-02-03T10:00:00", "2026-02", "2026 -2 -3",
    "'1'", '"true"', "<<", "=", "1 mg", "<0.1", "10*9/L", "12e",
    "e12", "-", "+", ".", "1.2.3", "0", "00", "0.0", "-0",
    "- 1", "[1, a]", "{a: 1}", "{a: 1, a: 2}", "!!str 5",
    "!!int '5'", "!x 5", "&a 5", "|\n  text\n", "0o", "0x", "__",
)  # fmt: skip


def slow(text: str) -> Any:
    return YAML().load(text)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and list(one) == list(other)
            and all(same(one[key], other[key]) for key in one)
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return isinstance(other, float) and (one == other or (math.isnan(one) and math.isnan(other)))
    return (
        bool(one == other)
        and isinstance(other, type(one))
        and isinstance(one, bool) == isinstance(other, bool)
    )


def check(text: str) -> None:
    try:
        found = quick_values(text)
    except UnusualError:
        return
    assert same(found, slow(text)), text


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_scalar_is_what_the_slow_reader_says(scalar: str) -> None:
    for text in (f"key: {scalar}\n", f"- {scalar}\n", f"? {scalar}\n: 1\n"):
        try:
            slow(text)
        except (YAMLError, ValueError):
            with pytest.raises(UnusualError):
                quick_values(text)
        else:
            check(text)


@given(st.text(alphabet="0123456789+-.eE_:xobtrueTRUEnulNfasy~ ", max_size=12))
def test_any_plain_scalar_is_what_the_slow_reader_says(scalar: str) -> None:
    text = f"key: {scalar}\n"
    try:
        slow(text)
    except (YAMLError, ValueError):
        return
    check(text)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "studies").rglob("*.yaml")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_the_files_that_ship_are_read_quickly(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert same(quick_values(text), slow(text))


@pytest.mark.parametrize(
    "text", ["a: [1\n", "a: 1\na: 2\n", "%YAML 1.1\n---\na: 010\n", "a: *b\n", "a: &a [*a]\n"]
)
def test_what_is_broken_or_unusual_is_left_to_the_slow_reader(text: str) -> None:
    with pytest.raises(UnusualError):
        quick_values(text)
