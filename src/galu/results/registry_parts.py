"""Parts of a registry's results that all its modules have: groups, denominators, measures."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from galu.results.columns import Column, dose_columns
from galu.results.numbers import rounded
from galu.results.populations import members_of
from galu.trial.state import TrialState

#: A part of a registry record, as JSON has it.
Node = dict[str, Any]


def arms(state: TrialState, population: str) -> tuple[Column, ...]:
    """Columns that do not overlap: neither a pooled one nor the total, but where there is nothing else."""
    columns = dose_columns(state, members_of(state)[population])
    apart = tuple(one for one in columns[:-1] if not one.label.endswith(" pooled"))
    return apart or columns


def groups(prefix: str, columns: Sequence[Column], state: TrialState) -> list[Node]:
    """Groups of a module, numbered from 000 after its prefix."""
    agent = state.study.treatment.therapy_agent.value if state.study.treatment else ""
    return [
        {"id": f"{prefix}{n:03d}", "title": one.label, "description": f"{agent}, {one.label}".strip(", ")}
        for n, one in enumerate(columns)
    ]


def denominator(prefix: str, members: Sequence[Sequence[str]]) -> Node:
    """How many of each group were analysed."""
    counts = [{"groupId": f"{prefix}{n:03d}", "value": str(len(own))} for n, own in enumerate(members)]
    return {"units": "Participants", "counts": counts}


def continuous(
    title: str, unit: str, values: Mapping[str, float], columns: Sequence[Column], prefix: str
) -> Node:
    """Mean and standard deviation over those with a value; of a single one there is no spread."""
    measured = []
    for n, column in enumerate(columns):
        own = [values[one] for one in column.members if one in values]
        told: Node = {
            "groupId": f"{prefix}{n:03d}",
            "value": rounded(statistics.fmean(own), 2) if own else "NA",
        }
        told["spread"] = rounded(statistics.stdev(own), 3) if len(own) > 1 else "NA"
        if len(own) < 2:
            told["comment"] = f"{len(own)} participant with a value: no standard deviation"
        measured.append(told)
    return {
        "title": title,
        "paramType": "MEAN",
        "dispersionType": "STANDARD_DEVIATION",
        "unitOfMeasure": unit,
        "denoms": [denominator(prefix, [[m for m in c.members if m in values] for c in columns])],
        "classes": [{"categories": [{"measurements": measured}]}],
    }
