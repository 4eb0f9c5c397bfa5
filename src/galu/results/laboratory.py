"""Laboratory values, shifts of grades, liver and kidney; vital signs and performance (ICH E3, 12.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

import polars as pl

from galu.record import Row
from galu.record.people import Ecog, Lab, Vital
from galu.results.baseline import ecog_baseline, lab_baseline, of_sign, of_test, sign_baseline
from galu.results.lines import Counted, Facts, Heading, Line, Measured, Statistic
from galu.results.table import Table
from galu.trial.state import TrialState
from galu.vocabulary.laboratory import lab_tests

_FULL: Final[tuple[Statistic, ...]] = ("n", "mean (SD)", "median", "min, max")
#: Last value before each later dose, the last of all, and the extremes: points in time that all share.
_SIGNS: Final[Mapping[str, str]] = {
    "SYSBP": "Systolic pressure", "DIABP": "Diastolic pressure", "PULSE": "Pulse", "TEMP": "Temperature",
    "WEIGHT": "Weight", "LVEF": "Left ventricular ejection fraction",
}  # fmt: skip
Told = Sequence[tuple[Row[Lab], float]] | Sequence[tuple[Row[Vital], float]]
Known = dict[str, tuple[float, Facts]]


def values(state: TrialState) -> Table:
    """T-14.3.5.1. Baseline, last value before each administration, last of all; worst of all values."""
    lines: list[Line] = []
    tests = sorted({row.fact.test for row in state.record.rows(Lab)})
    for test in tests:
        unit, found = of_test(state, test)
        if found:
            base = lab_baseline(state, test)[1]
            name = lab_tests()[test].name if test in lab_tests() else test
            lines += _course(state, f"{name} [{unit or 'no unit'}]", dict(base), found)
    notes = (
        "In the unit that was reported most; a value that does not convert, or is only a bound, is left out.",
        "Each subject has one value in a row: the last before the dose. Extremes are over all "
        "values after the first dose, unscheduled ones too.",
    )
    return Table(
        "14.3.5.1", "Laboratory values and change from baseline", "therapy-safety", tuple(lines), notes
    )


def signs(state: TrialState) -> Table:
    """T-14.3.6.1. Vital signs in the same way."""
    lines: list[Line] = []
    for test, title in _SIGNS.items():
        unit, found = of_sign(state, test)
        if found:
            base = sign_baseline(state, test)[1]
            lines += _course(state, f"{title} [{unit or 'no unit'}]", dict(base), found)
    return Table("14.3.6.1", "Vital signs and change from baseline", "therapy-safety", tuple(lines))


def _course(state: TrialState, title: str, base: Known, found: Mapping[str, Told]) -> list[Line]:
    days = {one.id: [dose.day for dose in one.therapy] for one in state.subjects if one.therapy}
    most = max(map(len, days.values()), default=0)
    lines: list[Line] = [Heading(title), Measured("baseline", base, _FULL, None, 1)]
    for n in range(2, most + 1):
        before = {
            one: last
            for one, given in days.items()
            if len(given) >= n and (last := _last(found.get(one, ()), given[n - 2], given[n - 1])) is not None
        }
        lines += [
            Measured(f"before administration {n}", before, _FULL, None, 1),
            Measured("change from baseline", _change(base, before), _FULL, None, 2),
        ]
    after = {
        one: [pair for pair in found.get(one, ()) if pair[0].day and pair[0].day > given[0]]
        for one, given in days.items()
    }
    for label, pick in (("last", -1), ("lowest", 0), ("highest", 1)):
        chosen: Known = {}
        for one, own in after.items():
            if own:
                row, number = (
                    max(own, key=lambda pair: (pair[0].day or date.min, pair[0].seq))
                    if pick == -1
                    else (max if pick else min)(own, key=lambda pair: pair[1])
                )
                chosen[one] = number, (row.id,)
        lines.append(Measured(f"{label} after the first dose", chosen, _FULL, None, 1))
        lines.append(Measured("change from baseline", _change(base, chosen), _FULL, None, 2))
    return lines


def _last(own: Told, after: date, until: date) -> tuple[float, Facts] | None:
    inside = [(row, number) for row, number in own if row.day is not None and after < row.day <= until]
    if not inside:
        return None
    row, number = max(inside, key=lambda pair: (pair[0].day or date.min, pair[0].seq))
    return number, (row.id,)


def _change(base: Known, later: Known) -> Known:
    """Difference of those who have both."""
    return {
        one: (number - base[one][0], (*base[one][1], *facts))
        for one, (number, facts) in later.items()
        if one in base
    }


def shifts(state: TrialState) -> Table:
    """T-14.3.5.2. Grade at baseline against the worst after the first dose, unscheduled values included."""
    grades = state.safety.grades
    lines: list[Line] = []
    if grades.height:
        for term, direction in grades.select("term", "direction").unique().sort("term", "direction").rows():
            own = grades.filter((pl.col("term") == term) & (pl.col("direction") == direction))
            base = _graded(own.filter("is_baseline"))
            worst = _graded(own.filter("after_dose"))
            if worst:
                lines += _shift(term, base, worst)
    version = state.study.safety.ctcae_version.value if state.study.safety else "5.0"
    notes = (
        f"CTCAE v{version}, each direction of a test by its own term; of those with a value after the dose.",
        "Who has no value at baseline, or none that can be graded, is in a row of its own and never counted "
        "as grade 0. A grade that hangs on the baseline is graded with that of the subject.",
    )
    return Table(
        "14.3.5.2",
        "Shift from the grade at baseline to the worst grade after it",
        "therapy-safety",
        tuple(lines),
        notes,
    )


def _graded(own: pl.DataFrame) -> dict[str, tuple[int | None, Facts]]:
    found: dict[str, tuple[int | None, Facts]] = {}
    for subject, grade, fact in own.select("subject", "grade", "fact").iter_rows():
        before = found.get(subject)
        if before is None or (grade is not None and (before[0] is None or grade > before[0])):
            found[subject] = grade, (fact,)
    return found


def _shift(
    term: str, base: Mapping[str, tuple[int | None, Facts]], worst: Mapping[str, tuple[int | None, Facts]]
) -> list[Line]:
    lines: list[Line] = [Heading(term)]
    for before in (0, 1, 2, 3, 4, None):
        from_here = {one for one in worst if (base[one][0] if one in base else None) == before}
        if not from_here:
            continue
        name = "not known" if before is None else f"grade {before}"
        all_facts = {one: (*(base[one][1] if one in base else ()), *worst[one][1]) for one in from_here}
        lines.append(Counted(f"baseline {name}", all_facts, 1, heads=True))
        for after in (0, 1, 2, 3, 4, None):
            who = {one: facts for one, facts in all_facts.items() if worst[one][0] == after}
            if who:
                label = "worst not gradable" if after is None else f"worst grade {after}"
                lines.append(Counted(label, who, 2))
    return lines


def performance(state: TrialState) -> Table:
    """T-14.3.6.2. ECOG at baseline against the worst and the last after it; a death is no score."""
    base = ecog_baseline(state)
    first = {one.id: one.first_dose for one in state.subjects}
    after: dict[str, list[Row[Ecog]]] = {}
    for row in state.record.rows(Ecog):
        dose = first.get(row.subject)
        if dose is not None and row.day is not None and row.day > dose:
            after.setdefault(row.subject, []).append(row)
    lines: list[Line] = []
    for score in sorted({int(number) for number, _ in base.values()}):
        own = {one for one, (number, _) in base.items() if number == score}
        lines.append(Counted(f"Baseline {score}", {one: base[one][1] for one in own}, heads=True))
        worst = {one: max(after[one], key=lambda row: row.fact.score) for one in own if one in after}
        last = {
            one: max(after[one], key=lambda row: (row.day or date.min, row.seq))
            for one in own
            if one in after
        }
        for label, rows in (("worst", worst), ("last", last)):
            lines += _scores(label, rows)
        lines.append(Counted("no later score", {one: base[one][1] for one in own if one not in after}, 1))
    return Table("14.3.6.2", "Shift of the ECOG performance status", "therapy-safety", tuple(lines))


def _scores(label: str, rows: Mapping[str, Row[Ecog]]) -> Iterable[Line]:
    for score in sorted({row.fact.score for row in rows.values()}):
        who = {one: (row.id,) for one, row in rows.items() if row.fact.score == score}
        yield Counted(f"{label} {score}", who, 1)


def liver_and_kidney(state: TrialState) -> Table:
    """T-14.3.5.3. Transaminases and bilirubin against the limits, creatinine against the baseline."""
    first = {one.id: one.first_dose for one in state.subjects}
    rows = [row for row in state.record.rows(Lab) if _is_after(first, row)]
    over: dict[str, dict[str, Facts]] = {}
    for row in rows:
        limit, value = row.fact.upper_limit, row.fact.value
        if limit and value is not None and limit > 0:
            for label, tests, times, inclusive in _LIVER:
                times_limit = value / limit
                if row.fact.test in tests and (times_limit >= times if inclusive else times_limit > times):
                    own = over.setdefault(label, {})
                    own[row.subject] = (*own.get(row.subject, ()), row.id)
    high, yellow = over.get(_LIVER[0][0], {}), over.get(_LIVER[1][0], {})
    hy = {one: (*high[one], *yellow[one]) for one in high if one in yellow}
    unit, base = lab_baseline(state, "CREAT")
    risen: dict[str, Facts] = {}
    for one, told in of_test(state, "CREAT")[1].items():
        if one in base and base[one][0] > 0:
            above = [r.id for r, number in told if _is_after(first, r) and number >= 1.5 * base[one][0]]
            if above:
                risen[one] = (*base[one][1], *above)
    lines: list[Line] = [Counted(label, over.get(label, {})) for label, *_ in _LIVER]
    lines.append(Counted("Both, at any time (to be assessed for Hy's law)", hy))
    if base:
        lines.append(Counted(f"Creatinine 1.5 times the baseline or more [{unit}]", risen))
    notes = (
        "Values without an upper limit cannot be judged against it and are not counted: they are listed in "
        "16.2.9. High alkaline phosphatase from bone disease excludes nobody.",
    )
    return Table("14.3.5.3", "Liver and kidney", "therapy-safety", tuple(lines) if rows else (), notes)


#: Label, tests, times the upper limit, whether the limit itself counts (FDA, liver injury, 2009).
_LIVER: Final = (
    ("ALT or AST above 3 times the upper limit", ("ALT", "AST"), 3.0, False),
    ("Bilirubin 2 times the upper limit or more", ("BILI",), 2.0, True),
    ("ALT or AST above 5 times the upper limit", ("ALT", "AST"), 5.0, False),
)


def _is_after(first: Mapping[str, date | None], row: Row[Lab]) -> bool:
    dose = first.get(row.subject)
    return dose is not None and row.day is not None and row.day > dose
