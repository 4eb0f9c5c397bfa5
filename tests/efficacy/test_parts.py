"""Lesions that split, grow together, or are seen equivocally first (RECIST 1.1, 4.3.2 and 4.3.5)."""

from __future__ import annotations

from datetime import date

import pytest

from galu.efficacy.best import Assessed, BestResponseRule, best_overall_response, first_progression
from galu.efficacy.parts import parents_of
from galu.efficacy.pcwg3 import BoneScan, assess_bone, resolved
from galu.efficacy.psa import PsaValue, assess_psa
from galu.efficacy.recist import Measurement, visit_responses

DAYS = {"BL": date(2026, 1, 5), "W8": date(2026, 3, 2), "W16": date(2026, 4, 27), "W24": date(2026, 6, 22)}


def size(lesion: str, visit: str, value: float | None, **more: object) -> Measurement:
    return Measurement(lesion, DAYS[visit], visit, value, **more)  # type: ignore[arg-type]


BASE = (size("T01", "BL", 40.0), size("T02", "BL", 30.0))


@pytest.mark.parametrize(
    ("name", "parents"),
    [
        ("T02.1", ("T02",)),
        ("T02-a", ("T02",)),
        ("T02b", ("T02",)),
        ("T01/T02", ("T01", "T02")),
        ("T01 + T02", ("T01", "T02")),
        ("T01-T02", ("T01", "T02")),
        ("T021", ()),
        ("T03", ()),
        ("T01", ()),
        ("T01/T09", ()),
    ],
)
def test_names_say_what_a_lesion_comes_from(name, parents):
    assert parents_of(name, ("T01", "T02")) == parents


def test_parts_of_a_lesion_are_added():
    parts = (size("T01", "W8", 38.0), size("T02.1", "W8", 14.0), size("T02.2", "W8", 12.0))
    (seen,) = visit_responses((*BASE, *parts))
    assert (seen.sum_mm, seen.target, seen.overall) == (64.0, "SD", "SD")
    assert "T02 is the sum of T02.1, T02.2" in seen.reason


def test_parts_that_grow_are_progression():
    parts = (size("T01", "W8", 40.0), size("T02.1", "W8", 24.0), size("T02.2", "W8", 22.0))
    assert visit_responses((*BASE, *parts))[0].overall == "PD"


def test_a_part_not_evaluable_leaves_its_lesion_so():
    parts = (size("T01", "W8", 30.0), size("T02.1", "W8", 14.0))
    lost = size("T02.2", "W8", None, state="not-evaluable")
    assert visit_responses((*BASE, *parts, lost))[0].target == "NE"


def test_lesions_that_grew_together_are_one_diameter():
    (seen,) = visit_responses((*BASE, size("T01/T02", "W8", 45.0)))
    assert (seen.sum_mm, seen.target) == (45.0, "PR")
    assert "T01/T02 stands for T01 and T02" in seen.reason


def test_a_target_that_nobody_knows_leaves_the_visit_open():
    (seen,) = visit_responses((*BASE, size("T01", "W8", 10.0), size("X9", "W8", 10.0)))
    assert seen.target == "NE" and "X9 is no target lesion of the baseline" in seen.reason


@pytest.mark.parametrize(
    ("states", "overall"),
    [
        (("equivocal", "present"), ("PD", "PD")),
        (("equivocal", "absent"), ("SD", "SD")),
        (("equivocal", "equivocal"), ("SD", "SD")),
        (("equivocal", "not-evaluable", "present"), ("PD", "PD", "PD")),
        (("absent", "equivocal", "present"), ("SD", "PD", "PD")),
        (("equivocal", "absent", "present"), ("SD", "SD", "PD")),
    ],
)
def test_a_new_lesion_counts_from_its_first_sight_once_confirmed(states, overall):
    items = list(BASE)
    for visit, state in zip(("W8", "W16", "W24"), states, strict=False):
        items += [size("T01", visit, 40.0), size("T02", visit, 30.0)]
        items.append(size("N1", visit, None, role="new", state=state))
    assert tuple(one.overall for one in visit_responses(items)) == overall


def test_an_equivocal_non_target_is_progression_from_the_first_look_once_confirmed():
    items = [*BASE, size("NT1", "BL", None, role="non-target", state="present")]
    for visit, state in (("W8", "equivocal"), ("W16", "progressed")):
        items += [size("T01", visit, 40.0), size("T02", visit, 30.0)]
        items.append(size("NT1", visit, None, role="non-target", state=state))
    first = visit_responses(items)[0]
    assert first.overall == "PD" and "confirmed at W16" in first.reason


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (("PDu", "PD"), ("PD", "PD")),
        (("PDu", "NE", "PD"), ("PD", "NE", "PD")),
        (("PDu", "PDu", "PD"), ("PD", "PD", "PD")),
        (("PDu", "NON-PD", "PD"), ("PDu", "NON-PD", "PD")),
        (("PDu",), ("PDu",)),
    ],
)
def test_an_unconfirmed_bone_progression_that_pd_follows_is_pd(given, found):
    assert resolved(given) == found


def test_best_response_counts_pdu_then_pd_as_pd():
    visits = [Assessed(DAYS["W8"], "PDu"), Assessed(DAYS["W16"], "PD")]
    best = best_overall_response(visits, BestResponseRule(), DAYS["BL"]).value
    assert (best.response, best.day) == ("PD", DAYS["W8"])
    assert first_progression(visits) == DAYS["W8"]
    alone = best_overall_response(visits[:1], BestResponseRule(), DAYS["BL"]).value
    assert alone.response == "SD"


def test_persistence_that_nobody_stated_is_asked_for():
    scans = [BoneScan(date(2026, 2, 20), 0, ref="b1"), BoneScan(date(2026, 5, 20), 2, ref="b2")]
    waits = assess_bone(scans, DAYS["BL"])
    assert waits.progression_on is None and "wait for a scan 42 days later" in waits.reason
    later = BoneScan(date(2026, 7, 20), 2, persistent=None, ref="b3")
    asked = assess_bone([*scans, later], DAYS["BL"])
    assert (asked.responses[-1], asked.progression_on) == ("PDu", None)
    assert "does not say whether they persist" in asked.reason
    told = assess_bone([*scans, BoneScan(later.day, 2, persistent=True)], DAYS["BL"])
    assert told.progression_on == date(2026, 5, 20) and told.reason == ""


def test_a_rise_and_a_fall_that_wait_say_so():
    values = [PsaValue(DAYS["BL"], 40.0), PsaValue(date(2026, 2, 2), 10.0), PsaValue(date(2026, 4, 2), 20.0)]
    found = assess_psa(values, DAYS["BL"])
    assert found.progression_on is None and "rise since 2026-04-02 is not confirmed" in found.pending
    fell = assess_psa(values[:2], DAYS["BL"])
    assert fell.pending == "" and "fall since 2026-02-02" in fell.psa50.pending
    settled = assess_psa([*values, PsaValue(date(2026, 5, 2), 22.0)], DAYS["BL"])
    assert settled.pending == "" and settled.progression_on == date(2026, 4, 2)
