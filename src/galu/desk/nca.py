"""Use case of `galu nca`: a table of samples in, a list of parameters out."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from galu.finding import InputError
from galu.nuclides import nuclide
from galu.pharmacokinetics import (
    Collection,
    DecayState,
    Method,
    Parameter,
    Profile,
    Route,
    Rules,
    Urine,
    at_sampling,
    both_states,
    corrected,
    nca,
    parse_blq,
    partial_auc,
    urinary,
)

Row = dict[str, str]
Answer = dict[str, Any]
_MISSING = {"", "na", "nan", ".", "nd", "ns", "missing"}
_BELOW = {"blq", "bql", "bloq", "<lloq", "<loq"}


@dataclass(frozen=True, slots=True)
class NcaOptions:
    """Options of the command; a column of the file overrides the option of its name."""

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


def read_rows(path: Path) -> list[Row]:
    """Rows of a CSV file with the columns subject, time and conc at least."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = [column.strip() for column in reader.fieldnames or ()]
            rows = [
                {(key or "").strip(): (value or "").strip() for key, value in row.items()} for row in reader
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(str(path), f"it cannot be read ({error})", "give a CSV file in UTF-8") from error
    missing = [name for name in ("subject", "time", "conc") if name not in columns]
    if missing:
        raise InputError(str(path), f"no column {', '.join(missing)}", "name the columns subject, time, conc")
    if not rows:
        raise InputError(str(path), "it has no row", "give one row per sample")
    return rows


def analyse(path: Path, options: NcaOptions) -> list[Answer]:
    """Parameters of every profile of a file, as rows in the file's order of profiles."""
    half_life_h = _half_life(options)
    rules = Rules(blq=parse_blq(options.blq)) if options.blq else Rules()
    groups: dict[tuple[str, str, int], list[tuple[int, Row]]] = {}
    for line, row in enumerate(read_rows(path), start=2):
        cycle = _number(row.get("cycle", "") or "1", f"{path} line {line}, cycle")
        groups.setdefault((row["subject"], row.get("matrix", ""), int(cycle)), []).append((line, row))
    answers: list[Answer] = []
    profiles: dict[tuple[str, int], Profile] = {}
    blood = {key: rows for key, rows in groups.items() if not _is_urine(key[1], rows)}
    for key, rows in blood.items():
        profile = _profile(key, rows, options, half_life_h, path)
        profiles.setdefault((key[0], key[2]), profile)
        answers += _blood(profile, options, half_life_h, rules)
    for key, rows in groups.items():
        if key not in blood:
            answers += _urine(key, rows, options, profiles.get((key[0], key[2])), (half_life_h, rules, path))
    return answers


def _half_life(options: NcaOptions) -> float | None:
    return None if options.nuclide is None else nuclide(options.nuclide).half_life_h


def _is_urine(matrix: str, rows: list[tuple[int, Row]]) -> bool:
    return matrix.lower() == "urine" or any(row.get("volume") for _, row in rows)


def _number(text: str, place: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(place, f"{text!r} is no number", "enter a plain decimal number")
    return value


def _concentration(text: str, place: str) -> float:
    """A concentration; NaN when missing, zero when reported below quantification."""
    if text.lower() in _MISSING:
        return math.nan
    if text.lower() in _BELOW or text.startswith("<"):
        return 0.0
    return _number(text, place)


def _one(rows: list[tuple[int, Row]], column: str, default: str, path: Path) -> str:
    """The value that a column repeats on all rows of a profile; `default` where it is empty."""
    values = {row.get(column, "") for _, row in rows} - {""}
    if len(values) > 1:
        place = f"{path} line {rows[0][0]}, {column}"
        raise InputError(
            place, "it changes inside one profile", "give one value per subject, matrix and cycle"
        )
    return values.pop() if values else default


def _optional(text: str, place: str) -> float | None:
    return None if text.lower() in _MISSING else _number(text, place)


def _profile(
    key: tuple[str, str, int],
    rows: list[tuple[int, Row]],
    options: NcaOptions,
    half_life_h: float | None,
    path: Path,
) -> Profile:
    place = f"{path} line {rows[0][0]}"
    given = "" if options.dose is None else repr(options.dose)
    time_h = np.array([_number(row["time"], f"{path} line {line}, time") for line, row in rows])
    conc = np.array([_concentration(row["conc"], f"{path} line {line}, conc") for line, row in rows])
    order = np.argsort(time_h, kind="stable")
    if half_life_h is not None and options.decay_state is DecayState.MEASURED:
        counted = np.array(
            [
                _number(row.get("count_time") or row["time"], f"{path} line {line}, count_time")
                for line, row in rows
            ]
        )
        conc = at_sampling(conc, time_h, counted, half_life_h)
    duration = _number(_one(rows, "duration", repr(options.duration_h), path), f"{place}, duration")
    return Profile(
        *key,
        time_h[order],
        conc[order],
        _optional(_one(rows, "dose", given, path), f"{place}, dose"),
        options.route,
        duration if options.route is Route.INFUSION else 0.0,
        _one(rows, "conc_unit", options.conc_unit, path),
        _one(rows, "dose_unit", options.dose_unit, path),
        _optional(_one(rows, "lloq", "", path), f"{place}, lloq"),
        None if half_life_h is None else options.decay_state,
    )


def _blood(profile: Profile, options: NcaOptions, half_life_h: float | None, rules: Rules) -> list[Answer]:
    states: tuple[tuple[DecayState | None, Parameter], ...]
    if half_life_h is None:
        states = tuple((None, row) for row in nca(profile, options.method, rules))
    else:
        states = both_states(profile, half_life_h, options.method, rules)
    states += tuple(
        (profile.decay_state, partial_auc(profile, options.method, start, end, rules))
        for start, end in options.intervals
    )
    return [
        _answer((profile.subject, profile.matrix, profile.cycle), options.method, *pair) for pair in states
    ]


def _urine(
    key: tuple[str, str, int],
    rows: list[tuple[int, Row]],
    options: NcaOptions,
    blood: Profile | None,
    context: tuple[float | None, Rules, Path],
) -> list[Answer]:
    """Rows of a urine table: `time` starts a collection, `duration` is its length, `volume` the void."""
    half_life_h, rules, path = context
    given = "" if options.dose is None else repr(options.dose)
    collections = []
    for line, row in sorted(rows, key=lambda pair: _number(pair[1]["time"], f"{path} line {pair[0]}, time")):
        place = f"{path} line {line}"
        start = _number(row["time"], f"{place}, time")
        end = start + _number(row.get("duration", ""), f"{place}, duration")
        conc = _concentration(row["conc"], f"{place}, conc")
        volume = _optional(row.get("volume", ""), f"{place}, volume")
        known = None if math.isnan(conc) else _corrected(conc, (start, end), row, options, half_life_h, place)
        collections.append(Collection(start, end, known, volume, missed=volume is None))
    urine = Urine(
        key[0],
        key[2],
        tuple(collections),
        _optional(_one(rows, "dose", given, path), f"{path} line {rows[0][0]}, dose"),
        _one(rows, "conc_unit", options.conc_unit, path),
        _one(rows, "dose_unit", options.dose_unit, path),
        _one(rows, "volume_unit", "", path),
    )
    state = None if half_life_h is None else DecayState.CORRECTED
    first, answers = urine.collections[0].start_h, []
    for one in urine.collections:
        auc = None if blood is None else _auc(blood, options, (first, one.end_h), half_life_h, rules)
        answers += [_answer(key, options.method, state, row) for row in urinary(urine, first, one.end_h, auc)]
    return answers


def _corrected(
    conc: float,
    window: tuple[float, float],
    row: Row,
    options: NcaOptions,
    half_life_h: float | None,
    place: str,
) -> float:
    """A urine concentration corrected to the administration; counted at the collection's end unless said."""
    if half_life_h is None or options.decay_state is DecayState.CORRECTED:
        return conc
    counted = _number(row.get("count_time") or repr(window[1]), f"{place}, count_time")
    return float(at_sampling(np.array([conc]), np.array([0.0]), np.array([counted]), half_life_h)[0])


def _auc(
    blood: Profile, options: NcaOptions, window: tuple[float, float], half_life_h: float | None, rules: Rules
) -> Parameter:
    if half_life_h is not None and blood.decay_state is DecayState.MEASURED:
        blood = corrected(blood, half_life_h)
    return partial_auc(blood, options.method, *window, rules)


def _answer(key: tuple[str, str, int], method: Method, state: DecayState | None, row: Parameter) -> Answer:
    return {
        "subject": key[0],
        "matrix": key[1],
        "cycle": key[2],
        "decay_state": None if state is None else state.value,
        "method": method.value,
        "start": row.start_h,
        "end": row.end_h,
        "PPTESTCD": row.code,
        "value": row.value,
        "unit": row.unit,
        "reason": row.reason,
    }


def read_interval(text: str) -> tuple[float, float]:
    """Read START:END [h]."""
    start, colon, end = text.partition(":")
    if not colon:
        raise InputError("--interval", f"{text!r} is no interval", "write START:END in hours")
    return _number(start, "--interval"), _number(end, "--interval")
