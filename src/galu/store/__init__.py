"""The record on SQLite, with a signed head outside the database."""

from galu.store.checkpoints import Checkpoint, Checkpoints
from galu.store.custody import Custody
from galu.store.sqlite import SqliteStore
from galu.store.verify import Verification, verify

__all__ = ["Checkpoint", "Checkpoints", "Custody", "SqliteStore", "Verification", "verify"]
