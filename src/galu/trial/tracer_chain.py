"""Each dose of an imaging agent traced from generator to camera: elution, control, assay, injection, scan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from galu.protocol import Study
from galu.protocol.versions import version
from galu.record import Record, Row
from galu.record.site import Elution, QualityControl
from galu.record.treatment import Dispensed, Scan
from galu.record.when import hours_between
from galu.trial.entered import before
from galu.trial.exposure import Dose, administration_key
from galu.trial.site_given import Remark
from galu.trial.subjects import Subject


@dataclass(frozen=True, slots=True)
class TracerChain:
    """Times of one dose; None is not known. `passed` says of its controls that all passed, or one did not."""

    subject: str
    agent: str
    cycle: int | None
    batch: str | None
    eluted: str | None
    controlled: str | None
    passed: bool | None
    assayed: str | None
    injected: str
    scanned: str | None
    uptake_minutes: float | None
    facts: tuple[str, ...]


def derive_chains(study: Study, record: Record, subjects: Iterable[Subject]) -> tuple[TracerChain, ...]:
    """The chain of every imaging dose of which a batch, an elution or a control is recorded."""
    elutions = {row.fact.batch: row for row in record.rows(Elution)}
    controls: dict[str, list[Row[QualityControl]]] = {}
    for row in record.rows(QualityControl):
        controls.setdefault(row.fact.batch, []).append(row)
    if not elutions and not controls:
        return ()
    drawn = {administration_key(row): row for row in record.rows(Dispensed)}
    scans = record.rows_by_subject(Scan)
    found = []
    for subject in subjects:
        for dose in subject.imaging:
            key = (subject.id, dose.agent, *((dose.day, 0) if dose.cycle is None else (dose.cycle, 1)))
            syringe = drawn.get(key)
            batch = (syringe.fact.batch or "") if syringe else ""
            scan = _scan(scans.get(subject.id, ()), dose, record.zone)
            around = (syringe, elutions.get(batch), controls.get(batch, []), scan)
            found.append(_chain(subject.id, dose, around, record.zone))
    return tuple(found)


def _scan(scans: Iterable[Row[Scan]], dose: Dose, zone: str) -> Row[Scan] | None:
    """The first scan of the agent after its injection, of its cycle."""
    own = [
        row
        for row in scans
        if row.fact.agent == dose.agent
        and row.fact.cycle in (None, dose.cycle)
        and not before(row.fact.on, dose.start, zone)
    ]
    return own[0] if own else None


def _chain(
    subject: str,
    dose: Dose,
    found: tuple[Row[Dispensed] | None, Row[Elution] | None, list[Row[QualityControl]], Row[Scan] | None],
    zone: str,
) -> TracerChain:
    drawn, elution, controls, scan = found
    hours = None if scan is None else hours_between(dose.start, scan.fact.on, zone)
    said = [row.fact.passed for row in controls]
    passed = None if not said or (None in said and False not in said) else False not in said
    rows: list[Row[Dispensed] | Row[Elution] | Row[QualityControl] | Row[Scan]] = [
        row for row in (drawn, elution, *controls, scan) if row is not None
    ]
    return TracerChain(
        subject,
        dose.agent,
        dose.cycle,
        drawn.fact.batch if drawn else None,
        elution.fact.on if elution else None,
        controls[-1].fact.on if controls else None,
        passed,
        drawn.fact.on if drawn else None,
        dose.start,
        scan.fact.on if scan else None,
        None if hours is None else 60.0 * hours,
        (*dose.facts[:1], *(row.id for row in rows)),
    )


def chain_remarks(
    study: Study, record: Record, subjects: Iterable[Subject], chains: Iterable[TracerChain]
) -> tuple[Remark, ...]:
    """Imaging doses that were injected before or without a passed control, or scanned out of their time."""
    doses = {(one.id, dose.start): dose for one in subjects for dose in one.imaging}
    return tuple(
        remark
        for chain in chains
        for remark in _remarks(study, chain, doses[chain.subject, chain.injected], record.zone)
    )


def _remarks(study: Study, chain: TracerChain, dose: Dose, zone: str) -> Iterator[Remark]:
    def remark(what: str, asked: str, deviation: bool) -> Remark:
        return Remark(
            chain.subject, dose.day, chain.agent, chain.cycle, "quality control", what, asked, chain.facts,
            deviation,
        )  # fmt: skip

    if chain.batch is None:
        yield remark("the dose names no batch", "name it, so that it can be traced", False)
        return
    if chain.passed is False:
        yield remark(f"a control of {chain.batch} did not pass", "say who decided to give it", True)
    elif chain.passed is None:
        yield remark(f"no passed control of {chain.batch} is recorded", "record its controls", False)
    elif chain.controlled is not None and before(chain.injected, chain.controlled, zone):
        yield remark(f"injected before the control of {chain.batch} ({chain.controlled})", "say why", True)
    if chain.eluted is not None and chain.assayed is not None and before(chain.assayed, chain.eluted, zone):
        yield remark(f"assayed before {chain.batch} was eluted", "correct a time", True)
    plan = version(study, dose.version).site
    planned = plan.uptake_minutes.value if plan and plan.uptake_minutes else None
    if planned is None or chain.uptake_minutes is None:
        return
    if not planned[0] <= chain.uptake_minutes <= planned[1]:
        what = f"scanned {chain.uptake_minutes:.0f} min after the injection, {planned[0]:g} to {planned[1]:g}"
        yield remark(f"{what} are planned", "say whether the scan can be judged", True)
