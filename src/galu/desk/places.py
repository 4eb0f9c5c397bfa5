"""What the files of a trial folder are called, and where its accounts are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from galu.files import write_private
from galu.finding import InputError
from galu.store.places import RECORD, SERVER, holds_record

__all__ = [
    "ACCOUNTS",
    "CHECKPOINTS",
    "DRAFTS",
    "RECORD",
    "REFUSED",
    "SERVER",
    "STUDY",
    "VERSIONS",
    "accounts_of",
    "holds_record",
    "name_accounts",
]

STUDY: Final = "study.yaml"
CHECKPOINTS: Final = "checkpoints"
VERSIONS: Final = "versions"
#: What imports refused.
REFUSED: Final = "refused.jsonl"
#: Which accounts the trial is worked on by, where it has any.
ACCOUNTS: Final = "accounts.json"
#: What was typed into forms and is not written yet.
DRAFTS: Final = "drafts"


def accounts_of(folder: Path) -> str | None:
    """Where the accounts of a trial are kept, as an absolute path or a URL; None where it has none.

    Raises
    ------
    InputError
        When the file that says so cannot be read.
    """
    path = folder / ACCOUNTS
    if not os.path.lexists(path):
        return None
    try:
        place = json.loads(path.read_text(encoding="utf-8"))["accounts"]
        if not isinstance(place, str) or not place.strip():
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            str(path), "does not say where the accounts are", "restore it from a backup"
        ) from None
    return place if "://" in place else os.path.normpath(folder.absolute() / place)


def name_accounts(folder: Path, place: str) -> None:
    """Note in a trial folder where its accounts are kept; from now on it is opened through them alone."""
    said = place if "://" in place else os.path.relpath(place, folder.absolute())
    write_private(folder / ACCOUNTS, json.dumps({"accounts": said}, indent=1).encode("utf-8"))
