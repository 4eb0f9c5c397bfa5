"""Adverse-event and laboratory shift tables, as plain rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from galu.safety.course import worsened_since
from galu.safety.events import Labels
from galu.safety.inputs import AdverseEventInput
from galu.vocabulary.actions import ends_therapy
from galu.vocabulary.events import tells_of_death
from galu.words import checked, checked_fields

Phase = Literal["before", "imaging-emergent", "treatment-emergent", "later"]


@dataclass(frozen=True, slots=True)
@checked_fields
class TreatedSubject:
    """One subject of a safety set; `last_dose`, the end of the last one, is None without the therapy.

    `until` is the last day on which the subject was watched (death, leaving, or the day of the analysis).
    """

    subject: str
    first_scan: date | None
    first_dose: date | None
    last_dose: date | None
    events: tuple[AdverseEventInput, ...] = ()
    until: date | None = None


@dataclass(frozen=True, slots=True)
class AeCount:
    """Subjects with at least one such event, and events; `worst` counts subjects by worst grade 1–5."""

    soc: str
    term: str
    subjects: int
    events: int
    percent: float | None
    worst: tuple[int, int, int, int, int]


def phase_of(event: AdverseEventInput, subject: TreatedSubject, emergent_days: int) -> Phase:
    """Where an event belongs: what began after the scan and before the therapy stays apart.

    An event that began earlier and grew worse after the first dose is treatment-emergent from then on.
    One whose day is known only in part belongs to the therapy where it may have begun after it (assumed).
    """
    latest = event.onset_until or event.onset
    if subject.first_dose is not None:
        began = emergent_since(event, subject.first_dose)
        if began is not None:
            last = subject.last_dose or subject.first_dose
            return "treatment-emergent" if began <= last + timedelta(emergent_days) else "later"
    if subject.first_scan is not None and latest >= subject.first_scan:
        return "imaging-emergent"
    return "before"


@checked
def emergent_since(event: AdverseEventInput, first_dose: date) -> date | None:
    """First day after the first dose on which an event may have begun or grown worse; None: never."""
    if (event.onset_until or event.onset) >= first_dose:
        return max(event.onset, first_dose)
    return worsened_since(event, first_dose)


def is_related(event: AdverseEventInput) -> bool:
    """Whether an event counts as related: one of unknown attribution does."""
    return event.attribution != "unrelated"


def seriousness(event: AdverseEventInput) -> bool | None:
    """Whether an event is serious; None where nobody said.

    Death and a threat to life are serious whatever was ticked (ICH E2A, section II B).
    """
    if is_fatal(event) or event.life_threatening:
        return True
    return event.serious


def is_fatal(event: AdverseEventInput) -> bool:
    """Whether an event ended in death, by its grade or its outcome."""
    return event.grade == 5 or tells_of_death(event.outcome)


def is_serious(event: AdverseEventInput) -> bool:
    """Whether an event is known to be serious."""
    return seriousness(event) is True


def ended_treatment(event: AdverseEventInput) -> bool:
    """Whether an event led to the end of treatment, by the action taken."""
    return ends_therapy(event.action)


def keeping(
    subjects: Iterable[TreatedSubject], condition: Callable[[AdverseEventInput], bool]
) -> tuple[TreatedSubject, ...]:
    """All subjects, with only the events that meet a condition: any table of those events follows."""
    return tuple(replace(one, events=tuple(e for e in one.events if condition(e))) for one in subjects)


def _emergent(
    subjects: Iterable[TreatedSubject], days: int, phase: Phase
) -> list[tuple[str, AdverseEventInput]]:
    return [(s.subject, e) for s in subjects for e in s.events if phase_of(e, s, days) == phase]


def _count(soc: str, term: str, rows: list[tuple[str, AdverseEventInput]], n: int) -> AeCount:
    worst: dict[str, int] = {}
    for subject, event in rows:
        worst[subject] = max(worst.get(subject, 0), 5 if is_fatal(event) else event.grade or 0)
    by = Counter(worst.values())
    share = 100.0 * len(worst) / n if n else None
    return AeCount(soc, term, len(worst), len(rows), share, (by[1], by[2], by[3], by[4], by[5]))


@checked
def ae_overview(
    subjects: tuple[TreatedSubject, ...], emergent_days: int, phase: Phase = "treatment-emergent"
) -> tuple[AeCount, ...]:
    """Any, grade ≥3, related, serious, related serious, leading to withdrawal, fatal.

    An event of unknown attribution counts as related. Events of which nobody said whether they are
    serious, or which grade they have, have a line of their own, where there are any.
    """
    rows = _emergent(subjects, emergent_days, phase)
    lines: tuple[tuple[str, Callable[[AdverseEventInput], bool]], ...] = (
        ("any", lambda e: True),
        ("grade 3 or more", lambda e: (e.grade or 0) >= 3 or is_fatal(e)),
        ("related", is_related),
        ("serious", is_serious),
        ("related and serious", lambda e: is_serious(e) and is_related(e)),
        ("leading to withdrawal", ended_treatment),
        ("fatal", is_fatal),
    )
    counts = [_count("", name, [r for r in rows if keep(r[1])], len(subjects)) for name, keep in lines]
    untold = [row for row in rows if seriousness(row[1]) is None]
    if untold:
        counts.append(_count("", "not known whether serious", untold, len(subjects)))
    ungraded = [row for row in rows if row[1].grade is None and not is_fatal(row[1])]
    if ungraded:
        counts.append(_count("", "grade not stated", ungraded, len(subjects)))
    return tuple(counts)


@checked
def ae_by_soc_and_term(
    subjects: tuple[TreatedSubject, ...], emergent_days: int, phase: Phase = "treatment-emergent"
) -> tuple[AeCount, ...]:
    """Each system organ class (term empty) followed by its terms, most subjects first."""
    grouped: dict[str, dict[str, list[tuple[str, AdverseEventInput]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    emergent = _emergent(subjects, emergent_days, phase)
    labels = Labels.of(event for _, event in emergent)
    for row in emergent:
        soc, term = labels.label(row[1])
        grouped[soc][term].append(row)
    n = len(subjects)
    table: list[AeCount] = []
    for soc in sorted(grouped):
        table.append(_count(soc, "", [r for rows in grouped[soc].values() for r in rows], n))
        terms = [_count(soc, term, rows, n) for term, rows in grouped[soc].items()]
        table += sorted(terms, key=lambda c: (-c.subjects, c.term))
    return tuple(table)


def lab_shift(
    grades: Iterable[tuple[str, str, int | None, int | None]],
) -> dict[str, dict[tuple[int | None, int | None], int]]:
    """Subjects by (baseline grade, worst grade after) for each term; None = not gradable.

    Parameters
    ----------
    grades
        (subject, term, baseline grade, a grade after baseline), one for each graded value.
    """
    worst: dict[tuple[str, str], tuple[int | None, int | None]] = {}
    for subject, term, baseline, after in grades:
        seen = worst.get((term, subject), (baseline, None))[1]
        known = [g for g in (seen, after) if g is not None]
        worst[term, subject] = (baseline, max(known) if known else None)
    table: dict[str, Counter[tuple[int | None, int | None]]] = defaultdict(Counter)
    for (term, _), shift in worst.items():
        table[term][shift] += 1
    return {term: dict(counts) for term, counts in table.items()}
