"""Dose-limiting toxicity: declared rules over one patient's facts, at a date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal

from galu.safety.asks import Grades, ask_of_labs, ask_of_names
from galu.safety.clues import ask_of_clues
from galu.safety.coverage import Coverage, derive_coverage, is_read
from galu.safety.delay import ask_of_delay
from galu.safety.inputs import AdverseEventInput, DltAdjudication, DltPatient, EvaluabilityJudgement
from galu.safety.judged import SAID, clears, judged_evaluable, judged_of_toxicity, of_nothing
from galu.safety.measured import ask_of_measured
from galu.safety.plan import SafetyPlan
from galu.safety.sign import Sign
from galu.safety.signs import derive_signs, grades_by
from galu.safety.withheld import ask_of_actions, ask_of_put_off, puts_off
from galu.vocabulary.persons import is_named
from galu.words import checked, checked_fields

#: Said beside the outcome where somebody judged without a name.
NAMELESS: Final = ". A judgement without a name does not count"


@dataclass(frozen=True, slots=True)
@checked_fields
class DltAssessment:
    """N no DLT, T toxicity, P pending, X not evaluable; with the rule, the reason and the facts.

    `rule_dlt` is what the declared rules say (None = undecided), `adjudicated` what a person said. `facts`
    are those that decided, `judged` all that were looked at: when one of them changes, so may the outcome.
    `coverage` tells which of the planned blood counts are known. `suspect` says that a pending patient may
    have had a toxicity: something of it was seen, a result or count is not known, or the window is over.
    """

    outcome: Literal["N", "T", "P", "X"]
    decided_on: date | None
    window_ends: date
    window_day: int
    rule_id: str
    reason: str
    facts: tuple[str, ...]
    rule_dlt: bool | None
    adjudicated: bool | None
    coverage: Coverage
    judged: tuple[str, ...] = ()
    suspect: bool = False


#: Rule of a patient whose window runs.
WINDOW: Final = "window"
#: Rule of a patient who waits for nothing but counts that are missing.
COUNTS: Final = "counts"
_EVALUABILITY: Final = "evaluability"
_NET_UNKNOWN: Final = (
    "it is not known whether the full first dose was received: record its net activity, "
    "or what was dispensed and what was left"
)
_LEFT: Final = "Left treatment for related toxicity"


#: A fraction so long overdue is asked for (assumed).
_FRACTION_SLACK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: Literal["N", "T", "P", "X"]
    on: date | None
    rule_id: str
    reason: str
    facts: tuple[str, ...] = ()


def _left_early(patient: DltPatient, window: tuple[date, date], as_of: date) -> _Verdict | None:
    """Leaving before the window ended: for toxicity it is one, for another reason not evaluable."""
    last = min(window[1], as_of)
    died, withdrew = patient.died, patient.withdrew
    if withdrew and withdrew.related and withdrew.by(last):
        return _Verdict("T", withdrew.known_on, "withdrawal", _LEFT, withdrew.facts)
    if patient.full_dose is False:
        return _Verdict("X", patient.first_dose, _EVALUABILITY, "The full first dose was not received")
    # Who may have left inside the window is not known to have completed it.
    inside = died is not None and died.known_on >= window[0]
    if died and inside and (died.by(last) or (died.related is False and died.by(last) is None)):
        if patient.met_on is not None and patient.met_on > died.known_on:
            said = f"Died on {died.known_on}, but was met on {patient.met_on}: which holds?"
            return _Verdict("P", None, _EVALUABILITY, said, died.facts)
        return _Verdict("X", died.known_on, _EVALUABILITY, "Died inside the window, not related", died.facts)
    if withdrew and withdrew.related is False and withdrew.by(last) is not False:
        said = "Withdrew inside the window, not for toxicity"
        return _Verdict("X", withdrew.known_on, _EVALUABILITY, said, withdrew.facts)
    return None


def _withheld(
    patient: DltPatient, window: tuple[date, date], as_of: date
) -> tuple[str, tuple[str, ...]] | None:
    """Why the second cycle waits for a toxicity, with the facts; None when it does not."""
    withdrew = patient.withdrew
    if withdrew and withdrew.by(min(window[1], as_of)) is not False:
        on = "" if withdrew.until is None else " on a day known only in part"
        return f"Withdrew{on}, perhaps for toxicity: needs adjudication", withdrew.facts
    waiting = tuple(
        event.ref for event in patient.events if puts_off(event, _counts_from(event, window), as_of)
    )
    if waiting or patient.cycle2_withheld_for_toxicity:
        return "Cycle 2 is withheld for related toxicity", waiting
    return None


def _counts_from(event: AdverseEventInput, window: tuple[date, date]) -> date:
    """First day from which on an event may put off a dose: one called related does whenever it began."""
    return date.min if event.attribution == "related" else window[0]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the rules see of one patient: signs, counts, the window and the last day allowed.

    `doubts` say what else than a count keeps the window from being judged.
    """

    signs: tuple[Sign, ...]
    coverage: Coverage
    window: tuple[date, date]
    deadline: date
    evaluable: EvaluabilityJudgement | None
    doubts: tuple[str, ...]

    @property
    def gaps(self) -> tuple[str, ...]:
        """Everything that keeps the window from being judged."""
        return (*self.coverage.gaps, *self.doubts)

    def without(self, signs: Iterable[Sign]) -> _Seen:
        """The same with these signs only."""
        return replace(self, signs=tuple(signs))


def _see(patient: DltPatient, plan: SafetyPlan, as_of: date) -> _Seen:
    first = patient.first_dose - timedelta(plan.dlt.first_day.value - 1)
    window = (patient.first_dose, first + timedelta(plan.dlt.window_days.value - 1))
    graded = grades_by(patient, plan, as_of)
    left = _late_departures(patient, plan, window, as_of)
    signs = sorted(
        (*_signs(patient, plan, graded, window, as_of), *left), key=lambda s: (s.on, s.rule_id, s.facts)
    )
    coverage = derive_coverage(patient, plan, graded, window[1], as_of)
    deadline = first + timedelta(plan.dlt.unresolved_until_day.value - 1)
    evaluable, contrary = judged_evaluable(patient, window[1], as_of)
    doubts = (*_doubts(patient, window, as_of), *contrary)
    return _Seen(tuple(signs), coverage, window, deadline, evaluable, doubts)


def _signs(
    patient: DltPatient, plan: SafetyPlan, graded: Grades, window: tuple[date, date], as_of: date
) -> list[Sign]:
    """What the rules see in some days, and what they leave to a person."""
    found = derive_signs(patient, plan, graded, window, as_of)
    for rule in plan.dlt.rules:
        found += ask_of_labs(rule, patient, plan, graded, window)
        found += ask_of_delay(rule, patient, window, as_of)
    found += ask_of_names(patient, window, as_of)
    found += ask_of_clues(plan.dlt.rules, patient, window, as_of)
    found += ask_of_actions(patient, window, as_of)
    other = next((rule for rule in plan.dlt.rules if rule.evidence == "other-event"), None)
    return found if other is None else [*found, *ask_of_measured(other, patient, window, as_of)]


def signs_since(patient: DltPatient, plan: SafetyPlan, day: date, as_of: date) -> tuple[Sign, ...]:
    """What the declared rules see, or ask, from a day on, that no named person has cleared; by day."""
    graded = grades_by(patient, plan, as_of)
    found = [*_signs(patient, plan, graded, (day, as_of), as_of), *ask_of_put_off(patient, day, as_of)]
    made, asked = judged_of_toxicity(patient, as_of)
    cleared = [one for one in made if one.is_dlt is False]
    left = [sign for sign in found if not any(clears(one, sign) for one in cleared)]
    left += [sign for sign in asked if sign.on >= day]
    return tuple(sorted(left, key=lambda s: (s.on, s.rule_id, s.facts)))


def _doubts(patient: DltPatient, window: tuple[date, date], as_of: date) -> tuple[str, ...]:
    """What of the first dose, or beside it, makes it no window of one full dose."""
    found = [] if patient.full_dose is not None else [_NET_UNKNOWN]
    found += patient.doubts
    found += [
        f"fraction {one.number}, due on {one.due}, is not recorded as given"
        for one in patient.fractions
        if one.given is None and as_of > one.due + _FRACTION_SLACK
    ]
    if patient.cycle2 is not None and patient.cycle2 <= min(window[1], as_of):
        found.append(f"a further dose was given inside the window, on {patient.cycle2}")
    if patient.died is not None and patient.died.known_on < window[0]:
        found.append(f"died on {patient.died.known_on}, before the dose: one of the days is wrong")
    return tuple(found)


def _late_departures(
    patient: DltPatient, plan: SafetyPlan, window: tuple[date, date], as_of: date
) -> list[Sign]:
    """Leaving or dying between the window and the last day allowed, undosed.

    What it was for may have begun in the window.
    """
    last = patient.first_dose + timedelta(plan.dlt.unresolved_until_day.value - plan.dlt.first_day.value)
    if patient.cycle2 is not None and patient.cycle2 <= as_of:
        return []
    found = []
    for left, how, rule in ((patient.withdrew, "Withdrew", "withdrawal"), (patient.died, "Died", "death")):
        if left is None or left.related is False or not window[1] < left.day <= min(last, as_of):
            continue
        said = f"{how} on {left.day} without a second dose, perhaps of a toxicity of the window"
        found.append(Sign(None, left.day, rule, said, left.facts, (left.day, left.day), asks=True))
    return found


def _verdict(patient: DltPatient, seen: _Seen, as_of: date) -> _Verdict:
    met = next((s for s in seen.signs if s.met), None)
    if met:
        return _Verdict("T", met.on, met.rule_id, met.reason, met.facts)
    left = _left_early(patient, seen.window, as_of)
    if left:
        return _unless_asked(left, seen)
    waits = _withheld(patient, seen.window, as_of)
    if as_of < seen.window[1]:
        facts = (*(waits[1] if waits else ()), *(f for s in seen.signs for f in s.facts))
        asks = next((s for s in seen.signs if s.asks), None)
        if waits and patient.withdrew:
            return _Verdict("P", None, "unresolved", waits[0], facts)
        if asks:
            return _Verdict("P", None, asks.rule_id, asks.reason, facts)
        return _Verdict("P", None, WINDOW, "; ".join(("The window is running", *seen.gaps)), facts)
    dosed = patient.cycle2 is not None and patient.cycle2 <= as_of
    open_ = _open(patient, seen, as_of, dosed)
    if open_ is not None and as_of >= seen.deadline and not dosed:
        reason = f"{open_.reason}; undosed at the last day allowed"
        return _Verdict("T", seen.deadline, "unresolved", reason, open_.facts)
    verdict = open_ or _asked(seen) or _completed(seen)
    if seen.evaluable is not None and seen.evaluable.evaluable is False:
        said = f"Judged not evaluable by {seen.evaluable.signed_by}. {verdict.reason}"
        return _Verdict("X", seen.evaluable.day, _EVALUABILITY, said, (seen.evaluable.ref, *verdict.facts))
    return verdict


def _unless_asked(left: _Verdict, seen: _Seen) -> _Verdict:
    """Who left or got too little is not evaluable, unless a toxicity may have been there: then it waits."""
    given_up = seen.evaluable is not None and seen.evaluable.evaluable is False
    if left.outcome != "X" or not seen.signs or given_up:
        return left
    first = seen.signs[0]
    return _Verdict("P", None, first.rule_id, f"{first.reason}. {left.reason}", (*first.facts, *left.facts))


def _open(patient: DltPatient, seen: _Seen, as_of: date, dosed: bool) -> _Verdict | None:
    """What a completed window leaves unresolved; a second dose settles only that it was put off."""
    signs = [sign for sign in seen.signs if not sign.asks]
    if signs:
        first = next((sign for sign in signs if sign.rule_id == SAID), signs[0])
        return _Verdict("P", None, first.rule_id, first.reason, first.facts)
    waits = _withheld(patient, seen.window, as_of)
    left = patient.withdrew is not None and patient.withdrew.by(seen.window[1]) is not False
    if waits is None or (dosed and not left):
        return None
    return _Verdict("P", None, "unresolved", waits[0], waits[1])


def _asked(seen: _Seen) -> _Verdict | None:
    """What no dose and no waiting settles: results nobody could grade, counts that are not there."""
    asks = next((sign for sign in seen.signs if sign.asks), None)
    if asks:
        return _Verdict("P", None, asks.rule_id, asks.reason, asks.facts)
    if seen.gaps and not (seen.evaluable and seen.evaluable.evaluable):
        said = f"Not known to be free of toxicity: {'; '.join(seen.gaps)}"
        return _Verdict("P", None, _EVALUABILITY if seen.doubts else COUNTS, said)
    return None


def _completed(seen: _Seen) -> _Verdict:
    on = max(seen.window[1], seen.coverage.complete_on or seen.window[1])
    said = "The window was completed without a dose-limiting toxicity"
    if seen.gaps and seen.evaluable:
        said += f"; accepted by {seen.evaluable.signed_by} although {'; '.join(seen.gaps)}"
        return _Verdict("N", seen.evaluable.day or on, WINDOW, said, (seen.evaluable.ref,))
    return _Verdict("N", on, WINDOW, said)


@checked
def assess_dlt(patient: DltPatient, plan: SafetyPlan, as_of: date) -> DltAssessment:
    """Judge one patient at the end of a day by the declared rules and what was adjudicated.

    An adjudication decides the outcome; what the rules say stays beside it.
    """
    seen = _see(patient, plan, as_of)
    rules = _verdict(patient, seen, as_of)
    made, asked = judged_of_toxicity(patient, as_of)
    whole = replace(seen, signs=(*seen.signs, *asked))
    verdict, adjudicated = _adjudicated(patient, whole, as_of, made) or (
        _verdict(patient, whole, as_of),
        None,
    )
    unnamed = [one for one in patient.adjudications if not is_named(one.signed_by)]
    nameless = NAMELESS if any(one.day is None or one.day <= as_of for one in unnamed) else ""
    return DltAssessment(
        outcome=verdict.outcome,
        decided_on=verdict.on,
        window_ends=seen.window[1],
        window_day=(as_of - patient.first_dose).days + plan.dlt.first_day.value,
        rule_id=verdict.rule_id,
        reason=verdict.reason + nameless,
        facts=verdict.facts,
        rule_dlt={"T": True, "N": False}.get(rules.outcome),
        adjudicated=adjudicated,
        coverage=seen.coverage,
        judged=_judged(patient, plan, min(as_of, seen.deadline)),
        suspect=verdict.outcome == "P" and _is_suspect(whole, as_of),
    )


def _is_suspect(seen: _Seen, as_of: date) -> bool:
    return bool(seen.signs or seen.gaps) or as_of >= seen.window[1]


def _judged(patient: DltPatient, plan: SafetyPlan, last: date) -> tuple[str, ...]:
    """Every event, value of a term that a rule grades, and transfusion that was looked at; by day."""
    tests = frozenset(test for test in {lab.test for lab in patient.labs} if is_read(test, plan))
    found = [(event.onset, event.ref) for event in patient.events]
    found += [(lab.day, lab.ref) for lab in patient.labs if lab.test in tests]
    found += [(given.day, given.ref) for given in patient.transfusions]
    return tuple(ref for day, ref in sorted(found) if day <= last)


def _adjudicated(
    patient: DltPatient, seen: _Seen, as_of: date, made: tuple[DltAdjudication, ...]
) -> tuple[_Verdict, bool] | None:
    """The verdict with the adjudications in force; None where there are none."""
    if not made:
        return None
    terms = {event.ref: event.term for event in patient.events}
    yes = next((one for one in made if one.is_dlt and (not one.event or one.event in terms)), None)
    if yes:
        of = f"{terms[yes.event]} was adjudicated" if yes.event else "Adjudicated"
        facts: tuple[str, ...] = (yes.ref, yes.event) if yes.event else (yes.ref,)
        return _Verdict("T", yes.day, SAID, f"{of} a DLT by {yes.signed_by}", facts), True
    cleared = tuple(one for one in made if not one.is_dlt)
    left = [sign for sign in seen.signs if not any(clears(one, sign) for one in cleared)]
    left += [of_nothing(one, patient) for one in made if one.is_dlt]
    without = _verdict(_without(patient, cleared), seen.without(left), as_of)
    if without.outcome == "T" or not cleared:
        return without, bool(not cleared)
    said = "; ".join(
        f"{terms.get(one.event, one.event)} adjudicated no DLT by {one.signed_by}"
        if one.event
        else f"Adjudicated no DLT by {one.signed_by}"
        for one in cleared
    )
    facts = (*(one.ref for one in cleared), *without.facts)
    verdict = _Verdict(without.outcome, without.on, SAID, f"{said}. {without.reason}", facts)
    return verdict, False


def _without(patient: DltPatient, cleared: tuple[DltAdjudication, ...]) -> DltPatient:
    """The patient without what an adjudication settled: events that put off a dose, a withdrawal."""
    whole = next((one for one in cleared if not one.event), None)

    def settled(ref: str) -> bool:
        return any(ref in one.saw and one.event in ("", ref) for one in cleared)

    events = tuple(event for event in patient.events if not settled(event.ref))
    withdrew, died = (
        replace(left, related=False) if left and whole and left.ref in whole.saw else left
        for left in (patient.withdrew, patient.died)
    )
    held = patient.cycle2_withheld_for_toxicity and whole is None
    return replace(patient, cycle2_withheld_for_toxicity=held, events=events, withdrew=withdrew, died=died)


__all__ = ["DltAssessment", "assess_dlt"]
