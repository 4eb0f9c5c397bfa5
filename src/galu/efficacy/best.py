"""Best overall response, with and without confirmation (RECIST 1.1, section 4.6 and table 3).

The order in which visits decide, the window of stable disease and what may stand between a
response and its confirmation are switches; the SD minimum is not in the registry record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from galu.efficacy.pcwg3 import resolved
from galu.finding import Finding, InputError, Rule
from galu.words import checked, checked_fields, word

BEST_RULE = Rule("Best overall response", "RECIST 1.1", "Eisenhauer 2009, section 4.6, table 3")
BENEFIT_RULE = Rule("Clinical benefit", "1", "response, or no progression by a declared week")
ORDER = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "ND")
RESPONSES = ("CR", "PR")
#: Every response of a visit, also of bone alone; not every one can be a best response.
OVERALL = (*ORDER, "PDu", "NED", "NON-PD")
CONTROLLED = (*RESPONSES, "SD", "NON-CR/NON-PD")


class Response(Protocol):
    """Anything with a day and an overall response."""

    @property
    def day(self) -> date:
        """Day of the visit."""

    @property
    def overall(self) -> str:
        """CR, PR, SD, NON-CR/NON-PD, PD, PDu, NED, NE or ND (not done)."""


@dataclass(frozen=True, slots=True)
@checked_fields
class Assessed:
    """An overall response on a day; `ref` is the newest of the facts it rests on."""

    day: date
    overall: str
    ref: str | None = None
    facts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "overall", word(self.overall, OVERALL, "overall response"))


@dataclass(frozen=True, slots=True)
@checked_fields
class BestResponseRule:
    """`sd_minimum_days` after the first dose for SD; `confirm_days` between response and confirmation.

    At most `max_ne` visits not evaluable between them, and one SD where `accept_sd`. An unresolved
    bone progression (PDu) reads as `unresolved`, as PD where PD follows; a patient without any visit is
    `missing`.
    """

    confirm: bool = True
    confirm_days: int = 28
    sd_minimum_days: int = 42
    max_ne: int = 1
    accept_sd: bool = False
    unresolved: Literal["SD", "PD"] = "SD"
    missing: Literal["MISSING", "NE"] = "MISSING"

    def __post_init__(self) -> None:
        if min(self.confirm_days, self.sd_minimum_days, self.max_ne) < 0:
            raise InputError("best response", "a number of days or visits is negative", "give 0 or more")


@dataclass(frozen=True, slots=True)
@checked_fields
class BestResponse:
    """Best response and the day of the visit that gives it; `MISSING` (or NE) when there is no visit."""

    response: str
    day: date | None
    confirmed_on: date | None = None


def first_progression(visits: Iterable[Response]) -> date | None:
    """Day of the first PD; a PDu that PD confirms is one."""
    return next((visit.day for visit in _resolved(visits) if visit.overall == "PD"), None)


def _resolved(visits: Iterable[Response]) -> tuple[Assessed, ...]:
    """Visits in order of time, a PDu that PD follows being PD."""
    ordered = before_progression(visits, None)
    answers = resolved([visit.overall for visit in ordered])
    return tuple(
        Assessed(visit.day, answer, getattr(visit, "ref", None), _facts_of(visit))
        for visit, answer in zip(ordered, answers, strict=True)
    )


def before_progression(visits: Iterable[Response], until: date | None) -> tuple[Response, ...]:
    """Visits up to and including a day, in order of time; all of them when it is None."""
    kept = (visit for visit in visits if until is None or visit.day <= until)
    return tuple(sorted(kept, key=lambda visit: (visit.day, visit.overall)))


def confirmation(visits: Sequence[Response], at: int, rule: BestResponseRule) -> date | None:
    """Day on which the CR or PR at index `at` is confirmed, or None."""
    answer = visits[at].overall
    confirming = {"CR": ("CR",), "PR": ("CR", "PR")}.get(answer, ())
    missed = stable = 0
    complete = False
    for later in visits[at + 1 :]:
        if later.overall == "PR" and complete:
            return None
        complete = complete or later.overall == "CR"
        if later.overall in confirming:
            if (later.day - visits[at].day).days >= rule.confirm_days:
                return later.day
        elif later.overall == "NE":
            missed += 1
        elif later.overall == "SD" and answer == "PR" and rule.accept_sd:
            stable += 1
        else:
            return None
        if missed > rule.max_ne or stable > 1:
            return None
    return None


@checked
def confirmed_response(visits: Iterable[Response], rule: BestResponseRule, until: date | None) -> date | None:
    """Day of the first confirmed CR or PR on or before `until` (None: no limit)."""
    used = before_progression(visits, until)
    return next((used[i].day for i in range(len(used)) if confirmation(used, i, rule)), None)


@checked
def first_response(visits: Iterable[Response], until: date | None) -> date | None:
    """Day of the first CR or PR, confirmed or not, on or before `until` (None: no limit)."""
    return next((v.day for v in before_progression(visits, until) if v.overall in RESPONSES), None)


@dataclass(frozen=True, slots=True)
class BenefitRule:
    """A response, or a visit `minimum_days` or more after the first dose whose answer is `counting`.

    The default is week 24 less the week that a visit may come early (assumed).
    """

    minimum_days: int = 161
    counting: tuple[str, ...] = CONTROLLED


@checked
def clinical_benefit(
    visits: Iterable[Response],
    rule: BenefitRule,
    first_dose: date | None,
    response_on: date | None = None,
    until: date | None = None,
) -> date | None:
    """Day from which a patient has had clinical benefit, or None.

    Parameters
    ----------
    visits
        Any order.
    first_dose
        None when no dose was given: then no visit shows that the disease was controlled long enough.
    response_on
        Day of a response, confirmed where the trial asks for it; it is a benefit whenever it was.
    until
        Day of progression; what is later than it does not count.
    """
    days = [
        visit.day
        for visit in before_progression(visits, until)
        if visit.overall in rule.counting and _lasted(visit, first_dose, rule.minimum_days)
    ]
    if response_on is not None and (until is None or response_on <= until):
        days.append(response_on)
    return min(days, default=None)


@checked
def best_overall_response(
    visits: Iterable[Response],
    rule: BestResponseRule,
    first_dose: date | None,
    until: date | None = None,
) -> Finding[BestResponse]:
    """Best response of one patient up to the first progression.

    Parameters
    ----------
    visits
        Any order; visits after the first PD do not count.
    first_dose
        None when no dose was given: then no stable disease lasted long enough to count.
    until
        Day of a progression declared elsewhere; `date.max` makes every visit count.
    """
    given = _resolved(visits)
    limit = until if until is not None else first_progression(given)
    used = before_progression(given, limit)
    facts = tuple(dict.fromkeys(ref for visit in used for ref in _facts_of(visit)))
    if not used:
        return Finding(
            BestResponse(rule.missing, None), BEST_RULE, facts, "no assessment after the first dose"
        )
    candidates = [_counts_as(used, i, rule, first_dose) for i in range(len(used))]
    best = min(
        (item for item in candidates if item is not None),
        key=lambda item: (ORDER.index(item.response), item.day or date.max),
        default=BestResponse("NE", used[0].day),
    )
    return Finding(best, BEST_RULE, facts)


def _counts_as(
    visits: Sequence[Response], at: int, rule: BestResponseRule, first_dose: date | None
) -> BestResponse | None:
    """What one visit contributes; None for one without disease to judge."""
    visit = visits[at]
    answer = rule.unresolved if visit.overall == "PDu" else visit.overall
    if answer in ("CR", "PR"):
        confirmed = confirmation(visits, at, rule) if rule.confirm else None
        if confirmed or not rule.confirm:
            return BestResponse(answer, visit.day, confirmed)
        answer = "SD"
    if answer in ("SD", "NON-CR/NON-PD") and not _lasted(visit, first_dose, rule.sd_minimum_days):
        answer = "NE"
    return BestResponse(answer, visit.day) if answer in ORDER else None


def _lasted(visit: Response, first_dose: date | None, minimum_days: int) -> bool:
    return first_dose is not None and (visit.day - first_dose).days >= minimum_days


def _facts_of(visit: Response) -> tuple[str, ...]:
    facts: tuple[str, ...] = getattr(visit, "facts", ())
    ref: str | None = getattr(visit, "ref", None)
    return facts or ((ref,) if ref else ())
