"""The pages on access say what the table says, and name tests that exist."""

from __future__ import annotations

import re

from support import ROOT, run

PART11 = (ROOT / "docs" / "reference" / "part11.md").read_text(encoding="utf-8")


def test_the_reference_is_what_the_command_prints(capsys):
    assert run("user", "roles") == 0
    page = (ROOT / "docs" / "reference" / "access.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == page, "run: galu user roles > docs/reference/access.md"


def test_every_clause_is_held_by_a_test_or_says_why_not():
    rows = re.findall(r"^\| (11\.\S+) \| [^|]+ \| ([^|]+) \|$", PART11, re.MULTILINE)
    assert len(rows) == 27
    for clause, held in rows:
        named = re.fullmatch(r"`([\w/]+\.py)::(\w+)`", held)
        assert named or held.startswith("n/a because "), clause
        if named:
            text = (ROOT / "tests" / named[1]).read_text(encoding="utf-8")
            assert f"def {named[2]}(" in text, clause
