"""Response rate of the expansion under a declared two-stage design, estimated without its bias."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from galu.efficacy.best import RESPONSES
from galu.efficacy.plan import EfficacyPlan
from galu.escalation.two_stage import Inference, Stages, infer
from galu.trial.subjects import Subject


@dataclass(frozen=True, slots=True)
class TwoStageResult:
    """Responses among the first patients of the expansion; `inference` is None while the stage goes on."""

    responses: int
    patients: int
    inference: Inference | None
    reason: str = ""


def infer_two_stage(
    plan: EfficacyPlan, subjects: Iterable[Subject], best: Mapping[str, str]
) -> TwoStageResult | None:
    """Infer from the expansion's patients in the order of their first doses; None without a design.

    Parameters
    ----------
    best
        Best response by subject; one without it is a non-responder.
    """
    if plan.two_stage is None:
        return None
    design = plan.two_stage.value
    stages = Stages(design.r1, design.n1, design.n)
    treated = [one for one in subjects if one.phase == "expansion" and one.first_dose is not None]
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
