"""Use case: who keeps the key of a trial, and where its signed heads are copied."""

from __future__ import annotations

from pathlib import Path

from galu.desk.folder import open_trial
from galu.desk.identity import acts, passphrase
from galu.finding import InputError
from galu.store import Custody
from galu.store.mirrors import Place


@acts("custody")
def take_custody(folder: Path, key: Path | None, mirror: Place | None) -> Custody:
    """Move the key to a new file, locked where a passphrase is given, and begin a mirror.

    Raises
    ------
    InputError
        When the key or the mirror is to lie in the trial folder, or cannot be written there.
    """
    trial = open_trial(folder)
    home = folder.resolve()
    for name, place in (("--key", key), ("--mirror", mirror)):
        if isinstance(place, Path) and place.resolve().is_relative_to(home):
            raise InputError(name, "lies in the trial folder", "name a place that is kept apart from it")
    trial.checkpoints.take_custody(key, mirror, passphrase())
    return trial.checkpoints.custody
