"""A dictionary that a study names: read where it lies, never copied; version and digest are noted."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from galu.finding import InputError
from galu.foreign import require_plain
from galu.protocol.words import LocalWords
from galu.vocabulary.meddra import LLT, PT, Meddra, read_preferred

#: In a trial folder, by the SHA-256 of each study file that was in force: where its dictionary lies, with
#: version and digest.
NOTE: Final = "dictionary.json"
_RELEASE: Final = "meddra_release.asc"
#: When each file of a dictionary was last written [ns], and how long it is [byte]; None where it is gone.
Stamp = tuple[tuple[int, int] | None, ...]


def with_dictionary(words: LocalWords | None, study: Path) -> LocalWords | None:
    """The words of a study file with the dictionary that they name.

    Raises
    ------
    InputError
        When the folder or a file of it is not there or not of the layout, or is not the one noted.
    """
    if words is None or words.meddra is None:
        return words
    place = f"{study}, key vocabulary.meddra"
    note = _noted(study)
    folder = _folder(study.parent / words.meddra, Path(note["folder"]) if note else None)
    if folder is None:
        fault = f"there is no folder {words.meddra!r} with {LLT} and {PT}"
        raise InputError(place, fault, "give its path from the study file, or leave the key out")
    found = read_meddra(folder)
    if note and note["sha256"] != found.sha256:
        fault = f"{folder} is not the dictionary noted in {NOTE} (version {note['version']})"
        raise InputError(place, fault, "put that one back, or amend the study to name another folder")
    return words.with_meddra(found, folder)


def read_meddra(folder: Path) -> Meddra:
    """Read the ASCII files of a folder."""
    for name in (LLT, PT):
        require_plain(folder / name)
    raw = {name: (folder / name).read_bytes() for name in (LLT, PT)}
    text = {name: _decoded(content) for name, content in raw.items()}
    release = folder / _RELEASE
    version = _decoded(release.read_bytes()).split("$")[0].strip() if release.is_file() else "unknown"
    digest = hashlib.sha256(raw[LLT] + raw[PT]).hexdigest()
    return Meddra(read_preferred(text[LLT], text[PT], str(folder)), version, digest)


def dictionary_stamp(words: LocalWords | None) -> Stamp:
    """What shows that the files of the dictionary that was read were touched since; empty without one."""
    folder = None if words is None else words.dictionary_folder
    return () if folder is None else tuple(_written(folder / name) for name in (LLT, PT))


def _written(path: Path) -> tuple[int, int] | None:
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size


def dictionary_note(words: LocalWords | None, study: bytes, folder: Path) -> bytes | None:
    """What a trial folder is to note of the dictionaries of its study files; None where nothing is new."""
    if words is None or words.dictionary is None:
        return None
    used = words.dictionary
    notes = _notes(folder / NOTE)
    notes[hashlib.sha256(study).hexdigest()] = {
        "dictionary": "MedDRA",
        "folder": str(words.dictionary_folder),
        "version": used.version,
        "sha256": used.sha256,
    }
    return f"{json.dumps(notes, indent=2)}\n".encode()


def _notes(path: Path) -> dict[str, dict[str, str]]:
    if not path.is_file():
        return {}
    try:
        found: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise InputError(str(path), "is no JSON", "put back the file that `galu init` wrote") from None
    return found


def _noted(study: Path) -> dict[str, str] | None:
    """What was noted of a study file, or of a kept version of it, in the trial that it belongs to."""
    if not study.is_file():
        return None
    digest = hashlib.sha256(study.read_bytes()).hexdigest()
    notes = _notes(study.parent.parent / NOTE) | _notes(study.parent / NOTE)
    return notes.get(digest)


def _folder(named: Path, noted: Path | None) -> Path | None:
    """The first folder that holds the files, itself or in the sub-folder in which they are delivered."""
    for one in (named, noted):
        for folder in (one, one / "MedAscii") if one else ():
            if (folder / LLT).is_file() and (folder / PT).is_file():
                return folder.resolve()
    return None


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
