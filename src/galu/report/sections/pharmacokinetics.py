"""Pharmacokinetics: concentrations over time, and parameters by level in both decay states."""

from __future__ import annotations

from galu.report.blocks import Block, Section, Table
from galu.report.figures.pharmacokinetics import concentrations, median_concentrations
from galu.report.sections.exposure import activities_of
from galu.report.sections.overview import assumed_in
from galu.trial.state import TrialState

#: Parameters of the summary on the page, CDISC PPTESTCD; the CSV has every one.
SHOWN = ("CMAX", "TMAX", "AUCLST", "AUCIFO", "AUCPEO", "LAMZHL", "CLO", "VZO", "VSSO", "CLFO", "VZFO",
         "MRTIVIFO",
         "MRTEVIFO", "RCAMINT", "RCPCINT", "RENALCL")  # fmt: skip


def pharmacokinetics(state: TrialState) -> Section:
    """Profiles, and summaries by level, matrix, cycle and decay state."""
    title = "Pharmacokinetics"
    assumed = assumed_in(state, "pharmacokinetics")
    found = state.pharmacokinetics
    if state.study.pharmacokinetics is None:
        return Section("pharmacokinetics", title, silent="The study file plans no pharmacokinetics.")
    if not (found.profiles or found.parameters or found.left_out):
        return Section("pharmacokinetics", title, assumed=assumed, silent="No sample was taken yet.")
    broken = [one for one in found.profiles if one.profile is None]
    sentences = [
        f"{len(found.profiles)} profiles of {len({p.subject for p in found.profiles})} subjects. Values "
        "as measured "
        "decay with the nuclide; corrected ones say what the substance does. Reported: "
        f"{' and '.join(state.study.pharmacokinetics.decay_states.value)}.",
    ]
    if broken:
        sentences.append(f"{len(broken)} profiles could not be built, the first because {broken[0].reason}")
    sentences += [
        f"{one.samples} samples of {one.matrix} from {one.subjects} subjects are left out: {one.reason}."
        for one in found.left_out
    ]
    blocks: list[Block] = []
    for matrix, analyte in sorted({(p.matrix, p.analyte) for p in found.profiles}):
        own = [
            p
            for p in found.profiles
            if (p.matrix, p.analyte, p.cycle) == (matrix, analyte, 1) and p.profile is not None
        ]
        if own:
            blocks.append(median_concentrations(own, activities_of(state)))
            blocks.append(concentrations(own, activities_of(state)))
    blocks += [
        _summary(state, "pk-summary", True),
        *_proportionality(state),
        _summary(state, "pk-summary-all", False),
        _subjects(state),
    ]
    return Section("pharmacokinetics", title, tuple(sentences), tuple(blocks), assumed)


def _summary(state: TrialState, name: str, brief: bool) -> Table:
    rows = tuple(
        (s.level, s.matrix, s.cycle, _window(s.window_h), s.decay_state or "no activity", one.code,
         one.unit, one.n, one.n_missing, one.geometric_mean, one.geometric_cv_percent,
         one.median, one.minimum, one.maximum, "; ".join(one.reasons))
        for s in state.pharmacokinetics.summaries
        if (one := s.summary) and (not brief or one.code in SHOWN)
    )  # fmt: skip
    columns = ("level", "matrix", "cycle", "urine from–to [h]", "decay state", "parameter", "unit", "n",
               "without", "geometric mean",
               "geometric CV [%]", "median", "lowest", "highest", "why without")  # fmt: skip
    caption = "Parameters by level, matrix, cycle and decay state" + ("" if brief else ", all")
    return Table(name, caption, columns, rows, page_rows=120 if brief else 0)


def _window(hours: tuple[float, float] | None) -> str:
    return "" if hours is None else f"{hours[0]:g}–{hours[1]:g}"


def _proportionality(state: TrialState) -> list[Block]:
    """Power model of each exposure on the activity given; nothing where no exposure is known."""
    rows = tuple(
        (p.matrix, p.analyte, p.cycle, p.decay_state, p.code, p.subjects, p.found.exponent, p.found.lower,
         p.found.upper, *(p.found.bounds or (None, None)), p.found.proportional.value, p.found.reason)
        for p in state.pharmacokinetics.proportionality
    )  # fmt: skip
    columns = ("matrix", "analyte", "cycle", "decay state", "exposure", "subjects", "exponent", "lower",
               "upper", "from", "to", "proportional", "why without")  # fmt: skip
    caption = "Dose proportionality: exponent of exposure on net activity, its 90 % interval, and its bounds"
    return [Table("pk-proportionality", caption, columns, rows, page_rows=24)] if rows else []


def _subjects(state: TrialState) -> Table:
    rows = tuple(
        (p.subject, p.level, p.matrix, p.cycle, p.decay_state or "no activity", p.parameter.code,
         p.parameter.value,
         p.parameter.unit, p.parameter.reason)
        for p in state.pharmacokinetics.parameters
    )  # fmt: skip
    columns = (
        "subject",
        "level",
        "matrix",
        "cycle",
        "decay state",
        "parameter",
        "value",
        "unit",
        "why without",
    )
    return Table("pk-parameters", "Every parameter of every profile", columns, rows, page_rows=0)
