"""Operating characteristics without simulation: table designs in the limits of accrual, others by cohorts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from galu.desk.design.reading import make_design, stated
from galu.escalation import DESIGNS, Design
from galu.escalation.crm_design import Crm
from galu.escalation.decision_table import DecisionTable
from galu.escalation.designs import own_switches
from galu.escalation.exact import Characteristics
from galu.escalation.guarded import bare
from galu.escalation.iq_rolling_six import IqRollingSix
from galu.escalation.rolling_six import RollingSix
from galu.escalation.three_plus_three import ThreePlusThree
from galu.finding import InputError

if TYPE_CHECKING:
    from galu.escalation.merged import Sizes

#: Designs that are one decision table, filled by accrual.
_TABLES = (RollingSix, IqRollingSix, ThreePlusThree, DecisionTable)


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


#: What published tables of these designs leave out; galu's own convention stands beside them.
_PUBLISHED: dict[str, object] = {"coherent": False, "skipping": "untried"}
#: What a CRM as published declares: the level of the model, whatever its DLTs.
_PUBLISHED_CRM: dict[str, object] = {**_PUBLISHED, "cutoff": 1.0}
#: Whole cohorts are known together, so that nothing is judged inside one.
_BY_COHORTS: dict[str, object] = {"eliminate_at": "cohort", "step_down_at": "cohort"}


def exact(name: str, truth: tuple[float, ...], plan: ExactPlan, switches: dict[str, Any]) -> dict[str, Any]:
    """Exact operating characteristics of a design.

    A design by cohorts is computed as published, and beside it with the conventions of safety that
    `galu design next` and `oc` take by default, where they differ and no switch says which.

    Raises
    ------
    InputError
        When the design has no exact computation, or the plan or a switch does not belong to it.
    """
    known = own_switches(name) if name in DESIGNS else ()
    published = _PUBLISHED_CRM if name == "crm" else _PUBLISHED
    left = {key: value for key, value in published.items() if key in known and key not in switches}
    if "group" in switches:
        left.pop("coherent", None)  # who names the group of coherence asks for it
    if plan.skips and "skipping" in known:
        if switches.get("skipping", "any") != "any":
            raise InputError("--skips", "skipping is given twice", "leave out one of the two")
        left["skipping"], plan = "any", replace(plan, skips=False)
    answer = _exact(make_design(name, switches | left), truth, plan, switches)
    if left:
        safe = make_design(name, switches | ({"skipping": "any"} if left.get("skipping") == "any" else {}))
        beside = _exact(safe, truth, plan, switches)
        numbers = ("select", "patients", "dlts", "expected_n", "expected_dlts")
        answer["as_run"] = {
            "conventions": {key: beside["switches"][key] for key in left},
            **{key: beside[key] for key in numbers},
        }
        answer["convention"] = (
            "as published; `as_run` has the conventions that `galu design next` and `oc` take by default. "
            "Whole cohorts are known together: inside one, where these judge at any number known, nothing is"
        )
    return {"design": name, **answer}


def _exact(
    design: Design, truth: tuple[float, ...], plan: ExactPlan, asked: dict[str, Any]
) -> dict[str, Any]:
    accrual: dict[str, Any]
    if isinstance(bare(design), _TABLES):
        found, accrual = _of_table(design, truth, plan)
    else:
        found, accrual = _by_cohorts(design, truth, plan, asked)
    told = stated(design, len(truth))
    for idle in ("n", "largest", "cohort_size"):
        told["switches"].pop(idle, None)  # the cohorts below say what was used of them
    told["switches"] = by_cohorts(told["switches"])
    return {
        "select": {"none": found.select[0], "levels": list(found.select[1:])},
        "patients": {"levels": list(found.patients)},
        "dlts": {"levels": list(found.dlts)},
        "expected_n": sum(found.patients),
        "expected_dlts": sum(found.dlts),
        "duration_days": None,
        "suspended_days": None,
        "replicates": None,
        "se": None,
        **told,
        **accrual,
    }


def _of_table(
    design: Design, truth: tuple[float, ...], plan: ExactPlan
) -> tuple[Characteristics, dict[str, Any]]:
    from galu.escalation import exact as engine

    inner = bare(design)

    if plan.cohorts is not None or plan.cohort_size is not None:
        raise InputError("--cohorts", f"{design.name} fixes its own cohorts", "leave out the cohort options")
    if plan.select != "own" or plan.skips:
        raise InputError(
            "--select", f"{design.name} declares by its own table", "leave out --select and --skips"
        )
    if isinstance(inner, ThreePlusThree):
        if plan.limit is not None:
            raise InputError("--limit", "3+3 comes in cohorts and has no limit of accrual", "leave it out")
        return engine.in_cohorts(design, truth), {"accrual": "cohorts of three"}
    limit = plan.limit or "slow"
    if limit not in ("slow", "fast"):
        raise InputError("--limit", f"`{limit}` is not known", "use slow or fast")
    if limit == "slow":
        return engine.slow_limit(design, truth), {"limit": limit}
    if not isinstance(inner, RollingSix):
        raise InputError("--limit", f"{design.name} has no fast limit", "use slow, or `galu design oc`")
    return engine.fast_limit(design, truth), {"limit": limit}


def _by_cohorts(
    design: Design, truth: tuple[float, ...], plan: ExactPlan, asked: dict[str, Any]
) -> tuple[Characteristics, dict[str, Any]]:
    from galu.escalation import merged

    if plan.limit is not None:
        raise InputError("--limit", f"{design.name} has no limit of accrual", "use --cohorts, --cohort-size")
    if plan.select not in ("own", "next"):
        raise InputError("--select", f"`{plan.select}` is not known", "use own or next")
    inner = bare(design)
    walk = merged.walk_of(design)
    if isinstance(inner, Crm):
        inner.model_for(len(truth))
    elif plan.skips:
        raise InputError("--skips", f"{design.name} skips no level", "leave it out")
    check_by_cohorts(asked)
    sizes = _sizes(inner, plan, asked)
    select = merged.where_next if plan.select == "next" else walk.selected
    start = int(getattr(inner, "start", 1))
    found = merged.by_merged_states(walk, truth, sizes, select, start)
    return found, {
        "cohorts": len(sizes.each),
        "cohort_size": sizes.size,
        "n": sizes.patients,
        "select_by": plan.select,
        "accrual": "whole cohorts, each known before the next is dosed",
    }


def check_by_cohorts(asked: dict[str, Any]) -> None:
    """Refuse what judges inside a cohort, where whole cohorts are known together.

    Raises
    ------
    InputError
        Naming the switch.
    """
    for key, value in _BY_COHORTS.items():
        if asked.get(key, value) != value:
            fault = "whole cohorts are known together, so nothing is judged inside one"
            raise InputError(key, fault, "leave it out, or simulate in calendar time with `galu design oc`")


def by_cohorts(switches: dict[str, Any]) -> dict[str, Any]:
    """The switches as an answer by whole cohorts states them."""
    return switches | {key: value for key, value in _BY_COHORTS.items() if key in switches}


def _sizes(design: Design, plan: ExactPlan, asked: dict[str, Any]) -> Sizes:
    """Cohorts by the options, or by the switches of the design; a number given twice must agree."""
    from galu.escalation.merged import Sizes

    size = int(getattr(design, "cohort_size", 3))
    if plan.cohort_size is not None:
        if asked.get("cohort_size", plan.cohort_size) != plan.cohort_size:
            raise InputError("--cohort-size", "the size is given twice", "leave out one of the two")
        size = plan.cohort_size
    if plan.cohorts is None:
        return Sizes(size, int(asked.get("largest", 10 * size if plan.cohort_size else design.largest)))  # type: ignore[attr-defined]
    if asked.get("largest", plan.cohorts * size) != plan.cohorts * size:
        raise InputError("--cohorts", "the patients in all are given twice", "leave out one of the two")
    return Sizes(size, plan.cohorts * size)
