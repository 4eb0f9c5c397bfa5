"""The page of a design command's answer: `galu design … -o page.html`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from galu.desk.outputs import write_output
from galu.escalation.stopping import Looks

if TYPE_CHECKING:
    from galu.report.blocks import Section

Values = Mapping[str, Any]


def write_page(command: str, answer: Values, asked: Values, file: Path) -> Path:
    """Write an answer as one self-contained page.

    Parameters
    ----------
    command
        Which command answered, as in ``next``.
    answer
        What it answered.
    asked
        What it was asked, by the names of its options; those that are None were left out.
    file
        The page.

    Raises
    ------
    InputError
        When the file cannot be written.
    """
    from galu.report.design_answers import DesignPage, asked_section, render

    title, sections = _PAGES[command]
    name = answer.get("design") or asked.get("design")
    full = f"{title}: {name}" if name else title
    page = DesignPage(full, (*sections(answer, asked), asked_section(asked, answer)))
    return write_output(file, render(page))


def _next(answer: Values, asked: Values) -> Iterator[Section]:
    from galu.report.design_answers import next_sections

    switches = answer.get("switches", {})
    limits = (answer.get("target", switches.get("target")), switches.get("overdose", 0.25))
    return next_sections(answer, asked["outcomes"], limits)


def _table(answer: Values, asked: Values) -> Iterator[Section]:
    from galu.report.design_answers import table_sections

    return table_sections(answer)


def _pathways(answer: Values, asked: Values) -> Iterator[Section]:
    from galu.report.design_answers import pathway_sections

    return pathway_sections(answer)


def _characteristics(answer: Values, asked: Values) -> Iterator[Section]:
    from galu.report.design_answers import characteristic_sections

    return characteristic_sections(answer, asked["truth"])


def _simon(answer: Values, asked: Values) -> Iterator[Section]:
    from galu.report.design_stops import simon_sections

    return simon_sections(answer, asked["p0"], asked["p1"])


def _looks(answer: Values, asked: Values) -> Iterator[Section]:
    """BOP2 and predictive monitoring: the same counts, ending with those that a success needs."""
    from galu.report.design_stops import look_sections

    rows = answer["rows"]
    at = tuple(row["n"] for row in rows)
    most = [-1 if row["stop_if_responses_le"] is None else row["stop_if_responses_le"] for row in rows]
    said = ["At each look the trial stops with at most so many responses; at the last it is not promising."]
    if "responses_needed" in answer:
        most[-1] = answer["responses_needed"] - 1
        said.append(f"Success takes {answer['responses_needed']} responses of {answer['n_max']}.")
    if "predictive_probability" in answer:
        said.append(f"Predictive probability of success now: {answer['predictive_probability']:.4f}.")
    if "lambda" in answer:
        cut = f"The limit is λ (n/N)^γ with λ = {answer['lambda']:g} and γ = {answer['gamma']:g}"
        said.append(f"{cut}: the trial stops when Pr(p > p0) falls below it.")
    return look_sections({"rule": Looks(at, tuple(most))}, (asked["p0"], asked["p1"]), tuple(said), rows)


def _monitor(answer: Values, asked: Values) -> Iterator[Section]:
    from galu.report.design_stops import monitor_sections

    return monitor_sections(answer)


_Sections = Callable[[Values, Values], "Iterator[Section]"]
#: Title of each command's page, and what makes its sections.
_PAGES: Final[dict[str, tuple[str, _Sections]]] = {
    "next": ("The next patient", _next),
    "table": ("Decision table", _table),
    "pathways": ("Transition pathways", _pathways),
    "oc": ("Operating characteristics, simulated", _characteristics),
    "exact": ("Operating characteristics, exact", _characteristics),
    "simon": ("Simon's two-stage designs", _simon),
    "bop2": ("BOP2 for a binary endpoint", _looks),
    "predictive": ("Predictive-probability monitoring", _looks),
    "monitor": ("Toxicity and futility monitoring", _monitor),
}
