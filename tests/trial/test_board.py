"""The board of a small trial: slots, windows, the rolling six decision, the signed RP2D."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from galu.protocol import load_study, parse_study
from galu.record import Entry, Fact, Record, fact_digest, record_of
from galu.record.conduct import Decision, Judgement, Retraction, Signature
from galu.record.disease import AdverseEvent, AdverseEventCourse
from galu.record.people import Consent, Death, Disposition, Lab, Withdrawal
from galu.record.treatment import Administration, Enrolment
from galu.trial.board import derive_board
from galu.trial.slots import Slot
from galu.trial.state import derive_state
from galu.trial.subjects import derive_subjects
from support import ROOT, weekly_counts

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU = "177Lu-PSMA-0057"
START = date(2026, 2, 2)


def _patient(number: int, level: int = 1) -> list[Fact]:
    day = (START + timedelta(days=number)).isoformat()
    name = f"P{number}"
    activity = {1: 3700.0, 2: 6000.0}[level]
    return [
        Consent(id=f"c{number}", subject=name, on=day),
        Enrolment(id=f"e{number}", subject=name, on=day, phase="escalation", level=level),
        Administration(
            id=f"a{number}",
            subject=name,
            on=f"{day}T10:00",
            agent=LU,
            cycle=1,
            planned_activity_mbq=activity,
            activity_mbq=activity,
        ),
        *weekly_counts(name, START + timedelta(days=number)),
    ]


def _record(*facts: Fact) -> Record:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return record_of([Entry(i + 1, now, fact) for i, fact in enumerate(facts)], "Asia/Shanghai")


def test_three_pending_keep_the_level_open_and_then_escalate() -> None:
    record = _record(*(fact for n in range(3) for fact in _patient(n)))
    board = derive_board(STUDY, record, START + timedelta(days=10))
    assert [slot.outcome for slot in board.slots] == ["P", "P", "P"]
    assert (board.may_enrol, board.next_level) == (True, 1)
    later = derive_board(STUDY, record, START + timedelta(days=60))
    assert [slot.outcome for slot in later.slots] == ["N", "N", "N"]
    assert (later.may_enrol, later.next_level) == (True, 2)
    assert later.due[0].due == START + timedelta(days=42)


def test_a_related_toxicity_is_a_dlt_and_two_close_the_level() -> None:
    facts = [fact for n in range(4) for fact in _patient(n)]
    for n in (0, 1):
        onset = (START + timedelta(days=20)).isoformat()
        facts.append(
            AdverseEvent(
                id=f"x{n}", subject=f"P{n}", on=onset, term="Hepatic failure", grade=4, attribution="related"
            )
        )
    board = derive_board(STUDY, _record(*facts), START + timedelta(days=60))
    assert [slot.outcome for slot in board.slots] == ["T", "T", "N", "N"]
    assert board.decision is not None and board.decision.action.value == "stop-no-dose"
    assert (board.may_enrol, board.phase) == (False, "stopped")
    assert "x0" in board.slots[0].facts


def test_the_rp2d_is_a_signed_decision_that_opens_the_expansion() -> None:
    facts = [fact for n in range(6) for fact in _patient(n)]
    facts += [fact for n in range(50, 56) for fact in _patient(n, level=2)]
    day = START + timedelta(days=120)
    before = derive_board(STUDY, _record(*facts), day)
    assert (before.phase, before.may_enrol) == ("awaiting RP2D", False)
    decision = Decision(
        id="d1", on=day.isoformat(), decision="rp2d", level=2, by="Safety committee", rests_on=("a0",)
    )
    unsigned = derive_board(STUDY, _record(*facts, decision), day)
    assert (unsigned.phase, unsigned.decisions[0].signed) == ("awaiting RP2D", False)
    board = derive_board(STUDY, _record(*facts, decision, _signature(decision)), day)
    assert (board.phase, board.may_enrol, board.next_level) == ("expansion", True, 2)
    assert board.decisions[0].signed and not board.decisions[0].stale
    other = decision.model_copy(update={"level": 1})
    broken = derive_board(STUDY, _record(*facts, other, _signature(decision)), day)
    assert broken.phase == "awaiting RP2D"  # the signature is of another content


def _signature(fact: Fact) -> Signature:
    return Signature(
        id="s1", on=fact.on, signs=fact.id, digest=fact_digest(fact), meaning="approved", signer="Chair"
    )


def test_a_suspension_says_when_it_ends_if_nothing_happens() -> None:
    facts = [fact for n in range(6) for fact in _patient(n)]
    board = derive_board(STUDY, _record(*facts), START + timedelta(days=10))
    assert board.decision is not None and board.decision.action.value == "suspend"
    # Five known without a DLT and one pending escalate: the fifth window decides.
    assert board.forecast == START + timedelta(days=4 + 41)


def test_a_sentinel_interval_holds_the_second_patient() -> None:
    text = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")
    place = "sentinel_interval_days:\n    value: 0"
    assert place in text
    study = parse_study(text.replace(place, "sentinel_interval_days:\n    value: 7"), "sentinel")
    record = _record(*_patient(0))
    held, free = (derive_board(study, record, START + timedelta(days=days)) for days in (3, 9))
    assert (held.may_enrol, free.may_enrol) == (False, True)


def test_an_order_the_design_never_allows_is_shown_not_raised() -> None:
    board = derive_board(STUDY, _record(*_patient(0, level=2)), START)
    assert not board.may_enrol
    assert "skips to level 2" in board.next_step


def _on(number: int) -> str:
    return (START + timedelta(days=number)).isoformat()


def _signed(number: int, kind: str, on: str, level: int | None = None) -> list[Fact]:
    made = Decision(id=f"d{number}", on=on, decision=kind, level=level, by="Safety committee")
    return [made, _signature(made).model_copy(update={"id": f"s{number}"})]


def _day(number: int) -> date:
    return START + timedelta(days=number)


ESCALATED = [fact for n in range(6) for fact in _patient(n)] + [
    fact for n in range(50, 56) for fact in _patient(n, level=2)
]
EXPANDING = [*ESCALATED, *_signed(1, "rp2d", _on(120), 2)]


@pytest.mark.parametrize(
    ("orders", "may"),
    [
        ([("suspend", 5, None)], False),
        ([("suspend", 5, None), ("close-level", 6, 2)], False),  # nothing but `resume` lifts a suspension
        ([("suspend", 5, None), ("resume", 6, None)], True),
        ([("resume", 4, None), ("suspend", 5, None)], False),
        ([("suspend", 5, None), ("resume", 5, None)], True),  # on one day the later written one counts
        ([("suspend", 5, None), ("resume", 6, None), ("suspend", 7, None)], False),
        ([("close-level", 5, 1)], False),
        ([("close-level", 5, 1), ("open-level", 6, 1)], True),
        ([("close-level", 5, 1), ("open-level", 6, 2)], False),
    ],
)
def test_signed_decisions_are_folded_in_their_order(
    orders: list[tuple[str, int, int | None]], may: bool
) -> None:
    facts = [fact for n in range(3) for fact in _patient(n)]
    for number, (kind, day, level) in enumerate(orders, start=1):
        facts += _signed(number, kind, _on(day), level)
    board = derive_board(STUDY, _record(*facts), _day(8))
    assert (board.may_enrol, board.held) == (may, not may)


def test_instants_in_other_zones_are_ordered_as_they_happened() -> None:
    facts = [fact for n in range(3) for fact in _patient(n)]
    later = _signed(2, "resume", f"{_on(5)}T18:00:00+00:00")
    facts += [*_signed(1, "suspend", f"{_on(6)}T01:00:00+08:00"), *later]
    assert derive_board(STUDY, _record(*facts), _day(8)).may_enrol


def test_a_closed_level_is_not_entered() -> None:
    facts = [fact for n in range(3) for fact in _patient(n)]
    closed = derive_board(STUDY, _record(*facts, *_signed(1, "close-level", _on(50), 2)), _day(60))
    assert (closed.may_enrol, closed.next_level) == (True, 1)
    assert "Level 2 is closed" in closed.next_step
    reopened = [*_signed(1, "close-level", _on(50), 2), *_signed(2, "open-level", _on(55), 2)]
    assert derive_board(STUDY, _record(*facts, *reopened), _day(60)).next_level == 2
    # Patients of the closed level are there, and the level below fills up.
    both = [fact for n in range(3) for fact in _patient(n)] + _patient(50, level=2)
    below = derive_board(STUDY, _record(*both, *_signed(1, "close-level", _on(60), 2)), _day(61))
    assert (below.may_enrol, below.next_level) == (True, 1)


def test_a_suspension_and_a_closure_hold_the_expansion() -> None:
    assert derive_board(STUDY, _record(*EXPANDING), _day(122)).may_enrol
    for order in (("suspend", None), ("close-level", 2), ("close-level", 1)):
        board = derive_board(STUDY, _record(*EXPANDING, *_signed(2, order[0], _on(121), order[1])), _day(122))
        assert (board.phase, board.may_enrol, board.held) == ("expansion", False, True), order


def _toxic(number: int, first: int = 130) -> list[Fact]:
    """A patient of the expansion with a dose-limiting toxicity five days after the dose."""
    place = first + number
    enrolled, *_ = (f for f in _patient(place, level=2) if isinstance(f, Enrolment))
    return [
        *(f for f in _patient(place, level=2) if not isinstance(f, Enrolment)),
        enrolled.model_copy(update={"phase": "expansion"}),
        AdverseEvent(
            id=f"x{place}", subject=f"P{place}", on=_on(place + 5), term="Hepatic failure", grade=4,
            attribution="related",
        ),
    ]  # fmt: skip


def test_toxicity_at_its_bound_holds_the_expansion_until_a_resume_that_knows_it() -> None:
    facts = [*EXPANDING, *(fact for n in range(10) for fact in _toxic(n))]
    board = derive_board(STUDY, _record(*facts), _day(160))
    assert board.monitor is not None and (board.monitor.dlts, board.monitor.evaluable) == (10, 16)
    assert (board.phase, board.may_enrol, board.held) == ("expansion", False, True)
    assert "10 of 16" in board.next_step
    early = [*EXPANDING, *_signed(2, "resume", _on(125)), *facts[len(EXPANDING) :]]
    assert derive_board(STUDY, _record(*early), _day(160)).held
    known = [*facts, *_signed(2, "resume", _on(161))]
    assert derive_board(STUDY, _record(*known), _day(162)).may_enrol
    # One that became known after the review, whenever it began, asks for another.
    again = [*known, *_toxic(10)]
    assert derive_board(STUDY, _record(*again), _day(165)).held
    assert derive_board(STUDY, _record(*again, *_signed(3, "resume", _on(166))), _day(166)).may_enrol


SEVERE = AdverseEvent(
    id="x1", subject="P0", on=_on(10), term="Hepatic failure", grade=3, attribution="related"
)
MILD = AdverseEvent(id="x2", subject="P0", on=_on(10), term="Nausea", grade=2, attribution="related")


def _judged(number: str, value: str, item: str = "dlt", on: str = "", by: str = "Dr A") -> Judgement:
    return Judgement(id=number, subject="P0", on=on or _on(20), item=item, value=value, by=by)


def _slot_of(*facts: Fact, day: int = 60) -> Slot:
    return derive_board(STUDY, _record(*_patient(0), *facts), _day(day)).slots[0]


def _platelets(on: int, value: float) -> Lab:
    return Lab(
        id="l1", subject="P0", on=_on(on), test="PLAT", value=value, unit="10^9/L", lower_limit=150,
        upper_limit=400,
    )  # fmt: skip


def _course(grade: int, on: int = 25) -> AdverseEventCourse:
    return AdverseEventCourse(id="k1", subject="P0", on=_on(on), event="x1", grade=grade)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([SEVERE], "T"),
        ([SEVERE, _judged("j", "no")], "N"),
        ([_platelets(18, 12.0), SEVERE, _judged("j", "no")], "N"),
        ([SEVERE, _judged("j", "no"), _platelets(18, 12.0)], "T"),  # written after the judgement
        ([_judged("j", "no"), SEVERE], "T"),
        ([SEVERE, _judged("j", "no"), _course(5)], "T"),
        ([SEVERE, _judged("j", "no"), _course(5, 15)], "T"),
        ([SEVERE, _judged("j", "no"), _course(1)], "N"),
        ([SEVERE, _course(5), _judged("j", "no", on=_on(30))], "X"),  # died in the window, of something else
        ([SEVERE, _judged("j", "no", by="")], "T"),
        ([SEVERE, _judged("j", "no", by=" ")], "T"),
        ([MILD, _judged("j", "yes", by="")], "P"),  # who says so?
        ([SEVERE, _judged("j", "no", "dlt:x1")], "N"),
        ([SEVERE, MILD, _judged("j", "no", "dlt:x2")], "T"),
        ([MILD, _judged("j", "yes", "dlt:x2")], "T"),
        (
            [
                MILD,
                _judged("j", "yes", "dlt:x2"),
                Retraction(id="r", on=_on(25), supersedes="x2", reason="wrong"),
            ],
            "N",
        ),
        # The instant orders two of one day, and the number in the record two of one instant; not the id.
        ([_judged("j9", "no", on=f"{_on(20)}T09:00"), _judged("j10", "yes", on=f"{_on(20)}T17:00")], "T"),
        ([_judged("j10", "yes", on=f"{_on(20)}T17:00"), _judged("j9", "no", on=f"{_on(20)}T09:00")], "T"),
        # Without an order of their own two of one day contradict each other, as those of two people do.
        ([_judged("j9", "yes"), _judged("j10", "no")], "P"),
        ([_judged("j10", "no"), _judged("j9", "yes")], "P"),
        ([_judged("j9", "yes"), _judged("j10", "no"), _judged("j11", "no", on=_on(21))], "N"),
        ([_judged("j1", "yes", on=f"{_on(20)}T09:00"), _judged("j2", "no", on=f"{_on(20)}T17:00")], "N"),
        (
            [
                _judged("j1", "yes", on=f"{_on(20)}T09:00"),
                _judged("j2", "no", on=f"{_on(20)}T17:00", by="Dr B"),
            ],
            "P",
        ),
        ([SEVERE, _judged("j9", "yes"), _judged("j10", "no", by="Dr B")], "T"),
        ([MILD, _judged("j1", "yes", "dlt:x2"), _judged("j2", "no", by="Dr B")], "P"),
        ([_judged("j", "yes", on="2026-02")], "T"),
        ([SEVERE, _judged("j", "no", on="2026-02")], "N"),
        ([SEVERE, _judged("j", "no"), _judged("u", "unknown", on=_on(30))], "T"),  # open again
        ([MILD, _judged("j", "yes"), _judged("u", "unknown", on=_on(30))], "P"),
        ([MILD, _judged("u", "unknown")], "P"),
    ],
)
def test_judgements_of_the_record_decide_what_they_saw(facts: list[Fact], expected: str) -> None:
    slot = _slot_of(*facts)
    assert slot.outcome == expected, slot.reason


def test_a_judgement_without_a_name_is_said_not_to_count() -> None:
    assert "without a name" in _slot_of(SEVERE, _judged("j", "no", by="")).reason


def test_a_judgement_follows_its_event_through_corrections() -> None:
    corrected = MILD.model_copy(update={"id": "x2b", "supersedes": "x2", "reason": "source"})
    assert _slot_of(MILD, _judged("j", "yes", "dlt:x2"), corrected).outcome == "T"
    worse = SEVERE.model_copy(update={"id": "x1b", "supersedes": "x1", "reason": "source", "grade": 4})
    assert _slot_of(SEVERE, _judged("j", "no", "dlt:x1"), worse).outcome == "T"


def test_a_decision_is_stale_when_what_it_looked_at_is_corrected() -> None:
    seen = [*_patient(0), MILD, _course(1).model_copy(update={"event": "x2"}), _platelets(18, 160.0)]
    board = derive_board(STUDY, _record(*seen), _day(60))
    assert board.slots[0].outcome == "N"
    rests = board.slots[0].facts
    made = Decision(id="d1", on=_on(60), decision="open-level", level=2, by="Committee", rests_on=rests)
    for old in (MILD, seen[-2], seen[-1]):
        new = old.model_copy(update={"id": "new", "supersedes": old.id, "reason": "source data"})
        record = _record(*seen, made, _signature(made), new)
        assert derive_board(STUDY, record, _day(61)).decisions[0].stale, old
    after = derive_board(STUDY, _record(*seen, made, _signature(made)), _day(61))
    assert not after.decisions[0].stale


def test_who_died_in_a_month_is_dead_although_the_day_is_not_known() -> None:
    death = Death(id="x", subject="P0", on="2026-02", cause="toxicity", related=True)
    state = derive_state(STUDY, _record(*_patient(0), death), _day(45))
    assert (state.flow.died, state.flow.on_treatment, state.board.due) == (1, 0, ())
    (slot,) = state.board.slots
    assert slot.outcome == "T" and "day not known" in slot.reason
    assert (state.subjects[0].dead, state.subjects[0].died) == (True, None)
    # In the month in which the window ends it may have been after it.
    assert _slot_of(death.model_copy(update={"on": "2026-03"}), day=45).outcome == "P"


@pytest.mark.parametrize(
    ("on", "related", "expected"),
    [(_on(20), True, "T"), ("2026-02", True, "T"), ("2026-03", True, "P"), ("2026-02", None, "P")],
)
def test_withdrawal_for_toxicity(on: str, related: bool | None, expected: str) -> None:
    left = Withdrawal(
        id="w", subject="P0", on=on, scope="treatment", cause="toxicity", toxicity_related=related
    )
    assert _slot_of(left, day=45).outcome == expected


def test_an_exit_for_toxicity_counts_beside_another() -> None:
    left = Withdrawal(id="w", subject="P0", on=_on(15), scope="treatment", toxicity_related=False)
    later = left.model_copy(update={"id": "v", "on": _on(20), "scope": "study", "toxicity_related": True})
    assert [_slot_of(left).outcome, _slot_of(left, later).outcome] == ["X", "T"]


def _screened(*later: tuple[type[Fact], str, dict[str, str]]) -> list[Fact]:
    first: list[Fact] = [Consent(id="c9", subject="S9", on=_on(1))]
    return first + [
        model(id=f"q{number}", subject="S9", on=on, **more) for number, (model, on, more) in enumerate(later)
    ]


FAILED = {"term": "SCREEN FAILURE"}
SEAT = {"phase": "escalation", "level": 1}


@pytest.mark.parametrize(
    ("later", "screening", "failed"),
    [
        ([], True, False),
        ([(Disposition, _on(3), FAILED)], False, True),
        ([(Disposition, "2026-02", FAILED)], False, True),
        ([(Disposition, _on(3), {"term": "FAILED SCREENING"})], False, True),
        ([(Disposition, _on(3), {"term": "COMPLETED SCREENING"})], True, False),
        ([(Disposition, _on(3), FAILED), (Consent, _on(40), {})], True, False),
        (
            [(Disposition, _on(3), FAILED), (Consent, _on(40), {}), (Disposition, _on(45), FAILED)],
            False,
            True,
        ),
    ],
)
def test_screening(
    later: list[tuple[type[Fact], str, dict[str, str]]], screening: bool, failed: bool
) -> None:
    record = _record(*_screened(*later))
    assert derive_board(STUDY, record, _day(50)).screening == (("S9",) if screening else ())
    (subject,) = derive_subjects(STUDY, record)
    assert subject.failed == failed


def test_a_screen_failure_before_the_dose_frees_the_slot() -> None:
    seat = (Enrolment, _on(3), SEAT)
    gone = _screened(seat, (Disposition, _on(4), FAILED))
    assert derive_board(STUDY, _record(*gone), _day(9)).slots[0].outcome == "X"
    again = _screened((Disposition, _on(2), FAILED), (Consent, _on(3), {}), seat)
    assert derive_board(STUDY, _record(*again), _day(9)).slots[0].outcome == "P"
    anew = derive_board(STUDY, _record(*gone, Consent(id="c10", subject="S9", on=_on(8))), _day(9))
    assert (anew.slots, anew.screening) == ((), ("S9",))


def test_whoever_failed_screening_uses_up_no_place_that_is_not_replaced() -> None:
    """As in simulated trials: the place was never taken, while one lost after the dose keeps it."""
    text = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")
    kept = parse_study(
        text.replace("replace_inevaluable:\n    value: true", "replace_inevaluable:\n    value: false"),
        "kept",
    )
    toxic = AdverseEvent(
        id="x", subject="P0", on=_on(20), term="Hepatic failure", grade=4, attribution="related"
    )
    five = [fact for n in range(5) for fact in _patient(n)] + [toxic]
    failed = _screened((Enrolment, _on(3), SEAT), (Disposition, _on(4), FAILED))
    board = derive_board(kept, _record(*five, *failed), _day(60))
    assert sorted(slot.outcome for slot in board.slots) == ["N", "N", "N", "N", "T", "X"]
    assert board.decision is not None
    assert (board.decision.action.value, board.decision.level) == ("same", 1)
    lost = Withdrawal(id="w", subject="P5", on=_on(15), scope="treatment", toxicity_related=False)
    board = derive_board(kept, _record(*five, *_patient(5), lost), _day(60))
    assert sorted(slot.outcome for slot in board.slots) == ["N", "N", "N", "N", "T", "X"]
    assert board.decision is not None and board.decision.action.value == "stop-no-dose"


def test_who_was_dosed_stays_in_the_level_whatever_is_said_of_screening() -> None:
    said = Disposition(id="q", subject="P0", on=_on(9), term="SCREEN FAILURE")
    # Screening cannot fail after the dose: somebody left, and why is asked.
    assert _slot_of(said, Consent(id="c10", subject="P0", on=_on(12))).outcome == "P"


def test_a_completed_screening_is_no_completed_treatment() -> None:
    def said(on: str) -> Disposition:
        return Disposition(id="q", subject="P0", on=on, term="COMPLETED", category="DISPOSITION EVENT")

    for on, completed in ((_on(-1), False), (_on(200), True)):
        (subject,) = derive_subjects(STUDY, _record(*_patient(0), said(on)))
        assert subject.completed == completed


@pytest.mark.parametrize(("counts", "may"), [("dosed with therapy", True), ("enrolled", False)])
def test_who_left_before_the_dose_takes_a_place_where_the_enrolled_count(counts: str, may: bool) -> None:
    text = (ROOT / "studies" / "nct07310355" / "study.yaml").read_text(encoding="utf-8")
    text = text.replace("  target:\n    value: 49\n", "  target:\n    value: 4\n", 1)
    study = parse_study(text.replace("value: dosed with therapy", f"value: {counts}"), "study.yaml")
    gone = [
        Consent(id="c9", subject="P9", on="2026-03-20"),
        Enrolment(id="e9", subject="P9", on="2026-03-21", phase="expansion", level=1),
        Withdrawal(id="w9", subject="P9", on="2026-03-22", scope="study", cause="Withdrawal by subject"),
    ]
    signed = _signed(9, "rp2d", (START + timedelta(days=55)).isoformat(), 1)
    record = _record(*(fact for n in range(3) for fact in _patient(n)), *signed, *gone)
    board = derive_board(study, record, START + timedelta(days=60))
    assert (board.phase, board.may_enrol) == ("expansion", may)
