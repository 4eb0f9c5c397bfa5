"""Titration in fast trials: what `titration.titrated` reads from the patients, for the compiled kernels."""

from __future__ import annotations

from galu.compiled import inlined


@inlined
def titration_end(w, levels):  # type: ignore[no-untyped-def]
    """Patients up to the one who ended a titration, and the level of this one, as `titration.titrated`.

    No patient while it goes on.
    """
    until, level = 0, 0
    for patient in range(w.patient):
        state = w.state[patient]
        if state == 3 or (state == 2 and w.level[patient] == levels):
            until, level = patient + 1, w.level[patient]
            break
    return until, level


@inlined
def titrated_apart(w, level, size, until, last):  # type: ignore[no-untyped-def]
    """Patients of a level who are not of its cohorts, as `Titrated.apart`; `last` is the ending level."""
    there = 0
    for patient in range(until):
        if w.level[patient] == level and w.state[patient] != 1:
            there += 1
    if level == max(last - 1, 1) and there < size <= w.n[level]:
        there = 0
    return there


@inlined
def none_since(w, until):  # type: ignore[no-untyped-def]
    """Whether nobody who counts was enrolled since the patient who ended a titration."""
    found = True
    for patient in range(until, w.patient):
        if w.state[patient] != 1:
            found = False
    return found
