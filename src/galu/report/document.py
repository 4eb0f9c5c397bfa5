"""The report as one self-contained page: no script, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from galu.record import Record
from galu.record.when import hours_between
from galu.report.blocks import Mark, Matrix, Picture, Section, Table
from galu.report.figures.style import stamped
from galu.report.sections import conduct, overview
from galu.report.sections.data_management import data_management
from galu.report.sections.dosimetry import Points, dosimetry
from galu.report.sections.efficacy import efficacy
from galu.report.sections.eligibility import eligibility
from galu.report.sections.exposure import exposure
from galu.report.sections.glance import glance
from galu.report.sections.next_cycle import next_cycle, visits
from galu.report.sections.open_items import derive_items, open_items
from galu.report.sections.pharmacokinetics import pharmacokinetics
from galu.report.sections.safety import all_grades, safety
from galu.report.sections.site_day import site_day
from galu.report.sections.watch import watch
from galu.trial.state import TrialState


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows, and what lies beside it."""

    mark: Mark
    sections: tuple[Section, ...]
    further: tuple[Table, ...]

    def tables(self) -> Iterator[Table]:
        """Every table, each once."""
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    if not block.part_of:
                        yield block
                elif isinstance(block, Matrix):
                    yield block.table()
        yield from self.further

    def pictures(self) -> Iterator[Picture]:
        """Every figure."""
        for section in self.sections:
            yield from (block for block in section.blocks if isinstance(block, Picture))


def build_report(
    state: TrialState,
    known: Record,
    mark: Mark,
    aside: Sequence[tuple[str, str, int, str]] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> Report:
    """Prepare every section in the order a study team reads.

    Parameters
    ----------
    state, known
        The state, and the record it was derived from, filtered to the same day.
    mark
        What every page carries.
    aside
        Rows of imported files that were set aside: day of the import, file, row, reason.
    tell
        Is told the title of each section before it is prepared.
    """
    items = tuple(derive_items(state, aside))
    makers: Sequence[tuple[str, Callable[[], Section]]] = (
        ("at a glance", lambda: glance(state, items)),
        ("open safety items", lambda: open_items(items)),
        ("board", lambda: overview.board(state)),
        ("deviations", lambda: conduct.deviations(state)),
        ("flow", lambda: overview.flow(state)),
        ("eligibility", lambda: eligibility(state, _stated(known))),
        ("exposure", lambda: exposure(state)),
        ("site's day", lambda: site_day(state)),
        ("safety", lambda: safety(state)),
        ("safety watch", lambda: watch(state)),
        ("dosimetry", lambda: dosimetry(state, points_of(state, known))),
        ("next cycle", lambda: next_cycle(state)),
        ("pharmacokinetics", lambda: pharmacokinetics(state)),
        ("efficacy", lambda: efficacy(state)),
        ("visits", lambda: visits(state)),
        ("data management", lambda: data_management(state)),
        ("analysis sets", lambda: conduct.analysis_sets(state)),
        ("data sources", lambda: conduct.sources(state, known)),
        *((("rows set aside", lambda: conduct.set_aside(aside)),) if aside else ()),
        ("assumptions", lambda: overview.assumptions(state)),
    )
    sections = []
    with stamped(mark.banner):
        for name, make in makers:
            tell(name)
            sections.append(make())
    return Report(mark, tuple(sections), (all_grades(state),))


def _stated(known: Record) -> dict[str, str]:
    """Reason of each screen failure as the site gave it."""
    rows = known.facts("disposition").iter_rows(named=True)
    return {r["subject"]: r["category"] or r["term"] for r in rows if "SCREEN" in r["term"].upper()}


def points_of(state: TrialState, known: Record) -> Points:
    """Measured activities of the first therapeutic cycle by subject and region: hours and MBq."""
    starts = {s.id: s.therapy[0].start for s in state.subjects if s.therapy}
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    if state.study.treatment is None:
        return {}
    agent = state.study.treatment.therapy_agent.value
    for row in known.facts("region_activity").iter_rows(named=True):
        measured = row["decay_state"] == "measured" and row["cycle"] == 1 and row["agent"] == agent
        hours = hours_between(starts.get(row["subject"]), row["on"], known.zone) if measured else None
        if hours is not None:
            found.setdefault((row["subject"], row["region"]), []).append((hours, row["activity_mbq"]))
    return {key: tuple(sorted(points)) for key, points in found.items()}


def render(report: Report) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("galu.report"), autoescape=select_autoescape(default=True), trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    style = files("galu.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    return environment.get_template("report.html").render(
        report=report, mark=report.mark, style=Markup(style), svg=Markup
    )


def picture_file(picture: Picture) -> str:
    """A figure of the page as a file of its own, in the page's colours."""
    style = files("galu.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    colours = style[: style.index("* {")]
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    head, _, rest = picture.svg.partition(">")
    return f"{head.replace('<svg ', f'<svg {names} ', 1)}><style>{colours}</style>{rest}"
