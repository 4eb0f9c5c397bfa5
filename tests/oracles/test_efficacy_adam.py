"""Against the public oncology ADaM: responses (ADRS) and times to event (ADTTE) of 306 subjects."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from galu.efficacy.best import (
    Assessed,
    BenefitRule,
    BestResponseRule,
    best_overall_response,
    clinical_benefit,
    confirmed_response,
    first_progression,
    first_response,
)
from galu.efficacy.plan import USUAL_ENDPOINTS
from galu.efficacy.recist import Measurement, visit_responses
from galu.efficacy.time_to_event import Dated, derive_time_to_event
from support import shared


@cache
def table(name):
    with shared("public", "sdtm", f"pharmaverseadam__{name}_onco.csv").open() as file:
        return list(csv.DictReader(file))


def number(text):
    return float(text) if text else None


def day(text):
    return date.fromisoformat(text) if text else None


@cache
def subjects():
    """Of each subject: start of treatment, visits on or before progression, death, last day alive."""
    people = {}
    for row in table("adrs"):
        one = people.setdefault(
            row["USUBJID"],
            {
                "start": day(row["RANDDT"]),
                "visits": [],
                "died": day(row["DTHDT"]),
                "alive": day(row["LSTALVDT"]),
            },
        )
        if row["PARAMCD"] == "OVR" and row["ANL01FL"] == "Y":
            one["visits"].append(Assessed(day(row["ADT"]), row["AVALC"]))
    return people


def answers(parameter):
    found = {}
    for name, one in subjects().items():
        start, visits = one["start"], one["visits"]
        until = first_progression(visits)
        rule = BestResponseRule(confirm=parameter == "CBOR", sd_minimum_days=42)
        if parameter in ("BOR", "CBOR"):
            best = best_overall_response(visits, rule, start).value
            found[name] = best.response, best.day
            continue
        responses = {"RSP": first_response(visits, until), "CRSP": confirmed_response(visits, rule, until)}
        on = responses.get(parameter)
        if parameter in ("CB", "CCB"):
            on = clinical_benefit(
                visits, BenefitRule(42), start, responses["RSP" if parameter == "CB" else "CRSP"], until
            )
        found[name] = ("Y", on) if on else ("N", None)
    return found


@pytest.mark.parametrize("parameter", ["BOR", "CBOR", "RSP", "CRSP", "CB", "CCB"])
def test_every_response(parameter):
    wanted = {
        row["USUBJID"]: (row["AVALC"], day(row["ADT"]))
        for row in table("adrs")
        if row["PARAMCD"] == parameter
    }
    assert len(wanted) == 306
    assert answers(parameter) == wanted


ENDPOINTS = {
    "OS": USUAL_ENDPOINTS["OS"],
    "PFS": replace(
        USUAL_ENDPOINTS["rPFS"], events=("progression", "death"), followed_by=("response assessment",)
    ),
    "RSD": USUAL_ENDPOINTS["DoR"],
}


def timeline(one):
    progressed = first_progression(one["visits"])
    response = first_response(one["visits"], progressed)

    def dated(when):
        return [Dated(when)] if when else []

    return {
        "first dose": dated(one["start"]),
        "death": dated(one["died"]),
        "progression": dated(progressed),
        "response": dated(response),
        "known alive": dated(one["alive"]),
        "response assessment": [Dated(visit.day) for visit in one["visits"]],
    }


@pytest.mark.parametrize(("parameter", "rows"), [("OS", 254), ("PFS", 254), ("RSD", 4)])
def test_every_time_to_event(parameter, rows):
    wanted = [row for row in table("adtte") if row["PARAMCD"] == parameter]
    assert len(wanted) == rows
    for row in wanted:
        time = derive_time_to_event(ENDPOINTS[parameter], timeline(subjects()[row["USUBJID"]]))
        assert (time.days, not time.event, time.on) == (
            int(row["AVAL"]),
            row["CNSR"] == "1",
            day(row["ADT"]),
        ), row


def test_sums_and_nadirs_of_the_public_tumour_results():
    """ADTR leaves a sum that lacks a lesion out of the nadir, as we do (01-701-1118, week 9)."""
    measured, sums = {}, {}
    for row in table("adtr"):
        key = row["USUBJID"]
        if row["PARAMCD"] == "SDIAM":
            sums.setdefault(key, []).append(row)
        elif row["PARAMCD"].startswith("NLDIAM" if row["TULOCGR1"] == "NODAL" else "LDIAM"):
            measured.setdefault(key, []).append(
                Measurement(row["TRLNKID"], day(row["ADT"]), row["AVISIT"], number(row["AVAL"]),
                            nodal=row["TULOCGR1"] == "NODAL")
            )  # fmt: skip
    compared = 0
    for subject, visits in sums.items():
        ours = {visit.visit: visit for visit in visit_responses(measured[subject])}
        for row in visits:
            if row["AVISIT"] == "BASELINE":
                continue
            visit = ours[row["AVISIT"]]
            complete = row["LSEXP"] == row["LSASS"]
            assert visit.sum_mm == (number(row["AVAL"]) if complete else None), row
            assert (visit.baseline_mm, visit.nadir_mm) == (number(row["BASE"]), number(row["NADIR"])), row
            compared += 1
    assert compared == 19
