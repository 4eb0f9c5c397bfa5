"""Run every benchmark, or those named: `python benchmarks/run.py state efficacy`. Each prints its figures.

Each runs as a process of its own, so that none warms up another; a slow machine shows in the plain
references that stand beside the figures.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    """Run the benchmarks; the exit status is that of the worst."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    strange = [name for name in names if name not in known]
    if strange:
        print(f"no benchmark {strange[0]!r}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    worst = 0
    for name in names or known:
        print(f"\n## {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, str(known[name])], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
