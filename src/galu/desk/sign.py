"""Use case: sign what is shown (21 CFR 11.50, 11.70, 11.200), and see which signatures still stand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from galu.access import may, strictest
from galu.desk.accounts import World, accounts_at
from galu.desk.admission import sites_of
from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import Identity, acts
from galu.desk.login import take_proof
from galu.desk.places import accounts_of
from galu.desk.seen import require_seen, sees_fact, sees_subject
from galu.desk.status import day_of_report
from galu.finding import InputError, NotAllowedError, OvertakenError
from galu.record.conduct import MEANINGS, Signature
from galu.store.sql import Clock
from galu.trial.signatures import Scope, Shown, Standing, derive_signatures, scope_of_visit, show


@dataclass(frozen=True, slots=True)
class ToSign:
    """What is to be signed: everything of a subject, of one visit of it, or single facts."""

    subject: str | None = None
    visit: str | None = None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Saying:
    """What a signature means, and the digest of the text that was read before it."""

    meaning: str
    digest: str


@acts("sign")
def shown_to_sign(folder: Path, wanted: ToSign, clock: Clock = utc_now) -> Shown:
    """The text that a signature would be over, as the record is now.

    Raises
    ------
    InputError
        When there is nothing of it, or who asks may not sign it.
    """
    return _shown(open_trial(folder, clock), wanted)


def _shown(trial: TrialFolder, wanted: ToSign) -> Shown:
    if (wanted.subject is None) == (not wanted.facts) or (wanted.visit and wanted.subject is None):
        raise InputError("signature", "says not what is signed", "name a subject and a visit, or facts")
    record = trial.record
    scope = Scope(wanted.subject, facts=wanted.facts)
    if wanted.subject and wanted.visit:
        scope = scope_of_visit(record, wanted.subject, wanted.visit)
    require_seen(trial, wanted.facts, wanted.subject)
    _require_site(trial, scope)
    return show(record, scope)


def _require_site(trial: TrialFolder, scope: Scope) -> None:
    """Who signs may sign, and sees, each subject that it is about."""
    record, who = trial.record, _who(trial)
    sites, sees = sites_of(record), sees_subject(trial.sight, record)
    about = {scope.subject} if scope.subject else set(_subjects(trial, scope.facts))
    data = trial.state(day_of_report(record, None, trial.clock)).data
    for subject in sorted(about, key=str):
        # What is locked is signed no more, as a whole or by its visits and values.
        held = [data.of_subject(subject or ""), *(data.of(one).state for one in scope.facts)]
        if scope.subject and scope.visit:
            held.append(data.of_visit(scope.subject, scope.visit, None))
        allowed = may(who.grants(trial.id), "sign", sites.get(subject or ""), strictest(held), trial.today)
        if subject and not (allowed.value and sees(subject)):
            raise NotAllowedError(
                f"account {who.account}", allowed.reason or "does not see it", "ask who may"
            )


def _subjects(trial: TrialFolder, facts: tuple[str, ...]) -> list[str | None]:
    found: list[str | None] = []
    for frame in trial.record.frames.values():
        found += frame.filter(frame["id"].is_in(list(facts)))["subject"].to_list()
    return found


def _who(trial: TrialFolder) -> Identity:
    if trial.who is None:
        remedy = "add accounts with `galu user add`, or enter a decision with `galu decide`"
        raise InputError(str(trial.path), "has no accounts, and a signature needs one", remedy)
    return trial.who


def proven(trial: TrialFolder, proof: str | None) -> str:
    """How who signs has shown himself a moment ago; a proof is used up.

    Raises
    ------
    InputError
        When he has not.
    """
    who, place = _who(trial), accounts_of(trial.path)
    if who.proofs:
        return who.proofs[0]
    assert place is not None  # somebody acts
    with accounts_at(place, World(trial.clock)) as accounts:
        return take_proof(accounts, who, proof or "")


@acts("sign")
def sign(
    folder: Path, wanted: ToSign, said: Saying, proof: str | None = None, clock: Clock = utc_now
) -> Signature:
    """Sign what was shown; it must still be what the record says.

    Parameters
    ----------
    said
        What the signature means, and the digest of the text that was read.
    proof
        That who signs has shown himself a moment ago (`galu.desk.login.prove`); it serves once.

    Raises
    ------
    OvertakenError
        When the record says otherwise by now.
    InputError
        When the meaning is none, or who signs may not, or has not shown himself.
    """
    if said.meaning not in MEANINGS:
        raise InputError("--meaning", f"{said.meaning!r} is no meaning", f"use one of {', '.join(MEANINGS)}")
    trial = open_trial(folder, clock)
    shown, seen, who = _shown(trial, wanted), trial.store.seen, _who(trial)
    if shown.digest != said.digest:
        raise OvertakenError(
            shown.scope.in_words, "is not what was shown any more", "read it again; nothing was signed"
        )
    means = proven(trial, proof)
    scope = shown.scope
    made = Signature(
        id=f"signature-{trial.record.free_number('signature', 'decision')}",
        subject=scope.subject,
        on=clock().astimezone(ZoneInfo(trial.record.zone)).isoformat(timespec="seconds"),
        by=who.name,
        digest=shown.digest,
        meaning=said.meaning,
        signer=who.name,
        rests_on=shown.facts,
        visit=scope.visit,
        first_day=scope.first,
        last_day=scope.last,
        shown_to=shown.seq,
        means=means,
    )
    (entry,) = trial.write([made], after=seen)
    assert isinstance(entry.fact, Signature)
    return entry.fact


@acts("read-board")
def trial_signatures(folder: Path, clock: Clock = utc_now) -> tuple[Standing, ...]:
    """Every signature that may be seen, with what changed since."""
    trial = open_trial(folder, clock)
    sees = sees_fact(trial.sight, trial.record)
    return tuple(one for one in derive_signatures(trial.record) if sees(one.fact.id, one.fact.subject))
