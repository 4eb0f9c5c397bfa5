"""One subject at one gate: which evidence counts, which day the windows are counted from."""

from __future__ import annotations

import calendar
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Final

from galu.eligibility.evidence import Evidence, Gate, Judgement, SubjectEvidence
from galu.eligibility.items import TEST_OF_ITEM
from galu.eligibility.plan import AtomPlan, EligibilityPlan, Limit, Window
from galu.finding import Truth
from galu.vocabulary.agents import agent_names
from galu.vocabulary.folding import bag
from galu.vocabulary.laboratory import in_unit, unit_of_test
from galu.vocabulary.results import Result, kind_of_result, read_result
from galu.vocabulary.units import read_unit, same_unit

OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
YES: Final = frozenset({"true", "yes", "y", "confirmed"})
NO: Final = frozenset({"false", "no", "n", "none"})
#: What laboratories abbreviate where a test reacts or does not; elsewhere `NR` may be "not reported".
_REACTIONS: Final[Mapping[str, bool]] = {"nr": False, "r": True}
#: A bound below this number [IU/mL or the unit reported] is a limit of quantification. Assumed.
_QUANTIFIED: Final = 100.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the evidence says of one atom before any signature; `final` when none can change it.

    `doubt`: it is open only because words of the record do not say whether they mean it.
    """

    truth: Truth
    reason: str
    facts: tuple[str, ...] = ()
    expires: date | None = None
    final: bool = False
    doubt: bool = False


def unknown(reason: str, *evidence: Evidence, expires: date | None = None) -> Outcome:
    """Build the outcome that nothing can be said, with the reason."""
    return Outcome(Truth.UNKNOWN, reason, refs(evidence), expires)


def refs(evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
    """Ids of the facts, in a fixed order, each once."""
    return tuple(sorted({one.ref for one in evidence if one.ref}))


def months_before(day: date, months: int) -> date:
    """Same day of the month `months` earlier, or the month's last day."""
    return _months_after(day, -months)


def _months_after(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def window_start(anchor: date, window: Window) -> date:
    """First day of the window: an event on it counts only when the window is inclusive."""
    if window.unit == "days":
        return anchor - timedelta(days=window.number)
    return months_before(anchor, window.number * (12 if window.unit == "years" else 1))


def window_end(day: date, window: Window) -> date:
    """Return the last anchor for which `day` lies inside the inclusive window."""
    if window.unit == "days":
        return day + timedelta(days=window.number)
    return _months_after(day, window.number * (12 if window.unit == "years" else 1))


def first_day_in(anchor: date, window: Window) -> date:
    """First day that counts in the window before an anchor."""
    start = window_start(anchor, window)
    return start if window.inclusive else start + timedelta(days=1)


def last_day_in(day: date, window: Window) -> date:
    """Last anchor for which `day` counts in the window."""
    end = window_end(day, window)
    return end if window.inclusive else end - timedelta(days=1)


def as_number(evidence: Evidence) -> float | None:
    """Return the value as a number, or None when it is none."""
    value = evidence.value
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def as_flag(evidence: Evidence) -> bool | None:
    """Return the value as yes or no, or None when it is neither."""
    if evidence.doubtful:
        return None
    if isinstance(evidence.value, bool):
        return evidence.value
    word = str(evidence.value).strip().lower()
    if "?" in word:
        return None
    if word in YES or word in NO:
        return word in YES
    return _SAID.get(kind_of_result(word))


_SAID: Final[Mapping[str, bool]] = {"positive": True, "negative": False, "below": False}


def as_reaction(evidence: Evidence) -> bool | None:
    """Whether a test found what it looks for, of the words laboratories use; None where they do not say.

    Of several words ("negative (index 0.1)", "<15 IU/mL, not detected") one that says more than the others
    leaves it open, but a positive result stays positive with a note ("positive (weak)"). Below a limit of
    quantification nothing is detectable (assumed).
    """
    said = as_flag(evidence)
    if said is not None or not isinstance(evidence.value, str) or "?" in evidence.value:
        return said
    parts = [part for part in re.split(r"[();,]", evidence.value) if part.strip()]
    found = {_reaction(part) for part in parts}
    if True in found:
        return None if False in found else True
    return False if found == {False} or found == {False, ""} else None


def _reaction(part: str) -> bool | str | None:
    """What one part says: positive, negative, nothing ("" for a number with its unit), or not known."""
    plain = part.strip().lower()
    if plain in _REACTIONS:
        return _REACTIONS[plain]
    if (kind := kind_of_result(plain)) in _SAID:
        return _SAID[kind]
    number, rest = _number_and_rest(plain)
    if number is None:
        return None
    if rest and (said := _SAID.get(kind_of_result(rest))) is not None:
        return said
    if rest:
        return None
    return False if number.bound == "<" and number.value <= _QUANTIFIED else ""


def _number_and_rest(text: str) -> tuple[Result | None, str]:
    """A number at the beginning, with its bound, and what follows it but for a unit."""
    words = re.sub(r"([<>≤≥=])\s+", r"\1", text).removeprefix("index ").split()
    number = read_result(words[0]) if words else None
    rest = words[1:]
    if rest and (read_unit(rest[0]) or rest[0] in _RATIOS):
        rest = rest[1:]
    return number, " ".join(rest)


#: How immunoassays name a signal by its cut-off.
_RATIOS: Final = frozenset({"s/co", "coi", "index", "iu/ml"})


def printed(number: float) -> float:
    """Round to 15 significant digits, so that a computed bound (3 × 0.7) equals the printed one."""
    return float(f"{number:.15g}")


@dataclass(frozen=True)
class Case:
    """A subject at a gate, judged with what was known and true on `day`."""

    plan: EligibilityPlan
    subject: SubjectEvidence
    gate: Gate
    as_of: date
    settings: Mapping[str, str]

    @cached_property
    def gate_day(self) -> date:
        """The day of the gate; today when it has no day yet."""
        anchors = self.subject.anchors
        day = {
            Gate.SCREENING: self.screening,
            Gate.ENROLMENT: anchors.enrolment,
            Gate.DOSE: anchors.first_dose,
        }[self.gate]
        return self.as_of if day is None else day

    @property
    def screening(self) -> date | None:
        """The day "at screening" means: consent or the first screening visit, by a switch."""
        anchors = self.subject.anchors
        if self.settings.get("screening_day") == "first_visit" and anchors.screening is not None:
            return anchors.screening
        return anchors.consent if anchors.consent is not None else anchors.screening

    @cached_property
    def day(self) -> date:
        """Last day whose evidence counts."""
        return min(self.gate_day, self.as_of)

    def anchor(self, name: str) -> date | None:
        """Return the day an anchor name stands for; at the dose gate the dose is today when not planned."""
        if name == "gate":
            return self.gate_day
        if name == "screening":
            return self.screening
        if name == "first_dose" and self.subject.anchors.first_dose is None and self.gate is Gate.DOSE:
            return self.as_of
        value: date | None = getattr(self.subject.anchors, name)
        return value

    def span(self, window: Window) -> Window:
        """Return the window, its months read as calendar months or as 30.5 days each, by a switch."""
        if window.unit != "months" or self.settings.get("months") != "days":
            return window
        days = round(30.5 * window.number)
        return Window(number=days, unit="days", inclusive=window.inclusive)

    @cached_property
    def courses(self) -> dict[str, str]:
        """How a condition of each topic goes on; the items that history fills are topics too."""
        return defaultdict(lambda: "lasting", self.plan.courses())

    @cached_property
    def _half_lives(self) -> dict[str, float]:
        return {row.agent.lower(): row.days for row in self.plan.half_lives}

    def half_life_days(self, one: Evidence) -> float | None:
        """Half-life [d] of a therapy: as reported, else from the plan's table; None when neither says."""
        if one.half_life_days is not None:
            return one.half_life_days
        names = (str(one.value).strip().lower(), one.label.strip().lower())
        said = next((self._half_lives[name] for name in names if name in self._half_lives), None)
        if said is not None:
            return said
        meant = [self._half_lives.get(name.lower()) for name in agent_names(" ".join(names))]
        known = [days for days in meant if days is not None]
        return max(known) if known and len(known) == len(meant) else None

    def evidence(self, *items: str) -> tuple[Evidence, ...]:
        """Evidence of the items that counts on `day`, oldest first, in an order the input cannot change."""
        if items not in self._seen:
            found = [one for item in items for one in self.subject.items.get(item, ())]
            counting = (one for one in found if _first_day(one) <= self.day)
            self._seen[items] = tuple(sorted(counting, key=_order))
        return self._seen[items]

    @cached_property
    def _seen(self) -> dict[tuple[str, ...], tuple[Evidence, ...]]:
        """Evidence by the items asked for: criteria ask for the same items again and again."""
        return {}

    def latest(self, *items: str) -> tuple[Evidence, ...]:
        """All evidence of the latest day; several when one day has them, or some may be as late."""
        if items not in self._latest:
            self._latest[items] = self.newest(self.evidence(*items))
        return self._latest[items]

    @cached_property
    def _latest(self) -> dict[tuple[str, ...], tuple[Evidence, ...]]:
        return {}

    def newest(self, found: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """Those of the latest day, and those whose day is not known well enough to be earlier."""
        if not found:
            return ()
        last = found[-1].on
        return tuple(
            one for one in found if one.on == last or (one.on is None and self.may_be_newer(one, last))
        )

    def may_be_newer(self, one: Evidence, day: date | None) -> bool:
        """Whether a piece of evidence without its day may be of `day` or later."""
        if one.on is not None:
            return False
        return day is None or one.span is None or one.span[1] >= day

    def days_of(self, facts: tuple[str, ...]) -> tuple[date, ...]:
        """Days of the evidence with these ids, in order."""
        named = set(facts)
        every = (one for found in self.subject.items.values() for one in found)
        return tuple(sorted(one.on for one in every if one.on is not None and one.ref in named))

    def is_collected(self, atom: AtomPlan) -> tuple[bool, tuple[Evidence, ...]]:
        """Whether silence means none: the list that the atom reads was collected."""
        if atom.collected is None:
            return False, ()
        statements = self.latest(atom.collected)
        return bool(statements) and all(as_flag(one) is True for one in statements), statements

    def signed(self, atom_id: str, by: date | None = None) -> tuple[Judgement, ...]:
        """The last word of everybody who signed an atom by the day of the gate (or `by`), oldest first.

        One person's words of one day, or of days not known, stand beside each other, and so do the words of
        nobody: they decide nothing, but may speak against what somebody signed.
        """
        raw = self.subject.judgements.get(atom_id)
        if raw is None and atom_id not in self.subject.earlier:
            return ()
        last = () if raw is None else (Judgement(*raw),)
        until = by or self.day
        words: dict[str, list[Judgement]] = {}
        for one in (*self.subject.earlier.get(atom_id, ()), *last):
            if (one.on or one.first or date.min) <= until:
                words.setdefault(bag(one.signer), []).append(one)
        return tuple(one for own in words.values() for one in _last_words(own))

    def is_covered(self, signed: Judgement, refs_: tuple[str, ...]) -> bool:
        """Whether who signed can have known of all these facts."""
        told = (self.subject.told.get(ref) for ref in refs_)
        return all(one is None or signed.covers(one) for one in told)


def _last_words(own: list[Judgement]) -> tuple[Judgement, ...]:
    """What one person said last: several where the record does not tell which of them was."""
    last = max((one.on for one in own if one.on is not None), default=None)
    newest = [one for one in own if one.on == last or one.on is None]
    if len(newest) > 1 and all(one.order is not None for one in newest):
        return (max(newest, key=lambda one: one.order or 0.0),)
    return tuple(newest)


def _first_day(one: Evidence) -> date:
    return one.on or (one.span[0] if one.span else date.min)


def _order(one: Evidence) -> tuple[date, str, str, str, str]:
    return (one.on or date.min, one.item, one.ref, repr(one.value), one.label)


def within(evidence: Evidence, limits: tuple[Limit, ...]) -> tuple[bool | None, str]:
    """Judge a value in the unit it was reported in, else in one that laboratories convert it to.

    Returns the answer (None when no limit fits the unit) and a sentence that says why.
    """
    number = as_number(evidence)
    if number is None:
        return _within_bound(evidence, limits)
    own = tuple(limit for limit in limits if limit.item in (None, evidence.item))
    for limit in own:
        if same_unit(evidence.unit, limit.unit) or not (limit.unit or evidence.unit):
            shown = f"{number:g} {limit.unit} {limit.op} {limit.value:g}".replace("  ", " ")
            return OPERATORS[limit.op](printed(number), limit.value), shown
    for limit in own:
        test = TEST_OF_ITEM.get(evidence.item, "")
        converted = in_unit(test, number, evidence.unit or "", unit_of_test(test, limit.unit))
        if converted is not None:
            shown = f"{number:g} {evidence.unit} = {converted:g} {limit.unit} {limit.op} {limit.value:g}"
            return OPERATORS[limit.op](converted, limit.value), shown
    for limit in own:
        if limit.unit == "ULN":
            if evidence.uln is None:
                return None, f"{evidence.item} has no upper limit of normal"
            bound = limit.value * evidence.uln
            shown = f"{number:g} {limit.op} {limit.value:g} × ULN {evidence.uln:g} {evidence.unit or ''}"
            shown = f"{shown} ({evidence.label})" if evidence.label else shown
            return OPERATORS[limit.op](printed(number), printed(bound)), shown.strip()
    return None, f"{evidence.item} is reported in {evidence.unit or 'no unit'}, which the rule does not know"


def _within_bound(evidence: Evidence, limits: tuple[Limit, ...]) -> tuple[bool | None, str]:
    """Judge a result told as a bound (`<0.1`, `>1000`): only where everything beyond it agrees."""
    told = read_result(str(evidence.value))
    if told is None:
        return None, f"{evidence.item} is not a number"
    far = {"<": 0.0, ">": _FAR}.get(told.bound, told.graded)
    near, beyond = (within(replace(evidence, value=value), limits)[0] for value in (told.graded, far))
    return (
        near if near == beyond else None
    ), f"{evidence.item} is {evidence.value} {evidence.unit or ''}".strip()


#: Beyond every value a laboratory reports.
_FAR: Final = 1e12


def expiry(evidence: Evidence, valid_days: int | None) -> date | None:
    """Last day on which the evidence still counts."""
    if valid_days is None or evidence.on is None:
        return None
    return evidence.on + timedelta(days=valid_days)


def agree(answers: list[bool | None]) -> bool | None:
    """Return the answer of several results of one day: theirs when they agree, else unknown."""
    return answers[0] if answers and len(set(answers)) == 1 else None
