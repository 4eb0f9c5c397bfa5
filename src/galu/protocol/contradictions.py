"""Keys of a study file that cannot hold together, each with its place, what is wrong, and what to write.

What a single key may say is checked where the key is declared; here one key is held against another. A
study file that contradicts itself is not loaded: whichever key were believed, a decision could be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from galu.dosimetry.plan import DosimetryPlan, organ_of
from galu.eligibility.plan import AtomPlan, EligibilityPlan
from galu.escalation.plan import EscalationPlan
from galu.nuclides import canonical, half_life_h, nuclide, nuclide_names, written_nuclide
from galu.protocol.ages import ages_of
from galu.protocol.contradiction import Contradiction, Place, declared_twice
from galu.protocol.safety_contradictions import of_assessments, of_design, of_safety
from galu.protocol.sections import Agent, AnalysisSet, Identity, Schedule
from galu.protocol.treatment import REFERENCE_CM, REFERENCE_KG, Body, Treatment
from galu.safety.plan import SafetyPlan
from galu.vocabulary.bodies import light_and_heavy
from galu.vocabulary.tracers import read_tracer, same_tracer

#: After so many half-lives a thousandth of a thousandth is left, which no camera sees (assumed).
_GONE_HALF_LIVES: Final = 20.0


class Parts(Protocol):
    """The sections that are held against one another."""

    @property
    def identity(self) -> Identity:
        """What the registry says."""

    @property
    def agents(self) -> tuple[Agent, ...]:
        """What is given."""

    @property
    def treatment(self) -> Treatment | None:
        """How much and how often."""

    @property
    def schedule(self) -> Schedule | None:
        """Visits and scans."""

    @property
    def analysis_sets(self) -> tuple[AnalysisSet, ...]:
        """Who is counted."""

    @property
    def safety(self) -> SafetyPlan | None:
        """Toxicity."""

    @property
    def eligibility(self) -> EligibilityPlan | None:
        """Criteria."""

    @property
    def escalation(self) -> EscalationPlan | None:
        """The design."""

    @property
    def dosimetry(self) -> DosimetryPlan | None:
        """Organs and limits."""


def contradictions(study: Parts) -> Iterator[Contradiction]:
    """Every contradiction of a study, in the order of its file."""
    # A registry may list one name twice; only of agents with a part in the trial it must be one.
    names = [one.name if one.role else f"{one.name}, {n}" for n, one in enumerate(study.agents)]
    yield from declared_twice(("agents",), names, "agent")
    yield from _agents(study)
    yield from _activities(study)
    yield from _scans(study)
    yield from _schedule(study)
    yield from declared_twice(("analysis_sets",), (one.id for one in study.analysis_sets), "analysis set")
    yield from _sets(study)
    yield from _ends_at_a_limit(study)
    yield from _tracers(study)
    if study.safety is not None:
        yield from of_safety(study.safety, study.treatment)
        yield from of_assessments(study.safety, study.schedule)
    if study.escalation is not None:
        yield from of_design(study.escalation, study.treatment, study.safety)
    if study.dosimetry is not None:
        yield from _dosimetry(study.dosimetry, study)


def _agents(study: Parts) -> Iterator[Contradiction]:
    known = [one.name for one in study.agents]
    for index, agent in enumerate(study.agents):
        if agent.nuclide is not None:
            fault = _unknown_nuclide(agent)
            yield from _named_otherwise(index, agent) if fault is None else ()
            if fault is not None:
                yield Contradiction(("agents", index, "nuclide"), *fault)
        possible, planned = agent.possible_activity_mbq, agent.planned_activity_mbq
        if possible is not None and planned is not None:
            low, high = possible.value
            if not low <= planned.value <= high:
                yield Contradiction(
                    ("agents", index, "planned_activity_mbq"),
                    f"{planned.value:g} MBq lies outside possible_activity_mbq ({low:g} to {high:g} MBq)",
                    "correct one of the two",
                )
    named: list[tuple[Place, str]] = []
    if study.treatment is not None:
        named.append((("treatment", "therapy_agent"), study.treatment.therapy_agent.value))
        if study.treatment.imaging_agent is not None:
            named.append((("treatment", "imaging_agent"), study.treatment.imaging_agent.value))
    scans = study.schedule.scans if study.schedule else ()
    named += [(("schedule", "scans", n, "agent"), one.agent) for n, one in enumerate(scans)]
    for place, name in named:
        if known and name not in known:
            yield Contradiction(
                place, f"names {name!r}, which is no agent", f"write one of {', '.join(known)}"
            )


def _unknown_nuclide(agent: Agent) -> tuple[str, str] | None:
    """What is wrong with the nuclide of an agent, and what to write; its half-life is packaged or stated."""
    if agent.physical_half_life_h is not None:
        return None if written_nuclide(agent.nuclide or "") else _no_nuclide(agent.nuclide)
    if written_nuclide(agent.nuclide or "") is None:
        return _no_nuclide(agent.nuclide)
    known = ", ".join(nuclide_names())
    return (
        f"{agent.nuclide} is not packaged, and its half-life is not stated",
        f"state half_life_h of the agent [h] with its source, or use one of {known}",
    )


def _no_nuclide(name: str | None) -> tuple[str, str]:
    return f"{name} is no nuclide", "write it as in Lu-177 or Tc-99m"


def _named_otherwise(index: int, agent: Agent) -> Iterator[Contradiction]:
    """An agent whose name tells another nuclide than its key does."""
    told = written_nuclide(read_tracer(agent.name).nuclide)
    if told is not None and told != written_nuclide(agent.nuclide or ""):
        fault = f"is {agent.nuclide}, but the agent is called {agent.name}"
        yield Contradiction(("agents", index, "nuclide"), fault, "correct the name or the nuclide")


def _scans(study: Parts) -> Iterator[Contradiction]:
    """Scans at which nothing would be left of the agent."""
    carried = {one.name: one for one in study.agents}
    for index, scan in enumerate(study.schedule.scans if study.schedule else ()):
        agent = carried.get(scan.agent)
        physical = None if agent is None else agent.physical_half_life_h
        if agent is None or physical is None:
            continue
        name, half_lives = agent.nuclide, scan.times_h[-1] / physical
        if half_lives > _GONE_HALF_LIVES:
            yield Contradiction(
                ("schedule", "scans", index, "times_h"),
                f"{scan.times_h[-1]:g} h are {half_lives:.0f} half-lives of {name}: nothing is left to see",
                "write hours after the administration",
            )


def _activities(study: Parts) -> Iterator[Contradiction]:
    """Levels that the range of their agent excludes: every dose of theirs would be refused at entry."""
    plan = study.treatment
    ages = ages_of(study)
    bodies = tuple(Body(*one) for one in light_and_heavy(ages))
    yield from _capped(plan, bodies[0] if ages.with_children else Body(REFERENCE_KG, REFERENCE_CM))
    agent = next((one for one in study.agents if plan and one.name == plan.therapy_agent.value), None)
    if plan is None or agent is None or agent.possible_activity_mbq is None:
        return
    low, high = agent.possible_activity_mbq.value
    for index, level in enumerate(plan.levels):
        numbers = range(1, plan.most_administrations + 1)
        planned = [plan.planned(level.level, n, body).mbq or 0.0 for n in numbers for body in bodies]
        least, most = min(planned), max(planned)
        if least < low or most > high:
            yield Contradiction(
                ("treatment", "levels", index),
                f"level {level.level} ({level}) gives {least:g} to {most:g} MBq; {agent.name} has "
                f"possible_activity_mbq {low:g} to {high:g}",
                "widen the range, or correct the level",
            )


def _capped(plan: Treatment | None, body: Body) -> Iterator[Contradiction]:
    """A cap below what a level gives to somebody of usual weight, or to a light one among children."""
    if plan is None or plan.most_mbq is None:
        return
    most = plan.most_mbq.value
    for level in plan.levels:
        mbq = (level.mbq(1, body) or 0.0) / plan.parts
        if most < mbq:
            fault = (
                f"most_mbq of {most:g} MBq is less than level {level.level} gives at {body.weight_kg:g} kg "
                f"({mbq:g} MBq): the level would be given to nobody of that weight"
            )
            yield Contradiction(("treatment", "most_mbq"), fault, "correct one of the two")
            return


def _schedule(study: Parts) -> Iterator[Contradiction]:
    if study.schedule is None:
        return
    visits = study.schedule.visits
    yield from declared_twice(("schedule", "visits"), (one.id for one in visits), "visit")
    plan = study.treatment
    if plan is None:
        return
    doses = {n: one for n, one in enumerate(visits) if one.doses_in_cycle}
    given = {one.day for one in doses.values()}
    lacking = [day for day in plan.days_of_fractions if doses and day not in given]
    if lacking and plan.fractions > 1:
        fault = f"no visit doses on day {lacking[0]} of a cycle, a day of treatment.fraction_days"
        yield Contradiction(
            ("schedule", "visits"), fault, f"add one with anchor: cycle and day: {lacking[0]}"
        )
    for index, visit in doses.items():
        if visit.day not in plan.days_of_fractions:
            days = ", ".join(str(day) for day in plan.days_of_fractions)
            yield Contradiction(
                ("schedule", "visits", index, "day"),
                f"visit {visit.id!r} doses on day {visit.day}, the treatment on day {days} of a cycle",
                "correct the day, or treatment.fraction_days",
            )


def _sets(study: Parts) -> Iterator[Contradiction]:
    """Sets of who was given a nuclide that no agent carries: nobody would be counted."""
    carried = {written_nuclide(one.nuclide or "") for one in study.agents}
    for index, one in enumerate(study.analysis_sets):
        told = written_nuclide(one.id.removesuffix("-safety")) if one.id.endswith("-safety") else None
        if told is not None and told not in carried:
            fault = f"counts who was given {told}, which no agent carries"
            yield Contradiction(("analysis_sets", index, "id"), fault, "name the nuclide of an agent")


def _ends_at_a_limit(study: Parts) -> Iterator[Contradiction]:
    """A treatment that goes on until an organ has its dose needs a limit that stops it."""
    plan = study.treatment.at_organ_limit if study.treatment else None
    limits = study.dosimetry.limits.value if study.dosimetry else ()
    if plan is not None and plan.value == "stop" and not any(one.action == "stop" for one in limits):
        fault = "the treatment ends at an organ limit, but no limit has action: stop"
        yield Contradiction(("treatment", "at_organ_limit"), fault, "write the limit under dosimetry.limits")


def _tracers(study: Parts) -> Iterator[Contradiction]:
    """PET scans that a criterion asks for with a tracer that no scan of the study can have."""
    own = [one.name for one in study.agents]
    for place, atom in _atoms_of(study.eligibility, "pet_window"):
        for name in atom.values:
            told = {same_tracer(name, agent) for agent in own}
            if "pet.target" in atom.items and own and True not in told:
                fault = f"{atom.id}: {name!r} is no agent of the study, whose scans alone are {atom.items[0]}"
                yield Contradiction((*place, "values"), fault, f"write one of {', '.join(own)}")
            elif not read_tracer(name).nuclide:
                fault = f"{atom.id}: {name!r} names no tracer with its nuclide"
                yield Contradiction((*place, "values"), fault, "write it as in 68Ga-PSMA-11")


def _atoms_of(plan: EligibilityPlan | None, comparison: str) -> Iterator[tuple[Place, AtomPlan]]:
    for n, criterion in enumerate(plan.criteria if plan is not None else ()):
        for k, atom in enumerate(criterion.atoms):
            if atom.comparison == comparison:
                yield ("eligibility", "criteria", n, "atoms", k), atom


def _dosimetry(plan: DosimetryPlan, study: Parts) -> Iterator[Contradiction]:
    organs = [organ_of(one.name) for one in plan.regions.value]
    yield from declared_twice(("dosimetry", "regions", "value"), organs, "region")
    place: Place = ("dosimetry", "therapy_nuclide")
    therapy = study.treatment.therapy_agent.value if study.treatment else None
    agent = next((one for one in study.agents if one.name == therapy), None)
    name = plan.therapy_nuclide.value
    if canonical(name) is not None:
        physical_h = half_life_h(name)
    elif agent is not None and agent.physical_half_life_h is not None and not _differ(agent.nuclide, name):
        physical_h = agent.physical_half_life_h
    else:
        fault, remedy = f"{name} is not packaged", f"use one of {', '.join(nuclide_names())}"
        yield Contradiction(place, fault, remedy + ", or state half_life_h of the therapeutic agent")
        return
    for index, region in enumerate(plan.regions.value):
        if region.population_teff_h is not None and region.population_teff_h > physical_h:
            yield Contradiction(
                ("dosimetry", "regions", "value", index, "population_teff_h"),
                f"{region.population_teff_h:g} h exceed the physical half-life of {physical_h:.4g} h",
                "write the effective half-life",
            )
    for index, limit in enumerate(plan.limits.value):
        where: Place = ("dosimetry", "limits", "value", index)
        if organ_of(limit.region) not in organs:
            yield Contradiction(
                (*where, "region"),
                f"{limit.region!r} has a limit, but is none of `regions`",
                f"add it there, or write one of {', '.join(organs)}",
            )
        if limit.quantity == "bed" and canonical(name) is not None and nuclide(name).emits_alpha:
            yield Contradiction(
                (*where, "quantity"),
                f"no BED is derived of {name}, which emits α particles",
                "limit the dose",
            )
    if agent is not None and _differ(agent.nuclide, name):
        yield Contradiction(
            place, f"is {name}, but {therapy} carries {agent.nuclide}", "write the nuclide given"
        )


def _differ(one: str | None, other: str) -> bool:
    """Whether two names are those of different nuclides; of a name nobody knows the agent tells."""
    known = written_nuclide(one or "")
    return known is not None and known != written_nuclide(other)
