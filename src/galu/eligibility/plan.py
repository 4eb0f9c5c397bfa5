"""Eligibility as the study file states it: criteria, their atoms, the ambiguities and their settings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from galu.eligibility.evidence import Gate
from galu.eligibility.items import ITEM_KEYS, ITEM_OF_TEST
from galu.eligibility.reading import SWITCHES, Fault, faults_of_keys
from galu.eligibility.shapes import BOUNDS, faults_of_shape
from galu.statement import Section, Sourced, Stated
from galu.vocabulary.laboratory import in_unit
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
_DAYS: Final = {"days": 1, "months": 30, "years": 365}
#: No window is longer (assumed) [d].
_LONGEST_DAYS: Final = 120 * 366
#: A limit written in two units may differ by such a share of it by rounding (assumed).
_ROUNDED: Final = 0.1
_TEST_OF: Final = {item: test for test, item in ITEM_OF_TEST.items()}
#: Topics without words: a text in which nothing is recognised (it is listed), a severe adverse event.
ANY_WORDS: Final = "unrecognised"
SEVERE: Final = "severe_event"
#: Topic of a condition that goes on at a grade above that of a recovered toxicity, and that grade.
TOXICITY: Final = "toxicity.ongoing"
RECOVERED: Final = 1
AnchorName = Literal["consent", "screening", "enrolment", "first_dose", "gate"]


class Limit(Section):
    """A bound in one unit; the unit `ULN` means times the laboratory's upper limit of normal."""

    unit: str = Field(description="unit of the limit; ULN: times the laboratory's upper limit of normal")
    op: Literal[">=", ">", "<=", "<"] = Field(description="how a value is compared")
    value: float = Field(description="the limit")
    item: str | None = Field(default=None, description="data item that it bounds, where an atom has several")


class Window(Section):
    """A span before the anchor; `inclusive` says whether its last day counts."""

    number: int = Field(gt=0, description="length")
    unit: Literal["days", "months", "years"] = Field(description="of what")
    inclusive: bool = Field(default=False, description="whether its last day counts")

    @model_validator(mode="after")
    def _within_a_life(self) -> Self:
        if self.number * _DAYS[self.unit] > _LONGEST_DAYS:
            raise ValueError(f"{self.number} {self.unit} are longer than a life: write a shorter window")
        return self


class AtomPlan(Sourced):
    """One atom: what it compares, with what, in which window, and what silence means.

    `signature` says how data and a named person's word join: `none` (data alone), `fallback` (the
    person decides what the data leave unknown), `required` (unknown until signed), `alternative`
    (either suffices: Kleene or). Where data and person differ, `fallback` and `required` are a conflict.

    `concerns` are topics of plain words beside the atom's own items: where the record names one, the atom is
    unknown until a person who knew of it signs.
    """

    id: str = Field(description="name of the atom, such as I9.a")
    kind: Literal["computable", "mixed", "judgement"] = Field(
        description="whether data, a person, or both answer it"
    )
    fragment: str = Field(description="the words of the criterion that it stands for")
    comparison: Comparison = Field(description="how it is compared")
    items: tuple[str, ...] = Field(default=(), description="data items that it reads")
    limits: tuple[Limit, ...] = Field(default=(), description="limits of values")
    values: tuple[str, ...] = Field(default=(), description="words that count")
    exempt: tuple[str, ...] = Field(default=(), description="words that do not count, though they look as if")
    at_least: int | None = Field(default=None, description="least number (age, count, grade)")
    at_most: int | None = Field(default=None, description="greatest number (age, count, grade)")
    anchor: AnchorName = Field(default="gate", description="day from which a window goes back")
    window: Window | None = Field(default=None, description="how far back it looks")
    half_lives: int | None = Field(
        default=None,
        le=100,
        description="wash-out in half-lives of the agent, which count in place of a window or beyond it",
    )
    after_anchor: Literal["counts", "warns"] = Field(
        default="counts", description="whether what comes after the anchor counts or only warns"
    )
    valid_days: int | None = Field(
        default=None, gt=0, le=_LONGEST_DAYS, description="days for which evidence counts"
    )
    collected: str | None = Field(
        default=None, description="list that must be complete before silence means none"
    )
    signature: Literal["none", "fallback", "required", "alternative"] = Field(
        default="none", description="how data and a named person's word join"
    )
    reason_required: bool = Field(default=False, description="whether a signature needs its reason")
    members: tuple[str, ...] = Field(default=(), description="atoms of which one suffices, of `any_atom`")
    concerns: tuple[str, ...] = Field(
        default=(), description="topics of plain words that ask for a signature"
    )
    due: Gate = Field(default=Gate.ENROLMENT, description="gate from which on it must be known")
    switches: tuple[str, ...] = Field(default=(), description="ambiguities that change how it is read")
    unknown_rule: str = Field(description="what happens while it is unknown, in words")
    ambiguity: str | None = Field(default=None, description="what is unclear in the protocol's words")

    @model_validator(mode="after")
    def _items_are_known(self) -> Self:
        named = {*self.items, *(limit.item for limit in self.limits if limit.item)}
        if self.collected:
            named.add(self.collected)
        if strange := sorted(named - ITEM_KEYS):
            raise ValueError(f"{self.id}: unknown data item {strange[0]}")
        numbers = (self.at_least, self.at_most, self.half_lives)
        if any(one is not None and one < 0 for one in numbers):
            raise ValueError(f"{self.id}: at_least, at_most and half_lives are numbers of 0 or more")
        if (self.kind == "computable") != (self.signature == "none"):
            raise ValueError(f"{self.id}: only mixed and judgement atoms are signed")
        return self

    @model_validator(mode="after")
    def _limits_are_one(self) -> Self:
        """A limit written in two units is one limit, but for rounding."""
        item = self.items[0] if len(self.items) == 1 else None
        for first, second in itertools.combinations(self.limits, 2):
            test = _TEST_OF.get(first.item or item or "")
            if (
                test is None
                or self.comparison in BOUNDS
                or first.item != second.item
                or first.op[0] != second.op[0]
            ):
                continue
            same = in_unit(test, first.value, first.unit, second.unit)
            if same is not None and abs(same - second.value) > _ROUNDED * max(same, second.value):
                raise ValueError(
                    f"{self.id}: {first.value:g} {first.unit} is {same:.3g} {second.unit}, "
                    f"and the limit in that unit is {second.value:g}"
                )
        return self

    @model_validator(mode="after")
    def _reads_what_it_says(self) -> Self:
        """No key without effect, none lacking, and each of a shape that the comparison can judge."""
        found = [*faults_of_keys(self)] or [*faults_of_shape(self)]
        if found:
            raise ValidationError.from_exception_data("atom", [_located(one) for one in found])
        return self

    @cached_property
    def topics(self) -> frozenset[str]:
        """What plain words may say that concerns the atom."""
        return frozenset((*self.items, *self.concerns)) - {ANY_WORDS}


def _located(found: Fault) -> InitErrorDetails:
    said = PydanticCustomError("atom", "{fault}", {"fault": found.fault, "remedy": found.remedy})
    return InitErrorDetails(type=said, loc=(found.key,), input=None)


class AllOf(Section):
    """Kleene conjunction."""

    all: tuple[Expression, ...] = Field(min_length=1, description="parts that must all be true")


class AnyOf(Section):
    """Kleene disjunction."""

    any: tuple[Expression, ...] = Field(min_length=1, description="parts of which one suffices")


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

    id: str = Field(pattern=r"^[IE]\d+$", description="I or E with a number, such as E4")
    polarity: Literal["inclusion", "exclusion"] = Field(description="inclusion or exclusion")
    text: str = Field(description="the criterion's words")
    expression: Expression | None = Field(
        default=None,
        description="atoms joined: an id, `all: […]` or `any: […]`; without it unknown for everybody",
    )
    atoms: tuple[AtomPlan, ...] = Field(default=(), description="what it is taken apart into")

    @model_validator(mode="after")
    def _id_and_polarity_agree(self) -> Self:
        other = {"inclusion": "E", "exclusion": "I"}[self.polarity]
        if re.fullmatch(rf"{other}\d+\w*", self.id):
            raise ValueError(f"{self.id} is an {self.polarity} criterion by its polarity, not by its id")
        return self

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
        joined = {atom.id for atom in self.atoms if atom.comparison == "any_atom"}
        if nested := sorted(members & joined):
            raise ValueError(f"{nested[0]}: an any_atom cannot be a member, of itself or of another")
        return self


class Switch(Sourced):
    """A named ambiguity of the record: how it may be read, and how it is read."""

    name: str = Field(description="name of the ambiguity")
    question: str = Field(description="what the protocol leaves open")
    options: tuple[str, ...] = Field(min_length=2, description="ways to read it")
    setting: str = Field(description="the way it is read")

    @model_validator(mode="after")
    def _setting_is_an_option(self) -> Self:
        if self.setting not in self.options:
            raise ValueError(f"{self.name}: {self.setting} is none of {', '.join(self.options)}")
        if self.name not in SWITCHES:
            raise ValueError(f"no rule reads a switch {self.name}: write one of {', '.join(SWITCHES)}")
        if strange := [one for one in self.options if one not in SWITCHES[self.name]]:
            known = ", ".join(SWITCHES[self.name])
            raise ValueError(f"{self.name}: no rule knows {strange[0]}: write {known}")
        return self


class HalfLife(Sourced):
    """Elimination half-life of an agent, for wash-outs in half-lives."""

    agent: str = Field(description="agent as facts write it")
    days: float = Field(gt=0, description="elimination half-life")


class Topic(Sourced):
    """Words of the study's own for a topic, new or one of galu's; ``*`` begins or ends a word."""

    topic: str = Field(description="name of the topic")
    written: tuple[str, ...] = Field(min_length=1, description="words that mean it; * begins or ends a word")
    course: Literal["lasting", "event", "measured"] = Field(
        default="lasting",
        description="how such a condition goes on: until told otherwise, once, or as measured",
    )


class EligibilityPlan(Section):
    """The whole section `eligibility` of a study file."""

    version: Stated[str] = Field(description="version of the criteria")
    criteria: tuple[CriterionPlan, ...] = Field(description="every criterion")
    switches: tuple[Switch, ...] = Field(default=(), description="ambiguities, and how each is read")
    half_lives: tuple[HalfLife, ...] = Field(default=(), description="half-lives of agents, for wash-outs")
    topics: tuple[Topic, ...] = Field(default=(), description="words of the study's own for topics")

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
