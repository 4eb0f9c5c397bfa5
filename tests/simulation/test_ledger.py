"""The simulated board sees every kind of fact that the board of a trial reads."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from galu.record import Record, record_of
from galu.simulation.ledger import BOARD_KINDS
from galu.trial.board import derive_board
from one_patient import STUDY, entries, patient


def test_the_board_reads_no_kind_that_the_ledger_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[str] = set()
    whole = Record.facts

    def noted(record: Record, kind: str) -> pl.DataFrame:
        read.add(kind)
        return whole(record, kind)

    monkeypatch.setattr(Record, "facts", noted)
    # Who had a dose is asked about toxicity, who waits for one about harm.
    for facts in (patient(), [one for one in patient() if one.id != "a"]):
        derive_board(STUDY, record_of(entries(facts)), date(2026, 4, 1))
    assert read <= BOARD_KINDS
