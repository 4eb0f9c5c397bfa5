"""Laboratory values of the record as the rules of safety read them, each with its baseline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, NamedTuple

from galu.record import Record, Row
from galu.record.people import Lab, Vital
from galu.record.when import days_of, hours_between
from galu.safety.inputs import LabInput
from galu.safety.terms import VERSIONS
from galu.safety.worst import is_no_limit, worst_grade
from galu.trial.clues import is_of_urine
from galu.trial.subjects import Subject
from galu.vocabulary.laboratory import in_unit, terms_of_test
from galu.vocabulary.results import kind_of_result, read_result

#: From this grade on an event may be a dose-limiting toxicity of any usual definition (assumed).
SEVERE_GRADE: Final = 3
_SEVERE: Final = (VERSIONS[-1], SEVERE_GRADE)


def labs_by_subject(
    record: Record,
    subjects: Iterable[Subject],
    tests: frozenset[str] | None = None,
    until: Mapping[str, date] | None = None,
) -> dict[str, tuple[LabInput, ...]]:
    """Laboratory values, each with its baseline: that marked by its source, else the last before the dose.

    Of `subjects`, of these `tests`, up to the day that `until` has for a subject. A result in words is read
    by `read_result`; one that is no number has no value. One of a partly known day holds the first and the
    last that it can have been, and is no baseline. One of the day of the dose of which nothing tells whether
    it was taken before is a baseline only where that hides nothing.
    """
    first = {subject.id: subject.therapy[0] for subject in subjects if subject.therapy}
    last = None if until is None else {name: day.isoformat() for name, day in until.items()}
    labs: dict[str, list[LabInput]] = {}
    bases: dict[tuple[str, str], _Bases] = {}
    # A vital sign is read as a value without limits: sites write a QT interval here or there.
    rows: tuple[Row[Lab] | Row[Vital], ...] = (*record.rows(Lab), *record.rows(Vital))
    for row in rows:
        if last is not None and row.fact.on[:10] > last.get(row.subject, ""):
            continue
        if (tests is not None and row.fact.test not in tests) or not _is_told(row.fact):
            continue
        lab, dose = _lab(row), first.get(row.subject)
        labs.setdefault(row.subject, []).append(lab)
        if dose is not None and lab.until is None and lab.value is not None:
            taken = after_dose(row.day, row.fact.on, dose.start, record.zone)
            known = bases.setdefault((row.subject, lab.test), _Bases())
            known.note(lab, taken, bool(row.fact.baseline))
    baselines = {key: _Baseline.of(known.baseline) for key, known in bases.items()}
    return {
        subject: tuple(_flagged(lab, baselines.get((subject, lab.test))) for lab in values)
        for subject, values in labs.items()
    }


def _is_told(one: Lab | Vital) -> bool:
    """Whether a result is told, of blood: a sample that gave none is a value that is missing."""
    if isinstance(one, Lab) and one.specimen and is_of_urine(one.test, one.specimen):
        return False
    return one.value is not None or (one.text is not None and kind_of_result(one.text) != "no result")


@dataclass(slots=True)
class _Bases:
    """Values of one test that may be its baseline: marked by the source, surely before the dose, perhaps."""

    marked: LabInput | None = None
    before: LabInput | None = None
    perhaps: LabInput | None = None

    def note(self, lab: LabInput, after: bool | None, marked: bool) -> None:
        """Take a value into account, in the order of their days."""
        if after is not True and marked:
            self.marked = lab
        elif after is False:
            self.before = lab
        elif after is None:
            self.perhaps = lab

    @property
    def baseline(self) -> LabInput | None:
        """The baseline; of a sure and a doubtful value the milder one, a severe doubtful one never."""
        if self.marked is not None or self.perhaps is None:
            return self.marked or self.before
        sides = {side for _, side in terms_of_test(self.perhaps.test)}
        if self.before is None:
            worst = (worst_grade(self.perhaps, t, _SEVERE) for t, _ in terms_of_test(self.perhaps.test))
            return None if max(worst, default=0) >= SEVERE_GRADE else self.perhaps
        if self.before.unit != self.perhaps.unit or len(sides) != 1:
            return self.before
        pick = min if sides == {"H"} else max
        return pick(self.before, self.perhaps, key=lambda lab: lab.value or 0.0)


def after_dose(taken: date | None, on: str, start: str, zone: str) -> bool | None:
    """Whether a value of a day, or of a text that names it, was taken after a dose; None is not known.

    On the day of the dose the times decide, where both are known.
    """
    day = days_of(start)[0]
    if taken is None:
        return None
    if taken != day:
        return taken > day
    hours = hours_between(start, on, zone)
    return None if hours is None else hours > 0


_OF_A_LIMIT: Final = re.compile(r"\b[x×*]?\s*(ULN|LLN)\b", re.IGNORECASE)


def _contrary(told: Lab | Vital) -> str:
    """A value of no unit, or beside another in words, as it is written; empty where it is one."""
    if told.value is not None and _OF_A_LIMIT.search(told.unit or ""):
        return f"{told.value:g} {told.unit}"  # a multiple of a limit, which is no unit
    said = read_result(told.text) if told.value is not None and told.text else None
    if said is None or said.bound or told.value is None or said.value == told.value:
        return ""
    return f"{told.value:g} or {told.text}?"


def _lab(row: Row[Lab] | Row[Vital]) -> LabInput:
    told = row.fact
    read, other = read_result(told.text or "") if told.value is None else None, _contrary(told)
    first, last = days_of(told.on)
    low, high = (told.lower_limit, told.upper_limit) if isinstance(told, Lab) else (None, None)
    if low is not None and high is not None and low > high:
        low = high = None  # limits that contradict each other are not known
    lab = LabInput(
        ref=told.id,
        test=told.test,
        day=first,
        value=None if other else told.value if read is None else read.graded,
        unit=told.unit or "",
        lower=low,
        upper=high,
        bound="" if read is None else read.bound,
        until=last if row.day is None else None,
        ranged=row.ranged,
        text=other or ("" if told.value is not None or read is not None else told.text or ""),
    )
    return replace(lab, upper=None) if is_no_limit(lab.test, lab.unit, lab.upper) else lab


class _Baseline(NamedTuple):
    """The value before treatment in its unit, and how it lies to its limits, where they are known."""

    value: float
    unit: str
    flag: str | None

    @classmethod
    def of(cls, base: LabInput | None) -> _Baseline | None:
        if base is None or base.value is None:
            return None
        if base.lower is None and base.upper is None:
            return cls(base.value, base.unit, None)
        low = base.lower is not None and base.value < base.lower
        high = base.upper is not None and base.value > base.upper
        return cls(base.value, base.unit, "LOW" if low else "HIGH" if high else "NORMAL")


def _flagged(lab: LabInput, base: _Baseline | None) -> LabInput:
    if base is None:
        return lab
    same = base.unit == lab.unit
    value = base.value if same else in_unit(lab.test, base.value, base.unit, lab.unit)
    # `replace` would take six times as long, and there are thousands.
    return LabInput(
        lab.ref, lab.test, lab.day, lab.value, lab.unit, lab.lower, lab.upper, value, base.flag, lab.bound,
        lab.until, lab.text, lab.albumin, lab.ranged,
    )  # fmt: skip
