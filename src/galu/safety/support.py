"""Bleeding and transfusion beside a fall of the platelets: surely, perhaps, or not known to be any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from galu.safety.events import is_bleeding
from galu.safety.inputs import BLED, AdverseEventInput, DltPatient, TransfusionInput
from galu.safety.sign import Sign

#: What may be support, and what is not said of it.
_UNSAID: Final = {
    "unknown": "it is not said of what the transfusion was",
    BLED: "a bleeding was treated, or told among the history or by a test: was it one?",
}


@dataclass(frozen=True, slots=True)
class _Support:
    """A bleeding or a transfusion, and from when to when it may have been."""

    event: AdverseEventInput | TransfusionInput
    first: date
    last: date

    def sure(self, span: tuple[date, date]) -> bool:
        """Whether it surely touches a span of days: a bleeding lasts, a transfusion is of one day."""
        if isinstance(self.event, AdverseEventInput):
            return (self.event.onset_until or self.event.onset) <= span[1] and self.last >= span[0]
        return span[0] <= self.first and self.last <= span[1]

    def maybe(self, span: tuple[date, date]) -> bool:
        """Whether it may touch a span of days."""
        return self.first <= span[1] and self.last >= span[0]


def _bleeding(event: AdverseEventInput, as_of: date) -> _Support:
    return _Support(event, event.onset, event.ended or max(as_of, event.onset_until or event.onset))


def _given(one: TransfusionInput) -> _Support:
    return _Support(one, one.day, one.until or one.day)


def with_support(signs: list[Sign], patient: DltPatient, as_of: date) -> list[Sign]:
    """Keep the signs while which the patient bled or was given platelets; undecided where he may have."""
    bled = [(event, is_bleeding(event)) for event in patient.events]
    known = [_bleeding(event, as_of) for event, yes in bled if yes]
    known += [_given(t) for t in patient.transfusions if t.product == "platelets"]
    unsaid = [_given(t) for t in patient.transfusions if t.product in _UNSAID]
    unsaid += [_bleeding(event, as_of) for event, yes in bled if yes is None]
    found = (_supported(sign, known, unsaid, as_of) for sign in signs)
    return [sign for sign in found if sign]


def _supported(sign: Sign, known: list[_Support], unsaid: list[_Support], as_of: date) -> Sign | None:
    # On the day of the value that shows the recovery platelets may have been given for the fall.
    last = as_of if sign.span[1] is None else min(sign.span[1] + timedelta(1), as_of)
    span = (sign.span[0], last)
    surely = sorted((one.first, one.event.ref) for one in known if one.sure(span))
    if surely:
        day, ref = surely[0]
        return replace(sign, on=max(sign.on, day), facts=(*sign.facts, ref))
    said = sign.reason
    maybe = next((one for one in known if one.maybe(span)), None)
    if maybe:
        said += ", with bleeding or transfusion on a day known only in part"
    else:
        maybe = next((one for one in unsaid if one.maybe(span)), None)
        if maybe is None:
            return None
        if isinstance(maybe.event, AdverseEventInput):
            said += f"; whether {maybe.event.term!r} is a bleeding is not known"
        else:
            said += f"; {_UNSAID[maybe.event.product]}"
    return replace(sign, met=None, reason=said, facts=(*sign.facts, maybe.event.ref), asks=True)
