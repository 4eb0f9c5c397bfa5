"""Eligibility as the study file states it: criteria, their atoms, the ambiguities and their settings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from galu.eligibility.evidence import Gate
from galu.eligibility.items import ITEM_KEYS
from galu.statement import Section, Sourced, Stated
from galu.vocabulary.topics import Phrase, phrase, topic_courses

Comparison = Literal[
    "judgement",
    "threshold",
    "member",
    "not_member",
    "age",
    "consent",
    "count",
    "recent",
    "psa_progression",
    "pet_window",
    "bilirubin",
    "enzymes",
    "renal",
    "toxicity",
    "transfusion",
    "measurable",
    "reflex",
    "any_limit",
    "new_lesions",
    "syphilis",
    "any_atom",
]
#: Topics without words: a text in which nothing is recognised (it is listed), a severe adverse event.
ANY_WORDS: Final = "unrecognised"
SEVERE: Final = "severe_event"
AnchorName = Literal["consent", "screening", "enrolment", "first_dose", "gate"]


class Limit(Section):
    """A bound in one unit; the unit `ULN` means times the laboratory's upper limit of normal."""

    unit: str
    op: Literal[">=", ">", "<=", "<"]
    value: float
    item: str | None = None


class Window(Section):
    """A span before the anchor; `inclusive` says whether its last day counts."""

    number: int = Field(gt=0)
    unit: Literal["days", "months", "years"]
    inclusive: bool = False


class AtomPlan(Sourced):
    """One atom: what it compares, with what, in which window, and what silence means.

    `signature` says how data and a named person's word join: `none` (data alone), `fallback` (the
    person decides what the data leave unknown), `required` (unknown until signed), `alternative`
    (either suffices: Kleene or). Where data and person differ, `fallback` and `required` are a conflict.

    `concerns` are topics of plain words beside the atom's own items: where the record names one, the atom is
    unknown until a person who knew of it signs.
    """

    id: str
    kind: Literal["computable", "mixed", "judgement"]
    fragment: str
    comparison: Comparison
    items: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    values: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    anchor: AnchorName = "gate"
    window: Window | None = None
    half_lives: int | None = None
    after_anchor: Literal["counts", "warns"] = "counts"
    valid_days: int | None = Field(default=None, gt=0)
    collected: str | None = None
    signature: Literal["none", "fallback", "required", "alternative"] = "none"
    reason_required: bool = False
    members: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    due: Gate = Gate.ENROLMENT
    switches: tuple[str, ...] = ()
    unknown_rule: str
    ambiguity: str | None = None

    @model_validator(mode="after")
    def _items_are_known(self) -> Self:
        named = {*self.items, *(limit.item for limit in self.limits if limit.item)}
        if self.collected:
            named.add(self.collected)
        if strange := sorted(named - ITEM_KEYS):
            raise ValueError(f"{self.id}: unknown data item {strange[0]}")
        if (self.kind == "computable") != (self.signature == "none"):
            raise ValueError(f"{self.id}: only mixed and judgement atoms are signed")
        return self

    @cached_property
    def topics(self) -> frozenset[str]:
        """What plain words may say that concerns the atom."""
        return frozenset((*self.items, *self.concerns)) - {ANY_WORDS}


class AllOf(Section):
    """Kleene conjunction."""

    all: tuple[Expression, ...] = Field(min_length=1)


class AnyOf(Section):
    """Kleene disjunction."""

    any: tuple[Expression, ...] = Field(min_length=1)


Expression = Annotated[str | AllOf | AnyOf, Field(union_mode="left_to_right")]


def atom_ids(expression: Expression) -> Iterator[str]:
    """Yield the ids of the atoms that an expression names, in order."""
    if isinstance(expression, str):
        yield expression
        return
    for part in expression.all if isinstance(expression, AllOf) else expression.any:
        yield from atom_ids(part)


class CriterionPlan(Sourced):
    """One criterion: its words, and the expression over its atoms.

    A criterion just imported has words only; until somebody takes it apart it is unknown for everyone.
    """

    id: str = Field(pattern=r"^[IE]\d+$")
    polarity: Literal["inclusion", "exclusion"]
    text: str
    expression: Expression | None = None
    atoms: tuple[AtomPlan, ...] = ()

    @model_validator(mode="after")
    def _expression_names_its_atoms(self) -> Self:
        known = [atom.id for atom in self.atoms]
        members = {member for atom in self.atoms for member in atom.members}
        if len(set(known)) != len(known):
            raise ValueError(f"{self.id}: an atom is declared twice")
        named = set(atom_ids(self.expression)) if self.expression is not None else set()
        used = named | members
        if used != set(known):
            raise ValueError(f"{self.id}: expression and atoms differ in {sorted(used ^ set(known))}")
        return self


class Switch(Sourced):
    """A named ambiguity of the record: how it may be read, and how it is read."""

    name: str
    question: str
    options: tuple[str, ...] = Field(min_length=2)
    setting: str

    @model_validator(mode="after")
    def _setting_is_an_option(self) -> Self:
        if self.setting not in self.options:
            raise ValueError(f"{self.name}: {self.setting} is none of {', '.join(self.options)}")
        return self


class HalfLife(Sourced):
    """Elimination half-life of an agent, for wash-outs in half-lives."""

    agent: str
    days: float = Field(gt=0)


class Topic(Sourced):
    """Words of the study's own for a topic, new or one of galu's; ``*`` begins or ends a word."""

    topic: str
    written: tuple[str, ...] = Field(min_length=1)
    course: Literal["lasting", "event", "measured"] = "lasting"


class EligibilityPlan(Section):
    """The whole section `eligibility` of a study file."""

    version: Stated[str]
    criteria: tuple[CriterionPlan, ...]
    switches: tuple[Switch, ...] = ()
    half_lives: tuple[HalfLife, ...] = ()
    topics: tuple[Topic, ...] = ()

    @model_validator(mode="after")
    def _names_are_declared(self) -> Self:
        declared = {switch.name for switch in self.switches}
        ids = [criterion.id for criterion in self.criteria]
        if len(set(ids)) != len(ids):
            raise ValueError("a criterion is declared twice")
        for criterion in self.criteria:
            for atom in criterion.atoms:
                if strange := sorted(set(atom.switches) - declared):
                    raise ValueError(f"{atom.id}: switch {strange[0]} is not declared")
                if strange := sorted(set(atom.concerns) - set(self.courses()) - {ANY_WORDS, SEVERE}):
                    raise ValueError(f"{atom.id}: topic {strange[0]} has no words; state them in topics")
        return self

    def courses(self) -> dict[str, str]:
        """Every topic, galu's and the study's own, and how such a condition goes on."""
        return {**topic_courses(), **{one.topic: one.course for one in self.topics}}

    def phrases(self) -> tuple[Phrase, ...]:
        """The study's own words for topics."""
        return tuple(phrase(one.topic, text) for one in self.topics for text in one.written)

    def settings(self) -> dict[str, str]:
        """Every switch with its setting."""
        return {switch.name: switch.setting for switch in self.switches}

    def atoms(self) -> tuple[AtomPlan, ...]:
        """Every atom, in the order of the criteria."""
        return tuple(atom for criterion in self.criteria for atom in criterion.atoms)
