"""What a command costs the person who runs it: processor seconds and memory of a process of its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_CHILD = """
import resource, subprocess, sys
with open(sys.argv[1], "w") as out:
    done = subprocess.run(sys.argv[2:], stdout=out)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024.0)
sys.exit(done.returncode)
"""


@dataclass(frozen=True)
class Cost:
    """Processor seconds of the best of several runs, start included, and the most memory of any [MB]."""

    cpu_s: float
    memory_mb: float

    def __str__(self) -> str:
        return f"{self.cpu_s:.2f} s of processor time, {self.memory_mb:.0f} MB"


def cost(words: list[str], out: Path, runs: int = 3) -> Cost:
    """Run `galu WORDS` several times, each as a process; what it prints is written to `out`."""
    command = [sys.executable, "-m", "galu.cli.main", *words]
    found = []
    for _ in range(runs):
        told = subprocess.run(
            [sys.executable, "-c", _CHILD, str(out), *command], capture_output=True, text=True, check=True
        )
        found.append([float(word) for word in told.stdout.split()])
    return Cost(min(cpu for cpu, _ in found), max(memory for _, memory in found))
