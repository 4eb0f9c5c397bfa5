"""Who is where: the flow of subjects, the analysis sets, what was given to whom, and deviations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from galu.protocol import Study
from galu.protocol.treatment import Treatment
from galu.protocol.versions import version
from galu.quantities import activity_in_words
from galu.trial.board import Board, is_unplaced, without_slot
from galu.trial.consents import ConsentLacking
from galu.trial.efficacy import EfficacyResults
from galu.trial.eligibility import GateVerdicts
from galu.trial.jumped import Jumped
from galu.trial.pharmacokinetics import PharmacokineticResults
from galu.trial.planned import dose_slack, due_on, next_number
from galu.trial.slots import dosed_amiss
from galu.trial.subjects import Subject
from galu.trial.versions import plan_at, plan_now

#: Net activity within this share of the planned one is a full dose (assumed where the study says nothing).
FULL_DOSE: Final = 0.10
#: Criteria that a deviation names; the page of the patient shows all.
SHOWN: Final = 3
#: Rule of a deviation of who was enrolled where the design let nobody in.
OFF_DESIGN: Final = "level not open"
ONGOING: Final = "ongoing"
COMPLETED: Final = "completed"


@dataclass(frozen=True, slots=True)
class Flow:
    """Numbers of subjects; `left` counts why those dosed left treatment before it was completed.

    Who was dosed is on treatment, has completed it, or left it (a death is an exit): these add up. So do
    those screened: failed, in screening, with a slot that waits, left before a dose, dosed. `unplaced` are
    known from other facts only, without consent, slot or dose: a mistyped identifier, perhaps.
    """

    known: int
    screened: int
    screen_failed: int
    in_screening: int
    enrolled: int
    imaged: int
    dosed: int
    on_treatment: int
    completed: int
    left: Mapping[str, int]
    died: int
    left_before: int = 0
    unplaced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Members:
    """An analysis set: its definition and members; `unknown` where no rule is known for the set."""

    id: str
    definition: str
    source: str
    subjects: tuple[str, ...]
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class ExposureRow:
    """One administration: net and cumulative activity [MBq], delay [d] against the plan, reduction.

    `reduced` says that the planned activity lies below that of the level; None where it is unknown.
    """

    subject: str
    level: int | None
    agent: str
    cycle: int | None
    day: date
    planned_mbq: float | None
    net_mbq: float | None
    cumulative_mbq: float | None
    delay_days: int | None
    reduced: bool | None
    reason: str
    facts: tuple[str, ...]
    fraction: int | None = None


@dataclass(frozen=True, slots=True)
class Deviation:
    """A departure from the protocol, derived from facts and never blocked at entry."""

    subject: str
    day: date | None
    rule: str
    what: str
    facts: tuple[str, ...]


def derive_flow(study: Study, subjects: Iterable[Subject], board: Board) -> Flow:
    """Count the subjects by how far they came."""
    people = tuple(subjects)
    dosed = [s for s in people if s.therapy]
    ended = [end_of_treatment(study, s) for s in dosed]
    left = Counter(one for one in ended if one not in (ONGOING, COMPLETED))
    return Flow(
        known=len(people),
        screened=sum(s.consent is not None for s in people),
        screen_failed=sum(s.failed for s in people),
        in_screening=len(board.screening),
        enrolled=sum(s.has_slot and not without_slot(s) for s in people),
        imaged=sum(bool(s.imaging) for s in people),
        dosed=len(dosed),
        on_treatment=ended.count(ONGOING),
        completed=ended.count(COMPLETED),
        left=dict(sorted(left.items(), key=lambda item: (-item[1], item[0]))),
        died=sum(s.dead for s in people),
        left_before=sum(_left_before(s) for s in people),
        unplaced=tuple(s.id for s in people if is_unplaced(s)),
    )


def end_of_treatment(study: Study, subject: Subject) -> str:
    """How the treatment of somebody dosed ended: completed, why it was left, or `ongoing`."""
    if subject.completed or _has_all(plan_now(study, subject), subject):
        return COMPLETED
    gone = subject.left("treatment") is not None or subject.dead
    return _why_gone(subject) if gone else ONGOING


def _has_all(plan: Treatment | None, subject: Subject) -> bool:
    """Whether a subject got every administration of the plan."""
    return plan is not None and len(subject.therapy) >= plan.most_administrations


def _left_before(subject: Subject) -> bool:
    """Whether somebody who had not failed screening died or left before any dose."""
    gone = subject.dead or subject.left("treatment") is not None
    return subject.consent is not None and not subject.failed and not subject.therapy and gone


def _why_gone(subject: Subject) -> str:
    left = subject.left("treatment")
    if left is not None:
        return left.cause or "not stated"
    return "Death"


def derive_exposure(study: Study, subjects: Iterable[Subject]) -> tuple[ExposureRow, ...]:
    """Every administration of the therapeutic agent, in order."""
    return tuple(row for subject in subjects for row in _exposure(study, subject))


def _exposure(study: Study, subject: Subject) -> Iterable[ExposureRow]:
    total: float | None = 0.0
    for n, dose in enumerate(subject.therapy):
        total = None if total is None or dose.net_mbq is None else total + dose.net_mbq
        delay, plan = None, plan_at(study, subject, dose.version)
        if n and plan is not None:
            due = due_on(plan, subject.therapy[:n], next_number(plan, subject.therapy[:n]))
            delay = (dose.day - due).days
        reduced = None
        if dose.level_mbq is not None and dose.planned_mbq is not None:
            reduced = dose.planned_mbq < dose.level_mbq * (1.0 - FULL_DOSE)
        yield ExposureRow(
            subject.id, subject.level, dose.agent, dose.cycle, dose.day, dose.planned_mbq, dose.net_mbq,
            total, delay, reduced, dose.reason, dose.facts, dose.fraction,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the rules of the analysis sets look at."""

    board: Board
    pharmacokinetics: PharmacokineticResults
    measured: frozenset[str]
    efficacy: EfficacyResults


def _samples(subject: Subject, evidence: _Evidence) -> bool:
    profiles = (one for one in evidence.pharmacokinetics.profiles if one.subject == subject.id)
    return any(one.profile is not None and (one.profile.conc > 0.0).sum() >= 3 for one in profiles)


def _evaluable(subject: Subject, evidence: _Evidence) -> bool:
    slot = evidence.board.slot(subject.id)
    return slot is not None and slot.outcome in ("N", "T")


def _psa(subject: Subject, evidence: _Evidence) -> bool:
    return any(
        one.subject == subject.id and one.psa.best_change_percent is not None
        for one in evidence.efficacy.subjects
    )


def _soft(subject: Subject, evidence: _Evidence) -> bool:
    return any(
        one.subject == subject.id and one.targets_at_baseline and bool(one.visits)
        for one in evidence.efficacy.readers
    )


def _bone(subject: Subject, evidence: _Evidence) -> bool:
    return any(
        one.subject == subject.id and one.bone is not None and bool(one.bone.days)
        for one in evidence.efficacy.subjects
    )


_SETS: Final[Mapping[str, Callable[[Subject, _Evidence], bool]]] = {
    "screened": lambda s, _: s.consent is not None,
    "enrolled": lambda s, _: s.has_slot and not without_slot(s),
    "imaging-safety": lambda s, _: bool(s.imaging),
    "therapy-safety": lambda s, _: bool(s.therapy),
    "dlt-evaluable": _evaluable,
    "pk": _samples,
    "dosimetry": lambda s, e: s.id in e.measured,
    "psa-evaluable": _psa,
    "recist-evaluable": _soft,
    "bone-evaluable": _bone,
}


def standard_name(study: Study, name: str) -> str:
    """Name of the rule of a set; that of ``tb161-safety`` is of the role in which the study gives it."""
    roles = {
        f"{(agent.nuclide or '').replace('-', '').lower()}-safety": f"{agent.role}-safety"
        for agent in study.agents
    }
    return roles.get(name, name)


def derive_sets(study: Study, found: Mapping[str, tuple[str, ...]]) -> tuple[Members, ...]:
    """Every analysis set that the study declares; `found` are the members by the name of the rule."""
    names = [standard_name(study, plan.id) for plan in study.analysis_sets]
    return tuple(
        Members(plan.id, plan.definition, plan.source, found.get(name, ()), name not in found)
        for plan, name in zip(study.analysis_sets, names, strict=True)
    )


def derive_members(
    subjects: Iterable[Subject],
    board: Board,
    results: tuple[PharmacokineticResults, frozenset[str], EfficacyResults],
) -> dict[str, tuple[str, ...]]:
    """Members of every set that galu has a rule for, whether or not a study declares it.

    Parameters
    ----------
    results
        Pharmacokinetics, the subjects with an absorbed dose, efficacy.
    """
    evidence, people = _Evidence(board, *results), tuple(subjects)
    return {name: tuple(s.id for s in people if rule(s, evidence)) for name, rule in _SETS.items()}


def derive_deviations(
    study: Study,
    subjects: Iterable[Subject],
    gates: Iterable[GateVerdicts],
    otherwise: tuple[Iterable[Jumped], Iterable[ConsentLacking]],
) -> tuple[Deviation, ...]:
    """Doses off plan, late or recorded twice, without consent or slot, or against design or criteria.

    Parameters
    ----------
    otherwise
        Who was enrolled where the design let nobody in, and who has not consented as an amendment asks.
    """
    jumped, lacking = otherwise
    found = [
        Deviation(one.subject, one.given, "consent form", str(one), one.facts)
        for one in lacking
        if one.wrong_form
    ]
    found += [
        Deviation(one.slot.subject, one.day, OFF_DESIGN, str(one), one.slot.facts[:SHOWN]) for one in jumped
    ]
    first_doses: dict[str, date] = {}
    for subject in subjects:
        if subject.first_dose is not None:
            first_doses[subject.id] = subject.first_dose
        if is_unplaced(subject):
            what = "facts of somebody without consent, slot or dose: a mistyped subject?"
            found.append(Deviation(subject.id, None, "unknown subject", what, subject.facts))
        facts = (*subject.facts, *(subject.therapy[0].facts if subject.therapy else ()))
        found += [
            Deviation(subject.id, subject.first_dose, "dosed off protocol", amiss, facts)
            for amiss in dosed_amiss(subject)
        ]
        for number, (dose, row) in enumerate(zip(subject.therapy, _exposure(study, subject), strict=True), 1):
            own = version(study, dose.version)
            slack = dose_slack(own, own.treatment.turn(number)) if own.treatment else 0
            found += _dose_deviations(row, _tolerance(own), slack)
        found += _off_level(study, subject)
        for dose in (*subject.imaging, *subject.therapy):
            if dose.repeated_by:
                again = f"cycle {dose.cycle} of {dose.agent} is recorded {len(dose.repeated_by) + 1} times"
                facts = (*dose.facts, *dose.repeated_by)
                what = f"{again}: the first ({dose.facts[0]}) counts"
                found.append(Deviation(subject.id, dose.day, "dose recorded twice", what, facts))
            if dose.drawn_again:
                what = f"cycle {dose.cycle} of {dose.agent} has several activities drawn or left over"
                facts = (*dose.facts, *dose.drawn_again)
                found.append(Deviation(subject.id, dose.day, "activity recorded twice", what, facts))
    for gate in gates:
        if gate.gate.value == "dose" and gate.subject in first_doses:
            found += _against_criteria(gate, first_doses[gate.subject])
    return tuple(sorted(found, key=lambda one: (one.subject, one.day or date.min, one.rule)))


def _tolerance(study: Study) -> float:
    """By what share an activity may differ from the planned one."""
    return 1.0 - study.safety.dlt.full_dose_fraction.value if study.safety else FULL_DOSE


def _off_level(study: Study, subject: Subject) -> Iterable[Deviation]:
    """Doses that were planned, or given, otherwise than the plan of the level has it.

    In the first cycle either way; a later dose only above it, for less is a reduction.
    """
    if study.treatment is None or subject.unplanned:
        return
    for counted, dose in enumerate(subject.therapy, start=1):
        # What was planned tells first; where nothing was, what was given.
        told, mbq = ("planned with", dose.planned_mbq) if dose.planned_mbq else ("of", dose.net_mbq)
        if not mbq or not dose.level_mbq:
            continue
        number = dose.number or counted
        own = version(study, dose.version)
        off, first = mbq / dose.level_mbq - 1.0, number <= (own.treatment.fractions if own.treatment else 1)
        if off > _tolerance(own) or (first and off < -_tolerance(own)):
            name = "first dose" if number == 1 else f"dose {number}"
            plan = f"level {subject.level} is {activity_in_words(dose.level_mbq)}"
            what = f"{name} {told} {mbq:g} MBq, {plan}{'' if number == 1 else ' there'}"
            yield Deviation(subject.id, dose.day, "activity of another level", what, dose.facts)


def _against_criteria(gate: GateVerdicts, first_dose: date) -> Iterable[Deviation]:
    """Criteria violated when the first dose was given, one by one, and those not known together."""
    for one in gate.verdicts:
        if one.at_gate == "violated":
            what = f"dosed although {one.criterion} is violated"
            yield Deviation(gate.subject, first_dose, f"eligibility {one.criterion}", what, one.facts)
    unknown = [one for one in gate.verdicts if one.at_gate not in ("satisfied", "violated")]
    if unknown:
        names = [one.criterion for one in unknown]
        shown = ", ".join(names[:SHOWN])
        more = f" and {len(names) - SHOWN} more, on the patient's page" if len(names) > SHOWN else ""
        what = f"dosed although {len(names)} criteria are not known: {shown}{more}"
        if len(names) == 1:
            what = f"dosed although not known: {shown}"
        facts = tuple(fact for one in unknown for fact in one.facts)
        yield Deviation(gate.subject, first_dose, "eligibility unknown", what, facts)


def _turn(row: ExposureRow) -> str:
    return f"cycle {row.cycle}" + ("" if row.fraction is None else f", fraction {row.fraction},")


def _dose_deviations(row: ExposureRow, tolerance: float, slack: int) -> Iterable[Deviation]:
    if row.net_mbq is not None and row.planned_mbq:
        share = row.net_mbq / row.planned_mbq - 1.0
        if abs(share) > tolerance:
            what = f"net activity {share:+.0%} of the planned {row.planned_mbq:g} MBq"
            yield Deviation(row.subject, row.day, "activity", what, row.facts)
    if row.delay_days is not None and row.delay_days > slack:
        due = row.day - timedelta(days=row.delay_days)
        what = f"{_turn(row)} given {row.delay_days} days after {due}"
        yield Deviation(row.subject, row.day, "dose late", what, row.facts)
    if row.delay_days is not None and row.delay_days < -1:
        what = f"{_turn(row)} given {-row.delay_days} days early"
        yield Deviation(row.subject, row.day, "dose early", what, row.facts)
