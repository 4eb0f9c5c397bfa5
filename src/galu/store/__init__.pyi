from .accounts import Account, Accounts
from .checkpoints import Checkpoint, Checkpoints
from .custody import Custody
from .memory import MemoryStore
from .opening import open_store
from .postgresql import PostgresStore
from .sql import SqlStore
from .sqlite import SqliteStore
from .verify import Verification, verify

__all__ = [
    "Account",
    "Accounts",
    "Checkpoint",
    "Checkpoints",
    "Custody",
    "MemoryStore",
    "PostgresStore",
    "SqlStore",
    "SqliteStore",
    "Verification",
    "open_store",
    "verify",
]
