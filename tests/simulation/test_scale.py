from __future__ import annotations

from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from galu.escalation import RollingSix, ThreePlusThree
from galu.escalation.calendar import Conditions, Trials, simulate
from galu.finding import InputError
from galu.simulation.scale import Crew, chunks, run

HARD = Conditions(42.0, 10.0, True, "early", 0.1, 14.0, 0.2)


def _equal(a: Trials, b: Trials) -> bool:
    names = [field.name for field in fields(Trials)]
    return all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in names)


@pytest.mark.parametrize("design", [RollingSix(), ThreePlusThree()], ids=["rolling-six", "3+3"])
def test_any_number_of_workers_gives_the_same_bits(design: RollingSix | ThreePlusThree) -> None:
    one = partial(simulate, design, (0.1, 0.3), HARD, 5)
    whole = one(range(2500))
    for workers in (1, 2, 4):
        assert _equal(run(one, 2500, Crew(workers), size=400), whole)
    assert not _equal(partial(simulate, design, (0.1, 0.3), HARD, 6)(range(2500)), whole)


def test_a_cluster_gives_the_same_bits() -> None:
    distributed = pytest.importorskip("distributed")
    one = partial(simulate, RollingSix(), (0.1, 0.3), HARD, 5)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        assert _equal(run(one, 1200, Crew(cluster=cluster.scheduler_address), size=400), one(range(1200)))


def test_chunks_cover_every_trial_once() -> None:
    spans = chunks(1001, 250)
    assert [n for span in spans for n in span] == list(range(1001))


def test_no_workers_are_refused() -> None:
    with pytest.raises(InputError, match="at least one"):
        Crew(0)


def test_patients_are_shared_between_designs() -> None:
    """The first patient of a trial is the same in both designs: level 1 has the same DLTs among three."""
    fast = Conditions(1.0, 1e6)
    six = simulate(RollingSix(), (0.3, 0.4), fast, 3, range(4000))
    three = simulate(ThreePlusThree(), (0.3, 0.4), fast, 3, range(4000))
    both = (six.patients[:, 0] >= 3) & (three.patients[:, 0] >= 3)
    paired = np.corrcoef(six.dlts[both, 0], three.dlts[both, 0])[0, 1]
    assert paired > 0.8
