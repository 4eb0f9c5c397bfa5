"""What the files of a trial folder are called."""

from __future__ import annotations

from typing import Final

STUDY: Final = "study.yaml"
RECORD: Final = "record.sqlite"
CHECKPOINTS: Final = "checkpoints"
VERSIONS: Final = "versions"
