"""Who works: what unlocks the key that signs, and where this user keeps notes, enter here."""

from __future__ import annotations

import os
from pathlib import Path


def passphrase() -> str | None:
    """What unlocks the key, of the environment (`GALU_PASSPHRASE`); a new key is locked with it."""
    return os.environ.get("GALU_PASSPHRASE") or None


def mirror_token() -> str | None:
    """What opens a mirror on the web, of the environment (`GALU_MIRROR_TOKEN`); sent as a bearer token."""
    return os.environ.get("GALU_MIRROR_TOKEN") or None


def state_folder() -> Path:
    """Where this user's notes lie (`XDG_STATE_HOME`, else ``~/.local/state``)."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "galu"
