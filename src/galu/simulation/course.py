"""One patient from the slot to the last contact.

Once the level is given nothing depends on other patients, so the whole course is written at once; the
ledger lets each fact out when it becomes known. Visits are taken from the study's schedule in the order
of their days; each is held, shifted or missed.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Final

from galu.protocol import Study
from galu.protocol.sections import VisitPlan
from galu.protocol.treatment import Body, Turn
from galu.record.conduct import Visit
from galu.record.people import Contact, Death, Disposition, Withdrawal
from galu.simulation.assessments import Imaging, Laboratory
from galu.simulation.draws import Draws
from galu.simulation.events import WITHDRAWN, Dlt, draw_dlt, draw_events, write_dlt, write_event
from galu.simulation.kinetics import Activity
from galu.simulation.marrow import draw_counts
from galu.simulation.pen import Pen, at
from galu.simulation.people import Person
from galu.simulation.scenario import Scenario
from galu.simulation.tumour import draw_disease

#: Days after which nobody is followed in a simulated trial.
_HORIZON_DAYS: Final = 1300
#: Weekly re-checks of a withheld dose before treatment ends (assumed: four weeks of delay).
_MOST_HOLDS: Final = 4
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Setting:
    """What every patient of one simulated trial shares."""

    study: Study
    scenario: Scenario
    seed: int


class Course:
    """Writes what happens to one patient who got a slot."""

    def __init__(self, setting: Setting, person: Person, level: int, slot: date, pen: Pen) -> None:
        study, scenario = setting.study, setting.scenario
        assert study.treatment is not None and study.schedule is not None
        self.study, self.scenario, self.person, self.pen = study, scenario, person, pen
        self.treatment, self.visits = study.treatment, study.schedule.visits
        self.draws = Draws(setting.seed, person.subject)
        self.level, self.share = level, 1.0
        self.first = slot + timedelta(
            days=self.draws.whole(*scenario.accrual.dose_after_slot_days, "first dose")
        )
        self.dlt: Dlt | None = draw_dlt(scenario.toxicity, self.draws, level)
        counts = draw_counts(scenario.marrow, self.draws, person.counts, self.dlt.dip if self.dlt else None)
        disease = draw_disease(scenario.disease, self.draws)
        names = tuple(lesion.name for lesion in person.lesions[:2]) or ("B1",)
        self.activity = Activity(study, scenario.kinetics, names, pen, self.draws)
        self.laboratory = Laboratory(scenario, person, counts, disease, self)
        self.imaging = Imaging(scenario, person, disease, self)
        self.doses: list[tuple[int, float]] = []
        self.effects: list[tuple[int, float]] = []
        self.left_study: date | None = None
        self.left_treatment: date | None = None
        self._agenda: list[tuple[date, int, VisitPlan, str]] = []
        self._held = 0

    # Days -----------------------------------------------------------------------------------------

    def day(self, when: date) -> int:
        """Days since the first dose."""
        return (when - self.first).days

    @cached_property
    def _life(self) -> float:
        return float(self.draws.of("death").exponential())

    @property
    def death(self) -> date:
        """Day of death as far as the progression seen until now tells."""
        before = self.scenario.leaving.death_per_day_before_progression
        after = self.scenario.leaving.death_per_day_after_progression
        days = self._life / before
        seen = self.imaging.progressed
        if seen is not None and days > self.day(seen):
            days = self.day(seen) + (self._life - before * self.day(seen)) / after
        return self.first + timedelta(days=min(_HORIZON_DAYS * 3, 1 + int(days)))

    @property
    def gone(self) -> date:
        """First day without any visit."""
        last = self.first + timedelta(days=_HORIZON_DAYS)
        return min(self.death, self.left_study or last, last)

    # The way --------------------------------------------------------------------------------------

    def write(self) -> None:
        """Every fact from the PET to death or the last contact."""
        if not self._is_positive():
            return
        self._plan_leaving()
        due: date | None = self.first
        number = 0
        while due is not None:
            number += 1
            turn = self.treatment.turn(number)
            self._dose(turn, due)
            due = self._next(turn, due)
        self._follow_up()
        self._events()
        if self.death <= (self.left_study or self.death):
            known = self.pen.known(self.death + timedelta(days=self.draws.whole(0, 9, "told")), "death")
            cause = self.scenario.disease.name if self.imaging.progressed else "Cardiac disorder"
            self.pen.write(Death, self.death, known, cause=cause, related=False)

    def _is_positive(self) -> bool:
        if self.activity.imaging is None:
            return True
        start = at(self.first - timedelta(days=self.draws.whole(1, 2, "pet day")), 9.5)
        positive = not self.draws.chance(self.scenario.screening.pet_negative, "pet negative")
        self._visit("pet", start.date(), "done")
        self.activity.pet(start, positive)
        if not positive:
            told = start.date() + _DAY
            known, why = self.pen.known(told, "screen failure"), "no positive lesion on PET"
            self.pen.write(Disposition, told, known, term="SCREEN FAILURE", category=why)
        return positive

    def _plan_leaving(self) -> None:
        window = self.study.safety.dlt.window_days.value if self.study.safety else 42
        leaves = self.draws.chance(self.scenario.leaving.withdraws_in_window, "withdraws early")
        if self.dlt is None and leaves:
            day = self.first + timedelta(days=self.draws.whole(4, window - 6, "withdraws on"))
            if day < self.death:
                self.left_study = day
                self._leave(day, "study", "Withdrawal by subject")

    def _leave(self, day: date, scope: str, cause: str, toxic: bool = False) -> None:
        known = self.pen.known(day, f"leaves {scope}")
        self.pen.write(Withdrawal, day, known, scope=scope, cause=cause, toxicity_related=toxic)

    def _planned_mbq(self, turn: Turn, day: date) -> float:
        """Activity of the plan on a day, by the weight of that day, lowered as far as toxicity did."""
        body = Body(self.laboratory.weigh(day), self.person.height_cm) if self.treatment.by_body else Body()
        planned = self.treatment.planned(self.level, turn.number, body).mbq
        assert planned is not None  # the level is planned, and the weight is known
        return planned * self.share

    def _dose(self, turn: Turn, due: date) -> None:
        first = turn.number == 1
        start = at(due, 10 + 0.25 * self.draws.whole(0, 8, "dose hour", turn.number))
        partial = first and self.dlt is None
        partial = partial and self.draws.chance(self.scenario.leaving.partial_first_dose, "partial dose")
        self._visit("dose", due, "done")
        for procedure in ("haematology", "vitals", "ecog", "chemistry", "psa"):
            self.laboratory.do(procedure, due)
        given = self.activity.treat(turn, start, self._planned_mbq(turn, due), 0.55 if partial else 1.0)
        until = at(self.gone, 0)
        self.activity.scan(given, until)
        if first:
            self.activity.sample(given, until)
            self._plan_visits("first-dose", due, due + timedelta(days=_HORIZON_DAYS))
        falls = self.scenario.kinetics.lesion_uptake_by_cycle
        self.doses.append((self.day(due), given.net_mbq / 1000.0))
        falling = falls[min(turn.cycle, len(falls)) - 1]
        self.effects.append((self.day(due), given.net_mbq / 1000.0 * falling))
        if turn.fraction == 1:
            end = due + timedelta(days=self.treatment.cycle_days.value)
            self._plan_visits("cycle", due, end, turn.cycle)

    def _plan_visits(self, anchor: str, start: date, until: date, cycle: int = 1) -> None:
        wanted = ("first", "all", None) if cycle == 1 else ("later", "all", None)
        for visit in self.visits:
            if visit.anchor != anchor or visit.cycles not in wanted or {"dose", "pet"} & {*visit.procedures}:
                continue
            day = visit.day
            while start + timedelta(days=day - 1) <= until and (
                visit.until_day is None or day <= visit.until_day
            ):
                name = f"{visit.id} c{cycle}d{day}" if anchor == "cycle" else f"{visit.id} d{day}"
                planned = start + timedelta(days=day - 1)
                heapq.heappush(self._agenda, (planned, len(self._agenda), visit, name))
                if visit.every_days is None:
                    break
                day += visit.every_days

    def _advance(self, to: date) -> None:
        """Hold every visit planned up to `to`."""
        while self._agenda and self._agenda[0][0] <= to:
            planned, _, visit, name = heapq.heappop(self._agenda)
            self._hold(planned, visit, name)

    def _hold(self, planned: date, visit: VisitPlan, name: str) -> None:
        conduct = self.scenario.conduct
        scans = {"ct", "bone-scan"} & {*visit.procedures}
        if planned >= self.gone or (scans and self.imaging.stopped):
            return
        if self.draws.chance(conduct.missed_visit, "missed", name):
            self._visit(name, planned, "missed")
            return
        shift = round(conduct.visit_shift_sd_days * self.draws.normal("shift", name))
        actual = planned + timedelta(days=max(-visit.before_days, min(visit.after_days, shift)))
        if actual >= self.gone:
            return
        self._visit(name, actual, "done")
        for procedure in visit.procedures:
            if procedure in ("ct", "bone-scan"):
                self.imaging.do(procedure, actual, name)
            elif procedure == "survival":
                self.pen.write(Contact, actual, self.pen.known(actual, name))
            else:
                self.laboratory.do(procedure, actual)

    def _visit(self, name: str, day: date, status: str) -> None:
        self.pen.write(Visit, day, self.pen.known(day, name), visit=name, status=status)

    # Between doses --------------------------------------------------------------------------------

    def _next(self, turn: Turn, given: date) -> date | None:
        """Day of the next dose; None when treatment is over."""
        number = turn.number
        late = self.draws.whole(0, 4, "late dose", number)
        due = given + timedelta(days=self.treatment.days_after(number) + late)
        last = number == self.treatment.most_administrations
        self._advance(due)
        self.laboratory.judge(given, due)
        if self.gone <= due:
            return None
        if last or self.activity.organs.is_full():
            self._done(due)
            return None
        reason = self._reason_to_stop(number, given, due)
        if reason is not None:
            day, cause, toxic = reason
            self.left_treatment = day
            if cause == "Withdrawal by subject":
                self.left_study = day
            self._leave(day, "study" if cause == "Withdrawal by subject" else "treatment", cause, toxic)
            return None
        return self._when_recovered(given, due)

    def _done(self, due: date) -> None:
        self.pen.write(Disposition, due, self.pen.known(due, "done"), term="COMPLETED", category="treatment")

    def _reason_to_stop(self, cycle: int, given: date, due: date) -> tuple[date, str, bool] | None:
        if self.dlt is not None and cycle == 1:
            stops = self.draws.chance(self.scenario.toxicity.stops_treatment, "dlt stops")
            day = self.first + timedelta(days=self.dlt.day + min(self.dlt.kind.days, 14))
            if stops and day < self.gone:
                self.dlt = replace(self.dlt, action=WITHDRAWN)
                return day, "Adverse event", True
        seen = self.imaging.progressed
        if seen is not None:
            return min(max(seen + timedelta(days=5), given + _DAY), due), "Progressive disease", False
        if cycle > 1 and self.draws.chance(self.scenario.leaving.withdraws_per_cycle, "withdraws", cycle):
            return (
                given + timedelta(days=self.draws.whole(8, 40, "withdraws on", cycle)),
                "Withdrawal by subject",
                False,
            )
        return None

    def _when_recovered(self, given: date, due: date) -> date | None:
        """Give, wait, reduce or stop, as the study's modification rules propose from the counts."""
        for _ in range(_MOST_HOLDS + 1):
            proposal = self.laboratory.proposal(given, due)
            if proposal.action in ("give", "reduce"):
                self.share *= proposal.factor
                return due
            if proposal.action == "stop":
                break
            self._advance(due + timedelta(days=7))
            due += timedelta(days=7)
            if self.gone <= due:
                return None
            self.laboratory.do("haematology", due)
            self.laboratory.judge(due - timedelta(days=6), due)
        mild = self.laboratory.present_grade(given, due) <= 2
        if mild and self.draws.chance(self.scenario.leaving.goes_on_at_grade_2, "goes on", due):
            return due
        self.left_treatment = due
        self.laboratory.withdraw(due)
        self._leave(due, "treatment", "Adverse event", toxic=True)
        return None

    # After treatment ------------------------------------------------------------------------------

    def _follow_up(self) -> None:
        last = self.first + timedelta(days=self.doses[-1][0])
        self._plan_visits("last-dose", last, self.first + timedelta(days=_HORIZON_DAYS))
        self._advance(self.first + timedelta(days=_HORIZON_DAYS))
        self.laboratory.judge(last + timedelta(days=self.treatment.cycle_days.value + 1), self.gone)

    def _events(self) -> None:
        scenario = self.scenario
        window = self.study.safety.dlt.window_days.value if self.study.safety else 42
        last = min(self.doses[-1][0] + 30, self.day(self.gone) - 1)
        if self.dlt is not None and self.dlt.day < self.day(self.gone):
            write_dlt(self.dlt, scenario.toxicity, self.first, self.pen, self.draws)
        for happening in draw_events(scenario.events, self.draws, last, window):
            write_event(happening, scenario.events, self.first, self.pen, self.draws)
