"""Outcome measures of a registry's results: toxicity, response, times to event, by group."""

from __future__ import annotations

from collections.abc import Sequence

from galu.binomial import clopper_pearson
from galu.efficacy.plan import EfficacyPlan
from galu.efficacy.survival import kaplan_meier
from galu.efficacy.time_to_event import TimeToEvent
from galu.results.adverse import emergent
from galu.results.columns import Column
from galu.results.numbers import percent_text, rounded
from galu.results.populations import members_of
from galu.results.registry_parts import Node, arms, denominator, groups
from galu.results.response import MONTH_D
from galu.trial.adverse import emergent_days
from galu.trial.state import TrialState


def outcome_measures(state: TrialState) -> list[Node]:
    """Every outcome that the study file and the record have an answer to."""
    found = [_limiting(state), _any_event(state)]
    found += [one for one in (_psa50(state), _objective(state)) if one]
    found += [one for one in _times(state) if one]
    return found


def _measure(
    kind: str, words: tuple[str, str, str, str], columns: Sequence[Column], state: TrialState
) -> Node:
    """The frame of an outcome: `words` are title, description, time frame and population."""
    title, description, frame, population = words
    return {
        "type": kind,
        "title": title,
        "description": description,
        "populationDescription": population,
        "reportingStatus": "POSTED",
        "timeFrame": frame,
        "groups": groups("OG", columns, state),
    }


def _share(
    outcome: Node, columns: Sequence[Column], who: frozenset[str], base: frozenset[str], level: float
) -> Node:
    """Percentage with its exact interval in each group; of nobody it is not available."""
    measured = []
    members = [[one for one in column.members if one in base] for column in columns]
    for n, own in enumerate(members):
        count = sum(one in who for one in own)
        told: Node = {"groupId": f"OG{n:03d}"}
        if own:
            limits = clopper_pearson(count, len(own), level)
            told |= {"value": percent_text(count, len(own)), "lowerLimit": rounded(100 * limits.lower, 1),
                     "upperLimit": rounded(100 * limits.upper, 1)}  # fmt: skip
        else:
            told |= {
                "value": "NA",
                "lowerLimit": "NA",
                "upperLimit": "NA",
                "comment": "No participant evaluable",
            }
        measured.append(told)
    return {
        **outcome,
        "paramType": "NUMBER",
        "dispersionType": f"{round(100 * level)}% Confidence Interval",
        "unitOfMeasure": "percentage of participants",
        "denoms": [denominator("OG", members)],
        "classes": [{"categories": [{"measurements": measured}]}],
    }


def _count(outcome: Node, columns: Sequence[Column], who: frozenset[str], base: frozenset[str]) -> Node:
    members = [[one for one in column.members if one in base] for column in columns]
    measured = [
        {"groupId": f"OG{n:03d}", "value": str(sum(one in who for one in own))}
        for n, own in enumerate(members)
    ]
    return {
        **outcome,
        "paramType": "COUNT_OF_PARTICIPANTS",
        "unitOfMeasure": "Participants",
        "denoms": [denominator("OG", members)],
        "classes": [{"categories": [{"measurements": measured}]}],
    }


def _limiting(state: TrialState) -> Node:
    columns = arms(state, "therapy-safety")
    slots = {one.subject: one for one in state.board.slots}
    toxic = frozenset(name for name, one in slots.items() if one.outcome == "T")
    window = {one.window_days for one in slots.values() if one.window_days}
    frame = f"{max(window)} days from the first dose" if window else "Window not stated in the study file"
    words = (
        "Number of Participants With a Dose-limiting Toxicity",
        "Dose-limiting toxicity by the rules of the study file in force at the first dose.",
        frame,
        "Participants evaluable for dose-limiting toxicity",
    )
    return _count(_measure("PRIMARY", words, columns, state), columns, toxic,
                  frozenset(members_of(state)["dlt-evaluable"]))  # fmt: skip


def _any_event(state: TrialState) -> Node:
    columns = arms(state, "therapy-safety")
    words = (
        "Number of Participants With a Treatment-emergent Adverse Event",
        "Onset or worsening from the first therapeutic dose on.",
        time_frame(state),
        "Participants who received the therapeutic agent",
    )
    who = frozenset(name for name, _ in emergent(state))
    return _count(_measure("PRIMARY", words, columns, state), columns, who,
                  frozenset(members_of(state)["therapy-safety"]))  # fmt: skip


def time_frame(state: TrialState) -> str:
    """From when to when adverse events count, with the longest that it was."""
    days = emergent_days(state.study)
    given = [(one.therapy[-1].day - one.therapy[0].day).days + 1 for one in state.subjects if one.therapy]
    longest = f", up to {max(given) + days} days" if given else ""
    return f"From the first therapeutic dose to {days} days after the last{longest}"


def _level(state: TrialState) -> float:
    return state.study.efficacy.confidence_level.value if state.study.efficacy else 0.95


def _psa50(state: TrialState) -> Node | None:
    rows = [one for one in state.efficacy.subjects if one.psa.baseline is not None]
    if not rows:
        return None
    columns = arms(state, "therapy-safety")
    words = (
        "Percentage of Participants With a Confirmed PSA Decline of 50% or More",
        "A decline of 50% or more from baseline, confirmed at least three weeks later (PCWG3).",
        "From the first dose to the last PSA value, up to the data cut",
        "Participants with a baseline PSA; one without a later value counts as without a response",
    )
    who = frozenset(one.subject for one in rows if one.psa.psa50.confirmed)
    return _share(_measure("SECONDARY", words, columns, state), columns, who,
                  frozenset(one.subject for one in rows), _level(state))  # fmt: skip


def _objective(state: TrialState) -> Node | None:
    rows = [one for one in state.efficacy.subjects if one.soft_tissue and one.soft_tissue.targets_at_baseline]
    if not rows:
        return None
    columns = arms(state, "therapy-safety")
    words = (
        "Percentage of Participants With an Objective Response",
        "Complete or partial response by RECIST 1.1, bone by PCWG3.",
        "From the first dose to progression, up to the data cut",
        "Participants with target lesions at baseline",
    )
    who = frozenset(one.subject for one in rows if one.best.response in ("CR", "PR"))
    return _share(_measure("SECONDARY", words, columns, state), columns, who,
                  frozenset(one.subject for one in rows), _level(state))  # fmt: skip


def _times(state: TrialState) -> list[Node]:
    plan = state.study.efficacy
    if plan is None:
        return []
    columns, found = arms(state, "therapy-safety"), []
    for one in plan.reported():
        own = {row.subject: row.times[one.id] for row in state.efficacy.subjects if one.id in row.times}
        if own:
            members = [[name for name in column.members if name in own] for column in columns]
            words = (
                one.title,
                f"{one.title} by Kaplan and Meier.",
                "From the first dose, up to the data cut",
                "Participants with this time",
            )
            measured = [
                _median(f"OG{n:03d}", [own[name] for name in names], plan) for n, names in enumerate(members)
            ]
            found.append(
                {
                    **_measure("SECONDARY", words, columns, state),
                    "paramType": "MEDIAN",
                    "dispersionType": f"{round(100 * plan.confidence_level.value)}% Confidence Interval",
                    "unitOfMeasure": "months",
                    "denoms": [denominator("OG", members)],
                    "classes": [{"categories": [{"measurements": measured}]}],
                }
            )
    return found


def _median(group: str, times: Sequence[TimeToEvent], plan: EfficacyPlan) -> Node:
    """Median and limits in months; what is not reached is not available, and the reason is said."""
    numbers: tuple[float, ...] = (float("nan"),) * 3
    if times:
        ci, level = plan.survival_ci.value, plan.confidence_level.value
        days, events = [one.days for one in times], [one.event for one in times]
        numbers = tuple(number / MONTH_D for number in kaplan_meier(days, events, ci, level).median())
    texts = ["NA" if number != number else rounded(number, 1) for number in numbers]
    told: Node = {"groupId": group, **dict(zip(("value", "lowerLimit", "upperLimit"), texts, strict=True))}
    return {**told, "comment": "Not estimable: too few events"} if "NA" in texts else told
