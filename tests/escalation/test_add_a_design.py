"""The page on adding a design runs as printed: the file and the line are enough."""

from __future__ import annotations

import re
import sys
from types import ModuleType

import pytest

from galu.escalation import Outcomes
from galu.escalation.calendar import Conditions, simulate
from galu.escalation.designs import DESIGNS, design_named
from reference.escalation_calendar import course
from support import ROOT

PAGE = (ROOT / "docs" / "howto" / "add-a-design.md").read_text(encoding="utf-8")


def test_the_printed_design_decides_and_is_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (line,) = re.findall(r'```text\n\s*"([^"]+)": (\w+),\n```', PAGE)
    module = ModuleType("galu.escalation.two_in_three")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(file, "two_in_three.py", "exec"), module.__dict__)
    monkeypatch.setitem(DESIGNS, line[0], getattr(module, line[1]))
    design = design_named(line[0])
    assert design.decide(Outcomes.from_string("1NNN"), 3).level == 2
    assert design.decide(Outcomes.from_string("1NNN 2NTT"), 3).level == 1
    conditions = Conditions(42.0, 5.0, True, "uniform", 0.1, 5.0, 0.1)
    fast = simulate(design, (0.1, 0.3, 0.5), conditions, 1, range(30))
    slow = [course(design, (0.1, 0.3, 0.5), conditions, 1, trial) for trial in range(30)]
    assert fast.selected.tolist() == [trial.selected for trial in slow]
    assert fast.patients.tolist() == [trial.patients for trial in slow]
