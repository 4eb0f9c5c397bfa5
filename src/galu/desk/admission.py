"""Who may open a trial, and what may be written through an account: the access table, fact by fact."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from galu.access import STATES, TABLE, Action, Sight, State, may, sight
from galu.access.roles import in_force
from galu.desk.identity import Identity, current_action, who_acts
from galu.desk.places import ACCOUNTS, accounts_of
from galu.finding import InputError, NotAllowedError
from galu.record import KINDS, Fact, Record
from galu.record.conduct import Retraction, Signature
from galu.record.people import Demographics
from galu.record.review import DataMark, Query, QueryStep
from galu.record.rows import F
from galu.trial.admission_data import OF_MARK, OF_STEP

#: What an import brings instead of entering it; what is judged or signed is never imported for another.
_IMPORTED: Final = ("enter", "measure")
#: A signature is made where it was shown who signs, never brought in by a file.
_SIGNING: Final = ("sign", "decide")


def admitted(folder: Path, trial: str, day: date) -> Identity | None:
    """Who opens a trial, where it has accounts and he may do somewhere in it what is being done.

    Raises
    ------
    InputError
        When he may not, or nobody said who he is.
    """
    place = accounts_of(folder)
    if place is None:
        return None
    action, who = current_action(), who_acts(place)
    require_somewhere(who, trial, action, day)
    return who


def require_no_accounts(folder: Path, record: Record) -> None:
    """Refuse to go on without accounts where facts of this record were written through some.

    A record that was imported or simulated tells of the accounts of another place.

    Raises
    ------
    InputError
        When the file that says where they are is gone.
    """
    named = any(frame["account"].null_count() < frame.height for frame in record.frames.values())
    if named and record.origin == "observed":
        raise InputError(
            str(folder / ACCOUNTS),
            "is missing, and facts of the record name accounts",
            "restore it from a backup; nothing was written",
        )


def require_somewhere(who: Identity, trial: str, action: Action, day: date) -> None:
    """Refuse an account that may not do it at any site, with data in any state.

    Raises
    ------
    InputError
        Saying why not.
    """
    grants = who.grants(trial)
    sites = {site for grant in in_force(grants, day) for site in (grant.sites or (None,))}
    state = sorted(TABLE[action].states)[0]
    found = [may(grants, action, site, state, day) for site in sorted(sites, key=str) or [None]]
    if not any(one.value for one in found):
        raise NotAllowedError(f"account {who.account}", found[0].reason, "ask an administrator of the trial")


def written_by(who: Identity | None, fact: F) -> F:
    """A fact as the account writes it: it carries it, and where it says who speaks, its name.

    Parameters
    ----------
    who
        The account; None for a trial without accounts, into which no fact may bring one.

    Raises
    ------
    InputError
        When the fact names another account or speaker.
    """
    own = who.account if who else None
    place = fact.source or f"{fact.kind} {fact.id!r}"
    if fact.account not in (None, own):
        raise InputError(place, f"names the account {fact.account!r}", "leave `account` empty: galu sets it")
    if who is None:
        return fact
    change = {"account": who.account}
    if type(fact).speaker:
        said = getattr(fact, type(fact).speaker)
        if said and said != who.name:
            remedy = f"whoever {'signs' if fact.act == 'sign' else 'judges'} uses an account of his own"
            raise InputError(place, f"names {said!r}, and is written by {who.name!r}", remedy)
        change[type(fact).speaker] = who.name
    return fact.model_copy(update=change)


def require_allowed(who: Identity, trial: str, facts: Sequence[Fact], record: Record, day: date) -> None:
    """Refuse facts that the account may not write, with what is known of their sites and states.

    Raises
    ------
    InputError
        Naming the first fact and why not; nothing is to be written then.
    """
    grants, using, kinds = who.grants(trial), current_action(), _kinds(record, facts)
    before, stated = sites_of(record), sites_of_batch(facts)
    after = {**before, **stated}
    reasons: dict[tuple[Action, str | None], str] = {}
    for fact in facts:
        for owner in _owners(fact, kinds):
            # Who moves a subject to another site needs both; what he himself states comes first.
            sites = dict.fromkeys((after.get(owner), before.get(owner, after.get(owner))))
            for action, site in itertools.product(_actions(fact, kinds, using), sites):
                if (action, site) not in reasons:
                    reasons[action, site] = may(grants, action, site, _fitting(action), day).reason
                if reasons[action, site]:
                    # Where the subject is, is not told to who neither sees it there nor says so himself.
                    known = sight(grants, day).sees(site) or site == stated.get(owner)
                    shown = site if known else None
                    reason = may(grants, action, shown, _fitting(action), day).reason
                    raise _refused(fact, who, reason or reasons[action, site], shown)


def _refused(fact: Fact, who: Identity, reason: str, site: str | None) -> InputError:
    place = fact.source or f"{fact.kind} {fact.id!r}"
    remedy = "" if site else "state the site of the subject in demographics, before or with it; "
    return NotAllowedError(place, f"account {who.account}: {reason}", f"{remedy}nothing was written")


def _named(fact: Fact) -> tuple[str, ...]:
    """Ids of facts whose subjects one without a subject of its own is about."""
    about = (fact.supersedes, getattr(fact, "about", None), getattr(fact, "query", None))
    rests = fact.rests_on if isinstance(fact, Signature) else ()
    return (*(name for name in about if name), *rests)


def _owners(fact: Fact, kinds: Mapping[str, tuple[str, str | None]]) -> set[str]:
    """Subjects that a fact is about, empty text for nobody; a signature is about those of what it signs."""
    if fact.subject:
        return {fact.subject}
    named = _named(fact)
    return {kinds.get(name, ("", None))[1] or "" for name in named} or {""}


def _fitting(action: Action) -> State:
    """A state in which it is possible: which state the data are in is asked of each fact at admission."""
    return min(TABLE[action].states, key=STATES.index)


def _actions(fact: Fact, kinds: Mapping[str, tuple[str, str | None]], using: Action) -> tuple[Action, ...]:
    """What writing a fact is: of a correction also that, and what writing the corrected one would be."""
    own = _as_action(fact, using)
    if fact.supersedes is None:
        return (own,)
    target = kinds.get(fact.supersedes, (fact.kind, None))[0]
    beneath = _as_action(KINDS[target], using) if isinstance(fact, Retraction) else own
    return ("correct", beneath)


def _as_action(fact: Fact | type[Fact], using: Action) -> Action:
    if isinstance(fact, DataMark):
        return OF_MARK[fact.step]
    if isinstance(fact, QueryStep):
        return OF_STEP[fact.step]
    action: Action = fact.act  # type: ignore[assignment]  # a test holds the kinds against the table
    if action == "sign" and using not in _SIGNING:
        raise NotAllowedError(
            fact.kind, "is made by signing, not brought in", "use `galu sign` or `galu decide`"
        )
    if action == "sign" and using == "decide":  # of the trial, whatever sites it rests on
        return using
    return "import" if using == "import" and action in _IMPORTED else action


def _kinds(record: Record, facts: Sequence[Fact]) -> dict[str, tuple[str, str | None]]:
    """Kind and subject of what is corrected, signed, asked of or answered."""
    wanted = {name for fact in facts for name in _named(fact)}
    if not wanted:
        return {}
    # A query of a fact has the subject of that fact.
    query = record.frames.get(Query.kind)
    rows = () if query is None else query.filter(query["id"].is_in(list(wanted))).iter_rows(named=True)
    about = {row["id"]: row["about"] for row in rows if row["about"] and not row["subject"]}
    wanted.update(about.values())
    found: dict[str, tuple[str, str | None]] = {
        fact.id: (fact.kind, fact.subject) for fact in facts if fact.id in wanted
    }
    for kind, frame in record.frames.items():
        named = frame.filter(frame["id"].is_in(list(wanted))).select("id", "subject")
        found.update({name: (kind, subject) for name, subject in named.iter_rows()})
    for name, fact_id in about.items():
        found[name] = (Query.kind, found.get(fact_id, ("", None))[1])
    return found


def sites_of(record: Record) -> dict[str, str]:
    """The site of each subject of whom one is told."""
    rows = record.facts("demographics").drop_nulls("site").select("subject", "site")
    return dict(rows.iter_rows())


def sites_of_batch(facts: Sequence[Fact]) -> dict[str, str]:
    """The same of facts that are about to be written."""
    return {
        fact.subject: fact.site
        for fact in facts
        if isinstance(fact, Demographics) and fact.subject and fact.site
    }


def seen_by(who: Identity | None, trial: str, day: date) -> Sight:
    """What an account sees of a trial; everything where the trial has no accounts."""
    return Sight(None, None) if who is None else sight(who.grants(trial), day)
