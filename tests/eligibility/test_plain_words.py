"""What is told in other words, or later, of the patient of the how-to: asked about, never passed over.

Names of therapies count beside their class; plain words of histories, events and indications open the
criteria they concern until somebody signs who can have known of them; signatures that contradict each other
decide nothing. What was denied violates nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from galu.eligibility.plan import EligibilityPlan, Topic
from galu.record import Entry, Fact
from galu.record.disease import AdverseEventCourse, Lesion
from galu.record.people import History, Lab, PriorTherapy, Therapy, Vital
from galu.record.treatment import Administration
from recorded_patient import (
    AFTER,
    BEFORE,
    KNOWN,
    event,
    fact,
    open_atoms,
    opened,
    patient,
    signed,
    study,
    told,
    verdicts,
)

DOSED = Administration(
    id="dosed", subject="001", on="2026-03-10T10:00", agent="177Lu-PSMA-0057", cycle=1, activity_mbq=3700
)


def given(agent: str, kind: str | None, **more: object) -> Fact:
    days = {"started": "2025-10-01", "ended": "2026-02-10"}
    return fact(PriorTherapy, agent=agent, therapy_class=kind, **{**days, **more})


CLASSES = ("other", "bone-agent", "supportive", "adt")


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize(
    ("agent", "criterion"),
    [
        *((one, "E2") for one in ("177Lu-PSMA-617", "Pluvicto", "LuPSMA", "Ac-225-PSMA", "Lu-PNT2002")),
        *(
            (one, "E2")
            for one in ("镥-177-PSMA", "radium-223", "Xofigo", "Sr-89", "131I-MIBG", "Sm153", "SIRT")
        ),
        *((one, "E4") for one in ("olaparib", "Lynparza", "docetaxel", "cabazitaxel", "Jevtana", "多西他赛")),
        *((one, "E4") for one in ("pembrolizumab", "EBRT to the femur", "Zytiga", "tacrolimus")),
    ],
)
def test_a_class_hides_no_agent(agent: str, criterion: str, kind: str) -> None:
    assert verdicts((*patient(), given(agent, kind)))[criterion] == "violated"


@pytest.mark.parametrize("agent", ["Pluvicto", "docetaxel", "meropenem", "EBRT L3", "prednisone", "XY-12"])
def test_a_concomitant_medicine_without_a_class_is_read_by_its_name(agent: str) -> None:
    assert open_atoms(fact(Therapy, "2026-03-01", agent=agent))


@pytest.mark.parametrize(
    "agent", ["amlodipine", "Tylenol", "levothyroxine", "insulin", "leuprolide", "氨氯地平"]
)
def test_an_ordinary_medicine_asks_nothing(agent: str) -> None:
    assert not open_atoms(fact(Therapy, "2026-03-01", agent=agent))


def test_an_agent_nobody_knows_may_be_of_any_class_until_somebody_says() -> None:
    unknown = given("XY-12", "other", started="2019-01-01", ended="2019-06-01")
    assert set(open_atoms(unknown)) == {"E2.a", "E4.a"}
    answers = [signed(atom, "no", "2026-03-06") for atom in ("E2.a", "E4.a")]
    assert not open_atoms(unknown, *answers)
    assert set(open_atoms(unknown, signed("E2.a", "no", "2026-02-22"), answers[1])) == {"E2.a"}
    assert not open_atoms(given("XY-12", "bone-agent"))


@pytest.mark.parametrize(
    ("left_out", "agent", "kind", "atom"),
    [("p2", "enzalutamide", "taxane", "I3.d"), ("p1", "docetaxel", "nha", "I3.c")],
)
def test_a_name_of_another_class_fills_no_count(left_out: str, agent: str, kind: str, atom: str) -> None:
    rest = [one for one in patient() if one.id != left_out]
    odd = given(agent, kind, started="2024-01-01", ended="2024-06-01")
    entries = [Entry(n, KNOWN, one) for n, one in enumerate((*rest, odd), 1)]
    assert atom in opened(entries)


#: A term, and the atoms that it opens when the investigator signed nothing of it since.
TERMS = (
    ("Myocardial infarction", {"E9.a", "E9.f"}),
    ("NSTEMI", {"E9.a", "E9.f"}),
    ("Coronary stent", {"E9.a", "E9.f"}),
    ("心肌梗死", {"E9.a", "E9.f"}),
    ("Congestive heart failure", {"E9.d"}),
    ("Atrial fibrillation", {"E9.f"}),
    ("Uncontrolled hypertension", {"E9.c"}),
    ("Brain metastases", {"E7.a"}),
    ("CNS mets", {"E7.a"}),
    ("leptomeningeal disease", {"E7.a"}),
    ("Neuroendocrine prostate cancer", {"I3.b"}),
    ("Small cell histology", {"I3.b"}),
    ("Pneumonia", {"E10.a"}),
    ("Sepsis", {"E10.a"}),
    ("Pulmonary tuberculosis", {"E10.a"}),
    ("AIDS", {"E15.b"}),
    ("HIV", {"E15.b"}),
    ("Chronic hepatitis B", {"E15.d"}),
    ("Hepatitis C", {"E15.c"}),
    ("neurosyphilis", {"E15.a"}),
    ("Lung cancer", {"E5.a"}),
    *((name, {"E5.a"}) for name in ("NSCLC", "HCC", "RCC", "DCIS", "urothelial ca", "Zweitmalignom")),
    ("Hirnfiliae", {"E7.a"}),
    ("ZNS-Metastase", {"E7.a"}),
    ("Spinal cord compression", {"E8.a"}),
    ("Urinary obstruction", {"E12.a"}),
    ("Penicillin allergy", {"E1.a", "E1.b"}),
    ("Superscan", {"E16.a", "E17.a"}),
    ("COPD", {"E11.a"}),
    ("Lupus", {"E13.a"}),
    ("Gastric ulcer", {"E13.b"}),
    ("suspected stroke", {"E9.b"}),
    ("liver graft", {"E14.a"}),
    ("after 177Lu-PSMA-617", {"E2.a"}),
)
by_term = pytest.mark.parametrize(
    ("term", "atoms"), TERMS, ids=lambda one: one if isinstance(one, str) else ""
)


@by_term
def test_plain_words_open_their_criteria_until_they_are_judged(term: str, atoms: set[str]) -> None:
    late = told(term, AFTER, started="2026-01")
    found = open_atoms(late)
    assert atoms <= set(found) and all("x" in found[atom] for atom in atoms)
    assert "violated" not in verdicts((*patient(), late)).values()
    assert atoms <= set(open_atoms(late, *(signed(atom, "no", "2026-03-04") for atom in found)))
    fine = {atom: "yes" if atom.startswith("I") else "no" for atom in found}
    assert not open_atoms(late, *(signed(atom, value, "2026-03-06") for atom, value in fine.items()))
    against = {atom: "no" if value == "yes" else "yes" for atom, value in fine.items()}
    still = open_atoms(late, *(signed(a, v, "2026-03-06", comment="so") for a, v in against.items()))
    assert atoms <= set(still)


@by_term
def test_an_event_after_the_signature_asks_again_and_one_after_the_dose_does_not(
    term: str, atoms: set[str]
) -> None:
    if "177Lu" not in term:
        assert atoms <= set(open_atoms(event(term, grade=3)))
    assert not open_atoms(DOSED, event(term, "2026-03-15"), day=date(2026, 3, 25))


@by_term
@pytest.mark.parametrize("said", ["no {}", "{} excluded", "father: {}", "否认 {}", "{}?"])
def test_what_is_denied_violates_nothing(term: str, atoms: set[str], said: str) -> None:
    for category in (None, "event.stroke"):
        assert (
            "violated"
            not in verdicts((*patient(), told(said.format(term), AFTER, category=category))).values()
        ), atoms


@pytest.mark.parametrize("term", ["Gout", "Cataract", "Type 2 diabetes mellitus", "前列腺癌"])
def test_a_term_that_no_criterion_reads_is_listed_for_the_investigator(term: str) -> None:
    assert not open_atoms(told(term, AFTER))
    listed = open_atoms(told(term, AFTER), event("Sepsis", grade=4, name="y"))["E17.a"]
    assert f"no criterion reads: {term}" in listed


@pytest.mark.parametrize(
    ("term", "days"),
    [
        ("MI", {"started": "2015-03"}),
        ("DVT", {"started": "2012", "ended": "2012"}),
        ("Lung cancer", {"started": "2010", "ended": "2012"}),
        ("Hip fracture", {"started": "2010"}),
        ("Tuberculosis", {"started": "1980", "ended": "1981"}),
        ("Brain metastases", {"started": "2022", "ended": "2023-05"}),
    ],
)
def test_what_is_long_over_is_not_asked_about_but_without_its_end_it_may_go_on(
    term: str, days: dict[str, str]
) -> None:
    known = told(term, AFTER, **days)
    assert set(open_atoms(known)) <= {"E9.f"}
    assert open_atoms(told(term, AFTER))
    assert open_atoms(told(term, AFTER, started="2015", ongoing=True))


def test_a_category_or_indication_or_site_hides_no_words() -> None:
    assert "E9.a" in open_atoms(told("Myocardial infarction", category="toxicity.ongoing", grade=3))
    assert "E10.a" in open_atoms(fact(Therapy, "2026-03-01", agent="amlodipine", indication="pneumonia"))
    assert "E7.a" in open_atoms(fact(Lesion, "2026-02-25", lesion="N", role="non-target", site="BRAIN"))


def test_an_event_that_grew_worse_is_asked_about_again() -> None:
    mild = event("Pneumonia", "2026-02-20", grade=1)
    assert not open_atoms(mild)
    worse = fact(AdverseEventCourse, AFTER, "y", event="x", grade=4)
    assert "E10.a" in open_atoms(mild, worse)


def test_a_value_measured_since_answers_what_is_measured() -> None:
    ill = event("Thrombocytopenia", "2026-03-02")
    assert set(open_atoms(ill)) == {"I10.1b"}
    again = fact(Lab, "2026-03-06", "y", test="PLAT", value=180, unit="10^9/L")
    assert not open_atoms(ill, again)


def test_what_was_entered_after_the_signature_was_not_known_to_it() -> None:
    late = [Entry(n, KNOWN, one) for n, one in enumerate(patient(), 1)]
    entered = datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert not opened([*late, Entry(99, KNOWN, told("Pneumonia"))])
    assert "E10.a" in opened([*late, Entry(99, entered, told("Pneumonia"))])


def test_a_signature_of_a_day_known_in_part_covers_what_came_before_it_all() -> None:
    assert "E7.a" in open_atoms(told("Brain metastases", AFTER), signed("E7.a", "no", "2026-03"))
    assert not open_atoms(told("Brain metastases", BEFORE), signed("E7.a", "no", "2026-03"))


@pytest.mark.parametrize(
    ("others", "decided"),
    [
        ([("no", "2026-02-24", "Dr Li")], True),
        ([("yes", "2026-02-24", "Dr Li")], False),
        ([("yes", "2026-02-24", "Dr Wu")], False),
        ([("yes", "2026-02-20", "Dr Li")], False),
        ([("yes", "2026-03-01", "Dr Li")], False),
        ([("yes", "2026-02", "Dr Wu")], False),
        ([("yes", "2026-02-24", "unknown")], False),
        ([("unknown", "2026-02-24", "Dr Li")], False),
        ([("yes", "2026-02-20", "Dr Wu")], True),
        ([("yes", "2026-02-20", "dr. WU")], True),
        ([("yes", "2026-03-01T09:00", "Dr Wu"), ("no", "2026-03-01T10:00", "Dr Wu")], True),
        ([("no", "2026-03-01T09:00", "Dr Wu"), ("yes", "2026-03-01T10:00", "Dr Wu")], False),
        ([("yes", "2026-03-20", "Dr Li")], True),
    ],
)
@pytest.mark.parametrize("atom", ["E10.a", "E8.a", "E12.a", "E9.f"])
def test_contrary_signatures_decide_nothing(
    atom: str, others: list[tuple[str, str, str]], decided: bool
) -> None:
    found = open_atoms(*(signed(atom, value, on, by) for value, on, by in others))
    assert (atom not in found) is decided
    if not decided and others[0][2] == "Dr Li":
        assert "Dr Wu" in found[atom] and "Dr Li" in found[atom]


@pytest.mark.parametrize("term", ["Myocardial infarction", "Brain metastases", "HIV"])
def test_a_history_told_after_the_dose_is_asked_about_and_can_be_judged_then(term: str) -> None:
    late, today = told(term, "2026-03-20"), date(2026, 3, 25)
    assert not open_atoms(DOSED, day=today)
    found = open_atoms(DOSED, late, day=today)
    assert found
    assert not open_atoms(DOSED, late, *(signed(atom, "no", "2026-03-21") for atom in found), day=today)
    assert open_atoms(DOSED, late, *(signed(atom, "yes", "2026-03-21") for atom in found), day=today)
    assert not open_atoms(DOSED, told(term, "2026-03-20", started="2026-03-15"), day=today)
    tissue = told("small cell carcinoma", "2026-03-20", category="pathology.morphology")
    assert "I3.b" in open_atoms(DOSED, tissue, day=today)


OLD = (
    *(("I10.3", "l12", fact(Lab, "2025-11-01", test="CREAT", value=84, unit="umol/L", upper_limit=106)),),
    *(("E15.b", "l16", fact(Lab, "2015-11-01", test="HIVAB", text="negative")),),
    *(("E15.a", "l15", fact(Lab, "2015-11-01", test="TPAB", text="negative")),),
    *(("E15.c", "l17", fact(Lab, "2015-11-01", test="HCAB", text="negative")),),
    *(("E15.d", "l18", fact(Lab, "2015-11-01", test="HBSAG", text="negative")),),
    *(("E9.d", "h3", fact(History, "2019-01-01", term="none", category="nyha")),),
    *(("E9.e", "b3", fact(Vital, "2025-06-01", test="LVEF", value=61, unit="%")),),
)


@pytest.mark.parametrize(
    ("atom", "instead_of", "old"), OLD, ids=lambda one: one if isinstance(one, str) else ""
)
def test_an_old_value_is_no_value(atom: str, instead_of: str, old: Fact) -> None:
    facts = [old if one.id == instead_of else one for one in patient()]
    assert atom in opened([Entry(n, KNOWN, one) for n, one in enumerate(facts, 1)])


def test_a_study_states_words_of_its_own() -> None:
    stated = study().eligibility
    assert stated is not None
    own = Topic(topic="imaging", written=("tattoo*",), source="assumed", why="iron in the ink")
    with_words = stated.model_copy(update={"topics": (own,)})
    inked = told("large tattoos", AFTER)
    assert not open_atoms(inked) and "E16.a" in open_atoms(inked, plan=with_words)
    atom = next(one for one in stated.atoms() if one.id == "E16.a")
    strange = atom.model_copy(update={"concerns": ("frobnication",)})
    criteria = [
        one.model_copy(update={"atoms": (strange,)}) if one.id == "E16" else one for one in stated.criteria
    ]
    with pytest.raises(ValueError, match="topic frobnication has no words"):
        EligibilityPlan.model_validate(
            {**stated.model_dump(), "criteria": [c.model_dump() for c in criteria]}
        )


def test_every_exclusion_of_the_study_is_opened_by_some_words() -> None:
    """Each atom that silence could pass names the topics, or the items, that plain words open."""
    stated = study().eligibility
    assert stated is not None
    readable = {
        *stated.courses(),
        "therapy.psma_radioligand",
        "therapy.radionuclide",
        "therapy.investigational",
    }
    of_medicines = {"E4.a", "E4.b", "E4.c"}
    for criterion in stated.criteria:
        for atom in criterion.atoms:
            if criterion.polarity == "exclusion" and atom.id not in of_medicines:
                assert {*atom.items, *atom.concerns} & readable, atom.id


def changed(name: str, **cells: object) -> dict[str, str]:
    """Criteria that are not satisfied when one fact of the patient reads otherwise."""
    facts = [one.model_copy(update=cells) if one.id == name else one for one in patient()]
    return {criterion: word for criterion, word in verdicts(facts).items() if word != "satisfied"}


@pytest.mark.parametrize(
    "term",
    [
        "no adenocarcinoma", "adenocarcinoma excluded", "adenocarcinoma?", "adenocarcinoma suspected",
        "small-cell and adenocarcinoma", "kein Adenokarzinom", "adenocarcinoma of the lung",
    ],
)  # fmt: skip
def test_a_morphology_that_is_denied_doubted_mixed_or_of_another_organ_is_asked_about(term: str) -> None:
    assert changed("h2", term=term) == {"I3": "unknown"}
    assert changed("h2", term="acinar adenocarcinoma") == {}


@pytest.mark.parametrize(
    ("name", "value", "upper"), [("l10", 200.0, 450.0), ("l09", 40.0, 210.0), ("l12", 200.0, 1060.0)]
)
def test_an_upper_limit_ten_times_too_high_is_none(name: str, value: float, upper: float) -> None:
    assert changed(name, value=value, upper_limit=upper) == {"I10": "unknown"}


def test_a_result_with_a_question_mark_is_no_result() -> None:
    assert changed("l16", text="negative?") == {"E15": "unknown"}


@pytest.mark.parametrize(("test", "unit"), [("HCV RNA", "IU/mL"), ("HBV DNA", "IU/mL")])
def test_a_raised_confirmation_beside_a_negative_screen_is_asked_about(test: str, unit: str) -> None:
    raised = fact(Lab, test=test, value=2e6, unit=unit)
    assert set(verdicts((*patient(), raised)).values()) == {"satisfied", "unknown"}


def test_a_grade_in_the_words_of_a_toxicity_that_is_higher_than_the_one_stated_is_asked_about() -> None:
    assert changed("h4", term="Grade 3 neuropathy", grade=1) == {"I12": "unknown"}
