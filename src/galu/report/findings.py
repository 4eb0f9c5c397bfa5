"""Every derived result as a line: whose, what, its value, the rule with its version, facts and reason."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections.abc import Iterator
from datetime import date
from typing import Any

from galu import __version__
from galu.efficacy.best import BEST_RULE
from galu.finding import Rule
from galu.report.blocks import Mark
from galu.trial.efficacy import SubjectEfficacy
from galu.trial.state import TrialState

#: What makes a folder one of galu's reports.
FORMAT = "galu-report/1"
Line = dict[str, Any]


def _line(about: tuple[str, str], value: Any, rule: Rule, facts: tuple[str, ...], reason: str = "") -> Line:
    """One finding; `about` is the subject (empty for the trial) and what was derived."""
    subject, what = about
    return {"subject": subject, "what": what, "value": value, "rule": rule.name, "version": rule.version,
            "facts": list(facts), "reason": reason}  # fmt: skip


def findings(state: TrialState, mark: Mark) -> Iterator[Line]:
    """Every finding of a state, room by room. Rules of the study file carry its hash as version."""
    study = mark.study_hash[:12]
    yield from _board(state, study)
    for gate in state.eligibility:
        for one in gate.verdicts:
            about = (gate.subject, f"criterion {one.criterion} at {gate.gate.value}")
            reason = "; ".join(a.reason for a in one.atoms if a.reason and a.truth.value != "true")
            yield _line(about, one.at_gate, one.rule, one.facts, reason if one.at_gate == "unknown" else "")
    net = Rule("net activity", __version__)
    for row in state.exposure:
        about = (row.subject, f"net activity of cycle {row.cycle} [MBq]")
        yield _line(about, row.net_mbq, net, row.facts, row.reason if row.net_mbq is None else "")
    yield from _safety(state)
    yield from _watch(state, study)
    yield from _doses(state)
    for p in state.pharmacokinetics.parameters:
        words = (
            p.parameter.code,
            p.matrix,
            f"cycle {p.cycle}",
            p.decay_state or "no activity",
            f"[{p.parameter.unit}]",
        )
        rule = Rule("non-compartmental analysis", __version__)
        yield _line(
            (p.subject, " ".join(words)), p.parameter.value, rule, p.parameter.refs, p.parameter.reason
        )
    by_psa = state.study.efficacy is not None and state.study.efficacy.psa is not None
    for subject in state.efficacy.subjects:
        yield from _efficacy(subject, by_psa)
    yield from _rates(state)
    for departure in state.deviations:
        about = (departure.subject, "deviation")
        yield _line(about, departure.what, Rule(departure.rule, study), departure.facts)


def _board(state: TrialState, study: str) -> Iterator[Line]:
    for slot in state.board.slots:
        rule = Rule(f"DLT: {slot.rule}", study)
        value = slot.outcome if slot.outcome != "P" else None
        yield _line((slot.subject, "DLT outcome"), value, rule, slot.facts, slot.reason)
    if state.board.decision is not None:
        decided = state.board.decision
        rule = Rule(f"design: {decided.rule}", study)
        facts = tuple(fact for slot in state.board.slots for fact in slot.facts)
        yield _line(("", "next step of the escalation"), decided.action.value, rule, facts, decided.reason)


def _safety(state: TrialState) -> Iterator[Line]:
    version = state.study.safety.ctcae_version.value if state.study.safety else "5.0"
    rule = Rule("CTCAE laboratory grade", version)
    for row in state.safety.grades.iter_rows(named=True):
        reason = "" if row["grade"] is not None else "limits, baseline or clinical input is missing"
        yield _line(
            (row["subject"], f"grade of {row['term']} on {row['day']}"),
            row["grade"],
            rule,
            (row["fact"],),
            reason,
        )


def _watch(state: TrialState, study: str) -> Iterator[Line]:
    for late in state.watch.late:
        rule = Rule(f"DLT rule after the window: {late.rule_id}", study)
        yield _line((late.subject, "late toxicity"), late.met, rule, late.facts, late.reason)
    for duty in state.duties.reports:
        about = (duty.subject, f"{duty.stage} report of {duty.term} to the {duty.receiver}, due")
        yield _line(about, duty.due, Rule("reporting clock", study), (duty.event,), duty.reason)
    for one in state.proposals:
        about = (one.subject, f"proposal for cycle {one.cycle}")
        value = {"action": one.action, "activity_mbq": one.activity_mbq}
        yield _line(about, value, Rule("dose proposal", study), one.facts, "; ".join(one.reasons))


def _doses(state: TrialState) -> Iterator[Line]:
    rule = Rule("absorbed dose", __version__, "MIRD pamphlet 21")
    for one in state.absorbed_doses:
        dose = one.course.dose if one.course else None
        about = (one.subject, f"absorbed dose of {one.region}, cycle {one.cycle} [Gy]")
        yield _line(about, dose.dose_gy if dose else None, rule, one.facts, one.reason)
        if one.course is not None and one.course.cumulative_bed_gy is not None:
            about = (one.subject, f"cumulative BED of {one.region} to cycle {one.cycle} [Gy]")
            yield _line(about, one.course.cumulative_bed_gy, rule, one.facts)


def _psa(one: SubjectEfficacy) -> Iterator[Line]:
    psa = one.psa
    yield _line(
        (one.subject, "best PSA change [%]"), psa.best_change_percent, psa.rule, psa.facts, psa.reason
    )
    yield _line((one.subject, "PSA50 confirmed"), psa.psa50.confirmed, psa.rule, psa.facts, psa.reason)
    yield _line((one.subject, "PSA progression"), psa.progression_on, psa.rule, psa.facts, psa.reason)
    yield _line(
        (one.subject, "PSA doubling time [d]"),
        psa.doubling_time_days,
        psa.rule,
        psa.facts,
        psa.doubling_time_reason,
    )


def _efficacy(one: SubjectEfficacy, by_psa: bool) -> Iterator[Line]:
    if by_psa:
        yield from _psa(one)
    for visit in one.soft_tissue.visits if one.soft_tissue else ():
        yield _line(
            (one.subject, f"response at {visit.visit} by {one.reader}"),
            visit.overall,
            visit.rule,
            visit.facts,
            visit.reason,
        )
    about = (one.subject, "best overall response")
    yield _line(about, one.best.response, BEST_RULE, one.best_facts, one.best_reason)
    times = [(f"{name} [d]", time) for name, time in one.times.items()]
    times += [(f"{name}, {variant} [d]", time) for (name, variant), time in one.variants.items()]
    for name, time in times:
        word = "event" if time.event else "censored"
        yield _line(
            (one.subject, name), {"days": time.days, "ends": word}, time.rule, time.facts, time.reason
        )


def _rates(state: TrialState) -> Iterator[Line]:
    exact = Rule("exact binomial interval", "Clopper–Pearson")
    for rate in state.efficacy.rates:
        yield _line(
            ("", f"{rate.endpoint}, {rate.population}"), dataclasses.asdict(rate.proportion), exact, ()
        )
    for one in state.efficacy.survival:
        value = {"n": one.curve.n, "events": one.curve.events, "median_days": list(one.median_days)}
        rule = Rule("Kaplan–Meier", f"{one.curve.level:.0%} {one.curve.ci}")
        reason = "median not reached" if math.isnan(one.median_days[0]) else ""
        yield _line(("", f"{one.endpoint}, {one.population}"), value, rule, (), reason)


def as_json(state: TrialState, mark: Mark) -> str:
    """All findings as JSON, one to a line; what is not a number is null."""
    head = {"format": FORMAT, **dataclasses.asdict(mark)}
    lines = (json.dumps(_finite(line), default=_plain, ensure_ascii=False) for line in findings(state, mark))
    start = json.dumps(head, default=_plain, ensure_ascii=False)[:-1]
    return start + ', "findings": [\n' + ",\n".join(lines) + "\n]}\n"


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    return str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value
