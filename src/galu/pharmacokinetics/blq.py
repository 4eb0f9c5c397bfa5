"""What to do with samples below the limit of quantification, by their position.

A rule is text: ``keep`` (count as zero), ``drop``, a number to put in their place, or such an action
per position: ``first:A,middle:A,last:A`` (before the first, between, and after the last quantifiable
sample) or ``before.tmax:A,after.tmax:A``. ``lloq/2`` puts half the limit.
The default drops zeros between quantifiable samples and keeps the others as zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from galu.finding import InputError
from galu.pharmacokinetics.profile import Floats, Profile

DEFAULT: Final = "first:keep,middle:drop,last:keep"
_POSITIONS: Final = ({"first", "middle", "last"}, {"before.tmax", "after.tmax"})


@dataclass(frozen=True, slots=True)
class BlqRule:
    """Action (text, see the module) per position of a sample below quantification."""

    actions: tuple[tuple[str, str], ...]

    def action(self, position: str) -> str:
        """Action at a position."""
        return dict(self.actions).get(position, "keep")

    @property
    def by_peak(self) -> bool:
        """Whether positions are told by the peak rather than by the quantifiable samples."""
        return any(position == "before.tmax" for position, _ in self.actions)


def parse_blq(text: str) -> BlqRule:
    """Read a rule from its text.

    Raises
    ------
    InputError
        When a position or an action is not known.
    """
    if ":" not in text:
        _check_action(text, text)
        return BlqRule(tuple((position, text) for position in ("first", "middle", "last")))
    pairs = tuple(
        (part.partition(":")[0].strip(), part.partition(":")[2].strip()) for part in text.split(",")
    )
    if {position for position, _ in pairs} not in _POSITIONS:
        raise InputError(
            f"BLQ rule {text!r}",
            "its positions are not complete",
            "name first, middle, last or before.tmax, after.tmax",
        )
    for _, action in pairs:
        _check_action(text, action)
    return BlqRule(pairs)


def _check_action(text: str, action: str) -> None:
    if action in ("keep", "drop", "lloq/2"):
        return
    try:
        value = float(action)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise InputError(
            f"BLQ rule {text!r}", f"{action!r} is no action", "use keep, drop, lloq/2 or a number"
        )


def below_quantification(profile: Profile) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which samples (n,) are below quantification; a missing sample is not."""
    limit = profile.lloq if profile.lloq is not None else 0.0
    with np.errstate(invalid="ignore"):
        return np.asarray((profile.conc < limit) | (profile.conc <= 0.0))


def apply_blq(profile: Profile, rule: BlqRule) -> tuple[Floats, Floats]:
    """Times [h] and concentrations after the rule; missing samples and times before the dose left out."""
    blq = below_quantification(profile)
    present = ~np.isnan(profile.conc) & (profile.time_h >= 0.0)
    quantified = np.flatnonzero(present & ~blq)
    time, conc = [], []
    for i in np.flatnonzero(present):
        if not blq[i]:
            time.append(profile.time_h[i])
            conc.append(profile.conc[i])
            continue
        action = rule.action(_position(int(i), quantified, profile, rule))
        if action == "drop":
            continue
        time.append(profile.time_h[i])
        conc.append(_replacement(action, profile, int(i)))
    return np.array(time, float), np.array(conc, float)


def _position(
    i: int, quantified: np.ndarray[tuple[int], np.dtype[np.intp]], profile: Profile, rule: BlqRule
) -> str:
    if rule.by_peak:
        if quantified.size == 0:
            return "before.tmax"
        peak = quantified[np.argmax(profile.conc[quantified])]
        return "before.tmax" if i < peak else "after.tmax"
    if quantified.size == 0 or i < quantified[0]:
        return "first"
    return "last" if i > quantified[-1] else "middle"


def _replacement(action: str, profile: Profile, i: int) -> float:
    if action == "keep":
        return 0.0
    if action == "lloq/2":
        limit = (
            np.nan if profile.lloq is None else float(np.broadcast_to(profile.lloq, profile.conc.shape)[i])
        )
        if not limit >= 0.0:
            raise InputError(f"profile of {profile.subject}", "the rule lloq/2 needs a limit", "give lloq")
        return limit / 2.0
    return float(action)
