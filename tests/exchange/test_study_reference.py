"""The reference of the study file is written from the models, and each key says what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from galu.escalation.designs import DESIGNS, own_switches
from galu.escalation.plan import plan_of
from galu.exchange.study_reference import study_reference, switch_meanings, unit_of
from galu.protocol import Study
from galu.statement import Sourced, Stated
from support import ROOT


def models(annotation: Any, seen: set[type]) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation, seen)
    for part in get_args(annotation):
        yield from models(part, seen)


ALL = tuple(models(Study, set()))


def test_the_page_is_what_the_models_say() -> None:
    page = (ROOT / "docs" / "reference" / "study-file.md").read_text(encoding="utf-8")
    assert page == study_reference(), "run `galu study keys > docs/reference/study-file.md`"


def test_every_key_says_what_it_is_for_and_stands_on_the_page() -> None:
    page = study_reference()
    for model in ALL:
        if issubclass(model, Stated):
            continue
        for name, field in model.model_fields.items():
            if name in Sourced.model_fields and issubclass(model, Sourced):
                continue
            assert field.description, f"{model.__name__}.{name} has no description"
            assert f"| {name} |" in page or model.__name__ in ("AllOf", "AnyOf"), name


@pytest.mark.parametrize("design", DESIGNS)
def test_every_switch_of_a_design_has_its_meaning(design: str) -> None:
    keys = [key for key in own_switches(design) if key in plan_of(design).model_fields]
    assert sorted(switch_meanings(design)) == sorted(keys)


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("possible_gy_per_gbq", "Gy/GBq"),
        ("mass_g", "g"),
        ("density_g_ml", "g/mL"),
        ("confirm_days", "days"),
        ("min_grade", ""),
    ],
)
def test_a_unit_is_read_from_the_name(key: str, unit: str) -> None:
    assert unit_of(key) == unit
