"""A concentration–time profile, what is asked of it, and a parameter read from it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galu.finding import InputError
from galu.words import checked_fields

Floats = NDArray[np.float64]


#: A later sample [h], or a larger concentration in any unit, is a mistake.
LATEST_H, MOST_CONC = 1e6, 1e60


class Route(enum.StrEnum):
    """How the dose entered the body."""

    BOLUS = "bolus"
    INFUSION = "infusion"
    EXTRAVASCULAR = "extravascular"


class Method(enum.StrEnum):
    """The trapezoidal rule of each segment (see `galu.pharmacokinetics.trapezoid`)."""

    LINEAR = "linear"
    LINUP_LOGDOWN = "linup-logdown"
    LINLOG = "linlog"


class DecayState(enum.StrEnum):
    """What the clock did to an activity concentration."""

    MEASURED = "measured"  # activity at the time of the sample: decays
    CORRECTED = "corrected"  # corrected to the administration: what the substance does


@dataclass(frozen=True, eq=False)
@checked_fields
class Profile:
    """One subject's samples of one matrix after one dose.

    Attributes
    ----------
    time_h : array (n,)
        Sampling times since the start of the administration [h], strictly increasing.
    conc : array (n,)
        Concentrations [conc_unit]; NaN is a missing sample; zero, negative or below `lloq` is below
        quantification.
    dose : float or None
        Amount given [dose_unit]; None when unknown.
    lloq : float, array (n,) or None
        Limit of quantification [conc_unit], of all samples or of each; NaN where unknown.
    duration_h : float
        Length of the infusion [h].
    decay_state : DecayState or None
        None for a concentration that is no activity.
    refs : tuple of str
        Ids of the facts behind the samples.
    """

    subject: str
    matrix: str
    cycle: int
    time_h: Floats
    conc: Floats
    dose: float | None
    route: Route = Route.BOLUS
    duration_h: float = 0.0
    conc_unit: str = ""
    dose_unit: str = ""
    lloq: float | Floats | None = None
    decay_state: DecayState | None = None
    refs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"{self.matrix}, cycle {self.cycle}" if self.matrix else f"cycle {self.cycle}"
        place = f"profile of {self.subject} ({where})"
        time_h, conc = np.asarray(self.time_h, float), np.asarray(self.conc, float)
        if time_h.ndim != 1 or time_h.shape != conc.shape:
            raise InputError(place, "times and concentrations differ in number", "give one time per sample")
        if isinstance(self.lloq, np.ndarray) and self.lloq.shape != conc.shape:
            raise InputError(place, "limits of quantification differ in number", "give one per sample")
        if not np.all(np.isfinite(time_h)):
            raise InputError(place, "a sampling time is missing", "give every sample its time")
        if np.any(np.diff(time_h) <= 0.0):
            raise InputError(
                place, "two samples share one time or are out of order", "keep one, in order of time"
            )
        if np.any(np.isinf(conc)):
            raise InputError(place, "a concentration is infinite", "enter it as missing")
        if np.any(np.abs(time_h) > LATEST_H) or np.any(np.abs(conc) > MOST_CONC):
            fault = f"a time is beyond {LATEST_H:g} h or a concentration beyond {MOST_CONC:g}"
            raise InputError(place, fault, "check the units")
        if self.dose is not None and not (np.isfinite(self.dose) and self.dose >= 0.0):
            raise InputError(place, f"the dose {self.dose} is no amount", "give a dose of zero or more")
        if not (np.isfinite(self.duration_h) and self.duration_h >= 0.0):
            raise InputError(place, "the infusion has no valid length", "give hours, zero or more")
        if self.route is Route.INFUSION and self.duration_h == 0.0:
            raise InputError(place, "an infusion needs its duration", "give --duration or call it a bolus")
        object.__setattr__(self, "time_h", time_h)
        object.__setattr__(self, "conc", conc)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One pharmacokinetic parameter, or the reason why there is none.

    `code` is the CDISC PPTESTCD; `start_h` and `end_h` bound the window it is read from [h].
    """

    code: str
    name: str
    value: float | None
    unit: str
    reason: str
    start_h: float
    end_h: float | None
    refs: tuple[str, ...] = ()
