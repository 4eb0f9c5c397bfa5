"""Names, units and treatments as sites write them, from the record to a decision."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import load_study
from galu.protocol.words import LocalWords
from galu.record.disease import AdverseEvent
from galu.record.fact import Fact
from galu.record.people import Lab, PriorTherapy, Therapy
from galu.record.record import Entry, Record, record_of
from galu.record.treatment import Administration, Enrolment, Transfusion
from galu.safety.values import grade_patient_labs
from galu.trial.admission import check_admission
from galu.trial.adverse import grade_record
from galu.trial.safety import dlt_patients
from galu.trial.state import derive_state
from galu.trial.subjects import derive_subjects
from galu.trial.words import read_words
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
FIRST = date(2026, 3, 2)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _day(number: int) -> str:
    return (FIRST + timedelta(number - 1)).isoformat()


def _lab(name: str, on: str, value: float, test: str = "PLAT", unit: str = "10^9/L", **more: object) -> Lab:
    given = {"lower_limit": 150.0, "upper_limit": 400.0, **more}
    return Lab(id=name, subject="P", on=on, test=test, value=value, unit=unit, **given)  # type: ignore[arg-type]


def _record(*facts: Fact) -> Record:
    dosed = (
        Enrolment(id="e", subject="P", on=_day(-2), phase="escalation", level=1),
        Administration(id="a", subject="P", on=f"{_day(1)}T10:00", agent="177Lu-PSMA-0057", cycle=1),
    )
    known = enumerate((*dosed, *facts), 1)
    return record_of((Entry(seq, NOW, fact) for seq, fact in known), "Asia/Shanghai")


def _patient(*facts: Fact):  # type: ignore[no-untyped-def]
    record = read_words(STUDY, _record(*facts))
    (found,) = dlt_patients(STUDY, record, derive_subjects(STUDY, record))
    return found


@pytest.mark.parametrize("test", ["PLAT", "Platelets", "plt", "Thrombozyten", "血小板", "777-3"])
def test_a_test_is_read_by_any_name(test: str) -> None:
    (lab,) = _patient(_lab("l", _day(20), 9.0, test)).labs
    assert lab.test == "PLAT"


def test_a_study_names_its_own_tests() -> None:
    study = STUDY.model_copy(update={"vocabulary": LocalWords(tests={"Thrombos Nord": "PLAT"})})
    record = read_words(study, _record(_lab("l", _day(20), 9.0, "thrombos nord")))
    assert record.facts("lab")["test"].to_list() == ["PLAT"]
    assert not check_admission(study, _record(), [_lab("l", _day(20), 9.0, "thrombos nord")], NOW)
    with pytest.raises(ValueError, match="no laboratory test: write"):
        LocalWords(tests={"x": "PLATT"})
    with pytest.raises(ValueError, match="no CTCAE term"):
        LocalWords(events={"x": "Frobnication"})


@pytest.mark.parametrize(
    ("fact", "column", "remedy"),
    [
        (_lab("l", _day(20), 9.0, "Platlets"), "test", "did you mean Platelet"),
        (_lab("l", _day(20), 9.0, unit="spoon/L"), "unit", "write 10^9/L"),
        (
            PriorTherapy(id="t", subject="P", on=_day(-9), agent="enzalutamide", therapy_class="nhaa"),
            "therapy_class",
            "did you mean nha",
        ),
    ],
)
def test_an_unknown_word_is_refused_with_the_nearest(fact: Fact, column: str, remedy: str) -> None:
    (fault,) = check_admission(STUDY, _record(), [fact], NOW)
    assert fault.column == column and remedy in fault.remedy and fault.word


@pytest.mark.parametrize(
    ("agent", "product"),
    [
        ("Platelet transfusion", "platelets"),
        ("apheresis platelets, 1 unit", "platelets"),
        ("PLT 1U", "platelets"),
        ("2 units SDP", "platelets"),
        ("plaquettes", "platelets"),
        ("PLT count low", None),
        ("Packed red cells", "red cells"),
        ("Pegfilgrastim 6 mg", "g-csf"),
        ("Epoetin alfa", "esa"),
        ("Transfusion", "unknown"),
        ("重组人粒细胞刺激因子", "g-csf"),
        ("aspirin", None),
        ("platelet aggregation inhibitor", None),
    ],
)
def test_support_is_read_among_the_medication(agent: str, product: str | None) -> None:
    given = _patient(Therapy(id="t", subject="P", on=_day(16), agent=agent)).transfusions
    assert [one.product for one in given] == ([] if product is None else [product])


def test_a_transfusion_of_a_partly_known_day_is_not_lost() -> None:
    (given,) = _patient(Transfusion(id="t", subject="P", on="2026-03", product="platelets")).transfusions
    assert (given.day, given.until) == (date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("before", "base"),
    [
        ((_lab("b", f"{_day(1)}T09:00", 200.0),), 200.0),
        ((_lab("b", f"{_day(1)}T11:00", 200.0),), None),  # after the dose is not before it
        ((_lab("b", _day(1), 200.0),), 200.0),
        ((_lab("b", _day(-5), 180.0, baseline=True), _lab("c", _day(-1), 200.0)), 180.0),
        (
            (_lab("b", _day(-5), 200_000.0, "Platelets", "/uL", lower_limit=150_000, upper_limit=400_000),),
            200.0,
        ),
    ],
)
def test_one_baseline_for_rules_and_tables(before: tuple[Lab, ...], base: float | None) -> None:
    after = _lab("x", _day(20), 90.0)
    (lab,) = (one for one in _patient(*before, after).labs if one.ref == "x")
    assert lab.baseline == base
    record = read_words(STUDY, _record(*before, after))
    rows = grade_record(record, {"P": f"{_day(1)}T10:00"}, "5.0")
    assert rows.filter("is_baseline").height == (0 if base is None else 1)
    assert rows.filter(fact="x")["after_dose"].to_list() == [True]


def test_crossed_limits_are_not_known() -> None:
    (lab,) = _patient(_lab("l", _day(20), 200.0, lower_limit=400.0, upper_limit=150.0)).labs
    assert (lab.lower, lab.upper) == (None, None)


def _graded(*labs: Lab, term: str):  # type: ignore[no-untyped-def]
    record = read_words(STUDY, _record(*labs))
    return grade_record(record, {"P": f"{_day(1)}T10:00"}, "5.0").filter(term=term)


def test_the_tables_grade_calcium_corrected_and_show_it_as_measured() -> None:
    limits = {"lower_limit": 2.15, "upper_limit": 2.55}
    calcium = _lab("x", _day(20), 1.9, "Kalzium", "mmol/L", **limits)
    albumin = _lab("y", _day(19), 2.0, "Albumin", "g/dL", lower_limit=3.5, upper_limit=5.0)
    (row,) = _graded(calcium, albumin, term="Hypocalcemia").iter_rows(named=True)
    assert (row["value"], row["grade"]) == (1.9, 0)  # 1.9 + 0.02 x 20
    assert row["note"] == "2.3 mmol/L corrected for albumin 20 g/L"
    (row,) = _graded(calcium, term="Hypocalcemia").iter_rows(named=True)
    assert (row["grade"], row["note"]) == (2, "not corrected: albumin unknown")


@pytest.mark.parametrize(
    ("test", "text", "unit", "limits", "term"),
    [
        ("PLAT", "<100", "10^9/L", (150.0, 400.0), "Platelet count decreased"),
        ("PLAT", "<10", "10^9/L", (150.0, 400.0), "Platelet count decreased"),
        ("PLAT", ">600", "10^9/L", (150.0, 400.0), "Platelet count decreased"),
        ("NEUT", ">0.3", "10^9/L", (2.0, 7.0), "Neutrophil count decreased"),
        ("ALT", ">200", "U/L", (7.0, 45.0), "Alanine aminotransferase increased"),
        ("CA", "<1.6", "mmol/L", (2.15, 2.55), "Hypocalcemia"),
    ],
)
def test_tables_and_rules_read_a_bound_alike(
    test: str, text: str, unit: str, limits: tuple[float, float], term: str
) -> None:
    low, high = limits
    lab = Lab(
        id="x", subject="P", on=_day(20), test=test, text=text, unit=unit, lower_limit=low, upper_limit=high
    )
    base = _lab("b", _day(-1), (low + high) / 2.0, test, unit, lower_limit=low, upper_limit=high)
    table = _graded(base, lab, term=term).filter(fact="x")["grade"].to_list()
    rules = [g for one, g in grade_patient_labs(_patient(base, lab).labs, "5.0")[term] if one.ref == "x"]
    assert table == rules
    expected = {"<100": None, "<10": 4, ">600": 0, ">0.3": None, ">200": 2, "<1.6": None}
    assert table == [expected[text]]


def test_what_could_not_be_read_is_listed_once_with_what_settles_it() -> None:
    facts = (
        AdverseEvent(id="ae", subject="P", on=_day(12), term="Frobnicosis", grade=2, attribution="related"),
        AdverseEvent(id="ok", subject="P", on=_day(12), term="Anaemia", grade=2, attribution="related"),
        _lab("n", _day(20), 9.0, "Platlets"),
        _lab("u", _day(20), 9.0, unit="spoon/L"),
        _lab("t", _day(21), None, text="see report"),  # type: ignore[arg-type]
        _lab("q", _day(22), None, text="QNS"),  # type: ignore[arg-type]
        _lab("b", _day(23), None, text="<100"),  # type: ignore[arg-type]
        _lab("l", _day(24), 90.0, "ALT", "U/L", lower_limit=None, upper_limit=None),
        _lab("g", _day(25), 90.0),
    )
    found = derive_state(STUDY, _record(*facts), date(2026, 12, 1)).safety.unread
    assert [(one.kind, one.fact) for one in found] == [
        ("event term", "ae"), ("result", "u"), ("result", "t"), ("result", "b"), ("result", "l"),
        ("test name", "n"),
    ]  # fmt: skip
    why = {one.fact: one.why for one in found}
    assert "unit" in why["u"] and "no number" in why["t"] and "beyond" in why["b"] and "limit" in why["l"]
    assert all(one.remedy for one in found) and "Platelet" in found[-1].remedy


def test_a_test_declared_as_other_is_no_open_question() -> None:
    study = STUDY.model_copy(update={"vocabulary": LocalWords(tests={"Marker X": "other"})})
    state = derive_state(study, _record(_lab("m", _day(20), 9.0, "Marker X")), date(2026, 12, 1))
    assert not state.safety.unread
    (slot,) = state.board.slots
    assert "m" not in slot.facts
