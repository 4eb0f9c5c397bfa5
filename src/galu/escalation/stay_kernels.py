"""The present stay at a level in fast trials, and what those enrolled before it still say of it."""

from __future__ import annotations

from galu.compiled import inlined, kernel


@inlined
def stay_known(w, level):  # type: ignore[no-untyped-def]
    """Whether somebody of the present stay at a level is known, as `conventions.known_in_stay` above 0."""
    patient, found = w.patient - 1, False
    while patient >= 0 and not found:
        if w.state[patient] != 1:
            if w.level[patient] != level:
                break
            found = w.state[patient] >= 2
        patient -= 1
    return found


@kernel
def left_inside(w, size):  # type: ignore[no-untyped-def]
    """Higher level that was left inside its cohort for the present stay, and the number of the stay's first
    patient; (0, 0) where there is none.

    Somebody was pending there, perhaps, so that by now those before the stay may say to step down further,
    as `conventions.in_cohort` asks them. At a cohort's end everybody was known, and nothing can have
    changed; nor at a level none of whose stay is known. A cohort end in the present stay takes its place.
    """
    level, patient, here = w.in_use, w.patient - 1, 0
    while patient >= 0 and (w.state[patient] == 1 or w.level[patient] == level):
        if w.state[patient] != 1:
            here += 1
        patient -= 1
    if patient < 0 or here == 0 or here > w.n[level] % size:
        return 0, 0
    above, first = w.level[patient], patient + 1
    if above <= level or w.n[above] % size == 0:
        return 0, 0
    while patient >= 0 and (w.state[patient] == 1 or w.level[patient] == above):
        if w.state[patient] >= 2:
            return above, first
        patient -= 1
    return 0, 0


@kernel
def set_aside(w, first, level, step):  # type: ignore[no-untyped-def]
    """Count the patients from number `first` no more (step -1), or again (step 1); `level` is then in use."""
    for patient in range(first, w.patient):
        state, lv = w.state[patient], w.level[patient]
        if state != 1:
            w.n[lv] += step
            w.total += step
            if state == 0:
                w.c[lv] += step
            elif state == 3:
                w.y[lv] += step
    w.in_use = level
