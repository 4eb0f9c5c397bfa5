"""The one door to numba: compiled kernels, cached under a key of all that they are made of.

Numba's own cache does not notice a changed callee or constant in another file, so the cache folder
carries a hash of the files that hold kernels and of every galu file that those import. This module is
the only one below floor 6 that touches the environment: where the machine keeps caches is no concern
of a kernel.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_IMPORT = re.compile(r"^\s*(?:from (galu[\w.]*) import (\([^)]*\)|[^\n]*)|import (galu[\w.]*))", re.MULTILINE)


def _imports(text: str) -> Iterator[str]:
    """Names of the modules that a source may import: `from a import b` may mean a or a.b."""
    for package, names, module in _IMPORT.findall(text):
        yield package or module
        for name in re.findall(r"\w+", names):
            yield f"{package}.{name}"


def _kernel_sources(root: Path) -> list[Path]:
    """Files that hold kernels, and every file of galu that they import, directly or not."""
    texts: dict[str, tuple[Path, str]] = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        texts[name] = (path, path.read_text(encoding="utf-8"))
    wanted = [name for name, (_, text) in texts.items() if "from galu.compiled import" in text]
    reached: dict[str, Path] = {}
    while wanted:
        name = wanted.pop()
        if name in texts and name not in reached:
            path, text = texts[name]
            reached[name] = path
            wanted += _imports(text)
    return sorted(reached.values())


def _source_hash() -> str:
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in _kernel_sources(root):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "galu" / "kernels"


os.environ.setdefault("NUMBA_CACHE_DIR", str(_cache_home() / _source_hash()))

from numba import njit, prange  # noqa: E402 - numba reads the cache folder when it is imported
from numba.core import cgutils  # noqa: E402
from numba.extending import intrinsic  # noqa: E402


def kernel(function: Any) -> Any:
    """Compile `function` to machine code once and cache it; strict IEEE arithmetic (no fastmath)."""
    return njit(cache=True, nogil=True)(function)


def _borrowed(typing_context: Any, array: Any) -> Any:
    """Give the same array without a reference count, for a kernel whose caller keeps it alive.

    Handing an array from step to step counts its references, atomically: in the inner loop of a
    simulated trial that took a third of the time.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, value=arguments[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)  # type: ignore[no-untyped-call]
        view.parent = cgutils.get_null_value(view.parent.type)  # type: ignore[no-untyped-call]
        return view._getvalue()

    return array(array), generate


borrowed: Any = intrinsic(_borrowed)


def inlined(function: Any) -> Any:
    """Compile `function` into each kernel that calls it, for steps too short to be worth a call."""
    return njit(inline="always")(function)


__all__ = ["borrowed", "inlined", "kernel", "njit", "prange"]
