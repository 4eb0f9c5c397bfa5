"""Therapies as evidence: which data items one is of, by its stated class and by the name of its agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from galu.eligibility.items import UNREAD
from galu.record import Row
from galu.record.people import PriorTherapy, Therapy
from galu.vocabulary.agents import read_agent
from galu.vocabulary.therapies import therapy_class

_ANTICANCER: Final = "therapy.systemic"
#: Class of a prior or concomitant therapy to the data items that it is evidence of.
ITEMS_OF_THERAPY: Final[Mapping[str, tuple[str, ...]]] = {
    "nha": ("therapy.nha", _ANTICANCER),
    "taxane": ("therapy.taxane", _ANTICANCER),
    "psma-rlt": ("therapy.psma_radioligand", "therapy.radionuclide"),
    "radionuclide": ("therapy.radionuclide",),
    "investigational": ("therapy.investigational",),
    "systemic": (_ANTICANCER,),
    "adt": ("therapy.adt",),
    "bone-agent": ("therapy.bone_agent",),
    "radiotherapy": ("therapy.radiotherapy",),
    "immunomodulatory": ("therapy.immunomodulatory",),
    "tcm": ("therapy.tcm",),
    "respiratory": ("therapy.systemic_respiratory",),
    "autoimmune": ("therapy.systemic_autoimmune",),
    "cns": ("therapy.cns",),
    "anti-infective": ("therapy.anti_infective",),
}
#: What an agent may be given for where its name alone does not say it: a steroid, a herb.
_MAY_BE: Final[Mapping[str, tuple[str, ...]]] = {
    "corticosteroid": (
        "therapy.immunomodulatory", "therapy.cns", "therapy.systemic_respiratory",
        "therapy.systemic_autoimmune",
    ),
    "herbal": ("therapy.tcm",),
}  # fmt: skip
#: Items that inclusion counts: a name of another class than the stated one puts them in doubt.
_COUNTED: Final = frozenset(("therapy.nha", "therapy.taxane"))
#: Classes that say little, so that no name contradicts them.
_LOOSE: Final = frozenset((None, "other", "systemic", "investigational"))


def items_of_therapy(row: Row[Therapy] | Row[PriorTherapy]) -> dict[str, bool]:
    """Data items that a therapy is evidence of, and whether the record leaves open that it is.

    Its stated class and its agent's name count beside each other; what inclusion counts is in doubt where
    they differ. Where neither says anything it may be of any class.
    """
    stated, agent = therapy_class(row.fact.therapy_class or ""), read_agent(row.fact.agent)
    names = set(agent.classes) - {"other"}
    differ = bool(names) and stated not in _LOOSE and stated not in names
    items: dict[str, bool] = {}
    for name in sorted({stated or "other", *names} & set(ITEMS_OF_THERAPY)):
        denied = name != stated and not agent.sure
        for item in ITEMS_OF_THERAPY[name]:
            doubtful = denied or (differ and item in _COUNTED)
            items[item] = items.get(item, True) and doubtful
    if stated in (None, "other"):
        may_be = [item for name in names for item in _MAY_BE.get(name, ())]
        items.update((item, True) for item in may_be if item not in items)
    if (
        isinstance(row.fact, Therapy)
        and row.fact.anticancer
        and not names & set(ITEMS_OF_THERAPY)
        and stated in (None, "other")
    ):
        items.setdefault(_ANTICANCER, True)
    # A class nobody knows, or one that says nothing beside a name nobody knows, may be any.
    if (row.fact.therapy_class and stated is None) or (stated in (None, "other") and not agent.read):
        items[UNREAD["therapy"]] = True
    return items
