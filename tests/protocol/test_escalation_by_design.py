"""Each design has its own keys in a study file; one that it does not read is refused with line and remedy."""

from __future__ import annotations

import pytest

from galu.escalation.designs import DESIGNS, design_named
from galu.escalation.plan import design_from_plan
from galu.finding import InputError
from galu.protocol import Study, elements, parse_study

TEXT = """identity:
  nct_id: {value: NCT00000000, source: registry}
  title: {value: A study, source: registry}
escalation:
"""
STATED = {"target": "0.25", "doses": "[3.7, 6.0]"}


def study_with(**keys: str) -> Study:
    """A study of these keys of escalation."""
    lines = (f"  {key}: {{value: {value}, source: assumed, why: a test}}\n" for key, value in keys.items())
    return parse_study(TEXT + "".join(lines), "study.yaml")


def needs(design: str) -> dict[str, str]:
    """What a study must state of a design: what it aims at, or the doses of its curve."""
    tallies = ("rolling-six", "iq-rolling-six", "3+3")
    key = "doses" if design == "blrm" else "target"
    return {} if design in tallies else {key: STATED[key]}


@pytest.mark.parametrize("design", list(DESIGNS))
def test_every_design_loads_with_its_own_keys_alone(design: str) -> None:
    own = needs(design)
    study = study_with(design=design, **own)
    assert study.escalation is not None
    design_from_plan(study.escalation)
    stated = {one.place: one for one in elements(study) if one.place.startswith("escalation.")}
    assert set(own) <= {place.removeprefix("escalation.") for place in stated}
    for place, one in stated.items():
        assert one.source == "assumed" and one.why, place
    for key in own:
        with pytest.raises(InputError, match=f"'{key}' is missing"):
            study_with(design=design, **{k: v for k, v in own.items() if k != key})


@pytest.mark.parametrize("design", list(DESIGNS))
def test_what_a_file_does_not_state_is_the_default_of_that_very_design(design: str) -> None:
    own = needs(design)
    study = study_with(design=design, **own)
    assert study.escalation is not None
    numbers = {"target": 0.25, "doses": (3.7, 6.0)}
    assert design_from_plan(study.escalation) == design_named(design, **{key: numbers[key] for key in own})


@pytest.mark.parametrize("design", list(DESIGNS))
def test_a_key_that_a_design_does_not_read_is_named_with_its_line(design: str) -> None:
    own = needs(design)
    line = TEXT.count("\n") + 1 + len(own) + 1
    with pytest.raises(InputError) as raised:
        study_with(design=design, **own, no_such_key="1")
    said = str(raised.value)
    assert f"line {line}, key escalation.no_such_key" in said
    assert f"the design {design} does not read `no_such_key`; remove it; {design} reads design" in said


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"design": "boin", "target": "25"}, "no target rate"),
        ({"design": "boin", "target": "0.25", "safe_top_label": "x"}, "safe_top_label"),
        ({"design": "bojn", "target": "0.25"}, "is no design"),
        ({"design": "3+3", "sentinel_interval_days": "-1"}, "cannot be waited"),
        ({"target": "0.25"}, "'design' is missing"),
    ],
)
def test_what_no_design_can_read_is_refused(keys: dict[str, str], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        study_with(**keys)
