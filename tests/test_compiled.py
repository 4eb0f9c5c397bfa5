"""The key of the kernel cache covers what a kernel is made of, and nothing else."""

from __future__ import annotations

from pathlib import Path

import galu
from galu.compiled import _kernel_sources


def test_the_key_follows_imports_from_the_kernels() -> None:
    root = Path(galu.__file__).parent
    covered = {path.relative_to(root).as_posix() for path in _kernel_sources(root)}
    assert {"kinetics/batch.py", "escalation/tally_kernels.py", "compiled.py"} <= covered
    assert "quantities.py" in covered  # constants are compiled into kernels
    assert not any(name.startswith(("cli/", "desk/", "report/", "trial/")) for name in covered)


def test_a_changed_callee_in_another_file_changes_the_key(tmp_path: Path) -> None:
    package = tmp_path / "galu"
    (package / "room").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "compiled.py").write_text("")
    (package / "room" / "__init__.py").write_text("")
    (package / "room" / "callee.py").write_text("from galu import constants\n")
    (package / "constants.py").write_text("X = 1\n")
    (package / "room" / "kernels.py").write_text(
        "from galu.compiled import kernel\nfrom galu.room.callee import (\n    inner,\n)\n"
    )
    (package / "unrelated.py").write_text("import galu.room.kernels\n")
    found = {path.relative_to(package).as_posix() for path in _kernel_sources(package)}
    assert found == {"__init__.py", "compiled.py", "constants.py", "room/callee.py", "room/kernels.py"}
