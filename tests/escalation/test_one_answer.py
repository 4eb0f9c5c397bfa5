"""The same history has one answer: `next`, simulated trials, exact numbers, a comparison and the board."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from math import comb
from types import SimpleNamespace

import numpy as np
import pytest

from galu.desk import design as desk
from galu.desk.design.compare import read_label
from galu.escalation import DESIGNS, Action, Outcome, Outcomes, PatientOutcome, design_named
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.decision import Design
from galu.escalation.designs import own_switches
from galu.escalation.guarded import bare
from galu.escalation.plan import EscalationPlan
from galu.finding import InputError
from galu.trial.design import trial_design
from reference.escalation_calendar import Heard, course

WINDOW = 40
#: By switch what it may hold besides its default; a design takes those that it reads.
VALUES: dict[str, tuple[object, ...]] = {
    "target": (0.1, 0.2, 0.3, 0.4),
    "cohort_size": (1, 2, 3, 4, 5),
    "largest": (6, 10, 15, 18),
    "cutoff": (0.7, 0.9, 0.99),
    "eliminate_at": ("any", "cohort"),
    "step_down_at": ("any", "cohort"),
    "coherent": (False,),
    "group": (1, 2, 4, 6),
    "start": (2,),
    "p_saf": (0.05,),
    "p_tox": (0.45,),
    "extra_safe": (True,),
    "offset": (0.2,),
    "n_earlystop": (4, 6, 9),
    "titration": (True,),
    "rule": ("imputation-2018",),
    "max_pending": (0.2, 0.7, 0.9),
    "eliminate_by": ("enrolled",),
    "min_followup": (0.0, 0.5, 1.0),
    "initial_stage": (0, 1, 4),
    "skipping": ("untried", "any"),
    "model": ("logistic",),
    "scale": (0.6, 2.0),
    "overdose": (0.4, 0.8),
    "top_level_rule": ("table", "3-of-3"),
    "six_zero_one_escalates": (False,),
    "replace_inevaluable": (False,),
    "max_per_level": (9,),
    "variant": ("deescalate_top_3_of_3_ok", "escalate_only"),
    "lowest_toxic": (0.2, 0.33, 0.5),
    "sentinel_share": (0.2, 0.6),
    "enough_at_level": (3, 4, 6, 9),
    "precise_width": (0.4, 0.55, 0.7),
}
GUARDS = ("lowest_toxic", "sentinel_share", "min_followup", "enough_at_level", "precise_width")
TRUTHS = ((0.1, 0.3), (0.05, 0.12, 0.25, 0.45), (0.3, 0.5, 0.7), (0.02, 0.05, 0.1), (0.6, 0.8))
CONDITIONS = (
    Conditions(WINDOW, 10.0),
    Conditions(WINDOW, 3.0, True, "early", 0.2, 8.0, 0.2),
    Conditions(WINDOW, 15.0, False, "late", 0.1),
    Conditions(WINDOW, 60.0, True, "end"),
)


@dataclass(frozen=True)
class Draw:
    """A design with its switches, and the trial in which it is asked."""

    name: str
    switches: dict[str, object]
    truth: tuple[float, ...]
    conditions: Conditions

    @property
    def design(self) -> Design:
        return design_named(self.name, **self.switches)


def drawn(name: str, number: int) -> Draw:
    """A random design of a name that can be made and asked."""
    rng = random.Random(f"{name} {number}")
    idle = ("min_followup", "initial_stage") if name == "crm" else ()  # only its TITE form reads them
    own = [key for key in (*own_switches(name), *GUARDS) if key not in idle]
    while True:
        truth = rng.choice(TRUTHS[:2] if name == "blrm" else TRUTHS)
        keys = sorted({key for key in own if key in VALUES})
        chosen = rng.sample(keys, min(len(keys), rng.randint(0, 6)))
        switches = {key: rng.choice(VALUES[key]) for key in chosen}
        if name == "blrm":
            switches |= {"doses": tuple(2.0**i for i in range(len(truth))), "largest": 9}
        made = Draw(name, switches, truth, rng.choice(CONDITIONS))
        try:
            made.design.decide(Outcomes(), len(truth))
        except InputError:
            continue
        return made


def on_the_board(draw: Draw) -> Design:
    """The design as the board of a study makes it, the sentinel interval in days of the section's own key."""
    stated = {"source": "assumed", "why": "drawn"}
    given = dict(draw.switches)
    if "target" in own_switches(draw.name):
        given.setdefault("target", 0.25)  # a study must state it
    days = round(float(given.pop("sentinel_share", 0.0)) * WINDOW)  # type: ignore[arg-type]
    if days:
        given["sentinel_interval_days"] = days
    data = {key: {**stated, "value": value} for key, value in {"design": draw.name, **given}.items()}
    safety = SimpleNamespace(dlt=SimpleNamespace(window_days=SimpleNamespace(value=WINDOW)))
    return trial_design(SimpleNamespace(safety=safety), EscalationPlan.model_validate(data))  # type: ignore[arg-type]


FEW = [pytest.param(2, id="few"), pytest.param(60, id="many", marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", FEW)
@pytest.mark.parametrize("name", DESIGNS)
def test_simulation_next_comparison_and_board_say_the_same(name: str, count: int) -> None:
    """Of each history of a plain trial; the kernel runs the same trial to the same end."""
    for number in range(max(1, count // 10) if name == "blrm" else count):
        draw = drawn(name, number)
        board, levels = on_the_board(draw), len(draw.truth)
        label = name + "@" + ";".join(f"{key}={_written(value)}" for key, value in draw.switches.items())
        compared = read_label(label, {})
        assert compared == draw.design, draw
        asked = {"largest": getattr(bare(draw.design), "largest", None)}
        end = {} if asked["largest"] is None else asked
        for trial in range(3):
            heard: Heard = []
            slow = course(draw.design, draw.truth, draw.conditions, 3, trial, heard)
            fast = simulate(compared, draw.truth, draw.conditions, 3, range(trial, trial + 1))
            assert (int(fast.selected[0]), fast.patients[0].tolist()) == (slow.selected, slow.patients), draw
            assert fast.dlts[0].tolist() == slow.dlts, draw
            assert fast.duration_days[0] == pytest.approx(slow.duration, rel=1e-12), draw
            for outcomes, found in heard:
                said = desk.next_decision(name, draw.switches | end, outcomes, levels)
                wanted = (found.action.value, found.level)
                assert (said["decision"], said["level"]) == wanted, (draw, str(outcomes))
                there = board.decide(outcomes, levels)
                assert (there.action.value, there.level) == wanted, (draw, str(outcomes), there, found)


def _written(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def followed(
    design: Design, truth: tuple[float, ...], size: int, largest: int | None
) -> tuple[list[float], list[float]]:
    """Chance of each selection (0: none) and mean patients, `decide` asked of every possible trial."""
    select, patients = [0.0] * (len(truth) + 1), [0.0] * len(truth)

    def go_on(known: Outcomes, weight: float) -> None:
        decision = design.decide(known, len(truth))
        if decision.action.ends_escalation:
            select[decision.level or 0] += weight
            return
        level = decision.level
        assert level is not None, (known, decision)
        count = size if largest is None else min(size, largest - len(known))
        patients[level - 1] += weight * count
        p = truth[level - 1]
        for toxic in range(count + 1):
            chance = comb(count, toxic) * p**toxic * (1.0 - p) ** (count - toxic)
            kinds = [Outcome.DLT] * toxic + [Outcome.NONE] * (count - toxic)
            more = tuple(PatientOutcome(level, kind) for kind in kinds)
            go_on(Outcomes((*known, *more)), weight * chance)

    go_on(Outcomes(), 1.0)
    return select, patients


#: Designs with exact numbers; rolling six and its relative in the slow limit, one patient after the other.
BY_COHORTS = ("boin", "keyboard", "mtpi", "mtpi2", "i3+3", "crm")
SIZES = {"rolling-six": 1, "iq-rolling-six": 1, "3+3": 3}
#: What judges inside a cohort, or by time; and what would make every possible trial too many.
LEFT_OUT = (
    "eliminate_at",
    "step_down_at",
    "sentinel_share",
    "min_followup",
    "initial_stage",
    "max_per_level",
    "titration",
)


@pytest.mark.parametrize(
    "count", [pytest.param(4, id="few"), pytest.param(40, id="many", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", [*SIZES, *BY_COHORTS])
def test_exact_numbers_are_those_of_asking_at_every_history(name: str, count: int) -> None:
    for number in range(count):
        draw = drawn(name, number)
        switches = {key: value for key, value in draw.switches.items() if key not in LEFT_OUT}
        truth = draw.truth[:2] if name in SIZES else draw.truth[:3]
        size, largest = SIZES.get(name, 3), None
        if name in BY_COHORTS:
            size = max(2, int(switches.get("cohort_size", 3)))  # type: ignore[call-overload]
            largest = min(int(switches.get("largest", 18)), 5 * size)  # type: ignore[call-overload]
            group = switches.get("group")
            switches |= {"cohort_size": size, "largest": largest, "coherent": switches.get("coherent", True)}
            if group is not None and int(group) % size:  # type: ignore[call-overload]
                del switches["group"]
        if name == "crm":
            switches |= {"skipping": switches.get("skipping", "none"), "cutoff": switches.get("cutoff", 0.95)}
        ends = {key: "cohort" for key in LEFT_OUT[:2] if key in own_switches(name)}
        select, patients = followed(design_named(name, **switches, **ends), truth, size, largest)
        found = desk.exact(name, truth, desk.ExactPlan(), switches)
        chances = [found["select"]["none"], *found["select"]["levels"]]
        assert np.allclose(chances, select, atol=1e-9), (draw, switches, chances, select)
        assert np.allclose(found["patients"]["levels"], patients, atol=1e-9), (draw, switches)


def test_the_boards_sentinel_interval_is_asked_when_the_switch_is() -> None:
    """Before a level is declared: whoever the interval holds back, nobody declares over."""
    guards: dict[str, object] = {"sentinel_share": 0.5, "enough_at_level": 3}
    draw = Draw("rolling-six", guards, (0.1, 0.3), CONDITIONS[0])
    patients = [replace(p, followup=0.1) for p in Outcomes.from_string("1PNNN 2NNN")]
    for design in (draw.design, on_the_board(draw)):
        found = design.decide(Outcomes(tuple(patients)), 2)
        assert (found.action, found.rule) == (Action.SUSPEND, "sentinel")


def test_inevaluable_patients_who_are_not_replaced_use_up_the_level_in_simulated_trials() -> None:
    many = Conditions(WINDOW, 5.0, inevaluable=0.4)
    kept, replaced = (
        simulate(design_named("rolling-six", replace_inevaluable=way), (0.15, 0.3), many, 4, range(2000))
        for way in (False, True)
    )
    assert kept.selected.mean() < replaced.selected.mean()
    assert kept.patients.sum(axis=1).mean() < replaced.patients.sum(axis=1).mean()


@pytest.mark.parametrize("asked", [{"tite": False}, {"tite": False, "cohort_size": 3}])
def test_a_tite_crm_without_tite_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(InputError, match="without its follow-up is a CRM"):
        design_named("tite-crm", **asked)
    assert design_named("tite-crm", tite=True) == design_named("tite-crm")
