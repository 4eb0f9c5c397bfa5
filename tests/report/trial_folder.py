"""A small trial for the tests of what people see: one treated subject, one screened, hostile words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from galu.desk.folder import TrialFolder, create_trial
from galu.record import Fact
from galu.record.conduct import Decision
from galu.record.disease import AdverseEvent, BoneScan, CollectedResponse, Lesion, Measurement
from galu.record.people import Consent, Contact, Death, Disposition, Lab
from galu.record.treatment import Administration, Enrolment, RegionActivity, Sample
from support import ROOT

LU = "177Lu-PSMA-0057"
FIRST = date(2026, 2, 2)
HOSTILE = '<script>alert(1)</script> & $x_1$ "quoted"'


def day(offset: int) -> str:
    return (FIRST + timedelta(days=offset)).isoformat()


def _at(hours: float) -> str:
    return (datetime(2026, 2, 2, 10, 0) + timedelta(hours=hours)).isoformat(timespec="seconds")


def facts() -> list[Fact]:
    """Facts of P (dosed), Q (dosed later, died) and S (failed screening)."""
    found: list[Fact] = [
        Consent(id="c", subject="P", on=day(-14)),
        Contact(id="cp", subject="P", on=day(84)),
        Consent(id="cs", subject="S", on=day(-14)),
        Disposition(id="ds", subject="S", on=day(-7), term="SCREEN FAILURE"),
        Enrolment(id="e", subject="P", on=day(-1), phase="escalation", level=1),
        Lab(id="p0", subject="P", on=day(-3), test="PSA", value=100, unit="ng/mL"),
        Lab(id="p1", subject="P", on=day(42), test="PSA", value=40, unit="ng/mL"),
        Lab(id="p2", subject="P", on=day(84), test="PSA", value=35, unit="ng/mL"),
        Lesion(id="l", subject="P", on=day(-7), lesion="T1", role="target", site="LIVER", visit="base"),
        Measurement(id="m0", subject="P", on=day(-7), lesion="T1", value=40, unit="mm", visit="base"),
        Measurement(id="m1", subject="P", on=day(56), lesion="T1", value=20, unit="mm", visit="w8"),
        CollectedResponse(id="r1", subject="P", on=day(56), test="TRGRESP", value="SD", visit="w8"),
        BoneScan(id="b1", subject="P", on=day(56), new_lesions=0),
        AdverseEvent(id="x", subject="P", on=day(5), term=HOSTILE, soc="Skin & <b>bone</b>", grade=2),
        Consent(id="cq", subject="Q", on=day(0)),
        Enrolment(id="eq", subject="Q", on=day(6), phase="escalation", level=1),
        Death(id="dq", subject="Q", on=day(80), cause="disease", related=False),
        Decision(id="d1", on=day(90), decision="open-level", level=2, by="committee", rests_on=("e",)),
    ]  # fmt: skip
    for name, start in (("P", 0.0), ("Q", 168.0)):
        found.append(
            Administration(
                id=f"a{name}", subject=name, on=_at(start), ended=_at(start + 0.5), agent=LU, cycle=1,
                planned_activity_mbq=3700, activity_mbq=3650,
            )
        )  # fmt: skip
        for n, value in enumerate((200, 74 if name == "P" else 160)):
            on = day(-3 + int(start / 24) + 24 * n)
            found.append(
                Lab(id=f"n{name}{n}", subject=name, on=on, test="PLAT", value=value, unit="10^9/L",
                    lower_limit=125, upper_limit=350)
            )  # fmt: skip
        for n, hours in enumerate((4.0, 24.0, 48.0, 168.0)):
            left = 60.0 * 2.0 ** (-hours / 40.0)
            found.append(
                RegionActivity(id=f"s{name}{n}", subject=name, on=_at(start + hours), agent=LU, cycle=1,
                               region="kidneys", activity_mbq=left, sigma_mbq=0.05 * left, mass_g=310)
            )  # fmt: skip
        for n, hours in enumerate((0.6, 2.0, 6.0, 24.0, 48.0)):
            found.append(
                Sample(id=f"k{name}{n}", subject=name, on=_at(start + hours), matrix="whole blood",
                       analyte=LU, cycle=1, unit="MBq/mL",
                       value=0.2 * 2.0 ** (-hours / 10.0), decay_state="measured")
            )  # fmt: skip
    return sorted(found, key=lambda fact: fact.on[:10])


def make_trial(folder: Path, origin: str = "simulated") -> TrialFolder:
    """Each fact becomes known on the day on which it happened."""
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    trial = create_trial(ROOT / "studies" / "nct07310355", folder, origin, begins)  # type: ignore[arg-type]
    found = facts()
    trial.store.append(found, [datetime.fromisoformat(f"{f.on[:10]}T10:00:00+00:00") for f in found])
    return trial
