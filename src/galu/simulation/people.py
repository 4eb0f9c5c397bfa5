"""Candidates: who they are, what screening finds, which criterion they fail, if any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from galu.eligibility import Gate
from galu.protocol import Study
from galu.record.conduct import Judgement, Visit
from galu.record.disease import BoneScan, Lesion, Measurement
from galu.record.people import (
    Consent,
    Demographics,
    Disposition,
    Ecog,
    History,
    Lab,
    PriorTherapy,
    Vital,
)
from galu.record.treatment import Scan
from galu.simulation.draws import Draws
from galu.simulation.pen import Pen, at
from galu.simulation.scenario import Finds, LabFinding, Normal, Past, Scenario, ScreenFailure, Told
from galu.simulation.tumour import LesionTruth

#: Chemistry: unit, lower and upper limit, usual value and spread.
CHEMISTRY: Final[dict[str, tuple[str, float, float, float, float]]] = {
    "CREAT": ("umol/L", 57.0, 111.0, 84.0, 0.13),
    "ALT": ("U/L", 9.0, 50.0, 21.0, 0.30),
    "AST": ("U/L", 15.0, 40.0, 24.0, 0.25),
    "BILI": ("umol/L", 3.4, 23.0, 10.0, 0.28),
    "ALP": ("U/L", 45.0, 125.0, 96.0, 0.40),
    "LDH": ("U/L", 120.0, 250.0, 205.0, 0.18),
    "ALB": ("g/L", 40.0, 55.0, 42.0, 0.06),
    "K": ("mmol/L", 3.5, 5.3, 4.3, 0.06),
    "SODIUM": ("mmol/L", 137.0, 147.0, 141.0, 0.012),
    "CA": ("mmol/L", 2.11, 2.52, 2.32, 0.03),
}
_COLLECTED: Final = (
    "collected.prior_therapy", "collected.concomitant", "collected.medical_history",
    "collected.toxicity", "collected.baseline_imaging", "collected.cns",
)  # fmt: skip
_NOTHING: Final = Finds()


@dataclass(frozen=True, slots=True)
class Person:
    """A candidate: `chemistry` and `counts` are the usual values of this person by test."""

    subject: str
    site: str
    consent: date
    screening_days: int
    sex: str
    born: date
    height_cm: float
    weight_kg: float
    ecog: int
    chemistry: Mapping[str, float]
    counts: Mapping[str, float]
    psa_ng_ml: float | None
    lesions: tuple[LesionTruth, ...]
    bone_lesions: int
    fails: ScreenFailure | None

    @property
    def screened(self) -> date:
        """Day on which screening is complete."""
        return self.consent + timedelta(days=self.screening_days)


def meet(
    scenario: Scenario, draws: Draws, subject: str, consent: date, lesions: tuple[LesionTruth, ...]
) -> Person:
    """A candidate who signs consent on `consent`."""
    accrual = scenario.accrual
    counts = {
        row.test: max(
            row.least_baseline, draws.log_normal(row.baseline.median, row.baseline.cv, "base", row.test)
        )
        for row in scenario.marrow.lineages
    }
    chemistry = {
        test: min(max(usual * (1 + spread * draws.normal("base", test)), usual * 0.75), upper * 1.15)
        for test, (_, _, upper, usual, spread) in CHEMISTRY.items()
    }
    people, disease = scenario.people, scenario.disease
    woman = people.women > 0 and draws.chance(people.women, "woman")
    body = people.women_bodies if woman and people.women_bodies else people.men
    psa, bone = disease.psa_baseline_ng_ml, disease.bone_lesions
    spared = draws.chance(disease.no_bone, "no bone") and lesions
    return Person(
        subject=subject,
        site=accrual.sites[int(subject[:2]) - 1],
        consent=consent,
        screening_days=draws.whole(*accrual.screening_days, "screening"),
        sex="F" if woman else "M",
        born=consent - timedelta(days=int(365.25 * _normal(people.age_years, draws, "age"))),
        height_cm=round(_normal(body.height_cm, draws, "height"), 0),
        weight_kg=round(_normal(body.weight_kg, draws, "weight"), 1),
        ecog=int(draws.chance(people.ecog_1, "ecog")),
        chemistry=chemistry,
        counts=counts,
        psa_ng_ml=None if psa is None else min(3000.0, max(4.0, draws.log_normal(psa.median, psa.cv, "psa"))),
        lesions=lesions,
        bone_lesions=0 if spared or bone is None else 1 + int(draws.log_normal(bone.median, bone.cv, "bone")),
        fails=_fails(scenario, draws),
    )


def _normal(row: Normal, draws: Draws, name: str) -> float:
    return min(row.most, max(row.least, row.mean + row.sd * draws.normal(name)))


def _fails(scenario: Scenario, draws: Draws) -> ScreenFailure | None:
    threshold, chance = 0.0, draws.uniform("fails")
    for row in scenario.screening.failures:
        threshold += row.probability
        if chance < threshold:
            return row
    return None


class Screening:
    """Writes what is found from consent to the end of screening."""

    def __init__(self, study: Study, scenario: Scenario, person: Person, draws: Draws) -> None:
        self.study = study
        self.person = person
        self.draws = draws
        self.pen = Pen(person.subject, draws, scenario.conduct)
        self.flaw = person.fails.finds if person.fails else _NOTHING
        self.people, self.lineages = scenario.people, scenario.marrow.lineages
        self.visit = person.consent + timedelta(days=min(2, person.screening_days))
        self.imaging = person.consent + timedelta(days=person.screening_days // 2)

    def write(self) -> Pen:
        """Every fact of screening, with the screen failure when there is one."""
        self._person()
        self._past()
        self._laboratory()
        self._body()
        self._imaging()
        self._judgements()
        if self.person.fails:
            self.pen.write(
                Disposition,
                self.person.screened,
                self.pen.known(self.person.screened, "failure"),
                term="SCREEN FAILURE",
                category=f"criterion {self.person.fails.criterion}",
            )
        return self.pen

    def _person(self) -> None:
        person, day = self.person, self.person.consent
        known = self.pen.known(day, "consent")
        self.pen.write(Consent, day, known, form_version="1.0")
        self.pen.write(
            Demographics,
            day,
            known,
            sex=person.sex,
            birth_date=person.born.isoformat()[:7],
            race=self.people.race,
            country=self.people.country,
            site=person.site,
        )
        self.pen.write(
            Visit, self.visit, self.pen.known(self.visit, "screening"), visit="screening", status="done"
        )

    def _past(self) -> None:
        known = self.pen.known(self.visit, "history")
        for row in (*self.people.past, *self.flaw.past):
            if row.share >= 1 or self.draws.chance(row.share, row.name):
                self._therapy(row, known)
        told = {row.item: row for row in (*self.people.history, *self.flaw.history)}
        for one in told.values():
            self._told(one, known)
        for term, share in self.people.illnesses.items():
            if self.draws.chance(share, term):
                self._history(known, term, "medical history", ongoing=True)

    def _told(self, row: Told, known: datetime) -> None:
        if row.share >= 1 or self.draws.chance(row.share, row.name):
            self._history(known, row.term, row.item, row.grade, row.ongoing)
        elif row.otherwise is not None:
            self._history(known, row.otherwise, row.item)

    def _history(
        self, known: datetime, term: str, item: str, grade: int | None = None, ongoing: bool | None = None
    ) -> None:
        self.pen.write(History, self.visit, known, term=term, category=item, grade=grade, ongoing=ongoing)

    def _therapy(self, row: Past, known: datetime) -> None:
        draws, last = self.draws, self.person.consent
        agent = row.agents[draws.whole(0, len(row.agents) - 1, row.name)] if row.agents[1:] else row.agents[0]
        if row.ended_days is not None:
            low, high = row.ended_days
            last -= timedelta(days=low + draws.whole(0, high - low, "past", agent))
        key = (row.name,) if row.ended_days is None else ("course", agent)
        started = last - timedelta(days=draws.whole(*row.lasted_days, *key))
        self.pen.write(
            PriorTherapy,
            self.visit,
            known,
            agent=agent,
            therapy_class=row.therapy_class,
            started=started.isoformat(),
            ended=last.isoformat() if row.ended_days else None,
        )

    def _laboratory(self) -> None:
        person, day, known = self.person, self.visit, self.pen.known(self.visit, "laboratory")
        drawn = at(day, 8.5)
        values = {
            row.test: (person.counts[row.test], row.unit, row.lower, row.upper) for row in self.lineages
        }
        values |= {
            test: (person.chemistry[test], unit, lower, upper)
            for test, (unit, lower, upper, _, _) in CHEMISTRY.items()
        }
        for extra in self.people.laboratory:
            usual = self.draws.log_normal(extra.usual.median, extra.usual.cv, extra.name)
            values[extra.test] = (min(extra.most, usual), extra.unit, extra.lower, extra.upper)
        found = dict(self.flaw.laboratory)
        for test, one in found.items():
            if isinstance(one, LabFinding):
                values[test] = (one.value, one.unit, one.lower, one.upper)
            elif isinstance(one, float) and test in values:
                values[test] = (one, *values[test][1:])
        for test, (value, unit, lower, upper) in values.items():
            self.pen.write(
                Lab,
                drawn,
                known,
                test=test,
                value=significant(value),
                unit=unit,
                lower_limit=lower,
                upper_limit=upper,
            )
        for test in self.people.negative:
            told = found.get(test)
            self.pen.write(Lab, drawn, known, test=test, text=told if isinstance(told, str) else "NEGATIVE")
        if person.psa_ng_ml is None:
            return
        steps = (0.62, 0.80, 1.0) if self.flaw.psa_rising else (1.25, 1.1, 1.0)
        for weeks, step in zip((9, 4, 0), steps, strict=True):
            taken = person.consent - timedelta(weeks=weeks) if weeks else day
            self.pen.write(
                Lab, taken, known, test="PSA", value=significant(person.psa_ng_ml * step), unit="ng/mL"
            )

    def _body(self) -> None:
        day, known, draws = self.visit, self.pen.known(self.visit, "body"), self.draws
        self.pen.write(Ecog, day, known, score=self.person.ecog if self.flaw.ecog is None else self.flaw.ecog)
        body = {
            "SYSBP": (min(150.0, 128 + 10 * draws.normal("sbp")), "mmHg"),
            "DIABP": (min(92.0, 77 + 6 * draws.normal("dbp")), "mmHg"),
            "PULSE": (72 + 8 * draws.normal("pulse"), "beats/min"),
            "TEMP": (36.5 + 0.2 * draws.normal("temp"), "C"),
            "LVEF": (max(54.0, 63 + 4 * draws.normal("lvef")), "%"),
        }
        for test, (value, unit) in body.items():
            self.pen.write(
                Vital, day, known, test=test, value=round(value, 1 if test == "TEMP" else 0), unit=unit
            )
        for test, size, unit in (
            ("HEIGHT", self.person.height_cm, "cm"),
            ("WEIGHT", self.person.weight_kg, "kg"),
        ):
            self.pen.write(Vital, day, known, test=test, value=size, unit=unit)

    def _imaging(self) -> None:
        day, known = self.imaging, self.pen.known(self.imaging, "imaging")
        self.pen.write(Scan, day, known, modality="CT")
        bone = self._has_bone_scan()
        if bone:
            self.pen.write(Scan, day, known, modality="BONE")
        for lesion in self.person.lesions:
            self.pen.write(
                Lesion,
                day,
                known,
                lesion=lesion.name,
                role=lesion.role,
                site=lesion.site,
                nodal=lesion.nodal,
                method="CT SCAN",
                evaluator="INVESTIGATOR",
                visit="screening",
            )
            size = (
                {"value": lesion.size_mm, "unit": "mm"} if lesion.role == "target" else {"state": "PRESENT"}
            )
            self.pen.write(
                Measurement,
                day,
                known,
                lesion=lesion.name,
                method="CT SCAN",
                evaluator="INVESTIGATOR",
                visit="screening",
                **size,
            )
        for number in range(self.person.bone_lesions):
            self.pen.write(
                Lesion, day, known, lesion=f"B{number + 1}", role="bone", site="BONE", method="BONE SCAN"
            )
        if bone:
            self.pen.write(BoneScan, day, known, new_lesions=0)

    def _has_bone_scan(self) -> bool:
        visits = self.study.schedule.visits if self.study.schedule else ()
        return any(one.anchor == "consent" and "bone-scan" in one.procedures for one in visits)

    def _judgements(self) -> None:
        day = self.person.screened
        doctor = f"Dr {('Chen', 'Liu', 'Wang', 'Zhao')[int(self.person.subject[:2]) % 4]}"
        for item in _COLLECTED:
            self._sign(day, item, "yes", doctor)
        if self.study.eligibility is None:
            return
        for criterion in self.study.eligibility.criteria:
            fine = "yes" if criterion.polarity == "inclusion" else "no"
            for atom in criterion.atoms:
                # A PET with another tracer is not part of this simulated trial.
                needed = atom.signature == "required" and atom.comparison != "pet_window"
                needed = needed or (atom.signature == "alternative" and fine == "no")
                if needed or atom.id in self.flaw.signed:
                    signed = self.person.consent if atom.due is Gate.SCREENING else day
                    value = self.flaw.signed.get(atom.id, fine)
                    self._sign(
                        signed, atom.id, value, doctor, None if value == fine else "Not fit for the trial"
                    )

    def _sign(self, day: date, item: str, value: str, doctor: str, comment: str | None = None) -> None:
        known = self.pen.known(day, "judgements")
        self.pen.write(Judgement, day, known, item=item, value=value, by=doctor, comment=comment)


def significant(value: float, digits: int = 3) -> float:
    """A laboratory value as printed."""
    return float(f"{value:.{digits}g}")
