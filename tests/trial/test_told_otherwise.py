"""Toxicity told in other ways than by an event with its grade: by values that contradict each other, by what
was done for the patient, by other words, by a death. Each is asked for; a named judgement settles it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from galu.record import Fact, record_of
from galu.record.conduct import Retraction, Visit
from galu.record.disease import AdverseEventCourse
from galu.record.people import Contact, Death, Disposition, Ecog, History, Therapy, Withdrawal
from galu.record.treatment import Enrolment, Transfusion
from galu.trial.admission import check_admission
from one_patient import STUDY, entries, event, given, judged, lab, on, patient, slot, state, vital, well


def therapy(agent: str, number: int = 20, **more: object) -> Therapy:
    row = {"id": "t", "subject": "A", "on": on(number), "agent": agent}
    return Therapy.model_validate({**row, **more})


def transfused(product: str, number: int = 20) -> Transfusion:
    row = {"id": "t", "subject": "A", "on": on(number), "product": product}
    return Transfusion.model_validate(row)


def blood(test: str, value: float, number: int, name: str = "x") -> Fact:
    found = lab(test, value, "10^9/L", number, lower_limit=2.0)
    return found.model_copy(update={"id": f"{test}{number}{name}"})


def ecog(score: int, number: int = 30) -> Ecog:
    return Ecog(id=f"ecog{number}", subject="A", on=on(number), score=score)


#: Treatments that stop a bleeding, or replace what was bled.
STOPPING = ("TXA", "FFP", "Octaplex", "vitamin K i.v.", "Nasentamponade", "clipping", "血制品", "TKs")
ANTIBIOTICS = ("Rocephin", "Meronem", "Pip/Taz", "AB i.v.", "amoxiclav", "antibiotics", "抗生素")


def _low(*days: int) -> list[Fact]:
    return [blood("NEUT", 0.3, day) for day in days]


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (_low(15, 22), "P"),  # the weekly counts of the same days say 4.0
        ([*_low(15, 18, 22, 24)], "P"),  # a day without a contrary value is no run of more than a week
        (_low(16, 17, 18, 19, 20, 21), "N"),  # normal on days 15 and 22: six days at most
        (_low(9, 10, 15, 16, 17, 18, 19, 20, 21, 23), "P"),
        ([blood("PLAT", 15.0, 22)], "T"),  # a fall that counts at once
        ([blood("WBC", 0.4, 22)], "P"),  # more neutrophils than leukocytes
        ([blood("WBC", 0.4, 18)], "N"),  # between two normal counts: six days at most
        ([blood("WBC", 0.4, 43)], "P"),
        ([blood("WBC", 0.4, 46)], "N"),  # after a normal count of the window's end
        ([blood("WBC", 2.4, 18)], "N"),
        ([event(term="Leukopenia", grade=4)], "P"),
        ([event(term="Leukopenia", grade=3)], "N"),
    ],
)
def test_contrary_counts_are_no_recovery(facts: list[Fact], outcome: str) -> None:
    found = slot(patient(*facts))
    assert found.outcome == outcome, found.reason
    if outcome == "P":
        assert slot(patient(*facts, judged("no", "j", number=59))).outcome == "N"


TREATMENTS = (
    therapy("Haemodialysis"), therapy("CRRT"), therapy("血液透析"),
    therapy("invasive mechanical ventilation"), therapy("Norepinephrine 0.1 ug/kg/min"),
    therapy("piperacillin/tazobactam", indication="Febrile neutropenia"),
    therapy("furosemide", indication="hepatic failure"), therapy("eltrombopag 50 mg"),
    therapy("Romiplostim"), therapy("特比澳"), therapy("Nplate"), therapy("rhIL-11"),
    therapy("津优力", indication="IV度中性粒细胞减少"),
    therapy("Platelet transfusion"), therapy("PRBC, 2 units"),
    transfused("platelets"), transfused("red-cells"), therapy("transfer to ICU"),
    ecog(4), ecog(3), ecog(5), vital("SYSBP", 55, "mmHg"), vital("Pulse", 170, "/min"),
    vital("HR", 30, "/min"),
    lab("Urine protein", None, None, text="4+"), lab("PROT", None, None, text="++++", specimen="URINE"),
    lab("Protein", 5.2, "g/24h", specimen="urine"), lab("PROTUR", 5200, "mg/24 h"),
)  # fmt: skip


@pytest.mark.parametrize("fact", TREATMENTS, ids=lambda one: " ".join(map(str, list(one)[4:9])))
def test_what_was_done_or_seen_is_asked_for(fact: Fact) -> None:
    found = slot(patient(fact))
    assert found.outcome == "P" and found.suspect and fact.id in found.decided_by
    assert slot(patient(fact, judged("no", "j", number=59))).outcome == "N"


@pytest.mark.parametrize(
    "fact",
    [
        therapy("aspirin"), therapy("haemodialysis", -30, ended=on(-10)), therapy("amlodipine"),
        therapy("meropenem"), therapy("paracetamol", indication="fever"), transfused("plasma"), ecog(1),
        ecog(2), vital("SYSBP", 105, "mmHg"), lab("PROTUR", None, None, text="1+"),
        lab("PROTUR", None, None, text="negative"), lab("PROTUR", 0.3, "g/24h"), lab("PROT", 71, "g/L"),
    ],
    ids=lambda one: " ".join(map(str, list(one)[4:9])),
)  # fmt: skip
def test_what_is_usual_asks_nobody(fact: Fact) -> None:
    found = slot(patient(fact))
    assert (found.outcome, found.suspect) == ("N", False), found.reason


def test_an_event_that_tells_of_it_answers() -> None:
    told = event(term="Acute kidney injury", grade=3, attribution="unrelated", ended=on(30))
    assert slot(patient(therapy("haemodialysis", 21), told)).outcome == "N"
    was_so = [ecog(3, -3), ecog(4)]
    assert slot(patient(*was_so)).outcome == "N", "no worse than before treatment"


def test_neutropenia_under_treated_infection_may_have_been_febrile() -> None:
    low = blood("NEUT", 0.8, 19)
    assert slot(patient(low)).outcome == "N"
    assert slot(patient(low, therapy("meropenem"))).outcome == "P"


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"grade": 2, "severity": "SEVERE"}, "P"), ({"grade": 2, "severity": "Grade 4"}, "P"),
        ({"grade": 1, "severity": "危及生命"}, "P"), ({"grade": 2, "life_threatening": True}, "P"),
        ({"grade": 2, "term": "Rash", "severity": "MODERATE"}, "N"),
        ({"grade": 2, "term": "Rash", "severity": "not severe"}, "N"),
        ({"grade": 2, "severity": "SEVERE", "attribution": "unrelated"}, "N"),
        ({"grade": 2, "severity": "fatal"}, "T"),
        ({"grade": 2, "serious": True}, "P"), ({"grade": 2, "term": "Rash, grade III"}, "P"),
        ({"grade": 2, "term": "Severe rash"}, "P"), ({"grade": 2, "term": "Thrombopenie Grad 4"}, "P"),
        ({"grade": 2, "term": "Febrile neutropenia"}, "P"), ({"grade": 2, "term": "Sepsis"}, "P"),
        ({"grade": 2, "term": "Hospitalization for febrile neutropenia"}, "P"),
        ({"grade": 1, "term": "Ⅳ度血小板减少"}, "P"), ({"grade": 2, "term": "CD4 decreased"}, "N"),
        ({"term": "Thrombocytopenia", "grade": 4, "attribution": "unrelated"}, "P"),
        ({"term": "Febrile neutropenia", "grade": 3, "attribution": "unrelated"}, "P"),
        ({"term": "Some unheard-of word", "grade": 4, "attribution": "unrelated"}, "P"),
        ({"term": "Fracture", "grade": 4, "attribution": "unrelated"}, "N"),
    ],
)  # fmt: skip
def test_the_worse_of_two_words_is_asked_for(more: dict[str, object], outcome: str) -> None:
    found = slot(patient(event(**more)))
    assert found.outcome == outcome, found.reason
    if outcome == "P":
        assert slot(patient(event(**more), judged("no", "j", number=59))).outcome == "N"


@pytest.mark.parametrize(
    "how",
    [
        [event(term="Pneumonia", grade=5, attribution="unrelated")],
        [event(term="Pneumonia", grade=3, attribution="unrelated", outcome="FATAL", ended=on(25))],
        [
            event(term="Pneumonia", grade=3, attribution="unrelated"),
            AdverseEventCourse(id="k", subject="A", on=on(24), event="x", grade=5),
        ],
    ],
    ids=["grade 5", "outcome", "course"],
)
def test_a_fatal_event_is_a_death(how: list[Fact]) -> None:
    found = state(patient(*well(), *how), 60)
    assert found.board.slots[0].outcome == "X" and "Died" in found.board.slots[0].reason
    assert not found.board.due and found.subjects[0].dead
    assert found.flow.died == 1


def test_of_two_fatal_events_the_related_one_is_the_death() -> None:
    one = event(term="Pneumonia", grade=5, attribution="unrelated", ended=on(30))
    other = event(id="y", term="Hepatic failure", grade=5, ended=on(30))
    assert slot(patient(one, other)).outcome == slot(patient(other, one)).outcome == "T"


@pytest.mark.parametrize(("related", "outcome"), [(None, "P"), (True, "P"), (False, "N")])
def test_a_death_after_the_window_without_a_second_dose(related: bool | None, outcome: str) -> None:
    died = Death(id="x", subject="A", on=on(50), related=related)
    assert slot(patient(died)).outcome == outcome
    second = given(44, 2, "b")
    assert slot(patient(second, Death(id="x", subject="A", on=on(55), related=related))).outcome == "N"


@pytest.mark.parametrize(
    "facts",
    [
        patient(dose=given().model_copy(update={"route": "ORAL"})),
        patient(Visit(id="v", subject="A", on=on(1), visit="dose", status="partial")),
        patient(event(term="Infusion site extravasation", grade=2, on=on(1))),
    ],
    ids=["route", "partial", "beside the vein"],
)
def test_a_first_dose_that_was_perhaps_not_whole(facts: list[Fact]) -> None:
    assert slot(facts).outcome == "P"
    assert slot([*facts, judged("yes", "j", item="dlt-evaluable")]).outcome == "N"
    plain = patient(dose=given().model_copy(update={"route": "INTRAVENOUS DRIP"}))
    assert slot(plain).outcome == "N"


def test_a_severe_value_of_somebody_without_a_recorded_dose_is_suspect() -> None:
    waiting = [one for one in patient() if one.id != "a"]
    assert not slot(waiting).suspect
    assert slot([*waiting, blood("PLAT", 9.0, 20)]).suspect
    assert not slot([*waiting, blood("PLAT", 9.0, -10)]).suspect, "before the slot"


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ([event(term="Sepsis", grade=4, on=on(40), attribution="unrelated")], "Sepsis"),
        ([event(term="Spinal cord compression", grade=3, on=on(44), attribution="unrelated")], "Spinal"),
        ([event(term="Pneumonia", grade=None, on=on(44), attribution="unrelated")], "Pneumonia"),
        ([ecog(4, 44)], "ECOG"),
        ([ecog(1, 44), ecog(3, 45)], "ECOG"),
        ([transfused("platelets", 41)], "may carry"),
        ([transfused("growth-factor", 41)], "may carry"),
        ([therapy("filgrastim", 40)], "may carry"),
        ([therapy("darbepoetin", 10)], "may carry"),  # of no known end
        ([therapy("a drug", 40, anticancer=True)], "another treatment"),
        ([therapy("docetaxel", 40)], "another treatment"),
        ([therapy("多西他赛", 40, therapy_class="other")], "another treatment"),
        ([therapy("[177Lu]Lu-PSMA-617", 40)], "another treatment"),
        ([therapy("palliative radiotherapy", 40)], "another treatment"),
        ([blood("PLAT", 60.0, 43)], "Platelet count"),  # beside a normal one of that day
    ],
)
def test_what_speaks_against_the_next_dose(facts: list[Fact], word: str) -> None:
    (found,) = state(patient(*well(), *facts), 45).proposals
    assert found.action == "hold" and word in " ".join(found.reasons)


@pytest.mark.parametrize(
    "facts",
    [
        [],
        [event(term="Dry mouth", grade=2, on=on(40))],
        [event(term="Sepsis", grade=4, on=on(30), attribution="unrelated", ended=on(38))],
        [ecog(1, 44)],
        [therapy("goserelin", 40)],
        [therapy("paracetamol", 40)],
        [therapy("docetaxel", -300)],
        [therapy("filgrastim", 10, ended=on(14))],
    ],
)
def test_what_does_not(facts: list[Fact]) -> None:
    (found,) = state(patient(*well(), *facts), 45).proposals
    assert found.action == "give", found.reasons


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ([therapy("Apherese-TK 1 EH", 22)], "T"),
        ([therapy("TK", 22)], "P"),
        ([therapy("tranexamic acid", 22)], "P"),
        *(([therapy(name, 22)], "P") for name in STOPPING),
        ([therapy("ice", 22, indication="Epistaxis")], "P"),
        ([History(id="h", subject="A", on=on(30), term="Epistaxis", started=on(21))], "P"),
        ([therapy("paracetamol", 22)], "N"),
        ([History(id="h", subject="A", on=on(-20), term="Epistaxis", started=on(-400), ended=on(-399))], "N"),
    ],
)
def test_a_bleeding_told_by_its_treatment_beside_low_platelets(more: list[Fact], outcome: str) -> None:
    low = blood("PLAT", 40.0, 22)
    found = slot(patient(low, *more))
    assert found.outcome == outcome, found.reason
    if outcome == "P":
        assert slot(patient(low, *more, judged("no", "j", number=59))).outcome == "N"


@pytest.mark.parametrize("order", [(False, True), (True, False), (False, None), (None, False)])
def test_of_two_contrary_deaths_the_one_not_called_unrelated_counts(order: tuple[bool | None, ...]) -> None:
    died = [Death(id=f"x{n}", subject="A", on=on(30), related=related) for n, related in enumerate(order)]
    assert slot(patient(*died)).outcome == "T"


@pytest.mark.parametrize(
    ("left", "outcome"),
    [
        ([Disposition(id="x", subject="A", on=on(30), term="Unacceptable toxicity")], "P"),
        ([Disposition(id="x", subject="A", on=on(30), term="AE")], "P"),
        ([Disposition(id="x", subject="A", on=on(30), term="Abbruch wegen Nebenwirkung")], "P"),
        ([Disposition(id="x", subject="A", on=on(30), term="Discontinued: progressive cytopenia")], "P"),
        ([Disposition(id="x", subject="A", on=on(30), term="Withdrew due to progressive fatigue")], "P"),
        ([Disposition(id="x", subject="A", on=on(30), term="Frobnicated")], "P"),
        ([Disposition(id="x", subject="A", on=on(30), term="PROGRESSIVE DISEASE")], "X"),
        ([Disposition(id="x", subject="A", on=on(30), term="INFORMED CONSENT OBTAINED")], "N"),
        ([Disposition(id="x", subject="A", on=on(30), term="Week 4 visit")], "N"),
        ([Withdrawal(id="x", subject="A", on=on(30), scope="treatment", toxicity_related=False)], "X"),
        (
            [
                Withdrawal(id="x", subject="A", on=on(30), scope="treatment", toxicity_related=False),
                Disposition(id="y", subject="A", on=on(30), term="ADVERSE EVENT"),
            ],
            "P",
        ),
        (
            [
                Withdrawal(
                    id="x", subject="A", on=on(30), scope="treatment", toxicity_related=False,
                    cause="thrombocytopenia grade 4",
                )
            ],
            "P",
        ),
        ([Death(id="x", subject="A", on=on(30), related=False, cause="neutropenic sepsis")], "T"),
        ([Death(id="x", subject="A", on=on(30), related=False, cause="disease progression")], "X"),
        (
            [
                Death(id="x", subject="A", on=on(30), related=False),
                Contact(id="y", subject="A", on=on(45)),
            ],
            "P",
        ),
    ],
)  # fmt: skip
def test_who_left_in_whatever_words(left: list[Fact], outcome: str) -> None:
    found = slot(patient(*left), 50)
    assert found.outcome == outcome, found.reason


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (lab("ALT", 900, "U/L", upper_limit=450), "P"), (lab("ALT", 60, "U/L", upper_limit=450), "N"),
        (lab("ALT", None, "U/L", text="1.234", upper_limit=45), "P"),
        (lab("ALT", None, "U/L", text="24", upper_limit=45), "N"),
    ],
)  # fmt: skip
def test_limits_and_numbers_that_are_slips_hide_nothing(value: Fact, outcome: str) -> None:
    found = slot(patient(value))
    assert found.outcome == outcome, found.reason


@pytest.mark.parametrize(("stray", "outcome"), [("S-10", "P"), ("010", "P"), ("S11", "N"), ("GHOST", "N")])
def test_harm_of_a_lookalike_is_asked_about(stray: str, outcome: str) -> None:
    facts = [
        one.model_copy(update={"subject": "S10" if one.subject == "A" else one.subject}) for one in patient()
    ]
    harm = event(id="h", subject=stray)
    found = slot([*facts, harm])
    assert found.outcome == outcome and (outcome == "N" or stray in found.reason)


@pytest.mark.parametrize(
    "against",
    [
        [ecog(4, 44)],
        [therapy("docetaxel", 41)],
        [event(term="Sepsis", grade=4, on=on(40), attribution="unrelated")],
        [event(grade=4, on=on(40))],
        [transfused("platelets", 41)],
        [lab("CREAT", 250, "umol/L", 41, upper_limit=110)],
        [Disposition(id="x", subject="A", on=on(41), term="Deceased")],
        [event(term="Rash", grade=2, on=on(40), action="停药")],
        [event(term="Rash", grade=2, on=on(40), action="Dosis verschoben")],
    ],
)
def test_a_resolved_count_turns_no_hold_into_a_reduction(against: list[Fact]) -> None:
    low = blood("NEUT", 0.8, 22)
    alone = state(patient(*well(), low), 45).proposals
    assert [one.action for one in alone] == ["reduce"]
    found = state(patient(*well(), low, *against), 45).proposals
    assert not any(one.action in ("give", "reduce") for one in found)


def test_counts_that_are_missing_at_the_end_of_the_window_hold_the_second_dose() -> None:
    lost = [one for one in patient(*well()) if not one.id.startswith("A-PLAT-43")]
    (found,) = state(lost, 45).proposals
    assert found.action == "hold" and "window" in found.reasons[0]


@pytest.mark.parametrize(
    ("facts", "satisfied"),
    [
        ([], True),
        ([Withdrawal(id="w", subject="A", on=on(-1), scope="study", cause="consent")], False),
        ([Disposition(id="w", subject="A", on=on(-1), term="CONSENT WITHDRAWN")], False),
        ([Death(id="w", subject="A", on=on(-1))], False),
        ([Withdrawal(id="w", subject="A", on=on(-1), scope="treatment", cause="wish")], True),
    ],
)
def test_a_consent_that_was_taken_back_is_none(facts: list[Fact], satisfied: bool) -> None:
    undosed = [one for one in patient() if one.id not in ("a", "e")]
    found = state([*undosed, *facts], 1).eligibility
    (first,) = [v for v in found[-1].verdicts if v.criterion == "I1"]
    signed = next(atom for atom in first.atoms if atom.id == "I1.a")
    assert (first.verdict_of(signed) == "satisfied") is satisfied


@pytest.mark.parametrize(
    "term",
    [
        "Grade four neutropenia", "Neutropenia °4", "neutropenia (4)", "四级血小板减少", "dialysis",
        "ICU stay", "Reanimation", "Hospitalised for fever", "Krankenhausaufnahme wegen Schwindel",
        "住院 头晕", "intubation",
    ],
)  # fmt: skip
def test_a_grade_or_a_treatment_among_the_words_of_an_event_is_asked_about(term: str) -> None:
    assert slot(patient(event(term=term, grade=2))).outcome == "P"
    assert slot(patient(event(term=term, grade=2), judged("no", "j"))).outcome == "N"


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [("умер", "T"), ("死", "T"), ("FATAL", "T"), ("5", "P"), ("letale", "P"), ("RECOVERED/RESOLVED", "N"),
     ("not recovered", "N"), ("未恢复", "N"), ("unknown", "N"), ("", "N")],
)  # fmt: skip
def test_an_outcome_in_words_that_nobody_knows_may_be_death(outcome: str, shown: str) -> None:
    assert slot(patient(event(term="Nausea", grade=1, outcome=outcome))).outcome == shown


@pytest.mark.parametrize("name", ANTIBIOTICS)
def test_any_antibiotic_beside_low_neutrophils_asks_for_a_fever(name: str) -> None:
    low = blood("NEUT", 0.8, 22)
    assert slot(patient(low)).outcome == "N"
    assert slot(patient(low, therapy(name, 23))).outcome == "P"


def test_a_temperature_of_a_day_known_in_part_may_be_beside_low_neutrophils() -> None:
    low, hot = blood("NEUT", 0.8, 22), vital("TEMP", 39.0, "C", 22)
    month = hot.model_copy(update={"on": on(22)[:7]})
    assert slot(patient(low, hot)).outcome == slot(patient(low, month)).outcome != "N"


def test_a_specimen_that_names_blood_is_blood() -> None:
    odd = lab("PLAT", 9.0, "10^9/L", 22).model_copy(update={"specimen": "blood, urinary catheter in place"})
    assert slot(patient(odd)).outcome == "T"


@pytest.mark.parametrize("by", ["me", "system", "galu", "import script", "user"])
def test_what_is_no_person_clears_nothing(by: str) -> None:
    toxic = event(term="Hepatic failure", grade=4)
    assert slot(patient(toxic, judged("no", "j", by=by))).outcome == slot(patient(toxic)).outcome != "N"


def step(grade: int, number: int, **more: object) -> AdverseEventCourse:
    row = {"id": f"k{number}", "subject": "A", "on": on(number), "event": "x", "grade": grade}
    return AdverseEventCourse.model_validate({**row, **more})


def test_a_blood_test_of_urine_is_a_slip_of_the_specimen() -> None:
    odd = lab("PLAT", 9.0, "10^9/L", 22).model_copy(update={"specimen": "URINE"})
    assert slot(patient(odd)).outcome == "T"
    urine = lab("CREAT", 9000.0, "umol/L", 22, upper_limit=110.0).model_copy(update={"specimen": "URINE"})
    assert slot(patient(urine)).outcome == "N"


def test_a_step_dated_before_its_event_counts_from_the_beginning_of_it() -> None:
    assert slot(patient(event(grade=2, on=on(20)), step(4, -5))).outcome == "T"


def test_the_course_of_an_event_that_was_taken_back_is_asked_about_until_it_is_too() -> None:
    back = Retraction(id="r", subject="A", on=on(30), supersedes="x", reason="noted twice")
    facts = [event(grade=2), step(4, 24), back]
    found = slot(patient(*facts))
    assert found.outcome == "P" and "taken back" in found.reason
    course_too = Retraction(id="r2", subject="A", on=on(31), supersedes="k24", reason="noted twice")
    assert slot(patient(*facts, course_too)).outcome == "N"


def test_who_makes_an_event_unrelated_is_named() -> None:
    toxic = event(grade=4, attribution="related")
    unsigned, signed = (step(4, 24, attribution="unrelated", by=by) for by in ("", "Dr Wu"))
    assert slot(patient(toxic, unsigned)).outcome == "T"
    assert slot(patient(toxic, signed)).outcome == "N"


@pytest.mark.parametrize(
    ("test", "value", "unit"),
    [("PLAT", 60.0, "10^9/L"), ("NEUT", 1.2, "10^9/L"), ("NEUT", 0.6, "10^9/L"), ("CREAT", 200.0, "umol/L")],
)
def test_a_value_of_a_day_known_in_part_holds_the_next_dose(test: str, value: float, unit: str) -> None:
    month = lab(test, value, unit, 44, upper_limit=110.0).model_copy(update={"on": on(44)[:7]})
    (found,) = state(patient(*well(), month), 45).proposals
    assert found.action == "hold" and "its day is not known" in " ".join(found.reasons)


def test_a_value_beside_another_in_words_is_asked_about() -> None:
    both = lab("PLAT", 210.0, "10^9/L", 22).model_copy(update={"text": "9"})
    found = slot(patient(both))
    assert found.outcome == "P" and "210 or 9" in found.reason
    same = both.model_copy(update={"text": "210"})
    assert slot(patient(same)).outcome == "N"


@pytest.mark.parametrize("name", ["B", "a", "A "])
def test_a_course_entered_under_another_subject_counts_for_its_event(name: str) -> None:
    facts = patient(event(grade=2), step(4, 24, subject=name))
    assert next(one for one in state(facts, 60).board.slots if one.subject == "A").outcome == "T"


def test_a_course_of_another_subject_is_refused_at_the_desk() -> None:
    record = record_of(entries(patient(event(grade=2))), "Asia/Shanghai")
    (fault,) = check_admission(STUDY, record, [step(4, 24, subject="B")], datetime(2027, 1, 1, tzinfo=UTC))
    assert "is of A" in fault.fault


def test_a_suspended_escalation_beside_a_pending_patient_of_the_expansion_has_a_board() -> None:
    facts: list[Fact] = []
    for name, phase, dosed in [*((f"E{n}", "escalation", 1) for n in range(6)), ("X", "expansion", -1)]:
        facts += [
            Enrolment.model_validate(
                {"id": f"e{name}", "subject": name, "on": on(-4), "phase": phase, "level": 1}
            ),
            given(dosed, name=f"a{name}").model_copy(update={"subject": name}),
        ]
    assert state(facts, 20).board.decision is not None


def test_a_multiple_of_a_limit_is_no_value_of_its_unit() -> None:
    times = lab("ALT", 15.0, "xULN", 22, lower_limit=7.0, upper_limit=45.0)
    found = slot(patient(times))
    assert found.outcome == "P" and "15 xULN" in found.reason


def test_a_temperature_among_the_laboratory_values_is_one() -> None:
    hot = lab("TEMP", 39.2, "C", 23)
    assert slot(patient(blood("NEUT", 0.8, 22), hot)).outcome != "N"
