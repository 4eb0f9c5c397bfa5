"""How a study file says a thing: each statement carries where it comes from.

What the registry record says is `registry`; whatever galu needs beyond it is `assumed`, with the
reason. Nothing assumed is ever presented as the protocol's word.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, SupportsIndex, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

T = TypeVar("T")
#: A number of people, cycles or days that is at least one; days that may be none.
Count = Annotated[int, Field(ge=1, strict=True)]
Days = Annotated[int, Field(ge=0, strict=True)]
#: A probability or share that is neither none nor all, and one that may be all.
Share = Annotated[float, Field(gt=0, lt=1)]
UpToAll = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Source = Literal["registry", "protocol", "assumed"]


class Section(BaseModel):
    """Base of every model of the study file: frozen, and no key it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Pickle by the generic and its type: `Stated[int]` has no name under which it could be found."""
        generic = type(self).__pydantic_generic_metadata__
        if generic["origin"] is None:
            return super().__reduce_ex__(protocol)
        return _restored, (generic["origin"], generic["args"], self.__getstate__())


def _restored(generic: Any, args: tuple[Any, ...], state: dict[Any, Any]) -> BaseModel:
    model: type[BaseModel] = generic[args]
    found = model.__new__(model)
    found.__setstate__(state)
    return found


class Sourced(Section):
    """A statement with its source, and the reason when it is an assumption."""

    source: Source
    why: str | None = None

    @model_validator(mode="after")
    def _assumption_has_its_reason(self) -> Sourced:
        if self.source == "assumed" and not self.why:
            raise ValueError("an assumed element needs `why`: say where the assumption comes from")
        return self


class Stated(Sourced, Generic[T]):
    """One value of the study file with its source; None is "the source does not say"."""

    value: T
