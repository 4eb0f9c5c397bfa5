"""Candidates: who they are, what screening finds, which criterion they fail, if any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

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
from galu.simulation.scenario import Scenario
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
_SEROLOGY: Final = ("RPR", "TPAB", "HIVAB", "HCAB", "HBSAG")
_COLLECTED: Final = (
    "collected.prior_therapy", "collected.concomitant", "collected.medical_history",
    "collected.toxicity", "collected.baseline_imaging", "collected.cns",
)  # fmt: skip

#: Criterion that a candidate fails to what screening then finds: laboratory values and texts by
#: test code, `ecog`, `sbp`, a history by item key, or an atom signed against the patient.
FLAWS: Final[dict[str, Mapping[str, Any]]] = {
    "I4": {"TESTOS": 2.6},
    "I5": {"rising": False, "I5.b": "no", "I5.c": "no"},
    "I8": {"I8.a": "no"},
    "I9": {"ecog": 2},
    "I10": {"HGB": 84.0},
    "I11": {"ALB": 27.0},
    "I12": {"toxicity.ongoing": ("Peripheral sensory neuropathy", 2)},
    "E3": {"investigational": True},
    "E9": {"event.stroke": ("stroke", None)},
    "E15": {"HBSAG": "POSITIVE", "HBVDNA": 4200.0},
    "E17": {"E17.a": "yes"},
}


@dataclass(frozen=True, slots=True)
class Person:
    """A candidate: `chemistry` and `counts` are the usual values of this person by test."""

    subject: str
    site: str
    consent: date
    screening_days: int
    born: date
    height_cm: float
    weight_kg: float
    ecog: int
    chemistry: Mapping[str, float]
    counts: Mapping[str, float]
    psa_ng_ml: float
    lesions: tuple[LesionTruth, ...]
    bone_lesions: int
    fails: str | None

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
    age_days = int(365.25 * min(88.0, max(48.0, 70.0 + 7.0 * draws.normal("age"))))
    psa = scenario.disease.psa_baseline_ng_ml
    return Person(
        subject=subject,
        site=accrual.sites[int(subject[:2]) - 1],
        consent=consent,
        screening_days=draws.whole(*accrual.screening_days, "screening"),
        born=consent - timedelta(days=age_days),
        height_cm=round(170 + 6 * draws.normal("height"), 0),
        weight_kg=round(max(48.0, 70 + 10 * draws.normal("weight")), 1),
        ecog=int(draws.chance(0.65, "ecog")),
        chemistry=chemistry,
        counts=counts,
        psa_ng_ml=min(3000.0, max(4.0, draws.log_normal(psa.median, psa.cv, "psa"))),
        lesions=lesions,
        bone_lesions=0
        if draws.chance(0.12, "no bone") and lesions
        else 1 + int(draws.log_normal(6.0, 0.9, "bone")),
        fails=_fails(scenario, draws),
    )


def _fails(scenario: Scenario, draws: Draws) -> str | None:
    threshold, chance = 0.0, draws.uniform("fails")
    for row in scenario.screening.failures:
        threshold += row.probability
        if chance < threshold:
            return row.criterion
    return None


class Screening:
    """Writes what is found from consent to the end of screening."""

    def __init__(self, study: Study, scenario: Scenario, person: Person, draws: Draws) -> None:
        self.study = study
        self.person = person
        self.draws = draws
        self.pen = Pen(person.subject, draws, scenario.conduct)
        self.flaw = FLAWS[person.fails] if person.fails else {}
        self.lineages = scenario.marrow.lineages
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
                category=f"criterion {self.person.fails}",
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
            sex="M",
            birth_date=person.born.isoformat()[:7],
            race="ASIAN",
            country="CHN",
            site=person.site,
        )
        self.pen.write(
            Visit, self.visit, self.pen.known(self.visit, "screening"), visit="screening", status="done"
        )

    def _past(self) -> None:
        day, draws = self.visit, self.draws
        known = self.pen.known(day, "history")
        consent = self.person.consent
        nha = ("abiraterone", "enzalutamide", "apalutamide", "rezvilutamide")[draws.whole(0, 3, "nha")]
        taxanes = ["docetaxel", "cabazitaxel"][: 1 + draws.chance(0.3, "second taxane")]
        courses = [(nha, "nha", 80), *((agent, "taxane", 140 + 160 * i) for i, agent in enumerate(taxanes))]
        for agent, kind, gap in courses:
            ended = consent - timedelta(days=gap + draws.whole(0, 120, "past", agent))
            started = ended - timedelta(days=draws.whole(90, 420, "course", agent))
            self._therapy(known, agent, kind, started, ended)
        begun = consent - timedelta(days=draws.whole(700, 3200, "adt"))
        self._therapy(known, "leuprorelin", "adt", begun, None)
        if "investigational" in self.flaw:
            ended = consent - timedelta(days=12)
            self._therapy(
                known, "investigational compound", "investigational", ended - timedelta(days=60), ended
            )
        histories: dict[str, tuple[str, int | None]] = {
            "pathology.prostate_cancer": ("confirmed", None),
            "pathology.morphology": ("adenocarcinoma", None),
            "nyha": ("I" if draws.chance(0.2, "nyha") else "none", None),
        }
        if draws.chance(0.3, "neuropathy"):
            histories["toxicity.ongoing"] = ("Peripheral sensory neuropathy", 1)
        histories.update({key: value for key, value in self.flaw.items() if isinstance(value, tuple)})
        for category, (term, grade) in histories.items():
            ongoing = True if category == "toxicity.ongoing" else None
            self.pen.write(History, day, known, term=term, category=category, grade=grade, ongoing=ongoing)
        for term, share in (
            ("Hypertension", 0.45),
            ("Type 2 diabetes mellitus", 0.18),
            ("Benign prostatic hyperplasia", 0.1),
        ):
            if draws.chance(share, term):
                self.pen.write(History, day, known, term=term, category="medical history", ongoing=True)

    def _therapy(self, known: Any, agent: str, kind: str, started: date, ended: date | None) -> None:
        self.pen.write(
            PriorTherapy,
            self.visit,
            known,
            agent=agent,
            therapy_class=kind,
            started=started.isoformat(),
            ended=ended.isoformat() if ended else None,
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
        values["TESTOS"] = (min(1.3, self.draws.log_normal(0.4, 0.4, "testosterone")), "nmol/L", 6.07, 27.1)
        values["HBVDNA"] = (0.0, "IU/mL", 0.0, 20.0)
        for test, (value, unit, lower, upper) in values.items():
            if test != "HBVDNA" or test in self.flaw:
                number = significant(self.flaw.get(test, value))
                self.pen.write(
                    Lab,
                    drawn,
                    known,
                    test=test,
                    value=number,
                    unit=unit,
                    lower_limit=lower,
                    upper_limit=upper,
                )
        for test in _SEROLOGY:
            self.pen.write(Lab, drawn, known, test=test, text=self.flaw.get(test, "NEGATIVE"))
        steps = (0.62, 0.80, 1.0) if self.flaw.get("rising", True) else (1.25, 1.1, 1.0)
        for weeks, step in zip((9, 4, 0), steps, strict=True):
            taken = person.consent - timedelta(weeks=weeks) if weeks else day
            self.pen.write(
                Lab, taken, known, test="PSA", value=significant(person.psa_ng_ml * step), unit="ng/mL"
            )

    def _body(self) -> None:
        day, known, draws = self.visit, self.pen.known(self.visit, "body"), self.draws
        self.pen.write(Ecog, day, known, score=self.flaw.get("ecog", self.person.ecog))
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
        self.pen.write(BoneScan, day, known, new_lesions=0)

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
                if needed or atom.id in self.flaw:
                    signed = self.person.consent if atom.due is Gate.SCREENING else day
                    value = self.flaw.get(atom.id, fine)
                    self._sign(
                        signed, atom.id, value, doctor, None if value == fine else "Not fit for the trial"
                    )

    def _sign(self, day: date, item: str, value: str, doctor: str, comment: str | None = None) -> None:
        known = self.pen.known(day, "judgements")
        self.pen.write(Judgement, day, known, item=item, value=value, by=doctor, comment=comment)


def significant(value: float, digits: int = 3) -> float:
    """A laboratory value as printed."""
    return float(f"{value:.{digits}g}")
