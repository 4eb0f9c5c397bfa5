"""Efficacy from facts: what each result rests on, its sensitivity variants, and what never changes it."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galu.efficacy.plan import TwoStagePlan
from galu.efficacy.recist import VisitResponse
from galu.protocol import load_study
from galu.record import Entry, Fact, record_of
from galu.record.disease import BoneScan, CollectedResponse, Lesion, Measurement
from galu.record.people import Contact, Death, Ecog, Lab, Therapy, Vital
from galu.record.treatment import Administration, Enrolment
from galu.statement import Stated
from galu.trial.efficacy import EfficacyResults, SubjectEfficacy, derive_efficacy
from galu.trial.lesions import ReaderResponses, reader_agreement
from galu.trial.state import derive_state
from galu.trial.subjects import derive_subjects
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
FIRST = date(2026, 2, 2)


def day(offset: int) -> str:
    return (FIRST + timedelta(days=offset)).isoformat()


def dose(subject: str = "P", phase: str = "escalation") -> list[Fact]:
    return [
        Enrolment(id=f"e{subject}", subject=subject, on=day(-1), phase=phase, level=1),
        Administration(id=f"dose{subject}", subject=subject, on=day(0) + "T10:00", agent="177Lu-PSMA-0057",
                       cycle=1, planned_activity_mbq=3700, activity_mbq=3700),
    ]  # fmt: skip


def psa(number: int, offset: int, value: float, unit: str = "ng/mL") -> Lab:
    return Lab(id=f"psa{number}", subject="P", on=day(offset), test="PSA", value=value, unit=unit)


def target(number: int, offset: int, size: float, unit: str = "mm", subject: str = "P") -> Measurement:
    return Measurement(id=f"m{number}{subject}", subject=subject, on=day(offset), lesion="T1", value=size,
                       unit=unit, visit=f"d{offset}")  # fmt: skip


def lesion(subject: str = "P") -> Lesion:
    return Lesion(id=f"l{subject}", subject=subject, on=day(-7), lesion="T1", role="target", site="LIVER")


def entries(facts: list[Fact]) -> list[Entry]:
    return [Entry(i + 1, datetime(2026, 1, 1, tzinfo=UTC), fact) for i, fact in enumerate(facts)]


def results(facts: list[Fact]) -> EfficacyResults:
    record = record_of(entries(facts), "Asia/Shanghai")
    return derive_efficacy(STUDY, record, derive_subjects(STUDY, record))


def only(facts: list[Fact]) -> SubjectEfficacy:
    (one,) = results([*dose(), *facts]).subjects
    return one


COURSE: list[Fact] = [
    lesion(),
    target(0, -7, 40), target(1, 56, 20), target(2, 112, 22), target(3, 168, 30), target(4, 252, 31),
    psa(0, -3, 100), psa(1, 42, 40), psa(2, 84, 38), psa(3, 126, 60), psa(4, 150, 70),
    BoneScan(id="b1", subject="P", on=day(56), new_lesions=0),
    BoneScan(id="b2", subject="P", on=day(112), new_lesions=0, new_since_reference=0),
    Therapy(id="old", subject="P", on=day(-300), agent="leuprolide", anticancer=True),
    Therapy(id="new", subject="P", on=day(140), agent="docetaxel", anticancer=True),
    Death(id="dead", subject="P", on=day(300)),
]  # fmt: skip


def test_each_result_rests_on_its_facts():
    one = only(COURSE)
    assert (one.times["rPFS"].days, one.times["rPFS"].event, one.times["rPFS"].reason) == (
        169,
        True,
        "soft-tissue PD",
    )
    assert one.times["rPFS"].facts == ("doseP", "m0P", "m1P", "m3P")
    assert (one.times["OS"].days, one.times["OS"].facts) == (301, ("doseP", "dead"))
    assert one.times["TTPP"].reason == "PSA progression" and "psa3" in one.times["TTPP"].facts
    assert "DoR" in one.times
    assert one.times["DoR"].facts == ("m0P", "m1P", "b1", "m3P")
    assert (one.times["TTR"].days, one.times["TTR"].event) == (57, True)
    assert one.best.response == "PR" and {"m1P", "b1"} <= set(one.best_facts)
    assert one.benefit_on == FIRST + timedelta(days=56)


def test_sensitivity_variants_stand_beside_the_primary_analysis():
    found = results([*dose(), *COURSE])
    (one,) = found.subjects
    variants = {name: time for (_, name), time in one.variants.items()}
    new = variants["censored at new therapy"]
    assert (new.days, new.event, new.reason) == (113, False, "new therapy")
    assert new.facts == ("doseP", "m0P", "m1P", "m2P", "new")
    assert variants["censored before two missed scans"] == one.times["rPFS"]
    assert {curve.endpoint for curve in found.variants} == {f"rPFS, {name}" for name in variants}


def test_a_gap_of_two_scans_censors_in_its_variant():
    gap = [fact for fact in COURSE if fact.id not in ("m2P", "b2", "m3P")]
    one = only(gap)
    assert one.times["rPFS"].event and one.times["rPFS"].days == 253
    missed = one.variants["rPFS", "censored before two missed scans"]
    assert (missed.days, missed.event) == (57, False)


def test_a_bone_progression_is_dated_at_its_first_scan_and_seen_in_the_combined_response():
    scans = [
        BoneScan(id=f"b{n}", subject="P", on=day(offset), new_lesions=new, persisting=still)
        for n, offset, new, still in ((1, 56, 0, None), (2, 112, 2, None), (3, 160, 2, True))
    ]
    one = only([lesion(), target(0, -7, 40), target(1, 56, 40), target(2, 200, 40), *scans])
    assert (one.times["rPFS"].days, one.times["rPFS"].reason) == (113, "bone PD")
    assert [answer.overall for answer in one.combined] == ["SD", "PD", "PD", "PD"]
    waiting = only([lesion(), target(0, -7, 40), target(1, 56, 40), *scans[:2]])
    assert not waiting.times["rPFS"].event
    assert waiting.variants["rPFS", "unresolved bone PD counts"].days == 113


def test_a_bone_scan_of_long_ago_says_nothing_about_a_later_visit():
    scan = BoneScan(id="b1", subject="P", on=day(56), new_lesions=0)
    one = only([lesion(), target(0, -7, 40), target(1, 56, 20), target(2, 168, 0), scan])
    assert [answer.facts for answer in one.combined] == [("m0P", "m1P", "b1"), ("m0P", "m1P", "m2P")]


def test_last_known_alive_is_the_newest_fact_of_a_living_person():
    one = only([Contact(id="c", subject="P", on=day(100)), psa(9, 130, 5.0)])
    assert (one.times["OS"].days, one.times["OS"].event, one.times["OS"].facts) == (
        131,
        False,
        ("doseP", "psa9"),
    )


def test_a_death_on_a_day_not_known_is_told():
    one = only([Contact(id="c", subject="P", on=day(100)), Death(id="x", subject="P", on="2026")])
    assert (one.times["OS"].event, one.times["OS"].reason) == (
        False,
        "died on a day not known; last known alive",
    )


def test_a_psa_below_the_limit_of_quantification_counts_as_the_limit():
    low = Lab(id="low", subject="P", on=day(42), test="PSA", text="< 0.5", unit="ng/mL")
    one = only([psa(0, -3, 100), low])
    assert one.psa.best_change_percent == -99.5


def test_a_size_in_another_unit_than_a_length_is_a_reason_and_no_number():
    one = only([lesion(), target(0, -7, 40), target(1, 56, 2, unit="inch")])
    assert one.soft_tissue is not None and "inch" in one.soft_tissue.reason
    assert one.best.response == "MISSING"


def test_readers_are_kept_apart_and_compared():
    facts: list[Fact] = []
    for n, sizes in enumerate(((40, 20, 40), (40, 22, 21))):
        reader = {"evaluator": "INDEPENDENT ASSESSOR", "reader": f"R{n + 1}"}
        facts.append(lesion().model_copy(update={"id": f"l{n}", **reader}))
        facts += [
            target(10 * n + i, offset, size).model_copy(update=reader)
            for i, (offset, size) in enumerate(zip((-7, 56, 112), sizes, strict=True))
        ]
    (pair,) = results([*dose(), *facts]).agreement
    assert pair.readers == ("INDEPENDENT ASSESSOR R1", "INDEPENDENT ASSESSOR R2")
    assert pair.visits == (("PD", "PR", 1), ("PR", "PR", 1))
    assert (pair.n, pair.agreement, pair.kappa) == (2, 0.5, 0.0)


def test_agreement_beyond_chance_is_cohen_s_kappa():
    """The worked example of most textbooks: 20 + 15 of 50 agree, kappa 0.4."""
    table = {("CR", "CR"): 20, ("CR", "PD"): 5, ("PD", "CR"): 10, ("PD", "PD"): 15}
    pairs = [pair for pair, count in table.items() for _ in range(count)]
    readers = [
        ReaderResponses("P", f"R{side}", True, tuple(
            VisitResponse(FIRST, f"V{n}", None, None, None, None, None, False, pair[side])
            for n, pair in enumerate(pairs)))
        for side in (0, 1)
    ]  # fmt: skip
    (found,) = reader_agreement(readers)
    assert (found.n, found.agreement, found.kappa) == (50, 0.7, pytest.approx(0.4))


def test_a_name_that_serves_two_visits_is_two_visits():
    again = [target(n, offset, size).model_copy(update={"visit": "UNSCHEDULED"})
             for n, offset, size in ((1, 30, 20), (2, 90, 40))]  # fmt: skip
    said = [
        CollectedResponse(id=f"r{n}", subject="P", on=day(offset), test="TRGRESP", value="PR",
                          visit="UNSCHEDULED")
        for n, offset in ((1, 30), (2, 91))
    ]  # fmt: skip
    found = results([*dose(), lesion(), target(0, -7, 40), *again, *said])
    assert found.subjects[0].soft_tissue is not None
    answers = [(visit.day, visit.target) for visit in found.subjects[0].soft_tissue.visits]
    assert answers == [(FIRST + timedelta(days=30), "PR"), (FIRST + timedelta(days=90), "PD")]
    assert [(one.fact, one.derived) for one in found.differences] == [("r2", "PD")]


def test_bone_scans_alone_after_a_lesion_baseline_are_visits():
    one = only([lesion(), target(0, -7, 40), BoneScan(id="b", subject="P", on=day(56), new_lesions=0)])
    assert (one.best.response, [answer.overall for answer in one.combined]) == ("NE", ["NE"])


def test_without_a_baseline_image_the_reason_is_told():
    one = only([lesion(), target(1, 56, 40)])
    assert one.best.response == "MISSING" and "baseline visit" in one.best_reason


def test_a_two_stage_design_gives_the_unbiased_rate():
    subjects = [f"S{n}" for n in range(3)]
    facts: list[Fact] = []
    for n, name in enumerate(subjects):
        facts += [*dose(name, "expansion"), lesion(name), target(0, -7, 40, subject=name)]
        facts += [target(i, 56 * i, 20 if n else 40, subject=name) for i in (1, 2)]
    record = record_of(entries(facts), "Asia/Shanghai")
    people = derive_subjects(STUDY, record)
    design = TwoStagePlan(r1=0, n1=2, n=3, p0=0.2)
    assert STUDY.efficacy is not None
    plan = STUDY.efficacy.model_copy(
        update={"two_stage": Stated[TwoStagePlan](value=design, source="protocol")}
    )
    found = derive_efficacy(STUDY.model_copy(update={"efficacy": plan}), record, people).two_stage
    assert found is not None and found.inference is not None
    assert (found.responses, found.patients, found.inference.stage) == (2, 3, 2)
    # Of two responses the first stage had one (2 ways of 3 with its one of two) or both.
    assert found.inference.umvue == pytest.approx((1 * 1 + 1 * 1) / (2 * 1 + 1 * 1))
    half = derive_efficacy(STUDY.model_copy(update={"efficacy": plan}), record, people[:1]).two_stage
    assert half is not None and half.inference is None and half.reason


@pytest.mark.parametrize(("pooled", "patients"), [(True, 3), (False, 2)])
def test_the_escalation_counts_for_the_expansion_where_the_study_says_so(pooled, patients):
    facts: list[Fact] = []
    for name, phase in (("S0", "escalation"), ("S1", "expansion"), ("S2", "expansion")):
        facts += [*dose(name, phase), lesion(name), target(0, -7, 40, subject=name)]
    record = record_of(entries(facts), "Asia/Shanghai")
    assert STUDY.efficacy is not None and STUDY.enrolment is not None
    design = Stated[TwoStagePlan](value=TwoStagePlan(r1=0, n1=4, n=5, p0=0.2), source="protocol")
    says = STUDY.enrolment.pool_escalation_at_rp2d.model_copy(update={"value": pooled})
    study = STUDY.model_copy(
        update={
            "efficacy": STUDY.efficacy.model_copy(update={"two_stage": design}),
            "enrolment": STUDY.enrolment.model_copy(update={"pool_escalation_at_rp2d": says}),
        }
    )
    found = derive_efficacy(study, record, derive_subjects(study, record)).two_stage
    assert found is not None and found.patients == patients


MARKS = ("ng/mL", 1.0), ("ug/L", 1.0), ("µg/L", 1.0), ("ng/L", 1000.0), ("pg/mL", 1000.0)


def judged(facts: list[Fact]) -> tuple[object, ...]:
    one = only(facts)
    soft = () if one.soft_tissue is None else one.soft_tissue.visits
    return (one.psa.psa50, one.psa.psa90, one.psa.progression_on, one.best, one.times,
            one.variants, tuple(visit.overall for visit in soft))  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_facts_never_matters(shuffler: random.Random):
    mixed = COURSE[:]
    shuffler.shuffle(mixed)
    assert judged(mixed) == judged(COURSE)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sampled_from(MARKS), min_size=5, max_size=5), st.lists(st.booleans(), min_size=5, max_size=5)
)
def test_unit_and_value_changed_together_change_nothing(marks, centimetres):
    changed: list[Fact] = []
    units, lengths = iter(marks), iter(centimetres)
    for fact in COURSE:
        if isinstance(fact, Lab) and fact.value is not None:
            unit, factor = next(units)
            changed.append(fact.model_copy(update={"value": fact.value * factor, "unit": unit}))
        elif isinstance(fact, Measurement) and fact.value is not None and next(lengths):
            changed.append(fact.model_copy(update={"value": fact.value / 10, "unit": "cm"}))
        else:
            changed.append(fact)
    assert judged(changed) == judged(COURSE)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(-20, 290), st.floats(0.1, 900.0)), max_size=5))
def test_irrelevant_facts_change_nothing(points):
    noise: list[Fact] = []
    for n, (offset, value) in enumerate(points):
        noise += [
            Lab(id=f"n{n}", subject="P", on=day(offset), test="PLAT", value=value, unit="10^9/L"),
            Vital(id=f"v{n}", subject="P", on=day(offset), test="WEIGHT", value=value, unit="kg"),
            Ecog(id=f"g{n}", subject="P", on=day(offset), score=1),
            Therapy(id=f"t{n}", subject="P", on=day(offset), agent="paracetamol", anticancer=False),
        ]
    assert judged([*COURSE, *noise]) == judged(COURSE)


def test_a_later_correction_changes_only_what_was_known_after_it():
    facts = [*dose(), *COURSE]
    stamped = [
        Entry(i + 1, datetime.fromisoformat(f"{fact.on[:10]}T20:00:00").replace(tzinfo=UTC), fact)
        for i, fact in enumerate(sorted(facts, key=lambda fact: fact.on[:10]))
    ]
    wrong = target(1, 56, 39).model_copy(update={"id": "m1b", "supersedes": "m1P", "reason": "misread"})
    late = datetime.combine(FIRST + timedelta(days=200), datetime.min.time(), UTC)
    corrected = sorted([*stamped, Entry(0, late, wrong)], key=lambda entry: entry.recorded)
    corrected = [Entry(i + 1, entry.recorded, entry.fact) for i, entry in enumerate(corrected)]
    before, after = record_of(stamped, "Asia/Shanghai"), record_of(corrected, "Asia/Shanghai")

    def seen(record, offset: int) -> EfficacyResults:
        return derive_state(STUDY, record, FIRST + timedelta(days=offset)).efficacy

    for offset in (60, 120, 190):
        assert seen(before, offset).subjects[0].best == seen(after, offset).subjects[0].best
        assert seen(before, offset).subjects[0].times["rPFS"] == seen(after, offset).subjects[0].times["rPFS"]
    assert seen(before, 260).subjects[0].best.response == "PR"
    assert seen(after, 260).subjects[0].best.response == "SD"


def test_a_subject_without_response_data_is_missing_and_stays_in_the_denominator():
    facts = [*dose("Q"), *dose(), *COURSE]
    found = results(facts)
    assert {row.subject: row.best.response for row in found.subjects} == {"P": "PR", "Q": "MISSING"}
    rates = {(rate.endpoint, rate.population): rate.proportion for rate in found.rates}
    for endpoint in ("ORR", "DCR", "PSA50 confirmed", "Clinical benefit at 24 weeks"):
        assert (rates[endpoint, "all"].x, rates[endpoint, "all"].n) == (1, 2)
    assert rates["PSA90 unconfirmed", "all"].x == 0


def test_only_declared_endpoints_are_shown():
    assert STUDY.efficacy is not None
    few = STUDY.efficacy.endpoints.model_copy(update={"value": ("ORR", "OS")})
    study = STUDY.model_copy(update={"efficacy": STUDY.efficacy.model_copy(update={"endpoints": few})})
    record = record_of(entries([*dose(), *COURSE]), "Asia/Shanghai")
    found = derive_efficacy(study, record, derive_subjects(study, record))
    assert {rate.endpoint for rate in found.rates} == {"ORR"}
    assert {curve.endpoint for curve in found.survival} == {"OS"} and found.variants == ()


def test_an_unconfirmed_response_counts_only_where_no_confirmation_is_asked_for():
    facts = [*dose(), lesion(), target(0, -7, 40), target(1, 56, 20)]
    record = record_of(entries(facts), "Asia/Shanghai")
    people = derive_subjects(STUDY, record)
    assert STUDY.efficacy is not None
    ask = STUDY.efficacy.recist
    lenient = ask.model_copy(update={"confirm": ask.confirm.model_copy(update={"value": False})})
    study = STUDY.model_copy(update={"efficacy": STUDY.efficacy.model_copy(update={"recist": lenient})})
    (strict,), (free,) = (derive_efficacy(one, record, people).subjects for one in (STUDY, study))
    assert (strict.best.response, strict.times.get("DoR")) == ("SD", None)
    assert free.best.response == "PR" and "DoR" in free.times


def test_a_new_lesion_counts_from_its_own_fact():
    new = Lesion(id="n", subject="P", on=day(56), lesion="N1", role="new", site="LUNG")
    base = [lesion(), target(0, -7, 40)]
    with_visit = only([*base, target(1, 56, 38), new])
    (visit,) = with_visit.soft_tissue.visits
    assert (visit.overall, visit.target, "n" in visit.facts) == ("PD", "SD", True)
    assert (with_visit.times["rPFS"].event, with_visit.times["rPFS"].on) == (True, FIRST + timedelta(days=56))
    alone = only([*base, target(1, 56, 38), new.model_copy(update={"on": day(70)})])
    assert [visit.overall for visit in alone.soft_tissue.visits] == ["SD", "PD"]
    early = only([*base, target(1, 56, 38), new.model_copy(update={"on": day(-7)})])
    assert [visit.overall for visit in early.soft_tissue.visits] == ["SD"]
    assert "new lesion N1" in early.best_reason


def test_what_the_response_leaves_out_is_named():
    unlisted = target(5, 56, 20).model_copy(update={"lesion": "X9"})
    undated = target(6, 56, 80).model_copy(update={"on": "2026-05", "visit": "W12"})
    one = only([lesion(), target(0, -7, 40), target(1, 56, 38), unlisted, undated])
    assert "X9 is measured but no lesion" in one.best_reason
    assert "visit W12: its day is known only as 2026-05" in one.best_reason
