"""Absorbed doses from facts: each patient's own fit, or one fit of all patients where the study says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from galu.protocol import Study, load_study, parse_study
from galu.record import Entry, Fact, Record, record_of
from galu.record.people import Consent
from galu.record.treatment import Administration, Enrolment, RegionActivity
from galu.trial.dosimetry import SubjectDose
from galu.trial.state import derive_state
from support import ROOT

LU = "177Lu-PSMA-0057"
FILE = ROOT / "studies" / "nct07310355" / "study.yaml"
START = datetime(2026, 2, 2, 10)


def _patient(name: str, teff_h: float, hours: tuple[float, ...]) -> list[Fact]:
    scans = [
        RegionActivity(
            id=f"{name}{n}", subject=name, on=(START + timedelta(hours=time)).isoformat(), agent=LU, cycle=1,
            region="kidneys", activity_mbq=200.0 * 2 ** (-time / teff_h), sigma_mbq=4.0, mass_g=310,
        )
        for n, time in enumerate(hours)
    ]  # fmt: skip
    given = Administration(
        id=f"{name}-a", subject=name, on=START.isoformat(), agent=LU, cycle=1, planned_activity_mbq=6000,
        activity_mbq=6000,
    )  # fmt: skip
    return [
        Consent(id=f"{name}-c", subject=name, on="2026-01-20"),
        Enrolment(id=f"{name}-e", subject=name, on="2026-02-01", phase="escalation", level=2),
        given,
        *scans,
    ]


def _doses(study: Study, record: Record) -> dict[str, SubjectDose]:
    return {
        dose.subject: dose
        for dose in derive_state(study, record, START.date() + timedelta(30)).absorbed_doses
    }


def _relative(one: SubjectDose) -> float:
    assert one.course is not None and one.course.dose is not None and one.course.u_dose_gy is not None
    return one.course.u_dose_gy / one.course.dose.dose_gy


def _record() -> Record:
    facts = [fact for n in range(5) for fact in _patient(f"P{n}", 55.0 + n, (4.0, 24.0, 72.0, 168.0))]
    now = datetime(2026, 2, 1, tzinfo=UTC)
    facts += _patient("Q", 57.0, (24.0,))
    return record_of([Entry(i + 1, now, fact) for i, fact in enumerate(facts)], "Asia/Shanghai")


def test_a_study_may_fit_the_half_lives_of_all_patients_together() -> None:
    text = FILE.read_text(encoding="utf-8")
    together = parse_study(
        text.replace("half_lives: {value: each patient", "half_lives: {value: all patients"), ""
    )
    own, joint = _doses(load_study(FILE), _record()), _doses(together, _record())
    assert own["Q"].course is not None and joint["Q"].course is not None
    # Alone, one scan takes the median that the study assumes; together, what the others showed.
    assert own["Q"].course.fit.t_eff_h == pytest.approx(35.5)
    assert joint["Q"].course.fit.model == "joint"
    assert joint["Q"].course.fit.t_eff_h == pytest.approx(57.0, rel=0.05)
    assert _relative(joint["Q"]) < _relative(own["Q"])
    assert joint["Q"].facts == own["Q"].facts
