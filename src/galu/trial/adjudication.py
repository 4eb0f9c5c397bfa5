"""What named persons judged of dose-limiting toxicity, with the facts that they could have seen.

A judgement of the item ``dlt`` is of the patient, one of ``dlt:<event>`` of that event alone; one of
``dlt-evaluable`` says whether the window can be judged although something of it is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import polars as pl

from galu.record import KINDS, Record, Row
from galu.record.conduct import Judgement
from galu.record.disease import AdverseEvent, AdverseEventCourse
from galu.record.when import instant_of
from galu.safety.inputs import DltAdjudication, EvaluabilityJudgement
from galu.trial.order import in_order, moment_of
from galu.vocabulary.persons import named

_ITEM: Final = "dlt"
_EVALUABLE: Final = "dlt-evaluable"
_VALUES: Final = {"yes": True, "no": False}
#: Kinds from whose facts the rules of dose-limiting toxicity judge.
_SEEN: Final = (
    "adverse_event", "adverse_event_course", "lab", "vital", "transfusion", "therapy", "withdrawal", "death",
    "disposition", "judgement", "ecog", "visit", "administration", "history",
)  # fmt: skip


def adjudications_by_subject(record: Record) -> dict[str, tuple[DltAdjudication, ...]]:
    """Judgements of dose-limiting toxicity, in the order in which they were made."""
    rows = _of_toxicity(record)
    if not rows:
        return {}
    chains = _Chains(record)
    found: dict[str, tuple[DltAdjudication, ...]] = {}
    for row, _ in in_order((row, moment_of(row, record.zone)) for row in rows):
        about = row.fact.item.partition(":")[2].strip()
        event = chains.standing.get(about, about)
        if event is not None:
            one = DltAdjudication(
                row.id, row.day, _VALUES.get(row.fact.value), named(row.fact.by),
                chains.seen(row.subject, row.seq), event,
                instant_of(row.fact.on, record.zone),
            )  # fmt: skip
            found[row.subject] = (*found.get(row.subject, ()), one)
    return found


def judged_toxic(record: Record, subjects: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(subject, fact) of each judgement, of these subjects, that there was a dose-limiting toxicity."""
    for row in _of_toxicity(record.of(tuple(subjects))):
        if row.fact.value == "yes":
            yield row.subject, row.id


def _of_toxicity(record: Record) -> list[Row[Judgement]]:
    return [row for row in record.rows(Judgement) if _item(row.fact.item).partition(":")[0] == _ITEM]


def evaluability_by_subject(record: Record) -> dict[str, tuple[EvaluabilityJudgement, ...]]:
    """Judgements of whether a window can be judged, in the order in which they were made."""
    rows = (row for row in record.rows(Judgement) if _item(row.fact.item) == _EVALUABLE)
    found: dict[str, tuple[EvaluabilityJudgement, ...]] = {}
    for row, _ in in_order((row, moment_of(row, record.zone)) for row in rows):
        said = None if _lost_since(record, row) else _VALUES.get(row.fact.value)
        one = EvaluabilityJudgement(row.id, row.day, said, named(row.fact.by))
        found[row.subject] = (*found.get(row.subject, ()), one)
    return found


@lru_cache(maxsize=8192)
def _item(written: str) -> str:
    """The item of a judgement in one spelling: blanks, underscores and case do not matter."""
    plain = re.sub(r"[\s_]+", "-", written.strip().lower())
    return re.sub(r"-*:-*", ":", plain)


def _lost_since(record: Record, row: Row[Judgement]) -> bool:
    """Whether a laboratory fact that a judgement could see was taken back after it."""
    frame = record.frames.get("lab")
    if frame is None:
        return False
    seen = frame.filter((pl.col("subject") == row.subject) & (pl.col("seq") < row.seq))
    gone = set(seen["id"].to_list()) & record.superseded
    # What had been replaced by then was not there to be seen.
    earlier = set(seen["supersedes"].drop_nulls().to_list())
    return bool(gone - earlier - _retracted_before(record, row.seq))


def _retracted_before(record: Record, seq: int) -> set[str]:
    frame = record.frames.get("retraction")
    return set() if frame is None else set(frame.filter(pl.col("seq") < seq)["supersedes"].to_list())


def course_facts(record: Record) -> dict[str, tuple[str, ...]]:
    """Ids of the course of each adverse event that stands, by the id of the event."""
    found: dict[str, tuple[str, ...]] = {}
    courses = record.rows(AdverseEventCourse)
    if courses:
        standing = _Chains(record).standing
        for row in courses:
            now = standing.get(row.fact.event)
            if now is not None:
                found[now] = (*found.get(now, ()), row.id)
    return found


def event_roots(record: Record) -> dict[str, str]:
    """Id of every adverse event ever written to that of the first fact of its chain of corrections."""
    frame = record.frames.get("adverse_event")
    return {} if frame is None else {name: record.root(name) for name in frame["id"]}


class _Chains:
    """Adverse events with their corrections; `standing` holds, for every id, the one that stands or None."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._events: dict[str, list[Row[AdverseEvent]]] = {}
        now: dict[str, str] = {}
        for row in record.rows(AdverseEvent):
            self._events.setdefault(row.subject, []).append(row)
            now[row.root] = row.id
        self.standing: dict[str, str | None] = {
            name: now.get(root) for name, root in event_roots(record).items()
        }
        self._steps: dict[str | None, list[Row[AdverseEventCourse]]] = {}
        for step in record.everybody.rows(AdverseEventCourse):
            self._steps.setdefault(self.standing.get(step.fact.event), []).append(step)

    def seen(self, subject: str, seq: int) -> frozenset[str]:
        """Facts of a subject written before a number, without the events that grew worse after it."""
        ids = {
            row.id
            for kind in _SEEN
            for row in self._record.rows_by_subject(KINDS[kind]).get(subject, ())
            if row.seq < seq
        }
        own = self._events.get(subject, ())
        return frozenset(ids - {row.id for row in own if self._worse_since(row, seq)})

    def _worse_since(self, event: Row[AdverseEvent], seq: int) -> bool:
        """Whether the course written after a number tells of a higher grade or makes the event related."""
        grade, related = event.fact.grade or 0, event.fact.attribution != "unrelated"
        for step in self._steps.get(event.id, ()):
            attribution = step.fact.attribution
            now = related if attribution is None else attribution != "unrelated"
            if step.seq > seq and (step.fact.grade > grade or (now and not related)):
                return True
            grade, related = step.fact.grade, now
        return False
