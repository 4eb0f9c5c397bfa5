from .checkpoints import Checkpoint, Checkpoints
from .custody import Custody
from .memory import MemoryStore
from .sqlite import SqliteStore
from .verify import Verification, verify

__all__ = ["Checkpoint", "Checkpoints", "Custody", "MemoryStore", "SqliteStore", "Verification", "verify"]
