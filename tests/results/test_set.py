"""The set of a small trial, of one with nothing in it, and of a public one: whole, and never a traceback."""

from __future__ import annotations

from datetime import date

import pytest

from galu.desk.folder import open_trial
from galu.record.disease import AdverseEvent
from galu.results import build_set
from galu.trial.state import derive_state
from one_patient import on, patient, state
from report.trial_folder import day, make_trial


def page_of(pages, number: str):
    return next(page for page in pages if page.number == number)


def row_of(page, label: str) -> list[str]:
    return next([cell.text for cell in row.cells] for row in page.rows if row.label == label)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("trial") / "t"
    make_trial(folder)
    trial = open_trial(folder)
    return build_set(
        derive_state(trial.study_on(date.fromisoformat(day(90))), trial.record, date.fromisoformat(day(90)))
    )


def test_every_number_counts_members_of_its_column_with_a_fact_or_what_lacks(pages) -> None:
    for page in (one for one in pages if one.kind == "table"):
        for row in page.rows:
            for cell, members in zip(row.cells, page.members, strict=True):
                assert set(cell.subjects) <= set(members), (page.number, row.label)
                if row.who and cell.subjects:
                    assert set(cell.subjects) <= set(row.who), (page.number, row.label)


def test_disposition_of_the_small_trial(pages) -> None:
    page = page_of(pages, "14.1.1")
    assert row_of(page, "Screened")[-1] == "3 (100.0)"
    assert row_of(page, "Screen failures")[-1] == "1 (33.3)"
    assert row_of(page, "Received the therapeutic agent")[-1] == "2 (66.7)"
    assert row_of(page, "Died")[-1] == "1/2 (50.0)"


def test_numbers_are_those_of_the_report_s_sections_in_order(pages) -> None:
    numbers = [tuple(map(int, page.number.split("."))) for page in pages]
    assert numbers == sorted(numbers) and len(set(numbers)) == len(numbers) > 45


def test_a_trial_with_nobody_has_every_page_and_says_so() -> None:
    pages = build_set(state([], 1))
    assert len(pages) > 45
    for page in pages:
        assert page.notes, page.number
        told = {cell.text for row in page.rows for cell in row.cells} if page.kind == "table" else set()
        assert told <= {"", "0", "–", "NE", "0/0", "0 [0]"}, page.number


EVENT = AdverseEvent(id="ae", subject="A", on=on(10), term="Nausea", attribution="related", serious=False)


def test_an_event_without_a_grade_is_counted_and_not_as_mild() -> None:
    page = page_of(build_set(state(patient(EVENT), 60)), "14.3.1.3")
    assert row_of(page, "Any event")[-1] == "1 (100.0)"
    assert row_of(page, "grade not stated")[-1] == "1 (100.0)"
    assert row_of(page, "grade 1")[-1] == "0" and row_of(page, "grade 3 or more")[-1] == "0"


@pytest.mark.parametrize(
    ("change", "label", "text"),
    [
        ({"grade": 3}, "Grade 3 or more", "1 (100.0) [1]"),
        ({"grade": 2}, "Grade 3 or more", "0 [0]"),
        ({"grade": 3, "outcome": "FATAL"}, "Fatal", "1 (100.0) [1]"),
        ({"attribution": None}, "Related", "1 (100.0) [1]"),
        ({"attribution": "unrelated"}, "Related", "0 [0]"),
        ({"serious": None}, "Not known whether serious", "1 (100.0) [1]"),
        ({"serious": None}, "Serious", "0 [0]"),
        ({"action": "DRUG WITHDRAWN"}, "Leading to the end of treatment", "1 (100.0) [1]"),
        ({"on": on(-5)}, "Any event", "0 [0]"),
        ({"on": "2026-02"}, "Any event", "1 (100.0) [1]"),
        ({"term": "Dry mouth"}, "Of special interest: dry mouth", "1 (100.0) [1]"),
    ],
)
def test_rows_of_the_overview(change: dict[str, object], label: str, text: str) -> None:
    event = AdverseEvent.model_validate({**EVENT.model_dump(exclude={"kind"}), **change})
    assert row_of(page_of(build_set(state(patient(event), 60)), "14.3.1.1"), label)[-1] == text


def test_two_events_of_one_subject_are_one_subject() -> None:
    again = replace_id(EVENT, "ae2")
    page = page_of(build_set(state(patient(EVENT, again), 60)), "14.3.1.2")
    assert row_of(page, "Nausea")[-1] == "1 (100.0) [2]"


def replace_id(event: AdverseEvent, name: str) -> AdverseEvent:
    return event.model_copy(update={"id": name})
