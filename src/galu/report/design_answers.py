"""Pages of single design commands: what was asked, the answer in pictures, and its numbers as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from galu.escalation.outcomes import Outcomes
from galu.report.blocks import Block, Cell, Section, Table, text_of
from galu.report.figures import design as draw
from galu.report.figures import design_rules as rules

Answer = Mapping[str, Any]
#: Rows of a table on such a page: there is no file beside it that would hold the rest.
_ALL: Final = 100_000
#: Headings of columns whose key is no word.
_HEADINGS: Final = {
    "n": "patients",
    "dlts": "DLTs",
    "lower": "2.5 % limit",
    "upper": "97.5 % limit",
    "sd": "SD",
    "p_above_target": "Pr(rate > target)",
    "p_under": "Pr(under target interval)",
    "p_target": "Pr(in target interval)",
    "p_over": "Pr(over target interval)",
    "stop_if_dlts_ge": "stop with DLTs ≥",
    "stop_if_responses_le": "stop with responses ≤",
    "r1": "stop after stage 1 with responses ≤",
    "n1": "patients of stage 1",
    "r": "not promising with responses ≤",
    "en0": "expected patients at p0",
    "pet0": "Pr(stop after stage 1) at p0",
}
#: What the numbers of `estimates` are, by the kind of design.
ISOTONIC: Final = (
    "isotonic estimate from the patients evaluated; the 95 % credible interval is that of the level alone "
    "(uniform prior)"
)
MODEL: Final = "posterior estimate of the model from all levels together, with its 95 % credible interval"


@dataclass(frozen=True, slots=True)
class DesignPage:
    """A page of one answer."""

    title: str
    sections: tuple[Section, ...]


def render(page: DesignPage) -> str:
    """Write the self-contained page."""
    from jinja2 import Environment, PackageLoader, select_autoescape
    from markupsafe import Markup

    from galu import __version__

    environment = Environment(
        loader=PackageLoader("galu.report"), autoescape=select_autoescape(default=True), trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    style = files("galu.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    return environment.get_template("design.html").render(
        page=page, style=Markup(style), svg=Markup, version=__version__
    )


def table_of(name: str, caption: str, rows: Sequence[Mapping[str, Any]], note: str = "") -> Table:
    """Rows of plain values as a table, one column per key."""
    columns = tuple(rows[0]) if rows else ()
    cells = tuple(tuple(_cell(row.get(key)) for key in columns) for row in rows)
    return Table(
        name,
        caption,
        tuple(_HEADINGS.get(key, key.replace("_", " ")) for key in columns),
        cells,
        note,
        page_rows=_ALL,
    )


def _cell(value: Any) -> Cell:
    if isinstance(value, Outcomes):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {text_of(_cell(one))}" for key, one in value.items())
    return ", ".join(text_of(_cell(one)) for one in value)


def asked_section(asked: Answer, answer: Answer) -> Section:
    """Options and conventions that the answer rests on."""
    rows: list[dict[str, Any]] = [
        {"what": key.replace("_", " "), "value": text_of(_cell(value)), "from": "asked"}
        for key, value in asked.items()
        if value is not None and value != "" and value is not False
    ]
    for group, word in (("switches", "convention of the design"), ("assumptions", "assumption")):
        rows += [
            {"what": key.replace("_", " "), "value": text_of(_cell(value)), "from": word}
            for key, value in (answer.get(group) or {}).items()
        ]
    blocks = (table_of("asked", "Options, conventions and assumptions of this answer", rows),)
    return Section("asked", "What was asked", (), blocks)


def next_sections(
    answer: Answer, outcomes: Outcomes, limits: tuple[float | None, float]
) -> Iterator[Section]:
    """Decision, course and estimates; `limits` are the target rate and BLRM's overdose limit."""
    levels = answer["levels"]
    level = "" if answer["level"] is None else f", level {answer['level']}"
    said = [f"Decision: {answer['decision']}{level}. {answer['reason']}"]
    said += [answer[key] for key in ("alert", "warning") if key in answer]
    course = draw.course(outcomes, len(levels), (answer["decision"], answer["level"]))
    patients = [
        {
            "patient": i,
            "level": p.level,
            "outcome": draw.MARKS[p.outcome][3],
            "share of the window followed": p.followup,
        }
        for i, p in enumerate(outcomes, start=1)
    ]
    listed = table_of("patients", "Patients in order of enrolment", patients)
    yield Section("decision", "The decision", tuple(said), (course, listed) if patients else (course,))
    yield estimate_section(levels, limits)


def estimate_section(levels: Sequence[Answer], limits: tuple[float | None, float]) -> Section:
    """What the patients say of each level's DLT rate."""
    return Section("estimates", "DLT rate of each level", (), estimate_blocks(levels, limits))


def estimate_blocks(levels: Sequence[Answer], limits: tuple[float | None, float]) -> tuple[Block, ...]:
    """Bands against the target, of BLRM the interval masses, and the numbers; `limits` as above."""
    target, overdose = limits
    kind = ISOTONIC if "isotonic_estimate" in levels[0] else MODEL
    blocks: list[Block] = [draw.bands(levels, target, kind)]
    if "p_over" in levels[0]:
        blocks.append(draw.masses(levels, overdose))
    note = "An estimate is not known (–) where no patient was evaluated." if kind is ISOTONIC else ""
    return (*blocks, table_of("dlt-rates", "Estimates by level", levels, note))


def table_sections(answer: Answer) -> Iterator[Section]:
    """The coloured decision table and its rows."""
    closed = "closed" if answer["above_closed"] else "open"
    said = (
        f"Each square is a state of the level where patients are treated, the level above {closed}: "
        "its letter is the decision that the rule table gives.",
    )
    picture = draw.decision_table(answer["design"], answer["rows"])
    rows = table_of("rows", "Every state with its decision and rule", answer["rows"])
    yield Section("table", "Decision table", said, (picture, rows))


def pathway_sections(answer: Answer) -> Iterator[Section]:
    """The tree of the coming cohorts and its rows."""
    said = [
        f"{answer['outcomes'] or 'Nobody yet'}: {answer['decision']}"
        + ("" if answer["level"] is None else f", level {answer['level']}")
        + f". {answer['reason']}",
        f"Cohorts of {answer['cohort_size']}, {answer['cohorts']} ahead. In a box “1/3 at 2” are the DLTs of "
        "the patients at a level, and the letter after the arrow is the decision with its level. The tree "
        "says what would follow, not how probable it is.",
    ]
    ends = draw.leaves(answer)
    blocks: list[Block] = [draw.pathway_tree(answer)] if ends <= draw.MOST_LEAVES else []
    if not blocks:
        said.append(f"{ends} pathways are more than a picture can hold; the table has them all.")
    blocks.append(table_of("pathways", "Every pathway", list(_paths(answer, "")), ""))
    yield Section("pathways", "Transition pathways", tuple(said), tuple(blocks))


def _paths(node: Answer, before: str) -> Iterator[dict[str, Any]]:
    path = "; ".join(part for part in (before, draw.result_words(node)) if part)
    yield {
        "results (DLTs/patients at level)": path or "now",
        "outcomes": node["outcomes"],
        "decision": node["decision"],
        "level": node["level"],
        "rule": node["rule"],
        "reason": node["reason"],
    }
    for child in node["then"]:
        yield from _paths(child, path)


def characteristic_sections(answer: Answer, truth: Sequence[float]) -> Iterator[Section]:
    """Selection, patients, DLTs; distributions where trials were simulated."""
    told = [(answer["design"], answer)]
    if "as_run" in answer:
        told = [
            (f"{answer['design']} as published", answer),
            ("as run by default", {**answer["as_run"], "se": None}),
        ]
    count = answer["replicates"]
    if count is None:
        how = "Computed exactly over every possible trial: no Monte Carlo error."
    else:
        how = f"{count} simulated trials; a thin line is the 95 % limit of the simulation, not of the design."
    means = f"Expected patients {answer['expected_n']:.2f}, expected DLTs {answer['expected_dlts']:.2f}."
    rows = [row for name, one in told for row in _level_rows(name, one, truth)]
    picture = rules.characteristics(told, truth)
    listed = table_of("characteristics", "Operating characteristics by level", rows)
    yield Section("characteristics", "Operating characteristics", (how, means), (picture, listed))
    if found := answer.get("distribution"):
        yield Section("distributions", "Patients and duration", (), tuple(_distributions(found)))


def _level_rows(name: str, answer: Answer, truth: Sequence[float]) -> Iterator[dict[str, Any]]:
    error = answer["se"]["select"] if answer["se"] else [None] * (len(truth) + 1)
    none = (None, answer["select"]["none"], error[0], None, None)
    levels = zip(truth, answer["select"]["levels"], error[1:], answer["patients"]["levels"],
                 answer["dlts"]["levels"], strict=True)  # fmt: skip
    for level, (p, chosen, se, patients, dlts) in enumerate((none, *levels)):
        yield {
            "design": name,
            "level": str(level) if level else "none",
            "assumed DLT probability": p,
            "probability of selection": chosen,
            "standard error": se,
            "mean patients": patients,
            "mean DLTs": dlts,
        }


def _distributions(found: Answer) -> Iterator[Block]:
    yield rules.distributions(found)
    yield table_of("sizes", "Share of trials by patients taken", found["patients"])
    if days := found["duration_days"]:
        rows = [{"share of trials that end by then": k, "days": v} for k, v in days["quantiles"].items()]
        yield table_of("durations", "Quantiles of the duration", rows)
