"""A study with its amendments: which version is in force for whom at which step.

An amendment acts forward. A step (consent, slot, dose) is judged by the version in force for that person on
its day: at his site, and where the amendment asks for it once he consented again. What was entered before the
amendment on its first day came before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pydantic import PrivateAttr

from galu.protocol.study import Study


@dataclass(frozen=True, slots=True)
class Way:
    """What decides which version is in force for a person: the site, and days and forms of the consents."""

    site: str | None = None
    consents: tuple[tuple[date | None, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the study.

    `seq` is the number of its fact in the record, `since` the first day on which it is in force, `sites`
    names those at which it is another day. With `reconsent` it holds only for who consented on that day or
    later, with `form` on that form.
    """

    study: Study
    seq: int
    since: date
    sites: tuple[tuple[str, date], ...] = ()
    reconsent: bool = False
    form: str | None = None

    @property
    def days(self) -> tuple[date, ...]:
        """Days on which it comes into force anywhere."""
        return (self.since, *(day for _, day in self.sites))

    def begins(self, site: str | None) -> date:
        """First day at a site; the last of all where the site is not known and approvals differ."""
        if site is None:
            return max(self.days)
        return next((day for name, day in self.sites if is_site(name, site)), self.since)

    def holds(self, way: Way, day: date, seq: int | None) -> bool:
        """Whether it is in force for a person on a day; `seq` is the number of the fact of the step."""
        begins = self.begins(way.site)
        if begins > day or (begins == day and seq is not None and seq < self.seq):
            return False
        return not self.reconsent or any(
            on is not None and begins <= on <= day and (self.form is None or is_form(self.form, form))
            for on, form in way.consents
        )


def is_form(name: str, form: str | None) -> bool:
    """Whether two names are of one version of a consent form.

    >>> [is_form("2", form) for form in ("2.0", "V2", "version 2", "02", "2.1", "12", None)]
    [True, True, True, True, False, False, False]
    """
    return form is not None and _plain_form(name) == _plain_form(form)


def _plain_form(name: str) -> str:
    """A name of a form without the word for version, leading zeros and a last .0."""
    bare = re.sub(r"^(?:version|vers\.?|ver\.?|v\.?|版本|版)\s*", "", name.strip().casefold())
    return re.sub(r"(?<![\d.])0+(?=\d)|(?:\.0+)+$", "", bare)


def is_site(name: str, site: str) -> bool:
    """Whether two names are of one site."""
    return name.strip().casefold() == site.strip().casefold()


@dataclass(frozen=True, slots=True)
class History:
    """Every version that is known, oldest first; `today` is the last day on which one came into force."""

    versions: tuple[Version, ...]
    today: date

    def at(self, way: Way, day: date, seq: int | None = None) -> int:
        """Number, from 0, of the version in force for a person on a day; the first always is."""
        found = (n for n, one in enumerate(self.versions) if n and one.holds(way, day, seq))
        return max(found, default=0)

    def now(self, way: Way) -> int:
        """Number of the version in force for a person today."""
        days = [day for day, _ in way.consents if day is not None]
        return self.at(way, max((self.today, *days)))


class AmendedStudy(Study):
    """The version in force today, with those before and beside it."""

    _history: History | None = PrivateAttr(default=None)


def amended(versions: Iterable[Version], today: date) -> Study:
    """The study on a day, from all versions that are known then.

    A study without an amendment that is in force anywhere is given as it is.
    """
    every = tuple(versions)
    begun = [day for one in every[1:] for day in one.days if day <= today]
    in_force = max((n for n, one in enumerate(every) if n and one.since <= today), default=0)
    if not begun:
        return every[0].study
    shown = every[in_force].study
    study = AmendedStudy.model_construct(shown.model_fields_set, **dict(shown))
    study._history = History(every, max(begun))
    return study


def history_of(study: Study) -> History | None:
    """The versions of a study; None where there is only one."""
    return study._history if isinstance(study, AmendedStudy) else None


def version(study: Study, number: int) -> Study:
    """The version of a number, from 0; the study itself where there is only one."""
    history = history_of(study)
    return study if history is None else history.versions[number].study
