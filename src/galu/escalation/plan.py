"""The escalation section of a study file: a union by design.

A design's own keys are the switches that it reads, found in its signature, so that no list of them is kept
here: a BOIN study has a target and no rule for a top level, a rolling six study the other way round. A key
that the design does not read is refused. A switch that the file does not state has the design's default,
and is listed as the assumption that it is; what a design cannot be run safely without must be stated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import Parameter, signature
from typing import Any, Final, get_type_hints

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from galu.escalation.crm_design import TITE_DEFAULTS, Crm, tite_crm
from galu.escalation.decision import Design
from galu.escalation.designs import DESIGNS, GUARDS, design_named
from galu.finding import InputError
from galu.statement import Section, Stated

#: Switches without which a design answers another trial's question: they have no default in a study.
MUST_BE_STATED: Final = ("target", "doses")
#: Switches in the signature of a design that only its TITE form reads: one that waits needs no follow-up.
_IDLE: Final[Mapping[str, tuple[str, ...]]] = {"crm": ("min_followup", "initial_stage")}
_NO_WAIT: Final = Stated[int](
    value=0, source="assumed", why="not stated: the next patient of a level need not wait"
)


class EscalationPlan(Section):
    """What the study says, or galu assumes, about its dose escalation; each design adds its own keys."""

    design: Stated[str] = Field(description="name of the design")
    sentinel_interval_days: Stated[int] = Field(
        default=_NO_WAIT, description="days between the first and the second patient of a level"
    )

    @field_validator("design")
    @classmethod
    def _known(cls, stated: Stated[str]) -> Stated[str]:
        if stated.value not in DESIGNS:
            raise ValueError(f"`{stated.value}` is no design; use one of {', '.join(DESIGNS)}")
        return stated

    @field_validator("sentinel_interval_days")
    @classmethod
    def _not_backwards(cls, stated: Stated[int]) -> Stated[int]:
        if stated.value < 0:
            raise ValueError(f"{stated.value} days cannot be waited: give 0 or more")
        return stated

    @model_validator(mode="wrap")
    @classmethod
    def _by_design(cls, data: Any, handler: ModelWrapValidatorHandler[EscalationPlan]) -> EscalationPlan:
        model = _PLANS.get(_named(data)) if cls is EscalationPlan else None
        if model is None:
            return handler(data)
        known = tuple(model.model_fields)
        strange = [key for key in data if key not in known]
        if strange:
            raise ValidationError.from_exception_data(
                model.__name__, [_unread(key, data[key], _named(data), known) for key in strange]
            )
        return model.model_validate(data)

    @model_validator(mode="after")
    def _makes_its_design(self) -> EscalationPlan:
        if type(self) is not EscalationPlan:
            try:
                design_from_plan(self)
            except InputError as error:
                raise ValueError(f"{error.place}: {error.fault}; {error.remedy}") from None
        return self

    @property
    def switches(self) -> dict[str, Any]:
        """Values of the design's own keys, without those that are not set."""
        own = [name for name in type(self).model_fields if name not in EscalationPlan.model_fields]
        stated = {name: getattr(self, name) for name in own}
        return {name: one.value for name, one in stated.items() if one is not None}


def design_from_plan(plan: EscalationPlan) -> Design:
    """Make the design that a plan names, with its switches."""
    return design_named(plan.design.value, **plan.switches)


def _named(data: Any) -> str:
    """Name of the design that a section as read states; empty when it states none."""
    stated = data.get("design") if isinstance(data, Mapping) else None
    name = stated.get("value") if isinstance(stated, Mapping) else getattr(stated, "value", None)
    return name if isinstance(name, str) else ""


def _unread(key: str, given: Any, design: str, known: tuple[str, ...]) -> InitErrorDetails:
    fault = PydanticCustomError(
        "unread_key",
        "the design {design} does not read `{key}`",
        {"design": design, "key": key, "remedy": f"remove it; {design} reads {', '.join(known)}"},
    )
    return InitErrorDetails(type=fault, loc=(key,), input=given)


def _switches_of(name: str) -> dict[str, tuple[Any, Any]]:
    """Switches of a design with their type and default."""
    maker: Callable[..., Any] = Crm if DESIGNS[name] is tite_crm else DESIGNS[name]
    granted = TITE_DEFAULTS if DESIGNS[name] is tite_crm else {}
    hints = get_type_hints(maker.func if isinstance(maker, partial) else maker)
    own = {
        one.name: (hints.get(one.name, Any), granted.get(one.name, one.default))
        for one in signature(maker).parameters.values()
        if one.kind is not Parameter.VAR_KEYWORD and one.name != "tite"
    }
    idle = _IDLE.get(name, ())
    guards = {key: (next(iter(get_type_hints(guard).values())), None) for key, guard in GUARDS.items()}
    read = guards | own  # where a design has a rule of this name itself, its default holds
    return {key: kind for key, kind in read.items() if key not in idle}


def _field(design: str, key: str, kind: Any, default: Any) -> tuple[Any, Any]:
    stated = Stated[kind]
    if key in MUST_BE_STATED or default is Parameter.empty:
        return stated, ...
    if default is None:
        return stated | None, None
    why = f"not stated: the default of the design {design}"
    return stated, stated(value=default, source="assumed", why=why)


def _make_plan(design: str) -> type[EscalationPlan]:
    fields: dict[str, Any] = {
        key: _field(design, key, kind, default) for key, (kind, default) in _switches_of(design).items()
    }
    name = "".join(part.capitalize() for part in design.replace("+", "-plus-").split("-")) + "Plan"
    return create_model(name, __base__=EscalationPlan, __module__=__name__, **fields)


#: Design to the model of its section.
_PLANS: Final[dict[str, type[EscalationPlan]]] = {design: _make_plan(design) for design in DESIGNS}
globals().update({model.__name__: model for model in _PLANS.values()})  # where pickle looks for them


def plan_of(design: str) -> type[EscalationPlan]:
    """The model of the section of a registered design."""
    return _PLANS[design]
