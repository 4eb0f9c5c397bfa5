"""What a study file may say but should not: read by galu on the safe side, and told when it is checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from galu.protocol.study import Study, elements
from galu.protocol.visit_needs import unknown_procedures

#: How `why` of a value begins that was read from the free text of a registry record.
PROPOSED: Final = "proposed from the record's words, to be confirmed"


def cautions(study: Study) -> tuple[str, ...]:
    """Sentences on keys that do not fit one another, with what galu does about it."""
    return (
        *_proposed(study),
        *_zone(study),
        *_emergent(study),
        *_sentinel(study),
        *_counts(study),
        *unknown_procedures(study),
    )


def _proposed(study: Study) -> Iterator[str]:
    places = [one.place for one in elements(study) if one.why.startswith(PROPOSED)]
    if places:
        yield f"proposed from the record's words, to be confirmed by the protocol: {', '.join(places)}"


def _zone(study: Study) -> Iterator[str]:
    if "zone" not in study.model_fields_set:
        yield "zone is not written: days begin and end at midnight of UTC"


def _emergent(study: Study) -> Iterator[str]:
    plan = study.safety
    if plan is not None and plan.treatment_emergent_days.value < plan.dlt.window_days.value:
        emergent, window = plan.treatment_emergent_days.value, plan.dlt.window_days.value
        yield (
            f"safety.treatment_emergent_days ({emergent}) is shorter than the window of dose-limiting "
            f"toxicity ({window} days): the tables use the longer"
        )


def _sentinel(study: Study) -> Iterator[str]:
    if study.escalation is None or study.safety is None:
        return
    days, window = study.escalation.sentinel_interval_days.value, study.safety.dlt.window_days.value
    if days > window:
        yield f"escalation.sentinel_interval_days ({days}) exceeds the window ({window} days): that counts"


def _counts(study: Study) -> Iterator[str]:
    if study.safety is None:
        return
    if study.safety.dlt.assessments is None:
        yield "safety.dlt.assessments is missing: only a blood count at the end of the window is asked for"
