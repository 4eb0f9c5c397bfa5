"""The 84 states of the rolling six table, with the level above open and closed."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from galu.cli.design import app
from galu.escalation import RollingSix
from reference.escalation_oracle import rows

WORDS = {"same dose": "same", "declare MTD": "declare-mtd"}


@pytest.mark.parametrize(
    ("column", "closed"), [("authors_grid_above_open", False), ("authors_grid_above_closed", True)]
)
def test_all_84_states(column: str, closed: bool) -> None:
    answers = {
        (row.tally.enrolled, row.tally.dlts, row.tally.pending): row.action.value
        for row in RollingSix(top_level_rule="table").table(closed)
    }
    wanted = {
        (int(row["n_enrolled"]), int(row["n_dlt"]), int(row["n_pending"])): WORDS.get(
            row[column], row[column]
        )
        for row in rows("rolling_six_table")
    }
    assert len(wanted) == 84
    assert answers == wanted


@pytest.mark.parametrize("closed", [False, True])
def test_the_command_prints_the_same_table(closed: bool) -> None:
    arguments = ["table", "rolling-six", "--json"] + ["--above-closed"] * closed
    result = CliRunner().invoke(app, arguments)
    printed = [row["decision"] for row in json.loads(result.stdout)["rows"]]
    assert printed == [row.action.value for row in RollingSix(top_level_rule="table").table(closed)]


def test_the_next_command_answers_with_reason_and_rule() -> None:
    arguments = ["next", "rolling-six", "--levels", "2", "--outcomes", "1NNN 2NTT", "--json"]
    answer = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert (answer["decision"], answer["level"]) == ("de-escalate", 1)
    assert answer["reason"] and answer["rule"]
