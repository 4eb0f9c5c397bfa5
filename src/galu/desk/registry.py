"""Use case: a registry record becomes a study skeleton."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from galu.desk.outputs import write_output
from galu.exchange.registry import proposals, read_registry, study_skeleton
from galu.finding import InputError


@dataclass(frozen=True, slots=True)
class Imported:
    """A study skeleton as YAML, what the source lacks or could not be read, and what a null section lacks."""

    yaml: str
    missing: tuple[str, ...]
    unread: tuple[str, ...]
    partly: tuple[str, ...] = ()


def import_registry(path: Path, out: Path | None) -> Imported:
    """Turn a registry record into a study skeleton; writes it when `out` is given and free.

    A section that is null though something of it was read says so in a comment above it.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    record = read_registry(path)
    proposed = proposals(record)
    skeleton = CommentedMap(study_skeleton(record))
    for section, notes in proposed.notes.items():
        skeleton.yaml_set_comment_before_after_key(section, before="\n".join(notes))
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
    return Imported(text.getvalue(), record.missing, (*record.unread, *proposed.unread), told)
