"""Adverse events: dose-limiting ones with their onset, the others, and their course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from galu.escalation.dlt_times import dlt_part, dlt_time_code
from galu.record.disease import AdverseEvent, AdverseEventCourse
from galu.simulation.draws import Draws
from galu.simulation.marrow import Dip
from galu.simulation.pen import Pen
from galu.simulation.scenario import DltKind, EventKind, Events, Toxicity

BLOOD: Final = "Investigations"
#: Action taken with the therapy where an event ended it; CDISC terminology ACN.
WITHDRAWN: Final = "DRUG WITHDRAWN"
#: Laboratory term to (class, count that decides it).
COUNT_TERMS: Final[Mapping[str, tuple[str, str]]] = {
    "Anemia": ("Blood and lymphatic system disorders", "HGB"),
    "Platelet count decreased": (BLOOD, "PLAT"),
    "Neutrophil count decreased": (BLOOD, "NEUT"),
    "White blood cell decreased": (BLOOD, "WBC"),
    "Lymphocyte count decreased": (BLOOD, "LYM"),
}


@dataclass(frozen=True, slots=True)
class Dlt:
    """A dose-limiting toxicity to come, `day` days after the first dose; `action` is what it led to."""

    kind: DltKind
    day: int
    action: str | None = None

    @property
    def dip(self) -> Dip | None:
        """The fall of a count that goes with it."""
        if self.kind.test is None or self.kind.dip_to is None:
            return None
        return Dip(self.kind.test, self.day + 2, max(8, self.kind.days), self.kind.dip_to)


def draw_dlt(toxicity: Toxicity, draws: Draws, level: int) -> Dlt | None:
    """Whether and how the first cycle is dose-limiting at a level."""
    rates = toxicity.probability_by_level
    if not draws.chance(rates[min(level, len(rates)) - 1], "dlt"):
        return None
    day = _dlt_day(toxicity, draws, rates[min(level, len(rates)) - 1])
    total = sum(kind.share for kind in toxicity.kinds)
    threshold, chance = 0.0, draws.uniform("dlt kind") * total
    for kind in toxicity.kinds:
        threshold += kind.share
        if chance < threshold:
            return Dlt(kind, day)
    return Dlt(toxicity.kinds[-1], day)


def _dlt_day(toxicity: Toxicity, draws: Draws, rate: float) -> int:
    onset = toxicity.onset
    if onset is None:
        return round(float(draws.of("dlt day").triangular(*toxicity.onset_days)))
    code = dlt_time_code(onset.time, onset.late_share)
    day = round(onset.window_days * float(dlt_part(code, draws.uniform("dlt day"), rate)))
    return min(max(day, 1), int(onset.window_days) - 1)


def write_dlt(dlt: Dlt, toxicity: Toxicity, first_dose: date, pen: Pen, draws: Draws) -> None:
    """The event as it becomes known: sometimes at a lower grade first, corrected later."""
    kind = dlt.kind
    onset = first_dose + timedelta(days=dlt.day)
    ended = onset + timedelta(days=kind.days)
    known = pen.known(onset + timedelta(days=1), "dlt")
    values = {
        "term": kind.term,
        "soc": kind.soc,
        "attribution": "related",
        "serious": kind.grade >= 4,
        "action": dlt.action,
    }
    if draws.chance(toxicity.first_graded_lower, "dlt graded lower"):
        first = pen.write(AdverseEvent, onset, known, grade=2, **{**values, "serious": False})
        known = pen.corrected(known, "dlt")
        event = pen.write(
            AdverseEvent,
            onset,
            known,
            grade=kind.grade,
            supersedes=first,
            reason="Graded again by the investigator",
            **values,
        )
    else:
        event = pen.write(AdverseEvent, onset, known, grade=kind.grade, **values)
    pen.write(AdverseEventCourse, ended, max(known, pen.known(ended, "dlt end")), event=event, grade=0)


@dataclass(frozen=True, slots=True)
class Happening:
    """An adverse event to come, `day` days after the first dose."""

    kind: EventKind
    day: int
    days: int
    grade: int
    related: bool


def draw_events(events: Events, draws: Draws, last_day: int, window_day: int) -> tuple[Happening, ...]:
    """Events from the first dose to `last_day`.

    Inside the window no related event reaches grade 3: the scenario's dose-limiting probability is the truth.
    """
    found = []
    for kind in events.kinds:
        if not draws.chance(kind.probability, kind.term):
            continue
        day = int(draws.of(kind.term, "day").exponential(75.0))
        if day > last_day:
            continue
        chance, grade = draws.uniform(kind.term, "grade"), 0
        while chance >= 0 and grade < len(kind.grades):
            chance -= kind.grades[grade]
            grade += 1
        related = draws.chance(kind.related, kind.term, "related")
        if related and day <= window_day:
            grade = min(grade, 2)
        days = max(1, int(draws.log_normal(kind.days.median, kind.days.cv, kind.term, "days")))
        found.append(Happening(kind, day, days, grade, related))
    return tuple(found)


def write_event(happening: Happening, events: Events, first_dose: date, pen: Pen, draws: Draws) -> None:
    """One event, its attribution (sometimes given only later) and its end."""
    kind = happening.kind
    onset = first_dose + timedelta(days=happening.day)
    ended = onset + timedelta(days=happening.days)
    known = pen.known(onset + timedelta(days=draws.whole(0, 10, kind.term, "told")), kind.term)
    verdict = "related" if happening.related else "unrelated"
    late = draws.chance(events.attribution_late, kind.term, "attribution late")
    event = pen.write(
        AdverseEvent,
        onset,
        known,
        term=kind.term,
        soc=kind.soc,
        grade=happening.grade,
        attribution="unknown" if late else verdict,
        serious=happening.grade >= 4 or (happening.grade == 3 and draws.chance(0.3, kind.term, "serious")),
    )
    if late:
        # What is settled is the attribution of the event from its onset; it may be over by then.
        settled = pen.corrected(known, kind.term)
        pen.write(
            AdverseEventCourse,
            onset,
            settled,
            event=event,
            grade=happening.grade,
            attribution=verdict,
        )
    pen.write(
        AdverseEventCourse, ended, max(known, pen.known(ended, f"{kind.term} end")), event=event, grade=0
    )
