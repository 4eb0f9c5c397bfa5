"""What must not be missed after the window: late toxicity, reports that are due, follow-up, monitoring.

The declared DLT rules are read again after the window and counted by cumulative activity and absorbed
dose; serious events start their reporting clocks; kidney, marrow and second malignancy are looked for
long after treatment; and the DLT rate of everyone at the recommended dose is held against its bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from galu.protocol import Study
from galu.record import Record
from galu.record.people import Demographics
from galu.record.site import SafetyReport
from galu.record.when import days_of, instant_of
from galu.safety.dlt import DltAssessment
from galu.safety.duties import (
    FollowUp,
    Narrative,
    ReportDuty,
    Reporting,
    long_term_follow_up,
    narratives,
    report_duties,
)
from galu.safety.incidence import DltRow, ExposureRate, dlt_listing, exposure_adjusted
from galu.safety.inputs import DltPatient
from galu.safety.late import (
    Exposure,
    LateToxicity,
    WatchBand,
    WatchedPatient,
    bands_by_activity,
    bands_by_dose,
    late_toxicities,
)
from galu.safety.plan import SafetyPlan
from galu.safety.tables import TreatedSubject
from galu.trial.accrual import ToxicityMonitor
from galu.trial.board import Board
from galu.trial.dosimetry import SubjectDose
from galu.trial.safety import plans_by_subject
from galu.trial.subjects import Subject

#: Lower ends of the bands of the watch (assumed): nothing, two, four and six times 3.7 GBq.
ACTIVITY_EDGES_MBQ: Final = (0.0, 7400.0, 14800.0, 22200.0)
#: Organ whose cumulative dose the watch follows, and the lower ends of its bands [Gy] (assumed).
WATCHED_ORGAN: Final = "kidneys"
DOSE_EDGES_GY: Final = (0.0, 5.0, 10.0, 15.0, 20.0)
#: Follow-up is listed this long before it is due.
UPCOMING_DAYS: Final = 14
#: Tests that show a domain of the long-term follow-up was looked at.
_LOOKS: Final[Mapping[str, tuple[str, ...]]] = {
    "kidney": ("CREAT",),
    "marrow": ("HGB", "PLAT", "NEUT", "WBC"),
}


@dataclass(frozen=True, slots=True)
class Duties:
    """What must be reported or looked at, by when."""

    reports: tuple[ReportDuty, ...] = ()
    follow_up: tuple[FollowUp, ...] = ()


def derive_duties(study: Study, record: Record, treated: Iterable[TreatedSubject], day: date) -> Duties:
    """Reports of serious events, and the long-term follow-up, of everyone who got an agent."""
    plan = study.safety
    if plan is None:
        return Duties()
    everyone, clocks = tuple(treated), _clocks(plan, record)
    looked, soon = _looked(record), day + timedelta(days=UPCOMING_DAYS)
    return Duties(
        tuple(duty for one in everyone for duty in report_duties(one, plan.emergent_days, clocks(one))),
        tuple(
            look
            for one in everyone
            for look in long_term_follow_up(
                one, plan, looked.get(one.subject, {}), min(one.until or soon, soon)
            )
        ),
    )


def _clocks(plan: SafetyPlan, record: Record) -> Callable[[TreatedSubject], Reporting]:
    """What starts and ends the reporting clocks of each subject."""
    countries = {row.subject: row.fact.country for row in record.rows(Demographics) if row.fact.country}
    sent: dict[tuple[str, str], dict[str, datetime]] = {}
    for row in record.rows(SafetyReport):
        # Of a report whose hour nobody told it is known only that it went out by the end of its day.
        last = datetime.combine(days_of(row.fact.on)[1], time(23, 59), ZoneInfo(record.zone))
        when = instant_of(row.fact.on, record.zone) or last
        key = (row.fact.receiver.casefold(), record.root(row.fact.event))
        sent.setdefault(key, {}).setdefault(row.fact.stage, when)

    def clocks(subject: TreatedSubject) -> Reporting:
        own = {
            (receiver, event.ref): stages
            for event in subject.events
            for (receiver, root), stages in sent.items()
            if root == record.root(event.ref)
        }
        return Reporting(plan.reporting, countries.get(subject.subject), own, ZoneInfo(record.zone))

    return clocks


@dataclass(frozen=True, slots=True)
class SafetyWatch:
    """Everything that the medical monitor watches."""

    dlts: tuple[DltRow, ...] = ()
    late: tuple[LateToxicity, ...] = ()
    by_activity: tuple[WatchBand, ...] = ()
    by_dose: tuple[WatchBand, ...] = ()
    narratives: tuple[Narrative, ...] = ()
    rates: tuple[ExposureRate, ...] = ()
    monitor: ToxicityMonitor | None = None


def derive_watch(
    study: Study,
    subjects: tuple[Subject, ...],
    treated: tuple[TreatedSubject, ...],
    known: tuple[Board, Iterable[SubjectDose], tuple[tuple[DltPatient, DltPatient, DltAssessment], ...]],
) -> SafetyWatch:
    """The watch at the end of the board's day.

    Parameters
    ----------
    treated
        Everyone who got an agent, with the events.
    known
        The board, the absorbed doses so far, and of everybody dosed what the rules read of the whole
        time, of the window, and what they say of that.
    """
    plan = study.safety
    if plan is None:
        return SafetyWatch()
    board, doses, patients = known
    day, emergent = board.day, plan.emergent_days
    exposures = _exposures(subjects, doses)
    watched = tuple(WatchedPatient(patient, exposures.get(patient.subject, ())) for patient, _, _ in patients)
    plans = plans_by_subject(study, subjects)
    late = tuple(
        one
        for patient in watched
        for one in late_toxicities(patient, plans.get(patient.patient.subject, plan), day)
    )
    return SafetyWatch(
        dlts=dlt_listing([(patient, assessed) for _, patient, assessed in patients]),
        late=late,
        by_activity=bands_by_activity(watched, late, ACTIVITY_EDGES_MBQ),
        by_dose=bands_by_dose(watched, late, WATCHED_ORGAN, DOSE_EDGES_GY),
        narratives=tuple(
            told for one in treated for told in narratives(one, exposures.get(one.subject, ()), emergent)
        ),
        rates=exposure_adjusted(treated, emergent, day),
        monitor=board.monitor,
    )


def _exposures(subjects: Iterable[Subject], doses: Iterable[SubjectDose]) -> dict[str, tuple[Exposure, ...]]:
    """After each administration: activity and absorbed dose so far."""
    absorbed: dict[tuple[str, int], list[tuple[str, float | None]]] = {}
    for one in doses:
        total = None if one.course is None else one.course.cumulative_dose_gy
        absorbed.setdefault((one.subject, one.cycle), []).append((one.region, total))
    found: dict[str, tuple[Exposure, ...]] = {}
    for subject in subjects:
        activity: float | None = 0.0
        for dose in subject.therapy:
            activity = None if activity is None or dose.net_mbq is None else activity + dose.net_mbq
            organs = tuple(absorbed.get((subject.id, dose.number or 0), ()))
            found[subject.id] = (*found.get(subject.id, ()), Exposure(dose.day, activity, organs))
    return found


def _looked(record: Record) -> dict[str, dict[str, list[date]]]:
    """Days on which kidney and marrow were looked at, by subject; visits named for the rest."""
    found: dict[str, dict[str, list[date]]] = {}
    labs = record.facts("lab")
    for domain, tests in _LOOKS.items():
        rows = labs.filter(pl.col("test").is_in(list(tests))).select("subject", "day").unique()
        for subject, day in rows.iter_rows():
            if day is not None:
                found.setdefault(subject, {}).setdefault(domain, []).append(day)
    for subject, day in record.facts("contact").select("subject", "day").unique().iter_rows():
        if day is not None:
            found.setdefault(subject, {}).setdefault("second malignancy", []).append(day)
    return found
