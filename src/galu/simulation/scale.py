"""Many simulated trials on several workers, with the numbers of one.

The trials are cut into chunks whose borders depend on nothing but their number, every chunk draws from
the hash of (seed, trial, patient), and chunks are put together in order: the result is the same, bit by
bit, whatever the number of workers. One worker stays in this process and needs no Dask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from galu.escalation.calendar import Trials
from galu.finding import InputError

CHUNK = 50_000

Simulate = Callable[[range], Trials]


@dataclass(frozen=True, slots=True)
class Crew:
    """Who simulates: `workers` threads of this machine, or the Dask scheduler at `cluster`."""

    workers: int = 1
    cluster: str | None = None

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise InputError("--workers", f"{self.workers} workers do nothing", "give at least one")


ALONE = Crew()


def chunks(count: int, size: int = CHUNK) -> tuple[range, ...]:
    """Cut the trials 0 to `count` - 1 into spans of `size`, the last shorter."""
    return tuple(range(start, min(start + size, count)) for start in range(0, count, size))


def run(simulate: Simulate, count: int, crew: Crew = ALONE, size: int = CHUNK) -> Trials:
    """Simulate `count` trials.

    Parameters
    ----------
    simulate
        Simulates the trials of a span; pure, and picklable where a cluster is used.
    crew
        Threads or a cluster; compiled kernels leave the interpreter's lock, so threads are enough here.
    size
        Trials of a chunk.

    Raises
    ------
    InputError
        When the cluster does not answer.
    """
    spans = chunks(count, size)
    if crew.cluster is not None:
        return join(_on_cluster(simulate, spans, crew.cluster))
    if crew.workers == 1:
        return join(simulate(span) for span in spans)
    from dask.base import compute
    from dask.delayed import delayed

    tasks = [delayed(simulate, pure=False)(span) for span in spans]
    done = compute(*tasks, scheduler="threads", num_workers=crew.workers)  # type: ignore[no-untyped-call]  # untyped
    return join(done)


def join(parts: Iterable[Trials]) -> Trials:
    """Put chunks together in order."""
    held = tuple(parts)
    names = [field.name for field in fields(Trials)]
    return Trials(**{name: np.concatenate([getattr(part, name) for part in held]) for name in names})


def _on_cluster(simulate: Simulate, spans: tuple[range, ...], address: str) -> list[Trials]:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--cluster", "distributed is not installed", "install galu[cluster]") from error
    try:
        client: Any = Client(address, timeout="10s")  # type: ignore[no-untyped-call]  # not annotated
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            "--cluster", f"no scheduler answers at `{address}`", "give its address, as in tcp://host:8786"
        ) from error
    with client:
        return list(client.gather(client.map(simulate, spans, pure=False)))
