"""Decision tables, boundaries and the next patient."""

from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any

from galu.desk.design.reading import check_path, make_design, stated
from galu.escalation import Action, Outcomes, design_named
from galu.escalation.blrm import Blrm
from galu.escalation.crm import Model, Patients, fit_bayes, fit_mle
from galu.escalation.decision import Design
from galu.escalation.estimates import estimates
from galu.escalation.guarded import Guarded, bare
from galu.escalation.interval import IntervalDesign
from galu.escalation.outcomes import Outcome, PatientOutcome
from galu.finding import InputError

#: Stands for "no planned number of patients": a decision asked for is not the trial's last.
_NO_END = 100_000


def table(name: str, switches: dict[str, Any], above_closed: bool) -> dict[str, Any]:
    """Print a design's decision table as data.

    The rolling six table is the published one unless a top-level rule is asked for: the default rule
    (six complete) concerns trials, and would hide two cells of the published column.
    """
    if name == "rolling-six":
        switches = {"top_level_rule": "table", **switches}
    design = make_design(name, switches)
    rows = getattr(design, "table", None)
    if rows is None:
        raise InputError("design", f"{name} has no decision table", "ask `galu design next` for one decision")
    return {
        "design": name,
        "switches": getattr(design, "switches", {}),
        "above_closed": above_closed,
        "rows": [
            {
                "enrolled": row.tally.enrolled,
                "dlts": row.tally.dlts,
                "pending": row.tally.pending,
                "decision": row.action.value,
                "rule": row.rule,
                "reason": row.reason,
            }
            for row in rows(above_closed)
        ],
    }


def next_decision(name: str, switches: dict[str, Any], outcomes: Outcomes, levels: int) -> dict[str, Any]:
    """Decide on the next patient of a trial.

    Unless switches say otherwise the trial has no planned end.
    """
    design = make_design(name, switches)
    check_path(design, outcomes, levels)
    asked = design if "largest" in switches else _endless(design)
    decision = asked.decide(outcomes, levels)
    answer: dict[str, Any] = {
        "decision": decision.action.value,
        "level": decision.level,
        "reason": decision.reason,
        "rule": decision.rule,
    }
    if decision.alert:
        answer["alert"] = decision.alert
    if warned := _early_stop(bare(design), levels):
        answer["warning"] = warned
    conventions = stated(design, levels)
    for end in ("n", "largest"):
        if "largest" not in switches:
            conventions["switches"].pop(end, None)
    answer["levels"] = estimates(design, outcomes, levels)
    return answer | {key: value for key, value in conventions.items() if value}


def _early_stop(design: Design, levels: int) -> str:
    """What a BLRM's prior does to a first cohort with no DLT or one, where that ends the trial."""
    if not isinstance(design, Blrm):
        return ""
    size, start = design.cohort_size, design.start
    if design.decide(Outcomes((PatientOutcome(start, Outcome.DLT),)), levels).action is Action.STOP_NO_DOSE:
        return "Under this prior a DLT of the first patient alone already ends the trial."
    for dlts in range(2):
        kinds = [Outcome.DLT] * dlts + [Outcome.NONE] * (size - dlts)
        first = Outcomes(tuple(PatientOutcome(start, kind) for kind in kinds))
        if design.decide(first, levels).action is Action.STOP_NO_DOSE:
            word = "1 DLT" if dlts == 1 else f"{dlts} DLTs"
            ends = "ends" if dlts == 1 else "end"
            return f"Under this prior {word} among the first {size} patients already {ends} the trial."
    return ""


def _endless(design: Design) -> Design:
    """The design without a planned end."""
    inner = bare(design)
    if not is_dataclass(inner) or "largest" not in {field.name for field in fields(inner)}:
        return design
    longer = replace(inner, largest=_NO_END)
    return replace(design, design=longer) if isinstance(design, Guarded) else longer


def crm(
    model: str, numbers: dict[str, float], prior: tuple[float, ...], patients: tuple[tuple[float, ...], ...]
) -> dict[str, Any]:
    """Fit the CRM by Bayes; `patients` holds levels, DLTs and perhaps weights."""
    return asdict(fit_bayes(*_crm_input(model, numbers, prior, patients), numbers["target"]))


def crm_mle(
    model: str, numbers: dict[str, float], prior: tuple[float, ...], patients: tuple[tuple[float, ...], ...]
) -> dict[str, Any]:
    """Fit the CRM by maximum likelihood; `patients` holds levels, DLTs and perhaps weights."""
    return asdict(fit_mle(*_crm_input(model, numbers, prior, patients), numbers["target"]))


def _crm_input(
    model: str, numbers: dict[str, float], prior: tuple[float, ...], patients: tuple[tuple[float, ...], ...]
) -> tuple[Model, Patients]:
    levels, dlts, *weights = patients
    if any(level != int(level) for level in levels):
        raise InputError("--levels", "a level is no whole number", "count levels from 1")
    if not 0 < numbers["target"] < 1:
        raise InputError(
            "--target", f"{numbers['target']} is no target rate", "give a fraction between 0 and 1"
        )
    curve = Model(prior, model, numbers["scale"], numbers["intercept"])  # type: ignore[arg-type]
    given = Patients(
        tuple(int(level) for level in levels),
        tuple(int(dlt) if dlt in (0, 1) else -1 for dlt in dlts),
        weights[0] if weights else None,
    )
    return curve, given


def boundaries(name: str, target: float, n: int) -> dict[str, Any]:
    """Boundaries of an interval design for 1 to n patients."""
    design = design_named(name, target=target, largest=n)
    if not isinstance(design, IntervalDesign):
        raise InputError("design", f"{name} has no boundaries", "use boin, keyboard, mtpi, mtpi2 or i3+3")
    return {"design": name, "rows": [asdict(row) for row in design.boundaries()]}
