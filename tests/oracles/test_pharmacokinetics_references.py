"""Every row of PKNCA 0.12.1 and NonCompart 0.8.0: equal, or a deviation that is named and reasoned here."""

from __future__ import annotations

import csv
import functools
import math
from collections import Counter
from pathlib import Path

import numpy as np

from galu.pharmacokinetics import Method, Profile, Route, Rules, nca, parse_blq, partial_auc
from galu.pharmacokinetics.blq import DEFAULT

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "tests" / "data" / "pharmacokinetics"
PAGE = ROOT / "docs" / "methods" / "pharmacokinetics.md"
METHODS = {
    "Linear": Method.LINEAR, "Log": Method.LINUP_LOGDOWN, "linear": Method.LINEAR,
    "lin up/log down": Method.LINUP_LOGDOWN, "lin-log": Method.LINLOG,
}  # fmt: skip
PKNCA = {
    "auclast": "AUCLST", "aucall": "AUCALL", "aumclast": "AUMCLST", "cmax": "CMAX", "tmax": "TMAX",
    "tlast": "TLST", "clast.obs": "CLST", "tlag": "TLAG", "lambda.z": "LAMZ", "r.squared": "R2",
    "adj.r.squared": "R2ADJ", "lambda.z.time.first": "LAMZLL", "lambda.z.time.last": "LAMZUL",
    "lambda.z.n.points": "LAMZNPT", "clast.pred": "CLSTP", "half.life": "LAMZHL", "span.ratio": "LAMZSPN",
    "aucinf.obs": "AUCIFO", "aucinf.pred": "AUCIFP", "aumcinf.obs": "AUMCIFO", "aumcinf.pred": "AUMCIFP",
    "aucpext.obs": "AUCPEO", "aucpext.pred": "AUCPEP", "c0": "C0", "aucivlast": "AUCLST",
    "aucivall": "AUCALL", "aucivinf.obs": "AUCIFO", "aucivinf.pred": "AUCIFP", "mrt.iv.last": "MRTIVLST",
    "mrt.iv.obs": "MRTIVIFO", "mrt.iv.pred": "MRTIVIFP", "vss.iv.obs": "VSSO", "mrt.last": "MRTEVLST",
    "mrt.obs": "MRTEVIFO", "cl.obs": "CLO", "cl.pred": "CLP", "vz.obs": "VZO", "vz.pred": "VZP",
}  # fmt: skip
#: Codes of PKNCA that galu does not report: an imputed sample's share, and an observed concentration.
NOT_REPORTED = {"ceoi", "aucivpbextlast", "aucivpbextinf.obs"}
#: Codes of PKNCA without a CDISC one that follow from those galu reports; its kel keeps half the infusion.
DERIVED = {
    "kel.obs": lambda v, _: v["AUCIFO"] / v["AUMCIFO"],
    "thalf.eff.obs": lambda v, _: math.log(2.0) * v["AUMCIFO"] / v["AUCIFO"],
    "cl.last": lambda v, dose: dose / v["AUCLST"],
    "vss.iv.last": lambda v, dose: dose / v["AUCLST"] * v["MRTIVLST"],
}
TERMINAL = {
    "LAMZ",
    "LAMZHL",
    "LAMZLL",
    "LAMZUL",
    "LAMZNPT",
    "LAMZSPN",
    "R2",
    "R2ADJ",
    "CLSTP",
    "b0",
    "CORRXY",
}


def _read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@functools.cache
def _inputs() -> dict[tuple[str, str], list[dict[str, str]]]:
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for name in ("in_theoph_indometh.csv", "in_edge_cases.csv"):
        for row in _read(name):
            groups.setdefault((row["case"], row["subject"]), []).append(row)
    return groups


def _profile(case: str, subject: str, route: str) -> Profile:
    rows = _inputs()[case, subject]
    conc = np.array([np.nan if row["conc"] == "NA" else float(row["conc"]) for row in rows])
    duration = float(rows[0]["dur"]) or 0.25
    return Profile(
        subject, "plasma", 1, np.array([float(row["time"]) for row in rows]), conc, float(rows[0]["dose"]),
        Route(route), duration if route == "infusion" else 0.0,
    )  # fmt: skip


@functools.cache
def _ours(case: str, subject: str, route: str, down: str, blq: str) -> dict[str, float | None]:
    rows = nca(_profile(case, subject, route), METHODS[down], Rules(blq=parse_blq(blq)))
    return {row.code: row.value for row in rows}


def _code(row: dict[str, str]) -> str:
    if row["tool"] == "NonCompart":
        return row["PPTESTCD"]
    code = PKNCA.get(row["PPTESTCD"], row["PPTESTCD"])
    if row["route"] == "extravascular" and code in ("CLO", "CLP", "VZO", "VZP"):
        return f"{code[:2]}F{code[2]}"
    return code


def _noncompart_deviation(row: dict[str, str], code: str, found: float | None) -> str:
    case, log = row["case"][:3], row["down"] == "Log"
    if log and code == "AUCALL" and case in ("E01", "E23"):
        return "the triangle to the first zero is left out"
    if case == "E02" and (log or code == "TLAG"):
        return "a zero in mid-profile breaks its logarithmic areas and its lag time"
    if case == "E08":
        return "a terminal phase with adjusted r² below zero"
    if row["value"] == "0" and found is None and code in ("LAMZNPT", "b0", "TMAX"):
        return "zero stands for missing"
    if case in ("E03", "E05", "E12"):
        return "all-zero, single and constant profiles have placeholders instead of areas"
    return "TLAG of an infusion" if code == "TLAG" and row["route"] == "infusion" else ""


def _pknca_deviation(row: dict[str, str], code: str, found: float | None) -> str:
    case, tag = row["case"][:3], row["tag"] or ""
    bolus = row["route"] == "bolus"
    if (
        row["value"] == "NA"
        and row["down"] == "lin-log"
        and found is not None
        and case in ("E11", "E12", "E14")
    ):
        return "lin-log with two equal concentrations"
    if code in ("MRTEVLST", "MRTEVIFO", "TLAG") and row["route"] != "extravascular":
        return "extravascular parameter of an intravenous dose"
    if "start_logslope" in tag and code in ("CMAX", "TMAX"):
        return "the back-extrapolated concentration is taken as observed"
    if bolus and "allow.tmax" not in tag and (code in TERMINAL or found is None or row["value"] != "NA"):
        return "the peak of a bolus is left out of the terminal phase"
    times = _inputs()[row["case"], row["subject"]]
    starts_late = float(times[0]["time"]) > 0.0 or times[0]["conc"] == "NA" or tag == "blq=drop"
    if row["value"] == "NA" and found is not None and starts_late and code not in TERMINAL:
        return "no area without a sample at time 0"
    if case in ("E03", "E12") and code in ("CLST", "TLAG", "AUCIFO", "AUCIFP", "AUMCIFO", "AUMCIFP"):
        return "zeros of an all-zero profile that has no terminal phase, TLAG missing of a constant one"
    return ""


def _same(found: float | None, text: str) -> bool:
    if text == "NA" or found is None:
        return text == "NA" and found is None
    return abs(found - float(text)) <= 1e-8 * abs(float(text)) + 1e-12


def _found(row: dict[str, str], code: str, blq: str) -> float | None:
    values = _ours(row["case"], row["subject"], row["route"], row["down"], blq)
    if code not in DERIVED:
        return values.get(code)
    dose = float(_inputs()[row["case"], row["subject"]][0]["dose"])
    try:
        return DERIVED[code](values, dose)
    except TypeError:  # a parameter it follows from does not exist
        return None


def _compare(rows: list[dict[str, str]]) -> tuple[int, Counter[str], list[str]]:
    """Rows that are equal, rows by named deviation, and all others."""
    equal, named, unexplained = 0, Counter[str](), []
    for row in rows:
        if row["PPTESTCD"] in NOT_REPORTED:
            named["not reported"] += 1
            continue
        tag, code = row["tag"] or "", _code(row)
        noncompart = row["tool"] == "NonCompart"
        blq = tag.removeprefix("blq=") if tag.startswith("blq=") else "keep" if noncompart else DEFAULT
        found = _found(row, code, blq)
        if _same(found, row["value"]):
            equal += 1
            continue
        reason = (_noncompart_deviation if noncompart else _pknca_deviation)(row, code, found)
        if reason:
            named[reason] += 1
        else:
            unexplained.append(f"{list(row.values())} {code} {found}")
    return equal, named, unexplained


def test_noncompart() -> None:
    rows = _read("out_noncompart.csv")
    equal, named, unexplained = _compare(rows)
    assert not unexplained, unexplained[:20]
    assert equal + named.total() == len(rows) == 3090
    # A deviation that no longer occurs must leave the list, and none may grow unseen.
    assert named == {
        "a terminal phase with adjusted r² below zero": 52,
        "a zero in mid-profile breaks its logarithmic areas and its lag time": 22,
        "all-zero, single and constant profiles have placeholders instead of areas": 18,
        "TLAG of an infusion": 14,
        "zero stands for missing": 14,
        "the triangle to the first zero is left out": 2,
    }


def test_pknca() -> None:
    rows = _read("out_pknca.csv")
    equal, named, unexplained = _compare(rows)
    assert not unexplained, (len(unexplained), unexplained[:20])
    assert equal + named.total() == len(rows) == 7590
    assert named == {
        "extravascular parameter of an intravenous dose": 90,
        "lin-log with two equal concentrations": 66,
        "no area without a sample at time 0": 1684,
        "not reported": 189,
        "the back-extrapolated concentration is taken as observed": 57,
        "the peak of a bolus is left out of the terminal phase": 24,
        "zeros of an all-zero profile that has no terminal phase, TLAG missing of a constant one": 17,
    }


def _partial_deviation(row: dict[str, str], last_h: float) -> str:
    beyond = float(row["end"]) > last_h
    return "joins the observed Clast to the predicted line" if row["tool"] == "NonCompart" and beyond else ""


def _compare_partial(rows: list[dict[str, str]]) -> tuple[int, Counter[str], list[str]]:
    equal, named, unexplained = 0, Counter[str](), []
    for row in rows:
        profile = _profile("theoph", row["subject"], "extravascular")
        last = float(profile.time_h[-1])
        # All samples are quantifiable, so PKNCA's areas "last" and "all" end at the last sample.
        end = min(float(row["end"]), last) if row["PPTESTCD"].endswith(("last", "all")) else float(row["end"])
        found = partial_auc(profile, METHODS[row["down"]], float(row["start"]), end)
        reason = _partial_deviation(row, last)
        if _same(found.value, row["value"]):
            equal += 1
        elif reason:
            named[reason] += 1
        else:
            unexplained.append(f"{row} {found}")
    return equal, named, unexplained


def test_partial_areas() -> None:
    rows = _read("out_partial_auc_theoph.csv")
    equal, named, unexplained = _compare_partial(rows)
    assert not unexplained, unexplained[:20]
    assert equal + named.total() == len(rows) == 480
    assert named == {"joins the observed Clast to the predicted line": 28}


def page_rows() -> list[str]:
    """Rows of the validation tables of the methods page."""
    tables = {
        "NonCompart 0.8.0": ("out_noncompart.csv", _compare),
        "PKNCA 0.12.1": ("out_pknca.csv", _compare),
        "partial areas of both": ("out_partial_auc_theoph.csv", _compare_partial),
    }
    totals, deviations = [], []
    for name, (file, compare) in tables.items():
        rows = _read(file)
        equal, named, _ = compare(rows)
        totals.append(f"| {name} | {len(rows):,} | {equal:,} | {named.total():,} |")
        deviations += [f"| {name} | {reason} | {count:,} |" for reason, count in sorted(named.items())]
    return totals + deviations


def test_the_methods_page_has_these_tables() -> None:
    page = PAGE.read_text(encoding="utf-8").splitlines()
    assert [row for row in page_rows() if row not in page] == []


if __name__ == "__main__":
    print("\n".join(page_rows()))
