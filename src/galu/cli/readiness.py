"""How the shell says what a study is ready for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from galu.protocol.readiness import Need


def print_readiness(found: tuple[Need, ...]) -> None:
    """A line for each thing missing, then the steps that the study is and is not ready for."""
    from galu.protocol.readiness import STEPS, in_words, waiting

    for need in found:
        print(need)
    stuck = waiting(found)
    ready = tuple(step for step in STEPS if step not in stuck)
    if stuck:
        print(f"not ready {in_words(stuck)}")
    if ready:
        print(f"ready {in_words(ready)}")
