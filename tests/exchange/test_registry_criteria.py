"""Criteria in every way that sites write them: each is recovered word for word."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

import registry_texts as made
from galu.exchange.registry import read_registry
from galu.exchange.registry.criteria import split_criteria

CASES = [
    (style, name, carrier)
    for (style, name), carrier in zip(
        [
            *itertools.product(made.LISTS, made.RECORDS),
            *itertools.product(made.SHORT_LISTS, ("prostate", "tumour")),
        ],
        itertools.cycle(made.CARRIERS),
        strict=False,
    )
    if not (name == "many" and style == "one line •")
]


@pytest.mark.parametrize(("style", "name", "carrier"), CASES)
def test_every_criterion_is_recovered(style: str, name: str, carrier: str, tmp_path: Path) -> None:
    lists = made.RECORDS[name]
    record = read_registry(made.write(tmp_path, carrier, made.criteria(lists, style)))
    assert [made.same(text) for text in record.inclusion] == list(lists[0])
    assert [made.same(text) for text in record.exclusion] == list(lists[1])
    assert record.unread == ()


@pytest.mark.parametrize("head", made.HEADS)
@pytest.mark.parametrize("style", ["1.", "*", "lines", "one line 1."])
def test_headings(head: str, style: str) -> None:
    found = split_criteria(made.criteria(made.PROSTATE, style, head))
    assert (found.inclusion, found.exclusion, found.unread) == (*made.PROSTATE, ())


@pytest.mark.parametrize("style", ["1、", "（1）；", "1．", "①", "one line （1）", "1.", "lines"])
@pytest.mark.parametrize("carrier", ["gb18030.txt", "utf16.txt", "v2.json", "page.txt"])
def test_chinese(style: str, carrier: str, tmp_path: Path) -> None:
    text = made.criteria(made.CHINESE, style, "chinese")
    record = read_registry(made.write(tmp_path, carrier, text))
    assert tuple(map(made.same, record.inclusion)) == made.CHINESE[0]
    assert tuple(map(made.same, record.exclusion)) == made.CHINESE[1]


@pytest.mark.parametrize("sign", [".", ")"])
def test_a_number_that_ends_its_line_begins_the_next(sign: str) -> None:
    text = (
        f"Inclusion Criteria:\n\n1{sign} Proven disease. 2{sign} Grade 1 or 2. 3{sign} Adequate state:\n"
        f"  * ECOG below 2 (above 12 years) - Lansky 50% or more (below 12 years) 4{sign}\n"
        f"Recovery from surgery. 5{sign} Haemoglobin above 8 g/dL.\n\n"
        f"Exclusion Criteria:\n\n1{sign} Pregnancy.\n"
    )
    found = split_criteria(text)
    assert len(found.inclusion) == 5 and found.unread == ()
    assert found.inclusion[3] == "Recovery from surgery." and found.inclusion[4].startswith("Haemoglobin")


def test_a_number_that_ends_a_sentence_stays_there() -> None:
    text = (
        "Inclusion Criteria:\n\n1. Toxicity of grade 0 or 1, never above 2.\nOne line more.\n2. Consent.\n"
        "3. Life expectancy.\n\nExclusion Criteria:\n\n1. Pregnancy.\n"
    )
    assert len(split_criteria(text).inclusion) == 3
