from __future__ import annotations

from galu.escalation import Outcomes, RollingSix
from galu.escalation.pathways import Ahead
from galu.escalation.review import review_cohort
from galu.report.cohort_review import Listing, Package, Seat, cohort_review_page


def _package() -> Package:
    review = review_cohort(RollingSix(), Outcomes.from_string("1NNNX 2NTP"), 2, Ahead(1, 3))
    seats = (Seat("S<1>", 1, "N", "day 42 of 42", "complete", "no event"),)
    doses = Listing("Absorbed dose", ("patient", "kidneys [Gy]"), (("S<1>", 3.14159), ("S2", None)))
    late = Listing("Late toxicity", ("patient", "event"), ())
    return Package("NCT0", "2026-01-31", "rolling-six", review, seats, (doses, late), "SIMULATED")


def test_review_counts_every_planned_level() -> None:
    levels = _package().review.levels
    assert [(row.tally.enrolled, row.tally.dlts, row.tally.pending, row.inevaluable) for row in levels] == [
        (3, 0, 0, 1),
        (3, 1, 1, 0),
    ]


def test_the_page_says_all_and_escapes() -> None:
    page = cohort_review_page(_package())
    for words in ("SIMULATED", "S&lt;1&gt;", "3.14", "not known", "None was reported.", "it is not computed"):
        assert words in page
    assert "1 DLT of 1 at level 2 (pending now)" in page
    assert "S<1>" not in page and "://" not in page


def test_a_finished_trial_has_no_next_results() -> None:
    review = review_cohort(RollingSix(), Outcomes.from_string("1TT"), 2, Ahead(1, 3))
    page = cohort_review_page(Package("NCT0", "2026-01-31", "rolling-six", review))
    assert "enrols nobody further" in page
    assert "stop-no-dose" in page
