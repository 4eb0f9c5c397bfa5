"""What a correction may name: an earlier fact of its own kind and subject."""

from __future__ import annotations

from dataclasses import dataclass

from galu.record.conduct import Retraction, StudyVersion
from galu.record.fact import Fact


@dataclass(frozen=True, slots=True)
class Target:
    """A fact that may be corrected: its kind, whose it is, and what corrected or took it back already."""

    kind: str
    subject: str | None
    replaced_by: str | None = None


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
    if target.kind == Retraction.kind:
        return "supersedes", "a retraction cannot be taken back", "write the fact anew, with an id of its own"
    if target.replaced_by not in (None, fact.id):
        return (
            "supersedes",
            f"supersedes {fact.supersedes!r}, which {target.replaced_by!r} replaced already",
            f"look at {target.replaced_by!r}, and correct that, or what came after it",
        )
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
