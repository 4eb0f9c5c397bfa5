"""Facts about who takes part: consent, person, history, state of health."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from galu.record.fact import Fact
from galu.record.when import When


class Consent(Fact):
    """Informed consent was signed."""

    kind = "consent"
    form_version: str | None = None


class Demographics(Fact):
    """Who the subject is."""

    kind = "demographics"
    personal = frozenset({"birth_date"})
    sex: Literal["M", "F", "U"] | None = None
    birth_date: When | None = None
    age_years: float | None = Field(default=None, ge=0, le=130)
    race: str | None = None
    ethnicity: str | None = None
    country: str | None = None
    site: str | None = None
    arm: str | None = None


class History(Fact):
    """A condition of the medical history; `on` is when it was asked."""

    kind = "history"
    term: str = Field(min_length=1)
    category: str | None = None
    started: When | None = None
    ended: When | None = None
    grade: int | None = Field(default=None, ge=1, le=5)
    ongoing: bool | None = None


class PriorTherapy(Fact):
    """An anticancer or other treatment before the trial, with what a washout needs."""

    kind = "prior_therapy"
    agent: str = Field(min_length=1)
    therapy_class: str = Field(
        description="such as nha, taxane, psma-rlt, radionuclide, adt, investigational"
    )
    started: When | None = None
    ended: When | None = None
    half_life_h: float | None = Field(default=None, gt=0)
    regimen: int | None = Field(default=None, ge=1)


class Therapy(Fact):
    """A concomitant therapy; `on` is its start or, where unknown, when it was reported."""

    kind = "therapy"
    agent: str = Field(min_length=1)
    therapy_class: str | None = None
    ended: When | None = None
    indication: str | None = None
    anticancer: bool | None = None


class Ecog(Fact):
    """ECOG performance status."""

    kind = "ecog"
    score: int = Field(ge=0, le=5)


class Vital(Fact):
    """A vital sign or body measure with its unit."""

    kind = "vital"
    test: str = Field(min_length=1)
    value: float | None = None
    text: str | None = None
    unit: str | None = None
    baseline: bool | None = None


class Lab(Fact):
    """A laboratory result as the laboratory reported it, PSA and testosterone among them."""

    kind = "lab"
    test: str = Field(min_length=1, description="CDISC LBTESTCD where one exists: NEUT, PLAT, HGB, PSA, …")
    value: float | None = None
    text: str | None = Field(
        default=None, description="a result that is no number, such as NEGATIVE or <0.01"
    )
    unit: str | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    specimen: str | None = Field(default=None, description="such as SERUM or URINE; empty means blood")
    baseline: bool | None = Field(default=None, description="marked as the baseline record by the source")


class Contact(Fact):
    """The subject was known to be alive."""

    kind = "contact"
    alive: bool = True

    @field_validator("alive")
    @classmethod
    def _is_alive(cls, alive: bool) -> bool:
        if not alive:
            raise ValueError("a contact shows that the subject was alive; a death is a fact of its own")
        return alive


class Withdrawal(Fact):
    """The subject left treatment or study."""

    kind = "withdrawal"
    scope: Literal["treatment", "study"]
    cause: str | None = None
    toxicity_related: bool | None = None


class Death(Fact):
    """The subject died."""

    kind = "death"
    cause: str | None = None
    related: bool | None = None


class Disposition(Fact):
    """A disposition event as collected: screen failure, completion, lost to follow-up, protocol milestone."""

    kind = "disposition"
    term: str = Field(min_length=1)
    category: str | None = None
