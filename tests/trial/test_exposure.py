"""Net activity is dispensed minus residual, both at the start of the administration."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from galu.protocol import load_study
from galu.record import Entry, Fact, Record, record_of
from galu.record.treatment import Administration, Dispensed, Residual
from galu.trial.exposure import derive_doses
from galu.trial.subjects import derive_subjects
from support import ROOT

STUDY = load_study(ROOT / "studies" / "nct07310355" / "study.yaml")
LU = "177Lu-PSMA-0057"


def _record(*facts: Fact) -> Record:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return record_of([Entry(i + 1, now, fact) for i, fact in enumerate(facts)], "Asia/Shanghai")


DRAWN = Dispensed(id="d", subject="1", on="2026-02-01T08:00", agent=LU, cycle=1, activity_mbq=4000.0)
LEFT = Residual(id="r", subject="1", on="2026-02-01T12:00", agent=LU, cycle=1, activity_mbq=100.0)
GIVEN = Administration(
    id="a", subject="1", on="2026-02-01T10:00", agent=LU, cycle=1, planned_activity_mbq=3700.0
)


def test_net_activity_is_decay_aware() -> None:
    (dose,) = derive_doses(STUDY, _record(DRAWN, LEFT, GIVEN))["1"]
    rate = math.log(2) / 159.5  # Lu-177, 6.646 d
    expected = 4000 * math.exp(-2 * rate) - 100 * math.exp(2 * rate)
    assert dose.net_mbq == pytest.approx(expected, rel=1e-4)
    assert dose.facts == ("a", "d", "r")


def test_missing_residual_is_unknown_not_zero() -> None:
    (dose,) = derive_doses(STUDY, _record(DRAWN, GIVEN))["1"]
    assert dose.net_mbq is None
    assert "residual" in dose.reason
    (subject,) = derive_subjects(STUDY, _record(DRAWN, GIVEN))
    assert subject.cumulative_mbq is None
    assert subject.first_dose is not None and subject.first_dose.isoformat() == "2026-02-01"
