"""Who may act: roles, and grants of them to an account, bounded by sites and days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

Role = Literal[
    "coordinator",
    "investigator",
    "monitor",
    "medical-monitor",
    "physicist",
    "statistician",
    "data-manager",
    "auditor",
    "committee",
    "administrator",
]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

#: What each role is for, as people are told when they grant it.
PURPOSES: Final[dict[Role, str]] = {
    "coordinator": "enters what happened at a site",
    "investigator": "answers for the subjects of a site: enters, judges, signs",
    "monitor": "compares a site's data with their source, asks, reviews",
    "medical-monitor": "watches safety at every site: judges, asks, signs",
    "physicist": "measures activity, uploads and reads scans",
    "statistician": "reads and exports what was collected, without what identifies a person",
    "data-manager": "imports, reviews, freezes and locks data, amends the study file",
    "auditor": "reads everything, and the log of access; changes nothing",
    "committee": "reads the board, decides and signs",
    "administrator": "keeps accounts and backups; sees no data of subjects",
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role given to an account, from `since` to the end of `until`, both days included.

    `sites` None means every site, those that join later too; an empty set none.
    """

    role: Role
    sites: frozenset[str] | None
    since: date
    until: date | None = None
    id: str = ""

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def covers(self, site: str | None) -> bool:
        """Whether it reaches a site; a site that is not known is reached only by a grant for every site."""
        return self.sites is None or (site is not None and site in self.sites)

    @property
    def in_words(self) -> str:
        """As people say it."""
        where = "every site" if self.sites is None else ", ".join(sorted(self.sites)) or "no site"
        until = f" to {self.until}" if self.until else ""
        return f"{self.role} at {where} from {self.since}{until}"


def in_force(grants: Iterable[Grant], day: date) -> tuple[Grant, ...]:
    """Grants that hold on a day."""
    return tuple(grant for grant in grants if grant.holds_on(day))
