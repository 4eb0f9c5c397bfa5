"""A further fraction of the first cycle that is late: a toxicity that put it off is dose-limiting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from galu.safety.inputs import DltPatient
from galu.safety.plan import DltRule
from galu.safety.sign import Sign


def ask_of_delay(rule: DltRule, patient: DltPatient, window: tuple[date, date], as_of: date) -> list[Sign]:
    """Ask of each fraction that was not given within `longer_than_days` after its day of the plan.

    A date does not say why a dose was late: a named person judges whether a toxicity put it off. Nobody is
    asked of a patient who had left for another reason, or died, by then.
    """
    if rule.evidence != "delay":
        return []
    return [
        Sign(
            None, on, rule.id, f"{rule.clause}: {said}, was it put off by a toxicity?", facts, (on, on), True
        )
        for on, said, facts in _late(patient, timedelta(days=rule.longer_than_days or 0), as_of)
        if window[0] <= on <= min(window[1], as_of)
    ]


def _late(patient: DltPatient, slack: timedelta, as_of: date) -> Iterator[tuple[date, str, tuple[str, ...]]]:
    for one in patient.fractions:
        last = one.due + slack
        given = one.given if one.given is not None and one.given <= as_of else None
        if _gone(patient, last) or as_of <= last or (given is not None and given <= last):
            continue
        how = "not given so far" if given is None else f"given on {given}"
        said = f"fraction {one.number}, due on {one.due}, {how}"
        yield last + timedelta(days=1), said, one.facts if given is not None else ()


def _gone(patient: DltPatient, last: date) -> bool:
    """Whether the patient had died, or left for another reason than toxicity, by a day."""
    withdrew, died = patient.withdrew, patient.died
    left = withdrew is not None and withdrew.related is False and withdrew.by(last) is True
    return left or (died is not None and died.by(last) is True)
