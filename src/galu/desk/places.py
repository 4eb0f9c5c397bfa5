"""What the files of a trial folder are called."""

from __future__ import annotations

from typing import Final

from galu.store.places import RECORD, SERVER, holds_record

__all__ = ["ACCOUNTS", "CHECKPOINTS", "DRAFTS", "RECORD", "SERVER", "STUDY", "VERSIONS", "holds_record"]

STUDY: Final = "study.yaml"
CHECKPOINTS: Final = "checkpoints"
VERSIONS: Final = "versions"
#: Which accounts the trial is worked on by, where it has any.
ACCOUNTS: Final = "accounts.json"
#: What was typed into forms and is not written yet.
DRAFTS: Final = "drafts"
