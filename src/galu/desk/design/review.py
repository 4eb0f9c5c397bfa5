"""The cohort-review page of a trial known only by its outcomes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from galu.desk.design.pathways import planned
from galu.desk.design.reading import check_path, make_design
from galu.desk.outputs import write_output
from galu.escalation import Outcomes
from galu.escalation.review import review_cohort
from galu.finding import InputError
from galu.report.cohort_review import Package, cohort_review_page
from galu.report.course import course_blocks


def write_review(
    name: str,
    switches: dict[str, Any],
    outcomes: Outcomes,
    levels: int | None,
    place: tuple[str, str | None, Path],
) -> Path:
    """Write the page; `place` is (study, day, file), the day None where it is not stated.

    Raises
    ------
    InputError
        When the day is none, the outcomes break the design's order or the file cannot be written.
    """
    study, day, file = place
    design = make_design(name, switches)
    count, ahead = planned(design, outcomes, levels, (1, None))
    check_path(design, outcomes, count)
    conventions = ", ".join(f"{key} {value}" for key, value in getattr(design, "switches", {}).items())
    full = f"{name} ({conventions})" if conventions else name
    review = review_cohort(design, outcomes, count, ahead)
    pictures = course_blocks(design, outcomes, count, review.decision)
    page = cohort_review_page(Package(study, _day(day), full, review, pictures=pictures))
    return write_output(file, page)


def _day(text: str | None) -> str:
    if text is None:
        return "an unstated day"
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError("--day", f"`{text}` is no date", "write YYYY-MM-DD") from None
