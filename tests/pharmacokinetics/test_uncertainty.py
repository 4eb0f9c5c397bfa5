"""Counting statistics to first order: closed forms, and a Monte Carlo of the samples."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from galu.finding import InputError
from galu.pharmacokinetics import (
    DecayState,
    Method,
    Profile,
    Rules,
    TerminalRule,
    corrected,
    counting_uncertainty,
    nca,
)

TIMES_H = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0])


def _profile() -> Profile:
    conc = 60.0 * np.exp(-1.1 * TIMES_H) + 20.0 * np.exp(-0.03 * TIMES_H)
    return Profile("1", "blood", 1, TIMES_H, conc, 7400.0, decay_state=DecayState.MEASURED)


def test_a_linear_area_and_a_slope_have_closed_forms() -> None:
    relative = np.full(7, 0.05)
    found = counting_uncertainty(
        _profile(), relative, Method.LINEAR, Rules(terminal=TerminalRule((8.0, 48.0)))
    )
    assert found["CLST"] == pytest.approx(0.05 * _profile().conc[-1], rel=1e-6)
    # ln C of each sample has σ 0.05, so the slope of least squares has σ/√Sxx
    late = TIMES_H[4:]
    expected = 0.05 / math.sqrt(float(((late - late.mean()) ** 2).sum()))
    assert found["LAMZ"] == pytest.approx(expected, rel=1e-6)
    assert not {"TMAX", "TLST", "LAMZNPT"} & set(found)


def test_decay_correction_keeps_the_relative_uncertainty_of_a_concentration() -> None:
    moved = corrected(_profile(), 159.5)
    found = counting_uncertainty(moved, np.full(7, 0.05), Method.LINUP_LOGDOWN)
    assert found["CLST"] == pytest.approx(0.05 * moved.conc[-1], rel=1e-6)


def test_first_order_agrees_with_drawn_samples() -> None:
    rng = np.random.default_rng(4)
    relative = np.array([0.01, 0.01, 0.015, 0.02, 0.02, 0.03, 0.04])
    rules = Rules(terminal=TerminalRule((8.0, 48.0)))
    found = counting_uncertainty(_profile(), relative, Method.LINUP_LOGDOWN, rules)
    drawn: dict[str, list[float]] = {code: [] for code in ("AUCIFO", "CMAX", "LAMZHL", "MRTIVIFO", "AUMCIFO")}
    for _ in range(1500):
        conc = _profile().conc * (1.0 + relative * rng.standard_normal(7))
        one = dataclasses.replace(_profile(), conc=conc)
        values = {row.code: row.value for row in nca(one, Method.LINUP_LOGDOWN, rules)}
        for code, spread in drawn.items():
            spread.append(values[code] or math.nan)
    for code, spread in drawn.items():
        assert found[code] == pytest.approx(float(np.std(spread)), rel=0.08), code


def test_what_is_not_known_has_no_uncertainty() -> None:
    relative = np.array([0.05, 0.05, 0.05, 0.05, 0.05, 0.05, np.nan])
    found = counting_uncertainty(_profile(), relative, Method.LINEAR)
    assert "CMAX" in found
    assert not {"CLST", "LAMZ", "AUCIFO"} & set(found)
    with pytest.raises(InputError, match="negative"):
        counting_uncertainty(_profile(), -relative, Method.LINEAR)
    with pytest.raises(InputError, match="number"):
        counting_uncertainty(_profile(), relative[:3], Method.LINEAR)
