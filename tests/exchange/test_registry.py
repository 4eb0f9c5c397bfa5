from dataclasses import replace

import pytest

from galu.desk.registry import import_registry
from galu.desk.study import study_elements
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


def test_every_skeleton_is_a_study_file(tmp_path):
    """Of each public record and of the reference study, in both forms."""
    sources = [*shared("public", "registry").glob("*.v2.json")]
    sources += [path for path in shared("study").iterdir() if path.suffix in (".json", ".txt")]
    assert len(sources) == 7
    for source in sources:
        out = tmp_path / f"{source.name}.yaml"
        import_registry(source, out)
        record = read_registry(source)
        places = [element.place for element in study_elements(out)]
        for letter, texts in (("I", record.inclusion), ("E", record.exclusion)):
            assert {f"eligibility.criteria[{letter}{n}]" for n in range(1, len(texts) + 1)} <= set(places)
