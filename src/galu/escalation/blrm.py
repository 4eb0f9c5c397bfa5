"""Bayesian logistic regression with escalation under overdose control (EWOC).

Neuenschwander, Branson & Gsponer, Stat Med 2008;27:2420. logit p = a + exp(b) log(dose / reference),
(a, b) bivariate normal; integrated on a fixed grid, so the same patients always give the same numbers.
The dose may be an activity or an absorbed dose; with an absorbed dose each patient may bring their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from galu.escalation.climb import check_order
from galu.escalation.conventions import (
    COHERENT,
    Skipping,
    check_counts,
    check_skipping,
    check_when,
    counting,
    group_above,
    in_cohort,
    known_in_stay,
    lower_of,
    reachable,
    step_back,
    waits_elsewhere,
)
from galu.escalation.decision import Action, Decision
from galu.escalation.outcomes import Outcome, Outcomes, PatientOutcome, Tally
from galu.finding import InputError
from galu.words import checked_fields

Floats = NDArray[np.float64]
_SPAN = 8.0
_ACROSS, _ALONG = 161, 241


@dataclass(frozen=True, slots=True)
class Prior:
    """Bivariate normal prior of (a, b): means and covariance (var a, cov, var b)."""

    mean: tuple[float, float] = (-1.0, 0.0)
    covariance: tuple[float, float, float] = (4.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        va, cov, vb = self.covariance
        if va <= 0 or vb <= 0 or cov * cov >= va * vb:
            raise InputError("covariance", "the matrix is not positive definite", "give var a, cov, var b")


@dataclass(frozen=True, slots=True)
class Grid:
    """Nodes of the quadrature: `slope` = exp(b) of shape (across, 1), `a` of (across, along), log prior."""

    slope: Floats
    a: Floats
    log_prior: Floats


@lru_cache(maxsize=16)
def grid(prior: Prior) -> Grid:
    """Nodes over ±8 prior deviations, a conditional on b."""
    va, cov, vb = prior.covariance
    z_b = np.linspace(-_SPAN, _SPAN, _ACROSS)[:, None]
    z_a = np.linspace(-_SPAN, _SPAN, _ALONG)[None, :]
    b = prior.mean[1] + math.sqrt(vb) * z_b
    a = prior.mean[0] + cov / math.sqrt(vb) * z_b + math.sqrt(va - cov * cov / vb) * z_a
    return Grid(np.exp(b), a, -0.5 * (z_a**2 + z_b**2))


@dataclass(frozen=True, slots=True)
class DoseEstimate:
    """Posterior of the DLT rate at one dose: mean, deviation and the mass under, in and over the target."""

    mean: float
    sd: float
    under: float
    target: float
    over: float


def posterior(prior: Prior, log_doses: tuple[float, ...], dlts: tuple[int, ...]) -> Floats:
    """Posterior weights on the grid, shape (across, along), summing to 1.

    Parameters
    ----------
    log_doses
        log(dose / reference) of each patient.
    dlts
        1 for a DLT, else 0.
    """
    nodes = grid(prior)
    density = nodes.log_prior.copy()
    for x in sorted(set(log_doses)):
        given = [y for dose, y in zip(log_doses, dlts, strict=True) if dose == x]
        eta = nodes.a + nodes.slope * x
        density += sum(given) * eta - len(given) * np.logaddexp(0.0, eta)
    weights = np.exp(density - density.max())
    return np.asarray(weights / weights.sum())


def estimate(weights: Floats, prior: Prior, log_dose: float, interval: tuple[float, float]) -> DoseEstimate:
    """Describe the DLT rate at a dose; `interval` is the target interval."""
    nodes = grid(prior)
    p = 0.5 + 0.5 * np.tanh(0.5 * (nodes.a + nodes.slope * log_dose))
    mean = float((weights * p).sum())
    sd = math.sqrt(max(float((weights * p * p).sum()) - mean * mean, 0.0))
    under, below_over = (_below(weights, nodes, log_dose, cut) for cut in interval)
    return DoseEstimate(mean, sd, under, below_over - under, 1.0 - below_over)


def limits(weights: Floats, prior: Prior, log_dose: float) -> tuple[float, float]:
    """2.5 % and 97.5 % limit of the DLT rate at a dose, by bisection of its distribution."""
    nodes = grid(prior)
    found = []
    for mass in (0.025, 0.975):
        low, high = 1e-9, 1.0 - 1e-9
        for _ in range(40):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if _below(weights, nodes, log_dose, middle) < mass else (low, middle)
        found.append(0.5 * (low + high))
    return found[0], found[1]


def _below(weights: Floats, nodes: Grid, log_dose: float, cut: float) -> float:
    """Pr(rate < cut): for every b the mass of a below its cut point, the cell at the cut in part.

    The trapezoid rule gives each node half of the cells beside it; within a cell the density is linear.
    """
    cell, part = cut_cells(nodes, log_dose, cut)
    rows = np.arange(_ACROSS)
    running = np.cumsum(weights, axis=1)
    left, right = weights[rows, cell], weights[rows, cell + 1]
    half_first = 0.5 * weights[:, 0]
    whole = running[rows, cell] - 0.5 * left - half_first
    inside = part * left + 0.5 * part * part * (right - left)
    return float((whole + inside).sum())


def cut_cells(nodes: Grid, log_dose: float, cut: float) -> tuple[NDArray[np.int64], Floats]:
    """For every b the cell of a in which the rate passes the cut, and the part of it that lies below."""
    first = nodes.a[:, :1]
    step = nodes.a[:, 1:2] - first
    limit = math.log(cut / (1.0 - cut)) - nodes.slope * log_dose
    position = np.clip((limit - first) / step, 0.0, _ALONG - 1.0)[:, 0]
    cell = np.minimum(position.astype(np.int64), _ALONG - 2)
    return cell, position - cell


@dataclass(frozen=True, slots=True)
@checked_fields
class Blrm:
    """BLRM with EWOC as a design.

    Parameters
    ----------
    doses
        Dose per level in one unit [GBq, or Gy when patients bring their own absorbed dose].
    reference
        Dose at which a is the log odds, in the same unit; None is the highest level's.
    mean, covariance
        Prior of (a, b): means; variance of a, covariance, variance of b.
    under, over
        Limits of the target interval of the DLT rate.
    overdose
        A level is closed while Pr(rate ≥ `over`) is this or more.
    largest, cohort_size
        Patients in all, and patients between two looks.
    by_covariate
        Whether each patient's covariate (an absorbed dose) stands in for the dose of their level.
    coherent, group
        Whether no step up follows a group whose rate is above `over`, and the patients of such a group;
        None is the cohort size.
    skipping
        How far a step up may go: `none`, to the next level; `untried`, to the lowest untried; `any`.
    start
        Level of the first patient.
    step_down_at
        `any`: what is known inside a cohort steps down, or ends the trial, at once. `cohort`: at its end.
    """

    name: ClassVar[str] = "blrm"
    doses: tuple[float, ...] = (3.7, 6.0)
    reference: float | None = None
    mean: tuple[float, float] = (-1.0, 0.0)
    covariance: tuple[float, float, float] = (4.0, 0.0, 1.0)
    under: float = 0.16
    over: float = 0.33
    overdose: float = 0.25
    largest: int = 30
    cohort_size: int = 3
    by_covariate: bool = False
    coherent: bool = True
    group: int | None = None
    skipping: Skipping = "none"
    start: int = 1
    step_down_at: Literal["any", "cohort"] = "any"

    def __post_init__(self) -> None:
        if not self.doses or min(self.doses) <= 0 or list(self.doses) != sorted(set(self.doses)):
            raise InputError(
                "doses", "the doses do not rise from above 0", "give one per level, as in 3.7,6.0"
            )
        if not 0 < self.under < self.over < 1 or not 0 < self.overdose <= 1:
            raise InputError("blrm", "the target interval or the overdose limit is none", "give fractions")
        check_counts("blrm", largest=self.largest, cohort_size=self.cohort_size, start=self.start)
        check_skipping(self.skipping)
        check_when("step_down_at", self.step_down_at)
        Prior(self.mean, self.covariance)

    @property
    def switches(self) -> dict[str, object]:
        """The numbers that define the design."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "group"}

    @property
    def prior(self) -> Prior:
        """The prior of (a, b)."""
        return Prior(self.mean, self.covariance)

    @property
    def log_doses(self) -> tuple[float, ...]:
        """log(dose / reference) per level."""
        reference = self.reference or self.doses[-1]
        return tuple(math.log(dose / reference) for dose in self.doses)

    def estimates(self, patients: tuple[PatientOutcome, ...]) -> tuple[DoseEstimate, ...]:
        """Posterior per level given the patients whose outcome is known.

        Raises
        ------
        InputError
            When patients are to bring their own dose and one does not.
        """
        weights = self._weights(patients)
        return tuple(estimate(weights, self.prior, x, (self.under, self.over)) for x in self.log_doses)

    def masses(self, outcomes: Outcomes) -> tuple[tuple[float, float], ...]:
        """Mass in the target interval and over it per level, of the patients whose outcome is known.

        Raises
        ------
        InputError
            When patients are to bring their own dose and one does not.
        """
        return tuple((x.target, x.over) for x in self.estimates(tuple(outcomes)))

    def limits(self, patients: tuple[PatientOutcome, ...]) -> tuple[tuple[float, float], ...]:
        """95 % credible limits per level given the patients whose outcome is known.

        Raises
        ------
        InputError
            When patients are to bring their own dose and one does not.
        """
        weights = self._weights(patients)
        return tuple(limits(weights, self.prior, x) for x in self.log_doses)

    def _weights(self, patients: tuple[PatientOutcome, ...]) -> Floats:
        known = [p for p in patients if p.outcome in (Outcome.NONE, Outcome.DLT)]
        doses = tuple(self._log_dose(p) for p in known)
        return posterior(self.prior, doses, tuple(int(p.outcome is Outcome.DLT) for p in known))

    def _log_dose(self, patient: PatientOutcome) -> float:
        if not self.by_covariate:
            return self.log_doses[patient.level - 1]
        if patient.covariate is None or patient.covariate <= 0:
            raise InputError(
                "covariate",
                f"patient {patient.ref or 'without name'} has no absorbed dose above 0",
                "give one for each evaluable patient",
            )
        return math.log(patient.covariate / (self.reference or self.doses[-1]))

    def decide(self, outcomes: Outcomes, levels: int) -> Decision:
        """Decide on the next patient.

        Raises
        ------
        InputError
            When doses and levels differ in number, or the outcomes break the design's order.
        """
        if levels != len(self.doses):
            raise InputError(
                "doses", f"{len(self.doses)} doses for {levels} levels", "say --switch doses=3.7,6.0"
            )
        skips = self.skipping == "any"
        check_order(outcomes, levels, self.largest, fewest=0, start=self.start, skips=skips)
        used = tuple(counting(outcomes))
        level = outcomes.level_in_use_from(self.start)
        tally = outcomes.tally(level)
        full = len(used) >= self.largest
        opened = not full and (not used or tally.enrolled % self.cohort_size != 0)
        if opened and not waits_elsewhere(outcomes, level, self.cohort_size, levels + 1):
            filled = in_cohort(partial(self.decide, levels=levels), outcomes, level, self.cohort_size)
            return lower_of(filled, self.at_any_number(outcomes, level))
        if any(p.outcome is Outcome.PENDING for p in used):
            waits = Decision(Action.SUSPEND, None, "Some outcomes are not yet known.", "waiting", tally)
            return lower_of(waits, self.at_any_number(outcomes, level))
        return self._answer(outcomes, self.masses(outcomes), full)

    def at_any_number(self, outcomes: Outcomes, level: int) -> Decision | None:
        """The stop or step below `level` that those known of its open cohort ask for already, or None."""
        if self.step_down_at == "cohort" or known_in_stay(outcomes, level) == 0:
            return None
        found = self.masses(outcomes)
        following = best_level(found[:level], self.overdose)
        if following == level:
            return None
        return self._leads_to(following, found, outcomes.tally(level))

    def _leads_to(self, following: int, found: tuple[tuple[float, float], ...], tally: Tally) -> Decision:
        """The stop where every level may be an overdose, or the step down."""
        if following == 0:
            reason = f"Every level may be an overdose: {found[0][1]:.3f} at level 1."
            return Decision(Action.STOP_NO_DOSE, None, reason, "ewoc", tally)
        target, over = found[following - 1]
        reason = f"Level {following} hits the target with {target:.3f}, overdoses with {over:.3f}."
        return Decision(Action.DE_ESCALATE, following, reason, "ewoc", tally)

    def _answer(self, outcomes: Outcomes, found: tuple[tuple[float, float], ...], full: bool) -> Decision:
        level = outcomes.level_in_use_from(self.start)
        tally = outcomes.tally(level)
        tried = max(p.level for p in counting(outcomes))
        highest = tried if full else reachable(self.skipping, level, tried, len(found))
        following = best_level(found[:highest], self.overdose)
        if following == 0:
            return self._leads_to(following, found, tally)
        target, over = found[following - 1]
        reason = f"Level {following} hits the target with {target:.3f}, overdoses with {over:.3f}"
        if full:
            return Decision(Action.DECLARE_MTD, following, f"{reason}.", "largest", tally)
        size = self.group or self.cohort_size
        if following > level and self.skipping != "any":
            back = step_back(outcomes, self.start, level)
            if back is not None:
                return back
        if following > level and self.coherent and group_above(outcomes, level, size, self.over):
            return Decision(Action.SAME, level, f"{reason}, but {COHERENT}.", "coherent", tally)
        step = (following > level) - (following < level)
        action = {1: Action.ESCALATE, 0: Action.SAME, -1: Action.DE_ESCALATE}[step]
        return Decision(action, following, f"{reason}.", "ewoc", tally)


def best_level(masses: Sequence[tuple[float, float]], overdose: float) -> int:
    """Level (from 1) with the most mass in the target among those without overdose; 0 when none is.

    Masses that differ by rounding alone are equal; the lower level has it then.
    """
    found = enumerate(masses, start=1)
    allowed = [(round(target, 9), -level) for level, (target, over) in found if over < overdose]
    return -max(allowed)[1] if allowed else 0
