"""What stands around a design: guards, sentinel interval, backfill, surveillance of later cycles."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from galu.cli.design import app
from galu.escalation import Action, Outcomes, design_named
from galu.escalation.backfill import BackfillRule, backfill
from galu.escalation.guarded import Guarded, LowestToxic
from galu.escalation.outcomes import Outcome, PatientOutcome
from galu.escalation.surveillance import LaterPatient, Watch, surveil
from galu.finding import InputError


def next_of(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["next", *arguments, "--json"])
    assert result.exception is None, result.exception
    return json.loads(result.stdout)


def test_the_sentinel_interval_holds_the_second_patient_of_a_level() -> None:
    base = ["rolling-six", "--levels", "2", "--window-days", "42", "--sentinel-days", "7"]
    held = next_of(*base, "--outcomes", "1P", "--followup", "6")
    assert (held["decision"], held["rule"]) == ("suspend", "sentinel")
    assert next_of(*base, "--outcomes", "1P", "--followup", "7")["decision"] == "same"
    assert next_of(*base, "--outcomes", "1NNN", "--followup", "42,42,42")["decision"] == "escalate"
    assert next_of(*base, "--outcomes", "1NNN 2P", "--followup", "42,42,42,1")["decision"] == "suspend"


def test_a_sentinel_without_follow_up_gets_a_sentence() -> None:
    arguments = ["next", "boin", "--levels", "2", "--outcomes", "1P", "--switch", "sentinel_share=0.2"]
    assert isinstance(CliRunner().invoke(app, arguments).exception, InputError)


def test_enough_patients_at_a_level_end_the_escalation() -> None:
    design = design_named("boin", target=0.3, enough_at_level=6)
    assert design.decide(Outcomes.from_string("1NNN 2NNT"), 2).action is Action.SAME
    assert design.decide(Outcomes.from_string("1NNN 2NNTNNP"), 2).action is Action.SUSPEND
    done = design.decide(Outcomes.from_string("1NNN 2NNTNNT"), 2)
    assert (done.action, done.level) == (Action.DECLARE_MTD, 2)


def test_a_toxic_lowest_level_stops_a_design_without_such_a_rule() -> None:
    crm = design_named("crm", prior=(0.1, 0.25))
    outcomes = Outcomes.from_string("1TTT")
    assert crm.decide(outcomes, 2).action is Action.SAME
    assert Guarded(crm, (LowestToxic(0.33),)).decide(outcomes, 2).action is Action.STOP_NO_DOSE
    assert design_named("crm", lowest_toxic=0.33).decide(outcomes, 2).action is Action.STOP_NO_DOSE


def test_backfill_opens_levels_below_and_closes_them_on_pooled_dlts() -> None:
    rule = BackfillRule(most=9, target=0.25)
    escalation = Outcomes.from_string("1NNN 2NNN 3NNT")
    decision = design_named("boin").decide(escalation, 3)
    levels = backfill(escalation, Outcomes(), decision, rule)
    assert [(x.level, x.open) for x in levels] == [(1, True), (2, False)]
    toxic = tuple(PatientOutcome(1, Outcome.DLT) for _ in range(2))
    assert not backfill(escalation, Outcomes(toxic), decision, rule)[0].open
    full = tuple(PatientOutcome(1, Outcome.NONE) for _ in range(6))
    assert "9 patients" in backfill(escalation, Outcomes(full), decision, rule)[0].reason


def test_later_dlts_are_counted_by_cumulative_activity() -> None:
    patients = tuple(LaterPatient(f"S{i}", 6000.0 * i, later_dlts=int(i >= 4)) for i in range(1, 7))
    seen = surveil(patients, Watch((0.0, 24000.0)))
    assert [(s.patients, s.affected, s.alert) for s in seen.steps] == [(6, 3, False), (3, 3, True)]


def test_organ_ceilings_stop_one_patient() -> None:
    watch = Watch(ceilings_gy=(("kidneys", 23.0),))
    patients = (
        LaterPatient("reached", 1.0, (("kidneys", 23.5),)),
        LaterPatient("next", 1.0, (("kidneys", 20.0),), (("kidneys", 3.3),)),
        LaterPatient("fine", 1.0, (("kidneys", 16.0),), (("kidneys", 3.3),)),
        LaterPatient("unknown", 1.0),
    )
    stops = surveil(patients, watch).stops
    assert [stop.ref for stop in stops] == ["reached", "next", "unknown"]
    assert stops[1].dose_gy == pytest.approx(23.3)
    assert stops[2].dose_gy is None
