"""Who writes: what unlocks the key that signs enters here."""

from __future__ import annotations

import os


def passphrase() -> str | None:
    """What unlocks the key, of the environment (`GALU_PASSPHRASE`); a new key is locked with it."""
    return os.environ.get("GALU_PASSPHRASE") or None
