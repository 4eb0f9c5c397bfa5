"""The cohort-review package: one page that a safety committee reads before it decides, and signs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from galu.escalation.pathways import Pathway
from galu.escalation.review import CohortReview
from galu.report.blocks import Block, number

#: Outcomes in words; the letters are those of the design's written form.
WORDS = {"N": "no DLT", "T": "DLT", "P": "pending", "X": "inevaluable"}


@dataclass(frozen=True, slots=True)
class Seat:
    """A patient as the committee sees them; `window` says where in the DLT window they are.

    `counts` is the completeness of the blood counts, `deviations` what was amiss at the first dose.
    """

    subject: str
    level: int
    outcome: str
    window: str
    rule: str
    reason: str
    counts: str = ""
    deviations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of plain values, such as activity, absorbed dose or late toxicity.

    A cell that is None is not known and says so. `silent` says why there is no row.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]
    silent: str = "None was reported."


@dataclass(frozen=True, slots=True)
class Package:
    """Everything on the page.

    Parameters
    ----------
    study, as_of, design
        Whose review, of which day, by which design with its switches.
    banner
        SIMULATED or IMPORTED where the record is no observation; else empty.
    review
        Tallies, decision, pathways.
    seats
        Patients in order of enrolment; empty when only tallies are known.
    listings
        Activity, absorbed dose, late toxicity and whatever else is weighed.
    standing
        What may happen next, signed decisions and the monitor counted in.
    silence
        Why the design gives no answer.
    pictures
        The course of the escalation and the DLT rates of the levels, with their numbers.
    source
        Which entry of which record, under which study file, the page shows.
    """

    study: str
    as_of: str
    design: str
    review: CohortReview
    seats: tuple[Seat, ...] = ()
    listings: tuple[Listing, ...] = ()
    banner: str = ""
    standing: str = ""
    silence: str = ""
    pictures: tuple[Block, ...] = ()
    source: str = ""


def cohort_review_page(package: Package) -> str:
    """Write the self-contained page."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    source = files("galu.report").joinpath("cohort_review.html").read_text(encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("galu.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["results"] = _results
    environment.filters["answer"] = _answer
    environment.filters["cell"] = _cell
    return environment.from_string(source).render(p=package, words=WORDS, svg=Markup)


def _results(pathway: Pathway) -> str:
    parts = (f"{r.dlts} DLT of {r.patients} at level {r.level}" for r in pathway.results)
    return ", ".join(parts) + (" (pending now)" if pathway.was_pending else "")


def _answer(pathway: Pathway) -> str:
    decision = pathway.decision
    return decision.action.value + ("" if decision.level is None else f", level {decision.level}")


def _cell(value: str | float | int | None) -> str:
    if value is None:
        return "not known"
    return number(value) if isinstance(value, float) else str(value)
