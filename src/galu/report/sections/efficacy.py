"""Efficacy: PSA, tumour response, time to event; rates with denominators and exact intervals."""

from __future__ import annotations

from galu.efficacy.time_to_event import TimeToEvent
from galu.report.blocks import Block, Picture, Section, Table
from galu.report.figures.efficacy import psa_course, spider, swimmer, tumour_change, waterfall
from galu.report.figures.survival import at_risk, kaplan_meier_figure, risk_months
from galu.report.sections.exposure import activities_of
from galu.report.sections.overview import assumed_in
from galu.report.sections.sensitivity import DAYS_PER_MONTH, beside_the_primary
from galu.trial.state import TrialState


def efficacy(state: TrialState) -> Section:
    """Figures, rates, best responses, survival and differences from what was collected."""
    assumed = assumed_in(state, "efficacy")
    found = state.efficacy
    if state.study.efficacy is None:
        return Section("efficacy", "Efficacy", silent="The study file plans no efficacy.")
    if not found.subjects:
        return Section(
            "efficacy", "Efficacy", assumed=assumed, silent="Nobody has a first dose or image yet."
        )
    missing = sum(one.best.response == "MISSING" for one in found.subjects)
    sentences = (
        f"{len(found.subjects)} subjects have a time zero and stay in every denominator; {missing} have "
        "no response "
        "data and count as non-responders.",
    )
    blocks: list[Block] = [*_figures(state), _rates(state, bool(assumed)), *_survival(state)]
    blocks += [*beside_the_primary(state), _subjects(state), _differences(state)]
    return Section("efficacy", "Efficacy", sentences, tuple(blocks), assumed)


def _figures(state: TrialState) -> list[Picture]:
    activities, subjects = activities_of(state), state.efficacy.subjects
    figures: list[Picture] = []
    psa = [(s.subject, s.level, s.psa.best_change_percent) for s in subjects]
    bars = [(name, level, change) for name, level, change in psa if change is not None]
    if bars:
        worst, best = max(bar[2] for bar in bars), min(bar[2] for bar in bars)
        alt = f"Best PSA change of {len(bars)} subjects, from {worst:+.0f} to {best:+.0f} %"
        words = ("psa-waterfall", "Best PSA change, confirmed or not; dashed at −50 and −90 %", alt)
        figures.append(waterfall(words, bars, (-50.0, -90.0), activities))
    courses = [(s.level, points) for s in subjects if (points := psa_course(s))]
    if courses:
        words = (
            "psa-spider",
            "PSA change from baseline over time",
            f"PSA courses of {len(courses)} subjects",
        )
        figures.append(spider(words, courses, activities))
    tumours = [(s.subject, s.level, change) for s in subjects if (change := tumour_change(s)) is not None]
    if tumours:
        alt = f"Best change of the sum of target diameters of {len(tumours)} subjects"
        words = (
            "tumour-waterfall",
            "Best tumour change, sum of target diameters; dashed at +20 and −30 %",
            alt,
        )
        figures.append(waterfall(words, tumours, (20.0, -30.0), activities))
    results = {one.subject: one for one in subjects}
    swimmers = [(s, results.get(s.id)) for s in state.subjects if s.first_dose is not None]
    if 0 < len(swimmers) <= 120:
        figures.append(swimmer(swimmers, state.day, activities))
    return figures + _curves(state)


def _curves(state: TrialState) -> list[Picture]:
    figures = []
    plan = state.study.efficacy
    for time in (one for one in plan.reported() if one.of == "everyone") if plan else ():
        own = [one for one in state.efficacy.survival if one.endpoint == time.title]
        shown = own[:1] if len(own) == 2 else own
        if shown and shown[0].curve.n > 1 and float(shown[0].curve.time[-1]) > 1.0:
            figures.append(kaplan_meier_figure(f"km-{time.id.lower()}", shown))
    return figures


def _rates(state: TrialState, assumed: bool) -> Table:
    rows = tuple(
        (one.endpoint, one.population, one.proportion.x, one.proportion.n, 100.0 * one.proportion.estimate,
         100.0 * one.proportion.lower, 100.0 * one.proportion.upper,
         f"{one.proportion.level:.0%} Clopper–Pearson")
        for one in state.efficacy.rates
    )  # fmt: skip
    columns = ("endpoint", "population", "responders", "of", "rate [%]", "lower [%]", "upper [%]", "interval")
    why = "confirmation, least duration of stable disease and the interval are assumed" if assumed else ""
    places = {"rate [%]": 1, "lower [%]": 1, "upper [%]": 1}
    return Table("rates", "Response rates, denominator stated", columns, rows, assumed=why, decimals=places)


def _survival(state: TrialState) -> list[Table]:
    rows, risks = [], []
    for one in state.efficacy.survival:
        curve = one.curve
        low, high = (value / DAYS_PER_MONTH for value in one.median_days[1:])
        rows.append(
            (one.endpoint, one.population, curve.n, curve.events, one.median_days[0] / DAYS_PER_MONTH,
             low, high,
             f"{curve.level:.0%} {curve.ci}", one.follow_up_days[0] / DAYS_PER_MONTH)
        )  # fmt: skip
        months = risk_months([one])
        read = curve.at([m * DAYS_PER_MONTH for m in months])
        risks += [
            (one.endpoint, one.population, month, n, float(s), float(lower), float(upper))
            for month, n, s, lower, upper in zip(
                months, at_risk(curve, months), read.survival, read.lower, read.upper, strict=True
            )
        ]
    columns = ("endpoint", "population", "n", "events", "median [months]", "lower", "upper", "interval",
               "median follow-up [months]")  # fmt: skip
    note = "A dash is not reached. Follow-up by reverse Kaplan–Meier."
    at = ("endpoint", "population", "month", "at risk", "without event", "lower", "upper")
    return [
        Table("survival", "Time to event, Kaplan–Meier", columns, tuple(rows), note),
        Table(
            "survival-at",
            "Share without event and numbers at risk",
            at,
            tuple(risks),
            page_rows=40,
            decimals={"without event": 3, "lower": 3, "upper": 3},
        ),
    ]


def _subjects(state: TrialState) -> Table:
    plan = state.study.efficacy
    times = [one.id for one in plan.reported() if one.of == "everyone"] if plan else []
    by_psa = plan is not None and plan.psa is not None
    rows = tuple(
        (s.subject, s.level, s.start,
         *((s.psa.best_change_percent, s.psa.psa50.confirmed,
            s.psa.progression_on or ("not confirmed" if s.psa.pending else None)) if by_psa else ()),
         tumour_change(s), s.best.response, s.best.day, s.best_reason,
         *(cell for name in times for cell in _time(s.times.get(name))))
        for s in state.efficacy.subjects
    )  # fmt: skip
    columns = ("subject", "level", "time zero",
               *(("best PSA change [%]", "PSA50 confirmed", "PSA progression") if by_psa else ()),
               "best tumour change [%]", "best response", "seen on", "remark",
               *(word for name in times for word in (f"{name} [d]", f"{name} event", f"{name} ended by"))
               )  # fmt: skip
    places = {"best PSA change [%]": 1, "best tumour change [%]": 1}
    return Table("efficacy-subjects", "Results by subject", columns, rows, page_rows=60, decimals=places)


def _time(time: TimeToEvent | None) -> tuple[int | None, bool | None, str]:
    return (None, None, "") if time is None else (time.days, time.event, time.reason)


def _differences(state: TrialState) -> Table:
    rows = tuple(
        (d.subject, d.reader, d.visit, d.test, d.collected, d.derived, d.reason, d.fact)
        for d in state.efficacy.differences
    )
    columns = ("subject", "reader", "visit", "test", "collected", "derived", "reason", "fact")
    note = "" if rows else "No collected response differs from what its measurements give."
    caption = f"Collected responses that recomputation does not give ({len(rows)})"
    return Table("response-differences", caption, columns, rows, note, page_rows=60)
