"""The atoms against the record taken apart, and MDRD against computed values."""

from __future__ import annotations

import csv

import pytest

from eligible_person import plan
from galu.eligibility.renal import mdrd_ml_min
from support import shared

#: Atoms whose signature is another than the breakdown's column says, with the reason.
SIGNED_OTHERWISE = {
    "I3.d": "alternative",  # "or deemed intolerant": either suffices
    "I5.b": "fallback",  # computed when measurements exist, asserted otherwise
    "I13.a": "required",  # the breakdown's class is judgement
    "E1.a": "fallback",  # the breakdown's class is mixed: the component list is not public
    "E13.a": "alternative",  # "or likely to recur" is a person's word
}
SIGNATURE = {"no": "none", "yes": "required", "partly": "fallback"}


def test_every_atom_of_the_record_is_declared() -> None:
    with shared("study", "eligibility-breakdown.csv").open(encoding="utf-8") as stream:
        rows = {row["atom"]: row for row in csv.DictReader(stream)}
    declared = {atom.id: (one, atom) for one in plan().criteria for atom in one.atoms}
    assert declared.keys() == rows.keys() and len(rows) == 61
    for name, row in rows.items():
        criterion, atom = declared[name]
        assert criterion.id == row["criterion"]
        assert (criterion.polarity == "inclusion") == (row["polarity"] == "TRUE = satisfied")
        assert (atom.kind, atom.fragment) == (row["class"], row["verbatim_fragment"])
        assert atom.unknown_rule == row["unknown_rule"]
        assert atom.signature == SIGNED_OTHERWISE.get(name, SIGNATURE[row["judgement"]])


def test_mdrd_in_three_forms() -> None:
    columns = {
        "idms175": "mdrd4_idms175",
        "original186": "mdrd4_orig186",
        "chinese": "chinese_modified_175x1.233",
    }
    with shared("oracles", "eligibility", "egfr_mdrd_reference.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 134
    for row in rows:
        for form, column in columns.items():
            value = mdrd_ml_min(
                float(row["scr_mg_dl"]), float(row["age"]),
                female=row["sex"] == "F", black=row["black"] == "1", form=form,  # type: ignore[arg-type]
            )  # fmt: skip
            assert value == pytest.approx(float(row[column]), abs=1e-6)
        assert (value / 1.233 >= 50) == (row["ge50_idms"] == "1")
