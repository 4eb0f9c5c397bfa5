"""What the files of a trial folder are called."""

from __future__ import annotations

from typing import Final

from galu.store.places import RECORD, SERVER, holds_record

__all__ = ["CHECKPOINTS", "RECORD", "SERVER", "STUDY", "VERSIONS", "holds_record"]

STUDY: Final = "study.yaml"
CHECKPOINTS: Final = "checkpoints"
VERSIONS: Final = "versions"
