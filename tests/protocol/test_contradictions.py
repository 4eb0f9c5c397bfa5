"""A study file that contradicts itself or says what cannot be is refused with line, key and remedy."""

from __future__ import annotations

import pytest
import yaml

from galu.finding import InputError
from galu.protocol import parse_study
from support import ROOT

TEXT = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")


def stated(key: str, value: str, new: str) -> tuple[str, str]:
    """A key with its stated value in block form, and the same with another."""
    return f"{key}:\n    value: {value}\n", f"{key}:\n    value: {new}\n"


def flow(key: str, value: str, new: str) -> tuple[str, str]:
    """The same in one line."""
    return f"{key}: {{value: {value},", f"{key}: {{value: {new},"


VISIT = "  - id: safety-30\n    anchor: last-dose\n    day: 31\n"
KIDNEYS = "{region: kidneys, quantity: dose, limit_gy: 23, action: alert}"
MARROW = "terms: [Neutrophil count decreased, Platelet count decreased, Anemia, White blood cell decreased]"
G3 = "min_grade: 3, action: reduce, factor: 0.8, on_recurrence: stop"
ALPHA = (
    ("  nuclide: Lu-177\n", "", "- id: lu177-safety", "- id: therapy-safety"),
    flow("therapy_nuclide", "Lu-177", "Ac-225"),
)
FRACTIONS = "  fraction_days: {value: [1, 15], source: assumed, why: test}\n  reading:\n"
ENDS = "  at_organ_limit: {value: stop, source: assumed, why: test}\n  reading:\n"
LVEF = "      limits:\n      - {unit: '%', op: <, value: 50.0}\n"
RANGE = "possible_activity_mbq:\n    value:\n    - 100.0\n    - 20000.0\n"

#: What is replaced, by what, and words of place and sentence.
REFUSED = [
    # The window, its first day, the cycle.
    (flow("window_days", "42", "56"), "safety.dlt.window_days", "after the second cycle is due"),
    (flow("window_days", "42", "0"), "safety.dlt.window_days", "greater than or equal to 1"),
    (flow("window_days", "42", "-7"), "safety.dlt.window_days", "greater than or equal to 1"),
    (flow("window_days", "42", "65"), "safety.dlt.unresolved_until_day", "before the end of the window"),
    (flow("first_day", "1", "2"), "safety.dlt.first_day", "0 or 1"),
    (flow("unresolved_until_day", "64", "30"), "safety.dlt.unresolved_until_day", "before the end"),
    (stated("cycle_days", "42", "28"), "safety.dlt.window_days", "second cycle is due, on day 29"),
    (stated("cycle_days", "42", "0"), "treatment.cycle_days", "greater than or equal to 1"),
    (stated("cycle_days", "42", "-42"), "treatment.cycle_days", "greater than or equal to 1"),
    (stated("max_cycles", "6", "0"), "treatment.max_cycles", "greater than or equal to 1"),
    (flow("full_dose_fraction", "0.9", "1.2"), "full_dose_fraction", "less than or equal to 1"),
    (flow("full_dose_fraction", "0.9", "0.01"), "full_dose_fraction", "greater than or equal to 0.5"),
    (flow("may_miss", "1", "-1"), "may_miss", "greater than or equal to 0"),
    (flow("may_miss", "1", "6"), "assessments.may_miss", "of 6 counts may be missing"),
    (flow("visits", "[haematology-c1]", "[]"), "assessments.visits", "no blood count within the window"),
    (flow("visits", "[haematology-c1]", "[safety-30]"), "assessments.visits", "no blood count within"),
    (flow("visits", "[haematology-c1]", "[haematology]"), "assessments.visits", "no blood count within"),
    (flow("visits", "[haematology-c1]", "[cbc9]"), "assessments.visits", "which is not planned"),
    (flow("visits", "[haematology-c1]", "[chemistry-c1]"), "assessments.visits", "has no haematology"),
    # Rules.
    ((G3, G3.replace("0.8", "1.25")), "safety.modification.1.factor", "less than or equal to 1"),
    ((G3, G3.replace("0.8", "1.0")), "safety.modification.1", "write less than 1"),
    ((G3, G3.replace("0.8", "0")), "safety.modification.1.factor", "greater than 0"),
    ((G3, G3.replace("reduce", "hold")), "safety.modification.1", "for action: reduce"),
    ((G3, f"resume_at_grade: 3, {G3}"), "safety.modification.1", "which grade 3 withholds"),
    (("id: marrow-g3", "id: marrow-g2"), "safety.modification.1", "declared 2 times"),
    (("id: platelets-g4", "id: neutropenia-g4"), "safety.dlt.rules.2", "declared 2 times"),
    (("longer_than_days: 7", "longer_than_days: -7"), "longer_than_days", "greater than or equal to 0"),
    (("at_most_days: 7}", "at_most_days: -1}"), "at_most_days", "greater than or equal to 0"),
    (("    factor: 0.8", "    factor: 1.8"), "renal_modification.factor", "less than or equal to 1"),
    (("creatinine_rise_percent: 40", "creatinine_rise_percent: -40"), "creatinine_rise", "greater than 0"),
    (("clearance_fall_percent: 40", "clearance_fall_percent: 140"), "clearance_fall", "less than 100"),
    (flow("ctcae_version", '"5.0"', '"6.0"'), "safety.ctcae_version", "'5.0'"),
    (flow("ctcae_version", '"5.0"', '"4.03"'), "safety.ctcae_version", "'5.0'"),
    (flow("dlt_rate", "0.33", "33"), "safety.monitoring.dlt_rate", "less than 1"),
    (flow("probability", "0.95", "1"), "safety.monitoring.probability", "less than 1"),
    (flow("treatment_emergent_days", "42", "-1"), "treatment_emergent_days", "greater than or equal to 0"),
    (("every_days: 84, window_days: 14", "every_days: 0, window_days: 14"), "long_term.0", "greater"),
    # Agents and activities.
    (("therapy_agent:\n    value: 177Lu-PSMA-0057", "therapy_agent:\n    value: 177Lu-PSMA-617"),
     "treatment.therapy_agent", "is no agent"),
    (("imaging_agent:\n    value: 68Ga-PSMA-0057", "imaging_agent:\n    value: 18F-DCFPyL"),
     "treatment.imaging_agent", "is no agent"),
    (("    agent: 68Ga-PSMA-0057\n    cycles: first", "    agent: 68Ga-PSMA-11\n    cycles: first"),
     "schedule.scans.0.agent", "is no agent"),
    (("- name: 177Lu-PSMA-0057", "- name: 68Ga-PSMA-0057"), "agents.1", "declared 2 times"),
    (("nuclide: Lu-177", "nuclide: Lu-999"), "agents.1.nuclide", ""),
    (("nuclide: Lu-177", "nuclide: Y-90"), "agents.1.nuclide", "is called 177Lu-PSMA-0057"),
    (flow("therapy_nuclide", "Lu-177", "Tb-161"), "dosimetry.therapy_nuclide", "carries Lu-177"),
    (flow("therapy_nuclide", "Lu-177", "unobtainium"), "dosimetry.therapy_nuclide", ""),
    ((RANGE, RANGE.replace("20000", "5000")), "treatment.levels.1", "possible_activity_mbq 100 to 5000"),
    ((RANGE, RANGE.replace("100.0", "4000.0")), "treatment.levels.0", "gives 3700 to 3700 MBq"),
    ((RANGE, RANGE.replace("100.0", "30000.0")), "agents.1", "must rise"),
    ((RANGE, RANGE.replace("100.0", "-100.0")), "agents.1.possible_activity_mbq", "greater than 0"),
    (stated("planned_activity_mbq", "150.0", "5000.0"), "agents.0.planned_activity_mbq", "lies outside"),
    (stated("planned_activity_mbq", "150.0", "-150.0"), "agents.0.planned_activity_mbq", "greater than 0"),
    (("activity_gbq: 6.0", "activity_gbq: 3.7"), "treatment", "must rise"),
    (("activity_gbq: 6.0", "activity_gbq: -6.0"), "treatment.levels.1", "no therapeutic activity"),
    (("activity_gbq: 6.0", "activity_gbq: 162"), "treatment", "no therapeutic activity"),
    (("- level: 2", "- level: 3"), "treatment", "must count 1, 2"),
    (("  reading:\n", FRACTIONS), "schedule.visits", "no visit doses on day 15"),
    (("  reading:\n", ENDS, "action: stop}", "action: alert}", "action: stop, only", "action: alert, only"),
     "treatment.at_organ_limit", "no limit has action: stop"),
    (("nuclide: Ga-68", "nuclide: Cu-64"), "agents.0.nuclide", "is called 68Ga-PSMA-0057"),
    (("    times_h:\n    - 1.0\n", "    times_h:\n    - 48.0\n"), "scans.0.times_h", "nothing is left"),
    (("population_teff_h: 35.5", "population_teff_h: 355"), "regions.value.0.population_teff_h", "physical"),
    ((G3, G3.replace("min_grade: 3", "min_grade: 2")), "safety.modification.1.terms", "both answer"),
    # How many.
    (stated("target", "49", "0"), "enrolment.target", "greater than or equal to 1"),
    (stated("target", "49", "-49"), "enrolment.target", "greater than or equal to 1"),
    # Visits.
    (("- id: follow-up", "- id: safety-30"), "schedule.visits.9", "declared 2 times"),
    ((VISIT, VISIT.replace("31", "0")), "schedule.visits.8", "no day 0"),
    ((VISIT, VISIT + "    until_day: 20\n"), "schedule.visits.8", "before its day"),
    ((VISIT, VISIT + "    until_day: 90\n"), "schedule.visits.8", "without every_days"),
    ((VISIT, VISIT + "    cycles: later\n"), "schedule.visits.8", "for a visit with anchor: cycle"),
    ((VISIT, VISIT + "    every_days: 0\n"), "schedule.visits.8.every_days", "greater than 0"),
    ((VISIT, VISIT.replace("last-dose", "surgery")), "schedule.visits.8.anchor", "consent"),
    (("before_days: 14\n", "before_days: -14\n"), "before_days", "greater than or equal to 0"),
    (("  - id: dose\n    anchor: cycle\n    day: 1\n", "  - id: dose\n    anchor: cycle\n    day: 2\n"),
     "schedule.visits.2.day", "doses on day 2"),
    (("    - 4.0\n    - 24.0\n", "    - 24.0\n    - 4.0\n"), "schedule.scans.1.times_h", "must rise"),
    (("    - 4.0\n    - 24.0\n", "    - -4.0\n    - 24.0\n"), "schedule.scans.1.times_h", "greater than 0"),
    (("- id: pk\n", "- id: enrolled\n"), "analysis_sets.5", "declared 2 times"),
    # The zone.
    (("zone: Asia/Shanghai", "zone: Asia/Chengdu"), "zone", "no time zone"),
    (("zone: Asia/Shanghai", "zone: '../etc/passwd'"), "zone", "no time zone"),
    (("zone: Asia/Shanghai", "zone: ''"), "zone", "no time zone"),
    # Organs.
    ((KIDNEYS, KIDNEYS.replace("kidneys", "lacrimal glands")), "limits.value.0.region", "none of `regions`"),
    ((KIDNEYS, KIDNEYS.replace("23", "-23")), "limits.value.0.limit_gy", "greater than 0"),
    ((KIDNEYS, KIDNEYS.replace("alert", "ignore")), "limits.value.0.action", "alert"),
    (("{name: spleen,", "{name: liver,"), "dosimetry.regions.value.2", "declared 2 times"),
    (("{name: spleen, mass_g: 150", "{name: spleen, mass_g: 0"), "regions.value.2.mass_g", "greater than 0"),
    (flow("accepted_risk", "0.05", "5"), "dosimetry.accepted_risk", "less than 1"),
    (("{calibration: 0.05", "{calibration: 1.5"), "uncertainty.value.calibration", "less than 1"),
    ((*ALPHA[0], *ALPHA[1]), "limits.value.1.quantity", "emits α particles"),
    # Durations that nobody waits for, the sets, the design.
    (("longer_than_days: 7", "longer_than_days: 64"), "rules.0.longer_than_days", "never known by day 64"),
    (("at_most_days: 7}", "at_most_days: 64}"), "exceptions.1.at_most_days", "whatever is known by day 64"),
    (("- id: lu177-safety", "- id: ac225-safety"), "analysis_sets.3.id", "given Ac-225, which no agent"),
    (stated("sentinel_interval_days", "0", "43"), "escalation.sentinel", "longer than the window of 42"),
    (stated("sentinel_interval_days", "0", "-1"), "escalation.sentinel", "cannot be waited"),
    # Responses, blood and design.
    (flow("confidence_level", "0.95", "95"), "efficacy.confidence_level", "less than 1"),
    (flow("confirm_days", "21", "-21"), "efficacy.psa.confirm_days", "greater than or equal to 0"),
    (flow("progression_percent", "25.0", "0"), "efficacy.psa.progression_percent", "greater than 0"),
    (("    value: [[0, 4], [4, 8], [8, 24], [24, 48]]", "    value: [[0, 4], [3, 8]]"),
     "pharmacokinetics", "follow one another"),
    (("    value: [[0, 4], [4, 8], [8, 24], [24, 48]]", "    value: [[4, 0]]"),
     "pharmacokinetics", "follow one another"),
    (("[end of infusion, 5 min,", "[end of infusion, 5 weeks,"), "pharmacokinetics", "say 'end of"),
    (("value: rolling-six", "value: boin"), "escalation", "does not read"),
    # Criteria.
    (("  - id: E1\n    polarity: exclusion", "  - id: E1\n    polarity: inclusion"), "eligibility.criteria",
     "by its polarity"),
    (("  - id: I1\n    polarity: inclusion", "  - id: I1\n    polarity: exclusion"), "eligibility.criteria",
     "by its polarity"),
    ((LVEF, ""), "eligibility.criteria", "needs `limits`"),
    (("      at_least: 18\n", ""), "eligibility.criteria", "needs `at_least`"),
    (("      at_least: 18\n", "      at_least: -18\n"), "eligibility.criteria", "0 or more"),
    (("  - id: E4\n", "  - id: E3\n"), "eligibility", "declared twice"),
    (("      any: [E2.a, E2.b]", "      any: [E2.a, E2.z]"), "eligibility.criteria", "E2.z"),
    (("{unit: nmol/L, op: <, value: 1.7}", "{unit: nmol/L, op: <, value: 17}"), "eligibility.criteria",
     "50 ng/dL is 1.73 nmol/L, and the limit in that unit is 17"),
    (("window: {number: 30, unit: days", "window: {number: 0, unit: days"), "window.number", "greater"),
    ((LVEF, LVEF.replace("%", "furlong")), "atoms.4.limits", "lvef is not measured in 'furlong'"),
    ((LVEF, LVEF.replace("50.0", "5000")), "atoms.4.limits", "(1 to 95 %)"),
    (("      at_least: 18\n", "      at_least: 18\n      window: {number: 3, unit: days}\n"),
     "atoms.1.window", "the comparison age does not read `window`"),
    (("      at_least: 18\n", "      at_least: 18\n      at_most: 12\n"), "atoms.1.at_most", "more than"),
    (("members: [I5.a, I5.b, I5.c]", "members: [I5.a, I5.b, I5.c, I5.or]"), "eligibility.criteria", "I5.or"),
    (("  - name: months\n", "  - name: moons\n"), "eligibility.switches", "no rule reads a switch moons"),
    (("    values: [68Ga-PSMA-0057]", "    values: [PSMA-0057]"), "values", "names no tracer"),
    # What a clause of toxicity reads.
    (("terms: [Platelet count decreased], min_grade: 4", "terms: [Alopecia], min_grade: 4"),
     "safety.dlt.rules.2.terms", "CTCAE has no Alopecia of grade 4 (it has 1, 2)"),
    ((f"{MARROW}, min_grade: 3", "terms: [Nausea], min_grade: 4"), "safety.modification.1.terms",
     "CTCAE has no Nausea of grade 4"),
    (("evidence: other-event\n", "evidence: other-event\n        terms: [Nausea]\n"),
     "safety.dlt.rules.5.terms", "does not read `terms`"),
    (("evidence: death,", "evidence: death, min_grade: 3,"), "rules.7.min_grade", "does not read"),
    (("min_grade: 4, longer_than_days: 7", "min_grade: 4, with_bleeding_or_transfusion: true"),
     "rules.0.with_bleeding", "beside Platelet count decreased only"),
    (("min_grade: 4, longer_than_days: 7", "min_grade: 4, exceptions: [{terms: [Anemia], at_most_days: 3}]"),
     "rules.0.exceptions", "does not read `exceptions`"),
    (("evidence: liver-injury", "evidence: delay"), "rules.6.evidence", "needs `longer_than_days`"),
    (("evidence: liver-injury", "evidence: delay, longer_than_days: 14"), "rules.6.evidence", "has one"),
    (("{terms: [Fatigue], at_most_days: 7}", "{terms: [Fatigue], grades: [4], at_most_days: 7}"),
     "rules.5.exceptions", "CTCAE has no Fatigue of grade 4"),
    (("chemistry: {value: [", "chemistry: {value: [FOO, "), "assessments.chemistry", "is no laboratory"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "key", "says"), REFUSED)
def test_what_cannot_hold_is_refused_with_line_key_and_remedy(changes, key, says):
    text = TEXT
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text, "the reference study no longer says this"
        text = text.replace(old, new, 1)
    with pytest.raises(InputError) as raised:
        parse_study(text, "study.yaml")
    place, said = raised.value.place, str(raised.value)
    assert place.startswith("study.yaml, line ") and key in place, place
    assert says in said and raised.value.remedy
    assert not place.startswith("study.yaml, line 1,") or "identity" in place


def test_every_kind_of_refusal_is_here():
    assert len(REFUSED) >= 80


@pytest.mark.parametrize("name", ["nct07310355", "sdtm-oncology", "sdtm-pilot"])
def test_the_studies_that_ship_hold(name):
    path = ROOT / "studies" / name / "study.yaml"
    assert parse_study(path.read_text(encoding="utf-8"), str(path)).identity.title is not None


def with_design(**switches):
    """The reference study with another escalation section."""
    start, end = TEXT.index("\nescalation:\n") + 1, TEXT.index("\nsafety:\n") + 1
    said = {key: {"value": one, "source": "assumed", "why": "test"} for key, one in switches.items()}
    return TEXT[:start] + yaml.safe_dump({"escalation": said}) + TEXT[end:]


@pytest.mark.parametrize(
    ("design", "key", "says"),
    [
        ({"design": "boin", "target": 0.25, "start": 3}, "start", "begins at level 3, and there are 2"),
        (
            {"design": "boin", "target": 0.25, "cohort_size": 3, "largest": 2},
            "largest",
            "less than one cohort of 3",
        ),
        (
            {"design": "boin", "target": 0.25, "n_earlystop": 40, "largest": 18},
            "n_earlystop",
            "than 18 in all",
        ),
        ({"design": "crm", "target": 0.25, "prior": [0.1, 0.2, 0.3]}, "prior", "3 numbers for 2 levels"),
        ({"design": "blrm", "doses": [3.7, 6.0, 7.4]}, "doses", "3 numbers for 2 levels"),
        ({"design": "crm", "target": 0.25, "min_followup": 0.5}, "min_followup", "crm does not read"),
        ({"design": "crm", "target": 0.25, "initial_stage": 3}, "initial_stage", "crm does not read"),
        ({"design": "blrm", "doses": [3.7, 7.4]}, "doses", "do not rise as the levels do (3.7, 6)"),
    ],
)
def test_a_design_holds_beside_the_levels(design, key, says):
    with pytest.raises(InputError) as raised:
        parse_study(with_design(**design), "study.yaml")
    assert key in raised.value.place and says in str(raised.value)


@pytest.mark.parametrize("doses", [[3.7, 6.0], [3700.0, 6000.0], [100.0, 162.0]])
def test_the_doses_of_a_model_may_be_in_any_unit(doses):
    assert parse_study(with_design(design="blrm", doses=doses), "study.yaml").escalation is not None
