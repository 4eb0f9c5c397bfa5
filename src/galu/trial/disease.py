"""What the record says of each subject: PSA, bone scans, new therapy, death, last sign of life.

Each thing carries the fact it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from galu.efficacy.pcwg3 import BoneScan
from galu.efficacy.psa import PsaValue, psa_in_ng_ml, quantified
from galu.efficacy.time_to_event import Dated
from galu.record import Record, disease
from galu.record.people import Lab, Therapy
from galu.safety.inputs import AdverseEventInput
from galu.trial.alive import signs_of_life
from galu.trial.events import events_by_subject
from galu.trial.subjects import Subject


@dataclass(frozen=True, slots=True)
class Disease:
    """By subject. `deaths` holds those whose day is known, `died_undated` the subjects of the others.

    `psa_unread` says which PSA results have no number, unit or day that can be read.
    """

    psa: Mapping[str, tuple[PsaValue, ...]]
    psa_unread: Mapping[str, tuple[str, ...]]
    bone: Mapping[str, tuple[BoneScan, ...]]
    therapies: Mapping[str, tuple[Dated, ...]]
    deaths: Mapping[str, Dated]
    died_undated: frozenset[str]
    alive: Mapping[str, Dated]
    events: Mapping[str, tuple[AdverseEventInput, ...]]


def read_disease(record: Record, subjects: Iterable[Subject]) -> Disease:
    """Everything that efficacy rests on besides lesions; deaths as the subjects tell them."""
    deaths = {one.id: one.death for one in subjects if one.death is not None}
    psa, unread = _psa(record)
    return Disease(
        psa=psa,
        psa_unread=unread,
        bone=_bone(record),
        therapies=_therapies(record),
        deaths={name: Dated(one.day, "", (one.fact,)) for name, one in deaths.items() if one.day},
        died_undated=frozenset(name for name, one in deaths.items() if not one.day),
        alive=_alive(record),
        events=events_by_subject(record),
    )


def _psa(record: Record) -> tuple[dict[str, tuple[PsaValue, ...]], dict[str, tuple[str, ...]]]:
    """Values by subject, and what could not be read of the others."""
    found: dict[str, list[PsaValue]] = {}
    unread: dict[str, list[str]] = {}
    for row in record.rows(Lab):
        if row.fact.test != "PSA":
            continue
        value = quantified(row.fact.text or "") if row.fact.value is None else row.fact.value
        ng_ml = None if value is None else psa_in_ng_ml(value, row.fact.unit or "")
        if ng_ml is not None and row.day is not None:
            found.setdefault(row.subject, []).append(PsaValue(row.day, ng_ml, row.id))
            continue
        result = row.fact.text if row.fact.value is None else f"{row.fact.value:g}"
        shown = (
            f"PSA {result or 'without a result'} {row.fact.unit or 'without a unit'} of {row.fact.on[:10]}"
        )
        unread.setdefault(row.subject, []).append(f"{shown} is left out")
    return {name: tuple(v) for name, v in found.items()}, {name: tuple(v) for name, v in unread.items()}


def _bone(record: Record) -> dict[str, tuple[BoneScan, ...]]:
    found: dict[str, list[BoneScan]] = {}
    for row in record.rows(disease.BoneScan):
        if row.day is not None:
            counts = (row.fact.new_lesions, row.fact.new_since_reference, row.fact.persisting)
            found.setdefault(row.subject, []).append(BoneScan(row.day, *counts, ref=row.id))
    return {subject: tuple(scans) for subject, scans in found.items()}


def _therapies(record: Record) -> dict[str, tuple[Dated, ...]]:
    """Anticancer therapies beside the study's, oldest first."""
    found: dict[str, list[Dated]] = {}
    for row in record.rows(Therapy):
        if row.fact.anticancer and row.day is not None:
            found.setdefault(row.subject, []).append(Dated(row.day, row.fact.agent, (row.id,)))
    return {subject: tuple(given) for subject, given in found.items()}


def _alive(record: Record) -> dict[str, Dated]:
    """Last day on which somebody saw or heard of each subject alive."""
    seen = signs_of_life(record).sort("day", "id").group_by("subject").last()
    return {subject: Dated(day, "", (fact,)) for subject, day, fact in seen.iter_rows()}
