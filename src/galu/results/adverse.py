"""Adverse events: overview, by class, term and grade, serious, of special interest (ICH E3, 12.2).

N is that of the safety set, never of those with an event. Treatment-emergent is an onset, or a worsening,
from the first therapeutic dose to so many days after the last as the study says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from galu.record.people import Death
from galu.results.lines import Counted, Facts, Grades, Heading, Line, Measured
from galu.results.populations import members_of
from galu.results.table import Table
from galu.safety.events import Labels
from galu.safety.inputs import AdverseEventInput
from galu.safety.tables import (
    Phase,
    ended_treatment,
    is_fatal,
    is_related,
    is_serious,
    phase_of,
    seriousness,
)
from galu.trial.adverse import emergent_days
from galu.trial.state import TrialState
from galu.trial.subjects import Subject
from galu.vocabulary.actions import read_action

Keep = Callable[[AdverseEventInput], bool]
Event = tuple[str, AdverseEventInput]
UNCODED: Final = "Uncoded"
_RELATED: Final = "An event of unknown relation counts as related, one of unknown seriousness as neither."
_ONCE: Final = "n (%) [events]. A subject counts once in a row; the rows overlap."


def worst_of(event: AdverseEventInput) -> int | None:
    """Grade of an event as it is counted: a fatal one is grade 5 whatever was entered."""
    return 5 if is_fatal(event) else event.grade


def emergent(state: TrialState, phase: Phase = "treatment-emergent") -> tuple[Event, ...]:
    """Events of a phase with their subjects."""
    days = emergent_days(state.study)
    return tuple(
        (one.subject, event)
        for one in state.safety.treated
        for event in one.events
        if phase_of(event, one, days) == phase
    )


def counted(label: str, events: Iterable[Event], indent: int = 0, heads: bool = False) -> Counted:
    """Subjects with at least one of some events, and how many."""
    own: dict[str, list[str]] = {}
    for subject, event in events:
        own.setdefault(subject, []).append(event.ref)
    return Counted(
        label,
        {subject: tuple(refs) for subject, refs in own.items()},
        indent,
        {subject: len(refs) for subject, refs in own.items()},
        heads=heads,
    )


#: Rows of the overview with the condition of each; a row of zero stays.
_OVERVIEW: Final[tuple[tuple[str, Keep], ...]] = (
    ("Any event", lambda e: True),
    ("Related", is_related),
    ("Grade 3 or more", lambda e: (worst_of(e) or 0) >= 3),
    ("Related, grade 3 or more", lambda e: (worst_of(e) or 0) >= 3 and is_related(e)),
    ("Serious", is_serious),
    ("Related and serious", lambda e: is_serious(e) and is_related(e)),
    ("Fatal", is_fatal),
    ("Leading to the end of treatment", ended_treatment),
    ("Leading to a lower dose", lambda e: read_action(e.action) == "reduced"),
    ("Leading to a later dose", lambda e: read_action(e.action) == "put off" and not ended_treatment(e)),
    ("Grade not stated", lambda e: worst_of(e) is None),
    ("Not known whether serious", lambda e: seriousness(e) is None),
)


def overview(state: TrialState) -> Table:
    """T-14.3.1.1. Overview of treatment-emergent adverse events."""
    events = emergent(state)
    lines: list[Line] = [counted(label, [e for e in events if keep(e[1])]) for label, keep in _OVERVIEW]
    limiting = {
        slot.subject: slot.decided_by or slot.facts for slot in state.board.slots if slot.outcome == "T"
    }
    lines += [Counted("Dose-limiting toxicity", limiting)]
    lines += [
        counted(f"Of special interest: {name}", [e for e in events if group.holds(e[1])])
        for name, group in interests(state).items()
    ]
    return Table(
        "14.3.1.1",
        "Overview of treatment-emergent adverse events",
        "therapy-safety",
        tuple(lines),
        (_ONCE, _RELATED, _window(state)),
    )


def _window(state: TrialState) -> str:
    days = emergent_days(state.study)
    version = state.study.safety.ctcae_version.value if state.study.safety else "5.0"
    return (
        "Treatment-emergent: onset or worsening from the first therapeutic dose to "
        f"{days} days after the last. Grades by CTCAE v{version}."
    )


def grouped(events: Sequence[Event]) -> list[tuple[str, list[Event], list[tuple[str, list[Event]]]]]:
    """Events by class in alphabetical order, and by term: most subjects first, then by name."""
    labels = Labels.of(event for _, event in events)
    classes: dict[str, dict[str, list[Event]]] = {}
    for one in events:
        soc, term = labels.label(one[1])
        classes.setdefault(soc or UNCODED, {}).setdefault(term, []).append(one)
    found = []
    for soc in sorted(classes, key=lambda name: (name == UNCODED, name)):
        terms = sorted(
            classes[soc].items(), key=lambda item: (-len({subject for subject, _ in item[1]}), item[0])
        )
        found.append((soc, [one for _, own in terms for one in own], terms))
    return found


def _by_term(events: Sequence[Event]) -> tuple[Line, ...]:
    if not events:
        return ()
    lines: list[Line] = [counted("Any event", events)]
    for soc, every, terms in grouped(events):
        lines.append(counted(soc, every, heads=True))
        lines += [counted(term, own, 1) for term, own in terms]
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class _ByTerm:
    """A table by class and term: its number, title, population, and which events it has."""

    number: str
    title: str
    keep: Keep
    phase: Phase = "treatment-emergent"
    population: str = "therapy-safety"

    def __call__(self, state: TrialState) -> Table:
        events = [one for one in emergent(state, self.phase) if self.keep(one[1])]
        notes = (
            "n (%) [events]. A subject counts once in a row: the rows of terms do not add up to their class.",
            "Classes in alphabetical order, terms by number of subjects, ties by name.",
        )
        return Table(self.number, self.title, self.population, _by_term(events), (*notes, _RELATED))


by_term = _ByTerm(
    "14.3.1.2", "Treatment-emergent adverse events by system organ class and term", lambda e: True
)
serious = _ByTerm(
    "14.3.1.5", "Serious treatment-emergent adverse events by system organ class and term", is_serious
)
consequences = _ByTerm(
    "14.3.1.6",
    "Treatment-emergent adverse events that led to the end, a delay or a reduction of treatment",
    lambda e: ended_treatment(e) or read_action(e.action) in ("put off", "reduced"),
)
imaging_emergent = _ByTerm(
    "14.3.1.9",
    "Adverse events after the imaging agent and before the therapy",
    lambda e: True,
    "imaging-emergent",
    "imaging-safety",
)


def worst(events: Iterable[Event]) -> dict[str, tuple[int | None, Facts]]:
    """The worst grade of each subject with the facts of all its events; None where none has a grade."""
    found: dict[str, tuple[int | None, Facts]] = {}
    for subject, event in events:
        before, facts = found.get(subject, (None, ()))
        grades = [grade for grade in (before, worst_of(event)) if grade is not None]
        found[subject] = max(grades) if grades else None, (*facts, event.ref)
    return found


@dataclass(frozen=True, slots=True)
class _ByGrade:
    """A table by class, term and worst grade."""

    number: str
    title: str
    keep: Keep

    def __call__(self, state: TrialState) -> Table:
        events = [one for one in emergent(state) if self.keep(one[1])]
        lines: list[Line] = []
        if events:
            lines.append(Grades("Any event", worst(events), full=True))
        for soc, every, terms in grouped(events):
            lines.append(Grades(soc, worst(every)))
            lines += [Grades(term, worst(own), 1) for term, own in terms]
        notes = (
            "n (%). The worst grade of a subject in each row; grade 3 or more includes grade 5. An event "
            "without a grade has its own row: it is neither 0 nor 1.",
        )
        return Table(self.number, self.title, "therapy-safety", tuple(lines), (*notes, _RELATED))


by_grade = _ByGrade(
    "14.3.1.3",
    "Treatment-emergent adverse events by system organ class, term and worst grade",
    lambda e: True,
)
related = _ByGrade(
    "14.3.1.4", "Related treatment-emergent adverse events by term and worst grade", is_related
)


@dataclass(frozen=True, slots=True)
class Interest:
    """Events of special interest: terms by which they are known, in lower case."""

    terms: tuple[str, ...]

    def holds(self, event: AdverseEventInput) -> bool:
        """Whether an event belongs to the group, by its term or what it was coded to."""
        said = f"{event.coded} {event.term}".casefold()
        return any(term in said for term in self.terms)


#: Groups that are usual for radioligand therapy (assumed; VISION and SPLASH report them).
_INTERESTS: Final[Mapping[str, Interest]] = {
    "dry mouth": Interest(("dry mouth", "xerostomia", "salivary", "口干")),
    "dry eye": Interest(("dry eye", "xerophthalmia", "lacrima", "干眼")),
    "myelosuppression": Interest(
        ("anemia", "anaemia", "neutropen", "neutrophil count decreased", "platelet count decreased",
         "thrombocytopen", "leukopen", "white blood cell decreased", "lymphocyte count decreased",
         "lymphopen", "pancytopen", "myelosuppress", "bone marrow")
    ),
    "renal": Interest(("creatinine", "renal", "kidney", "glomerular", "proteinuria")),
    "nausea and vomiting": Interest(("nausea", "vomiting")),
    "second malignancy": Interest(
        ("myelodysplas", "leukemia", "leukaemia", "secondary malignan", "neoplasm secondary")
    ),
}  # fmt: skip


def interests(state: TrialState) -> Mapping[str, Interest]:
    """Groups of special interest."""
    return _INTERESTS


def special(state: TrialState) -> Table:
    """T-14.3.1.7. Of each group: its terms by grade, days to onset, days it lasted, and how many go on."""
    events, first = emergent(state), {one.id: one.first_dose for one in state.subjects}
    lines: list[Line] = []
    for name, group in interests(state).items():
        own = [one for one in events if group.holds(one[1])]
        lines.append(Grades(name[0].upper() + name[1:], worst(own), full=True))
        for _, _, terms in grouped(own):
            lines += [counted(term, told, 1) for term, told in terms]
        if own:
            onset: dict[str, tuple[float, Facts]] = {}
            for subject, event in sorted(own, key=lambda one: one[1].onset):
                dose = first.get(subject)
                if dose is not None and subject not in onset:
                    onset[subject] = float(max(0, (event.onset - dose).days) + 1), (event.ref,)
            lasted = {
                subject: (float((event.ended - event.onset).days + 1), (event.ref,))
                for subject, event in own
                if event.ended is not None
            }
            lines.append(Measured("study day of the first onset", onset, ("n", "median", "min, max"), 0, 1))
            lines.append(
                Measured("duration of the last that ended [d]", lasted, ("n", "median", "min, max"), 0, 1)
            )
            lines.append(counted("not ended", [one for one in own if one[1].ended is None], 1))
    told = "; ".join(f"{name}: {', '.join(group.terms)}" for name, group in interests(state).items())
    return Table(
        "14.3.1.7",
        "Adverse events of special interest",
        "therapy-safety",
        tuple(lines),
        (f"Groups by what the term or its code contains (assumed): {told}.", _ONCE),
    )


def by_cycle(state: TrialState) -> Table:
    """T-14.3.1.8. Events by the administration after which they began, of those who received it."""
    events = emergent(state)
    days = {one.id: [dose.day for dose in one.therapy] for one in state.subjects if one.therapy}
    most = max(map(len, days.values()), default=0)

    def after(event: Event, n: int) -> bool:
        return event[0] in days and max(1, sum(day <= event[1].onset for day in days[event[0]])) == n

    lines: list[Line] = []
    for n in range(1, most + 1):
        at_risk = frozenset(name for name, given in days.items() if len(given) >= n)
        own = [one for one in events if after(one, n)]
        severe = [one for one in own if (worst_of(one[1]) or 0) >= 3]
        lines.append(Counted(f"Administration {n}: any event", counted("", own).who, of=at_risk))
        lines.append(Counted("grade 3 or more", counted("", severe).who, 1, of=at_risk))
    return Table(
        "14.3.1.8",
        "Treatment-emergent adverse events by administration of onset",
        "therapy-safety",
        tuple(lines),
        ("n/N (%), N being those who received the administration.",),
    )


def deaths(state: TrialState) -> Table:
    """T-14.3.2.1. Deaths of everybody enrolled, within the window of treatment and after it."""
    days = emergent_days(state.study)
    enrolled = set(members_of(state)["enrolled"]) | set(members_of(state)["therapy-safety"])
    dead = {
        one.id: (one, one.death) for one in state.subjects if one.death is not None and one.id in enrolled
    }

    def of(label: str, keep: Callable[[Subject], bool], indent: int = 0) -> Counted:
        return Counted(
            label, {name: (death.fact,) for name, (one, death) in dead.items() if keep(one)}, indent
        )

    def within(one: Subject) -> bool | None:
        if one.last_dose is None or one.died is None:
            return None
        return (one.died - one.last_dose).days <= days

    causes: dict[str, dict[str, Facts]] = {}
    for row in state.record.rows(Death):
        if row.subject in dead:
            causes.setdefault(row.fact.cause or "cause not stated", {})[row.subject] = (row.id,)
    lines: list[Line] = [
        of("Died", lambda _: True),
        of(f"up to {days} days after the last dose", lambda one: within(one) is True, 1),
        of("later", lambda one: within(one) is False, 1),
        of("without a therapeutic dose, or on a day not known", lambda one: within(one) is None, 1),
        of("Related to treatment", lambda one: one.death is not None and one.death.related is True),
        Heading("Cause as the site gave it"),
        *(Counted(cause, who, 1) for cause, who in sorted(causes.items(), key=lambda i: (-len(i[1]), i[0]))),
    ]
    return Table(
        "14.3.2.1",
        "Deaths",
        "enrolled",
        tuple(lines) if dead else (),
        ("Deaths of any cause from enrolment on, whether or not an adverse event.",),
    )
