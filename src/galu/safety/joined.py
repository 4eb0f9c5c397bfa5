"""Rows of one toxicity without a day between them, as the one event they may be.

Where a rule counts how long an event lasts, or leaves out a short one, it must not matter in how many rows
a site wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from galu.safety.course import Episode, episodes, readings
from galu.safety.inputs import AdverseEventInput, Attribution


@dataclass(frozen=True, slots=True)
class Joined:
    """The event that several rows may be, with their facts, and the first day of each at the grade.

    Not `sure`: the day of one is known only in part, or one was called unrelated.
    """

    event: AdverseEventInput
    facts: tuple[str, ...]
    starts: tuple[date, ...]
    sure: bool


class _Piece(NamedTuple):
    event: AdverseEventInput
    at: Episode


def join_events(events: Iterable[AdverseEventInput], min_grade: int, as_of: date) -> Iterator[Joined]:
    """Every run of two rows or more at or above a grade that touch or overlap, as known at the end of a day.

    Each row longer is a run of its own: the first that is long enough tells when.
    """
    pieces = [
        _Piece(event, episode)
        for event in events
        for read in readings(event, ())
        for episode in episodes(read, min_grade, as_of)
    ]
    run: list[_Piece] = []
    reach = date.min
    for piece in sorted(pieces, key=lambda piece: (piece.at.start, piece.event.ref)):
        if not run or piece.at.start - timedelta(days=1) > reach:
            run, reach = [], date.min
        run.append(piece)
        reach = max(reach, piece.at.last or date.max)
        if len({one.event.ref for one in run}) > 1:
            yield _one(run)


def _one(run: list[_Piece]) -> Joined:
    said = {piece.event.attribution for piece in run}
    related: Attribution | None = None if None in said else "related"
    ends = [piece.at.end for piece in run]
    event = replace(
        run[0].event,
        onset=run[0].at.start,
        ended=None if None in ends else max(end for end in ends if end is not None),
        grade=max(piece.at.grade for piece in run),
        attribution=related,
        course=(),
        onset_until=None,
        undated=(),
        perhaps=None,
    )
    partly = any(piece.event.onset_until is not None or piece.event.undated for piece in run)
    refs = tuple(dict.fromkeys(piece.event.ref for piece in run))
    starts = tuple(piece.at.start for piece in run)
    return Joined(event, refs, starts, sure=not partly and "unrelated" not in said)
