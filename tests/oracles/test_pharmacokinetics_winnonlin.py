"""The nine Phoenix WinNonlin tables of the public folder (reference values, read in place)."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from galu.pharmacokinetics import Method, Profile, Route, nca
from support import shared

DATA = Path(__file__).resolve().parent.parent / "data" / "pharmacokinetics"
COLUMNS = {
    "Rsq": "R2", "Rsq_adjusted": "R2ADJ", "Corr_XY": "CORRXY", "No_points_lambda_z": "LAMZNPT",
    "Lambda_z": "LAMZ", "Lambda_z_lower": "LAMZLL", "Lambda_z_upper": "LAMZUL", "HL_Lambda_z": "LAMZHL",
    "Tlag": "TLAG", "Tmax": "TMAX", "Cmax": "CMAX", "Cmax_D": "CMAXD", "C0": "C0", "Tlast": "TLST",
    "Clast": "CLST", "AUClast": "AUCLST", "AUCall": "AUCALL", "AUCINF_obs": "AUCIFO",
    "AUCINF_D_obs": "AUCIFOD", "AUC_%Extrap_obs": "AUCPEO", "AUC_%Back_Ext_obs": "AUCPBEO",
    "Vz_obs": "VZO", "Cl_obs": "CLO", "Vz_F_obs": "VZFO", "Cl_F_obs": "CLFO", "AUCINF_pred": "AUCIFP",
    "AUCINF_D_pred": "AUCIFPD", "AUC_%Extrap_pred": "AUCPEP", "AUC_%Back_Ext_pred": "AUCPBEP",
    "Vz_pred": "VZP", "Cl_pred": "CLP", "Vz_F_pred": "VZFP", "Cl_F_pred": "CLFP", "AUMClast": "AUMCLST",
    "AUMCINF_obs": "AUMCIFO", "AUMC_%Extrap_obs": "AUMCPEO", "AUMCINF_pred": "AUMCIFP",
    "AUMC_%Extrap_pred": "AUMCPEP", "Vss_obs": "VSSO", "Vss_pred": "VSSP",
}  # fmt: skip
MRT = {"MRTlast": "LST", "MRTINF_obs": "IFO", "MRTINF_pred": "IFP"}
TABLES = [
    ("Theoph_Linear", "theoph", Method.LINEAR, Route.EXTRAVASCULAR, 320.0),
    ("Theoph_Log", "theoph", Method.LINUP_LOGDOWN, Route.EXTRAVASCULAR, 320.0),
    ("Indometh_Linear", "indometh", Method.LINEAR, Route.BOLUS, 25.0),
    ("Indometh_Log", "indometh", Method.LINUP_LOGDOWN, Route.BOLUS, 25.0),
    ("Indometh_Linear_Infusion", "indometh", Method.LINEAR, Route.INFUSION, 25.0),
    ("Indometh_Log_Infusion", "indometh", Method.LINUP_LOGDOWN, Route.INFUSION, 25.0),
    ("Indometh_Linear_NoDose", "indometh", Method.LINEAR, Route.EXTRAVASCULAR, 0.0),
    ("Indometh_Linear_Wrong_Extravascular", "indometh", Method.LINEAR, Route.EXTRAVASCULAR, 25.0),
    ("Indometh_Log_Wrong_Extravascular", "indometh", Method.LINUP_LOGDOWN, Route.EXTRAVASCULAR, 25.0),
]


def _samples(case: str, subject: str) -> tuple[np.ndarray, np.ndarray]:
    with (DATA / "in_theoph_indometh.csv").open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    mine = [r for r in rows if r["case"] == case and r["subject"] == subject]
    return np.array([float(r["time"]) for r in mine]), np.array([float(r["conc"]) for r in mine])


def _half_last_digit(text: str) -> float:
    return 0.5 * 10.0 ** -len(text.partition(".")[2])


@pytest.mark.parametrize(("table", "case", "method", "route", "dose"), TABLES)
def test_equals_winnonlin(table: str, case: str, method: Method, route: Route, dose: float) -> None:
    path = shared("public", "pharmacokinetics", f"Final_Parameters_Pivoted_{table}.csv")
    with path.open() as file:
        expected = list(csv.DictReader(file))
    assert len(expected) in (6, 12)
    for row in expected:
        profile = Profile(
            row["Subject"], "plasma", 1, *_samples(case, row["Subject"]), dose, route,
            0.25 if route is Route.INFUSION else 0.0, "mg/L", "mg",
        )  # fmt: skip
        found = {p.code: p.value for p in nca(profile, method)}
        for column, text in row.items():
            if column == "Subject":
                continue
            kind = "EV" if route is Route.EXTRAVASCULAR else "IV"
            code = f"MRT{kind}{MRT[column]}" if column in MRT else COLUMNS[column]
            allowed = max(1e-8 * abs(float(text)), _half_last_digit(text))
            assert found[code] is not None, (row["Subject"], code)
            assert abs(found[code] - float(text)) <= allowed, (row["Subject"], code, found[code], text)
