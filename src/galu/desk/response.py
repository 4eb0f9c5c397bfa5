"""Responses from files: RECIST 1.1 from measurements, PSA and the combined PCWG3 response."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import cast, get_args

from galu.efficacy.best import Assessed, BestResponseRule, best_overall_response
from galu.efficacy.pcwg3 import combined_response
from galu.efficacy.psa import PsaResponse, PsaRule, PsaValue, assess_psa
from galu.efficacy.recist import Measurement, Role, State, overall_response, target_response, visit_responses
from galu.finding import InputError

Row = dict[str, str]


def read_rows(path: Path, needed: Iterable[str]) -> list[Row]:
    """Read a CSV file that has the columns `needed`."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = sorted(set(needed) - set(reader.fieldnames or ()))
            rows = [{key: (value or "").strip() for key, value in row.items() if key} for row in reader]
    except OSError as error:
        raise InputError(str(path), error.strerror or "cannot be read", "give a readable CSV file") from error
    if missing:
        raise InputError(str(path), f"columns missing: {', '.join(missing)}", "add them to the header")
    return rows


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write rows as CSV; the header is that of the first row."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["USUBJID"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _day(row: Row, column: str = "ADT") -> date:
    try:
        return date.fromisoformat(row[column])
    except ValueError as error:
        place = f"{row.get('USUBJID', '')} {column}"
        raise InputError(place, f"`{row[column]}` is no date", "write YYYY-MM-DD") from error


def _number(text: str, place: str) -> float | None:
    if text in ("", "NA"):
        return None
    try:
        return float(text)
    except ValueError as error:
        raise InputError(place, f"`{text}` is no number", "write a number such as 12.5") from error


def _grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _line(subject: str, parameter: str, answer: str, day: date | None, rows: list[Row]) -> Row:
    visits = {row["ADT"]: row.get("AVISIT", "") for row in rows if row.get("ADT")}
    on = day.isoformat() if day else ""
    start = rows[0]["TRTSDT"]
    return {
        "USUBJID": subject,
        "PARAMCD": parameter,
        "AVALC": answer,
        "ADT": on,
        "AVISIT": visits.get(on, ""),
        "TRTSDT": start,
    }


def _everyone(rows: list[Row], subjects: Path | None) -> dict[str, list[Row]]:
    groups = _grouped(rows, lambda row: row["USUBJID"])
    for row in read_rows(subjects, ("USUBJID", "TRTSDT")) if subjects else ():
        groups.setdefault(row["USUBJID"], [{**row, "ADT": ""}])
    return dict(sorted(groups.items()))


def derive_psa(source: Path, subjects: Path | None = None, rule: PsaRule | None = None) -> list[Row]:
    """PSA50 and PSA90, unconfirmed and confirmed, of columns USUBJID, ADT, AVAL [ng/mL], TRTSDT.

    A subject of `subjects` without PSA is MISSING, and a non-responder in rates.
    """
    people = _everyone(read_rows(source, ("USUBJID", "ADT", "AVAL", "TRTSDT")), subjects)
    answers: list[Row] = []
    for subject, rows in people.items():
        values = [
            PsaValue(_day(row), number)
            for row in rows
            if row["ADT"] and (number := _number(row["AVAL"], f"{subject} AVAL")) is not None
        ]
        result = assess_psa(values, _day(rows[0], "TRTSDT"), rule)
        last = max((value.day for value in values), default=None)
        for response in (result.psa50, result.psa90):
            answers.extend(
                _line(subject, f"PSA{response.percent:.0f}{code}", answer, day, rows)
                for code, answer, day in _psa_answers(response, last)
            )
        progression = "Y" if result.progression_on else "N" if not result.reason else "MISSING"
        answers.append(_line(subject, "PSAPD", progression, result.progression_on, rows))
    return sorted(answers, key=lambda row: (row["PARAMCD"], row["USUBJID"]))


def _psa_answers(response: PsaResponse, last: date | None) -> list[tuple[str, str, date | None]]:
    pairs = (
        ("URS", response.unconfirmed, response.unconfirmed_on),
        ("CRS", response.confirmed, response.confirmed_on),
    )
    return [
        (
            code,
            "MISSING" if met is None else "Y" if met else "N",
            on if met else None if met is None else last,
        )
        for code, met, on in pairs
    ]


def derive_pcwg3(source: Path, subjects: Path | None = None) -> list[Row]:
    """Combined response per visit and best response of SFTSRESP and BONERESP rows (PARAMCD, AVALC)."""
    rows = read_rows(source, ("USUBJID", "PARAMCD", "AVALC", "ADT", "TRTSDT"))
    answers: list[Row] = []
    for subject, mine in _everyone(rows, subjects).items():
        visits: list[Assessed] = []
        for day, here in sorted(_grouped(mine, lambda row: row["ADT"]).items()):
            given = {row["PARAMCD"]: row["AVALC"] for row in here if day}
            soft, bone = given.get("SFTSRESP"), given.get("BONERESP")
            if soft is None and bone is None:
                continue
            overall = combined_response(soft or "NE", bone or "NE")
            visits.append(Assessed(_day(here[0]), overall))
            answers.append(_line(subject, "OVRLRESC", overall, visits[-1].day, mine))
        for parameter, confirm in (("BOR", False), ("CBOR", True)):
            rule = BestResponseRule(confirm=confirm)
            best = best_overall_response(visits, rule, _day(mine[0], "TRTSDT")).value
            if best is not None:
                answers.append(_line(subject, parameter, best.response, best.day, mine))
    order = {"OVRLRESC": 0, "BOR": 1, "CBOR": 2}
    return sorted(answers, key=lambda row: (order[row["PARAMCD"]], row["USUBJID"], row["ADT"]))


def recompute_recist(source: Path) -> list[Row]:
    """Recompute and diff: columns SUM, BASE, NADIR, TRGRESP, NTRGRESP, NEWLPROG of collected responses.

    Adds CALC_TARGET, CALC_OVERALL, MISSED_PD (Y where a collected target response misses a PD).
    A sum of 0 is CR.
    """
    answers = []
    for row in read_rows(source, ("USUBJID", "SUM", "BASE", "NADIR", "TRGRESP")):
        total, base, nadir = (
            _number(row[key], f"{row['USUBJID']} {key}") for key in ("SUM", "BASE", "NADIR")
        )
        target = "NE"
        if total is not None and base is not None and nadir is not None:
            target = "CR" if total == 0.0 else target_response(total, base, nadir, True)
        new = row.get("NEWLPROG") == "UNEQUIVOCAL"
        overall = overall_response(target, row.get("NTRGRESP") or None, new)
        missed = "Y" if target == "PD" and row["TRGRESP"] != "PD" else "N"
        answers.append({**row, "CALC_TARGET": target, "CALC_OVERALL": overall, "MISSED_PD": missed})
    return answers


def _measurement(row: Row) -> Measurement:
    place = f"{row['USUBJID']} {row['LESION']} {row['VISIT']}"
    state, role = row.get("STATE") or "measured", row["ROLE"].lower()
    if state not in get_args(State):
        raise InputError(place, f"state `{state}`", f"use one of {', '.join(get_args(State))}")
    if role not in get_args(Role):
        raise InputError(place, f"role `{role}`", f"use one of {', '.join(get_args(Role))}")
    return Measurement(
        row["LESION"],
        _day(row),
        row["VISIT"],
        _number(row["VALUE_MM"], place),
        cast(State, state),
        cast(Role, role),
        row.get("NODAL", "").upper() in ("Y", "1", "TRUE"),
        row.get("ORGAN", ""),
    )


def derive_recist(source: Path) -> list[Row]:
    """RECIST 1.1 per subject, reader and visit.

    Columns USUBJID, LESION, ADT, VISIT, ROLE, VALUE_MM and optionally STATE, NODAL, ORGAN, READER,
    TRTSDT; or sums with collected responses, see `recompute_recist`.
    """
    rows = read_rows(source, ("USUBJID",))
    if rows and {"SUM", "BASE", "NADIR", "TRGRESP"} <= rows[0].keys():
        return recompute_recist(source)
    rows = read_rows(source, ("USUBJID", "LESION", "ADT", "VISIT", "ROLE", "VALUE_MM"))
    answers: list[Row] = []
    for mine in _grouped(rows, lambda row: f"{row['USUBJID']}\0{row.get('READER', '')}").values():
        start = _day(mine[0], "TRTSDT") if mine[0].get("TRTSDT") else None
        answers.extend(
            {
                "USUBJID": mine[0]["USUBJID"],
                "READER": mine[0].get("READER", ""),
                "VISIT": seen.visit,
                "ADT": seen.day.isoformat(),
                "SUM_MM": "" if seen.sum_mm is None else f"{seen.sum_mm:g}",
                "BASE_MM": "" if seen.baseline_mm is None else f"{seen.baseline_mm:g}",
                "NADIR_MM": "" if seen.nadir_mm is None else f"{seen.nadir_mm:g}",
                "TARGET": seen.target or "",
                "NON_TARGET": seen.non_target or "",
                "NEW_LESION": "Y" if seen.new_lesion else "N",
                "OVERALL": seen.overall,
                "REASON": seen.reason,
            }
            for seen in visit_responses(map(_measurement, mine), first_dose=start)
        )
    return answers
