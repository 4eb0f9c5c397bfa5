"""What named persons judged of dose-limiting toxicity, with the facts that they could have seen.

A judgement of the item ``dlt`` is of the patient, one of ``dlt:<event>`` of that event alone; one of
``dlt-evaluable`` says whether the window can be judged although something of it is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import polars as pl

from galu.record import Record
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
    if rows.height == 0:
        return {}
    chains = _Chains(record)
    found: dict[str, tuple[DltAdjudication, ...]] = {}
    for row, _ in in_order((row, moment_of(row, record.zone)) for row in rows.iter_rows(named=True)):
        about = row["item"].partition(":")[2].strip()
        event = chains.standing.get(about, about)
        if event is not None:
            one = DltAdjudication(
                row["id"], row["day"], _VALUES.get(row["value"]), named(row["by"]),
                chains.seen(row["subject"], row["seq"]), event,
                instant_of(row["on"], record.zone),
            )  # fmt: skip
            found[row["subject"]] = (*found.get(row["subject"], ()), one)
    return found


def judged_toxic(record: Record, subjects: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(subject, fact) of each judgement, of these subjects, that there was a dose-limiting toxicity."""
    yes = _of_toxicity(record).filter((pl.col("value") == "yes") & pl.col("subject").is_in(list(subjects)))
    yield from yes.select("subject", "id").iter_rows()


def _of_toxicity(record: Record) -> pl.DataFrame:
    item = _item()
    return record.facts("judgement").filter((item == _ITEM) | item.str.starts_with(f"{_ITEM}:"))


def evaluability_by_subject(record: Record) -> dict[str, tuple[EvaluabilityJudgement, ...]]:
    """Judgements of whether a window can be judged, in the order in which they were made."""
    rows = record.facts("judgement").filter(_item() == _EVALUABLE)
    found: dict[str, tuple[EvaluabilityJudgement, ...]] = {}
    for row, _ in in_order((row, moment_of(row, record.zone)) for row in rows.iter_rows(named=True)):
        said = None if _lost_since(record, row) else _VALUES.get(row["value"])
        one = EvaluabilityJudgement(row["id"], row["day"], said, named(row["by"]))
        found[row["subject"]] = (*found.get(row["subject"], ()), one)
    return found


def _item() -> pl.Expr:
    """The item of a judgement in one spelling: blanks, underscores and case do not matter."""
    plain = pl.col("item").str.strip_chars().str.to_lowercase().str.replace_all(r"[\s_]+", "-")
    return plain.str.replace_all(r"-*:-*", ":")


def _lost_since(record: Record, row: dict[str, Any]) -> bool:
    """Whether a laboratory fact that a judgement could see was taken back after it."""
    frame = record.frames.get("lab")
    if frame is None:
        return False
    seen = frame.filter((pl.col("subject") == row["subject"]) & (pl.col("seq") < row["seq"]))
    gone = set(seen["id"].to_list()) & record.superseded
    # What had been replaced by then was not there to be seen.
    earlier = set(seen["supersedes"].drop_nulls().to_list())
    return bool(gone - earlier - _retracted_before(record, row["seq"]))


def _retracted_before(record: Record, seq: int) -> set[str]:
    frame = record.frames.get("retraction")
    return set() if frame is None else set(frame.filter(pl.col("seq") < seq)["supersedes"].to_list())


def course_facts(record: Record) -> dict[str, tuple[str, ...]]:
    """Ids of the course of each adverse event that stands, by the id of the event."""
    found: dict[str, tuple[str, ...]] = {}
    courses = record.facts("adverse_event_course")
    if courses.height:
        standing = _Chains(record).standing
        for name, event in courses.select("id", "event").iter_rows():
            now = standing.get(event)
            if now is not None:
                found[now] = (*found.get(now, ()), name)
    return found


def event_roots(record: Record) -> dict[str, str]:
    """Id of every adverse event ever written to that of the first fact of its chain of corrections."""
    frame = record.frames.get("adverse_event")
    return {} if frame is None else {name: record.root(name) for name in frame["id"]}


class _Chains:
    """Adverse events with their corrections; `standing` holds, for every id, the one that stands or None."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._events: dict[str, list[dict[str, Any]]] = {}
        now: dict[str, str] = {}
        for row in record.facts("adverse_event").iter_rows(named=True):
            self._events.setdefault(row["subject"], []).append(row)
            now[row["root"]] = row["id"]
        self.standing: dict[str, str | None] = {
            name: now.get(root) for name, root in event_roots(record).items()
        }
        self._steps: dict[str | None, list[dict[str, Any]]] = {}
        for step in record.facts("adverse_event_course").iter_rows(named=True):
            self._steps.setdefault(self.standing.get(step["event"]), []).append(step)

    def seen(self, subject: str, seq: int) -> frozenset[str]:
        """Facts of a subject written before a number, without the events that grew worse after it."""
        ids = {
            name
            for kind in _SEEN
            for name in self._record.facts(kind)
            .filter((pl.col("subject") == subject) & (pl.col("seq") < seq))["id"]
            .to_list()
        }
        own = self._events.get(subject, ())
        return frozenset(ids - {row["id"] for row in own if self._worse_since(row, seq)})

    def _worse_since(self, event: dict[str, Any], seq: int) -> bool:
        """Whether the course written after a number tells of a higher grade or makes the event related."""
        grade, related = event["grade"] or 0, event["attribution"] != "unrelated"
        for step in self._steps.get(event["id"], ()):
            attribution = step["attribution"]
            now = related if attribution is None else attribution != "unrelated"
            if step["seq"] > seq and (step["grade"] > grade or (now and not related)):
                return True
            grade, related = step["grade"], now
        return False
