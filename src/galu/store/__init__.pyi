from .checkpoints import Checkpoint, Checkpoints
from .custody import Custody
from .sqlite import SqliteStore
from .verify import Verification, verify

__all__ = ["Checkpoint", "Checkpoints", "Custody", "SqliteStore", "Verification", "verify"]
