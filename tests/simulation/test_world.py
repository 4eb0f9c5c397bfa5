"""A simulated trial: same seed same record, the board is obeyed, the past never changes."""

from __future__ import annotations

import itertools
from zoneinfo import ZoneInfo

import pytest

from galu.eligibility import Gate
from galu.eligibility.evaluate import eligible, evaluate
from galu.escalation.outcomes import Outcome, Outcomes, PatientOutcome
from galu.escalation.plan import design_from_plan
from galu.exchange.facts_csv import read_facts, write_facts
from galu.finding import Truth
from galu.protocol import Study
from galu.record import canonical
from galu.record.conduct import Decision, StudyVersion
from galu.simulation.scenario import Scenario
from galu.simulation.world import simulate_trial
from galu.trial.board import Board, derive_board
from galu.trial.eligibility import derive_eligibility, gather_evidence
from galu.trial.subjects import derive_subjects


@pytest.fixture(scope="session")
def small(study: Study) -> Study:
    """The reference study with one level and seven patients."""
    assert study.enrolment is not None and study.treatment is not None
    target = study.enrolment.target.model_copy(update={"value": 7})
    changes = {
        "enrolment": study.enrolment.model_copy(update={"target": target}),
        "treatment": study.treatment.model_copy(update={"levels": study.treatment.levels[:1]}),
    }
    return study.model_copy(update=changes)


def _text(study: Study, scenario: Scenario, seed: int) -> list[str]:
    entries = simulate_trial(study, scenario, seed, "0" * 64)
    return [f"{entry.seq} {entry.recorded.isoformat()} {canonical(entry.fact)}" for entry in entries]


def test_the_seed_decides_the_record(small: Study, scenario: Scenario) -> None:
    first = _text(small, scenario, 5)
    assert first == _text(small, scenario, 5)
    assert first != _text(small, scenario, 6)


def test_the_reference_scenario_doses_all_planned_patients(trial) -> None:
    first = trial.entries[0].fact
    assert isinstance(first, StudyVersion) and first.origin == "simulated"
    assert trial.record.origin == "simulated"
    dosed = [s for s in derive_subjects(trial.study, trial.record) if s.therapy]
    assert len(dosed) == 49
    assert trial.asked[-1][1].phase == "complete"
    assert 10_000 < len(trial.entries) < 40_000


def test_entries_are_in_order_and_about_the_past(trial) -> None:
    moments = [entry.recorded for entry in trial.entries]
    assert moments == sorted(moments)
    assert [entry.seq for entry in trial.entries] == list(range(1, len(moments) + 1))
    assert len({entry.fact.id for entry in trial.entries}) == len(moments)
    zone = ZoneInfo(trial.study.zone)
    for entry in trial.entries:
        assert entry.fact.on[:10] <= entry.recorded.astimezone(zone).date().isoformat(), entry.fact


def test_a_fact_named_by_another_came_before_it(trial) -> None:
    seen: set[str] = set()
    for entry in trial.entries:
        named = [getattr(entry.fact, name, None) for name in ("supersedes", "event", "scan", "signs")]
        assert {name for name in named if name} <= seen, entry.fact
        seen.add(entry.fact.id)


def test_later_facts_never_change_the_board_of_an_earlier_day(trial) -> None:
    zone = ZoneInfo(trial.study.zone)
    for moment, board in trial.asked[::5]:
        then = trial.record.as_of(moment.replace(tzinfo=zone))
        assert derive_board(trial.study, then, moment.date()) == board


def test_some_facts_became_known_late_and_some_were_corrected(trial) -> None:
    zone = ZoneInfo(trial.study.zone)
    events = [entry for entry in trial.entries if entry.fact.kind == "lab"]
    lags = [(entry.recorded.astimezone(zone).date().isoformat(), entry.fact.on[:10]) for entry in events]
    assert any(known > on for known, on in lags)
    assert any(entry.fact.supersedes for entry in events)


def test_slots_follow_the_design(trial) -> None:
    """Each slot of the escalation is at the level that the design gives for the outcomes known then."""
    assert trial.study.escalation is not None and trial.study.treatment is not None
    design = design_from_plan(trial.study.escalation)
    levels = len(trial.study.treatment.levels)
    checked = 0
    for (_, before), (_, after) in itertools.pairwise(trial.asked):
        known = {slot.subject for slot in before.slots}
        for slot in after.slots:
            if slot.subject in known or slot.phase != "escalation":
                continue
            outcomes = Outcomes(
                tuple(PatientOutcome(s.level, Outcome(s.outcome), 1.0, ref=s.subject) for s in before.slots)
            )
            decision = design.decide(outcomes, levels)
            assert (decision.action.value in ("escalate", "same", "de-escalate"), decision.level) == (
                True,
                slot.level,
            )
            checked += 1
    assert checked >= 9


def test_enrolled_patients_are_eligible_at_every_gate(trial) -> None:
    subjects = [s for s in derive_subjects(trial.study, trial.record) if s.therapy]
    last = max(subject.last_alive for subject in subjects)
    for gate in derive_eligibility(trial.study, trial.record, subjects, last):
        open_ = [(one.criterion, one.at_gate) for one in gate.verdicts if one.at_gate != "satisfied"]
        assert eligible(gate.verdicts) is Truth.TRUE, (gate.subject, gate.gate, open_)


def test_screen_failures_violate_the_criterion_they_name(trial) -> None:
    rows = trial.record.facts("disposition").iter_rows(named=True)
    failed = {r["subject"]: r for r in rows if (r["category"] or "").startswith("criterion ")}
    evidence = gather_evidence(trial.study, trial.record, derive_subjects(trial.study, trial.record))
    assert failed
    for subject, row in failed.items():
        verdicts = evaluate(trial.study.eligibility, evidence[subject], Gate.ENROLMENT, row["day"])
        violated = {one.criterion for one in verdicts if one.at_gate == "violated"}
        assert violated == {row["category"].removeprefix("criterion ")}


def test_every_fact_of_a_trial_survives_the_way_through_csv(trial, tmp_path) -> None:
    write_facts(trial.entries, tmp_path / "csv")
    read = {fact.id: fact for fact in read_facts(tmp_path / "csv").facts}
    assert len(read) == len(trial.entries)
    assert all(read[entry.fact.id] == entry.fact for entry in trial.entries)


@pytest.mark.parametrize("after", ["resume", "stop"])
def test_an_expansion_held_for_toxicity_goes_on_as_the_scenario_says(
    small: Study, scenario: Scenario, after: str
) -> None:
    assert small.safety is not None and small.enrolment is not None
    bound = small.safety.monitoring.probability.model_copy(update={"value": 0.01})
    monitoring = small.safety.monitoring.model_copy(update={"probability": bound})
    target = small.enrolment.target.model_copy(update={"value": 10})
    changes = {
        "enrolment": small.enrolment.model_copy(update={"target": target}),
        "safety": small.safety.model_copy(update={"monitoring": monitoring}),
    }
    conduct = scenario.conduct.model_copy(update={"after_review": after})
    asked: list[Board] = []
    entries = simulate_trial(
        small.model_copy(update=changes),
        scenario.model_copy(update={"conduct": conduct}),
        5,
        "0" * 64,
        lambda _, board: asked.append(board),
    )
    signed = [entry.fact.decision for entry in entries if isinstance(entry.fact, Decision)]
    assert any(board.phase == "expansion" and board.held for board in asked)
    assert signed[:2] == ["rp2d", after]
    assert (asked[-1].phase, asked[-1].dosed == 10) == (
        ("complete", True) if after == "resume" else ("expansion", False)
    )
