"""Pages of stopping rules: boundaries at the looks, and what they do over the true rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from galu.escalation.monitoring import JointRule, Truth, joint_course
from galu.escalation.stopping import Looks, course
from galu.report.blocks import Section
from galu.report.design_answers import table_of
from galu.report.figures import design_rules as draw

Answer = Mapping[str, Any]
#: True rates at which curves are computed.
RATES: Final = tuple(i / 50 for i in range(51))
_TABLED: Final = tuple(i / 20 for i in range(21))


def simon_sections(answer: Answer, p0: float, p1: float) -> Iterator[Section]:
    """Optimal and minimax design."""
    designs = {
        name: Looks((one["n1"], one["n"]), (one["r1"], one["r"]))
        for name, one in answer.items()
        if "r1" in one
    }
    said = ("With at most r1 responses of n1 the trial stops; with at most r of n it is not promising.",)
    rows = [{"design": name, **one} for name, one in answer.items() if "r1" in one]
    yield from look_sections(designs, (p0, p1), said, rows)


def look_sections(
    designs: Mapping[str, Looks],
    rates: tuple[float, float | None],
    said: tuple[str, ...],
    rows: Sequence[Mapping[str, Any]],
) -> Iterator[Section]:
    """Boundaries, power and expected patients of designs that count responses; `rates` are p0 and p1."""
    named = [(name, looks.at, [None if k < 0 else k for k in looks.most]) for name, looks in designs.items()]
    bounds = draw.boundaries(
        [(f"{name}: stop with at most so many responses", at, k) for name, at, k in named]
    )
    yield Section("boundaries", "Boundaries", said, (bounds, table_of("rows", "Boundaries as counts", rows)))
    marks = [(name, p) for name, p in zip(("p0", "p1"), rates, strict=True) if p is not None]
    found = {name: [(p, course(looks, p)) for p in RATES] for name, looks in designs.items()}
    power = draw.curves(
        ("power", "Probability of a promising end by the true response rate", _told(designs, rates)),
        [(name, [(p, c.promising) for p, c in points]) for name, points in found.items()],
        ("true response rate", "probability"), marks)  # fmt: skip
    expected = draw.curves(
        ("expected", "Expected number of patients over the true response rate", "Expected patients"),
        [(name, [(p, c.expected_n) for p, c in points]) for name, points in found.items()],
        ("true response rate", "patients"), marks)  # fmt: skip
    asked = sorted({*_TABLED, *(p for _, p in marks)})
    listed = [
        {"design": name, "true response rate": p, "promising": c.promising, "stopped early": c.stopped_early,
         "expected patients": c.expected_n}
        for name, looks in designs.items() for p in asked if (c := course(looks, p))
    ]  # fmt: skip
    told = "At p0 the probability of a promising end is the type I error, at p1 it is the power."
    yield Section(
        "power", "Power", (told,), (power, expected, table_of("courses", "What the rule does", listed))
    )


def _told(designs: Mapping[str, Looks], rates: tuple[float, float | None]) -> str:
    return "; ".join(
        f"{name}: {course(looks, p).promising:.3f} at {p:g}" for name, looks in designs.items() for p in rates
        if p is not None
    )  # fmt: skip


def monitor_sections(answer: Answer) -> Iterator[Section]:
    """Toxicity stop from above and futility stop from below."""
    rows = answer["rows"]
    at = tuple(row["n"] for row in rows)
    toxic = tuple(row["stop_if_dlts_ge"] for row in rows)
    few = [row["stop_if_responses_le"] for row in rows]
    futile = any(k is not None for k in few)
    rules = [("futility: stop with at most so many responses", at, few)] if futile else []
    bounds = draw.boundaries(rules, ("toxicity: stop with so many DLTs or more", at, toxic))
    listed = table_of("rows", "Boundaries as counts", rows, "A dash: no count stops the trial at this look.")
    said = ("Toxicity is read before futility at each look. A look at which no count stops shows a dash.",)
    yield Section("boundaries", "Boundaries", said, (bounds, listed))
    yield _stops(at, toxic, tuple(-1 if k is None else k for k in few), futile)
    if answer["characteristics"]:
        joint = table_of(
            "joint", "Both rules together under each assumed truth (exact)", answer["characteristics"]
        )
        yield Section("characteristics", "Both rules together", (), (joint,))


def _stops(at: tuple[int, ...], toxic: tuple[int | None, ...], few: tuple[int, ...], futile: bool) -> Section:
    alone = JointRule(at, toxic, (-1,) * len(at))
    stops = [(p, joint_course(alone, Truth(0.5, p))) for p in RATES]
    blocks = [draw.curves(
        ("toxic", "Toxicity rule alone: probability of stopping over the true DLT rate (exact)",
         "; ".join(f"{p:g}: {c.toxic:.3f}" for p, c in stops[::5])),
        [("stops for toxicity", [(p, c.toxic) for p, c in stops])],
        ("true DLT rate", "probability"))]  # fmt: skip
    rows = [{"true rate": p, "stops for toxicity": joint_course(alone, Truth(0.5, p)).toxic} for p in _TABLED]
    if futile:
        other = JointRule(at, (None,) * len(at), few)
        lost = [(p, joint_course(other, Truth(p, 0.0)).futile) for p in RATES]
        blocks.append(draw.curves(
            ("futile", "Futility rule alone: probability of stopping over the true response rate",
             "; ".join(f"{p:g}: {c:.3f}" for p, c in lost[::5])),
            [("stops for futility", lost)], ("true response rate", "probability")))  # fmt: skip
        rows = [
            row | {"stops for futility": joint_course(other, Truth(row["true rate"], 0.0)).futile}
            for row in rows
        ]
    listed = table_of("stops", "Probability of stopping by each rule alone", rows)
    return Section("stops", "What each rule does alone", (), (*blocks, listed))
