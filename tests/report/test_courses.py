"""Laboratory courses: one unit a test, the bands of the table of cuts, who stands out, nothing lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from galu.record import Fact
from galu.record.people import Lab
from galu.report.courses import MULTIPLES, Courses, derive_courses
from galu.report.sections.laboratory import courses
from galu.trial.state import TrialState, derive_state
from report.trial_folder import FIRST, day, make_trial


def _state(folder: Path, *facts: Fact) -> TrialState:
    trial = make_trial(folder / "t")
    moment = datetime.fromisoformat(f"{day(91)}T10:00:00+00:00")
    if facts:
        trial.store.append(list(facts), [moment] * len(facts))
    on = FIRST + timedelta(days=120)
    return derive_state(trial.study_on(on), trial.record, on)


def _of(state: TrialState, test: str) -> Courses:
    return next(one for one in derive_courses(state) if one.test == test)


def test_platelets_pass_through_the_bands_that_ctcae_prints(tmp_path: Path) -> None:
    found = _of(_state(tmp_path), "PLAT")
    assert found.unit == "10^9/L"
    # CTCAE v5.0: below the lower limit (125 here), 75, 50, 25.
    assert found.cuts == ((1, 125.0), (2, 75.0), (3, 50.0), (4, 25.0))
    lines = {line.subject: line for line in found.lines}
    # Q gets the first dose a week after P; neither reached grade 3, both wait for counts.
    assert [point.value for point in lines["P"].points] == [200.0, 74.0]
    assert [point.grade for point in lines["P"].points] == [0, 2]
    assert lines["P"].points[1].week == pytest.approx(3.0)
    assert lines["Q"].doses == (0.0,)
    assert {line.mark for line in found.lines} <= {"suspect", "pending"}


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(49_000, "/uL", 49.0), (49, "10^9/L", 49.0), (4.9, "10^4/uL", 49.0)],
)
def test_another_unit_is_converted_and_grade_three_stands_out(
    tmp_path: Path, value: float, unit: str, shown: float
) -> None:
    fact = Lab(id="low", subject="P", on=day(30), test="PLAT", value=value, unit=unit)
    line = next(one for one in _of(_state(tmp_path, fact), "PLAT").lines if one.subject == "P")
    (point,) = (one for one in line.points if one.fact == "low")
    assert point.value == pytest.approx(shown) and point.unit == unit
    assert (line.mark, point.grade) == ("severe", 3)


def test_what_cannot_be_shown_is_counted(tmp_path: Path) -> None:
    odd = Lab(id="odd", subject="P", on=day(30), test="PLAT", value=9, unit="furlong")
    found = _of(_state(tmp_path, odd), "PLAT")
    assert dict(found.omitted) == {"unit that cannot be converted": 1}
    total = sum(len(line.points) for line in found.lines)
    assert total + 1 == _state(tmp_path / "again", odd).safety.grades.height


def test_creatinine_is_shown_over_the_limit_of_each_result(tmp_path: Path) -> None:
    facts = (
        Lab(id="k1", subject="P", on=day(10), test="CREAT", value=310, unit="umol/L", upper_limit=100),
        Lab(id="k2", subject="P", on=day(11), test="CREAT", value=2.4, unit="mg/dL", upper_limit=1.2),
        Lab(id="k3", subject="P", on=day(12), test="CREAT", value=90, unit="umol/L"),
    )
    found = _of(_state(tmp_path, *facts), "CREAT")
    assert found.unit == MULTIPLES
    assert found.cuts == ((1, 1.0), (2, 1.5), (3, 3.0), (4, 6.0))
    (line,) = found.lines
    assert [point.value for point in line.points] == pytest.approx([3.1, 2.0])
    assert line.mark == "severe"
    assert dict(found.omitted) == {"no upper limit": 1}


def test_the_section_draws_each_test_once_and_lists_every_value(tmp_path: Path) -> None:
    state = _state(tmp_path)
    blocks = courses(state)
    assert [block.name for block in blocks] == ["lab-course-plat", "lab-bands", "lab-courses"]  # type: ignore[union-attr]
    assert len(blocks[-1].rows) == sum(  # type: ignore[union-attr]
        len(line.points) for one in derive_courses(state) for line in one.lines
    )
