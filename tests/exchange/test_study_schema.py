"""The JSON Schema takes what galu takes: the studies that ship, and no key that is not known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from galu.cli.main import main
from galu.exchange.study_schema import study_schema
from galu.protocol.loading import read_values
from support import ROOT

STUDIES = sorted((ROOT / "studies").glob("*/study.yaml"))
SCHEMA = Draft202012Validator(study_schema())


def values(path: Path) -> Any:
    """A study file as an editor's YAML reader hands it on: dates are text."""
    return json.loads(json.dumps(read_values(path.read_text(encoding="utf-8"), str(path)), default=str))


def test_it_is_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    Draft202012Validator.check_schema(study_schema())
    with pytest.raises(SystemExit):
        main(["study", "schema"])
    assert json.loads(capsys.readouterr().out) == study_schema()


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.parent.name)
def test_the_studies_that_ship_are_valid(path: Path) -> None:
    assert [error.message for error in SCHEMA.iter_errors(values(path))] == []


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        ((), "zoom", "Asia/Shanghai"),
        (("treatment",), "cycle_day", {"value": 42, "source": "registry"}),
        (("treatment",), "cycle_days", 42),
        (("escalation",), "target", {"value": 0.3, "source": "protocol"}),
        (("escalation",), "design", {"value": "4+4", "source": "protocol"}),
        (("safety", "dlt", "window_days"), "value", 0),
        (("safety", "dlt", "window_days"), "value", "six weeks"),
        (("safety", "modification", 0), "action", "ignore"),
    ],
)
def test_what_an_editor_should_mark_is_marked(place: tuple[str | int, ...], key: str, value: object) -> None:
    found = values(ROOT / "studies" / "nct07310355" / "study.yaml")
    node = found
    for step in place:
        node = node[step]
    node[key] = value
    assert not SCHEMA.is_valid(found)
