"""Samples of `galu nca` by their columns: every profile of a file at once.

What a column cannot be read from ends in an InputError that does not name the cell: it is then found row by
row (`galu.desk.nca_single`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galu.desk.nca_table import Key, NcaOptions, concentration, number, optional, read_cycle
from galu.desk.table import Table
from galu.finding import InputError
from galu.pharmacokinetics import DecayState, Route, at_sampling
from galu.pharmacokinetics.batch import Profiles
from galu.pharmacokinetics.profile import Floats

Numbers = NDArray[np.intp]
#: Samples that are held in one block, so that memory stays bounded.
_MOST_SAMPLES = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Subjects, matrices and cycles of a file in its order, that of each row (rows,), and which are urine."""

    keys: tuple[Key, ...]
    of_row: Numbers
    urine: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Profiles of one number of samples and one pair of units; `groups` (n,) says which of the file."""

    groups: Numbers
    profiles: Profiles


def groups_of(table: Table) -> Groups:
    """The groups of a file.

    Raises
    ------
    InputError
        When a subject is empty or a cycle no number.
    """
    subjects, cycles = table.column("subject"), table.column("cycle")
    if "" in subjects:
        raise InputError(str(table.path), "a subject is empty", "name the subject of every sample")
    numbers = {text: read_cycle(text, str(table.path)) for text in set(cycles)}
    matrices = table.column("matrix")
    # Rows of a group mostly follow one another, so keys are made where one changes only.
    changed = [_changes(one) for one in (subjects, matrices, cycles) if len(set(one)) > 1]
    first = np.arange(table.count) == 0
    starts = np.flatnonzero(np.logical_or.reduce([first, *changed]))
    index: dict[Key, int] = {}
    keys = ((subjects[i], matrices[i], numbers[cycles[i]]) for i in starts.tolist())
    runs = np.array([index.setdefault(key, len(index)) for key in keys])
    of_row = np.repeat(runs, np.diff(starts, append=table.count))
    urine = {i for key, i in index.items() if key[1].lower() == "urine"}
    urine |= filled(table, "volume", of_row)
    return Groups(tuple(index), of_row, frozenset(urine))


def _changes(cells: list[str]) -> NDArray[np.bool_]:
    """Which cells differ from the one before."""
    return np.append(False, np.fromiter(map(operator.ne, cells[1:], cells), bool, len(cells) - 1))


def filled(table: Table, column: str, of_row: Numbers) -> set[int]:
    """Groups in which a column is filled."""
    if not table.has(column):
        return set()
    return {int(of_row[i]) for i, text in enumerate(table.column(column)) if text}


def blocks_of(
    table: Table, groups: Groups, options: NcaOptions, half_life_h: float | None
) -> Iterator[Block]:
    """The profiles of a file, their activities brought back to their sampling times.

    Raises
    ------
    InputError
        When a cell, or a profile, is not what it should be.
    """
    blood = _Blood(table, groups)
    if not len(blood.rows):
        return
    conc, lloq = _concentrations(blood, options, half_life_h)
    duration = blood.repeated("duration", repr(options.duration_h), number)
    dose = blood.repeated("dose", "" if options.dose is None else repr(options.dose), optional)
    units = blood.texts("conc_unit", options.conc_unit), blood.texts("dose_unit", options.dose_unit)
    alike: dict[tuple[int, str, str], list[int]] = {}
    for i, kind in enumerate(zip(blood.sizes.tolist(), *units, strict=True)):
        alike.setdefault(kind, []).append(i)
    infused = options.route is Route.INFUSION
    for (size, conc_unit, dose_unit), members in alike.items():
        step = max(1, _MOST_SAMPLES // size)
        for begin in range(0, len(members), step):
            some = np.array(members[begin : begin + step])
            cells = blood.starts[some][:, None] + np.arange(size)
            profiles = Profiles(
                blood.time_h[cells],
                conc[cells],
                lloq[cells],
                dose[some],
                duration[some] if infused else np.zeros(len(some)),
                options.route,
                conc_unit,
                dose_unit,
                None if half_life_h is None else options.decay_state,
            )
            yield Block(blood.groups[some], profiles)


class _Blood:
    """The rows of a file that are no urine, by group and time.

    `rows` are their numbers in the file, `time_h` their times; `starts` and `sizes` bound each group in them.
    """

    def __init__(self, table: Table, groups: Groups) -> None:
        self.table = table
        rows = np.arange(table.count)
        if groups.urine:
            rows = np.flatnonzero(~np.isin(groups.of_row, list(groups.urine)))
        time_h = _read(_cells(table.column("time"), rows), number)
        of_row = groups.of_row[rows]
        order = np.lexsort((time_h, of_row))
        self.rows, self.time_h = rows[order], time_h[order]
        group = of_row[order]
        self.starts = np.flatnonzero(np.diff(group, prepend=-1))
        self.sizes = np.diff(self.starts, append=len(group))
        self.groups = group[self.starts]
        if ((np.diff(group) == 0) & (np.diff(self.time_h) == 0.0)).any():
            raise InputError(str(table.path), "two samples share one time", "keep one")

    def cells(self, column: str) -> list[str]:
        """Cells of a column in the order of `rows`."""
        return _cells(self.table.column(column), self.rows)

    def texts(self, column: str, default: str) -> list[str]:
        """What a column repeats in each group; `default` where it is empty.

        Raises
        ------
        InputError
            When it changes inside a group.
        """
        distinct = set(self.table.columns.get(column, ("",)))
        if len(distinct) == 1:
            return [distinct.pop() or default] * len(self.starts)
        index = {text: i for i, text in enumerate(dict.fromkeys(("", *distinct)))}
        codes = np.fromiter(map(index.__getitem__, self.cells(column)), np.intp, len(self.rows))
        low = np.minimum.reduceat(np.where(codes == 0, len(index), codes), self.starts)
        high = np.maximum.reduceat(codes, self.starts)
        if (low < high).any():
            raise InputError(str(self.table.path), f"{column} changes inside one profile", "give one value")
        texts = [default, *list(index)[1:]]
        return [texts[code] for code in high.tolist()]

    def repeated(self, column: str, default: str, read: Callable[[str, str], float | None]) -> Floats:
        """The number (groups,) that a column repeats in each group."""
        return _read(self.texts(column, default), read)


def _cells(column: list[str], rows: Numbers) -> list[str]:
    """Cells in the order of `rows`, which most files already have."""
    if len(rows) == len(column) and bool((np.diff(rows) == 1).all()):
        return column
    return [column[i] for i in rows.tolist()]


def _read(cells: Sequence[str], read: Callable[[str, str], float | None]) -> Floats:
    """Numbers (n,) of cells, NaN where missing; those that Python does not take as they are go to `read`."""
    try:
        plain = np.fromiter(map(float, cells), float, len(cells))
    except ValueError:
        plain = np.array([np.nan])
    if np.isfinite(plain).all():
        return plain
    values = {text: read(text, "a cell") for text in set(cells)}
    return np.array([math.nan if values[text] is None else values[text] for text in cells], float)


def _concentrations(blood: _Blood, options: NcaOptions, half_life_h: float | None) -> tuple[Floats, Floats]:
    """Concentrations and limits (rows,), as they were at their sampling times."""
    conc = _read(blood.cells("conc"), concentration)
    limit = np.full(len(conc), np.nan)
    if blood.table.has("lloq"):
        limit = _read(blood.cells("lloq"), optional)
    if not blood.table.has("count_time"):
        return conc, limit
    counted = blood.cells("count_time")
    if half_life_h is None:
        if any(counted):
            raise InputError("count_time", "it needs a nuclide", "add --nuclide, such as Lu-177")
    elif options.decay_state is DecayState.MEASURED:
        given = np.array([bool(text) for text in counted])
        count_h = blood.time_h.copy()
        count_h[given] = _read([text for text in counted if text], number)
        conc = at_sampling(conc, blood.time_h, count_h, half_life_h)
        limit = at_sampling(limit, blood.time_h, count_h, half_life_h)
    return conc, limit
