"""Eligibility: every criterion of every subject at the gate that comes next, and why screening failed."""

from __future__ import annotations

from collections.abc import Mapping

from galu.report.blocks import Matrix, Row, Section, Table
from galu.report.sections.overview import assumed_in
from galu.trial.eligibility import GateVerdicts
from galu.trial.state import TrialState

TITLE = "Eligibility"


def eligibility(state: TrialState, stated: Mapping[str, str]) -> Section:
    """A matrix of subjects by criteria, counts per criterion, and the screen failures.

    Parameters
    ----------
    stated
        Reason for the screen failure of a subject as the site gave it.
    """
    plan = state.study.eligibility
    if plan is None:
        return Section("eligibility", TITLE, silent="The study file states no eligibility criteria.")
    last = _next_gates(state)
    assumed = assumed_in(state, "eligibility")
    if not last:
        return Section("eligibility", TITLE, assumed=assumed, silent="Nobody is in the record yet.")
    criteria = tuple(one.id for one in plan.criteria)
    matrix = Matrix(
        "eligibility-matrix",
        "Verdict of each criterion today, at the gate that comes next: + satisfied, × violated, ? unknown",
        criteria,
        tuple(one.text for one in plan.criteria),
        tuple((g.subject, g.gate.value, tuple(v.verdict for v in g.verdicts)) for g in last),
    )
    counts: list[Row] = []
    for i, one in enumerate(plan.criteria):
        words = [g.verdicts[i].verdict for g in last]
        counts.append(
            (one.id, one.polarity, one.text, *(words.count(w) for w in ("satisfied", "violated", "unknown")))
        )
    columns = ("criterion", "kind", "text", "satisfied", "violated", "unknown")
    per_criterion = Table(
        "eligibility-criteria", "Subjects per criterion at the gate that comes next", columns, tuple(counts)
    )
    unknown = sum(v.verdict == "unknown" for g in last for v in g.verdicts)
    sentences = (
        f"{len(last)} subjects were judged by {len(criteria)} criteria; {unknown} verdicts are unknown and "
        "never count as met.",
    )
    return Section(
        "eligibility", TITLE, sentences, (matrix, per_criterion, _failures(state, last, stated)), assumed
    )


def _next_gates(state: TrialState) -> list[GateVerdicts]:
    found: dict[str, GateVerdicts] = {}
    for gate in state.eligibility:
        found[gate.subject] = gate
    return list(found.values())


def _failures(state: TrialState, last: list[GateVerdicts], stated: Mapping[str, str]) -> Table:
    days = {s.id: s.screen_failed for s in state.subjects if s.failed}
    rows = []
    for gate in last:
        if gate.subject in days:
            violated = [v for v in gate.verdicts if v.verdict == "violated"]
            reasons = [
                a.reason for v in violated for a in v.atoms if a.reason and v.verdict_of(a) == "violated"
            ]
            said = "; ".join(reasons[:4]) or "no criterion is violated by what the record holds"
            rows.append(
                (
                    gate.subject,
                    days[gate.subject],
                    stated.get(gate.subject),
                    ", ".join(v.criterion for v in violated),
                    said,
                )
            )
    columns = ("subject", "day", "reason stated", "criteria violated", "evidence")
    return Table("screen-failures", "Screen failures and their reasons", columns, tuple(rows))
