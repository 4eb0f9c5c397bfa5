"""State of a simulated 49-patient trial: time and memory, beside reading the record alone."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

from galu.desk.folder import open_trial
from galu.desk.simulate import simulate_into
from galu.desk.status import day_of_report
from galu.trial.board import derive_board
from galu.trial.state import derive_state

STUDY = Path(__file__).resolve().parents[1] / "studies" / "nct07310355"


def _seconds(work: object) -> float:
    assert callable(work)
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    with tempfile.TemporaryDirectory() as where:
        folder = Path(where) / "trial"
        simulate_into(STUDY, STUDY / "scenario.yaml", 20260101, folder, lambda *_: None)
        read = _seconds(lambda: open_trial(folder).record)
        trial = open_trial(folder)
        day = day_of_report(trial.record, None)
        state = _seconds(lambda: derive_state(trial.study, trial.record, day))
        board = _seconds(lambda: derive_board(trial.study, trial.record.as_of(day), day))
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        facts, dosed = len(trial.record), derive_board(trial.study, trial.record.as_of(day), day).dosed
    print(f"state of {dosed} patients, {facts} facts: {state:.2f} s (limit 2 s)")
    print(f"board: {1000 * board:.0f} ms; reading the record: {read:.2f} s; state/read = {state / read:.1f}")
    print(f"most memory: {used:.0f} MB (limit 500 MB)")


if __name__ == "__main__":
    main()
