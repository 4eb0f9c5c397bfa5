"""Commands that read foreign files run in a process of their own, with limits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Final

from galu.finding import InputError

#: Memory and processor time that reading may take [byte], [s]; `GALU_IMPORT_MEMORY_GIB` sets another memory.
_MEMORY_GIB: Final = 8
_CPU_S: Final = 3600
_INSIDE: Final = "GALU_CONFINED"
_COMMANDS: Final = (("record", "import"), ("record", "restore"))


def is_confined(words: list[str]) -> bool:
    """Whether a command is to run in a process of its own, and does not yet."""
    return os.name == "posix" and tuple(words[:2]) in _COMMANDS and _INSIDE not in os.environ


def run_confined(words: list[str]) -> int:
    """Run a command within limits; gives its exit code.

    Raises
    ------
    InputError
        When it ran into a limit; a batch is written whole or not at all, so nothing was.
    """
    memory = _memory_gib()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(int(memory * 2**30)), str(_CPU_S), *words],
        env={**os.environ, _INSIDE: "1"},
        check=False,
    )
    if done.returncode >= 0:
        return done.returncode
    told = {
        signal.SIGXCPU: f"needed more than {_CPU_S // 60} minutes of processor time",
        signal.SIGKILL: "was killed, perhaps for want of memory",
        signal.SIGABRT: f"needed more than {memory:g} GiB of memory",
    }
    why = told.get(signal.Signals(-done.returncode), f"ended by signal {-done.returncode}")
    remedy = "split the files, or set GALU_IMPORT_MEMORY_GIB; nothing was written"
    raise InputError(" ".join(("galu", *words[:2])), why, remedy)


#: Sets the limits of its own process, then runs the command: what it reads cannot lift them.
_CHILD: Final = """
import resource, sys
memory, cpu = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 10))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from galu.cli.main import main
try:
    main(sys.argv[3:])
except MemoryError:
    import os, signal
    os.kill(os.getpid(), signal.SIGABRT)
"""


def _memory_gib() -> float:
    said = os.environ.get("GALU_IMPORT_MEMORY_GIB", str(_MEMORY_GIB))
    try:
        memory = float(said)
    except ValueError:
        memory = 0.0
    if not 0.25 <= memory <= 4096:
        raise InputError("GALU_IMPORT_MEMORY_GIB", f"{said!r} is no memory", "give GiB, such as 8")
    return memory
