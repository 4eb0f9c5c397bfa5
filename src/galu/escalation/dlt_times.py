"""When in the window a DLT occurs, in simulated trials: named distributions of its time given that it occurs.

A Weibull time is the usual choice for late toxicities in simulations of TITE designs (Liu, Yin & Yuan, Ann
Appl Stat 2013;7:2138; Yuan et al., Clin Cancer Res 2018;24:4921): the time itself is Weibull, so chosen that
the DLT rate of the level is reached at the window's end and a given share of it in the second half.
"""

from __future__ import annotations

import math
from typing import Final

from galu.compiled import kernel
from galu.finding import InputError

#: Exponent on a uniform number that gives the fraction of the window at which a DLT occurs.
POWERS: Final = {"uniform": 1.0, "early": 2.0, "late": 0.5, "end": 0.0}
#: Distributions that ask for the share of DLTs in the second half of the window.
WEIBULL, HALVES = "weibull", "conditionally-late"
WITH_SHARE: Final = (WEIBULL, HALVES)
DLT_TIMES: Final = (*POWERS, *WITH_SHARE)


def check_dlt_time(name: str, late_share: float | None) -> None:
    """Refuse an unknown distribution, or a share that it lacks, does not read or cannot have.

    Raises
    ------
    InputError
        Naming what is wrong.
    """
    if name not in DLT_TIMES:
        raise InputError("dlt-time", f"`{name}` is not known", f"use one of {', '.join(DLT_TIMES)}")
    if name not in WITH_SHARE:
        if late_share is not None:
            raise InputError(
                "dlt-late-share",
                f"`{name}` reads no share",
                f"leave it out, or use {' or '.join(WITH_SHARE)}",
            )
        return
    if late_share is None:
        fault = f"`{name}` needs the share of DLTs in the second half of the window"
        raise InputError("dlt-late-share", fault, "say it, as in --dlt-late-share 0.7")
    if not 0.0 < late_share < 1.0:
        fault = f"{late_share} is no share of DLTs in the second half"
        raise InputError("dlt-late-share", fault, "give a fraction above 0 and below 1")


def dlt_time_code(name: str, late_share: float | None) -> float:
    """The distribution as one number, as `dlt_part` reads it: a power, −share, or −1 − share."""
    if name in POWERS:
        return POWERS[name]
    assert late_share is not None
    return -late_share if name == WEIBULL else -1.0 - late_share


def told_dlt_time(name: str, late_share: float | None) -> str:
    """The distribution in words."""
    return name if late_share is None else f"{name}, {late_share:.0%} of DLTs in the second half"


@kernel
def dlt_part(code: float, part: float, rate: float) -> float:
    """Fraction of the window at which a DLT occurs.

    Parameters
    ----------
    code
        The distribution, see `dlt_time_code`.
    part
        A uniform number.
    rate
        DLT rate of the level: the hazard of a Weibull time depends on it.
    """
    if code >= 0.0:
        return float(part**code)
    if code > -1.0:
        p = min(max(rate, 1e-12), 1.0 - 1e-12)
        whole, first = math.log1p(-p), math.log1p(-p * (1.0 + code))
        shape = math.log2(whole / first)
        return float((math.log1p(-p * part) / whole) ** (1.0 / shape))
    early = 2.0 + code  # share of DLTs in the first half
    if part < early:
        return float(0.5 * part / early)
    return float(0.5 + 0.5 * (part - early) / (1.0 - early))
