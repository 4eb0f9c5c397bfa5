"""What visits find: blood, chemistry, PSA, vital signs, tumour imaging; what doctors make of counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from galu.efficacy import recist
from galu.protocol import Study
from galu.record.disease import AdverseEvent, AdverseEventCourse, BoneScan, Lesion, Measurement
from galu.record.people import Ecog, Lab, Vital
from galu.record.treatment import Scan, Transfusion
from galu.safety.inputs import LabInput
from galu.safety.modification import DoseProposal, TermCourse, propose_dose
from galu.safety.values import grade_patient_labs
from galu.simulation.draws import Draws
from galu.simulation.events import COUNT_TERMS, WITHDRAWN
from galu.simulation.marrow import Counts
from galu.simulation.pen import Pen, at
from galu.simulation.people import CHEMISTRY, Person, significant
from galu.simulation.scenario import Scenario
from galu.simulation.tumour import DiseaseTruth

#: At least this long between two transfusions (assumed).
_TRANSFUSION_GAP_DAYS: Final = 21

#: A PSA above this is not told apart from it [ng/mL] (assumed upper end of the assay).
_MOST_PSA: Final = 20_000.0


class Treated(Protocol):
    """What an assessment needs to know of the patient's course."""

    study: Study
    pen: Pen
    draws: Draws
    doses: list[tuple[int, float]]
    effects: list[tuple[int, float]]

    def day(self, when: date) -> int:
        """Days since the first dose."""


class Laboratory:
    """Counts, chemistry, PSA, vital signs; adverse events that follow from counts."""

    def __init__(
        self, scenario: Scenario, person: Person, counts: Counts, disease: DiseaseTruth, course: Treated
    ) -> None:
        self.scenario, self.person, self.course = scenario, person, course
        self.counts, self.disease = counts, disease
        self.values: list[LabInput] = []
        self._open: dict[str, tuple[str, int, datetime]] = {}
        self._applied: dict[str, tuple[str, ...]] = {}
        self._transfused: date | None = None
        self._baseline = self._baseline_grades()

    def do(self, procedure: str, day: date) -> None:
        """Carry out a procedure of a visit; those without laboratory or vital signs do nothing here."""
        todo: dict[str, Callable[[date], None]] = {
            "haematology": self._haematology,
            "chemistry": self._chemistry,
            "psa": self._psa,
            "vitals": self._vitals,
            "ecog": self._ecog,
        }
        if procedure in todo:
            todo[procedure](day)

    def _input(self, test: str, day: date, value: float, ref: str) -> LabInput:
        row = next(row for row in self.scenario.marrow.lineages if row.test == test)
        return LabInput(ref, test, day, value, row.unit, row.lower, row.upper)

    def _baseline_grades(self) -> dict[str, int]:
        labs = tuple(
            self._input(test, self.person.consent, significant(value), "")
            for test, value in self.person.counts.items()
        )
        return {term: found[0][1] or 0 for term, found in self._graded(labs).items()}

    def _graded(self, labs: tuple[LabInput, ...]) -> dict[str, tuple[tuple[LabInput, int | None], ...]]:
        safety = self.course.study.safety
        graded = grade_patient_labs(labs, safety.ctcae_version.value if safety else "5.0")
        return {term: found for term, found in graded.items() if term in COUNT_TERMS}

    def _haematology(self, day: date) -> None:
        course = self.course
        known = course.pen.known(day, "haematology")
        wrong = course.draws.chance(self.scenario.conduct.mistyped_visit, "mistyped", day)
        for row in self.scenario.marrow.lineages:
            true = self.counts.at(row.test, course.day(day), course.doses)
            value = significant(true * course.draws.log_normal(1.0, row.noise, "count", row.test, day))
            common = {"test": row.test, "unit": row.unit, "lower_limit": row.lower, "upper_limit": row.upper}
            if wrong and row.test == "HGB":
                first = course.pen.write(Lab, at(day, 8.5), known, value=significant(value * 1.1), **common)
                ref = course.pen.write(
                    Lab,
                    at(day, 8.5),
                    course.pen.corrected(known, f"typed {day}"),
                    value=value,
                    supersedes=first,
                    reason="Mistyped: differs from the laboratory's report",
                    **common,
                )
            else:
                ref = course.pen.write(Lab, at(day, 8.5), known, value=value, **common)
            self.values.append(self._input(row.test, day, value, ref))
            if row.test == "HGB":
                self._transfuse(day, value, known)

    def _transfuse(self, day: date, hgb_g_l: float, known: datetime) -> None:
        recent = self._transfused is not None and (day - self._transfused).days < _TRANSFUSION_GAP_DAYS
        if hgb_g_l < self.scenario.marrow.transfuse_below_g_l and not recent:
            self._transfused = day + timedelta(days=1)
            self.course.pen.write(
                Transfusion, self._transfused, known + timedelta(days=1), product="red-cells", units=2.0
            )

    def _chemistry(self, day: date) -> None:
        known = self.course.pen.known(day, "chemistry")
        for test, (unit, lower, upper, _, spread) in CHEMISTRY.items():
            noise = self.course.draws.log_normal(1.0, spread / 3, "chemistry", test, day)
            self.course.pen.write(
                Lab,
                at(day, 8.5),
                known,
                test=test,
                value=significant(self.person.chemistry[test] * noise),
                unit=unit,
                lower_limit=lower,
                upper_limit=upper,
            )

    def _psa(self, day: date) -> None:
        if self.person.psa_ng_ml is None:
            return
        ratio = self.disease.psa_ratio(self.course.day(day), self.course.effects)
        noise = self.course.draws.log_normal(1.0, self.scenario.disease.psa_noise, "psa", day)
        value = significant(min(_MOST_PSA, max(0.006, self.person.psa_ng_ml * ratio * noise)))
        known = self.course.pen.known(day, "psa")
        self.course.pen.write(Lab, at(day, 8.5), known, test="PSA", value=value, unit="ng/mL")

    def weigh(self, day: date) -> float:
        """Weight of a day [kg]."""
        spread = self.course.draws.normal("weight", day)
        return round(self.person.weight_kg * (1 + 0.015 * spread), 1)

    def _vitals(self, day: date) -> None:
        draws, known = self.course.draws, self.course.pen.known(day, "vitals")
        body = {
            "SYSBP": (128 + 11 * draws.normal("sbp", day), "mmHg", 0),
            "DIABP": (77 + 7 * draws.normal("dbp", day), "mmHg", 0),
            "PULSE": (73 + 8 * draws.normal("pulse", day), "beats/min", 0),
            "TEMP": (36.5 + 0.2 * draws.normal("temp", day), "C", 1),
            "WEIGHT": (self.weigh(day), "kg", 1),
        }
        for test, (value, unit, digits) in body.items():
            self.course.pen.write(Vital, day, known, test=test, value=round(value, digits), unit=unit)

    def _ecog(self, day: date) -> None:
        worse = self.disease.psa_ratio(self.course.day(day), self.course.effects) > 3
        score = min(3, self.person.ecog + int(worse))
        self.course.pen.write(Ecog, day, self.course.pen.known(day, "ecog"), score=score)

    def judge(self, since: date, until: date) -> None:
        """Adverse events from the counts drawn in a span of days: begin, worsen, resolve."""
        labs = tuple(lab for lab in self.values if since < lab.day <= until)
        for term, graded in self._graded(labs).items():
            before = self._baseline.get(term, 0)
            for lab, grade in graded:
                self._follow(term, before, lab.day, grade or 0)

    def _follow(self, term: str, before: int, day: date, grade: int) -> None:
        pen = self.course.pen
        soc, _ = COUNT_TERMS[term]
        known = pen.known(day + timedelta(days=1), f"{term} {day}")
        if term not in self._open:
            if grade >= max(2, before + 1):
                event = pen.write(
                    AdverseEvent,
                    day,
                    known,
                    term=term,
                    soc=soc,
                    grade=grade,
                    attribution="related",
                    serious=grade >= 4,
                )
                self._open[term] = (event, grade, known)
            return
        event, worst, entered = self._open[term]
        known = max(known, entered)
        if grade > worst:
            pen.write(AdverseEventCourse, day, known, event=event, grade=grade)
            self._open[term] = (event, grade, known)
        elif grade <= max(1, before):
            pen.write(AdverseEventCourse, day, known, event=event, grade=0)
            del self._open[term]

    def withdraw(self, day: date) -> None:
        """Write that the worst event still going on ended the treatment."""
        if not self._open:
            return
        pen = self.course.pen
        term = max(self._open, key=lambda name: (self._open[name][1], name))
        event, worst, entered = self._open[term]
        known = max(entered, pen.known(day, f"{term} ends treatment"))
        told = next(fact for _, fact in pen.lines if fact.id == event)
        values = told.model_dump(exclude={"id", "subject", "on"}, exclude_none=True)
        changed = {"action": WITHDRAWN, "supersedes": event, "reason": "Action taken with the therapy"}
        onset = date.fromisoformat(told.on)
        self._open[term] = (pen.write(AdverseEvent, onset, known, **{**values, **changed}), worst, known)

    def present_grade(self, since: date, until: date) -> int:
        """Worst grade of the newest counts, above what was there before treatment."""
        labs = tuple(lab for lab in self.values if since < lab.day <= until)
        newest = {term: graded[-1][1] or 0 for term, graded in self._graded(labs).items()}
        return max(
            (grade for term, grade in newest.items() if grade > self._baseline.get(term, 0)), default=0
        )

    def proposal(self, since: date, until: date) -> DoseProposal:
        """What the study's modification rules say before the next dose."""
        safety = self.course.study.safety
        if safety is None:
            return DoseProposal("give", 1.0, (), ())
        labs = tuple(lab for lab in self.values if since < lab.day <= until)
        courses = tuple(
            TermCourse(
                term=term,
                worst=max((grade or 0) for _, grade in graded),
                present=graded[-1][1] or 0,
                baseline=self._baseline.get(term, 0),
                applied=self._applied.get(term, ()),
            )
            for term, graded in self._graded(labs).items()
            # A grade that was there before treatment is no toxicity of it.
            if max((grade or 0) for _, grade in graded) > self._baseline.get(term, 0)
        )
        found = propose_dose(courses, safety)
        if found.action == "reduce":
            rules = tuple(rule.id for rule in safety.modification if rule.action == "reduce")
            self._applied |= {row.term: rules for row in courses if (row.worst or 0) >= 3}
        return found


class Imaging:
    """CT and bone scans until progression."""

    def __init__(self, scenario: Scenario, person: Person, disease: DiseaseTruth, course: Treated) -> None:
        self.scenario, self.person, self.disease, self.course = scenario, person, disease, course
        self.progressed: date | None = None
        self._baseline = person.consent + timedelta(days=person.screening_days // 2)
        self._seen = [
            recist.Measurement(lesion.name, self._baseline, "screening", lesion.size_mm, role=lesion.role)
            for lesion in person.lesions
            if lesion.role == "target"
        ]
        self._unconfirmed: date | None = None
        self._bone_new = 0
        self._new = 0
        self._scanned: dict[str, int] = {"ct": 0, "bone-scan": 0}

    @property
    def stopped(self) -> bool:
        """Whether progression has ended tumour imaging."""
        return self.progressed is not None

    def do(self, procedure: str, day: date, visit: str) -> None:
        """Carry out an imaging procedure of a visit."""
        if procedure == "ct":
            self._ct(day, visit)
        elif self.progressed in (None, day):
            self._bone(day)
        self._scanned[procedure] = self.course.day(day)

    def _new_lesions(self, day: date, procedure: str) -> int:
        """New lesions since the scan before: more of them where the disease grows."""
        now = self.course.day(day)
        ratio = self.disease.psa_ratio(now, self.course.effects)
        rate = self.scenario.disease.new_lesion_per_day * min(6.0, max(0.15, ratio))
        span = max(0, now - self._scanned[procedure])
        return int(self.course.draws.of("new", procedure, now).poisson(rate * span))

    def _ct(self, day: date, visit: str) -> None:
        course, pen = self.course, self.course.pen
        known = pen.known(day, f"ct {day}")
        read = {"method": "CT SCAN", "evaluator": "INVESTIGATOR", "visit": visit}
        pen.write(Scan, day, known, modality="CT")
        for lesion in self.person.lesions:
            if lesion.role != "target":
                pen.write(Measurement, day, known, lesion=lesion.name, state="PRESENT", **read)
                continue
            ratio = self.disease.size_ratio_at(course.day(day), course.effects, lesion.kill)
            noise = self.scenario.disease.size_sigma_mm * course.draws.normal("size", lesion.name, day)
            size = round(max(0.0, lesion.size_mm * ratio + noise), 1)
            shown: dict[str, object] = {"value": size, "unit": "mm"}
            state: recist.State = "measured"
            if size < 5:
                state = "absent" if size < 2 else "too-small"
                shown = {"state": "ABSENT" if size < 2 else "TOO SMALL TO MEASURE"}
            pen.write(Measurement, day, known, lesion=lesion.name, **shown, **read)
            value = size if state == "measured" else None
            self._seen.append(recist.Measurement(lesion.name, day, visit, value, state, nodal=lesion.nodal))
        for _ in range(min(2, self._new_lesions(day, "ct"))):
            self._new += 1
            name = f"N{self._new}"
            pen.write(Lesion, day, known, lesion=name, role="new", site="LYMPH NODE", nodal=True, **read)
            pen.write(Measurement, day, known, lesion=name, state="PRESENT", **read)
            self._seen.append(recist.Measurement(name, day, visit, None, "present", "new"))
        self._judge_ct(day)

    def _judge_ct(self, day: date) -> None:
        baseline: Sequence[recist.Measurement] = [item for item in self._seen if item.visit == "screening"]
        if not baseline:
            if any(item.day == day and item.role == "new" for item in self._seen):
                self.progressed = day
            return
        if recist.visit_responses(self._seen, first_dose=self._baseline)[-1].overall == "PD":
            self.progressed = day

    def _bone(self, day: date) -> None:
        pen, known = self.course.pen, self.course.pen.known(day, f"bone {day}")
        fresh = self._new_lesions(day, "bone-scan")
        earlier = self._bone_new
        self._bone_new += fresh
        pen.write(Scan, day, known, modality="BONE")
        pen.write(
            BoneScan,
            day,
            known,
            new_lesions=self._bone_new,
            new_since_reference=fresh,
            persisting=True if earlier else None,
        )
        # Two or more new lesions that a later scan still shows end treatment (PCWG3), dated at this scan.
        if self._unconfirmed is not None and (day - self._unconfirmed).days >= 42:
            self.progressed = self.progressed or day
        elif self._bone_new >= 2 and self._unconfirmed is None:
            self._unconfirmed = day
