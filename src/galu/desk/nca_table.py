"""Tables of `galu nca` and `galu population`: rows of a CSV file become profiles and collections of urine."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from galu.desk.table import Row, Rows, Table, plain_columns
from galu.finding import InputError
from galu.pharmacokinetics import (
    Collection,
    DecayState,
    Method,
    Profile,
    Route,
    TerminalRule,
    Urine,
    at_sampling,
    intact,
    interpolated,
)
from galu.pharmacokinetics.profile import Floats

Key = tuple[str, str, int]
_MISSING = {"", "na", "nan", ".", "nd", "ns", "missing"}
_BELOW = {"blq", "bql", "bloq", "<lloq", "<loq"}


@dataclass(frozen=True, slots=True)
class NcaOptions:
    """Options of the command; a column of the file overrides the option of its name.

    `tau_h` is the dosing interval of a profile whose times run through several doses, and
    `specific_activity` (activity unit, substance unit, value) turns corrected activity into substance.
    """

    method: Method
    route: Route
    dose: float | None = None
    dose_unit: str = ""
    conc_unit: str = ""
    duration_h: float = 0.0
    blq: str | None = None
    nuclide: str | None = None
    decay_state: DecayState = DecayState.MEASURED
    intervals: tuple[tuple[float, float], ...] = ()
    terminal: TerminalRule = field(default_factory=TerminalRule)
    tau_h: float | None = None
    specific_activity: tuple[str, str, float] | None = None
    percent_injected: bool = False


def read_table(path: Path) -> Table:
    """A CSV file with the columns subject, time and conc at least.

    Raises
    ------
    InputError
        When it cannot be read, lacks a column or has no row.
    """
    header, columns = plain_columns(path) or _quoted_columns(path)
    count = len(columns[0]) if columns else 0
    named = {name.strip(): one for name, one in zip(header, columns, strict=True)}
    missing = [name for name in ("subject", "time", "conc") if name not in named]
    if missing:
        raise InputError(str(path), f"no column {', '.join(missing)}", "name the columns subject, time, conc")
    if not count:
        raise InputError(str(path), "it has no row", "give one row per sample")
    return Table(path, named, count)


def _quoted_columns(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and columns of any CSV file; a row that is too short is filled up, one too long is cut."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            rows = [row for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(str(path), f"it cannot be read ({error})", "give a CSV file in UTF-8") from error
    width = len(header)
    rows = [[*row[:width], *[""] * (width - len(row))] for row in rows]
    return header, [[row[i].strip() for row in rows] for i in range(width)]


def read_rows(path: Path) -> list[Row]:
    """Rows of a CSV file with the columns subject, time and conc at least."""
    table = read_table(path)
    return [row for _, row in table.rows(range(table.count))]


def grouped(table: Table) -> dict[Key, Rows]:
    """Rows of a file by subject, matrix and cycle, in the file's order."""
    groups: dict[Key, Rows] = {}
    for line, row in table.rows(range(table.count)):
        place = f"{table.path} line {line}"
        if not row["subject"]:
            raise InputError(f"{place}, subject", "it is empty", "name the subject of every sample")
        cycle = read_cycle(row.get("cycle", ""), f"{place}, cycle")
        groups.setdefault((row["subject"], row.get("matrix", ""), cycle), []).append((line, row))
    return groups


def read_cycle(text: str, place: str) -> int:
    """Number of a cycle; the first where none is given."""
    cycle = number(text or "1", place)
    if not cycle.is_integer():
        raise InputError(place, f"{cycle:g} is no cycle", "number cycles 1, 2, …")
    return int(cycle)


def is_urine(key: Key, rows: Rows) -> bool:
    """Whether a group is of urine: so named, or with volumes."""
    return key[1].lower() == "urine" or any(row.get("volume") for _, row in rows)


def number(text: str, place: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(place, f"{text!r} is no number", "enter a plain decimal number")
    return value


def concentration(text: str, place: str) -> float:
    """A concentration; NaN when missing, zero when reported below quantification."""
    if text.lower() in _MISSING:
        return math.nan
    if text.lower() in _BELOW or text.startswith("<"):
        return 0.0
    return number(text, place)


def _one(rows: Rows, column: str, default: str, path: Path) -> str:
    """The value that a column repeats on all rows of a profile; `default` where it is empty."""
    values = {row.get(column, "") for _, row in rows} - {""}
    if len(values) > 1:
        place = f"{path} line {rows[0][0]}, {column}"
        raise InputError(
            place, "it changes inside one profile", "give one value per subject, matrix and cycle"
        )
    return values.pop() if values else default


def optional(text: str, place: str) -> float | None:
    """A finite number, or None when missing."""
    return None if text.lower() in _MISSING else number(text, place)


def _dose(rows: Rows, options: NcaOptions, path: Path) -> float | None:
    given = "" if options.dose is None else repr(options.dose)
    return optional(_one(rows, "dose", given, path), f"{path} line {rows[0][0]}, dose")


def read_profile(key: Key, rows: Rows, options: NcaOptions, half_life_h: float | None, path: Path) -> Profile:
    """The profile of one group of rows, its activities brought back to their sampling times."""
    place = f"{path} line {rows[0][0]}"
    rows = _in_order(rows, path)
    time_h = np.array([float(row["time"]) for _, row in rows])
    conc, limit = _columns(rows, half_life_h, options, path)
    duration = number(_one(rows, "duration", repr(options.duration_h), path), f"{place}, duration")
    dose = _dose(rows, options, path)
    units = _one(rows, "conc_unit", options.conc_unit, path), _one(rows, "dose_unit", options.dose_unit, path)
    with _in_file(path, rows):
        return Profile(
            *key,
            time_h,
            conc,
            dose,
            options.route,
            duration if options.route is Route.INFUSION else 0.0,
            *units,
            None if np.all(np.isnan(limit)) else limit,
            None if half_life_h is None else options.decay_state,
        )


def _columns(rows: Rows, half_life_h: float | None, options: NcaOptions, path: Path) -> tuple[Floats, Floats]:
    """Concentrations and limits (n,) of each sample, activities brought back to their sampling times.

    A limit is of what was counted, so it is brought back with its sample; NaN where none is given.
    """
    conc = np.array([concentration(row["conc"], f"{path} line {line}, conc") for line, row in rows])
    limits = [optional(row.get("lloq", ""), f"{path} line {line}, lloq") for line, row in rows]
    limit = np.array([math.nan if one is None else one for one in limits])
    if half_life_h is None:
        counted = [line for line, row in rows if row.get("count_time")]
        if counted:
            place = f"{path} line {counted[0]}, count_time"
            raise InputError(place, "it needs a nuclide", "add --nuclide, such as Lu-177")
    elif options.decay_state is DecayState.MEASURED:
        time_h = np.array([float(row["time"]) for _, row in rows])
        count_h = np.array(
            [
                number(row.get("count_time") or row["time"], f"{path} line {line}, count_time")
                for line, row in rows
            ]
        )
        conc = at_sampling(conc, time_h, count_h, half_life_h)
        limit = at_sampling(limit, time_h, count_h, half_life_h)
    return conc, limit


def read_relative_sigma(rows: Rows, path: Path) -> Floats | None:
    """Relative uncertainty (n,) of each concentration where the file has a column sigma, else None."""
    rows = _in_order(rows, path)
    sigma = [optional(row.get("sigma", ""), f"{path} line {line}, sigma") for line, row in rows]
    if all(one is None for one in sigma):
        return None
    conc = [concentration(row["conc"], f"{path} line {line}, conc") for line, row in rows]
    known = zip(sigma, conc, strict=True)
    return np.array([math.nan if s is None or not c > 0.0 else s / c for s, c in known])


def _in_order(rows: Rows, path: Path) -> Rows:
    """Rows by their time, of which each has its own."""
    ordered = sorted(rows, key=lambda pair: number(pair[1]["time"], f"{path} line {pair[0]}, time"))
    for (first, one), (second, other) in itertools.pairwise(ordered):
        if float(one["time"]) == float(other["time"]):
            place = f"{path} line {second}, time"
            fault = f"two samples share one time, {float(one['time']):g} h (the other in line {first})"
            raise InputError(place, fault, "keep one")
    return ordered


@contextmanager
def _in_file(path: Path, rows: Rows) -> Iterator[None]:
    """Name the file and the first line of a group in what its profile or urine says."""
    try:
        yield
    except InputError as error:
        place = f"{path} from line {min(line for line, _ in rows)}, {error.place}"
        raise InputError(place, error.fault, error.remedy) from error


def read_intact(profile: Profile, rows: Rows, path: Path) -> Profile | None:
    """The profile of the intact compound where the file has a column intact_fraction, else None.

    A sample without a measured fraction takes the one between its neighbours.
    """
    measured = {
        number(row["time"], f"{path} line {line}, time"): share
        for line, row in rows
        if (share := optional(row.get("intact_fraction", ""), f"{path} line {line}, intact_fraction"))
        is not None
    }
    times = sorted(time for time in measured if time >= 0.0)
    if not times:
        return None
    shares = np.array([measured[time] for time in times])
    return intact(profile, interpolated(profile.time_h, np.array(times), shares))


def read_urine(key: Key, rows: Rows, options: NcaOptions, half_life_h: float | None, path: Path) -> Urine:
    """Collections of one group: `time` starts one, `duration` is its length, `volume` the void.

    Activities as measured are those at the end of each collection.
    """
    collections = []
    for line, row in _in_order(rows, path):
        place = f"{path} line {line}"
        start = number(row["time"], f"{place}, time")
        end = start + number(row.get("duration", ""), f"{place}, duration")
        conc = concentration(row["conc"], f"{place}, conc")
        volume = optional(row.get("volume", ""), f"{place}, volume")
        if half_life_h is not None and options.decay_state is DecayState.MEASURED:
            # Counted at the end of the collection unless the file says when.
            counted = number(row.get("count_time") or repr(end), f"{place}, count_time")
            conc = float(at_sampling(np.array([conc]), np.array([end]), np.array([counted]), half_life_h)[0])
        known = None if math.isnan(conc) else conc
        collections.append(Collection(start, end, known, volume, missed=volume is None))
    dose = _dose(rows, options, path)
    units = (
        _one(rows, "conc_unit", options.conc_unit, path),
        _one(rows, "dose_unit", options.dose_unit, path),
        _one(rows, "volume_unit", "", path),
    )
    with _in_file(path, rows):
        return Urine(key[0], key[2], tuple(collections), dose, *units)
