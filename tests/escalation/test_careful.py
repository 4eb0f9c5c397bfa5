"""What is not known never passes for safe: properties of every design over random histories."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from galu.desk import design as desk
from galu.escalation import (
    DESIGNS,
    Action,
    Outcome,
    Outcomes,
    PatientOutcome,
    RollingSix,
    design_named,
)
from galu.escalation.conventions import SEEN, group_above
from galu.escalation.decision import Decision, Design
from galu.escalation.decision_table import read_table
from galu.escalation.guarded import bare
from galu.finding import InputError

LEVELS = 3
DOSES = {"blrm": {"doses": (1.0, 2.0, 4.0)}}
#: Designs by name, some with switches that matter here.
CASES: list[tuple[str, dict[str, object]]] = [
    *((name, DOSES.get(name, {})) for name in DESIGNS),
    ("boin", {"cohort_size": 1}),
    ("boin", {"target": 0.1, "cohort_size": 2}),
    ("keyboard", {"target": 0.33}),
    ("tite-boin", {"rule": "imputation-2018", "cohort_size": 1, "max_pending": 1.0}),
    ("tite-boin", {"min_followup": 0.0, "initial_stage": 0, "max_pending": 1.0}),
    ("tite-crm", {"cohort_size": 3}),
    ("tite-crm", {"min_followup": 0.0, "initial_stage": 0, "skipping": "untried"}),
    ("crm", {"cohort_size": 1, "lowest_toxic": 0.3, "start": 2}),
    ("boin", {"sentinel_share": 0.3, "enough_at_level": 6}),
    ("rolling-six", {"sentinel_share": 0.3, "start": 2}),
    ("iq-rolling-six", {"min_followup": 0.5}),
]
IDS = [f"{name}-{'-'.join(map(str, switches))}" for name, switches in CASES]
STOPS = (Action.STOP_NO_DOSE,)
DOWN = (Action.DE_ESCALATE, Action.ELIMINATE)
FEW = {"crm": 12, "tite-crm": 12, "blrm": 4}


def histories(design: Design, rng: random.Random, longest: int = 14) -> Iterator[Outcomes]:
    """A trial that grows as the design says, or sometimes stays; windows end in any order."""
    patients: list[PatientOutcome] = []
    for _ in range(longest):
        for i, p in enumerate(patients):
            if p.outcome is Outcome.PENDING and rng.random() < 0.6:
                toxic = rng.random() < 0.15 + 0.12 * p.level
                lost = rng.random() < 0.08
                kind = Outcome.INEVALUABLE if lost else Outcome.DLT if toxic else Outcome.NONE
                patients[i] = PatientOutcome(p.level, kind, 1.0)
            elif p.outcome is Outcome.PENDING:
                patients[i] = PatientOutcome(p.level, p.outcome, rng.choice([0.1, 0.4, 0.9]))
        try:
            decision = design.decide(Outcomes(tuple(patients)), LEVELS)
        except InputError:
            return
        yield Outcomes(tuple(patients))
        if decision.action.ends_escalation:
            return
        if decision.level is not None:
            patients.append(PatientOutcome(decision.level, Outcome.PENDING, 0.0))
        elif rng.random() < 0.3 and patients:  # against the design
            patients.append(PatientOutcome(patients[-1].level, Outcome.PENDING, 0.0))


def many(name: str, design: Design, share: int = 25) -> Iterator[Outcomes]:
    for seed in range(FEW.get(name, share)):
        yield from histories(design, random.Random(seed))


def asked(name: str, switches: dict[str, object], outcomes: Outcomes) -> tuple[str, int | None]:
    answer = desk.next_decision(name, switches, outcomes, LEVELS)
    return answer["decision"], answer["level"]


def highest_allowed(outcomes: Outcomes, action: Action, start: int) -> int | None:
    """Below which level the next patient must go, after a stop (0) or a step down; None: anywhere."""
    if action in STOPS:
        return 0
    return outcomes.level_in_use_from(start) - 1 if action in DOWN else None


def start_of(design: Design) -> int:
    return int(getattr(bare(design), "start", 1))


@pytest.mark.parametrize(("name", "switches"), CASES, ids=IDS)
@pytest.mark.parametrize("through", ["decide", "next"])
def test_a_pending_patient_undoes_no_stop_and_no_step_down(
    name: str, switches: dict[str, object], through: str
) -> None:
    design = design_named(name, **switches)
    checked = 0
    for known in many(name, design):
        try:
            action, _ = ask(through, name, switches, design, known)
        except InputError:  # 3+3 refuses a path that it did not take
            continue
        allowed = highest_allowed(known, Action(action), start_of(design))
        if allowed is None:
            continue
        in_use = known.level_in_use_from(start_of(design))
        # With the minimum follow-up switched off a step up over new patients below is what was asked for.
        lowest = in_use if switches.get("min_followup") == 0.0 else 1
        for level in range(lowest, in_use + 1):
            more = known
            for _ in range(3):
                more = more.then(PatientOutcome(level, Outcome.PENDING, 0.0))
                try:
                    _, then = ask(through, name, switches, design, more)
                except InputError:
                    break
                checked += 1
                assert then is None or then <= allowed, (str(known), action, str(more), then)
    assert checked or name in ("3+3",), "no stop and no step down was seen"


def ask(
    through: str, name: str, switches: dict[str, object], design: Design, outcomes: Outcomes
) -> tuple[str, int | None]:
    if through == "next":
        return asked(name, switches, outcomes)
    decision: Decision = design.decide(outcomes, LEVELS)
    return decision.action.value, decision.level


@pytest.mark.parametrize(("name", "switches"), CASES, ids=IDS)
def test_no_step_up_right_after_a_group_above_target(name: str, switches: dict[str, object]) -> None:
    design = design_named(name, **switches)
    inner = bare(design)
    target = getattr(inner, "target", getattr(inner, "over", None))
    if target is None:
        pytest.skip("a table of counts has no target")
    for known in many(name, design):
        for through in ("decide", "next"):
            action, _ = ask(through, name, switches, design, known)
            level = known.level_in_use_from(start_of(design))
            if action == "escalate":
                seen = SEEN if name.startswith("tite") else 2.0
                assert not group_above(known, level, inner.cohort_size, target, seen=seen), str(known)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["tite-crm", "tite-boin"])
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_no_step_up_over_patients_without_follow_up(name: str, share: float) -> None:
    design = design_named(name)
    for known in many(name, design):
        level = known.level_in_use
        more = known.then(PatientOutcome(level, Outcome.PENDING, share))
        for through in ("decide", "next"):
            try:
                action, then = ask(through, name, {}, design, more)
            except InputError:
                continue
            assert action != "escalate" and (then is None or then <= level), str(more)


@pytest.mark.parametrize(
    ("name", "text", "days", "level"),
    [
        ("tite-crm", "1P", "0", 1),
        ("tite-crm", "1PPP", "1,1,1", 1),
        ("tite-crm", "1NNP", "42,42,41", 1),  # the initial stage asks for three
        ("tite-crm", "1NNNP", "42,42,42,5", 1),
        ("tite-crm", "1NNN", "42,42,42", 2),
        ("tite-boin", "1NNNPPP", "42,42,42,0,0,0", 1),
        ("tite-boin", "1NNNPPP", "42,42,42,30,30,30", 2),
    ],
)
def test_follow_up_before_a_step_up(name: str, text: str, days: str, level: int) -> None:
    followup = tuple(float(x) for x in days.split(","))
    outcomes = desk.read_outcomes(text, followup, 42.0)
    assert asked(name, {}, outcomes)[1] == level


@pytest.mark.parametrize(
    ("text", "days", "rule"),
    [
        ("1NNN 2P", "42,42,42,3", "sentinel"),
        ("1NNN 2PP", "42,42,42,3,3", "sentinel"),  # a second patient does not end the interval
        ("1NNN 2XP", "42,42,42,20,3", "sentinel"),  # who is replaced by the next
        ("1NNN 2P 1NNN", "42,42,42,3,42,42,42", "cohort"),  # the design waits by itself
    ],
)
def test_the_sentinel_is_seen_from_any_level(text: str, days: str, rule: str) -> None:
    followup = tuple(float(x) for x in days.split(","))
    outcomes = desk.read_outcomes(text, followup, 42.0)
    answer = desk.next_decision("boin", {"sentinel_share": 0.3}, outcomes, 3)
    assert (answer["decision"], answer["rule"]) == ("suspend", rule)


@pytest.mark.parametrize(
    "text", ["1NNTTT", "1NTTT", "1TTT", "1NTTTP", "1TTTNP", "1NNTTTP", "1TTTPP", "1TTTT"]
)
@pytest.mark.parametrize("name", ["boin", "tite-boin"])
def test_elimination_is_judged_at_any_number_known(name: str, text: str) -> None:
    """Pr(rate > 0.25) under a uniform prior: .996 for 3 of 3, .984 of 4, .962 of 5, but .929 of 6."""
    outcomes = desk.read_outcomes(text, tuple(0.0 if c == "P" else 42.0 for c in text[1:]), 42.0)
    known = outcomes.tally(1).enrolled - outcomes.tally(1).pending
    wanted = "stop-no-dose" if (known, outcomes.tally(1).dlts) != (6, 3) else "same"
    assert design_named(name).decide(outcomes, 3).action.value == wanted


@pytest.mark.parametrize(
    ("name", "switch"),
    [
        ("boin", "cutoff=95"), ("boin", "cutoff=0"), ("boin", "cutoff=true"), ("boin", "cutoff=high"),
        ("boin", "cutoff=nan"), ("boin", "cohort_size=0"), ("boin", "cohort_size=2.5"),
        ("boin", "largest=-3"),
        ("boin", "target=25"), ("boin", "coherent=1"), ("boin", "eliminate_at=never"), ("boin", "p_saf=0.3"),
        ("boin", "start=0"), ("boin", "start=9"), ("boin", "cutof=0.9"), ("boin", "p_saf=inf"),
        ("keyboard", "p_saf=0.1"), ("boin", "lowest_toxic=33"), ("boin", "sentinel_share=7"),
        ("boin", "enough_at_level=0"), ("boin", "precise_width=40"), ("boin", "min_followup=28"),
        ("tite-boin", "max_pending=50"), ("tite-boin", "rule=2018"), ("crm", "scale=-1"),
        ("crm", "prior=10,30,50"),
        ("crm", "model=probit"), ("crm", "skipping=yes"), ("tite-crm", "initial_stage=-1"),
        ("tite-crm", "min_followup=21"), ("blrm", "over=33"), ("blrm", "mean=1"), ("blrm", "covariance=1,2"),
        ("blrm", "doses=6.0,3.7,9"), ("rolling-six", "six_zero_one_escalates=maybe"),
        ("rolling-six", "max_per_level=5"), ("3+3", "variant=best"), ("boin", "cutoff="),
    ],
)  # fmt: skip
def test_a_switch_of_another_kind_or_range_gets_a_sentence(name: str, switch: str) -> None:
    with pytest.raises(InputError):
        desk.next_decision(name, desk.read_switches([switch]), Outcomes(), 3)


def test_a_misspelled_switch_or_design_is_asked_back() -> None:
    with pytest.raises(InputError, match="did you mean `cutoff`"):
        design_named("boin", cutof=0.9)
    with pytest.raises(InputError, match="did you mean `boin`"):
        design_named("bion")
    with pytest.raises(InputError, match="given twice"):
        desk.read_switches(["cutoff=0.9", "cutoff=0.95"])


def test_a_table_in_which_a_pending_patient_reopens_a_level_is_refused() -> None:
    cells = {
        (r.tally.enrolled, r.tally.dlts, r.tally.pending): r.action.value for r in TABLE if r.tally.enrolled
    }
    cells[4, 2, 1] = "same"
    names = ("enrolled", "dlts", "pending", "decision")
    lines = [
        (i, dict(zip(names, (*map(str, key), word), strict=True)))
        for i, (key, word) in enumerate(cells.items())
    ]
    with pytest.raises(
        InputError, match="3 enrolled, 2 DLTs, 0 pending closes, with one more pending it doses"
    ):
        read_table("table:mine", lines)


TABLE = RollingSix(top_level_rule="table").table()


@pytest.mark.parametrize(("mean", "warns"), [("-1,0", True), ("-3,0", True), ("-5,0", False)])
def test_a_prior_that_stops_after_one_dlt_is_warned_of(mean: str, warns: bool) -> None:
    switches = desk.read_switches([f"mean={mean}"])
    answer = desk.next_decision("blrm", switches, Outcomes(), 2)
    one = design_named("blrm", **switches).decide(Outcomes.from_string("1T"), 2)
    assert ("warning" in answer) == (one.action is Action.STOP_NO_DOSE) == warns
