"""PCWG3: bone progression by the 2+2 rule and the combined response (Scher, JCO 2016;34:1402)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from galu.finding import Rule
from galu.words import checked, checked_fields, word

BONE_RULE = Rule("Bone 2+2", "PCWG3", "Scher, JCO 2016;34:1402, table 3 and figure 1")
NOT_PD = ("NON-PD", "PDu", "NED", "NE")
BONE = (*NOT_PD, "PD")
SOFT = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NED", "NE")


@dataclass(frozen=True, slots=True)
@checked_fields
class BoneScan:
    """A bone scan: number of new lesions against baseline, and against the reference scan.

    None counts are "not evaluable"; `persistent` says whether the new lesions of the scan before
    are still there (None: not stated).
    """

    day: date
    new_vs_baseline: int | None
    new_vs_reference: int | None = None
    persistent: bool | None = None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class BoneRule:
    """Windows [days] and numbers of lesions of the 2+2 rule."""

    flare_window_days: int = 84
    confirm_days: int = 42
    new_lesions: int = 2


@dataclass(frozen=True, slots=True)
@checked_fields
class BoneAssessment:
    """Response at each scan (NON-PD, PDu, PD, NE), in order of time, and the day of progression.

    `unresolved_on` is the first scan of a progression that no later scan has yet confirmed or
    refuted, and `reason` says what it waits for. `scans` are those judged, one for each response.
    """

    days: tuple[date, ...]
    responses: tuple[str, ...]
    progression_on: date | None
    confirmed_on: date | None
    facts: tuple[str, ...] = ()
    rule: Rule = BONE_RULE
    unresolved_on: date | None = None
    scans: tuple[BoneScan, ...] = ()
    reason: str = ""


@checked
def assess_bone(scans: Iterable[BoneScan], c1d1: date, rule: BoneRule | None = None) -> BoneAssessment:
    """Judge the bone scans of one patient after the first dose, as known at the last of them.

    Within the flare window two or more new lesions are PDu until a scan at least six weeks later:
    two or more ADDITIONAL ones make it PD, dated at the first scan; otherwise it was flare and that
    later scan is the new reference. After the window two or more new lesions against the reference
    are PDu until they are seen to persist.
    """
    rule = rule or BoneRule()
    used = sorted((scan for scan in scans if scan.day > c1d1), key=lambda scan: (scan.day, scan.ref or ""))
    responses = ["NON-PD"] * len(used)
    first = confirmed = None
    waiting: int | None = None
    flaring = False
    reference: int | None = None
    for i, scan in enumerate(used):
        if scan.new_vs_baseline is None and (reference is None or scan.new_vs_reference is None):
            responses[i] = "NE"
            continue
        if waiting is not None and (scan.day - used[waiting].day).days >= rule.confirm_days:
            verdict = _verdict(scan, used[waiting], flaring, rule)
            if verdict is True:
                first, confirmed = waiting, i
                break
            if verdict is False:
                responses[waiting:i] = ["NE" if r == "NE" else "NON-PD" for r in responses[waiting:i]]
                reference, waiting = (i if flaring else reference), None
                if flaring:
                    continue
        if waiting is not None:
            responses[i] = "PDu"
            continue
        in_window = reference is None and (scan.day - c1d1).days <= rule.flare_window_days
        if _new(scan, used, reference) >= rule.new_lesions:
            waiting, flaring, responses[i] = i, in_window, "PDu"
        elif reference is None:
            reference = i
    if first is not None:
        responses[first:] = ["PD"] * (len(used) - first)
    return BoneAssessment(
        tuple(scan.day for scan in used),
        tuple(responses),
        None if first is None else used[first].day,
        None if confirmed is None else used[confirmed].day,
        tuple(scan.ref for scan in used if scan.ref),
        unresolved_on=None if waiting is None or first is not None else used[waiting].day,
        scans=tuple(used),
        reason="" if waiting is None or first is not None else _awaited(used, waiting, flaring, rule),
    )


def _awaited(scans: Sequence[BoneScan], waiting: int, flaring: bool, rule: BoneRule) -> str:
    """What confirms or refutes the new lesions of a scan: a later scan, or what one does not say."""
    seen = scans[waiting].day
    late = [scan for scan in scans[waiting + 1 :] if (scan.day - seen).days >= rule.confirm_days]
    silent = [scan for scan in late if scan.persistent is None and scan.new_vs_baseline is not None]
    if silent and not flaring:
        return (
            f"bone lesions new on {seen} are not confirmed: the scan of {silent[-1].day} does not say "
            "whether they persist"
        )
    return f"bone lesions new on {seen} wait for a scan {rule.confirm_days} days later"


def resolved(responses: Sequence[str]) -> tuple[str, ...]:
    """Bone or overall responses in order of time, a PDu that a PD follows being PD itself.

    An unconfirmed progression is confirmed, or not, by the next scan that says more (PCWG3, figure 1).

    Raises
    ------
    InputError
        For a response that is none of bone, soft tissue or a whole visit.
    """
    known = dict.fromkeys((*SOFT, *BONE, "ND"))
    found: list[str] = []
    ahead = ""
    for given in reversed(responses):
        answer = word(given, known, "response")
        if answer not in ("PDu", "NE", "ND"):
            ahead = answer
        found.append("PD" if answer == "PDu" and ahead == "PD" else answer)
    return tuple(reversed(found))


def _new(scan: BoneScan, scans: Sequence[BoneScan], reference: int | None) -> int:
    total = scan.new_vs_baseline or 0
    if reference is None:
        return total
    if scan.new_vs_reference is not None:
        return scan.new_vs_reference
    return total - (scans[reference].new_vs_baseline or 0)


def _verdict(scan: BoneScan, earlier: BoneScan, flaring: bool, rule: BoneRule) -> bool | None:
    """Whether a later scan confirms; None when it does not say."""
    if flaring:
        return (scan.new_vs_baseline or 0) - (earlier.new_vs_baseline or 0) >= rule.new_lesions
    return scan.persistent


# Soft tissue, bone, combined: the 13 rows of the published table, in order; "*" is any.
COMBINED: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("PD", (), "PD"),
    ("*", ("PD",), "PD"),
    ("NE", NOT_PD, "NE"),
    ("NED", ("NON-PD",), "NON-CR/NON-PD"),
    ("NED", ("PDu",), "PDu"),
    ("NED", ("NED",), "NE"),
    ("NED", ("NE",), "NE"),
    ("SD", NOT_PD, "SD"),
    ("NON-CR/NON-PD", NOT_PD, "NON-CR/NON-PD"),
    ("PR", NOT_PD, "PR"),
    ("CR", ("NED",), "CR"),
    ("CR", ("NON-PD", "PDu", "NE"), "PR"),
)


def combined_response(soft_tissue: str, bone: str, targets_at_baseline: bool = True) -> str:
    """Combine soft-tissue and bone response; without targets at baseline CR becomes NON-CR/NON-PD.

    Raises
    ------
    InputError
        For a response that the table does not know.
    """
    soft_tissue, bone = word(soft_tissue, SOFT, "soft-tissue response"), word(bone, BONE, "bone response")
    for soft, bones, result in COMBINED:
        if soft in ("*", soft_tissue) and (not bones or bone in bones):
            demoted = soft_tissue == "CR" and result == "PR" and not targets_at_baseline
            return "NON-CR/NON-PD" if demoted else result
    raise AssertionError("the table is total")
