"""Beside the primary analysis of efficacy: sensitivity variants, readers' agreement, two-stage inference."""

from __future__ import annotations

from galu.report.blocks import Row, Table
from galu.trial.state import TrialState

DAYS_PER_MONTH = 365.25 / 12.0


def beside_the_primary(state: TrialState) -> list[Table]:
    """Tables that there are data for."""
    return [table for table in (_variants(state), _agreement(state), _two_stage(state)) if table.rows]


def _variants(state: TrialState) -> Table:
    rows: tuple[Row, ...] = tuple(
        (one.endpoint, one.population, one.curve.n, one.curve.events,
         *(days / DAYS_PER_MONTH for days in one.median_days))
        for one in state.efficacy.variants
    )  # fmt: skip
    columns = ("variant", "population", "n", "events", "median [months]", "lower", "upper")
    note = "A dash is not reached."
    return Table("survival-variants", "Sensitivity analyses of time to event", columns, rows, note)


def _agreement(state: TrialState) -> Table:
    rows = tuple((*one.readers, one.n, 100.0 * one.agreement, one.kappa) for one in state.efficacy.agreement)
    columns = ("reader", "and", "visits of both", "agree [%]", "kappa")
    places = {"agree [%]": 1, "kappa": 2}
    return Table("reader-agreement", "Overall response, reader by reader", columns, rows, decimals=places)


def _two_stage(state: TrialState) -> Table:
    found = state.efficacy.two_stage
    caption = "Response rate of the two-stage expansion"
    columns = ("stage", "responses", "patients", "UMVUE", "plain proportion", "p value", "remark")
    if found is None:
        return Table("two-stage", caption, columns, ())
    one = found.inference
    told = (None,) * 4 if one is None else (one.stage, one.umvue, one.proportion, one.p_value)
    row = (told[0], found.responses, found.patients, *told[1:], found.reason)
    return Table("two-stage", caption, columns, (row,))
