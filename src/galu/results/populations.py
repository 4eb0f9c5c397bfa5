"""Who is in each set of the report, and what the set is in words.

A record of others, imported for a study that plans no doses, holds no slots and often no consents: then
everybody known was screened, and who received the therapeutic agent was enrolled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from galu.trial.flow import standard_name
from galu.trial.state import TrialState

#: Sets of the report, with what they mean where a study declares none of its own (usual; ICH E9, 5.2).
DEFINITIONS: Final[Mapping[str, str]] = {
    "screened": "signed consent",
    "enrolled": "got a slot at a dose level",
    "imaging-safety": "received the imaging agent",
    "therapy-safety": "received the therapeutic agent",
    "dlt-evaluable": "first dose, and the window completed or a dose-limiting toxicity",
    "pk": "at least three quantifiable samples after one dose",
    "dosimetry": "an absorbed dose of at least one region",
    "psa-evaluable": "baseline PSA and a value after the first dose",
    "recist-evaluable": "target lesions at baseline and an assessment after it",
    "bone-evaluable": "baseline bone scan and one after it",
}
#: What a set of a record without slots or consents is instead.
_INSTEAD: Final[Mapping[str, str]] = {
    "screened": "known to the record (it holds no consent)",
    "enrolled": "received the therapeutic agent (the record holds no slot)",
}


def members_of(state: TrialState) -> Mapping[str, tuple[str, ...]]:
    """Members of each set."""
    found = dict(state.members)
    for name in _lacking(state):
        everybody = tuple(one.id for one in state.subjects)
        found[name] = everybody if name == "screened" else found["therapy-safety"]
    return found


def definitions(state: TrialState) -> Mapping[str, str]:
    """Definition of each set in words: that of the study file, or else the usual one."""
    declared = {standard_name(state.study, one.id): one.definition for one in state.sets}
    own = {name: text for name, text in declared.items() if name in DEFINITIONS}
    return {**DEFINITIONS, **own, **{name: _INSTEAD[name] for name in _lacking(state)}}


def _lacking(state: TrialState) -> tuple[str, ...]:
    if state.study.treatment is not None:
        return ()
    return tuple(name for name in _INSTEAD if not state.members[name])
