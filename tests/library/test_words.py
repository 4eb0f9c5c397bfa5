"""What the rooms offer, called with a wrong word, text for a day, a time, a data frame's column."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Literal, NamedTuple

import numpy as np
import pytest
from pydantic import BaseModel

from galu.efficacy import Assessed, Measurement, combined_response, overall_response
from galu.eligibility import Evidence
from galu.finding import InputError
from galu.pharmacokinetics import Profile, Route, nca
from galu.words import settle_of, word

ROOMS = ("eligibility", "escalation", "safety", "efficacy", "dosimetry", "pharmacokinetics", "kinetics")
WRONG = "no such word"


class Door(NamedTuple):
    """One parameter or field of the public surface that is annotated with a word or a day."""

    room: str
    name: str
    parameter: str
    kind: str
    words: tuple[str, ...]

    @property
    def call(self) -> Callable[..., Any]:
        """The function or class."""
        found: Callable[..., Any] = getattr(importlib.import_module(f"galu.{self.room}"), self.name)
        return found


def _kind(annotation: Any) -> tuple[str, tuple[str, ...]] | None:
    """Word or day of an annotation, told apart without the code under test."""
    parts = typing.get_args(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        found = [kind for kind in map(_kind, parts) if kind is not None]
        plain = set(parts) <= {part for part in parts if _kind(part) is not None} | {type(None), str}
        days = [kind for kind in found if kind[0] == "day"]
        return found[0] if len(found) == 1 and plain and not (days and str in parts) else None
    if typing.get_origin(annotation) is Literal and all(isinstance(part, str) for part in parts):
        return "word", parts
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "word", tuple(str(member.value) for member in annotation)
    return ("day", ()) if annotation is date else None


def _doors() -> Iterator[Door]:
    for room in ROOMS:
        module = importlib.import_module(f"galu.{room}")
        for name in module.__all__:
            call = getattr(module, name)
            if not callable(call) or (isinstance(call, type) and issubclass(call, BaseModel | Enum)):
                continue
            if not (inspect.isfunction(call) or dataclasses.is_dataclass(call) or hasattr(call, "_fields")):
                continue
            hints = typing.get_type_hints(call)
            for parameter in inspect.signature(call).parameters:
                kind = _kind(hints.get(parameter))
                if kind is not None:
                    yield Door(room, name, parameter, *kind)


DOORS = tuple(_doors())
WORDS, DAYS = (tuple(door for door in DOORS if door.kind == kind) for kind in ("word", "day"))


def _called(door: Door) -> str:
    return f"{door.name}.{door.parameter}"


def _valid(annotation: Any) -> object:
    if annotation is datetime:
        return datetime(2026, 9, 1, tzinfo=UTC)
    if typing.get_origin(annotation) is tuple:
        parts = typing.get_args(annotation)
        return () if Ellipsis in parts else tuple(_valid(part) for part in parts)
    kind = _kind(annotation)
    return None if kind is None else date(2026, 9, 1) if kind[0] == "day" else kind[1][0]


@pytest.mark.parametrize("door", DOORS, ids=_called)
@pytest.mark.parametrize("value", [WRONG, 3.5, np.array(["a", "b"])], ids=["word", "number", "column"])
def test_what_is_no_word_and_no_day_is_refused_in_one_sentence(door: Door, value: object) -> None:
    hints = typing.get_type_hints(door.call)
    given = {
        name: _valid(hints.get(name))
        for name, parameter in inspect.signature(door.call).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }
    with pytest.raises(InputError) as refused:
        door.call(**{**given, door.parameter: value})
    assert refused.value.place == f"{door.name}, {door.parameter}"
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("door", WORDS, ids=_called)
def test_a_refused_word_names_the_words_that_are_known(door: Door) -> None:
    settle = settle_of(door.call, door.parameter)
    assert settle is not None
    with pytest.raises(InputError) as refused:
        settle(WRONG, "here")
    assert all(known in str(refused.value) for known in door.words)
    for known in door.words:
        assert settle(known, "here") == known or settle(known, "here").value == known
        assert settle(f" {known.upper()} ", "here") == settle(known, "here")


@pytest.mark.parametrize("door", DAYS, ids=_called)
def test_a_day_is_read_from_text_and_from_a_cell_of_a_frame(door: Door) -> None:
    settle = settle_of(door.call, door.parameter)
    assert settle is not None
    assert settle("2026-09-01", "here") == settle(datetime(2026, 9, 1, 8), "here") == date(2026, 9, 1)
    for no_day in ("2026-09", "01/09/2026", "", datetime(2026, 9, 1, tzinfo=UTC), 20260901):
        with pytest.raises(InputError):
            settle(no_day, "here")


def test_each_room_has_such_arguments() -> None:
    assert {door.room for door in DOORS} == set(ROOMS)


def _profile(**changed: Any) -> Profile:
    given = {
        "subject": "S1", "matrix": "plasma", "cycle": 1, "time_h": (0.5, 1.0, 2.0, 4.0, 8.0, 24.0),
        "conc": (9.0, 8.0, 6.5, 4.0, 2.0, 0.2), "dose": 100.0, "route": Route.BOLUS,
    }  # fmt: skip
    return Profile(**{**given, **changed})


@pytest.mark.parametrize("spelled", ["linear", "Linear", " LINEAR "])
def test_a_method_in_words_is_the_method(spelled: str) -> None:
    assert nca(_profile(), spelled) == nca(_profile(), word("linear", ["linear"], "here"))  # type: ignore[arg-type]
    values = [{p.code: p.value for p in nca(_profile(), method)} for method in ("linear", "linup-logdown")]  # type: ignore[arg-type]
    assert values[0]["AUCLST"] > values[1]["AUCLST"]


def test_an_infusion_in_words_is_asked_for_its_duration() -> None:
    with pytest.raises(InputError, match="duration"):
        _profile(route="infusion")


def test_a_role_in_another_case_is_the_role() -> None:
    lesion = Measurement("L1", "2026-09-01", "V1", 12.0, role="New")  # type: ignore[arg-type]
    assert (lesion.role, lesion.day) == ("new", date(2026, 9, 1))


def test_a_response_in_another_case_is_the_response() -> None:
    assert Assessed(date(2026, 9, 1), "pd").overall == "PD"
    assert Assessed(date(2026, 9, 1), "pdu").overall == "PDu"
    assert overall_response("pd", None, False) == "PD"
    assert combined_response("cr", "pd") == "PD"
    for wrong in ("progression", "", "P D"):
        with pytest.raises(InputError):
            Assessed(date(2026, 9, 1), wrong)


def test_evidence_of_an_unknown_item_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"lab\.platelets"):
        Evidence("lab.platelet", 120.0)
