"""Use cases: a registry record becomes a study skeleton; two versions of a record are compared."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from galu.desk.outputs import write_output
from galu.exchange.registry import (
    Change,
    RegistryRecord,
    compare_records,
    outside_protocol,
    proposals,
    read_registry,
    study_skeleton,
)
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class Imported:
    """A study skeleton as YAML, what the source lacks or could not be read, and what a null section lacks.

    `kept` names what the record says beyond the protocol, such as results, and which is not in the skeleton.
    """

    yaml: str
    missing: tuple[str, ...]
    unread: tuple[str, ...]
    partly: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def import_registry(path: Path, out: Path | None, number: str | None = None) -> Imported:
    """Turn a registry record into a study skeleton; writes it when `out` is given and free.

    A section that is null though something of it was read says so in a comment above it. `number` says which
    record is meant where the file holds several.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    record = read_registry(path, number)
    proposed = proposals(record)
    skeleton = CommentedMap(study_skeleton(record))
    for section, notes in proposed.notes.items():
        skeleton.yaml_set_comment_before_after_key(section, before=_comment(notes))
    text = io.StringIO()
    yaml = YAML()
    yaml.width = 110
    yaml.representer.add_representer(tuple, lambda r, data: r.represent_list(list(data)))
    yaml.representer.add_representer(
        type(None), lambda r, _: r.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    yaml.dump(skeleton, text)
    if out is not None:
        if out.exists():
            raise InputError(str(out), "exists already", "name a new file; nothing is overwritten")
        write_output(out, text.getvalue())
    told = tuple(f"{section}: {note}" for section, notes in proposed.notes.items() for note in notes)
    unread = (*record.unread, *proposed.unread)
    return Imported(text.getvalue(), record.missing, unread, told, outside_protocol(record))


def _comment(notes: Iterable[str]) -> str:
    """Notes as lines of a comment: each on one line, whatever a record may hold."""
    return "\n".join(" ".join(note.split()) for note in notes)


def compare_registry(old: Path, new: Path) -> tuple[RegistryRecord, RegistryRecord, tuple[Change, ...]]:
    """Two versions of a record, the earlier first, and what changed between them."""
    records = (read_registry(old), read_registry(new))
    return *records, compare_records(*records)
