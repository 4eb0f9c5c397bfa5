"""What an import read, wrote, kept and skipped, file by file, with row numbers that add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from galu.exchange.sdtm.lines import Line
from galu.record.fact import Fact

_SHOWN_RANGES = 8


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file: every row is mapped to a kind, kept as an `element`, or skipped with its reason.

    `lost` are kept rows that a kind was meant for, `doubled` skipped rows that stand elsewhere or say
    nothing, `faults` cells that could not be read.
    """

    name: str
    domain: str
    rows: int
    mapped: int
    facts: dict[str, int]
    kept: tuple[Line, ...] = ()
    skipped: tuple[Line, ...] = ()
    notes: tuple[Line, ...] = ()
    lost: tuple[Line, ...] = ()
    doubled: tuple[Line, ...] = ()
    faults: tuple[Line, ...] = ()
    encoding: str = ""
    columns_not_carried: tuple[str, ...] = ()

    @property
    def reconciles(self) -> bool:
        """Whether rows read = mapped + kept + skipped."""
        return self.rows == self.mapped + len(self.kept) + len(self.skipped)

    @property
    def aside(self) -> tuple[Line, ...]:
        """What a person must look at: rows not read or without their kind, and cells not read."""
        harmless = set(self.doubled)
        found = {*(line for line in self.skipped if line not in harmless), *self.lost, *self.faults}
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class SdtmReport:
    """The whole import: the files read, the files not read and why, what is odd about the set."""

    files: tuple[FileReport, ...]
    unread: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    subjects: int = 0

    @property
    def aside(self) -> tuple[tuple[str, int, str], ...]:
        """File, row and what is the matter with each row set aside or read only in part."""
        return tuple((file.name, row, why) for file in self.files for row, why in file.aside)

    @property
    def rows(self) -> int:
        """Rows read in all files."""
        return sum(file.rows for file in self.files)

    @property
    def facts(self) -> dict[str, int]:
        """Facts written by kind."""
        total: dict[str, int] = {}
        for file in self.files:
            for kind, count in file.facts.items():
                total[kind] = total.get(kind, 0) + count
        return dict(sorted(total.items()))

    @property
    def reconciles(self) -> bool:
        """Whether the counts of every file add up."""
        return all(file.reconciles for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """Everything, row numbers in full, as plain values."""
        return {**asdict(self), "rows": self.rows, "facts": self.facts, "reconciles": self.reconciles}

    def as_text(self) -> str:
        """A page for the terminal; rows as ranges."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for file in self.files:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in file.facts.items())
            counts = (
                f"{file.mapped:,} mapped, {len(file.kept):,} kept as element, {len(file.skipped):,} skipped"
            )
            yield f"{file.name} ({file.domain}): {file.rows:,} rows read = {counts}" + (
                f"; facts: {kinds}" if kinds else ""
            )
            if file.encoding:
                yield f"  encoding: {file.encoding}"
            yield from _grouped("kept", file.kept)
            yield from _grouped("skipped", file.skipped)
            yield from _grouped("cell not read", file.faults)
            yield from _grouped("note", file.notes)
            if file.columns_not_carried:
                yield f"  columns not carried: {', '.join(file.columns_not_carried)}"
        for name, reason in self.unread:
            yield f"{name}: not read, {reason}"
        yield from self.remarks
        total = sum(self.facts.values())
        verdict = "counts reconcile" if self.reconciles else "COUNTS DO NOT RECONCILE"
        yield (
            f"{len(self.files)} files, {self.subjects:,} subjects, {self.rows:,} rows, "
            f"{total:,} facts; {verdict}"
        )


def count_kinds(facts: Iterable[Fact]) -> dict[str, int]:
    """Facts by kind."""
    counts: dict[str, int] = {}
    for fact in facts:
        counts[fact.kind] = counts.get(fact.kind, 0) + 1
    return dict(sorted(counts.items()))


def _grouped(what: str, lines: Iterable[Line]) -> Iterator[str]:
    by_reason: dict[str, list[int]] = {}
    for row, reason in lines:
        by_reason.setdefault(reason, []).append(row)
    for reason, rows in by_reason.items():
        yield (
            f"  {what}: {reason} ({len(rows):,} rows: {ranges(rows)})"
            if len(rows) > 1
            else (f"  {what}: {reason} (row {rows[0]})")
        )


def ranges(rows: Iterable[int]) -> str:
    """Row numbers as ranges, the first of them.

    >>> ranges([1, 2, 3, 7])
    '1–3, 7'
    """
    spans: list[tuple[int, int]] = []
    for row in sorted(rows):
        if spans and row == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], row)
        else:
            spans.append((row, row))
    shown = [f"{a}–{b}" if b > a else str(a) for a, b in spans[:_SHOWN_RANGES]]
    return ", ".join(shown) + (" …" if len(spans) > _SHOWN_RANGES else "")
