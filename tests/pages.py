"""Pages of the documentation as tests run them: their blocks, their files, their commands."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from galu.cli.main import main


def merged(old: Any, new: Any) -> Any:
    """The file with a block written into it, as the page says it is done."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list) and isinstance(new[0], dict):
        label = next((key for key in ("id", "name") if key in new[0]), None)
        if label is not None and all(label in item for item in old):
            given = {item[label]: item for item in new}
            kept = [merged(item, given.pop(item[label], {})) for item in old]
            return [*kept, *given.values()]
    return new


def load(path: Path) -> Any:
    """A YAML file as plain values."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def write(path: Path, content: Any) -> None:
    """Plain values as a YAML file, keys in their order."""
    yaml = YAML(typ="safe")
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(content, file)


def write_into(path: Path, block: str) -> None:
    """Write a YAML block of a page into a file."""
    write(path, merged(load(path), YAML(typ="safe").load(block)))


def run_line(line: str) -> None:
    """Run a command of a page; it must succeed."""
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(line)[1:])
    assert not ended.value.code, line


def missing(shown: str, said: str) -> str:
    """First piece of a shown block that an answer lacks in this order; blanks and frames do not count."""
    rest = " ".join(said.replace("│", " ").split())
    for piece in shown.split("…\n"):
        words = " ".join(piece.split())
        _, found, rest = rest.partition(words)
        if not found:
            return words
    return ""
