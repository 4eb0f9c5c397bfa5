"""Decay states: the invariant, round trips, what is not identifiable."""

from __future__ import annotations

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
    as_substance,
    at_sampling,
    both_states,
    corrected,
    identifiable,
    measured,
    nca,
    partial_auc,
    percent_injected,
)

HALF_LIFE_H = 159.5


def _profile(rate: float = 0.03, state: DecayState = DecayState.MEASURED) -> Profile:
    t = np.array([0.1, 0.5, 1.0, 4.0, 24.0, 48.0, 72.0])
    conc = 60.0 * np.exp(-1.1 * t) + 20.0 * np.exp(-rate * t)
    return Profile(
        "1", "whole blood", 1, t, conc, 7400.0, conc_unit="kBq/mL", dose_unit="MBq", decay_state=state
    )


def test_effective_minus_biological_is_physical() -> None:
    rules = Rules(terminal=TerminalRule(window_h=(4.0, 72.0)))
    effective = {p.code: p.value for p in nca(_profile(), Method.LINEAR, rules)}["LAMZ"]
    biological = {p.code: p.value for p in nca(corrected(_profile(), HALF_LIFE_H), Method.LINEAR, rules)}[
        "LAMZ"
    ]
    assert effective - biological == pytest.approx(math.log(2.0) / HALF_LIFE_H, rel=1e-12)


def test_correcting_and_back_is_the_same_profile() -> None:
    back = measured(corrected(_profile(), HALF_LIFE_H), HALF_LIFE_H)
    assert back.conc == pytest.approx(_profile().conc, rel=1e-14)
    with pytest.raises(InputError, match="decay state is corrected"):
        corrected(corrected(_profile(), HALF_LIFE_H), HALF_LIFE_H)


def test_clearance_belongs_to_the_corrected_profile() -> None:
    rows = {(state, p.code): p for state, p in both_states(_profile(), HALF_LIFE_H, Method.LINUP_LOGDOWN)}
    assert rows[DecayState.MEASURED, "CLO"].value is None
    assert "decay-corrected" in rows[DecayState.MEASURED, "CLO"].reason
    clearance = rows[DecayState.CORRECTED, "CLO"]
    area = rows[DecayState.CORRECTED, "AUCIFO"].value
    assert clearance.unit == "L/h"
    assert clearance.value == pytest.approx(7400.0 / area, rel=1e-12)  # MBq / (h kBq/mL) is litres per hour


def test_a_substance_that_does_not_leave_has_no_half_life() -> None:
    slow = _profile(rate=math.log(2.0) / HALF_LIFE_H + 1e-5)
    rows = {(state, p.code): p for state, p in both_states(slow, HALF_LIFE_H, Method.LINEAR)}
    assert rows[DecayState.CORRECTED, "LAMZHL"].value is None
    assert "not identifiable" in rows[DecayState.CORRECTED, "LAMZHL"].reason
    assert rows[DecayState.MEASURED, "LAMZHL"].value is not None


@pytest.mark.parametrize("biological_h", [3000.0, -3000.0])
def test_what_rests_on_an_unidentifiable_rate_has_no_value_either(biological_h: float) -> None:
    slow = _profile(rate=math.log(2.0) * (1.0 / HALF_LIFE_H + 1.0 / biological_h))
    late = Rules(terminal=TerminalRule(window_h=(20.0, 80.0)))
    rows = {
        row.code: row
        for state, row in both_states(slow, HALF_LIFE_H, Method.LINUP_LOGDOWN, late)
        if state == "corrected"
    }
    half_life = rows["LAMZHL"]
    assert half_life.value is None and "not identifiable" in half_life.reason
    for code in (
        "AUCIFO",
        "AUCIFP",
        "AUCPEO",
        "AUMCIFO",
        "MRTIVIFO",
        "CLO",
        "CLP",
        "VZO",
        "VSSO",
        "AUCPBEO",
        "LAMZSPN",
    ):
        assert rows[code].value is None and rows[code].reason == half_life.reason, code
    for code in ("CMAX", "AUCLST", "MRTIVLST"):
        assert rows[code].value is not None
    substance = corrected(slow, HALF_LIFE_H)
    rules = identifiable(late, HALF_LIFE_H)
    assert partial_auc(substance, Method.LINEAR, 0.0, 72.0, rules).value is not None
    beyond = partial_auc(substance, Method.LINEAR, 0.0, 96.0, rules)
    assert beyond.value is None and beyond.reason.startswith("beyond the last quantifiable sample")


def test_counting_time_is_undone() -> None:
    found = at_sampling(np.array([5.0]), np.array([2.0]), np.array([2.0 + HALF_LIFE_H]), HALF_LIFE_H)
    assert found == pytest.approx([10.0])


def test_percent_injected_and_mass() -> None:
    percent = percent_injected(_profile())
    assert percent.conc_unit == "%IA/mL"
    assert percent.conc == pytest.approx(_profile().conc / 7.4e6 * 100.0)
    substance = as_substance(corrected(_profile(), HALF_LIFE_H), 40_000.0, "nmol")
    assert substance.dose == pytest.approx(185.0)  # 7400 MBq at 40 MBq/nmol
    assert substance.conc_unit == "nmol/mL"
