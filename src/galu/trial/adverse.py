"""Safety tables wired to the record: adverse events, laboratory grades and shifts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from galu.protocol import Study
from galu.record import Record
from galu.record.when import day_of, days_of
from galu.safety.calcium import (
    ALBUMIN,
    CALCIUM,
    CORRECTED_TERMS,
    albumin_g_per_l,
    calcium_note,
    corrected_calcium,
    nearest_albumin,
)
from galu.safety.ctcae import grade_labs
from galu.safety.inputs import AdverseEventInput
from galu.safety.notes import grade_note
from galu.safety.tables import AeCount, TreatedSubject, ae_by_soc_and_term, ae_overview, lab_shift
from galu.trial.clues import IN_URINE, NAMES_BLOOD, NEVER_IN_URINE
from galu.trial.events import events_by_subject
from galu.trial.lab_ranges import RANGED
from galu.trial.labs import after_dose
from galu.trial.slots import Slot
from galu.trial.subjects import Subject
from galu.trial.unread import Unread, derive_unread
from galu.vocabulary.laboratory import in_unit, lab_tests
from galu.vocabulary.results import read_result

#: Version used where a study names none (assumed).
CTCAE_VERSION: Final = "5.0"
EMERGENT_DAYS: Final = 30
#: CTCAE grades blood: the pH or glucose of urine says nothing of acidosis or hypoglycaemia.
_SPECIMEN = pl.col("specimen").fill_null("")
IN_BLOOD = (
    ~_SPECIMEN.str.contains(IN_URINE)
    | _SPECIMEN.str.contains(NAMES_BLOOD)
    | pl.col("test").is_in(list(NEVER_IN_URINE))
)
Shift = Mapping[tuple[int | None, int | None], int]


@dataclass(frozen=True)
class SafetyResults:
    """Tables of the safety sets; events after the imaging agent and before the therapy stand apart.

    `grades` has a row per gradable laboratory value and direction: subject, test, day, value, unit,
    term, direction, grade (null: cannot be graded), after_dose, is_baseline, fact, note (what the
    grade rests on), and the limits of normal lower and upper in that unit.
    `unread` lists the terms, names and results that could not be read.
    """

    treated: tuple[TreatedSubject, ...]
    overview: tuple[AeCount, ...]
    by_term: tuple[AeCount, ...]
    imaging_overview: tuple[AeCount, ...]
    grades: pl.DataFrame
    shifts: Mapping[str, Shift]
    unread: tuple[Unread, ...] = ()


def emergent_days(study: Study) -> int:
    """Days after the last dose in which an onset still is treatment-emergent."""
    return study.safety.emergent_days if study.safety else EMERGENT_DAYS


def derive_safety(
    study: Study, record: Record, subjects: Iterable[Subject], slots: Iterable[Slot] = ()
) -> SafetyResults:
    """Safety tables of everyone who got any agent; the DLTs of the board's slots are in each of them."""
    people = tuple(subjects)
    plan = study.safety
    version = plan.ctcae_version.value if plan else CTCAE_VERSION
    emergent = emergent_days(study)
    events = events_by_subject(record)
    dosed = tuple(
        TreatedSubject(
            subject.id,
            subject.imaging[0].day if subject.imaging else None,
            subject.first_dose,
            _last_given(subject),
            events.get(subject.id, ()),
            until=_watched_until(subject),
        )
        for subject in people
        if subject.therapy or subject.imaging
    )
    therapy = tuple(one for one in dosed if one.first_dose is not None)
    imaged = tuple(one for one in dosed if one.first_scan is not None)
    limiting = tuple(slot for slot in slots if slot.outcome == "T")
    grades = grade_record(record, {s.id: s.therapy[0].start for s in people if s.therapy}, version)
    return SafetyResults(
        treated=dosed,
        overview=(*ae_overview(therapy, emergent), *_beside_events(people, limiting)),
        by_term=(*ae_by_soc_and_term(therapy, emergent), *_without_event(limiting, events, len(therapy))),
        imaging_overview=ae_overview(imaged, emergent, "imaging-emergent"),
        grades=grades,
        shifts=_shifts(grades),
        unread=derive_unread(record, events, grades),
    )


def _beside_events(people: tuple[Subject, ...], limiting: tuple[Slot, ...]) -> tuple[AeCount, ...]:
    """Subjects with a dose-limiting toxicity from whatever source, and those who died of whatever cause."""
    dosed = [one for one in people if one.therapy]
    rows = [("dose-limiting toxicity", len(limiting)), ("died", sum(one.dead for one in dosed))]
    return tuple(_row("", name, count, len(dosed)) for name, count in rows if count)


def _without_event(
    limiting: tuple[Slot, ...], events: Mapping[str, tuple[AdverseEventInput, ...]], dosed: int
) -> tuple[AeCount, ...]:
    """Dose-limiting toxicities that rest on no reported event: a value, a death or a judgement alone."""
    refs = {name: {event.ref for event in own} for name, own in events.items()}
    bare = [slot for slot in limiting if refs.get(slot.subject, set()).isdisjoint(slot.decided_by)]
    by = Counter(slot.rule for slot in bare)
    if not bare:
        return ()
    title = "Dose-limiting toxicity without a reported event"
    return (
        _row(title, "", len(bare), dosed),
        *(_row(title, rule, n, dosed) for rule, n in sorted(by.items())),
    )


def _row(soc: str, term: str, count: int, of: int) -> AeCount:
    return AeCount(soc, term, count, count, 100.0 * count / of if of else None, (0, 0, 0, 0, 0))


def _last_given(subject: Subject) -> date | None:
    """Last day on which the therapy was given: what is given over days is given until its end."""
    days = (max(dose.day, day_of(dose.ended) or dose.day) for dose in subject.therapy)
    return max(days, default=None)


def _watched_until(subject: Subject) -> date | None:
    """Day of death or of leaving the study, the earlier one; None while the subject is watched."""
    left = subject.left("study")
    days = (subject.died, left.day if left else None)
    return min((day for day in days if day is not None), default=None)


def grade_record(record: Record, starts: Mapping[str, str], version: str) -> pl.DataFrame:
    """Grade of every laboratory value, in the unit reported; the baseline record by its limits.

    A result in words is read by `read_result`; one that is no number cannot be graded, nor one that is only
    known to lie beyond a limit with several grades. Calcium is graded corrected for albumin, where known;
    `note` says what a grade rests on besides the value.
    """
    told = pl.col("value").is_not_null() | pl.col("text").is_not_null()
    labs = with_results(record.facts("lab").filter(told & IN_BLOOD))
    # Limits that contradict each other are not known.
    crossed = (pl.col("lower_limit") > pl.col("upper_limit")).fill_null(False)
    limits = ("lower_limit", "upper_limit")
    labs = labs.with_columns(pl.when(~crossed).then(pl.col(name)).alias(name) for name in limits)
    terms = pl.DataFrame(
        [(test.code, term, direction) for test in lab_tests().values() for term, direction in test.terms],
        schema={"TEST": pl.String, "TERM": pl.String, "DIRECTION": pl.String},
        orient="row",
    )
    dosed = pl.DataFrame(
        {"subject": list(starts), "first_dose": [days_of(start)[0] for start in starts.values()]},
        schema={"subject": pl.String, "first_dose": pl.Date},
    )
    values = labs.with_columns(pl.col("test").str.to_uppercase().alias("TEST")).join(
        dosed, on="subject", how="left", maintain_order="left"
    )
    same_day = values.filter(pl.col("day") == pl.col("first_dose")).iter_rows(named=True)
    late = [
        row["id"]
        for row in same_day
        if after_dose(row["day"], row["on"], starts[row["subject"]], record.zone)
    ]
    after = (pl.col("day") > pl.col("first_dose")).fill_null(False) | pl.col("id").is_in(late)
    values = _with_baseline(values.with_columns(after.alias("after_dose")))
    table = values.join(terms, on="TEST", how="inner", maintain_order="left").rename(
        {"unit": "AVALU", "lower_limit": "ANRLO", "upper_limit": "ANRHI"}
    )
    table = _with_albumin(table.with_columns(pl.col("graded").alias("AVAL"), pl.col("bound").alias("BOUND")))
    change = 100.0 * (pl.col("AVAL") - pl.col("BASE")) / pl.col("BASE")
    table = table.with_columns(
        change.alias("PCHG"),
        pl.lit("").alias("SYS"),
        pl.when(pl.col("is_baseline")).then(pl.lit("Y")).otherwise(pl.lit("")).alias("ABLFL"),
    )
    table = table.with_columns(grade_labs(table, version).alias("grade"))
    return _with_notes(table, version).select(
        "subject", pl.col("test"), "day", "value", pl.col("AVALU").alias("unit"),
        pl.col("TERM").alias("term"), pl.col("DIRECTION").alias("direction"),
        "grade", "after_dose", "is_baseline",
        pl.col("id").alias("fact"), "note", pl.col("ANRLO").alias("lower"), pl.col("ANRHI").alias("upper"),
    )  # fmt: skip


def _with_albumin(table: pl.DataFrame) -> pl.DataFrame:
    """Calcium as it is graded: corrected for the albumin of the subject, which `albumin` holds [g/L]."""
    by_subject: dict[str, list[tuple[date, float]]] = {}
    rows = table.filter((pl.col("TEST") == ALBUMIN) & pl.col("day").is_not_null())
    for subject, day, value, unit, bound in rows.select(
        "subject", "day", "value", "AVALU", "BOUND"
    ).iter_rows():
        if (grams := albumin_g_per_l(value, unit or "", bound or "")) is not None:
            by_subject.setdefault(subject, []).append((day, grams))
    corrected = (pl.col("TEST") == CALCIUM) & pl.col("TERM").is_in(CORRECTED_TERMS)
    read: dict[tuple[str, str], tuple[float | None, str]] = {}
    of = ("id", "TERM", "DIRECTION", "subject", "day", "AVAL", "AVALU", "value")
    for name, term, side, subject, day, graded, unit, value in table.filter(corrected).select(of).iter_rows():
        albumin = nearest_albumin(day, by_subject.get(subject, ()))
        number = None if graded is None else corrected_calcium(graded, unit or "", albumin, side)
        read[name, term] = number, calcium_note(value, unit or "", albumin, side)
    notes = pl.DataFrame(
        [(*pair, *said) for pair, said in read.items()],
        schema={"id": pl.String, "TERM": pl.String, "corrected": pl.Float64, "calcium": pl.String},
        orient="row",
    )
    joined = table.join(notes, on=["id", "TERM"], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("corrected", "AVAL").alias("AVAL"))


def _with_notes(table: pl.DataFrame, version: str) -> pl.DataFrame:
    """Add `note`: what a grade rests on besides the value."""
    if RANGED not in table.columns:
        table = table.with_columns(pl.lit("").alias(RANGED))
    of = ("TERM", "DIRECTION", "AVALU", "grade", "AVAL", "BOUND", "calcium", RANGED)
    notes = [
        "; ".join(
            part
            for part in (
                calcium,
                grade_note((version, term, side, unit or ""), grade, value, bound or ""),
                limits,
            )
            if part
        )
        for term, side, unit, grade, value, bound, calcium, limits in table.select(of).iter_rows()
    ]
    return table.with_columns(pl.Series("note", notes, dtype=pl.String))


def with_results(labs: pl.DataFrame) -> pl.DataFrame:
    """Laboratory facts with results in words read: `value`, its `bound` and the number to grade."""
    told = labs.filter(pl.col("value").is_null())["text"].drop_nulls().unique().to_list()
    read = {text: found for text in told if (found := read_result(text)) is not None}
    only = pl.when(pl.col("value").is_null()).then(pl.col("text"))

    def of(column: dict[str, float]) -> pl.Expr:
        return only.replace_strict(column, default=None, return_dtype=pl.Float64)

    return labs.with_columns(
        pl.coalesce("value", of({text: one.value for text, one in read.items()})).alias("value"),
        pl.coalesce("value", of({text: one.graded for text, one in read.items()})).alias("graded"),
        only.replace_strict(
            {text: one.bound for text, one in read.items()}, default="", return_dtype=pl.String
        ).alias("bound"),
    )


def _with_baseline(values: pl.DataFrame) -> pl.DataFrame:
    """Add the baseline value, its status and which row it is.

    It is the row that the source marks as baseline, or else the last one up to the first dose; a value of
    unknown day is none.
    """
    by = ["subject", "TEST"]
    known = pl.col("day").is_not_null() & pl.col("value").is_not_null()
    before = values.filter(known & ~pl.col("after_dose") & pl.col("first_dose").is_not_null())
    marked = pl.col("baseline").fill_null(False)
    last = before.sort(marked, "on", "seq").group_by(by, maintain_order=True).last()
    low, high = pl.col("value") < pl.col("lower_limit"), pl.col("value") > pl.col("upper_limit")
    known = pl.col("lower_limit").is_not_null() | pl.col("upper_limit").is_not_null()
    status = pl.when(low).then(pl.lit("LOW")).when(high).then(pl.lit("HIGH")).otherwise(pl.lit("NORMAL"))
    base = last.select(
        *by,
        pl.col("value").alias("BASE"),
        pl.col("unit").alias("base_unit"),
        pl.when(known).then(status).otherwise(None).alias("BNRIND"),
        pl.col("id").alias("base_id"),
    )
    joined = _in_own_unit(values.join(base, on=by, how="left", maintain_order="left"))
    return joined.with_columns((pl.col("id") == pl.col("base_id")).fill_null(False).alias("is_baseline"))


def _in_own_unit(joined: pl.DataFrame) -> pl.DataFrame:
    """The baseline in the unit of each value; unknown where it does not convert."""
    other = pl.col("base_unit").ne_missing(pl.col("unit")) & pl.col("BASE").is_not_null()
    if joined.filter(other).is_empty():
        return joined
    base = [
        value if one == unit or value is None else in_unit(test, value, one or "", unit or "")
        for test, value, one, unit in joined.select("TEST", "BASE", "base_unit", "unit").iter_rows()
    ]
    return joined.with_columns(pl.Series("BASE", base, dtype=pl.Float64))


def _shifts(grades: pl.DataFrame) -> dict[str, dict[tuple[int | None, int | None], int]]:
    """Baseline grade against worst grade after the first dose, subjects by term."""
    keys = ["subject", "term"]
    base = grades.filter("is_baseline").group_by(keys).agg(pl.col("grade").max().alias("baseline"))
    worst = grades.filter("after_dose").group_by(keys).agg(pl.col("grade").max().alias("worst"))
    rows = worst.join(base, on=keys, how="left").sort(keys)
    return lab_shift(rows.select("subject", "term", "baseline", "worst").iter_rows())
