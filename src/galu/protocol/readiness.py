"""What a study file lacks to run a trial, step by step: one that loads may still be unable to screen or dose.

Every section but `identity` may be null, since a registry record states none of them. Each row here names
the key to write and the steps that wait for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel

from galu.dosimetry.plan import DosimetryPlan
from galu.efficacy.plan import EfficacyPlan
from galu.eligibility.plan import EligibilityPlan
from galu.escalation.outcomes import Outcomes
from galu.escalation.plan import EscalationPlan, design_from_plan
from galu.finding import InputError
from galu.nuclides import canonical
from galu.pharmacokinetics.plan import PharmacokineticsPlan
from galu.protocol.sections import AnalysisSet, Enrolment, Schedule
from galu.protocol.study import Study
from galu.protocol.treatment import Treatment
from galu.protocol.visit_needs import GAPS
from galu.safety.plan import SafetyPlan
from galu.vocabulary.events import event_terms, nearest_terms, read_event

Step = Literal["screen", "enrol", "decide the dose", "dose", "report"]

#: The steps of a trial, in order.
STEPS: Final[tuple[Step, ...]] = ("screen", "enrol", "decide the dose", "dose", "report")


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a study file lacks: steps that wait for it, the key, what is wrong, what to write."""

    steps: tuple[Step, ...]
    key: str
    fault: str
    write: str

    def __str__(self) -> str:
        return f"{in_words(self.steps)}: `{self.key}` {self.fault}; write {self.write}"


def in_words(steps: tuple[Step, ...]) -> str:
    """Steps in the order of a trial, as in "to screen, to enrol"."""
    return ", ".join(f"to {step}" for step in STEPS if step in steps)


def needs(study: Study) -> tuple[Need, ...]:
    """Everything that the study file lacks to run the trial; empty when it is ready for every step."""
    return (
        *_sections(study),
        *_eligibility(study.eligibility),
        *_schedule(study),
        *_visits(study),
        *_agents(study),
        *_escalation(study),
        *_safety(study.safety),
        *_dosimetry(study),
    )


def waiting(found: tuple[Need, ...]) -> tuple[Step, ...]:
    """The steps that wait for something, in the order of a trial."""
    return tuple(step for step in STEPS if any(step in need.steps for need in found))


_SECTIONS: Final[tuple[tuple[str, type[BaseModel], tuple[Step, ...], str], ...]] = (
    ("eligibility", EligibilityPlan, ("screen", "enrol"), "so nobody can be found eligible"),
    ("schedule", Schedule, ("screen", "dose", "report"), "so no visit, count or scan is ever due"),
    ("treatment", Treatment, ("enrol", "decide the dose", "dose"), "so there is no dose level to give"),
    ("enrolment", Enrolment, ("enrol", "report"), "so the trial is never full"),
    ("escalation", EscalationPlan, ("decide the dose",), "so no design says who may be dosed next"),
    ("safety", SafetyPlan, ("decide the dose", "dose", "report"), "so no toxicity would be dose-limiting"),
    ("analysis_sets", AnalysisSet, ("report",), "so no population is counted"),
    ("efficacy", EfficacyPlan, ("report",), "so no response is derived"),
    ("dosimetry", DosimetryPlan, ("report",), "so no organ dose is derived or held to a limit"),
    ("pharmacokinetics", PharmacokineticsPlan, ("report",), "so no concentration is analysed"),
)


def _sections(study: Study) -> Iterator[Need]:
    for key, model, steps, so in _SECTIONS:
        if not getattr(study, key):
            wanted = [name for name, field in model.model_fields.items() if field.is_required()]
            wanted = wanted or list(model.model_fields)
            yield Need(steps, key, f"is missing, {so}", f"its keys {', '.join(wanted)}")


def _eligibility(plan: EligibilityPlan | None) -> Iterator[Need]:
    if plan is None:
        return
    steps: tuple[Step, ...] = ("screen", "enrol")
    if not plan.criteria:
        yield Need(steps, "eligibility.criteria", "is empty", "each criterion with its id, polarity and text")
    words = [one.id for one in plan.criteria if one.expression is None]
    if words:
        yield Need(
            steps,
            f"eligibility.criteria[{', '.join(words)}]",
            f"{'has' if len(words) == 1 else 'have'} words only and stay unknown for everybody",
            "the `atoms` of each and an `expression` over them",
        )


def _schedule(study: Study) -> Iterator[Need]:
    if study.schedule is None:
        return
    visits = study.schedule.visits
    if not any(one.anchor == "consent" for one in visits):
        yield Need(("screen",), "schedule.visits", "has no screening visit", "one with anchor: consent")
    if not any(one.doses_in_cycle for one in visits):
        yield Need(
            ("dose",),
            "schedule.visits",
            "has no visit that doses",
            "one with anchor: cycle and procedure dose",
        )
    if not any("haematology" in one.procedures and one.anchor == "cycle" for one in visits):
        yield Need(
            ("decide the dose",),
            "schedule.visits",
            "has no blood count in a cycle, so no window can be free of toxicity",
            "one with anchor: cycle and procedure haematology",
        )


def _visits(study: Study) -> Iterator[Need]:
    """What the rules read and no visit brings."""
    for step, gaps in GAPS:
        for fault, remedy in gaps(study):
            yield Need((step,), "schedule.visits", f"lacks something: {fault}", remedy)


def _agents(study: Study) -> Iterator[Need]:
    if study.treatment is None:
        return
    named = {"therapy_agent": study.treatment.therapy_agent, "imaging_agent": study.treatment.imaging_agent}
    agents = {one.name: one for one in study.agents}
    for key, stated in named.items():
        if stated is None:
            continue
        agent = agents.get(stated.value)
        if agent is None:
            fault = f"names {stated.value}, which is no agent"
            yield Need(("dose",), f"treatment.{key}", fault, "it in `agents`")
            continue
        role, place = key.removesuffix("_agent"), f"agents[{agent.name}]"
        if agent.role != role:
            said = "no role" if agent.role is None else f"the role {agent.role}"
            yield Need(("dose",), f"{place}.role", f"is missing: the agent has {said}", f"role: {role}")
        if agent.nuclide is None:
            yield Need(("dose", "report"), f"{place}.nuclide", "is missing", "the nuclide, as in Lu-177")
        if agent.possible_activity_mbq is None:
            fault = "is missing, so a mistaken unit would pass"
            yield Need(("dose",), f"{place}.possible_activity_mbq", fault, "the lowest and highest [MBq]")


def _escalation(study: Study) -> Iterator[Need]:
    if study.escalation is None or study.treatment is None:
        return
    try:
        design_from_plan(study.escalation).decide(Outcomes(), len(study.treatment.levels))
    except InputError as error:
        yield Need(
            ("decide the dose",),
            f"escalation.{error.place}",
            f"does not fit the dose levels ({error.fault})",
            "one value for each of `treatment.levels`",
        )


def _safety(plan: SafetyPlan | None) -> Iterator[Need]:
    if plan is None:
        return
    if not plan.dlt.rules:
        fault = "is empty, so no toxicity would be dose-limiting"
        yield Need(("decide the dose",), "safety.dlt.rules", fault, "each clause of the definition as a rule")
    if not plan.modification:
        fault = "is empty, so no later dose is held or reduced"
        yield Need(("dose",), "safety.modification", fault, "when a dose is held, reduced or stopped")

    yield from _rule_terms(plan)


def _rule_terms(plan: SafetyPlan) -> Iterator[Need]:
    """Rules whose terms are none of CTCAE's, word for word: they would never match a toxicity."""
    steps: dict[str, Step] = {"dlt.rules": "decide the dose", "modification": "dose"}
    for place, rules in (("dlt.rules", plan.dlt.rules), ("modification", plan.modification)):
        for rule in rules:
            left_out = [term for one in getattr(rule, "exceptions", ()) for term in one.terms]
            for term in (*rule.terms, *left_out):
                if term not in event_terms():
                    near = read_event(term).names or nearest_terms(term)
                    yield Need(
                        (steps[place],),
                        f"safety.{place}[{rule.id}].terms",
                        f"names {term!r}, which is no term of CTCAE and never matches",
                        " or ".join(near) or "terms of CTCAE v5.0",
                    )
            if not rule.terms and getattr(rule, "evidence", "grade") == "grade":
                key = f"safety.{place}[{rule.id}].terms"
                yield Need((steps[place],), key, "is empty and never matches", "the terms of CTCAE it judges")


def _dosimetry(study: Study) -> Iterator[Need]:
    plan = study.dosimetry
    if plan is None:
        return
    name = plan.therapy_nuclide.value
    if canonical(name) is None:
        fault = f"is {name}, whose emissions galu does not hold: no organ dose is derived, no limit judged"
        yield Need(
            ("report",), "dosimetry.therapy_nuclide", fault, "no dosimetry section, or derive it elsewhere"
        )
    for key, stated in (("limits", plan.limits), ("regions", plan.regions)):
        if not stated.value:
            yield Need(("dose", "report"), f"dosimetry.{key}", "is empty", "each organ that is watched")
