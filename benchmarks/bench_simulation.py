"""Speed of a simulated 49-patient trial beside its own record rebuilt at every look at the board."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from galu.protocol import load_study
from galu.record import record_of
from galu.simulation.scenario import load_scenario
from galu.simulation.world import simulate_trial
from galu.trial.board import Board, derive_board

FOLDER = Path(__file__).resolve().parent.parent / "studies" / "nct07310355"


def bench_world(seed: int = 1, looks: int = 10) -> dict[str, float]:
    study, scenario = load_study(FOLDER / "study.yaml"), load_scenario(FOLDER / "scenario.yaml")
    asked: list[tuple[datetime, Board]] = []
    start = perf_counter()
    entries = simulate_trial(
        study, scenario, seed, "0" * 64, lambda moment, board: asked.append((moment, board))
    )
    whole = perf_counter() - start
    zone = ZoneInfo(study.zone)
    chosen = asked[:: max(1, len(asked) // looks)]
    start = perf_counter()
    for moment, board in chosen:
        until = moment.replace(tzinfo=zone)
        record = record_of((entry for entry in entries if entry.recorded <= until), study.zone)
        assert derive_board(study, record, moment.date()) == board
    rebuilt = (perf_counter() - start) / len(chosen) * len(asked)
    return {
        "trial_s": whole,
        "facts": float(len(entries)),
        "looks": float(len(asked)),
        "rebuilt_looks_s": rebuilt,
        "ratio": rebuilt / whole,
    }


if __name__ == "__main__":
    print(bench_world())
