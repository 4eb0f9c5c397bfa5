"""The growing record: facts wait until they become known, then get their number, and never change.

Only the kinds that the board reads are kept as tables, a chunk for each release, so that asking the
board costs the same however much else is recorded.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from galu.protocol import Study
from galu.record import Entry, Fact, Record
from galu.record.record import frames_of
from galu.simulation.pen import Line
from galu.trial.memory import Memory
from galu.trial.words import read_words

#: Kinds that `derive_board` reads.
BOARD_KINDS = frozenset(
    {"study_version", "consent", "demographics", "enrolment", "withdrawal", "death", "disposition"}
    | {"contact", "decision", "signature", "administration", "dispensed", "residual", "adverse_event"}
    | {"adverse_event_course", "lab", "transfusion", "therapy", "vital", "judgement", "retraction"}
    | {"ecog", "visit", "history", "incident", "slot_step"}
)


class Ledger:
    """Entries in the order in which they become known."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self.entries: list[Entry] = []
        self._waiting: list[tuple[datetime, int, Fact]] = []
        self._noted = 0
        self._taken = 0
        self._known = Record.empty(zone)

    def note(self, lines: Iterable[Line]) -> None:
        """Take lines that become known at their local times."""
        for known, fact in lines:
            heapq.heappush(self._waiting, (known, self._noted, fact))
            self._noted += 1

    def release(self, until: datetime) -> None:
        """Enter everything known by the local time `until`."""
        zone = ZoneInfo(self.zone)
        while self._waiting and self._waiting[0][0] <= until:
            known, _, fact = heapq.heappop(self._waiting)
            recorded = known.replace(tzinfo=zone).astimezone(UTC)
            self.entries.append(Entry(len(self.entries) + 1, recorded, fact))

    def board_record(self, study: Study, memory: Memory) -> Record:
        """What the board reads of the record so far; the memory is told of whom there is something new."""
        entries = [entry for entry in self.entries[self._taken :] if entry.fact.kind in BOARD_KINDS]
        # What is of the trial as a whole says nothing of a subject, unless it corrects what does.
        told = (entry.fact for entry in entries if entry.fact.subject or entry.fact.supersedes)
        memory.note(fact.subject for fact in told)
        fresh = read_words(study, Record(frames_of(entries), self.zone)).frames
        self._taken = len(self.entries)
        if fresh:
            self._known = self._known.appended(fresh)
        return self._known
