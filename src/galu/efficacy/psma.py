"""PSMA PET: RECIP 1.0 and the PSMA-positivity rule.

RECIP 1.0: Gafita et al., J Nucl Med 2022;63:1651. Positivity by the criteria of the VISION trial
(Sartor et al., N Engl J Med 2021;385:1091); the registry record names only its own section, so the
rule is an assumption and can be exchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from galu.finding import Finding, InputError, Rule
from galu.words import checked_fields

RECIP_RULE = Rule("RECIP", "1.0", "Gafita, J Nucl Med 2022;63:1651")
VISION_RULE = Rule("PSMA positivity", "VISION (assumed)", "Sartor, NEJM 2021;385:1091, protocol")
Site = Literal["organ", "node", "bone-soft-tissue", "bone"]


def recip(volume_change_percent: float, new_lesions: bool, uptake: bool = True) -> str:
    """Response from the change of PSMA-positive tumour volume [%] and new lesions.

    Without any uptake at follow-up the answer is RECIP-CR.
    """
    if not volume_change_percent >= -100.0:
        raise InputError("volume change", f"{volume_change_percent} %", "give a change of -100 % or more")
    if not uptake:
        return "RECIP-CR"
    if volume_change_percent <= -30.0 and not new_lesions:
        return "RECIP-PR"
    return "RECIP-PD" if volume_change_percent >= 20.0 and new_lesions else "RECIP-SD"


@dataclass(frozen=True, slots=True)
@checked_fields
class PsmaLesion:
    """A metastasis: uptake above liver (None: not known), size [mm] (short axis of a node)."""

    site: Site
    above_liver: bool | None
    size_mm: float | None = None
    ref: str | None = None


# Smallest size [mm] at which a PSMA-negative lesion excludes; bone without soft tissue never does.
VISION_LIMITS_MM: dict[str, float] = {"organ": 10.0, "node": 25.0, "bone-soft-tissue": 10.0}


def psma_positive(lesions: Iterable[PsmaLesion]) -> Finding[bool]:
    """At least one metastasis above liver, and no PSMA-negative lesion at or above its size limit."""
    given = tuple(lesions)
    facts = tuple(lesion.ref for lesion in given if lesion.ref)
    excluding = [_excludes(lesion) for lesion in given]
    uptake = [lesion.above_liver for lesion in given]
    if True in excluding:
        return Finding(False, VISION_RULE, facts, "a PSMA-negative lesion above its size limit")
    if not given or all(answer is False for answer in uptake):
        return Finding(False, VISION_RULE, facts, "no metastasis with uptake above liver")
    if None in excluding or True not in uptake:
        return Finding(None, VISION_RULE, facts, "uptake or size of a lesion is not known")
    return Finding(True, VISION_RULE, facts)


def _excludes(lesion: PsmaLesion) -> bool | None:
    limit = VISION_LIMITS_MM.get(lesion.site)
    if limit is None or lesion.above_liver is True:
        return False
    if lesion.size_mm is not None and lesion.size_mm < limit:
        return False
    return None if lesion.above_liver is None or lesion.size_mm is None else True
