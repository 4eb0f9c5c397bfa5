"""What the pages of a trial show: by role, on any day, and nothing that looking writes."""

from datetime import date, timedelta

import pytest

from galu.desk.folder import create_trial, open_trial
from galu.desk.identity import acts
from galu.desk.pages.audit import Wanted, audit_trail
from galu.desk.pages.board import board_page
from galu.desk.pages.home import ORDER, home
from galu.desk.pages.screening import screening
from galu.desk.pages.subject import subject_page, subjects
from galu.finding import InputError, NotThereError
from galu.record.people import Consent, Demographics
from galu.record.treatment import Administration, Enrolment
from support import ROOT, weekly_counts

STUDY = ROOT / "studies" / "nct07310355"
LU = "177Lu-PSMA-0057"
TODAY = date.today()


def ago(days):
    return (TODAY - timedelta(days=days)).isoformat()


@pytest.fixture
def folder(tmp_path):
    """Two patients inside their windows at level 1, one in screening."""
    trial = create_trial(STUDY, tmp_path / "t", "observed")
    facts = []
    for name, first in (("A", 20), ("B", 10)):
        facts += [
            Demographics(id=f"{name}-d", subject=name, on=ago(60), site="Wuhan", sex="M"),
            Consent(id=f"{name}-c", subject=name, on=ago(60)),
            Enrolment(id=f"{name}-e", subject=name, on=ago(first + 2), phase="escalation", level=1),
            Administration(id=f"{name}-a", subject=name, on=f"{ago(first)}T10:00", agent=LU, cycle=1,
                           planned_activity_mbq=3700, activity_mbq=3700),
            *[one for one in weekly_counts(name, TODAY - timedelta(first)) if one.on <= TODAY.isoformat()],
        ]  # fmt: skip
    facts.append(Consent(id="S-c", subject="S", on=ago(3)))
    trial.store.append(facts)
    trial.store.close()
    return tmp_path / "t"


@acts("read")
def entries(folder):
    return len(open_trial(folder).record)


def test_the_board_says_what_may_follow_and_writes_nothing(folder):
    before = entries(folder)
    page = board_page(folder)
    assert "level 1 (3.7 GBq)" in str(page.answer) and not page.what_if.changed
    assert {one.subject for one in page.what_if.flips} == {"A", "B"}
    both = board_page(folder, turned={"A": "T", "B": "T"})
    assert both.what_if.changed and "2 with a DLT" in both.what_if.reason
    assert both.board.slots == page.board.slots
    assert str(board_page(folder, turned={"A": "T"}).what_if.answer) != str(both.what_if.answer)
    assert entries(folder) == before


@pytest.mark.parametrize("turned", [{"S": "T"}, {"A": "X"}, {"nobody": "N"}])
def test_only_who_is_pending_can_be_turned(folder, turned):
    with pytest.raises(InputError, match="turns nobody"):
        board_page(folder, turned=turned)


def test_a_lane_counts_its_patients(folder):
    lanes = {(one.level, one.phase): dict(one.counts) for one in board_page(folder).lanes}
    assert lanes[1, "escalation"] == {"pending": 2} and lanes[2, "escalation"] == {}


def test_every_role_has_an_order_of_the_same_lists():
    assert len({frozenset(order) for order in ORDER.values()}) == 1
    assert ORDER["monitor"][0] == "queries" and ORDER["committee"][0] == "committee"


def test_home_tells_what_is_due_and_by_site(folder):
    found = home(folder)
    assert {one.subject for one in found.blocked} >= {"S"}
    assert found.meeting.pending == ("A", "B") and found.meeting.next_window is not None
    assert home(folder, site="Wuhan").blocked == tuple(one for one in found.blocked if one.subject != "S")
    assert all(one.until is None or one.until < TODAY for one in found.overdue)


def test_the_matrix_opens_a_cell_with_its_evidence(folder):
    found = screening(folder, cell=("S", "I1"))
    assert [one.subject for one in found.lines] == ["S"] and not found.ready
    assert found.opened and {one.state for one in found.opened.pieces} <= {"yes", "no", "unk", "later"}
    facts = [fact for one in found.opened.pieces for fact, _ in one.facts]
    assert "S-c" in facts
    assert len(screening(folder, everybody=True).lines) == 3
    with pytest.raises(InputError, match="no cell"):
        screening(folder, cell=("S", "I99"))


def test_a_subject_has_its_course_and_bands_that_follow_on(folder):
    page = subject_page(folder, "A")
    assert [one.test for one in page.courses][:2] == ["PLAT", "NEUT"]
    for course in page.courses:
        for harder, milder in zip(course.bands[1:], course.bands, strict=False):
            assert harder.high == milder.low or harder.low == milder.high
    assert page.strips and page.slot and page.slot.outcome == "P"
    assert {one.subject.id for one in subjects(folder).lines} == {"A", "B", "S"}
    with pytest.raises(NotThereError):
        subject_page(folder, "nobody")


def test_a_day_before_the_record_began_is_refused(folder):
    with pytest.raises(InputError, match="had not begun"):
        home(folder, date(2020, 1, 1))


def test_the_trail_is_searched_by_who_whom_what_and_words(folder):
    everything = audit_trail(folder, Wanted())
    assert everything.found == entries(folder)
    assert [one.entry for one in everything.rows] == sorted((r.entry for r in everything.rows), reverse=True)
    doses = audit_trail(folder, Wanted(kind="administration", subject="A"))
    assert [one.fact for one in doses.rows] == ["A-a"] and "3700" in doses.rows[0].words
    assert {one.kind for one in audit_trail(folder, Wanted(words="plat 210")).rows} == {"lab"}
    assert audit_trail(folder, Wanted(words="plat nonsense")).rows == ()
    assert audit_trail(folder, Wanted(changed=True)).found == 0
    assert audit_trail(folder, Wanted(last=date(2020, 1, 1))).found == 0
