"""A subject's page: what comes next, the timeline, courses of the laboratory, doses, events, responses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from galu.desk.identity import acts
from galu.desk.page_words import Said, say
from galu.desk.pages.courses import Course, courses_of
from galu.desk.pages.look import Look, look
from galu.desk.pages.timeline import Strip, timeline
from galu.quantities import mbq_in_words
from galu.safety.inputs import AdverseEventInput
from galu.trial.data_state import Asked
from galu.trial.dosimetry import SubjectDose
from galu.trial.efficacy import SubjectEfficacy
from galu.trial.expected import Expected
from galu.trial.exposure import Dose
from galu.trial.flow import Deviation
from galu.trial.proposals import CycleProposal
from galu.trial.slots import Slot
from galu.trial.subjects import Subject
from galu.trial.worklist import Task, derive_worklist


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list of subjects."""

    subject: Subject
    site: str
    state: Said
    mark: str
    queries: int
    next: Task | None


@dataclass(frozen=True, slots=True)
class Subjects:
    """Everybody who is seen."""

    look: Look
    lines: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """All that the page of one subject shows."""

    look: Look
    subject: Subject
    slot: Slot | None
    state: Said
    mark: str
    tasks: tuple[Task, ...]
    proposal: CycleProposal | None
    strips: tuple[Strip, ...]
    courses: tuple[Course, ...]
    doses: tuple[Dose, ...]
    absorbed: tuple[SubjectDose, ...]
    events: tuple[AdverseEventInput, ...]
    efficacy: SubjectEfficacy | None
    expected: tuple[Expected, ...]
    queries: tuple[Asked, ...]
    deviations: tuple[Deviation, ...]

    @property
    def site(self) -> str:
        """Where the subject is; empty where it is not told."""
        return self.look.sites.get(self.subject.id, "")

    @property
    def answer(self) -> Said:
        """What comes next, in a sentence."""
        one = self.proposal
        if one is not None:
            places = {"cycle": one.cycle, "due": one.due, "latest": one.latest}
            if one.activity_mbq is None:
                return say("Next: cycle %(cycle)s, %(due)s to %(latest)s; it is held.", **places)
            amount = mbq_in_words(one.activity_mbq)
            return say("Next: cycle %(cycle)s, %(amount)s, %(due)s to %(latest)s.", amount=amount, **places)
        if self.tasks:
            return say("Next: %(what)s.", what=self.tasks[0].what)
        return say("Nothing is due.")


@acts("read")
def subjects(folder: Path, as_of: date | None = None) -> Subjects:
    """Everybody who is seen on a day, with where they stand and what comes next."""
    seen = look(folder, as_of)
    tasks: dict[str, Task] = {}
    for one in derive_worklist(seen.state):
        tasks.setdefault(one.subject, one)
    asked: dict[str, int] = {}
    for query in seen.state.data.queries:
        if query.state != "closed":
            asked[query.subject] = asked.get(query.subject, 0) + 1
    lines = []
    for person in seen.state.subjects:
        if seen.sees(person.id):
            said, mark = standing(seen, person)
            site = seen.sites.get(person.id, "")
            lines.append(Listed(person, site, said, mark, asked.get(person.id, 0), tasks.get(person.id)))
    return Subjects(seen, tuple(lines))


@acts("read")
def subject_page(folder: Path, name: str, as_of: date | None = None) -> SubjectPage:
    """The page of one subject on a day.

    Raises
    ------
    InputError
        When the record had not begun on that day, or the subject is not there or not seen.
    """
    seen = look(folder, as_of)
    seen.require(name)
    state = seen.state
    person = next(one for one in state.subjects if one.id == name)
    said, mark = standing(seen, person)
    treated = next((one for one in state.safety.treated if one.subject == name), None)
    return SubjectPage(
        seen,
        person,
        state.board.slot(name),
        said,
        mark,
        tuple(one for one in derive_worklist(state) if one.subject == name),
        next((one for one in state.proposals if one.subject == name), None),
        timeline(state, person),
        tuple(courses_of(state, person)),
        (*person.imaging, *person.therapy),
        state.doses_of((name,)),
        tuple(sorted(treated.events, key=lambda one: one.onset)) if treated else (),
        next((one for one in state.efficacy.subjects if one.subject == name), None),
        tuple(_lines(seen, name)),
        tuple(one for one in state.data.queries if one.subject == name),
        tuple(one for one in state.deviations if one.subject == name),
    )


def _lines(seen: Look, name: str) -> Iterator[Expected]:
    """What the plan expects, without what was entered as planned."""
    for one in seen.state.expected:
        if one.subject == name and one.state != "unscheduled":
            yield one


def standing(seen: Look, person: Subject) -> tuple[Said, str]:
    """Where somebody stands in the trial, and how it is marked."""
    slot = seen.state.board.slot(person.id)
    if person.dead:
        return say("died"), "plain"
    if person.left("study") is not None:
        return say("left the study"), "plain"
    if person.failed and not person.therapy:
        return say("screening failed"), "plain"
    if person.left("treatment") is not None:
        return say("off treatment, in follow-up"), "plain"
    if person.completed:
        return say("treatment completed"), "ok"
    if person.therapy:
        return say("on treatment, cycle %(cycle)s", cycle=person.therapy[-1].cycle or "?"), "ok"
    if slot is not None and person.has_slot:
        return say("has a slot at level %(level)s", level=slot.level), "wait"
    if person.consent is not None:
        return say("in screening"), "wait"
    return say("no consent is recorded"), "bad"
