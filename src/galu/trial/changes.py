"""What of a trial reads otherwise than on an earlier day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from galu.trial.state import TrialState


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that reads otherwise now: what it is, of whom, as it was and as it is, and why."""

    what: str
    subject: str
    before: str
    after: str
    why: str = ""


def derive_changes(before: TrialState, after: TrialState) -> tuple[Change, ...]:
    """What reads otherwise in the later of two states of one trial: the trial, its slots, doses, criteria."""
    return (
        *_of_trial(before, after),
        *_of_slots(before, after),
        *_of_doses(before, after),
        *_of_eligibility(before, after),
    )


def _of_slots(before: TrialState, after: TrialState) -> Iterator[Change]:
    was = {slot.subject: slot for slot in before.board.slots}
    for slot in after.board.slots:
        old = was.get(slot.subject)
        if old is None:
            yield Change("slot", slot.subject, "none", f"level {slot.level}, {slot.outcome}", slot.reason)
        elif (old.outcome, old.level) != (slot.outcome, slot.level):
            was_told, told = (f"level {one.level}, {one.outcome}" for one in (old, slot))
            yield Change("outcome", slot.subject, was_told, told, slot.reason)
    gone = was.keys() - {slot.subject for slot in after.board.slots}
    yield from (Change("slot", name, f"level {was[name].level}", "none") for name in sorted(gone))


def _of_trial(before: TrialState, after: TrialState) -> Iterator[Change]:
    pairs = (
        ("phase", before.board.phase, after.board.phase),
        ("may enrol", _yes(before.board.may_enrol), _yes(after.board.may_enrol)),
        ("next level", str(before.board.next_level or "none"), str(after.board.next_level or "none")),
        ("dosed", str(before.board.dosed), str(after.board.dosed)),
    )
    for what, old, new in pairs:
        if old != new:
            yield Change(what, "", old, new, after.board.next_step if what == "may enrol" else "")
    known = {one.fact for one in before.board.decisions}
    for one in after.board.decisions:
        if one.fact not in known:
            level = f", level {one.level}" if one.level else ""
            signed = f"signed by {one.signer}" if one.signed else "not signed"
            yield Change("decision", "", "", f"{one.decision}{level}", f"{one.fact}, {signed}")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _of_doses(before: TrialState, after: TrialState) -> Iterator[Change]:
    """Proposals of one cycle that read otherwise, and doses given since."""
    was = {(one.subject, one.cycle, one.fraction): one for one in before.proposals}
    for one in after.proposals:
        old = was.get((one.subject, one.cycle, one.fraction))
        if old is not None and old.action != one.action:
            why = "; ".join(one.reasons)
            yield Change(f"proposal, cycle {one.cycle}", one.subject, old.action, one.action, why)
    given = {subject.id: len(subject.therapy) for subject in before.subjects}
    for subject in after.subjects:
        old_count = given.get(subject.id, 0)
        if len(subject.therapy) > old_count:
            days = ", ".join(str(dose.day) for dose in subject.therapy[old_count:])
            yield Change("doses given", subject.id, str(old_count), str(len(subject.therapy)), days)


def _of_eligibility(before: TrialState, after: TrialState) -> Iterator[Change]:
    """Verdicts of one gate that read otherwise."""
    was = {
        (one.subject, one.gate, verdict.criterion): verdict.at_gate
        for one in before.eligibility
        for verdict in one.verdicts
    }
    for one in after.eligibility:
        for verdict in one.verdicts:
            old = was.get((one.subject, one.gate, verdict.criterion))
            if old is not None and old != verdict.at_gate:
                what = f"{verdict.criterion} at {one.gate.value}"
                yield Change(what, one.subject, str(old), str(verdict.at_gate))
