"""Expansion: stopping rules, their exact characteristics, inference and precision."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from galu.escalation import monitoring
from galu.escalation.stopping import Looks, check_looks, course
from galu.finding import InputError


def whole(option: str, numbers: tuple[float, ...] | None) -> tuple[int, ...] | None:
    """Turn numbers into counts; None stays None.

    Raises
    ------
    InputError
        When one is no whole number.
    """
    if numbers is not None and any(number != int(number) for number in numbers):
        raise InputError(option, "a count is no whole number", "write it as in 10,20,30")
    return None if numbers is None else tuple(int(number) for number in numbers)


def bop2(p0: float, p1: float, alpha: float, looks: tuple[int, ...]) -> dict[str, Any]:
    """BOP2 with a binary endpoint."""
    from galu.escalation.bop2 import bop2 as calibrate

    found = calibrate(p0, p1, alpha, looks)
    return {
        "n": looks[-1],
        "lambda": found.lambda_,
        "gamma": found.gamma,
        "rows": _rows(found.looks),
        "type1": found.under_p0.promising,
        "power": found.under_p1.promising,
        "under_p0": asdict(found.under_p0),
        "under_p1": asdict(found.under_p1),
    }


def _rows(looks: Looks) -> list[dict[str, Any]]:
    return [
        {"n": n, "stop_if_responses_le": None if most < 0 else most}
        for n, most in zip(looks.at, looks.most, strict=True)
    ]


def two_stage(design: tuple[int, int, int], x: int, p0: float, level: float) -> dict[str, Any]:
    """Inference after r1/n1 and n with x responses in all."""
    from galu.escalation.two_stage import Stages, infer

    found = infer(Stages(*design), x, p0, level)
    answer = {"r1": design[0], "n1": design[1], "n": design[2], "x": x, "level": level, **asdict(found)}
    for name in ("p_interval", "exact_interval"):
        pair = answer[name]
        answer[name] = None if pair is None else {"lower": pair[0], "upper": pair[1]}
    return answer


@dataclass(frozen=True, slots=True)
class Predictive:
    """Predictive monitoring: goal, futility below `least`, looks (None: after every patient)."""

    n_max: int
    p0: float
    p1: float | None
    certainty: float
    least: float
    prior: tuple[float, ...]
    looks: tuple[int, ...] | None


def predictive(asked: Predictive, seen: tuple[int, int] | None) -> dict[str, Any]:
    """Predictive-probability design, and with `seen` (responses, patients) the probability now."""
    from galu.escalation.predictive import Goal, futility_looks, predictive_probability

    goal = Goal(asked.n_max, asked.p0, asked.certainty, pair("--prior", asked.prior))
    looks = asked.looks or tuple(range(1, asked.n_max + 1))
    if not 0.0 <= asked.least < 1.0:
        raise InputError("--theta-l", f"{asked.least} is no probability", "give a fraction such as 0.05")
    looks = looks if looks[-1] == asked.n_max else (*looks, asked.n_max)
    futile = futility_looks(goal, looks, asked.least)
    ending = Looks(futile.at, (*futile.most[:-1], goal.needed() - 1))
    answer: dict[str, Any] = {"n_max": asked.n_max, "responses_needed": goal.needed(), "rows": _rows(futile)}
    for name, rate in (("under_p0", asked.p0), ("under_p1", asked.p1)):
        answer[name] = None if rate is None else asdict(course(ending, rate))
    if seen is not None:
        answer["predictive_probability"] = predictive_probability(goal, *seen)
    return answer


def pair(option: str, numbers: tuple[float, ...]) -> tuple[float, float]:
    """Read the two parameters of a beta prior.

    Raises
    ------
    InputError
        When there are not two, both positive.
    """
    if len(numbers) != 2 or min(numbers) <= 0:
        raise InputError(option, "a beta prior has two positive parameters", "write it as in 1,1")
    return numbers[0], numbers[1]


@dataclass(frozen=True, slots=True)
class Monitor:
    """Toxicity: Pr(DLT rate > limit) ≥ certainty. Futility: Pr(response > p0) < least; None: no such rule."""

    limit: float = 0.33
    certainty: float = 0.95
    prior: tuple[float, ...] = (1.0, 1.0)
    p0: float | None = None
    least: float = 0.05
    response_prior: tuple[float, ...] = (1.0, 1.0)
    standard: tuple[float, ...] | None = None

    def check(self) -> None:
        """Refuse what is no probability.

        Raises
        ------
        InputError
            When a rate or a certainty lies outside 0–1.
        """
        given = (self.limit, self.certainty, self.least, 0.5 if self.p0 is None else self.p0)
        if any(not 0.0 < value < 1.0 for value in given):
            raise InputError("monitor", "a rate or a certainty lies outside 0–1", "give fractions")
        if self.p0 is not None and self.standard is not None:
            raise InputError("--standard", "futility has two comparators", "give --p0 or --standard")


def monitor(asked: Monitor, looks: tuple[int, ...], truths: tuple[monitoring.Truth, ...]) -> dict[str, Any]:
    """Bounds at each look, and exactly what they do under each assumed truth."""
    check_looks(looks)
    asked.check()
    prior = pair("--prior", asked.prior)
    toxic = tuple(monitoring.toxicity_bound(n, asked.limit, asked.certainty, prior) for n in looks)
    futile = tuple(_futile(asked, n) for n in looks)
    rule = monitoring.JointRule(looks, toxic, futile)
    return {
        "rows": [
            {"n": n, "stop_if_dlts_ge": t, "stop_if_responses_le": None if f < 0 else f}
            for n, t, f in zip(looks, toxic, futile, strict=True)
        ],
        "characteristics": [
            {**asdict(truth), **_course(monitoring.joint_course(rule, truth))} for truth in truths
        ],
    }


def read_truths(
    responses: tuple[float, ...] | None, dlts: tuple[float, ...] | None, odds_ratio: float
) -> tuple[monitoring.Truth, ...]:
    """Pair assumed response and DLT rates; none when neither is given.

    Raises
    ------
    InputError
        When one is given without the other, or they differ in number.
    """
    if len(responses or ()) != len(dlts or ()):
        raise InputError(
            "--truth-dlt", "response and DLT rates differ in number", "give one DLT rate per response rate"
        )
    pairs = zip(responses or (), dlts or (), strict=True)
    return tuple(monitoring.Truth(response, dlt, odds_ratio) for response, dlt in pairs)


def _course(found: monitoring.JointCourse) -> dict[str, float]:
    return {
        "stop_toxic": found.toxic,
        "stop_futile": found.futile,
        "complete": found.complete,
        "expected_n": found.expected_n,
    }


def _futile(asked: Monitor, n: int) -> int:
    prior = pair("--response-prior", asked.response_prior)
    if asked.standard is not None:
        standard = pair("--standard", asked.standard)
        return monitoring.futility_against_standard(n, asked.least, prior, standard)
    return -1 if asked.p0 is None else monitoring.futility_bound(n, asked.p0, asked.least, prior)


def precision(
    total: int, escalation: tuple[int, ...], pooled: int, rates: tuple[float, ...], level: float
) -> dict[str, Any]:
    """Exact interval widths of the expansion left of `total` after each number in escalation.

    `pooled` escalation patients at the expansion's level are analysed with it.
    """
    from galu.escalation.precision import precision as at

    if any(not 0 <= n < total for n in escalation) or not 0 <= pooled <= min(escalation, default=0):
        raise InputError(
            "--escalation",
            "the numbers do not fit",
            f"stay below {total}; pool no more than treated",
        )
    rows = []
    for spent in escalation:
        for rate in rates:
            found = at(total - spent + pooled, rate, level)
            rows.append({"escalation": spent, "expansion": total - spent, **asdict(found)})
    return {"total": total, "pooled": pooled, "level": level, "rows": rows}
