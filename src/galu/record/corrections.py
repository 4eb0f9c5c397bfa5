"""What a correction may name: an earlier fact of its own kind and subject."""

from __future__ import annotations

from dataclasses import dataclass

from galu.record.conduct import Retraction, StudyVersion
from galu.record.fact import Fact


@dataclass(frozen=True, slots=True)
class Target:
    """A fact that may be corrected: its kind, and whose it is."""

    kind: str
    subject: str | None


def correction_fault(fact: Fact, target: Target | None) -> tuple[str, str, str] | None:
    """Column, fault and remedy of a correction that may not enter; None when it may, or is none.

    Parameters
    ----------
    fact
        What is to be written.
    target
        The earlier fact that it names; None where there is none.
    """
    if fact.supersedes is None:
        return None
    if target is None:
        return (
            "supersedes",
            f"supersedes {fact.supersedes!r}, which is no earlier fact",
            "name the id of the fact it corrects",
        )
    if target.kind == StudyVersion.kind:
        return "supersedes", "the study in force cannot be taken back", "use `galu amend` for a new version"
    withdraws = fact.kind == Retraction.kind
    if not withdraws and fact.kind != target.kind:
        return (
            "supersedes",
            f"supersedes a fact of another kind ({target.kind})",
            f"correct it with a {target.kind} fact, or retract it",
        )
    if fact.subject != target.subject and not (withdraws and fact.subject is None):
        whose = target.subject or "the trial as a whole"
        return (
            "subject",
            f"corrects {fact.supersedes!r}, which is a fact of {whose}",
            f"keep the subject; where it was noted for the wrong one, retract {fact.supersedes!r} and "
            "write the fact anew",
        )
    return None
