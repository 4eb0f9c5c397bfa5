"""Use cases of the record: import facts, verify, export."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.outputs import require_outside_trial, write_output
from galu.desk.places import CHECKPOINTS, RECORD
from galu.desk.set_aside import note_set_aside
from galu.exchange.facts_csv import read_facts, write_facts
from galu.finding import InputError
from galu.record import Fact
from galu.record.conduct import StudyVersion
from galu.store import Checkpoints, SqliteStore, Verification, verify
from galu.store.sqlite import Clock
from galu.trial.admission import Fault, check_admission

if TYPE_CHECKING:
    from galu.exchange.sdtm import SdtmReport


@dataclass(frozen=True, slots=True)
class Imported:
    """Facts by kind that an import wrote, or a dry run would write.

    `passed_over` counts study versions of the source that are the one in force already; `set_aside`
    holds a sentence for each fact of a foreign format that may not enter.
    """

    counts: tuple[tuple[str, int], ...]
    written: bool
    passed_over: int = 0
    set_aside: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Facts of all kinds."""
        return sum(count for _, count in self.counts)


def import_csv(folder: Path, source: Path, dry_run: bool = False, clock: Clock = utc_now) -> Imported:
    """Write the facts of a CSV, or of a folder of them, into a trial: all or nothing.

    Raises
    ------
    InputError
        Naming file, row and column of the first fault; nothing is written.
    """
    trial = open_trial(folder, clock)
    files = read_facts(source)
    in_force = _hash_in_force(trial)
    kept = [n for n, fact in enumerate(files.facts) if not _is_version(fact, in_force)]
    batch = [files.facts[n] for n in kept]
    for fact in batch:
        if isinstance(fact, StudyVersion):
            raise InputError(
                files.places[fact.id],
                "brings another version of the study",
                "import into a folder made from that study file",
            )
    faults = check_admission(trial.study, trial.record, batch, clock())
    if faults:
        more = f" (and {len(faults) - 1} more faults)" if len(faults) > 1 else ""
        place = f"{files.places[faults[0].fact]}, column {faults[0].column}"
        raise InputError(place, faults[0].fault + more, faults[0].remedy)
    if not dry_run:
        trial.store.append(batch, files.recorded and [files.recorded[n] for n in kept])
    return Imported(_counts(batch), not dry_run, passed_over=len(files.facts) - len(batch))


def import_sdtm(
    folder: Path,
    sources: Sequence[Path],
    dry_run: bool = False,
    encoding: str | None = None,
    clock: Clock = utc_now,
) -> tuple[Imported, SdtmReport]:
    """Write the facts of SDTM data sets into a trial, and say what became of every row of them.

    Collected data of another trial cannot be mended at its source: a fact that may not enter is set
    aside and named, the others are written, all or nothing. What was set aside, or read only in part, is
    listed beside the record.
    """
    from galu.exchange.sdtm import read_sdtm

    trial = open_trial(folder, clock)
    found = read_sdtm(sources, encoding)
    faults = [one for one in check_admission(trial.study, trial.record, found.facts, clock()) if not one.word]
    refused = {fault.fact for fault in faults}
    batch = [fact for fact in found.facts if fact.id not in refused]
    if not batch:
        first = _sentences(found.facts, faults[:1])[0]
        raise InputError(first, "nothing of the source may enter", faults[0].remedy)
    aside = _sentences(found.facts, faults)
    if not dry_run:
        trial.store.append(batch)
        note_set_aside(folder, clock(), (*found.report.aside, *(("", 0, sentence) for sentence in aside)))
    return Imported(_counts(batch), not dry_run, set_aside=aside), found.report


def write_report(path: Path, report: SdtmReport, imported: Imported) -> None:
    """Write what became of every row as JSON: kept, skipped and noted rows in full, facts set aside."""
    content = {**report.as_json(), "set_aside": imported.set_aside, "written": imported.written}
    write_output(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def verify_record(folder: Path, clock: Clock = utc_now) -> Verification:
    """Check chain, file and signed heads of a trial folder; the study file plays no part."""
    if not (folder / RECORD).is_file():
        raise InputError(str(folder), "is no trial folder", "give a folder made by `galu init`")
    return verify(SqliteStore(folder / RECORD, clock), Checkpoints(folder / CHECKPOINTS))


def export_record(folder: Path, out: Path) -> tuple[Path, ...]:
    """Write every fact ever written, one CSV per kind."""
    require_outside_trial(out)
    return write_facts(open_trial(folder).store.entries(), out)


def _hash_in_force(trial: TrialFolder) -> str:
    return str(trial.record.facts("study_version").sort("seq")["study_hash"][-1])


def _is_version(fact: Fact, study_hash: str) -> bool:
    return isinstance(fact, StudyVersion) and fact.study_hash == study_hash


def _counts(batch: Sequence[Fact]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(fact.kind for fact in batch).items())


def _sentences(facts: Sequence[Fact], faults: Sequence[Fault]) -> tuple[str, ...]:
    sources: Mapping[str, str] = {fact.id: fact.source for fact in facts}
    return tuple(f"{sources[one.fact] or one.fact}, {one.column}: {one.fault}" for one in faults)
