"""Histories that no design would have led to: what is known may be anything, the answer stays careful."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from galu.escalation import DESIGNS, Action, Outcome, Outcomes, PatientOutcome, design_named
from galu.escalation.decision import Decision, Design
from galu.escalation.guarded import bare
from galu.escalation.toxic import FEWEST, too_toxic
from galu.finding import InputError

LEVELS = 4
CASES: list[tuple[str, dict[str, object]]] = [
    *((name, {"doses": (1.0, 2.0, 4.0, 8.0)} if name == "blrm" else {}) for name in DESIGNS),
    ("boin", {"start": 2}),
    ("crm", {"skipping": "untried"}),
    ("tite-boin", {"start": 2, "cohort_size": 2}),
    ("tite-boin", {"rule": "imputation-2018"}),
    ("tite-crm", {"cohort_size": 2}),
    ("boin", {"lowest_toxic": 0.3, "enough_at_level": 6}),
    ("rolling-six", {"replace_inevaluable": False}),
]
IDS = [f"{name}-{'-'.join(map(str, switches))}" for name, switches in CASES]
TABLES = ("rolling-six", "iq-rolling-six", "3+3")
#: Rules that an outcome ends whatever it is: those that wait for follow-up, or for somebody to observe.
WAITING = ("min-followup", "sentinel", "unobserved", "enough", "held")
INTERVALS = ("boin", "keyboard", "mtpi", "mtpi2", "i3+3")


def answered(
    name: str, switches: dict[str, object], count: int
) -> Iterator[tuple[Design, Outcomes, Decision]]:
    """Random walks over the levels with random outcomes, as far as the design takes them at all."""
    design, rng = design_named(name, **switches), random.Random(11)
    start = int(getattr(bare(design), "start", 1))
    for _ in range(count // 20 if name == "blrm" else count):
        patients, level = [], start
        for _ in range(rng.randint(1, 14)):
            level = max(1, min(LEVELS, level + rng.choice([-1, 0, 0, 0, 0, 0, 1])))
            kind = rng.choices(list(Outcome), [5, 2, 2, 1])[0]
            part = rng.choice([0.0, 0.1, 0.3, 0.6, 0.9]) if kind is Outcome.PENDING else 1.0
            patients.append(PatientOutcome(level, kind, part))
        outcomes = Outcomes(tuple(patients))
        try:
            yield design, outcomes, design.decide(outcomes, LEVELS)
        except InputError:
            continue


def changed(outcomes: Outcomes, number: int, kind: Outcome) -> Outcomes:
    patients = list(outcomes)
    patients[number] = PatientOutcome(patients[number].level, kind, 1.0)
    return Outcomes(tuple(patients))


MANY = [pytest.param(150, id="few"), pytest.param(2000, id="many", marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", MANY)
@pytest.mark.parametrize(("name", "switches"), CASES, ids=IDS)
def test_the_word_the_level_and_the_closed_levels_agree(
    name: str, switches: dict[str, object], count: int
) -> None:
    seen = 0
    for design, outcomes, found in answered(name, switches, count):
        seen += 1
        start, level = int(getattr(bare(design), "start", 1)), found.level
        in_use = outcomes.level_in_use_from(start)
        assert level is None or 1 <= level <= LEVELS
        if found.action is Action.ESCALATE:
            assert level is not None and level > outcomes.current_level - 1 and level > in_use - 1
            assert outcomes.tally(in_use).enrolled > 0, (str(outcomes), found)
        if name in TABLES or level is None:
            continue
        if found.action is Action.SAME and found.rule != "too-toxic":
            assert level == in_use, (str(outcomes), found)
        if found.action in (Action.DE_ESCALATE, Action.ELIMINATE):
            assert level < in_use, (str(outcomes), found)
        if found.action is Action.DECLARE_MTD:
            assert outcomes.tally(level).enrolled > 0, (str(outcomes), found)
        for lower in range(1, level + 1) if name in INTERVALS else ():
            tally = outcomes.tally(lower)
            known = tally.enrolled - tally.pending
            assert known < FEWEST or not too_toxic(known, tally.dlts, 0.25), (str(outcomes), found)
    assert seen > 4


@pytest.mark.parametrize("count", MANY)
@pytest.mark.parametrize(("name", "switches"), CASES, ids=IDS)
def test_a_pending_patient_who_turns_out_toxic_opens_no_level(
    name: str, switches: dict[str, object], count: int
) -> None:
    """But a wait may end with it, and a step up that waited for follow-up alone may come."""
    for design, outcomes, found in answered(name, switches, count):
        if found.level is None or found.rule in WAITING:
            continue
        for number, patient in enumerate(outcomes):
            if patient.outcome is not Outcome.PENDING:
                continue
            toxic = changed(outcomes, number, Outcome.DLT)
            try:
                then = design.decide(toxic, LEVELS)
            except InputError:
                continue
            assert then.level is None or then.level <= found.level, (str(outcomes), found, str(toxic), then)


@pytest.mark.parametrize(
    ("name", "text", "highest"),
    [
        ("tite-crm", "1NXNNNP 2P", 1),
        ("tite-crm", "1NXNNNP 2T", 1),
        ("tite-boin", "1TNT 2X 3NPTP", 1),
        ("tite-boin", "1TNT 2X 3NPTT", 1),
    ],
)
def test_a_dlt_above_lifts_nothing_that_was_said_below(name: str, text: str, highest: int) -> None:
    read = Outcomes.from_string(text)
    parts = [0.0 if p.outcome is Outcome.PENDING else 1.0 for p in read]
    known = Outcomes(
        tuple(PatientOutcome(p.level, p.outcome, part) for p, part in zip(read, parts, strict=True))
    )
    assert (design_named(name).decide(known, LEVELS).level or 0) <= highest
