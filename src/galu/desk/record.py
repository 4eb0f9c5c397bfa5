"""Use cases of the record: import facts, verify, export."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import acts, mirror_token
from galu.desk.noted import note_key, noted_key
from galu.desk.outputs import require_outside_trial, write_output
from galu.desk.places import CHECKPOINTS, STUDY, VERSIONS, holds_record
from galu.desk.seen import entries_seen
from galu.desk.set_aside import note_set_aside
from galu.desk.study import study_file
from galu.desk.whole import (
    Versions,
    admissible,
    copy_beside,
    import_whole,
    is_export,
    keep_versions,
    label,
    placed,
    read_versions,
    require_label,
    write_beside,
)
from galu.exchange.dialect import PLAIN, Dialect
from galu.exchange.facts_csv import FactFiles, survey_facts, write_facts
from galu.exchange.facts_templates import EXAMPLE_AGENT, TEMPLATES, template
from galu.files import write_private
from galu.finding import InputError, ManyFaultsError, OutOfReachError, OvertakenError
from galu.protocol import load_study
from galu.record import Entry, Fact, canonical
from galu.record.conduct import StudyVersion
from galu.record.record import frames_of
from galu.record.seal import Head
from galu.record.versions import version_rows
from galu.store import Checkpoints, Verification, open_store, verify
from galu.store.mirrors import Place, heads_at
from galu.store.sql import Clock
from galu.trial.admission import Fault, check_admission
from galu.trial.entered import Notation

if TYPE_CHECKING:
    from galu.exchange.sdtm import SdtmImport, SdtmReport

T = TypeVar("T")
#: How often an import looks anew when others write at the same time.
_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Imported:
    """Facts by kind that an import wrote, or a dry run would write.

    `passed_over` counts study versions of the source that are the one in force already; `set_aside`
    holds a sentence for each fact of a foreign format that may not enter; `known` counts facts that the
    record holds already, word for word; `warning` says what is wrong with the clock; `unknown` holds a
    sentence for each name or unit that is kept as it is written, and from which nothing is derived.
    """

    counts: tuple[tuple[str, int], ...]
    written: bool
    passed_over: int = 0
    set_aside: tuple[str, ...] = ()
    known: int = 0
    warning: str | None = None
    unknown: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Facts of all kinds."""
        return sum(count for _, count in self.counts)


@acts("import")
def import_csv(
    folder: Path, source: Path, dry_run: bool = False, dialect: Dialect = PLAIN, clock: Clock = utc_now
) -> Imported:
    """Write the facts of a CSV, or of a folder of them, into a trial: all or nothing.

    A file that grows may be imported again: what the record holds already, word for word, is passed over.

    Raises
    ------
    ManyFaultsError
        Naming file, row and column of every fault; nothing is written.
    """
    survey = survey_facts(source, dialect)
    if is_export(source) and not (folder.is_dir() and any(folder.iterdir())):
        files, faults = survey
        if faults:
            raise ManyFaultsError(faults)
        return Imported(_counts(import_whole(folder, source, files, dry_run, clock)), not dry_run)
    return _on_the_newest(lambda: _import_facts(open_trial(folder, clock), (source, survey), dry_run))


def _on_the_newest(work: Callable[[], T]) -> T:
    """Look and write; look anew where somebody wrote in between."""
    for _ in range(_TRIES):
        with contextlib.suppress(OvertakenError):
            return work()
    return work()


def _import_facts(
    trial: TrialFolder, brought: tuple[Path, tuple[FactFiles, Sequence[InputError]]], dry_run: bool
) -> Imported:
    record, seen = trial.record, trial.store.seen
    source, (files, faults) = brought
    versions, later = _versions(trial, source, files)
    found = [*faults, *later]
    taken = {one.id for one in versions.facts[1:]} if versions and not later else set()
    mark = label(versions, record) if versions and not later else None
    facts = [one for one in files.facts if not isinstance(one, StudyVersion) or one.id in taken]
    fresh, known, changed = apart(trial, facts)
    if mark is not None and versions is not None and files.recorded:
        labelled = Entry(len(record) + 1, files.recorded[0], mark)
        record = record.appended(frames_of([labelled]))
    notation = Notation(files.doubtful, files.unread)
    entering = [one for one in fresh if not isinstance(one, StudyVersion)]
    if versions is None or len(versions.facts) == 1:
        refused = check_admission(trial.study, record, entering, trial.clock(), notation)
        refused = tuple(one for one in refused if not (one.word and versions is not None))
    else:
        refused = admissible(versions.studies, record, entering, trial.clock())
    found += placed((*changed, *refused), files.places)
    if found:
        raise ManyFaultsError(found)
    warning = trial.warning()
    times = dict(zip((fact.id for fact in files.facts), files.recorded or (), strict=False))
    recorded = [times[fact.id] for fact in fresh] if times and fresh else None
    batch = fresh
    if mark is not None and recorded:
        batch, recorded = [mark, *fresh], [recorded[0], *recorded]
    if dry_run:
        trial.check(batch, recorded)
    else:
        _write(trial, source, versions, (batch, recorded), seen)
    passed = sum(isinstance(one, StudyVersion) for one in files.facts) - len(taken)
    return Imported(_counts(fresh), not dry_run, passed, (), known, warning)


def _write(
    trial: TrialFolder,
    source: Path,
    versions: Versions | None,
    batch: tuple[Sequence[Fact], Sequence[datetime] | None],
    seen: Head | None,
) -> None:
    """Write a batch; of an export the versions it brings first, and the study in force last."""
    if versions is not None:
        keep_versions(versions, trial.path)
        copy_beside(source, trial.path)
    trial.write(batch[0], batch[1], after=seen)
    if versions is not None and len(versions.facts) > 1:
        write_private(trial.path / STUDY, versions.texts[-1])


def _versions(trial: TrialFolder, source: Path, files: FactFiles) -> tuple[Versions | None, list[InputError]]:
    """The versions of the study that an export brings into a fresh folder, and why they may not enter."""
    brought = [fact for fact in files.facts if isinstance(fact, StudyVersion)]
    record, in_force = trial.record, _hash_in_force(trial)
    fresh = set(record.frames) == {StudyVersion.kind} and len(record) == 1
    if fresh and brought and brought[0].study_hash == in_force and is_export(source):
        found = read_versions(source, files) if len(brought) > 1 else Versions(tuple(brought), (), ())
        require_label(found, record, str(source))
        return found, []
    if any(one.origin == "simulated" for one in brought) and record.origin != "simulated":
        remedy = "import it into a new folder, or one made with `galu init --origin simulated`"
        return None, [InputError(str(source), "is a simulated trial, and would lose that label", remedy)]
    hashes = {one.study_hash for one in brought}
    remedy = "import into a new folder, or into one made from that study file"
    if in_force in hashes:
        remedy = (
            f"import into a new folder: the trial began with {VERSIONS}/{brought[0].study_hash[:16]}.yaml"
        )
    known = {row.study_hash for row in version_rows(record)}
    return None, [
        InputError(files.places[fact.id], "brings another version of the study", remedy)
        for fact in brought
        if fact.study_hash not in known
    ]


def apart(trial: TrialFolder, facts: Sequence[Fact]) -> tuple[list[Fact], int, list[Fault]]:
    """Facts that are new, how many the record holds word for word, and those it holds otherwise."""
    written = trial.store.payloads(fact.id for fact in facts)
    fresh = [fact for fact in facts if fact.id not in written]
    changed = [fault for fact in facts if fact.id in written for fault in _changed(fact, *written[fact.id])]
    return fresh, len(facts) - len(fresh) - len({fault.fact for fault in changed}), changed


def _changed(fact: Fact, kind: str, payload: str) -> Iterator[Fault]:
    """How a fact differs from the one that the record holds under its id; where it came from may differ."""
    if kind != fact.kind:
        yield Fault(
            fact.id, "id", f"id {fact.id!r} is in the record already, as {kind}", "give it its own id"
        )
        return
    old, new = json.loads(payload), json.loads(canonical(fact))
    for column in type(fact).model_fields:
        if column not in ("source", "account") and old.get(column) != new.get(column):
            was, now = (_shown(one.get(column)) for one in (old, new))
            yield Fault(
                fact.id,
                column,
                f"id {fact.id!r} is in the record already with {was}, here with {now}",
                f"a correction has its own id, supersedes {fact.id!r} and says its reason",
            )


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)


@acts("import")
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

    found = read_sdtm(sources, encoding)
    done = _on_the_newest(lambda: _import_tabulated(open_trial(folder, clock), found, dry_run))
    return done, found.report


def _import_tabulated(trial: TrialFolder, found: SdtmImport, dry_run: bool) -> Imported:
    record, seen = trial.record, trial.store.seen
    fresh, known, changed = apart(trial, found.facts)
    admission = check_admission(trial.study, record, fresh, trial.clock())
    faults = [*changed, *(one for one in admission if not one.word)]
    refused = {fault.fact for fault in faults}
    batch = [fact for fact in fresh if fact.id not in refused]
    if not batch and not known:
        if not faults:
            place = ", ".join(sorted({str(name) for name, *_ in found.report.aside})) or "the source"
            raise InputError(place, "no row of it is a fact", "see that rows name their subjects and days")
        first = _sentences(found.facts, faults[:1])[0]
        raise InputError(first, "nothing of the source may enter", faults[0].remedy)
    aside, warning = _sentences(found.facts, faults), trial.warning()
    if dry_run:
        trial.check(batch)
    else:
        trial.write(batch, after=seen)
        note_set_aside(
            trial.path, trial.clock(), (*found.report.aside, *(("", 0, sentence) for sentence in aside))
        )
    unknown = _unknown(found.facts, (one for one in admission if one.word and one.fact not in refused))
    return Imported(_counts(batch), not dry_run, 0, aside, known, warning, unknown)


@acts("compute")
def write_report(path: Path, report: SdtmReport, imported: Imported) -> None:
    """Write what became of every row as JSON: kept, skipped and noted rows in full, facts set aside."""
    content = {
        **report.as_json(),
        "set_aside": imported.set_aside,
        "written": imported.written,
        "not_known": imported.unknown,
    }
    write_output(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


@acts("check-record")
def verify_record(
    folder: Path, key: str | None = None, against: Sequence[Place] = (), clock: Clock = utc_now
) -> Verification:
    """Check chain, file and signed heads of a trial folder; the study file plays no part.

    Parameters
    ----------
    folder
        A trial folder.
    key
        The public key noted when the trial began, in hexadecimal, or the path of a file that holds it;
        without it the one that this user met first, which is noted now where none was.
    against
        Places with signed heads kept elsewhere; the mirror, where there is one, is taken besides.

    Raises
    ------
    OutOfReachError
        When something cannot be checked now.
    """
    if not holds_record(folder):
        raise OutOfReachError(str(folder), "is no trial folder", "give a folder made by `galu init`")
    checkpoints = Checkpoints(folder / CHECKPOINTS)
    mirror = checkpoints.custody.mirror
    if isinstance(mirror, Path) and not mirror.is_dir():
        raise OutOfReachError(str(mirror), "the mirror of the signed heads is not there", "connect it")
    noted = Path(key).read_text(encoding="ascii", errors="replace") if key and Path(key).is_file() else key
    noted = noted or noted_key(folder)
    names = [name for name, _ in checkpoints.signed()]
    with contextlib.ExitStack() as open_places:
        places = dict.fromkeys((*against, *((mirror,) if mirror else ())))
        heads = [open_places.enter_context(heads_at(place, names, mirror_token())) for place in places]
        witnesses = tuple(Checkpoints(place) for place in heads)
        found = verify(open_store(folder, clock), checkpoints, noted, witnesses)
    if found.fault is None:
        note_key(folder, found.public_key)
    return found


@acts("export")
def export_record(folder: Path, out: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write every fact ever written, one CSV per kind, and every version of the study beside them.

    Gives the CSVs, and what no kind reads any more. What identifies a person is left empty for whoever may
    not see it.
    """
    require_outside_trial(out)
    left_out: list[str] = []
    trial = open_trial(folder)
    hidden = entries_seen(trial.sight, trial.record)
    paths = write_facts(map(hidden, trial.store.entries(left_out.append)), out)
    write_beside(trial, out)
    return paths, tuple(left_out)


@acts("compute")
def write_templates(kind: str, out: Path, study: Path | None = None) -> tuple[Path, ...]:
    """Write a CSV to begin with for a kind of fact, or for all; of a study's own agent where one is named."""
    kinds = TEMPLATES if kind == "all" else (kind,)
    if not set(kinds) <= set(TEMPLATES):
        raise InputError("KIND", f"{kind!r} is no kind that people write", f"all, or {', '.join(TEMPLATES)}")
    require_outside_trial(out / "any.csv")
    paths = [out / f"{one}.csv" for one in kinds]
    taken = [path for path in paths if path.exists()]
    if taken:
        raise InputError(str(taken[0]), "exists already", "name another folder; nothing was written")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(out), f"is no folder ({error.strerror})", "name a new folder") from None
    plan = None if study is None else load_study(study_file(study)).treatment
    own = {} if plan is None else {EXAMPLE_AGENT: plan.therapy_agent.value}
    return tuple(write_output(path, template(path.stem, own)) for path in paths)


def _hash_in_force(trial: TrialFolder) -> str:
    return str(trial.record.facts("study_version").sort("seq")["study_hash"][-1])


def _counts(batch: Sequence[Fact]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(fact.kind for fact in batch).items())


def _unknown(facts: Sequence[Fact], words: Iterable[Fault]) -> tuple[str, ...]:
    """One sentence for each name or unit that is not known: where it stands first, and in how many facts."""
    sources = {fact.id: fact.source or fact.id for fact in facts}
    places: dict[tuple[str, str], list[str]] = {}
    for one in words:
        places.setdefault((one.fault, one.remedy), []).append(sources[one.fact])
    return tuple(
        f"{own[0]}{f' and {len(own) - 1} more' if len(own) > 1 else ''}: {fault}; {remedy}"
        for (fault, remedy), own in places.items()
    )


def _sentences(facts: Sequence[Fact], faults: Sequence[Fault]) -> tuple[str, ...]:
    sources: Mapping[str, str] = {fact.id: fact.source for fact in facts}
    return tuple(f"{sources[one.fact] or one.fact}, {one.column}: {one.fault}" for one in faults)
