"""Listings by subject (ICH E3, 16.2): what the tables count, one row a record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from galu.record.people import Demographics, Ecog, History, Lab, PriorTherapy, Therapy, Vital
from galu.results.adverse import worst_of
from galu.results.kinetics import by_subject
from galu.results.lines import Facts
from galu.results.listing import Listing, Value
from galu.results.populations import members_of
from galu.safety.inputs import AdverseEventInput
from galu.safety.tables import ended_treatment, is_fatal, is_serious, phase_of, seriousness
from galu.trial.adverse import emergent_days
from galu.trial.flow import COMPLETED, ONGOING, end_of_treatment
from galu.trial.state import TrialState

Rows = dict[str, list[tuple[tuple[Value, ...], Facts]]]


def _add(rows: Rows, subject: str, values: tuple[Value, ...], facts: Facts) -> None:
    rows.setdefault(subject, []).append((values, facts))


def discontinued(state: TrialState) -> Listing:
    """L-16.2.1. Who ended treatment early or left the study."""
    rows: Rows = {}
    for one in state.subjects:
        if one.therapy:
            end = end_of_treatment(state.study, one)
            left, study = one.left("treatment"), one.left("study")
            if end not in (ONGOING, COMPLETED) or one.dead or study is not None:
                facts = tuple(
                    fact
                    for fact in (
                        left.fact if left else "",
                        study.fact if study else "",
                        one.death.fact if one.death else "",
                    )
                    if fact
                )
                _add(
                    rows,
                    one.id,
                    (
                        one.first_dose,
                        one.last_dose,
                        len(one.therapy),
                        end,
                        left.day if left else None,
                        study.cause if study else None,
                        study.day if study else None,
                        one.died,
                        one.last_alive,
                    ),
                    facts,
                )
    columns = (
        "First dose",
        "Last dose",
        "Doses",
        "End of treatment",
        "on",
        "Left study for",
        "on",
        "Died",
        "Last known alive",
    )
    return Listing("16.2.1", "Discontinued subjects", "enrolled", columns, rows)


def deviations(state: TrialState) -> Listing:
    """L-16.2.2. Every deviation."""
    rows: Rows = {}
    for one in state.deviations:
        _add(rows, one.subject, (one.day, one.rule, one.what), one.facts)
    return Listing("16.2.2", "Protocol deviations", "screened", ("Day", "Rule", "What"), rows)


def excluded(state: TrialState) -> Listing:
    """L-16.2.3. Who of those enrolled is outside a set."""
    rows: Rows = {}
    slots = {one.subject: one for one in state.board.slots}
    for name, members in members_of(state).items():
        for one in state.subjects:
            if one.id in members_of(state)["enrolled"] and one.id not in members:
                slot = slots.get(one.id)
                why = (
                    slot.reason
                    if name == "dlt-evaluable" and slot is not None
                    else "does not meet the definition"
                )
                _add(rows, one.id, (name, why), one.facts)
    return Listing("16.2.3", "Subjects excluded from analysis sets", "enrolled", ("Set", "Why"), rows)


def baseline(state: TrialState) -> Listing:
    """L-16.2.4. Demography, history, prior and concomitant therapy."""
    rows: Rows = {}
    for who in state.record.rows(Demographics):
        told = who.fact
        said = ", ".join(str(part) for part in (told.sex, told.race, told.country, told.site) if part)
        born = told.birth_date or (None if told.age_years is None else f"{told.age_years:g} years")
        _add(rows, who.subject, ("demography", said, None, born, None), (who.id,))
    for past in state.record.rows(History):
        fact = past.fact
        _add(
            rows,
            past.subject,
            (f"history: {fact.category or 'no category'}", fact.term, fact.grade, fact.started, fact.ended),
            (past.id,),
        )
    for prior in state.record.rows(PriorTherapy):
        line = prior.fact
        _add(
            rows,
            prior.subject,
            (f"prior: {line.therapy_class}", line.agent, None, line.started, line.ended),
            (prior.id,),
        )
    for given in state.record.rows(Therapy):
        drug = given.fact
        _add(
            rows,
            given.subject,
            (f"concomitant: {drug.therapy_class or 'no class'}", drug.agent, None, drug.on, drug.ended),
            (given.id,),
        )
    columns = ("Kind", "What", "Grade", "From (as collected)", "To (as collected)")
    return Listing("16.2.4", "Demography, history, prior and concomitant therapy", "enrolled", columns, rows)


def dosing(state: TrialState) -> Listing:
    """L-16.2.5. Every administration of any agent."""
    rows: Rows = {}
    for one in state.subjects:
        for dose in (*one.imaging, *one.therapy):
            left = dose.balance.left_mbq if dose.balance else None
            drawn = dose.balance.drawn_mbq if dose.balance else None
            _add(
                rows,
                one.id,
                (
                    dose.agent,
                    dose.cycle,
                    dose.start,
                    dose.ended,
                    dose.planned_mbq,
                    _mbq(drawn),
                    _mbq(left),
                    _mbq(dose.net_mbq),
                    dose.reason,
                ),
                dose.facts,
            )
    columns = (
        "Agent",
        "Cycle",
        "Start",
        "End",
        "Planned [MBq]",
        "Drawn [MBq]",
        "Left over [MBq]",
        "Net [MBq]",
        "Remark",
    )
    return Listing(
        "16.2.5",
        "Administered activity",
        "enrolled",
        columns,
        rows,
        ("Drawn and left over at the start of the administration.",),
    )


def _mbq(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def parameters(state: TrialState) -> Listing:
    """L-16.2.5.2. Every pharmacokinetic parameter."""
    rows: Rows = {name: list(own) for name, own in by_subject(state).items()}
    columns = ("Matrix", "Analyte", "Cycle", "Decay state", "Parameter", "Value", "Unit", "Why without")
    return Listing("16.2.5.2", "Pharmacokinetic parameters", "enrolled", columns, rows)


def response(state: TrialState) -> Listing:
    """L-16.2.6. PSA values, responses at each visit, and times to event with why they ended."""
    rows: Rows = {}
    for one in state.efficacy.subjects:
        for value in one.psa_values:
            _add(
                rows,
                one.subject,
                ("PSA", value.day, f"{value.value_ng_ml:g} ng/mL", None),
                (value.ref,) if value.ref else (),
            )
        for seen in one.combined:
            _add(rows, one.subject, ("response", seen.day, seen.overall, None), seen.facts)
        for name, time in one.times.items():
            ended = "event" if time.event else "censored"
            _add(rows, one.subject, (name, time.on, f"{ended} on day {time.days}", time.reason), time.facts)
    columns = ("What", "Day", "Result", "Why it ended there")
    return Listing("16.2.6", "PSA, response and times to event", "enrolled", columns, rows)


def absorbed(state: TrialState) -> Listing:
    """L-16.2.7. Every absorbed dose with its curve, or why there is none."""
    rows: Rows = {}
    for one in state.absorbed_doses:
        course = one.course
        dose = course.dose if course else None
        _add(
            rows,
            one.subject,
            (
                one.region,
                one.cycle,
                course.fit.model if course else None,
                _three(course.fit.t_eff_h if course else None),
                _three(dose.dose_gy if dose else None),
                _three(course.u_dose_gy if course else None),
                _three(dose.gy_per_gbq if dose else None),
                _three(course.cumulative_dose_gy if course else None),
                _three(course.cumulative_bed_gy if course else None),
                "; ".join(part for part in (one.reason, course.warning if course else "") if part),
            ),
            one.facts,
        )
    columns = (
        "Region",
        "Cycle",
        "Curve",
        "Effective half-life [h]",
        "Dose [Gy]",
        "u [Gy]",
        "Gy/GBq",
        "Cumulative [Gy]",
        "Cumulative BED [Gy]",
        "Remark",
    )
    return Listing("16.2.7", "Absorbed doses", "enrolled", columns, rows)


def _three(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")


def _event(event: AdverseEventInput, phase: str) -> tuple[Value, ...]:
    known = seriousness(event)
    return (
        event.term,
        event.soc or None,
        worst_of(event),
        event.onset_text,
        event.ended,
        {True: "yes", False: "no", None: "?"}[known],
        event.attribution or "?",
        event.action or None,
        event.outcome or None,
        phase,
    )


_EVENT: Final = (
    "Term",
    "Class",
    "Grade",
    "Onset",
    "Ended",
    "Serious",
    "Relation",
    "Action",
    "Outcome",
    "When",
)


def _events(state: TrialState, number: str, title: str, keep: Callable[[AdverseEventInput], bool]) -> Listing:
    days = emergent_days(state.study)
    rows: Rows = {}
    for one in state.safety.treated:
        for event in sorted(one.events, key=lambda e: (e.onset, e.ref)):
            if keep(event):
                _add(rows, one.subject, _event(event, phase_of(event, one, days)), (event.ref,))
    return Listing(number, title, "enrolled", _EVENT, rows, ("A question mark is not known.",))


def events(state: TrialState) -> Listing:
    """L-16.2.8. Every adverse event, those before treatment too."""
    return _events(state, "16.2.8", "Adverse events", lambda _: True)


def grave(state: TrialState) -> Listing:
    """L-14.3.2.2. Deaths, serious events, and those that ended treatment."""
    return _events(
        state,
        "14.3.2.2",
        "Deaths, serious adverse events, and those that ended treatment",
        lambda e: is_fatal(e) or is_serious(e) or ended_treatment(e),
    )


def abnormal(state: TrialState) -> Listing:
    """L-14.3.4. Laboratory values of grade 3 or more after the first dose."""
    rows: Rows = {}
    grades = state.safety.grades
    if grades.height:
        severe = grades.filter(grades["after_dose"] & (grades["grade"].fill_null(0) >= 3)).sort("day", "fact")
        for row in severe.iter_rows(named=True):
            _add(
                rows,
                row["subject"],
                (
                    row["test"],
                    row["day"],
                    row["value"],
                    row["unit"],
                    row["lower"],
                    row["upper"],
                    row["term"],
                    row["grade"],
                    row["note"] or None,
                ),
                (row["fact"],),
            )
    columns = ("Test", "Day", "Value", "Unit", "Lower limit", "Upper limit", "Term", "Grade", "Remark")
    return Listing("14.3.4", "Laboratory values of grade 3 or more", "therapy-safety", columns, rows)


def laboratory(state: TrialState) -> Listing:
    """L-16.2.9. Laboratory values, vital signs, performance status."""
    rows: Rows = {}
    graded: dict[str, int] = {}
    for fact, grade in state.safety.grades.select("fact", "grade").iter_rows():
        if grade is not None:
            graded[fact] = max(graded.get(fact, 0), grade)
    for row in state.record.rows(Lab):
        lab = row.fact
        _add(
            rows,
            row.subject,
            (
                lab.test,
                lab.on,
                lab.value if lab.value is not None else lab.text,
                lab.unit,
                lab.lower_limit,
                lab.upper_limit,
                graded.get(row.id),
            ),
            (row.id,),
        )
    for sign in state.record.rows(Vital):
        vital = sign.fact
        shown = vital.value if vital.value is not None else vital.text
        _add(rows, sign.subject, (vital.test, vital.on, shown, vital.unit, None, None, None), (sign.id,))
    for status in state.record.rows(Ecog):
        _add(
            rows,
            status.subject,
            ("ECOG", status.fact.on, status.fact.score, None, None, None, None),
            (status.id,),
        )
    columns = ("Test", "When (as collected)", "Result", "Unit", "Lower limit", "Upper limit", "Grade")
    return Listing("16.2.9", "Laboratory values, vital signs, performance status", "enrolled", columns, rows)
