"""The parameters galu reports: CDISC PPTESTCD, name, kind of unit, routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from galu.pharmacokinetics.profile import Profile, Route
from galu.pharmacokinetics.units import per, times, volume_of_dose

_ALL = (Route.BOLUS, Route.INFUSION, Route.EXTRAVASCULAR)
_IV = (Route.BOLUS, Route.INFUSION)
_EV = (Route.EXTRAVASCULAR,)
_BOLUS = (Route.BOLUS,)


@dataclass(frozen=True, slots=True)
class Code:
    """A row of the table: code, name, kind of unit, routes it exists for."""

    code: str
    name: str
    kind: str
    routes: tuple[Route, ...] = _ALL


#: In the order of a report. `b0` is the intercept of the λz regression (no CDISC code exists).
CODES: Final = (
    Code("b0", "Intercept of Lambda z Regression", "none"),
    Code("C0", "Initial Conc", "conc", _BOLUS),
    Code("CMAX", "Max Conc", "conc"),
    Code("CMAXD", "Max Conc Norm by Dose", "conc/dose"),
    Code("TMAX", "Time of CMAX", "h"),
    Code("TLAG", "Time Until First Nonzero Conc", "h", _EV),
    Code("CLST", "Last Nonzero Conc", "conc"),
    Code("CLSTP", "Last Nonzero Conc Pred", "conc"),
    Code("TLST", "Time of Last Nonzero Conc", "h"),
    Code("LAMZHL", "Half-Life Lambda z", "h"),
    Code("LAMZ", "Lambda z", "1/h"),
    Code("LAMZLL", "Lambda z Lower Limit", "h"),
    Code("LAMZUL", "Lambda z Upper Limit", "h"),
    Code("LAMZNPT", "Number of Points for Lambda z", "none"),
    Code("LAMZSPN", "Lambda z Span", "none"),
    Code("CORRXY", "Correlation Between TimeX and Log ConcY", "none"),
    Code("R2", "R Squared", "none"),
    Code("R2ADJ", "R Squared Adjusted", "none"),
    Code("AUCLST", "AUC to Last Nonzero Conc", "auc"),
    Code("AUCALL", "AUC All", "auc"),
    Code("AUCIFO", "AUC Infinity Obs", "auc"),
    Code("AUCIFOD", "AUC Infinity Obs Norm by Dose", "auc/dose"),
    Code("AUCIFP", "AUC Infinity Pred", "auc"),
    Code("AUCIFPD", "AUC Infinity Pred Norm by Dose", "auc/dose"),
    Code("AUCPEO", "AUC %Extrapolation Obs", "%"),
    Code("AUCPEP", "AUC %Extrapolation Pred", "%"),
    Code("AUCPBEO", "AUC %Back Extrapolation Obs", "%", _BOLUS),
    Code("AUCPBEP", "AUC %Back Extrapolation Pred", "%", _BOLUS),
    Code("AUMCLST", "AUMC to Last Nonzero Conc", "aumc"),
    Code("AUMCIFO", "AUMC Infinity Obs", "aumc"),
    Code("AUMCIFP", "AUMC Infinity Pred", "aumc"),
    Code("AUMCPEO", "AUMC %Extrapolation Obs", "%"),
    Code("AUMCPEP", "AUMC %Extrapolation Pred", "%"),
    Code("MRTEVLST", "MRT Extravasc to Last Nonzero Conc", "h", _EV),
    Code("MRTEVIFO", "MRT Extravasc Infinity Obs", "h", _EV),
    Code("MRTEVIFP", "MRT Extravasc Infinity Pred", "h", _EV),
    Code("MRTIVLST", "MRT Intravasc to Last Nonzero Conc", "h", _IV),
    Code("MRTIVIFO", "MRT Intravasc Infinity Obs", "h", _IV),
    Code("MRTIVIFP", "MRT Intravasc Infinity Pred", "h", _IV),
    Code("VZFO", "Vz Obs by F", "volume", _EV),
    Code("VZFP", "Vz Pred by F", "volume", _EV),
    Code("CLFO", "Total CL Obs by F", "clearance", _EV),
    Code("CLFP", "Total CL Pred by F", "clearance", _EV),
    Code("VZO", "Vz Obs", "volume", _IV),
    Code("VZP", "Vz Pred", "volume", _IV),
    Code("CLO", "Total CL Obs", "clearance", _IV),
    Code("CLP", "Total CL Pred", "clearance", _IV),
    Code("VSSO", "Vol Dist Steady State Obs", "volume", _IV),
    Code("VSSP", "Vol Dist Steady State Pred", "volume", _IV),
)
BY_CODE: Final = {row.code: row for row in CODES}
#: Read from the substance, not from its activity: meaningless on decaying values.
DRUG_ONLY: Final = frozenset({"VZO", "VZP", "CLO", "CLP", "VSSO", "VSSP", "VZFO", "VZFP", "CLFO", "CLFP"})
SUBSTANCE_ONLY: Final = "a property of the substance: read it from the decay-corrected profile"
#: Read from one dose and all that it left: meaningless over a profile of several doses.
ONE_DOSE: Final = (
    DRUG_ONLY | {"CMAXD", "AUCIFOD", "AUCIFPD"} | {row.code for row in CODES if row.code.startswith("MRT")}
)


def unit_of(kind: str, profile: Profile) -> str:
    """Unit of a parameter for a profile's own units; empty where those are not known."""
    return unit_in(kind, profile.conc_unit, profile.dose_unit)


def unit_in(kind: str, conc: str, dose: str) -> str:
    """Unit of a parameter for units of concentration and dose; empty where those are not known."""
    volume = volume_of_dose(dose, conc)[1]
    return {
        "none": "",
        "%": "%",
        "h": "h",
        "1/h": "1/h",
        "conc": conc,
        "auc": times(conc, "h"),
        "aumc": times(conc, "h2"),
        "conc/dose": per(conc, dose),
        "auc/dose": per(times(conc, "h"), dose),
        "volume": volume,
        "clearance": per(volume, "h"),
    }[kind]
