"""The set: every table and listing of sections 14 and 16, in the order of a clinical study report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from galu.results import (
    adverse,
    disposition,
    doses,
    escalation,
    exposure,
    kinetics,
    laboratory,
    listings,
    people,
    response,
)
from galu.results.columns import dose_columns
from galu.results.listing import Listing, lay_out_listing
from galu.results.populations import definitions, members_of
from galu.results.table import Page, Table, lay_out
from galu.trial.state import TrialState

#: Tables, each a function of the state; times to event are as many as the study reports.
TABLES: Final[tuple[Callable[[TrialState], Table], ...]] = (
    disposition.disposition,
    disposition.analysis_sets,
    disposition.deviations,
    people.demography,
    people.baseline_disease,
    people.prior_therapy,
    people.history,
    people.concomitant,
    exposure.therapy,
    exposure.imaging,
    response.psa,
    response.best_response,
    kinetics.concentrations,
    kinetics.parameters,
    kinetics.excretion,
    kinetics.proportionality,
    doses.per_activity,
    doses.curves,
    doses.against_limits,
    doses.lesions,
    adverse.overview,
    adverse.by_term,
    adverse.by_grade,
    adverse.related,
    adverse.serious,
    adverse.consequences,
    adverse.special,
    adverse.by_cycle,
    adverse.imaging_emergent,
    escalation.limiting,
    adverse.deaths,
    laboratory.values,
    laboratory.shifts,
    laboratory.liver_and_kidney,
    laboratory.signs,
    laboratory.performance,
)
LISTINGS: Final[tuple[Callable[[TrialState], Listing], ...]] = (
    listings.grave,
    listings.abnormal,
    listings.discontinued,
    listings.deviations,
    listings.excluded,
    listings.baseline,
    listings.dosing,
    listings.parameters,
    listings.response,
    listings.absorbed,
    listings.events,
    listings.laboratory,
)


def build_set(state: TrialState, tell: Callable[[str], None] = lambda _: None) -> tuple[Page, ...]:
    """Every table and listing, laid out, in the order of their numbers.

    Parameters
    ----------
    tell
        Is told the title of each before it is made.
    """
    said = definitions(state)
    pages = []
    for table in _tables(state):
        tell(table.title)
        columns = dose_columns(state, members_of(state)[table.population])
        pages.append(lay_out(table, columns, said))
    for make in LISTINGS:
        listing = make(state)
        tell(listing.title)
        pages.append(lay_out_listing(listing, _people(state, listing.population), said))
    return tuple(sorted(pages, key=lambda page: _order(page.number)))


def _tables(state: TrialState) -> Iterator[Table]:
    for make in TABLES:
        yield make(state)
    yield from response.times(state)


def _order(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split("."))


def _people(state: TrialState, population: str) -> tuple[tuple[str, str], ...]:
    """Subjects of a set with their level in words, by level and identifier."""
    plan, wanted = state.study.treatment, set(members_of(state)[population])
    names = {level.level: str(level) for level in plan.levels} if plan else {}
    own = sorted(
        (one for one in state.subjects if one.id in wanted), key=lambda one: (one.level or 0, one.id)
    )
    return tuple((one.id, names.get(one.level or 0, "–")) for one in own)
