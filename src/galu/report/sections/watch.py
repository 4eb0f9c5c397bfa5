"""Safety watch: what begins after the window, what must be reported, what is looked for long after."""

from __future__ import annotations

from collections.abc import Sequence

from galu.report.blocks import Block, Section, Table
from galu.report.sections.overview import assumed_in
from galu.safety.duties import ReportDuty
from galu.safety.late import WatchBand
from galu.trial.accrual import ToxicityMonitor
from galu.trial.state import TrialState
from galu.trial.watch import WATCHED_ORGAN


def watch(state: TrialState) -> Section:
    """Late toxicity by exposure, monitoring of the recommended dose, reporting clocks, follow-up."""
    title = "Safety watch"
    assumed = assumed_in(state, "safety")
    found = state.watch
    if not found.dlts and not state.duties.reports:
        return Section("watch", title, assumed=assumed, silent="Nobody has been dosed at a level yet.")
    met = sum(one.met is True for one in found.late)
    sentences = [
        f"{met} toxicities that the DLT rules would count began after the window; the watch reads the same "
        "rules by cumulative activity and absorbed dose."
    ]
    if found.monitor is not None:
        sentences.append(_monitored(found.monitor))
    blocks: list[Block] = [
        _late(state),
        _bands("watch-activity", "Late toxicity by cumulative activity", "from [MBq]", found.by_activity),
        _bands(
            "watch-dose",
            f"Late toxicity by cumulative absorbed dose, {WATCHED_ORGAN}",
            "from [Gy]",
            found.by_dose,
        ),
        _rates(state),
        _reports(state),
        _follow_up(state),
        _narratives(state),
    ]
    return Section("watch", title, tuple(sentences), tuple(blocks), assumed)


def _monitored(monitor: ToxicityMonitor) -> str:
    verdict = "enrolment is to stop for review" if monitor.review else "enrolment may go on"
    return (
        f"At the recommended dose {monitor.dlts} of {monitor.evaluable} evaluable patients had a DLT: "
        f"Pr(rate > {monitor.dlt_rate:g}) is {monitor.probability:.2f}, the bound {monitor.stop_at:g}; "
        f"{verdict}."
    )


def _late(state: TrialState) -> Table:
    rows = tuple(
        (one.subject, one.level, one.rule_id, one.on, one.doses,
         None if one.exposure is None else one.exposure.cumulative_mbq,
         None if one.exposure is None else one.exposure.dose_gy(WATCHED_ORGAN),
         "undecided" if one.met is None else "yes" if one.met else "no", one.reason, ", ".join(one.facts))
        for one in state.watch.late
    )  # fmt: skip
    columns = ("subject", "level", "rule", "began", "doses before", "activity so far [MBq]",
               f"{WATCHED_ORGAN} so far [Gy]", "counts", "reason", "facts")  # fmt: skip
    note = "" if rows else "None so far."
    return Table("late-toxicity", "Toxicity after the window, by the DLT rules", columns, rows, note)


def _bands(name: str, caption: str, lower: str, bands: Sequence[WatchBand]) -> Table:
    rows = tuple(
        (one.lower, one.upper, one.at_risk, one.with_toxicity, None if one.rate is None else 100.0 * one.rate)
        for one in bands
    )
    columns = (lower, "to", "subjects who reached it", "with a late toxicity in it", "share [%]")
    unknown = max((one.unknown for one in bands), default=0)
    note = f"{unknown} late toxicities belong to no band: the amount is not known." if unknown else ""
    return Table(name, caption, columns, rows, note, "the bands are assumed", decimals={"share [%]": 1})


def _rates(state: TrialState) -> Table:
    rows = tuple(
        (one.soc or ("" if one.term == "any" else "not coded"), one.term, one.subjects, one.patient_years,
         one.per_100, one.lower, one.upper)
        for one in state.watch.rates
    )  # fmt: skip
    columns = ("system organ class", "term", "subjects", "patient-years at risk",
               "per 100 patient-years", "lower", "upper")  # fmt: skip
    caption = "Exposure-adjusted incidence of treatment-emergent events, 95 % Poisson interval"
    return Table("exposure-adjusted", caption, columns, rows, page_rows=15)


def _reports(state: TrialState) -> Table:
    rows = tuple(
        (one.subject, one.term, one.receiver, one.stage, one.aware.isoformat(" ", "minutes"),
         one.due.isoformat(" ", "minutes"), _sent(one), one.phase, one.reason, ", ".join(one.assumed),
         one.event)
        for one in state.duties.reports
    )  # fmt: skip
    columns = ("subject", "event", "to", "stage", "clock from", "due by", "sent", "phase", "why", "assumed",
               "fact")  # fmt: skip
    note = "" if rows else "No serious event so far."
    caption = "Reports that serious events call for"
    return Table("reporting", caption, columns, rows, note, page_rows=40)


def _sent(one: ReportDuty) -> str:
    if one.sent is None:
        return "not yet"
    return f"{one.sent.isoformat(' ', 'minutes')}{', late' if one.sent > one.due else ''}"


def _follow_up(state: TrialState) -> Table:
    rows = tuple(
        (one.subject, one.domain, one.number, one.due, one.latest,
         "overdue" if one.overdue(state.day) else "due")
        for one in state.duties.follow_up
        if one.done is None
    )  # fmt: skip
    done = sum(one.done is not None for one in state.duties.follow_up)
    columns = ("subject", "domain", "look", "due", "latest", "state")
    note = f"{done} looks are done."
    caption = "Long-term follow-up that is due or overdue"
    return Table("long-term-follow-up", caption, columns, rows, note, page_rows=40)


def _narratives(state: TrialState) -> Table:
    rows = tuple(
        (one.subject, one.event.term, one.event.grade, one.event.onset_text, one.duration_days, one.phase,
         len(one.doses), one.days_since_first_dose, one.days_since_last_dose,
         one.event.attribution or "unknown", "; ".join(other.term for other in one.others))
        for one in state.watch.narratives
    )  # fmt: skip
    columns = ("subject", "event", "grade", "onset", "days", "phase", "doses before", "days since the first",
               "days since the last", "attribution", "going on then")  # fmt: skip
    note = "" if rows else "No serious or fatal event so far."
    return Table("narratives", "Data for narratives of serious events", columns, rows, note, page_rows=25)
