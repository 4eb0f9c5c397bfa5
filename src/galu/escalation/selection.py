"""The level that an interval design declares at its end: isotonic regression, as BOIN's `select.mtd`."""

from __future__ import annotations

from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Tally
from galu.escalation.toxic import FEWEST, too_toxic


def select_or_wait(
    tallies: list[Tally], current: Tally, target: float, cutoff: float, lowest: float | None = None
) -> Decision:
    """Decide when all planned patients are enrolled: wait for the pending, then select the level."""
    if any(t.pending for t in tallies):
        return Decision(Action.SUSPEND, None, "All are enrolled, some are pending.", "end", current)
    level = select_mtd([t.enrolled for t in tallies], [t.dlts for t in tallies], target, cutoff, lowest)
    if level == 0:
        lowest = next((lv for lv, t in enumerate(tallies, start=1) if t.enrolled), 1)
        return Decision(Action.STOP_NO_DOSE, None, f"Level {lowest} is too toxic.", "eliminate", current)
    reason = f"Level {level} is nearest to the target."
    return Decision(Action.DECLARE_MTD, level, reason, "isotonic", current)


def select_mtd(
    n: list[int], y: list[int], target: float, cutoff: float = 0.95, lowest: float | None = None
) -> int:
    """Select the level nearest to the target after isotonic regression (BOIN's `select.mtd`).

    Parameters
    ----------
    n, y
        Patients and DLTs per level.
    lowest
        The more stringent `cutoff` of level 1, if there is one (BOIN's `extrasafe`).

    Returns
    -------
    int
        The level, one that patients were treated at; 0 when the lowest of these is too toxic.
    """
    out = next((i for i in range(len(n)) if n[i] >= FEWEST and too_toxic(n[i], y[i], target, cutoff)), len(n))
    if lowest is not None and n[0] >= FEWEST and too_toxic(n[0], y[0], target, lowest):
        return 0
    tried = [i for i in range(out) if n[i] > 0]
    if not tried:
        return 0
    means = [(y[i] + 0.05) / (n[i] + 0.1) for i in tried]
    weights = [selection_weight(n[i], y[i]) for i in tried]
    smooth = [value + (k + 1) * 1e-10 for k, value in enumerate(_isotonic(means, weights))]
    gaps = [abs(value - target) for value in smooth]
    return tried[gaps.index(min(gaps))] + 1


def isotonic_rates(n: list[int], y: list[int]) -> list[float | None]:
    """DLT rates that do not fall with the level, as `select_mtd` pools them; None where nobody is known."""
    tried = [i for i in range(len(n)) if n[i] > 0]
    means = [(y[i] + 0.05) / (n[i] + 0.1) for i in tried]
    smooth = _isotonic(means, [selection_weight(n[i], y[i]) for i in tried])
    found = dict(zip(tried, smooth, strict=True))
    return [found.get(i) for i in range(len(n))]


def selection_weight(n: int, y: int) -> float:
    """Weight of a level in the isotonic regression: inverse variance under a Beta(0.05, 0.05) prior."""
    return (n + 0.1) ** 2 * (n + 1.1) / ((y + 0.05) * (n - y + 0.05))


def _isotonic(values: list[float], weights: list[float]) -> list[float]:
    """Pool adjacent violators."""
    blocks: list[list[float]] = []
    for value, weight in zip(values, weights, strict=True):
        blocks.append([value, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            v2, w2, c2 = blocks.pop()
            v1, w1, c1 = blocks.pop()
            blocks.append([(v1 * w1 + v2 * w2) / (w1 + w2), w1 + w2, c1 + c2])
    return [block[0] for block in blocks for _ in range(int(block[2]))]
