"""Activity: what is dispensed and left over, what organs hold, what blood and urine show.

Organs hold A(t) = A₀·e^(−λ_eff·t) with A₀ chosen so that the self-dose is the scenario's Gy/GBq; blood
clears bi-exponentially (biological half-lives) and decays; urine gathers what leaves with one half-life.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from galu.dosimetry.self_dose import self_dose_gy_per_mbq_h
from galu.nuclides import Nuclide, half_life_h, nuclide
from galu.pharmacokinetics.plan import nominal_h
from galu.protocol import Study
from galu.protocol.sections import Agent, ScanPlan
from galu.protocol.treatment import Turn
from galu.quantities import LN2, decay_factor
from galu.record.treatment import (
    Administration,
    Dispensed,
    RegionActivity,
    Residual,
    Sample,
    Scan,
    UrineCollection,
)
from galu.simulation.draws import Draws
from galu.simulation.limits import OrganDoses
from galu.simulation.pen import Pen, text
from galu.simulation.people import significant
from galu.simulation.scenario import Kinetics, RegionTruth

_INFUSION_H = 0.33


@dataclass(frozen=True, slots=True)
class Region:
    """One region of one patient: activity at the start per administered activity, half-life, mass."""

    name: str
    fraction: float
    teff_h: float
    mass_g: float
    is_lesion: bool


def draw_regions(
    kinetics: Kinetics, agent: Nuclide, lesions: tuple[str, ...], draws: Draws
) -> tuple[Region, ...]:
    """Uptake, effective half-life and mass of each region of one patient."""
    wanted = [(row.name, row, False) for row in kinetics.regions]
    wanted += [(f"lesion {name}", kinetics.lesion, True) for name in lesions]
    return tuple(_region(name, row, is_lesion, agent, draws) for name, row, is_lesion in wanted)


def _region(name: str, row: RegionTruth, is_lesion: bool, agent: Nuclide, draws: Draws) -> Region:
    mass = draws.log_normal(row.mass_g.median, row.mass_g.cv, "mass", name)
    teff = min(0.95 * agent.half_life_h, draws.log_normal(row.teff_h.median, row.teff_h.cv, "teff", name))
    gy_per_gbq = draws.log_normal(row.gy_per_gbq.median, row.gy_per_gbq.cv, "uptake", name)
    tia_h = gy_per_gbq / 1000.0 / self_dose_gy_per_mbq_h(mass, agent)
    return Region(name, tia_h * LN2 / teff, teff, mass, is_lesion)


@dataclass(frozen=True, slots=True)
class Treated:
    """One administration as it truly was."""

    turn: Turn
    start: datetime
    net_mbq: float

    @property
    def place(self) -> dict[str, int]:
        """Cycle and, where there are several, fraction, as facts write them."""
        one = {"cycle": self.turn.cycle}
        return one if self.turn.fractions == 1 else {**one, "fraction": self.turn.fraction}


class Activity:
    """Writes what is measured of one patient's activity."""

    def __init__(
        self, study: Study, kinetics: Kinetics, lesions: tuple[str, ...], pen: Pen, draws: Draws
    ) -> None:
        assert study.treatment is not None
        self.study, self.kinetics, self.pen, self.draws = study, kinetics, pen, draws
        self.therapy = self._agent(study.treatment.therapy_agent.value)
        shown_by = study.treatment.imaging_agent
        self.imaging = None if shown_by is None else self._agent(shown_by.value)
        self.lu = nuclide(self.therapy.nuclide or "")
        self.regions = draw_regions(kinetics, self.lu, lesions, draws)
        self.organs = OrganDoses(study)

    def _agent(self, name: str) -> Agent:
        return next(agent for agent in self.study.agents if agent.name == name)

    def pet(self, start: datetime, positive: bool) -> None:
        """Give the imaging agent and scan."""
        assert self.imaging is not None and self.imaging.planned_activity_mbq is not None
        planned = self.imaging.planned_activity_mbq
        net = planned.value * (1 + 0.06 * self.draws.normal("pet activity"))
        self._administer(self.imaging, Treated(Turn(0, 0), start, net), planned.value)
        hours = next((plan.times_h[0] for plan in self._plans("PET")), 1.0)
        taken = start + timedelta(hours=hours, minutes=self.draws.whole(-4, 9, "pet time"))
        known = self.pen.known(taken.date(), "pet")
        self.pen.write(
            Scan,
            taken,
            known,
            modality="PET",
            agent=self.imaging.name,
            cycle=0,
            positive=positive,
            camera="PET/CT",
        )

    def treat(self, turn: Turn, start: datetime, planned_mbq: float, share: float) -> Treated:
        """Give the therapy agent; `share` of the planned activity is meant to arrive."""
        spread = 1 + self.kinetics.net_activity_sd * self.draws.normal("net activity", turn.number)
        dose = Treated(turn, start, planned_mbq * share * spread)
        self._administer(self.therapy, dose, planned_mbq, lost_mbq=planned_mbq * (1 - share))
        for region in self.regions:
            tia_mbq_h = dose.net_mbq * self._uptake(region, turn) * region.teff_h / LN2
            self.organs.add(
                region.name, tia_mbq_h * self_dose_gy_per_mbq_h(region.mass_g, self.lu), region.teff_h
            )
        return dose

    def _administer(
        self,
        agent: Agent,
        dose: Treated,
        planned: float,
        lost_mbq: float = 0.0,
    ) -> None:
        number, start, net = dose.turn.number, dose.start, dose.net_mbq
        half_life = agent.physical_half_life_h or half_life_h(agent.nuclide or "")
        left = (
            planned
            * self.kinetics.residual_fraction
            * self.draws.log_normal(1.0, 0.4, "left", agent.name, number)
        )
        left += lost_mbq
        before_h, after_h = (1.5, 0.75) if number else (0.25, 0.25)
        known = self.pen.known(start.date(), f"administration {number}")
        # A calibrator shows more digits of the few MBq of an α emitter.
        digits = 1 if planned >= 100.0 else 4
        common = {"agent": agent.name, **dose.place}
        drawn_at, left_at = start - timedelta(hours=before_h), start + timedelta(hours=after_h)
        drawn = (net + left) / decay_factor(before_h, half_life)
        remaining = left * decay_factor(after_h, half_life)
        drawn = round(drawn, digits)
        self.pen.write(Dispensed, drawn_at, known, activity_mbq=drawn, calibrator="CAL-1", **common)
        self.pen.write(Residual, left_at, known, activity_mbq=round(remaining, digits + 1), **common)
        self.pen.write(
            Administration,
            start,
            known,
            ended=text(start + timedelta(hours=_INFUSION_H if number else 1 / 60)),
            planned_activity_mbq=planned,
            route="INTRAVENOUS",
            **common,
        )

    def _plans(self, modality: str, cycle: int = 1) -> list[ScanPlan]:
        wanted = ("first", "all") if cycle <= 1 else ("later", "all")
        scans = self.study.schedule.scans if self.study.schedule else ()
        return [plan for plan in scans if plan.modality == modality and plan.cycles in wanted]

    def scan(self, dose: Treated, until: datetime) -> None:
        """SPECT at the planned times, as far as the patient lives to see them."""
        for plan in self._plans("SPECT", dose.turn.number):
            for hours in plan.times_h:
                key = (dose.turn.number, hours)
                shift = min(0.08 * hours, 3.0) * self.draws.normal("spect time", *key)
                taken = dose.start + timedelta(minutes=round(60 * max(1.0, hours + shift)))
                if taken < until and not self.draws.chance(0.03, "spect missed", *key):
                    self._spect(dose, taken, f"spect {dose.turn.number} {hours}")

    def _spect(self, dose: Treated, taken: datetime, key: str) -> None:
        known = self.pen.known(taken.date(), key)
        common = {"agent": self.therapy.name, **dose.place}
        scan = self.pen.write(Scan, taken, known, modality="SPECT", camera="SPECT/CT", **common)
        hours = (taken - dose.start) / timedelta(hours=1)
        for region in self.regions:
            true = dose.net_mbq * self._uptake(region, dose.turn) * math.exp(-LN2 * hours / region.teff_h)
            sigma = self.kinetics.spect_sigma * true
            seen = max(0.05 * true, true + sigma * self.draws.normal("spect", key, region.name))
            self.pen.write(
                RegionActivity,
                taken,
                known,
                region=region.name,
                activity_mbq=significant(seen, 4),
                sigma_mbq=significant(sigma),
                mass_g=round(region.mass_g, 1),
                scan=scan,
                **common,
            )

    def _uptake(self, region: Region, turn: Turn) -> float:
        key, cycle = ("between", region.name, turn.number), turn.cycle
        spread = self.draws.log_normal(1.0, self.kinetics.between_cycles_cv, *key)
        falls = self.kinetics.lesion_uptake_by_cycle
        return region.fraction * spread * (falls[min(cycle, len(falls)) - 1] if region.is_lesion else 1.0)

    def sample(self, dose: Treated, until: datetime) -> None:
        """Blood at the planned times after the infusion, urine over the planned intervals."""
        plan = self.study.pharmacokinetics
        if plan is None:
            return
        clearance = self._clearance()
        for label in plan.blood_times.value:
            nominal = nominal_h(label)
            shift = min(0.04 * nominal, 1.5) * self.draws.normal("blood time", label)
            taken = dose.start + timedelta(minutes=round(60 * (_INFUSION_H + nominal + shift)))
            if taken < until and not self.draws.chance(0.02, "blood missed", label):
                self._blood(dose, taken, nominal, clearance)
        for start_h, end_h in plan.urine_intervals_h.value:
            if dose.start + timedelta(hours=end_h) < until:
                self._urine(dose, start_h, end_h)

    def _clearance(self) -> Mapping[str, float]:
        kinetics = self.kinetics
        fast, slow = kinetics.blood_fast_half_life_h, kinetics.blood_slow_half_life_h
        volume = kinetics.central_volume_l
        return {
            "fast": LN2 / self.draws.log_normal(fast.median, fast.cv, "blood fast"),
            "slow": LN2 / self.draws.log_normal(slow.median, slow.cv, "blood slow"),
            "volume_l": self.draws.log_normal(volume.median, volume.cv, "volume"),
        }

    def _blood(self, dose: Treated, taken: datetime, nominal: float, clearance: Mapping[str, float]) -> None:
        kinetics = self.kinetics
        hours = (taken - dose.start) / timedelta(hours=1)
        share = kinetics.blood_slow_share
        left = (1 - share) * math.exp(-clearance["fast"] * hours) + share * math.exp(
            -clearance["slow"] * hours
        )
        true = dose.net_mbq / clearance["volume_l"] * left * decay_factor(hours, self.lu.half_life_h)
        # MBq/L is kBq/mL.
        seen = true * self.draws.log_normal(1.0, kinetics.blood_sigma, "blood", nominal)
        lloq = kinetics.blood_lloq_kbq_ml
        below = seen < lloq
        result = (
            {"text": f"<{lloq:g}"}
            if below
            else {"value": significant(seen, 4), "sigma": significant(seen * kinetics.blood_sigma)}
        )
        self.pen.write(
            Sample,
            taken,
            self.pen.known(taken.date() + timedelta(days=1), "blood"),
            matrix="whole blood",
            analyte=self.therapy.name,
            **dose.place,
            unit="kBq/mL",
            lloq=lloq,
            nominal_h=nominal,
            decay_state="measured",
            **result,
        )

    def _urine(self, dose: Treated, start_h: float, end_h: float) -> None:
        kinetics = self.kinetics
        rate = LN2 / kinetics.urine_half_life_h
        in_24_h = min(
            0.95,
            self.draws.log_normal(
                kinetics.urine_fraction_24h.median, kinetics.urine_fraction_24h.cv, "urine"
            ),
        )
        most = in_24_h / (1 - math.exp(-rate * 24))
        left = most * (math.exp(-rate * start_h) - math.exp(-rate * end_h))
        ended = dose.start + timedelta(hours=end_h)
        seen = dose.net_mbq * left * decay_factor(end_h, self.lu.half_life_h)
        seen *= self.draws.log_normal(1.0, 0.04, "urine", start_h)
        volume = (end_h - start_h) * 75.0 * self.draws.log_normal(1.0, 0.3, "urine volume", start_h)
        missed = self.draws.chance(0.04, "void", start_h)
        self.pen.write(
            UrineCollection,
            dose.start + timedelta(hours=start_h),
            self.pen.known(ended.date(), "urine"),
            ended=text(ended),
            agent=self.therapy.name,
            **dose.place,
            volume_ml=round(volume * (0.8 if missed else 1.0), 0),
            activity_mbq=significant(seen * (0.8 if missed else 1.0), 4),
            missed_void=missed or None,
        )
