"""Pharmacokinetics: concentrations by nominal time, parameters by cycle, excretion, proportionality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from galu.record.treatment import Sample
from galu.results.lines import Cell, Counted, Facts, Heading, Line, Measured, Stated, Statistic
from galu.results.numbers import rounded
from galu.results.table import Table
from galu.trial.pharmacokinetics import DoseProportionality, SubjectParameter
from galu.trial.state import TrialState

_TOLD: Final[tuple[Statistic, ...]] = ("n", "mean (SD)", "median", "min, max", "geometric mean (CV %)")
_TIMES: Final[tuple[Statistic, ...]] = ("n", "median", "min, max")
#: Parameters of the table; of a time the geometric mean says nothing.
_SHOWN: Final = ("CMAX", "TMAX", "AUCLST", "AUCIFO", "AUCPEO", "LAMZHL", "CLO", "VZO", "MRTIVIFO")
#: Codes of excretion.
_EXCRETED: Final = ("RCPCINT", "RCAMINT", "RENALCL")
_NONE: Final = "no activity"


def concentrations(state: TrialState) -> Table:
    """T-14.2.8. By nominal time, as reported; a value below quantification is no number and is counted."""
    numbers: dict[tuple[str, str, float], dict[str, tuple[float, Facts]]] = {}
    below: dict[tuple[str, str, float], dict[str, Facts]] = {}
    untimed: dict[str, Facts] = {}
    for row in state.record.rows(Sample):
        fact = row.fact
        if fact.nominal_h is None:
            untimed[row.subject] = (*untimed.get(row.subject, ()), row.id)
            continue
        decay = f", {fact.decay_state}" if fact.decay_state else ""
        title = f"{fact.analyte} in {fact.matrix}, cycle {fact.cycle or '?'}{decay}"
        key = (title, fact.unit, fact.nominal_h)
        if fact.value is None or (fact.lloq is not None and fact.value < fact.lloq):
            below.setdefault(key, {})[row.subject] = (row.id,)
        else:
            numbers.setdefault(key, {})[row.subject] = fact.value, (row.id,)
    lines: list[Line] = []
    for title, unit in sorted({key[:2] for key in (*numbers, *below)}):
        lines.append(Heading(f"{title} [{unit}]"))
        for key in sorted({key for key in (*numbers, *below) if key[:2] == (title, unit)}):
            lines.append(Measured(f"{key[2]:.3g} h", numbers.get(key, {}), _TOLD, -1, 1))
            if key in below:
                lines.append(Counted("below quantification", below[key], 2))
    if untimed:
        lines.append(Counted("Samples without a nominal time, in no row above", untimed))
    notes = (
        "Decay state as named; means over values above quantification, three significant digits. A mean "
        "where more than half are below it describes those above only.",
    )
    return Table("14.2.8", "Concentrations by nominal time", "pk", tuple(lines), notes)


def _grouped(state: TrialState, codes: Sequence[str]) -> dict[tuple[str, str], list[SubjectParameter]]:
    """Parameters by what they are of (matrix, cycle, decay state) and which (code, unit, window)."""
    found: dict[tuple[str, str], list[SubjectParameter]] = {}
    for one in state.pharmacokinetics.parameters:
        if one.parameter.code in codes:
            title = f"{one.analyte} in {one.matrix}, cycle {one.cycle}, {one.decay_state or _NONE}"
            window = ""
            if one.parameter.code in _EXCRETED and one.parameter.end_h is not None:
                window = f", {round(one.parameter.start_h)}–{round(one.parameter.end_h)} h"
            unit = f" [{one.parameter.unit}]" if one.parameter.unit else ""
            found.setdefault((title, f"{one.parameter.code}{unit}{window}"), []).append(one)
    return found


def parameters(state: TrialState) -> Table:
    """T-14.2.9. Parameters by cycle and decay state; those that could not be had are counted."""
    found = _grouped(state, _SHOWN)
    order = {code: n for n, code in enumerate(_SHOWN)}
    lines: list[Line] = []
    for title in sorted({key[0] for key in found}):
        lines.append(Heading(title))
        own = sorted(
            (key for key in found if key[0] == title), key=lambda k: order[k[1].split()[0].split(",")[0]]
        )
        for key in own:
            lines += _parameter(key[1], found[key])
    return Table(
        "14.2.9",
        "Pharmacokinetic parameters",
        "pk",
        tuple(lines),
        ("By non-compartmental analysis; codes by CDISC PPTESTCD; three significant digits.",),
    )


def _parameter(title: str, own: Sequence[SubjectParameter]) -> list[Line]:
    known = {
        one.subject: (one.parameter.value, one.parameter.refs)
        for one in own
        if one.parameter.value is not None
    }
    told = _TIMES if title.startswith("TMAX") else _TOLD
    lines: list[Line] = [Measured(title, known, told, -1, 1)]
    lacking = {one.subject: one.parameter.refs for one in own if one.parameter.value is None}
    return [*lines, Counted("without a value", lacking, 2)] if lacking else lines


def excretion(state: TrialState) -> Table:
    """T-14.2.10. Excretion into urine by collection, and renal clearance."""
    found = _grouped(state, _EXCRETED)
    lines: list[Line] = []
    for title in sorted({key[0] for key in found}):
        lines.append(Heading(title))
        for key in sorted(key for key in found if key[0] == title):
            lines += _parameter(key[1], found[key])
    return Table(
        "14.2.10",
        "Excretion into urine",
        "pk",
        tuple(lines),
        (
            "Hours from the start of the administration, to the hour. A collection with a missed void is no "
            "amount.",
        ),
    )


def proportionality(state: TrialState) -> Table:
    """T-14.2.11. Power model of exposure on the activity given, over all levels."""
    lines = tuple(_proportion(one) for one in state.pharmacokinetics.proportionality)
    return Table(
        "14.2.11",
        "Dose proportionality",
        "pk",
        lines,
        (
            "Exponent of exposure on net activity with its 90 % interval, over all subjects: the column "
            "of a level has none. Few subjects at two levels describe, they do not prove.",
        ),
    )


def _proportion(one: DoseProportionality) -> Line:
    found = one.found
    title = f"{one.code}, {one.analyte} in {one.matrix}, cycle {one.cycle}, {one.decay_state}"
    numbers = (found.exponent, found.lower, found.upper)
    known = tuple(number for number in numbers if number is not None)
    text = (
        "NE" if len(known) < 3 else f"{rounded(known[0], 2)} ({rounded(known[1], 2)}, {rounded(known[2], 2)})"
    )

    def of(members: Sequence[str]) -> Cell:
        return Cell(text, known) if len(members) >= one.subjects else Cell("")

    return Stated(title, of)


def by_subject(state: TrialState) -> Mapping[str, list[tuple[tuple[str | float | None, ...], Facts]]]:
    """Every parameter of each subject, for the listing."""
    found: dict[str, list[tuple[tuple[str | float | None, ...], Facts]]] = {}
    for one in state.pharmacokinetics.parameters:
        part = one.parameter
        row = (
            one.matrix,
            one.analyte,
            one.cycle,
            one.decay_state or _NONE,
            part.code,
            None if part.value is None else float(f"{part.value:.4g}"),
            part.unit,
            part.reason,
        )
        found.setdefault(one.subject, []).append((row, part.refs))
    return found
