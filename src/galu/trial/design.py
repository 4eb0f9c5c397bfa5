"""The design's answer to what is known: who may be enrolled at which level, or why there is none."""

from __future__ import annotations

from galu.escalation.decision import Action, Decision, Design
from galu.escalation.guarded import Guarded, Sentinel
from galu.escalation.outcomes import Outcomes
from galu.escalation.plan import EscalationPlan, design_from_plan
from galu.finding import InputError
from galu.protocol import Study
from galu.protocol.versions import history_of
from galu.trial.accrual import Orders


def ask_design(study: Study, outcomes: Outcomes, orders: Orders) -> tuple[Decision | None, str]:
    """The design's answer, or why there is none: a deviation is shown, never blocked.

    A closed level, and all above it, are not there for the design.
    """
    if study.escalation is None or study.treatment is None:
        return None, "The study file plans no escalation"
    highest = orders.highest(len(study.treatment.levels))
    if highest == 0:
        return None, orders.closure
    within = Outcomes(tuple(one for one in outcomes if orders.closed_from is None or one.level <= highest))
    design, fault = trial_design(study, study.escalation), ""
    found = []
    # Closing a level takes it from the choice, and nothing from what is known: both are asked.
    for seen, top in ((within, highest), (outcomes, len(study.treatment.levels))):
        try:
            found.append(design.decide(seen, top))
        except InputError as error:
            fault = fault or error.fault
    if not found:
        return None, f"The enrolment so far breaks the design ({fault}): the safety committee decides"
    lowest = min(found, key=reach)
    if (lowest.level or 0) > highest:
        return None, f"{orders.closure}, and the design would go on above it: the safety committee decides"
    return lowest, ""


def reach(decision: Decision) -> int:
    """The highest level at which a decision lets somebody in; 0 where it lets nobody in."""
    enrols = decision.action in (Action.ESCALATE, Action.SAME, Action.DE_ESCALATE, Action.ELIMINATE)
    return (decision.level or 0) if enrols else 0


def trial_design(study: Study, plan: EscalationPlan) -> Design:
    """The design of the plan, with its sentinel interval."""
    design, days = design_from_plan(plan), plan.sentinel_interval_days.value
    window = _shortest_window(study)
    return Guarded(design, (Sentinel(min(1.0, days / window)),)) if days else design


def _shortest_window(study: Study) -> int:
    """Days of the shortest window in force at anybody's first dose: the interval is a share of each one's."""
    history = history_of(study)
    every = [study] if history is None else [one.study for one in history.versions]
    return min((one.safety.dlt.window_days.value for one in every if one.safety), default=1)
