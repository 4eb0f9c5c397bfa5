"""Beside the primary analysis of efficacy: variants, readers and their agreement, two-stage inference."""

from __future__ import annotations

from collections import Counter

from galu.report.blocks import Row, Table
from galu.trial.state import TrialState

DAYS_PER_MONTH = 365.25 / 12.0
_ANSWERS = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")


def beside_the_primary(state: TrialState) -> list[Table]:
    """Tables that there are data for."""
    return [
        table
        for table in (_variants(state), _readers(state), _agreement(state), _two_stage(state))
        if table.rows
    ]


def _variants(state: TrialState) -> Table:
    rows: tuple[Row, ...] = tuple(
        (one.endpoint, one.population, one.curve.n, one.curve.events,
         *(days / DAYS_PER_MONTH for days in one.median_days))
        for one in state.efficacy.variants
    )  # fmt: skip
    columns = ("variant", "population", "n", "events", "median [months]", "lower", "upper")
    note = "A dash is not reached."
    return Table("survival-variants", "Sensitivity analyses of time to event", columns, rows, note)


def _readers(state: TrialState) -> Table:
    """What each reader saw, where there is more than one."""
    names = sorted({one.reader for one in state.efficacy.readers})
    rows: list[Row] = []
    for name in names if len(names) > 1 else ():
        own = [one for one in state.efficacy.readers if one.reader == name]
        answers = Counter(visit.overall for one in own for visit in one.visits)
        subjects = sum(bool(one.visits) for one in own)
        rows.append((name, len(own), subjects, answers.total(), *(answers[word] for word in _ANSWERS)))
    columns = ("reader", "subjects with lesions", "with a visit after baseline", "visits", *_ANSWERS)
    caption = "Overall responses by reader, visits after baseline"
    return Table("readers", caption, columns, tuple(rows))


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
