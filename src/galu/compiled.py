"""The one door to numba: compiled kernels, cached under a key of the whole source.

Numba's own cache does not notice a changed callee in another file, so the cache folder carries a
hash of every source file. This module is the only one below floor 6 that touches the environment:
where the machine keeps caches is no concern of a kernel.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any


def _source_hash() -> str:
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "galu" / "kernels"


os.environ.setdefault("NUMBA_CACHE_DIR", str(_cache_home() / _source_hash()))

from numba import njit, prange  # noqa: E402 - numba reads the cache folder when it is imported


def kernel(function: Any) -> Any:
    """Compile `function` to machine code once and cache it; strict IEEE arithmetic (no fastmath)."""
    return njit(cache=True, nogil=True)(function)


__all__ = ["kernel", "njit", "prange"]
