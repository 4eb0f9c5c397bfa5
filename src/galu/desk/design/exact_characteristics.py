"""Operating characteristics without simulation: table designs in the limits of accrual, others by cohorts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from galu.desk.design.reading import make_design, stated
from galu.escalation import Design
from galu.escalation.decision_table import DecisionTable
from galu.escalation.exact import Characteristics
from galu.escalation.iq_rolling_six import IqRollingSix
from galu.escalation.rolling_six import RollingSix
from galu.escalation.three_plus_three import ThreePlusThree
from galu.finding import InputError

#: Designs that are one decision table, filled by accrual.
_TABLES = (RollingSix, IqRollingSix, ThreePlusThree, DecisionTable)
Table = RollingSix | IqRollingSix | ThreePlusThree | DecisionTable


@dataclass(frozen=True, slots=True)
class ExactPlan:
    """How patients come; None is "not asked for".

    Parameters
    ----------
    limit
        Limit of accrual of a decision table: slow, or of rolling six fast.
    cohorts, cohort_size
        Number and size of the cohorts of a design by cohorts (10 of 3).
    select
        What such a design declares: `own` (isotonic regression, or the model) or `next` (the level that
        the next cohort would get, as dose-path packages report).
    skips
        Whether CRM may skip untried levels.
    """

    limit: str | None = None
    cohorts: int | None = None
    cohort_size: int | None = None
    select: str = "own"
    skips: bool = False


def exact(name: str, truth: tuple[float, ...], plan: ExactPlan, switches: dict[str, Any]) -> dict[str, Any]:
    """Exact operating characteristics of a design.

    Raises
    ------
    InputError
        When the design has no exact computation or the plan does not belong to it.
    """
    design = make_design(name, switches)
    accrual: dict[str, Any]
    if isinstance(design, _TABLES):
        found, accrual = _of_table(design, truth, plan)
    else:
        found, accrual = _by_cohorts(design, truth, plan)
    return {
        "design": name,
        "select": {"none": found.select[0], "levels": list(found.select[1:])},
        "patients": {"levels": list(found.patients)},
        "dlts": {"levels": list(found.dlts)},
        "expected_n": sum(found.patients),
        "expected_dlts": sum(found.dlts),
        "duration_days": None,
        "suspended_days": None,
        "replicates": None,
        "se": None,
        **stated(design, len(truth)),
        **accrual,
    }


def _of_table(
    design: Table, truth: tuple[float, ...], plan: ExactPlan
) -> tuple[Characteristics, dict[str, Any]]:
    from galu.escalation import exact as engine

    if plan.cohorts is not None or plan.cohort_size is not None:
        raise InputError("--cohorts", f"{design.name} fixes its own cohorts", "leave out the cohort options")
    if plan.select != "own" or plan.skips:
        raise InputError(
            "--select", f"{design.name} declares by its own table", "leave out --select and --skips"
        )
    if isinstance(design, ThreePlusThree):
        if plan.limit is not None:
            raise InputError("--limit", "3+3 comes in cohorts and has no limit of accrual", "leave it out")
        return engine.in_cohorts(design, truth), {"accrual": "cohorts of three"}
    limit = plan.limit or "slow"
    if limit not in ("slow", "fast"):
        raise InputError("--limit", f"`{limit}` is not known", "use slow or fast")
    if limit == "slow":
        return engine.slow_limit(design, truth), {"limit": limit}
    if not isinstance(design, RollingSix):
        raise InputError("--limit", f"{design.name} has no fast limit", "use slow, or `galu design oc`")
    return engine.fast_limit(design, truth), {"limit": limit}


def _by_cohorts(
    design: Design, truth: tuple[float, ...], plan: ExactPlan
) -> tuple[Characteristics, dict[str, Any]]:
    from galu.escalation import merged
    from galu.escalation.crm import Crm

    if plan.limit is not None:
        raise InputError("--limit", f"{design.name} has no limit of accrual", "use --cohorts, --cohort-size")
    if plan.select not in ("own", "next"):
        raise InputError("--select", f"`{plan.select}` is not known", "use own or next")
    walk = merged.walk_of(design)
    if isinstance(design, Crm):
        design.model_for(len(truth))
        walk = merged.CrmWalk(design, plan.skips)
    elif plan.skips:
        raise InputError("--skips", f"{design.name} skips no level", "leave it out")
    size = 3 if plan.cohort_size is None else plan.cohort_size
    cohorts = 10 if plan.cohorts is None else plan.cohorts
    select = merged.where_next if plan.select == "next" else walk.selected
    found = merged.by_merged_states(walk, truth, cohorts, size, select)
    return found, {"cohorts": cohorts, "cohort_size": size, "select_by": plan.select}
