"""A site's day: mass balance by item, what a dose lacks, what went wrong, slots, orders, tracer doses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from galu.record import Fact, fact_digest
from galu.record.conduct import Retraction, Signature
from galu.record.people import Consent
from galu.record.site import (
    ActivityOrder,
    Calibration,
    Elution,
    ExposureRate,
    Incident,
    OrderStep,
    PreparationCheck,
    Prescription,
    QualityControl,
    Receipt,
    Release,
    SlotStep,
)
from galu.record.treatment import Administration, Dispensed, Residual, Scan
from galu.trial.site_given import Remark
from galu.trial.state import TrialState
from galu.trial.worklist import derive_worklist
from one_patient import FIRST, LU, STUDY, given, judged, on, patient, slot, state, well

DAY = on(1)
PLAN = STUDY.site
assert PLAN is not None and PLAN.preparation is not None
STEPS = PLAN.preparation.value


def of(kind: type[Fact], name: str, time: str = "", **cells: object) -> Fact:
    """A fact of the first dose of A."""
    row = {"id": name, "subject": "A", "on": f"{DAY}{time}", "agent": LU, "cycle": 1, **cells}
    return kind.model_validate({key: value for key, value in row.items() if key in kind.model_fields})


def drawn(mbq: float = 3700.0, **cells: object) -> Fact:
    more = {"calibrator": "CRC-1", "second_person": "Nurse Xu", "batch": "B7", **cells}
    return of(Dispensed, "d", "T10:00", activity_mbq=mbq, **more)


def left(mbq: float, item: str | None = None) -> Fact:
    return of(Residual, f"r-{item}", "T10:00", activity_mbq=mbq, item=item, calibrator="CRC-1")


def dose(**cells: object) -> Administration:
    row = {"id": "a", "subject": "A", "on": f"{DAY}T10:00", "agent": LU, "cycle": 1, "way": "pump"}
    more = {"planned_activity_mbq": 3700, "ended": f"{DAY}T10:20", **row, **cells}
    return Administration.model_validate(more)


def prescribed(name: str, time: str, version: int, mbq: float, second: str | None = "Li Na") -> Fact:
    cells = {"version": version, "activity_mbq": mbq, "prescribed_by": "Dr Wu", "confirmed_by": second}
    return of(Prescription, name, time, **cells)


def whole() -> list[Fact]:
    """Everything that the study asks of a dose."""
    return [
        prescribed("p", "T08:00", 1, 3700),
        drawn(),
        left(20, "syringe"),
        *(of(PreparationCheck, f"k{n}", "T09:00", step=one, passed=True, initials="XL")
          for n, one in enumerate(STEPS)),
        of(Receipt, "rc", "T07:00", batch="B7", appearance="as specified", wipe_test="clean", accepted=True,
           purity_percent=97, first_person="Xu", second_person="Li Na", expires=f"{on(4)}T07:00"),
        Calibration(id="cal", on=on(-100), calibrator="CRC-1", check="traceable", passed=True),
        of(ExposureRate, "x", "T16:00", rate_usv_h=20, distance_m=1, meter="M1"),
        of(Release, "rel", "T16:30", released_by="Officer Zhao"),
    ]  # fmt: skip


def day_with(*facts: Fact, given_as: Fact | None = None, day: int = 3) -> TrialState:
    return state(patient(*facts, dose=given_as or dose()), day)


def remarks(found: TrialState, rule: str) -> list[Remark]:
    return [one for one in found.remarks if one.rule == rule]


def test_a_day_that_is_recorded_whole_asks_for_nothing() -> None:
    found = day_with(*whole())
    assert found.remarks == ()
    assert found.subjects[0].therapy[0].net_mbq == pytest.approx(3680)
    assert not [one for one in derive_worklist(found) if one.group == "to be recorded"]


@pytest.mark.parametrize(
    ("items", "net"),
    [
        ({"vial": 1500.0, "tubing": 200.0}, 2000.0),
        ({"pads": 2200.0, "skin": 60.0, "syringe": 40.0}, 1400.0),
        ({None: 20.0}, 3680.0),
        ({"vial": 3560.0, "tubing": 300.0}, 0.0),  # within what a calibrator can tell
    ],
)
def test_what_is_left_in_each_item_is_not_given(items: dict[str | None, float], net: float) -> None:
    (given_,) = day_with(drawn(), *(left(mbq, item) for item, mbq in items.items())).subjects[0].therapy
    assert given_.net_mbq == pytest.approx(net)
    assert given_.balance is not None and given_.balance.left_mbq == pytest.approx(sum(items.values()))


@pytest.mark.parametrize(
    ("facts", "stated", "words"),
    [
        ([left(100, "vial")], 3700.0, None),
        ([left(600, "vial")], 3700.0, "more than 5% apart"),
        ([left(5000, "vial")], None, "are left over of"),
        ([], 5000.0, "were drawn"),
        ([left(100, "vial"), left(100)], None, "several activities"),
    ],
)
def test_a_balance_that_does_not_close_is_no_activity(
    facts: list[Fact], stated: float | None, words: str | None
) -> None:
    found = day_with(drawn(), *facts, given_as=dose(activity_mbq=stated))
    (given_,) = found.subjects[0].therapy
    assert (given_.net_mbq is None) == (words is not None)
    assert words is None or words in given_.reason
    if words is not None and "several" not in words:
        assert remarks(found, "mass balance") and any(one.rule == "mass balance" for one in found.deviations)


OFF: list[tuple[list[Fact], str, str]] = [
    ([prescribed("p2", "T08:30", 2, 1850)],
     "prescription", "of the prescribed 1850 MBq"),
    ([prescribed("p2", "T12:00", 2, 1850)],
     "prescription", "after the dose began"),
    ([prescribed("p2", "T08:30", 2, 3700, "Dr Wu")],
     "prescription", "not confirmed by two persons"),
    ([prescribed("p2", "T08:30", 2, 3700, "n/a")],
     "prescription", "not confirmed by two persons"),
    ([of(PreparationCheck, "k9", "T09:00", step=STEPS[0], passed=False, initials="XL")],
     "preparation", "did not pass"),
    ([Calibration(id="cal2", on=on(-1), calibrator="crc-1", check="constancy", passed=False)],
     "calibrator", "failed its constancy check"),
    ([QualityControl(id="q", on=f"{DAY}T07:00", batch="B7", test="Radiochemical purity", value=93)],
     "purity", "below 95 %"),
    ([of(Receipt, "rc2", "T07:00", batch="B7", accepted=False)], "receipt", "not accepted"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "rule", "words"), OFF, ids=[words for _, _, words in OFF])
def test_what_departs_is_named_with_its_facts(facts: list[Fact], rule: str, words: str) -> None:
    found = [one for one in remarks(day_with(*whole(), *facts), rule) if words in one.what]
    assert found and {fact.id for fact in facts} & set(found[0].facts)


LACKING = {
    Prescription: "no prescription", PreparationCheck: "not initialled", Receipt: "no receipt",
    Calibration: "no traceable calibration", Release: "no release", ExposureRate: "without a dose rate",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "words"), LACKING.items())
def test_what_is_not_recorded_is_asked_for(kind: type[Fact], words: str) -> None:
    facts = [one for one in whole() if not isinstance(one, kind)]
    found = day_with(*facts)
    assert any(words in one.what and one.asked for one in found.remarks)
    assert any(words in one.why for one in derive_worklist(found) if one.group == "to be recorded")


def test_a_calibration_of_two_years_ago_is_overdue_and_one_of_next_week_is_none() -> None:
    facts = [one for one in whole() if not isinstance(one, Calibration)]
    for number, words in ((-700, "more than 365 days"), (9, "no traceable calibration")):
        cal = Calibration(id="c9", on=on(number), calibrator="CRC-1", check="traceable", passed=True)
        assert any(words in one.what for one in remarks(day_with(*facts, cal), "calibrator"))


def test_an_electronic_signature_is_the_second_person_while_it_fits() -> None:
    alone = prescribed("p", "T08:00", 1, 3700, None)
    signed = Signature(
        id="s", on=DAY, signs="p", digest=fact_digest(alone), meaning="confirmed", signer="Dr Chen"
    )
    rest = whole()[1:]
    assert remarks(day_with(*rest, alone), "prescription")
    assert not remarks(day_with(*rest, alone, signed), "prescription")
    other = signed.model_copy(update={"digest": "0" * 64})
    assert remarks(day_with(*rest, alone, other), "prescription")


def leak(**cells: object) -> Fact:
    return of(Incident, "i", "T10:10", what="leak", **cells)


def test_an_incident_at_the_first_dose_asks_whether_it_can_be_judged_whatever_it_says_of_itself() -> None:
    told = leak(cause="loose line", decided="go on", decided_by="Dr Wu", effect="none")
    clean = [*patient(*well(), dose=given())]
    assert slot(clean).outcome == "N"
    assert slot([*clean, told]).outcome == "P"
    assert "leak at the first dose" in slot([*clean, told]).reason
    assert slot([*clean, told, judged("yes", "j", item="dlt-evaluable")]).outcome == "N"
    taken_back = Retraction(id="t", on=on(5), supersedes="i", reason="it was saline")
    assert slot([*clean, told, taken_back]).outcome == "N"


def test_an_incident_lacks_what_nobody_said_and_a_decider_settles_a_departure() -> None:
    (one,) = remarks(day_with(*whole(), leak(cause="loose line")), "incident")
    assert one.asked == "say what was decided, who decided, its effect on evaluability"
    low = [
        of(
            Prescription,
            "p",
            "T08:00",
            version=1,
            activity_mbq=4500,
            prescribed_by="Dr Wu",
            confirmed_by="Li",
        )
    ]
    rest = whole()[1:]
    assert remarks(day_with(*rest, *low), "prescription")[0].asked
    decided = of(Incident, "i", "T09:40", what="wrong-activity", decided="give it", decided_by="Dr Wu")
    assert not remarks(day_with(*rest, *low, decided), "prescription")[0].asked


def step(name: str, subject: str, what: str, number: int = -2, **cells: object) -> Fact:
    row = {"id": name, "subject": subject, "on": on(number), "step": what, "level": 1, "by": "Dr Wu", **cells}
    return SlotStep.model_validate(row)


def consents(*names: str) -> list[Fact]:
    return [Consent(id=f"c-{name}", subject=name, on=on(-20)) for name in names]


def test_a_reserved_slot_holds_its_place_in_the_rolling_six_and_a_request_does_not() -> None:
    names = [f"S{n}" for n in range(6)]
    asked = [step(f"q{name}", name, "requested") for name in names]
    kept = [step(f"k{name}", name, "reserved", -1) for name in names]
    free = state([*consents(*names), *asked], 1).board
    assert free.may_enrol and not free.slots and {one.step for one in free.reservations} == {"requested"}
    full = state([*consents(*names), *asked, *kept], 1).board
    assert not full.may_enrol and len(full.slots) == 6 and {one.outcome for one in full.slots} == {"P"}
    again = state([*consents(*names), *asked, *kept, step("z", "S3", "cancelled", 1)], 1).board
    assert again.may_enrol and len(again.slots) == 5


def test_an_enrolment_uses_its_reservation_and_a_cancelled_one_frees_the_place() -> None:
    held = step("k", "A", "approved", -4)
    found = state(patient(held), 20).board
    assert len(found.slots) == 1 and found.reservations[0].used
    waiting = [one for one in patient(held) if not isinstance(one, Administration)]
    assert state(waiting, 1).board.slots[0].outcome == "P"
    freed = state([*waiting, step("f", "A", "cancelled", 1)], 1).board
    assert freed.slots[0].outcome == "X" and "cancelled" in freed.slots[0].reason


def orders(facts: list[Fact], day: int) -> list[str]:
    return [f"{one.due} {one.why}" for one in state(facts, day).agenda if one.what.startswith("order")]


def test_activity_is_ordered_two_weeks_ahead_of_the_next_dose() -> None:
    due = FIRST + timedelta(days=42)
    assert orders(patient(), 20) == []
    (line,) = orders(patient(), 24)
    assert line.startswith(str(due - timedelta(days=14)))
    order = ActivityOrder(id="o", subject="A", on=on(24), agent=LU, cycle=2, activity_mbq=3700)
    assert orders(patient(order), 24) == []
    held = OrderStep(id="os", on=on(26), order="o", step="held", comment="customs")
    assert "is held" in orders(patient(order, held), 26)[0]
    assert orders(patient(order, held, OrderStep(id="oz", on=on(27), order="o", step="dispatched")), 27) == []


def test_a_first_dose_is_ordered_for_the_day_that_its_slot_plans() -> None:
    way = consents("B")
    assert "is not planned" in orders([*way, step("k", "B", "reserved")], 1)[0]
    (line,) = orders([*way, step("k", "B", "reserved", planned=on(20))], 3)
    assert line.startswith(on(6))


GA = "68Ga-PSMA-0057"


def traced(control: str, scan: str, passed: bool | None = True) -> TrialState:
    row = {"subject": "A", "agent": GA, "cycle": 0}
    facts: list[Fact] = [
        Elution(id="e1", on=f"{on(-5)}T08:00", batch="G1", generator="GeGa-7", activity_mbq=900),
        QualityControl(id="q1", on=f"{on(-5)}T{control}", batch="G1", test="appearance", passed=passed),
        Dispensed.model_validate(
            {"id": "d0", "on": f"{on(-5)}T09:00", "activity_mbq": 150, "batch": "G1", **row}
        ),
        Administration.model_validate({"id": "a0", "on": f"{on(-5)}T09:10", "activity_mbq": 148, **row}),
        Scan.model_validate({"id": "s0", "on": f"{on(-5)}T{scan}", "modality": "PET", **row}),
    ]  # fmt: skip
    return state(patient(*facts), 3)


def test_a_tracer_dose_is_traced_from_the_generator_to_the_camera() -> None:
    found = traced("08:40", "10:10")
    (chain,) = found.chains
    assert (chain.batch, chain.passed, chain.uptake_minutes) == ("G1", True, 60.0)
    assert not remarks(found, "quality control")
    for control, scan, passed, words in (
        ("09:30", "10:10", True, "before the control"),
        ("08:40", "12:10", True, "scanned 180 min"),
        ("08:40", "10:10", False, "did not pass"),
        ("08:40", "10:10", None, "no passed control"),
    ):
        assert any(words in one.what for one in remarks(traced(control, scan, passed), "quality control"))
