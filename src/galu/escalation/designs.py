"""The registry of designs: one line each."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from inspect import signature
from typing import Any

from galu.escalation.blrm import Blrm
from galu.escalation.crm_design import Crm, tite_crm
from galu.escalation.decision import Design
from galu.escalation.guarded import (
    EnoughAtLevel,
    Guard,
    Guarded,
    LowestToxic,
    MinFollowup,
    PreciseAtLevel,
    Sentinel,
)
from galu.escalation.interval import RULES, interval_design
from galu.escalation.iq_rolling_six import IqRollingSix
from galu.escalation.rolling_six import RollingSix
from galu.escalation.switches import check_switch, unknown_switch
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
    "min_followup": MinFollowup,
    "enough_at_level": EnoughAtLevel,
    "precise_width": PreciseAtLevel,
}


def own_switches(name: str) -> tuple[str, ...]:
    """Switches of a registered design itself.

    Raises
    ------
    InputError
        When there is no such design.
    """
    if name not in DESIGNS:
        near = get_close_matches(name, DESIGNS, n=1)
        meant = f"did you mean `{near[0]}`? " if near else ""
        raise InputError("design", f"`{name}` is not known", f"{meant}use one of {', '.join(DESIGNS)}")
    maker = Crm if DESIGNS[name] is tite_crm else DESIGNS[name]
    return tuple(signature(maker).parameters)


def design_named(name: str, /, **switches: Any) -> Design:
    """Make a registered design, with the guards that its switches name around it.

    A guard's switch that the design has itself goes to the design, which knows better what to do then.

    Raises
    ------
    InputError
        When there is no such design, it has no such switch, or one holds no value of its kind and range.
    """
    own = own_switches(name)
    around = tuple(key for key in GUARDS if key not in own)
    strange = [key for key in switches if key not in own and key not in around]
    if strange:
        raise unknown_switch(name, strange[0], (*own, *around))
    given = {key: check_switch(name, key, value) for key, value in switches.items()}
    guards = tuple(GUARDS[key](given.pop(key)) for key in around if key in given)
    design = DESIGNS[name](**given)
    return Guarded(design, guards) if guards else design
