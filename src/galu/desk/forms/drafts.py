"""What was typed and is not written yet: kept on the server for each account and form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from galu.desk.folder import TrialFolder, open_trial
from galu.desk.identity import acts
from galu.desk.places import DRAFTS
from galu.files import make_private, write_private
from galu.finding import InputError

#: A draft larger than this is none [byte].
_LARGEST: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed into a form, and when it was kept."""

    values: Mapping[str, str]
    kept: datetime


def _path(trial: TrialFolder, form: str) -> Path:
    account = trial.who.account if trial.who else ""
    name = hashlib.sha256(f"{account}\n{form}".encode()).hexdigest()[:32]
    return trial.path / DRAFTS / f"{name}.json"


@acts("read")
def keep_draft(folder: Path, form: str, values: Mapping[str, str]) -> None:
    """Keep what was typed into a form, in the place of what was kept of it before.

    Raises
    ------
    InputError
        When it is too large.
    """
    put_draft(open_trial(folder), form, values)


def put_draft(trial: TrialFolder, form: str, values: Mapping[str, str]) -> None:
    """The same in a trial that is open."""
    told = {"form": form, "kept": trial.clock().isoformat(), "values": dict(values)}
    content = json.dumps(told, ensure_ascii=False).encode()
    if len(content) > _LARGEST:
        raise InputError("draft", "is too large to be kept", "write a part of it first")
    make_private(trial.path / DRAFTS)
    write_private(_path(trial, form), content)


def draft_of(trial: TrialFolder, form: str) -> Draft | None:
    """What was kept of a form, if anything; one that cannot be read is none."""
    try:
        told = json.loads(_path(trial, form).read_text(encoding="utf-8"))
        values = {str(name): str(value) for name, value in told["values"].items()}
        return Draft(values, datetime.fromisoformat(told["kept"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


@acts("read")
def drop_draft(folder: Path, form: str) -> None:
    """Forget what was kept of a form."""
    forget(open_trial(folder), form)


def forget(trial: TrialFolder, form: str) -> None:
    """The same in a trial that is open."""
    _path(trial, form).unlink(missing_ok=True)
