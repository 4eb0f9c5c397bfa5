"""What a dose was measured with and drawn from: calibrators, receipts, quality control."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from galu.record import Row
from galu.record.site import Receipt
from galu.record.treatment import Dispensed, Residual
from galu.record.when import days_of
from galu.trial.entered import before
from galu.trial.site_given import Given, Remark, persons


def calibrator_remarks(given: Given) -> Iterator[Remark]:
    """Calibrators that are not named, not calibrated, overdue, or failed a check."""
    every = given.plan.calibration_every_days
    if every is None:
        return
    for row in (*given.of(Dispensed), *given.of(Residual)):
        device, used = row.fact.calibrator, days_of(row.fact.on)[0]
        if not device:
            what = f"the {row.fact.kind} activity names no dose calibrator"
            yield given.remark("calibrator", what, "name it", (row.id,), False)
            continue
        known = [
            one
            for one in given.setting.calibrations.get(device.casefold(), ())
            if days_of(one.fact.on)[1] <= used
        ]
        traceable = [one for one in known if one.fact.check == "traceable" and one.fact.passed]
        if known and not known[-1].fact.passed:
            what = f"{device} failed its {known[-1].fact.check} check on {known[-1].fact.on[:10]}"
            yield given.remark("calibrator", what, "assay anew, or say what it means", (row.id, known[-1].id))
        if not traceable:
            what = f"no traceable calibration of {device} is recorded"
            yield given.remark("calibrator", what, "record the last one", (row.id,), False)
        elif used > days_of(traceable[-1].fact.on)[1] + timedelta(days=every.value):
            last = traceable[-1]
            what = f"{device} was last calibrated on {last.fact.on[:10]}, more than {every.value} days before"
            yield given.remark("calibrator", what, "calibrate it, and check the activity", (row.id, last.id))


def receipt_remarks(given: Given) -> Iterator[Remark]:
    """What was booked in for it: inspected by two, clean, pure enough, not expired."""
    batches = {row.fact.batch for row in given.of(Dispensed) if row.fact.batch}
    rows = {row.id: row for row in given.of(Receipt)}
    rows |= {row.id: row for batch in batches for row in given.setting.receipts.get(batch, ())}
    if given.therapy and not rows and given.plan.therapy_purity_percent is not None:
        what = "no receipt of the activity is recorded"
        yield given.remark("receipt", what, "book it in", given.dose.facts[:1], False)
    for row in rows.values():
        told = row.fact
        if told.accepted is False:
            yield given.remark(
                "receipt", "the batch was not accepted", "say who decided to give it", (row.id,)
            )
        if told.wipe_test == "contaminated" or told.appearance == "not as specified":
            what = f"wipe test {told.wipe_test or 'not told'}, appearance {told.appearance or 'not told'}"
            yield given.remark("receipt", what, "say what was done", (row.id,))
        if told.wipe_test is None or told.appearance is None or told.accepted is None:
            what = "inspection, wipe test or acceptance is not told"
            yield given.remark("receipt", what, "complete the receipt", (row.id,), False)
        if persons(told.first_person, told.second_person) < 2:
            what = "the receipt does not name two persons"
            yield given.remark("receipt", what, "name both", (row.id,), False)
        if told.expires and before(told.expires, given.dose.start, given.setting.record.zone):
            what = f"given after the batch expired ({told.expires})"
            yield given.remark("receipt", what, "say who decided to give it", (row.id, *given.dose.facts[:1]))
    yield from _purity(given, [*rows.values()], batches)


def _purity(given: Given, receipts: list[Row[Receipt]], batches: set[str]) -> Iterator[Remark]:
    plan = given.plan.therapy_purity_percent if given.therapy else given.plan.imaging_purity_percent
    if plan is None:
        return
    known = [(row.id, row.fact.purity_percent) for row in receipts if row.fact.purity_percent is not None]
    for batch in sorted(batches):
        known += [
            (row.id, row.fact.value)
            for row in given.setting.controls.get(batch, ())
            if "purity" in row.fact.test.casefold() and row.fact.value is not None
        ]
    if not known and (receipts or batches):
        what = "no radiochemical purity of the batch is recorded"
        yield given.remark("purity", what, "record it", given.dose.facts[:1], False)
    for fact, percent in known:
        if percent < plan.value:
            what = f"radiochemical purity of {percent:g} % is below {plan.value:g} %"
            yield given.remark("purity", what, "say who decided to give it", (fact,))
