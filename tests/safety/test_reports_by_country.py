"""Reporting clocks as a study states them: by country, from whose knowledge, initial and complete."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from galu.protocol import load_study
from galu.safety.duties import ReportDuty, Reporting, report_duties
from galu.safety.inputs import AdverseEventInput
from galu.safety.plan import ReportRule
from galu.safety.tables import TreatedSubject
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
assert STUDY.safety is not None
RULES = STUDY.safety.reporting
SITE, SPONSOR = datetime(2026, 1, 20, 9, 30, tzinfo=UTC), datetime(2026, 1, 21, 8, tzinfo=UTC)
FATAL = AdverseEventInput(
    "e", "Sepsis", 5, date(2026, 1, 19), serious=True, aware=SITE, expected=False, attribution="related",
    sponsor_aware=SPONSOR,
)  # fmt: skip
OTHER = replace(FATAL, grade=3)


def duties(event: AdverseEventInput, by: Reporting) -> dict[tuple[str, str], ReportDuty]:
    subject = TreatedSubject("P", None, date(2026, 1, 10), date(2026, 1, 10), (event,))
    return {(one.receiver, one.stage): one for one in report_duties(subject, 30, by)}


@pytest.mark.parametrize(
    ("event", "due"),
    [
        (FATAL, {("sponsor", "initial"): SITE, ("authority", "initial"): SPONSOR + timedelta(days=7),
                 ("authority", "complete"): SPONSOR + timedelta(days=15),
                 ("ethics committee", "initial"): SPONSOR + timedelta(days=7),
                 ("ethics committee", "complete"): SPONSOR + timedelta(days=15)}),
        (OTHER, {("sponsor", "initial"): SITE, ("authority", "initial"): SPONSOR + timedelta(days=15),
                 ("ethics committee", "initial"): SPONSOR + timedelta(days=15)}),
        (replace(OTHER, attribution="unrelated"), {("sponsor", "initial"): SITE}),
        (replace(OTHER, expected=True), {("sponsor", "initial"): SITE}),
    ],
)  # fmt: skip
def test_china_counts_from_the_day_on_which_the_sponsor_first_knew(
    event: AdverseEventInput, due: dict[tuple[str, str], datetime]
) -> None:
    found = duties(event, Reporting(RULES, "CHN"))
    assert {key: one.due for key, one in found.items()} == due
    assert all(one.assumed == () for one in found.values())


def test_of_a_sponsor_of_whom_nobody_says_when_it_knew_the_clock_runs_from_the_site() -> None:
    found = duties(replace(FATAL, sponsor_aware=None), Reporting(RULES, "CHN"))["authority", "initial"]
    assert found.due == SITE + timedelta(days=7)
    assert found.assumed == ("the sponsor knew when the site did",)


def test_of_an_unknown_country_every_clock_runs_and_elsewhere_that_of_e2a() -> None:
    unknown = duties(FATAL, Reporting(RULES))
    assert unknown.keys() == duties(FATAL, Reporting(RULES, "CHN")).keys()
    assert all("in CHN" in one.assumed for one in unknown.values())
    elsewhere = duties(FATAL, Reporting(RULES, "SWE"))
    assert elsewhere["sponsor", "initial"].due == SITE + timedelta(hours=24)
    assert ("ethics committee", "initial") not in elsewhere


@pytest.mark.parametrize("change", [{"attribution": None}, {"expected": None}, {"grade": 4}])
def test_what_nobody_said_runs_on_the_stricter_clock(change: dict[str, object]) -> None:
    found = duties(replace(FATAL, **change), Reporting(RULES, "CHN"))["authority", "initial"]  # type: ignore[arg-type]
    assert found.due == SPONSOR + timedelta(days=7) and found.assumed


def test_a_report_that_was_sent_is_told_with_its_hour() -> None:
    sent = {("authority", "e"): {"initial": SPONSOR + timedelta(days=8)}}
    found = duties(FATAL, Reporting(RULES, "CHN", sent))
    first, second = found["authority", "initial"], found["authority", "complete"]
    assert first.sent is not None and first.sent > first.due
    assert second.sent is None


@pytest.mark.parametrize("clock", [{}, {"within_hours": 24, "within_days": 1}])
def test_a_rule_has_one_clock(clock: dict[str, int]) -> None:
    row = {"receiver": "sponsor", "events": "serious", "since": "site", "source": "protocol", **clock}
    with pytest.raises(ValidationError, match="and not both"):
        ReportRule.model_validate(row)
