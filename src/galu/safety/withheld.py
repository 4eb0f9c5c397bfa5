"""Events for which a dose was put off, reduced or ended, by the action taken; unknown words are asked of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from galu.safety.inputs import AdverseEventInput, DltPatient
from galu.safety.sign import Sign
from galu.vocabulary.actions import ends_therapy, read_action

#: Rule of what keeps a dose waiting.
UNRESOLVED: Final = "unresolved"


def puts_off(event: AdverseEventInput, first: date, as_of: date) -> bool:
    """Whether a dose waits for an event that may have begun since a day: while it lasts, or for good."""
    began = event.onset <= as_of and (event.onset_until or event.onset) >= first
    if not began or event.attribution == "unrelated" or read_action(event.action) != "put off":
        return False
    return event.ended is None or event.ended > as_of or ends_therapy(event.action)


def ask_of_put_off(patient: DltPatient, since: date, as_of: date) -> Iterator[Sign]:
    """Events since a day for which a dose waits."""
    for event in patient.events:
        if puts_off(event, since, as_of):
            yield _sign(event, since, f"{event.action!r} for {event.term}")


def ask_of_actions(patient: DltPatient, window: tuple[date, date], as_of: date) -> Iterator[Sign]:
    """Events of some days for which less was given, or nobody knows what was done with the therapy.

    A further dose answers: it was neither put off nor ended.
    """
    for event in patient.events:
        last = event.onset_until or event.onset
        if event.attribution == "unrelated" or last < window[0] or event.onset > min(window[1], as_of):
            continue
        if patient.cycle2 is not None and last < patient.cycle2 <= as_of:
            continue
        means = read_action(event.action)
        if means == "reduced":
            yield _sign(
                event, window[0], f"{event.action!r} for {event.term}: is the next dose to wait for it?"
            )
        elif means == "unread":
            said = f"{event.action!r} for {event.term} is no action that galu knows"
            yield _sign(event, window[0], f"{said}: was a dose put off, reduced or ended?")


def _sign(event: AdverseEventInput, first: date, said: str) -> Sign:
    on = max(event.onset, first)
    return Sign(None, on, UNRESOLVED, said, (event.ref,), (on, event.ended), asks=True)
