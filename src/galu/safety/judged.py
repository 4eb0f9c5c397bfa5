"""What named persons said of a window: what is in force, what contradicts itself, what it clears.

Of two contrary judgements of one day neither counts: the question stays open until a later day answers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from galu.safety.inputs import DltAdjudication, DltPatient, EvaluabilityJudgement
from galu.safety.sign import Sign
from galu.vocabulary.persons import is_named

#: Rule of an outcome that a person decided, or is asked to decide.
SAID: Final = "adjudicated"
_WORDS: Final = {True: "a DLT", False: "no DLT", None: "not known"}


def judged_of_toxicity(
    patient: DltPatient, as_of: date
) -> tuple[tuple[DltAdjudication, ...], tuple[Sign, ...]]:
    """The adjudications in force at the end of a day, and what judgements leave open.

    Nobody named said that there was a DLT, two contradict each other, or the last said that it is not known:
    each asks for a judgement.
    """
    made = [one for one in patient.adjudications if one.day is None or one.day <= as_of]
    standing, contrary = _in_force([one for one in made if is_named(one.signed_by)])
    asked = [
        _open(patient, (one,), "Judged a DLT by nobody named: who says so?")
        for one in made
        if one.is_dlt and not is_named(one.signed_by)
    ]
    asked += [_open(patient, pair, _contrary(pair)) for pair in contrary]
    asked += [
        _open(patient, (one,), f"{one.signed_by} judged that it is not known whether there was a DLT")
        for one in standing
        if one.is_dlt is None
    ]
    return tuple(one for one in standing if one.is_dlt is not None), tuple(asked)


def _open(patient: DltPatient, made: Sequence[DltAdjudication], said: str) -> Sign:
    on = next((one.day for one in reversed(made) if one.day is not None), patient.first_dose)
    return Sign(None, on, SAID, said, tuple(one.ref for one in made), (on, on), asks=True)


def _contrary(pair: Sequence[DltAdjudication]) -> str:
    said = ", ".join(f"{_WORDS[one.is_dlt]} by {one.signed_by}" for one in pair)
    return f"Adjudicated on one day as {said}: a judgement of a later day settles it"


def _in_force(
    made: Iterable[DltAdjudication],
) -> tuple[list[DltAdjudication], list[tuple[DltAdjudication, DltAdjudication]]]:
    """The last adjudication of the patient and of each event, and pairs that contradict each other.

    That the patient had none also settles what had been said of single events by then.
    """
    last: dict[str, DltAdjudication] = {}
    pairs: dict[str, tuple[DltAdjudication, DltAdjudication]] = {}
    for one in made:
        before = last.get(one.event)
        pairs.pop(one.event, None)
        if before is not None and _contradict(before, one):
            pairs[one.event] = before, one
        if not one.event and one.is_dlt is False:
            # What was said of an event the same day is contradicted, what was said before is settled.
            own = {of: said for of, said in last.items() if of and said.is_dlt is not False}
            pairs |= {of: (said, one) for of, said in own.items() if _contradict(said, one)}
            settled = {of for of, said in own.items() if said.ref in one.saw}
            last = {of: said for of, said in last.items() if of not in settled}
        last[one.event] = one
    refs = {one.ref for pair in pairs.values() for one in pair}
    return [one for one in last.values() if one.ref not in refs], list(pairs.values())


def _contradict(first: DltAdjudication, second: DltAdjudication) -> bool:
    """Whether one says yes and the other no, and nothing tells that the second took the first back."""
    if {first.is_dlt, second.is_dlt} != {True, False}:
        return False
    if first.day is not None and second.day is not None and first.day != second.day:
        return False
    in_order = first.at is not None and second.at is not None and first.at < second.at
    return not (in_order and first.signed_by.casefold() == second.signed_by.casefold())


def clears(no: DltAdjudication, sign: Sign) -> bool:
    """Whether a "no DLT" settles a sign: it had begun and all its facts were there."""
    begun = no.day is None or sign.on <= no.day
    of_it = not no.event or sign.facts[:1] == (no.event,)
    return begun and of_it and no.saw.issuperset(sign.facts)


def of_nothing(yes: DltAdjudication, patient: DltPatient) -> Sign:
    """A DLT adjudicated of an event that the record of the patient does not hold: somebody must look."""
    said = f"Adjudicated a DLT by {yes.signed_by}, of {yes.event}, which is no event of this patient"
    on = yes.day or patient.first_dose
    return Sign(None, on, SAID, said, (yes.ref,), (on, on))


def judged_evaluable(
    patient: DltPatient, ends: date, as_of: date
) -> tuple[EvaluabilityJudgement | None, tuple[str, ...]]:
    """The last that a named person said of the evaluability, and what two said of it on one day.

    Before the window ended nobody can accept it.
    """
    made = [one for one in patient.evaluability if is_named(one.signed_by) and (one.day or ends) <= as_of]
    last = made[-1] if made else None
    if last is None or last.evaluable is None or (last.evaluable and (last.day or ends) < ends):
        return None, ()
    contrary = [
        one
        for one in made[:-1]
        if one.evaluable is not None
        and one.evaluable != last.evaluable
        and (one.day is None or last.day is None or one.day == last.day)
    ]
    if not contrary:
        return last, ()
    told = ", ".join(
        f"{'evaluable' if one.evaluable else 'not evaluable'} by {one.signed_by}"
        for one in (contrary[-1], last)
    )
    return None, (f"judged on one day as {told}",)
