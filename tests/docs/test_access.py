"""The pages on access say what the table says, and name tests that exist."""

from __future__ import annotations

import re

import pytest

from support import ROOT, run

REFERENCE = ROOT / "docs" / "reference"
#: Page, pattern of a clause, columns between it and what holds it, and how many clauses there are.
MAPPED = (
    ("part11.md", r"11\.\S+", 1, 27),
    ("ich-e6r3.md", r"4\.2\.2\S+", 1, 7),
    ("asvs.md", r"\d+\.\d+\.\d+", 2, 253),
)


def test_the_reference_is_what_the_command_prints(capsys):
    assert run("user", "roles") == 0
    page = (ROOT / "docs" / "reference" / "access.md").read_text(encoding="utf-8")
    assert capsys.readouterr().out == page, "run: galu user roles > docs/reference/access.md"


@pytest.mark.parametrize(("page", "clause", "between", "count"), MAPPED, ids=[one[0] for one in MAPPED])
def test_every_clause_is_held_by_a_test_or_says_why_not(page, clause, between, count):
    told = (REFERENCE / page).read_text(encoding="utf-8")
    others = r" [^|]+ \|" * between
    rows = re.findall(rf"^\| ({clause}) \|{others} ([^|]+) \|$", told, re.MULTILINE)
    assert len(dict(rows)) == len(rows) == count
    for number, held in rows:
        named = re.fullmatch(r"`([\w/]+\.py)::(\w+)`", held)
        assert named or held.startswith("n/a because ") or (held == "open" and page == "asvs.md"), number
        if named:
            text = (ROOT / "tests" / named[1]).read_text(encoding="utf-8")
            assert f"def {named[2]}(" in text, number


def test_the_count_of_what_is_open_is_true():
    told = (REFERENCE / "asvs.md").read_text(encoding="utf-8")
    held, apart, unsaid = (len(re.findall(rf"\| {one} \|$", told, re.MULTILINE)) for one in _HELD)
    said = f"**{held} held by a test, {apart} not applicable, {unsaid} open, of {held + apart + unsaid}.**"
    assert said in told


_HELD = ("`[^|]+`", "n/a because [^|]+", "open")
