"""The registry of designs: one line each."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from galu.escalation.blrm import Blrm
from galu.escalation.crm import Crm, tite_crm
from galu.escalation.decision import Design
from galu.escalation.guarded import EnoughAtLevel, Guard, Guarded, LowestToxic, Sentinel
from galu.escalation.interval import RULES, interval_design
from galu.escalation.iq_rolling_six import IqRollingSix
from galu.escalation.rolling_six import RollingSix
from galu.escalation.three_plus_three import ThreePlusThree
from galu.escalation.tite_boin import TiteBoin
from galu.finding import InputError

#: Name of a design and what makes it from its switches.
DESIGNS: dict[str, Callable[..., Design]] = {
    "rolling-six": RollingSix,
    "iq-rolling-six": IqRollingSix,
    "3+3": ThreePlusThree,
    "tite-boin": TiteBoin,
    "crm": Crm,
    "tite-crm": tite_crm,
    "blrm": Blrm,
    **{name: interval_design(name) for name in RULES},
}


#: Switches that put a guard around any design, in the order in which they are asked.
GUARDS: dict[str, Callable[[Any], Guard]] = {
    "lowest_toxic": LowestToxic,
    "sentinel_share": Sentinel,
    "enough_at_level": EnoughAtLevel,
}


def design_named(name: str, **switches: Any) -> Design:
    """Make a registered design, with the guards that its switches name around it.

    Raises
    ------
    InputError
        When there is no such design or it has no such switch.
    """
    if name not in DESIGNS:
        raise InputError("design", f"`{name}` is not known", f"use one of {', '.join(DESIGNS)}")
    guards = tuple(GUARDS[key](switches.pop(key)) for key in tuple(GUARDS) if key in switches)
    try:
        design = DESIGNS[name](**switches)
    except TypeError as error:
        raise _misfit(name, switches) from error
    return Guarded(design, guards) if guards else design


def _misfit(name: str, switches: dict[str, Any]) -> InputError:
    """Which switch a design does not have, or that one holds no value of its kind."""
    maker = Crm if DESIGNS[name] is tite_crm else DESIGNS[name]
    known = list(signature(maker).parameters)
    strange = [switch for switch in switches if switch not in known]
    if strange:
        has = f"it has {', '.join(known)}"
        return InputError(f"design {name}", f"there is no switch `{strange[0]}`", has)
    return InputError(
        f"design {name}", "a switch holds no value of its kind", "see `galu design table --help`"
    )
