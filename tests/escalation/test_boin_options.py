"""BOIN's options against a plain twin of R's `get.oc`: p_saf, p_tox, extra safe, n at dose, titration."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from typer.testing import CliRunner

from galu.cli.design import app
from galu.desk import design as desk
from galu.escalation import Action, Outcome, Outcomes, PatientOutcome, design_named
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.cohorts import simulate_cohorts
from galu.escalation.draws import DLT, stream, uniform
from galu.escalation.plan import EscalationPlan, design_from_plan
from galu.finding import InputError
from reference.boin_course import Options, boin_trial
from reference.escalation_calendar import course

FIVE = (0.05, 0.15, 0.3, 0.45, 0.6)
#: What R's package does not do, off.
AS_R = {"coherent": False, "eliminate_at": "cohort", "step_down_at": "cohort"}
BOTH = {"titration": True, "n_earlystop": 9, "p_saf": 0.1, "p_tox": 0.4}
CASES = [
    ({"extra_safe": True, "offset": 0.05}, {"offset": 0.05}),
    ({"extra_safe": True, "offset": 0.2, "cutoff": 0.9}, {"offset": 0.2, "cutoff": 0.9}),
    ({"n_earlystop": 6}, {"n_earlystop": 6}),
    ({"n_earlystop": 9, "extra_safe": True}, {"n_earlystop": 9, "offset": 0.05}),
    ({"titration": True}, {"titration": True}),
    (BOTH, BOTH),
    ({"titration": True, "extra_safe": True}, {"titration": True, "offset": 0.05}),
    ({"p_saf": 0.12, "p_tox": 0.33}, {"p_saf": 0.12, "p_tox": 0.33}),
]


@pytest.mark.parametrize(("switches", "options"), CASES)
@pytest.mark.parametrize("truth", [FIVE, (0.35, 0.5, 0.6), (0.02, 0.03), (0.3,)])
@pytest.mark.parametrize(("size", "largest"), [(3, 30), (4, 18), (2, 13)])
def test_trial_by_trial_as_rs_package(
    switches: dict[str, object],
    options: dict[str, object],
    truth: tuple[float, ...],
    size: int,
    largest: int,
) -> None:
    asked = {"target": 0.25, "cohort_size": size, "largest": largest, **switches, **AS_R}
    found = simulate_cohorts(design_named("boin", **asked), truth, 11, range(150))
    o = Options(0.25, size, largest, **options)  # type: ignore[arg-type]
    for trial in range(150):
        base = np.uint64(stream(11, trial))
        wanted = boin_trial(len(truth), o, lambda i, lv, b=base: uniform(b, i, DLT) < truth[lv - 1])  # type: ignore[misc]
        got = int(found.selected[trial]), found.patients[trial].tolist(), found.dlts[trial].tolist()
        assert got == wanted, trial


@pytest.mark.parametrize("switches", [one for one, _ in CASES])
@pytest.mark.parametrize("name", ["boin", "keyboard", "i3+3"])
def test_calendar_trials_ask_decide(name: str, switches: dict[str, object]) -> None:
    own = {key: value for key, value in switches.items() if name == "boin" or key not in ("p_saf", "p_tox")}
    hard = Conditions(42.0, 4.0, True, "early", 0.15, 10.0, 0.2)
    for more in ({}, AS_R, {"start": 2, "enough_at_level": 9, "cohort_size": 2}):
        design = design_named(name, largest=18, **own, **more)
        fast = simulate(design, FIVE, hard, 5, range(12))
        for row in range(12):
            slow = course(design, FIVE, hard, 5, row)
            assert int(fast.selected[row]) == slow.selected, (own, more, row)
            assert fast.patients[row].tolist() == slow.patients, (own, more, row)
            assert fast.duration_days[row] == pytest.approx(slow.duration, rel=1e-12)


@pytest.mark.parametrize("switches", [one for one, _ in CASES if "titration" not in one])
def test_exact_numbers_are_those_of_many_trials(switches: dict[str, object]) -> None:
    asked = {"target": 0.25, "largest": 18, "cohort_size": 3, **switches, **AS_R}
    exact = desk.exact("boin", FIVE[:3], desk.ExactPlan(), {k: v for k, v in asked.items() if "_at" not in k})
    found = simulate_cohorts(design_named("boin", **asked), FIVE[:3], 3, range(40_000))
    for level, chance in enumerate([exact["select"]["none"], *exact["select"]["levels"]]):
        error = (chance * (1 - chance) / 40_000) ** 0.5
        assert (found.selected == level).mean() == pytest.approx(chance, abs=4.5 * error + 1e-9)


def test_extra_safe_stops_at_the_lowest_level_sooner() -> None:
    """Pr(rate > 0.3 | 3 of 6) = 0.87: above 0.95 − 0.1, not above 0.95."""
    known = Outcomes.from_string("1NTN 1NTT")
    assert design_named("boin", target=0.3).decide(known, 2).action is Action.SAME
    assert design_named("boin", target=0.3, extra_safe=True).decide(known, 2).action is Action.SAME
    found = design_named("boin", target=0.3, extra_safe=True, offset=0.1).decide(known, 2)
    assert found.action is Action.STOP_NO_DOSE


@pytest.mark.parametrize(
    ("text", "action", "level"),
    [
        ("", "same", 1),
        ("1P", "suspend", None),
        ("1N", "escalate", 2),
        ("1N 2N 3N", "escalate", 4),
        ("1N 2N 3T", "de-escalate", 2),
        ("1T", "same", 1),
        ("1N 2N 3N 4N", "de-escalate", 3),
        ("1N 2N 3T 2P", "same", 2),
        ("1N 2N 3T 2NP", "suspend", None),
        ("1N 2N 3T 2NN", "escalate", 3),
        ("1N 2N 3T 2NN 3NN", "same", 3),
        ("1N 2N 3T 2NN 3NNN", "same", 3),
        ("1N 2N 3TP", "de-escalate", 2),
        ("1N 2PP", "suspend", None),
        ("1T 2N 3N", "de-escalate", 1),  # a DLT learnt late
    ],
)
def test_titration_step_by_step(text: str, action: str, level: int | None) -> None:
    answer = desk.next_decision(
        "boin", {"titration": True, "step_down_at": "cohort"}, Outcomes.from_string(text), 4
    )
    assert (answer["decision"], answer["level"]) == (action, level), answer


def test_a_pending_patient_undoes_nothing_under_the_options() -> None:
    seen = 0
    for seed in range(150):
        rng = random.Random(seed)
        switches = {"titration": rng.random() < 0.7, "n_earlystop": 6, "extra_safe": True}
        switches["step_down_at"] = rng.choice(["any", "cohort"])
        design, patients = design_named("boin", cohort_size=rng.choice([2, 3]), **switches), []
        for _ in range(14):
            patients = [_perhaps_known(p, rng) for p in patients]
            known = Outcomes(tuple(patients))
            found, level = design.decide(known, 4), known.level_in_use
            more = design.decide(known.then(PatientOutcome(level, Outcome.PENDING, 0.0)), 4)
            if found.action in (Action.DE_ESCALATE, Action.ELIMINATE, Action.STOP_NO_DOSE):
                seen += 1
                assert more.level is None or more.level < level, (switches, str(known), found, more)
            if found.action in (Action.DECLARE_MTD, Action.STOP_NO_DOSE):
                assert more.action in (Action.SUSPEND, found.action), (switches, str(known), found, more)
                break
            if found.level is not None:
                patients.append(PatientOutcome(found.level, Outcome.PENDING, 0.0))
    assert seen > 100


def _perhaps_known(p: PatientOutcome, rng: random.Random) -> PatientOutcome:
    if p.outcome is not Outcome.PENDING or rng.random() < 0.4:
        return p
    kind = rng.choices([Outcome.NONE, Outcome.DLT, Outcome.INEVALUABLE], [0.7, 0.22, 0.08])[0]
    return PatientOutcome(p.level, kind, 1.0)


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        (["offset=0.1"], "extra_safe=true only"),
        (["extra_safe=true", "offset=0.5"], "no offset"),
        (["n_earlystop=0"], "whole number"),
        (["titration=true", "cohort_size=1"], "cohorts of one"),
        (["titration=yes"], "no flag"),
    ],
)
@pytest.mark.parametrize("command", ["next", "oc", "exact"])
def test_what_is_out_of_range_gets_a_sentence(command: str, pairs: list[str], says: str) -> None:
    rest = ["--levels", "2"] if command == "next" else ["--truth", "0.1,0.3"]
    words = [word for pair in pairs for word in ("--switch", pair)]
    result = CliRunner().invoke(app, [command, "boin", *rest, *words])
    assert isinstance(result.exception, InputError) and says in str(result.exception)


def test_exact_refuses_titration_with_a_sentence() -> None:
    result = CliRunner().invoke(app, ["exact", "boin", "--truth", "0.1,0.3", "--switch", "titration=true"])
    assert isinstance(result.exception, InputError) and "galu design oc" in str(result.exception)


def test_oc_and_compare_state_the_options_and_a_study_reads_them() -> None:
    asked = ["--switch", "titration=true", "--switch", "n_earlystop=9", "--switch", "extra_safe=true"]
    words = ["oc", "boin", "--truth", "0.1,0.3", "--replicates", "50", "--json", *asked]
    told = json.loads(CliRunner().invoke(app, words).stdout)["switches"]
    assert (told["titration"], told["n_earlystop"], told["offset"]) == (True, 9, 0.05)
    words = ["compare", "boin", "boin@titration=true;n_earlystop=9", "--truth", "0.1,0.3", "--json"]
    rows = json.loads(CliRunner().invoke(app, [*words, "--replicates", "50"]).stdout)["designs"]
    assert rows[1]["switches"]["titration"] is True
    why = {"source": "assumed", "why": "drawn"}
    data = {"design": "boin", "target": 0.25, "titration": True, "n_earlystop": 9, "extra_safe": True}
    plan = EscalationPlan.model_validate({key: {"value": value, **why} for key, value in data.items()})
    assert design_from_plan(plan) == design_named("boin", titration=True, n_earlystop=9, extra_safe=True)
