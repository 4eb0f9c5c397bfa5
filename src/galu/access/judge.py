"""May an account do it? The decision with its reason, and what of the data it may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from galu.access.roles import Grant, in_force
from galu.access.table import TABLE, Action, Line, State
from galu.finding import Finding, Rule

_RULE: Final = Rule("access table", "1", "ICH E6(R3) 4.2.2; 21 CFR 11.10(d), (g)")


def may(
    grants: Iterable[Grant], action: Action, site: str | None, state: State | None, day: date
) -> Finding[bool]:
    """Whether an account with these grants may do it on a day.

    Parameters
    ----------
    grants
        Everything that was ever granted to the account; what is over or not yet begun counts for nothing.
    site
        Of the data; None where it is not known or the action is of the trial as a whole.
    state
        Of the data; None where it is not known: then only what no state stops is allowed.
    """
    line, known = TABLE[action], tuple(grants)
    fault = _fault_of_state(line, state) or _fault_of_grants(line, known, site, day)
    if fault:
        return Finding(False, _RULE, reason=fault)
    used = tuple(one.id for one in _of_role(line, in_force(known, day)) if _reaches(line, one, site))
    return Finding(True, _RULE, facts=tuple(one for one in used if one))


def _fault_of_state(line: Line, state: State | None) -> str:
    allowed = line.is_never_stopped if state is None else state in line.states
    if allowed:
        return ""
    said = "in a state that is not known" if state is None else state
    return f"the data are {said}; {line.action!r} needs them {' or '.join(sorted(line.states))}"


def _fault_of_grants(line: Line, grants: tuple[Grant, ...], site: str | None, day: date) -> str:
    if line.reach == "own":
        return ""
    fitting = _of_role(line, grants)
    if not fitting:
        return f"{line.action!r} is for {', '.join(sorted(line.roles))}"
    holding = in_force(fitting, day)
    if not holding:
        return f"what was granted does not hold on {day}: {'; '.join(one.in_words for one in fitting)}"
    if any(_reaches(line, one, site) for one in holding):
        return ""
    told = "; ".join(one.in_words for one in holding)
    where = "every site" if line.reach == "whole" else site or "a site that is not known"
    return f"{line.action!r} at {where} is not granted ({told})"


def _of_role(line: Line, grants: Iterable[Grant]) -> tuple[Grant, ...]:
    return tuple(one for one in grants if one.role in line.roles)


def _reaches(line: Line, grant: Grant, site: str | None) -> bool:
    if line.reach == "trial":
        return True
    return grant.sites is None if line.reach == "whole" else grant.covers(site)


@dataclass(frozen=True, slots=True)
class Sight:
    """What an account may see on a day: of which sites the data, and of which what identifies a person.

    None stands for every site, known or not.
    """

    sites: frozenset[str] | None
    personal: frozenset[str] | None

    def sees(self, site: str | None) -> bool:
        """Whether the data of a site are seen; of one that is not known only by who sees every site."""
        return self.sites is None or (site is not None and site in self.sites)

    def knows(self, site: str | None) -> bool:
        """Whether what identifies the persons of a site is seen."""
        return self.sees(site) and (self.personal is None or (site is not None and site in self.personal))


def sight(grants: Iterable[Grant], day: date) -> Sight:
    """What an account with these grants may see on a day."""
    held = in_force(grants, day)
    return Sight(_sites("read", held), _sites("read-personal", held))


def _sites(action: Action, grants: tuple[Grant, ...]) -> frozenset[str] | None:
    found = _of_role(TABLE[action], grants)
    bounds = [one.sites for one in found if one.sites is not None]
    return None if len(bounds) < len(found) else frozenset().union(*bounds)
