"""Each edge case has one stated rule; the methods page says it and what follows from it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from galu.pharmacokinetics import Method, Parameter, Profile, Route, nca

ROOT = Path(__file__).resolve().parent.parent.parent
#: The rule that decides a case, as the page states it.
RULES = {
    "E01_blq_lead_trail": "zeros before and after the quantifiable samples stay; AUClast ends at Tlast",
    "E02_blq_middle": "a zero between quantifiable samples is dropped, its neighbours joined",
    "E03_all_blq": "Cmax and AUClast are zero, everything else has no value",
    "E04_missing": "a missing sample is left out, its neighbours joined; at time 0 as if not sampled",
    "E05_single_point": "one sample spans no area",
    "E06_two_points": "C0 through both; two samples make no λz unless chosen by hand",
    "E07_nonmonotone_tail": "λz by the best adjusted r², however bumpy; its r² and window stand beside it",
    "E08_rising_tail": "adjusted r² not above zero is no terminal phase",
    "E09_infusion_0p5h": "zero at time 0, MRT less half the infusion",
    "E11_bolus_c1_eq_c2": "two first samples that do not decline: C0 is the first sample",
    "E12_constant": "no decline, no λz; equal neighbours are a linear segment",
    "E13_tmax_last": "the peak is no part of the terminal phase of an infusion or extravascular dose",
    "E14_cmax_tie": "Tmax is the first of equal peaks",
    "E16_biexp_decaying": "activity as measured: CL and V only from the corrected state",
    "E18_bolus_t0_sample": "a sample at time 0 is C0",
    "E19_late_first_sample": "C0 log-linear through the first two; AUCPBEO tells the part before the first",
    "E23_zero_after_last_all": "AUCall adds the triangle to the first zero, whatever the method",
}  # fmt: skip


def _profiles() -> dict[str, Profile]:
    path = ROOT / "tests" / "data" / "pharmacokinetics" / "in_edge_cases.csv"
    groups: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(line for line in path.read_text().splitlines() if not line.startswith("#")):
        groups.setdefault(row["case"], []).append(row)
    return {
        case: Profile(
            "1", "plasma", 1, np.array([float(r["time"]) for r in rows]),
            np.array([np.nan if r["conc"] == "NA" else float(r["conc"]) for r in rows]),
            float(rows[0]["dose"]), Route(rows[0]["route"]), float(rows[0]["dur"]),
        )
        for case, rows in groups.items()
    }  # fmt: skip


def _shown(row: Parameter) -> str:
    return f"— ({row.reason})" if row.value is None else f"{row.value:.5g}"


def page_rows() -> list[str]:
    """Rows of the table of edge cases of the methods page."""
    rows = []
    for case, profile in _profiles().items():
        found = {row.code: row for row in nca(profile, Method.LINUP_LOGDOWN)}
        values = " | ".join(_shown(found[code]) for code in ("AUCLST", "LAMZ"))
        rows.append(f"| {case[:3]} | {RULES[case]} | {values} |")
    return rows


def test_the_methods_page_states_a_rule_for_every_case() -> None:
    page = (ROOT / "docs" / "methods" / "pharmacokinetics.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in page_rows() if row not in page] == []


@pytest.mark.parametrize("case", sorted(RULES))
def test_a_value_or_a_reason(case: str) -> None:
    for method in Method:
        for row in nca(_profiles()[case], method):
            assert (row.value is None) == bool(row.reason), row
            assert row.value is None or np.isfinite(row.value)


def test_samples_before_the_dose_and_negative_values_change_nothing() -> None:
    plain = Profile("1", "plasma", 1, np.array([0.0, 1, 2, 3]), np.array([8.0, 4, 2, 1]), 1.0)
    more = Profile("1", "plasma", 1, np.array([-1.0, 0, 1, 2, 3, 4]), np.array([5.0, 8, 4, 2, 1, -0.1]), 1.0)
    first, second = ({row.code: row.value for row in nca(one, Method.LINUP_LOGDOWN)} for one in (plain, more))
    assert second.pop("AUCALL") == pytest.approx((first.pop("AUCALL") or 0.0) + 0.5)
    assert first == second


if __name__ == "__main__":
    print("\n".join(page_rows()))
