"""Which forms there are: a visit by the schedule, the worksheet of a dose, an event, any kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from galu.desk.forms.fields import Filled, Group, Part, Sheet, part
from galu.desk.pages.look import Look
from galu.exchange.facts_templates import TEMPLATES
from galu.finding import InputError, NotThereError
from galu.nuclides import half_life_h
from galu.record import KINDS
from galu.record.people import Lab, Vital
from galu.trial.subjects import Subject

#: Laboratory tests of a procedure, each with the unit that is offered where none was used before.
PANELS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "haematology": (
        ("HGB", "g/L"), ("WBC", "10^9/L"), ("NEUT", "10^9/L"), ("LYM", "10^9/L"), ("PLAT", "10^9/L"),
    ),
    "chemistry": (
        ("CREAT", "umol/L"), ("UREAN", "mmol/L"), ("ALT", "U/L"), ("AST", "U/L"), ("ALP", "U/L"),
        ("BILI", "umol/L"), ("ALB", "g/L"), ("SODIUM", "mmol/L"), ("K", "mmol/L"), ("CA", "mmol/L"),
    ),
    "psa": (("PSA", "ng/mL"),),
    "testosterone": (("TESTOS", "nmol/L"),),
}  # fmt: skip
_VITALS: Final = (
    ("SYSBP", "mmHg"), ("DIABP", "mmHg"), ("PULSE", "beats/min"), ("TEMP", "C"), ("WEIGHT", "kg"),
)  # fmt: skip
_SCANS: Final = {"ct": "CT", "bone-scan": "BONE", "pet": "PET"}
_RESIDUALS: Final = ("vial", "tubing", "syringe")
_LAB: Final = ("value", "unit", "lower_limit", "upper_limit", "specimen")
#: Filled in beforehand, so that alone they say nothing.
_LAB_TOLD: Final = ("on", "unit", "lower_limit", "upper_limit", "specimen", "by")


def visit_sheet(seen: Look, subject: str, visit: str, planned: date | None) -> Sheet:
    """One form for a whole visit; for one that is not planned, every panel.

    Raises
    ------
    NotThereError
        When the plan has no such visit.
    """
    found = [
        one for one in seen.state.visits
        if one.subject == subject and one.visit == visit and planned in (None, one.planned)
    ]  # fmt: skip
    if visit and visit != "unscheduled" and not found:
        raise NotThereError(f"visit {visit!r} of {subject!r}", "is not planned", "choose one of the list")
    procedures = found[0].procedures if found else (*PANELS, "ecog", "vitals")
    span = (found[0].earliest, found[0].latest) if found else None
    head = part(
        "visit", "visit", ("on", "visit", "status", "by"),
        Filled(preset={"visit": visit or "unscheduled", "status": "done"}), must=True,
    )  # fmt: skip
    groups = [Group("visit", "fields", (head,))]
    for procedure in procedures:
        parts = tuple(_of_procedure(seen, subject, procedure, span))
        if parts:
            groups.append(Group(procedure, "sheet" if procedure in (*PANELS, "vitals") else "fields", parts))
    return Sheet(visit or "unscheduled", subject, tuple(groups))


def _of_procedure(seen: Look, subject: str, procedure: str, span: tuple[date, date] | None) -> Iterator[Part]:
    if procedure in PANELS:
        yield from _panel(seen, subject, PANELS[procedure], span)
    elif procedure == "vitals":
        for test, unit in _VITALS:
            one = part(
                f"vital-{test}", "vital", ("value", "unit"), Filled({"test": test}, {"unit": unit}, ("unit",))
            )
            yield replace(one, beside=tuple(_beside(seen, subject, Vital, test, span)))
    elif procedure == "ecog":
        yield part("ecog", "ecog", ("score",))
    elif procedure == "survival":
        yield part("contact", "contact", ("alive",))
    elif procedure in _SCANS:
        columns = ("positive", "camera") if procedure == "pet" else ("camera",)
        yield part(f"scan-{procedure}", "scan", ("on", *columns), Filled({"modality": _SCANS[procedure]}))
        if procedure == "bone-scan":
            yield part("bone_scan", "bone_scan", ("on", "new_lesions", "new_since_reference", "persisting"))


def _panel(
    seen: Look, subject: str, tests: Iterable[tuple[str, str]], span: tuple[date, date] | None
) -> Iterator[Part]:
    """A row a test, with unit and limits as that subject's laboratory last reported them."""
    last = {row.fact.test: row.fact for row in seen.state.record.rows_by_subject(Lab).get(subject, ())}
    for test, unit in tests:
        known = last.get(test)
        preset = {"unit": (known.unit if known else None) or unit}
        for column in ("lower_limit", "upper_limit"):
            limit = getattr(known, column) if known else None
            preset |= {} if limit is None else {column: f"{limit:g}"}
        preset |= {"specimen": known.specimen} if known and known.specimen else {}
        one = part(f"lab-{test}", "lab", _LAB, Filled({"test": test}, preset, _LAB_TOLD))
        yield replace(one, beside=tuple(_beside(seen, subject, Lab, test, span)))


def _beside(
    seen: Look, subject: str, model: type[Lab] | type[Vital], test: str, span: tuple[date, date] | None
) -> Iterator[tuple[str, str]]:
    """What is known of a test in the window of the visit; for one without a window, its newest value."""
    rows = [row for row in seen.state.record.rows_by_subject(model).get(subject, ()) if row.fact.test == test]
    if span is not None:
        rows = [row for row in rows if row.day is not None and span[0] <= row.day <= span[1]]
    for row in rows[-1:]:
        value = row.fact.text or ("" if row.fact.value is None else f"{row.fact.value:g}")
        yield row.id, f"{value} {row.fact.unit or ''} {row.fact.on[:10]}".strip()


def dose_sheet(seen: Look, subject: Subject) -> Sheet:
    """The worksheet of the next administration: assay, start, what is left over by item, what went wrong."""
    plan = seen.state.study.treatment
    if plan is None:
        raise InputError(subject.id, "is in a study that plans no treatment", "enter an administration")
    agent = plan.therapy_agent.value
    number = len(subject.therapy) + 1
    turn = plan.turn(number)
    fixed = {"agent": agent, "cycle": str(turn.cycle)}
    fixed |= {"fraction": str(turn.fraction)} if turn.fractions > 1 else {}
    planned = subject.following.mbq if subject.following and subject.following.mbq else None
    preset = {"planned_activity_mbq": f"{planned:g}"} if planned else {}
    given = part(
        "administration", "administration",
        ("on", "ended", "planned_activity_mbq", "route", "way", "by"), Filled(fixed, preset), must=True,
    )  # fmt: skip
    assay = part(
        "dispensed", "dispensed", ("on", "activity_mbq", "calibrator", "batch", "second_person"),
        Filled(fixed), must=True,
    )  # fmt: skip
    left = tuple(
        part(
            f"residual-{item}",
            "residual",
            ("on", "activity_mbq", "calibrator"),
            Filled({**fixed, "item": item}),
        )
        for item in _RESIDUALS
    )
    wrong = part("incident", "incident", ("on", "what", "actual", "action", "activity_mbq"), Filled(fixed))
    nuclide = next((one.nuclide for one in seen.state.study.agents if one.name == agent), None)
    return Sheet(
        f"{agent}, {turn}", subject.id,
        (
            Group("administration", "fields", (given,)),
            Group("dispensed", "fields", (assay,)),
            Group("residual", "sheet", left),
            Group("incident", "fields", (wrong,)),
        ),
        half_life_h(nuclide) if nuclide else None,
    )  # fmt: skip


def event_sheet(subject: str) -> Sheet:
    """An adverse event with the first steps of its course."""
    columns = (
        "on", "term", "grade", "ended", "serious", "attribution", "action", "outcome", "life_threatening",
        "expected", "aware", "by",
    )  # fmt: skip
    event = part("event", "adverse_event", columns, must=True)
    steps = tuple(
        part(f"course-{number}", "adverse_event_course", ("on", "grade"), Filled({"event": "@event"}))
        for number in range(1, 5)
    )
    return Sheet("adverse_event", subject, (
        Group("adverse_event", "fields", (event,)),
        Group("adverse_event_course", "sheet", steps),
    ))  # fmt: skip


def newcomer_sheet() -> Sheet:
    """A new subject: consent and who it is."""
    consent = part("consent", "consent", ("on", "form_version", "by"), must=True)
    person = part("person", "demographics", ("on", "site", "sex", "birth_date", "race", "country"), must=True)
    return Sheet(
        "new", "", (Group("consent", "fields", (consent,)), Group("demographics", "fields", (person,)))
    )


def kind_sheet(kind: str, subject: str, preset: Mapping[str, str] | None = None) -> Sheet:
    """A form for one fact of any kind that people write.

    Raises
    ------
    NotThereError
        When there is no such kind.
    """
    if kind not in writable():
        raise NotThereError(f"kind {kind!r}", "is none that is entered by a form", "choose one of the list")
    known = {name: value for name, value in (preset or {}).items() if name in KINDS[kind].model_fields}
    one = part("fact", kind, filled=Filled(preset=known), must=True)
    if KINDS[kind].speaker:  # galu names who speaks: the account
        one = replace(one, fields=tuple(f for f in one.fields if f.column != KINDS[kind].speaker))
    return Sheet(kind, subject, (Group(kind, "fields", (one,)),))


#: Kinds with pages of their own, or that no form writes.
_ELSEWHERE: Final = frozenset(
    {"decision", "signature", "retraction", "element", "study_version", "query", "query_step", "data_mark"}
)


def writable() -> tuple[str, ...]:
    """Kinds of facts about a subject that a form of their own can write."""
    return tuple(
        kind for kind in TEMPLATES if kind not in _ELSEWHERE and "subject" in KINDS[kind].model_fields
    )


def day_within(text: str, span: tuple[date, date] | None) -> timedelta | None:
    """How far a day lies outside a window; None inside, or where one of both is not known."""
    if span is None or len(text) < 10:
        return None
    day = date.fromisoformat(text[:10])
    away = max(span[0] - day, day - span[1], timedelta())
    return away or None
