"""Response rate of the expansion under a declared two-stage design, estimated without its bias."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from galu.efficacy.best import RESPONSES
from galu.escalation.two_stage import Inference, Stages, infer
from galu.protocol import Study
from galu.trial.subjects import Subject


@dataclass(frozen=True, slots=True)
class TwoStageResult:
    """Responses among the first patients of the expansion; `inference` is None while the stage goes on."""

    responses: int
    patients: int
    inference: Inference | None
    reason: str = ""


def infer_two_stage(
    study: Study, subjects: Iterable[Subject], best: Mapping[str, str]
) -> TwoStageResult | None:
    """Infer from the expansion's patients in the order of their first doses; None without a design.

    Where the study pools them, the escalation's patients at the level of the expansion come first.

    Parameters
    ----------
    best
        Best response by subject; one without it is a non-responder.
    """
    plan = study.efficacy
    if plan is None or plan.two_stage is None:
        return None
    design = plan.two_stage.value
    stages = Stages(design.r1, design.n1, design.n)
    dosed = [one for one in subjects if one.first_dose is not None]
    levels = {one.level for one in dosed if one.phase == "expansion"}
    pooled = study.enrolment is not None and study.enrolment.pool_escalation_at_rp2d.value
    treated = [one for one in dosed if one.phase == "expansion" or (pooled and one.level in levels)]
    treated.sort(key=lambda one: (one.first_dose, one.id))
    responded = [best.get(one.id) in RESPONSES for one in treated[: stages.n]]
    first = sum(responded[: stages.n1])
    if len(responded) < stages.n1:
        return TwoStageResult(first, len(responded), None, f"the first stage has {stages.n1} patients")
    if first <= stages.r1:
        # The design stopped here: patients treated since do not count.
        return TwoStageResult(first, stages.n1, infer(stages, first, design.p0, plan.confidence_level.value))
    if len(responded) < stages.n:
        reason = f"the second stage goes on to {stages.n} patients"
        return TwoStageResult(sum(responded), len(responded), None, reason)
    found = infer(stages, sum(responded), design.p0, plan.confidence_level.value)
    return TwoStageResult(sum(responded), stages.n, found)
