"""Use case: simulate a trial into a new folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from galu.desk.folder import begin_trial, start_of
from galu.desk.noted import new_trial
from galu.desk.study import study_file
from galu.finding import InputError
from galu.protocol import Study, load_study, study_hash
from galu.protocol.readiness import needs
from galu.simulation.scenario import Scenario, load_scenario
from galu.simulation.world import Watch, simulate_trial


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a simulated trial came to."""

    facts: int
    subjects: int
    dosed: int
    first: date
    last: date
    public_key: str


def simulate_into(
    study: Path, scenario: Path, seed: int, folder: Path, watch: Watch | None = None
) -> Simulated:
    """Simulate a trial and keep it as a trial folder, all or nothing.

    Parameters
    ----------
    study
        A study file, or a folder that holds `study.yaml`.
    scenario
        A scenario file.
    seed
        The same seed gives the same facts.
    folder
        A new or empty folder.
    watch
        Called whenever the world has asked the board.

    Raises
    ------
    InputError
        When a file does not load, the scenario is of another study, or the folder holds something.
    """
    source = study_file(study)
    plan, truth = load_study(source), load_scenario(scenario)
    _check(plan, truth, scenario)
    start = start_of(source, truth.accrual.first_consent)
    with new_trial(folder) as part:
        trial = begin_trial(source, part, "simulated", start)
        try:
            entries = simulate_trial(plan, truth, seed, study_hash(source.read_bytes()), watch)
            kept = entries[1:]  # the folder's first fact names the study already
            trial.store.append([entry.fact for entry in kept], [entry.recorded for entry in kept])
            public_key = trial.checkpoints.public_key()
        finally:
            trial.store.close()
    dosed = {
        entry.fact.subject
        for entry in entries
        if getattr(entry.fact, "agent", None) == _therapy(plan) and entry.fact.kind == "administration"
    }
    return Simulated(
        facts=len(entries),
        subjects=sum(entry.fact.kind == "consent" for entry in entries),
        dosed=len(dosed),
        first=truth.accrual.first_consent,
        last=entries[-1].recorded.date(),
        public_key=public_key,
    )


def _check(study: Study, scenario: Scenario, path: Path) -> None:
    number = study.identity.nct_id.value
    if scenario.study != number:
        raise InputError(
            f"{path}, key study",
            f"is a scenario of {scenario.study}, not of {number}",
            "name its own study file",
        )
    _check_complete(study)
    assert study.treatment is not None
    levels, rates = len(study.treatment.levels), len(scenario.toxicity.probability_by_level)
    if levels != rates:
        raise InputError(
            f"{path}, key toxicity.probability_by_level",
            f"has {rates} values for {levels} dose levels",
            "give one for each level",
        )
    known = {one.id for one in study.eligibility.criteria} if study.eligibility else set()
    strange = [row.criterion for row in scenario.screening.failures if row.criterion not in known]
    if strange:
        raise InputError(
            f"{path}, key screening.failures",
            f"names {strange[0]}, which is no criterion of the study",
            "name one of its criteria",
        )


def _check_complete(study: Study) -> None:
    """A trial is simulated from consent to the last dose: what it is not ready for cannot happen."""
    lacking = [need for need in needs(study) if set(need.steps) != {"report"}]
    if lacking:
        raise InputError(
            f"the study file, key {lacking[0].key}",
            f"{lacking[0].fault} ({len(lacking) - 1} more)" if lacking[1:] else lacking[0].fault,
            f"write {lacking[0].write}; `galu study check` lists all",
        )
    agent = study.treatment.imaging_agent if study.treatment else None
    if agent is None:
        return
    imaged = next(one for one in study.agents if one.name == agent.value)
    if imaged.planned_activity_mbq is None:
        place = f"the study file, key agents[{imaged.name}].planned_activity_mbq"
        raise InputError(place, "is missing", "write the activity to be simulated [MBq]")


def _therapy(study: Study) -> str | None:
    return study.treatment.therapy_agent.value if study.treatment else None
