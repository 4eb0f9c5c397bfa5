"""PSA responses and combined PCWG3 responses from CSV files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from galu.desk.rows import Cells, Row, read_rows
from galu.efficacy.best import Assessed, BestResponseRule, best_overall_response
from galu.efficacy.pcwg3 import BONE, SOFT, combined_response, resolved
from galu.efficacy.psa import (
    PsaAssessment,
    PsaResponse,
    PsaRule,
    PsaValue,
    assess_psa,
    psa_in_ng_ml,
    quantified,
)
from galu.finding import InputError

#: A PSA answer has the reason of what is MISSING beside it.
PSA_HEADER = ("USUBJID", "PARAMCD", "AVALC", "ADT", "AVISIT", "TRTSDT", "REASON")
HEADER = ("USUBJID", "PARAMCD", "AVALC", "ADT", "AVISIT", "TRTSDT")


def derive_psa(source: Path, subjects: Path | None = None, rule: PsaRule | None = None) -> list[Cells]:
    """PSA50 and PSA90, unconfirmed (URS) and confirmed (CRS), and PSA progression (PSAPD).

    Columns USUBJID, ADT, AVAL [ng/mL], TRTSDT; optionally AVALU (another unit), BASE (baseline of a
    subject without a value on or before the first dose) and AVISIT. `<0.5` counts as 0.5. A subject
    without a baseline or without a later value is MISSING, and a non-responder in rates; `subjects`
    (USUBJID, TRTSDT) names those without any row. A progression that no later value has confirmed or
    refuted is PENDING, and REASON says what is awaited.

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    answers: list[Cells] = []
    for subject, rows in _everyone(read_rows(source, ("USUBJID", "ADT", "AVAL", "TRTSDT")), subjects).items():
        start = _start(rows)
        values = [value for row in rows if (value := _psa_value(row)) is not None]
        if not any(value.day <= start for value in values):
            values += [PsaValue(start, base) for row in rows[:1] if (base := row.number("BASE")) is not None]
        result = assess_psa(values, start, rule)
        last = max((value.day for value in values), default=None)
        for response in (result.psa50, result.psa90):
            for code, answer, day in _psa_answers(response, last):
                line = _line(subject, start, (f"PSA{response.percent:.0f}{code}", answer, day), rows)
                waits = response.pending if (code, answer) == ("CRS", "N") else ""
                answers.append({**line, "REASON": result.reason if answer == "MISSING" else waits})
        line = _line(subject, start, ("PSAPD", *_progressed(result)), rows)
        answers.append({**line, "REASON": result.pending or (result.reason if not line["ADT"] else "")})
    return sorted(answers, key=lambda line: (line["PARAMCD"], line["USUBJID"]))


def _progressed(result: PsaAssessment) -> tuple[str, date | None]:
    """Whether PSA progressed: a rise that waits for its confirmation is neither yes nor no."""
    if result.progression_on is not None:
        return "Y", result.progression_on
    if result.progression_pending_on is not None:
        return "PENDING", result.progression_pending_on
    return ("MISSING" if result.reason else "N"), None


def _psa_value(row: Row) -> PsaValue | None:
    if not row["ADT"] or row["AVAL"] in ("", "NA"):
        return None
    value = quantified(row["AVAL"])
    number = row.number("AVAL") if value is None else value
    factor = psa_in_ng_ml(1.0, row["AVALU"] or "ng/mL")
    if factor is None:
        remedy = "use one of ng/mL, ug/L, ng/dL, ng/L, pg/mL"
        raise InputError(row.place("AVALU"), f"`{row['AVALU']}` is no unit of PSA", remedy)
    if number is None or number < 0.0:
        raise InputError(row.place("AVAL"), f"`{row['AVAL']}`", "give a value of 0 or more")
    return PsaValue(row.day("ADT"), factor * number)


def _psa_answers(response: PsaResponse, last: date | None) -> list[tuple[str, str, date | None]]:
    pairs = (
        ("URS", response.unconfirmed, response.unconfirmed_on),
        ("CRS", response.confirmed, response.confirmed_on),
    )
    return [
        (code, "MISSING", None) if met is None else (code, "Y" if met else "N", on if met else last)
        for code, met, on in pairs
    ]


def derive_pcwg3(
    source: Path, subjects: Path | None = None, rule: BestResponseRule | None = None
) -> list[Cells]:
    """Combined response per visit (OVRLRESC) and best response without and with confirmation (BOR, CBOR).

    Columns USUBJID, PARAMCD, AVALC, ADT, TRTSDT of SFTSRESP and BONERESP rows; other parameters pass
    by. A visit with one of the two has the other not evaluable; a bone PDu that PD follows is PD.
    Optionally TARGETS: N where a subject had no target lesion at baseline (a CR then is at most
    NON-CR/NON-PD while bone is not clear).

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    base = rule or BestResponseRule()
    answers: list[Cells] = []
    everyone = _everyone(read_rows(source, ("USUBJID", "PARAMCD", "AVALC", "ADT", "TRTSDT")), subjects)
    for subject, rows in everyone.items():
        start = _start(rows)
        visits = [Assessed(day, overall) for day, overall in _combined(rows)]
        found = [("OVRLRESC", visit.overall, visit.day) for visit in visits]
        answers += [_line(subject, start, answer, rows) for answer in found]
        for parameter, confirm in (("BOR", False), ("CBOR", True)):
            best = best_overall_response(visits, replace(base, confirm=confirm), start).value
            if best is not None:
                answers.append(_line(subject, start, (parameter, best.response, best.day), rows))
    order = {"OVRLRESC": 0, "BOR": 1, "CBOR": 2}
    return sorted(answers, key=lambda line: (order[line["PARAMCD"]], line["USUBJID"], line["ADT"]))


def _combined(rows: Sequence[Row]) -> list[tuple[date, str]]:
    soft: dict[date, str] = {}
    bone: dict[date, str] = {}
    for row in rows:
        known, allowed = {"SFTSRESP": (soft, SOFT), "BONERESP": (bone, BONE)}.get(row["PARAMCD"], ({}, ()))
        if not allowed or not row["ADT"]:
            continue
        day = row.day("ADT")
        if day in known:
            what = f"a second {row['PARAMCD']} of {row['USUBJID']} on {day}"
            raise InputError(row.place("AVALC"), what, "give one response per visit")
        known[day] = row.one_of("AVALC", allowed) if row["AVALC"] else "NE"
    scanned = sorted(bone)
    bone = dict(zip(scanned, resolved([bone[day] for day in scanned]), strict=True))
    targets = all(row["TARGETS"].upper() != "N" for row in rows)
    days = sorted(soft.keys() | bone.keys())
    return [(day, combined_response(soft.get(day, "NE"), bone.get(day, "NE"), targets)) for day in days]


def _everyone(rows: Sequence[Row], subjects: Path | None) -> dict[str, list[Row]]:
    """Rows by subject, and those of `subjects` who have none."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.given("USUBJID", "name the subject"), []).append(row)
    for row in read_rows(subjects, ("USUBJID", "TRTSDT")) if subjects else ():
        nothing = Row(row.file, row.line, {"USUBJID": row["USUBJID"], "TRTSDT": row["TRTSDT"]})
        groups.setdefault(row.given("USUBJID", "name the subject"), [nothing])
    return dict(sorted(groups.items()))


def _start(rows: Sequence[Row]) -> date:
    """Day of the first dose, the same in every row of a subject."""
    first = rows[0].day("TRTSDT")
    for row in rows[1:]:
        if row.day("TRTSDT") != first:
            raise InputError(
                row.place("TRTSDT"),
                f"`{row['TRTSDT']}` where an earlier row of {row['USUBJID']} has {first}",
                "give each subject one first dose",
            )
    return first


def _line(subject: str, start: date, answer: tuple[str, str, date | None], rows: Sequence[Row]) -> Cells:
    parameter, value, day = answer
    on = day.isoformat() if day else ""
    visit = next((row["AVISIT"] for row in rows if on and row["ADT"] == on), "")
    cells = (subject, parameter, value, on, visit, start.isoformat())
    return dict(zip(HEADER, cells, strict=True))
