from dataclasses import replace

import pytest

from galu.exchange.registry import read_registry, study_skeleton
from galu.finding import InputError
from support import shared


def test_both_forms_give_the_same_skeleton():
    page = read_registry(shared("study", "nct07310355-registry-page.txt"))
    api = read_registry(shared("study", "nct07310355.v2.json"))
    assert replace(page, unread=(), missing=()) == replace(api, unread=(), missing=())
    assert study_skeleton(page) == study_skeleton(api)
    assert (len(api.inclusion), len(api.exclusion)) == (13, 17)
    assert "10^9/L" in api.inclusion[9] and "3)" in api.inclusion[9]
    assert "<50 ng/dL" in api.inclusion[3] and api.contact_email is None


@pytest.mark.parametrize("text", ["{", "{}", "hello"])
def test_no_record(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError):
        read_registry(path)


def test_public_records_are_read():
    for path in sorted(shared("public", "registry").glob("*.v2.json")):
        record = read_registry(path)
        assert record.inclusion and record.exclusion and record.primary_outcomes
