"""May these facts enter? What cannot be true of this study or these people is refused before it is written.

Deviations from the protocol are not: they are derived, never blocked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from galu.eligibility.items import ITEM_KEYS
from galu.protocol import Study
from galu.quantities import MBQ_PER_ACTIVITY_UNIT, decay_factor
from galu.record import Fact, Record
from galu.record.corrections import correction_fault
from galu.record.identifiers import looks
from galu.record.when import hours_between
from galu.trial.admission_data import data_faults
from galu.trial.balance import FAR_H
from galu.trial.entered import Known, Notation, before, gather_known, is_predose, key_of
from galu.trial.plausible import implausible, unknown_words
from galu.trial.words import words_of
from galu.vocabulary.folding import key, nearest
from galu.vocabulary.therapies import nearest_classes, therapy_class, therapy_classes
from galu.vocabulary.tracers import read_tracer, same_tracer, shows_psma

#: An activity measured in a person may pass the activity given by this factor (calibration). Assumed.
CALIBRATION_MARGIN: Final = 1.5
#: The mass of a region may differ from its reference by this factor. Assumed.
MASS_MARGIN: Final = 30.0
#: An activity concentration in blood cannot exceed all that was given in this volume [mL]. Assumed.
SMALLEST_BLOOD_VOLUME_ML: Final = 1000.0

_VOLUMES_ML: Final = {"ML": 1.0, "L": 1000.0}
_TIMES: Final = ("on", "started", "ended")
#: Length of a time without an offset.
_LOCAL: Final = len("2026-01-31T09:30:00")
_FUTURE: Final = "correct the date, or the clock of the computer"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a fact may not enter, and what to do; `column` is the field at fault.

    `word`: a name or unit is not known. Where it cannot be asked for (data of another trial) such a fact is
    kept, and nothing is derived from it.
    """

    fact: str
    column: str
    fault: str
    remedy: str
    word: bool = False


Check = Callable[[Any, Known], Iterator[Fault]]


def check_admission(
    study: Study, record: Record, facts: Iterable[Fact], now: datetime, written: Notation | None = None
) -> tuple[Fault, ...]:
    """Every reason why `facts` may not enter `record`, in their order.

    Parameters
    ----------
    study
        The study in force.
    record
        What is written already.
    facts
        The batch; its facts also count for one another, such as an administration for its scans.
    now
        The present moment; a simulated record has no present.
    written
        How the facts were written, where they come from a file.
    """
    batch = tuple(facts)
    known = gather_known(study, record, batch, (now, written))
    found = [
        fault
        for fact in batch
        for check in (*_EVERY_KIND, *_CHECKS.get(fact.kind, ()))
        for fault in check(fact, known)
    ]
    return (*found, *(Fault(*one) for one in data_faults(study, record, batch)))


def _new_id(fact: Fact, known: Known) -> Iterator[Fault]:
    if fact.id in known.ids:
        yield Fault(
            fact.id,
            "id",
            f"id {fact.id!r} is in the record already",
            "give each fact its own id, or supersede",
        )


def _keeps_its_target(fact: Fact, known: Known) -> Iterator[Fault]:
    if fact.supersedes is not None:
        fault = correction_fault(fact, known.targets.get(fact.supersedes))
        if fault is not None:
            yield Fault(fact.id, *fault)


def _is_one_person(fact: Fact, known: Known) -> Iterator[Fault]:
    """Two subjects whose identifiers look alike are one person in two halves, or a mix-up to come."""
    if fact.subject is None:
        return
    first = known.people.get(looks(fact.subject), fact.subject)
    if first != fact.subject:
        fault = f"{fact.subject!r} looks like {first!r}, who is another subject to galu"
        yield Fault(
            fact.id,
            "subject",
            fault,
            f"is it the same person? write {first!r}; else give the two identifiers that nobody mistakes",
        )


def _read_one_way(fact: Fact, known: Known) -> Iterator[Fault]:
    """A number with three digits behind its point is thousands elsewhere: asked, where both could be true."""
    for column, other in known.doubtful.get(fact.id, ()):
        try:
            meant = type(fact).model_validate({**dict(fact), column: other, **_as_value(fact, column, other)})
        except ValidationError:
            continue
        if _columns_at_fault(meant, known) - _columns_at_fault(fact, known):
            continue
        value = f"{getattr(fact, column):g}"
        yield Fault(
            fact.id,
            column,
            f"is it {value} or {other}? a point may group thousands, and both are possible",
            f"write {other}, or {value} with other than three digits behind the point; a file whose points "
            "are all decimal is declared so: --dialect decimal-point",
        )


def _as_value(fact: Fact, column: str, number: str) -> dict[str, str]:
    """A reference limit is possible where a value is."""
    return {"value": number} if column in ("lower_limit", "upper_limit") else {}


def _columns_at_fault(fact: Fact, known: Known) -> frozenset[str]:
    return frozenset(one.column for check in _CHECKS.get(fact.kind, ()) for one in check(fact, known))


def _exists_in_zone(fact: Fact, known: Known) -> Iterator[Fault]:
    """A local time that the clocks of the zone skip in spring, or show twice in autumn, needs its offset.

    Only where people enter their own: collected data of others hold nominal times, and stay.
    """
    if not known.typed:
        return
    for column in _TIMES:
        moment = getattr(fact, column, None)
        if moment is None or len(moment) != _LOCAL:
            continue
        local = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(known.zone))
        if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
            fault = f"{moment} does not exist in {known.zone}: the clocks are put forward over it"
            yield Fault(fact.id, column, fault, "correct the time, or write its offset, such as +02:00")
            continue
        first, second = (local.replace(fold=fold).isoformat()[_LOCAL:] for fold in (0, 1))
        if first != second:
            fault = f"{moment} is twice in {known.zone}: the clocks are put back over it"
            yield Fault(fact.id, column, fault, f"write its offset: {first} before, {second} after")


def _possible_times(fact: Fact, known: Known) -> Iterator[Fault]:
    birth = known.births.get(fact.subject or "")
    for column in _TIMES:
        moment = getattr(fact, column, None)
        if moment is None:
            continue
        if birth and before(moment, birth, known.zone):
            yield Fault(
                fact.id,
                column,
                f"{moment} is before the birth of {fact.subject} ({birth})",
                "correct the date",
            )
        if known.latest and moment[:10] > known.latest[: len(moment[:10])]:
            yield Fault(fact.id, column, f"{moment} lies in the future", _FUTURE)


def _birth_not_after(fact: Any, known: Known) -> Iterator[Fault]:
    if fact.birth_date and known.latest and fact.birth_date[:10] > known.latest[: len(fact.birth_date[:10])]:
        yield Fault(fact.id, "birth_date", f"{fact.birth_date} lies in the future", _FUTURE)


def _ends_after(start: str) -> Check:
    def check(fact: Any, known: Known) -> Iterator[Fault]:
        begun = getattr(fact, start)
        if fact.ended and begun and before(fact.ended, begun, known.zone):
            yield Fault(
                fact.id,
                "ended",
                f"ended {fact.ended}, before it began ({begun})",
                f"correct `{start}` or `ended`",
            )

    return check


def _known_agent(fact: Any, known: Known) -> Iterator[Fault]:
    names = [agent.name for agent in known.study.agents]
    if names and fact.agent is not None and fact.agent not in names:
        yield Fault(
            fact.id, "agent", f"{fact.agent!r} is no agent of the study", f"write {' or '.join(names)}"
        )


def _known_tracer(fact: Any, known: Known) -> Iterator[Fault]:
    """A scan is of an agent of the study, or, outside its cycles, of another tracer that is named in full."""
    names = [agent.name for agent in known.study.agents]
    if not names or fact.agent is None or fact.agent in names:
        return
    meant = [name for name in names if same_tracer(fact.agent, name) is not False]
    if (
        not meant
        and fact.cycle is None
        and (shows_psma(fact.agent) is not None or read_tracer(fact.agent).nuclide)
    ):
        return
    remedy = f"did you mean {' or '.join(meant)}?" if meant else f"write {' or '.join(names)}"
    other = "of another tracer write nuclide and ligand, such as 18F-DCFPyL, and no cycle"
    yield Fault(fact.id, "agent", f"{fact.agent!r} is no agent of the study", f"{remedy}; {other}")


def _range_mbq(agent: str, known: Known) -> tuple[float, float] | None:
    for one in known.study.agents:
        if one.name == agent and one.possible_activity_mbq is not None:
            return one.possible_activity_mbq.value
    return None


def _possible_activity(column: str) -> Check:
    """An activity drawn, planned or given lies in the range that the study states for its agent."""

    def check(fact: Any, known: Known) -> Iterator[Fault]:
        value, possible = getattr(fact, column), _range_mbq(fact.agent, known)
        if not value or possible is None or possible[0] <= value <= possible[1]:
            return
        low, high = possible
        fault = f"{value:g} MBq of {fact.agent} is not possible ({low:g} to {high:g} MBq)"
        yield Fault(fact.id, column, fault, _unit_meant(value, low, high))

    return check


def _unit_meant(value: float, low: float, high: float) -> str:
    for unit in ("GBq", "kBq", "Bq", "Ci", "mCi"):
        if low <= value * MBQ_PER_ACTIVITY_UNIT[unit] <= high:
            return f"was it {unit}? write MBq"
    return "write the activity in MBq"


def _not_more_than_given(column: str) -> Check:
    """No part of a person, nor what is left over, holds more than was drawn for the administration."""

    def check(fact: Any, known: Known) -> Iterator[Fault]:
        value = getattr(fact, column)
        if not value:
            return
        drawn = known.drawn.get((fact.subject, fact.agent, fact.cycle, fact.fraction or 1))
        possible = _range_mbq(fact.agent, known)
        if drawn is not None:
            limit, words = drawn[1] * _grown(drawn[0], fact, known), "was drawn"
        elif possible is not None:
            limit, words = possible[1], "is possible"
        else:
            return
        if value > CALIBRATION_MARGIN * limit:
            fault = f"{value:g} MBq is more than {words} ({limit:.4g} MBq)"
            yield Fault(fact.id, column, fault, "was it kBq or Bq? write MBq")

    return check


def _grown(calibrated: str, fact: Fact, known: Known) -> float:
    """How much more activity there was at the time of `fact` than at calibration; 1 when it was later."""
    hours = hours_between(calibrated, fact.on, known.zone)
    half_life = known.half_lives.get(getattr(fact, "agent", ""))
    if hours is None or half_life is None:
        return 1.0
    return max(1.0, decay_factor(hours, half_life))


def _after_administration(fact: Any, known: Known) -> Iterator[Fault]:
    key = key_of(fact, known.study)
    start = known.starts.get(key) if key is not None else None
    if start is None or is_predose(fact) or not before(fact.on, start, known.zone):
        return
    assert key is not None
    what = f"before {key[1]} of cycle {key[2]} was given ({start})"
    yield Fault(fact.id, "on", f"{fact.on} is {what}", "correct the time or the cycle")


def _after_administration_of_it(fact: Any, known: Known) -> Iterator[Fault]:
    """Nobody radiates, or is released, before the administration."""
    start = known.starts.get((fact.subject or "", fact.agent, fact.cycle, fact.fraction or 1))
    if fact.cycle is not None and start is not None and before(fact.on, start, known.zone):
        what = f"before {fact.agent} of cycle {fact.cycle} was given ({start})"
        yield Fault(fact.id, "on", f"{fact.on} is {what}", "correct the time or the cycle")


def _known_order(fact: Any, known: Known) -> Iterator[Fault]:
    if fact.order not in known.orders:
        fault = f"there is no activity order {fact.order!r}"
        yield Fault(fact.id, "order", fault, "write the id of the activity_order fact, or record that first")


def _before_measurements(fact: Any, known: Known) -> Iterator[Fault]:
    """An administration does not come after activity of it that the record holds already."""
    if fact.cycle is None:
        return
    seen = known.earliest.get((fact.subject, fact.agent, fact.cycle, fact.fraction or 1))
    if seen is not None and seen[1] in known.ids and before(seen[0], fact.on, known.zone):
        fault = f"{fact.on} is after activity of it was measured ({seen[1]}, {seen[0]})"
        yield Fault(fact.id, "on", fault, "correct the time or the cycle")


def _names_its_fraction(fact: Any, known: Known) -> Iterator[Fault]:
    """Of a cycle given in fractions nobody can say to which of them a fact without one belongs."""
    plan = known.study.treatment
    if plan is None or plan.fractions == 1 or fact.fraction is not None or not fact.cycle:
        return
    if getattr(fact, "agent", plan.therapy_agent.value) == plan.therapy_agent.value:
        fault = f"cycle {fact.cycle} is given in {plan.fractions} fractions, and none is named"
        yield Fault(fact.id, "fraction", fault, f"write 1 to {plan.fractions}")


def _near_its_dose(fact: Any, known: Known) -> Iterator[Fault]:
    """What is drawn or left over is calibrated near the administration that it belongs to."""
    key = key_of(fact, known.study)
    start = None if key is None else known.starts.get(key)
    hours = None if start is None else hours_between(fact.on, start, known.zone)
    if hours is not None and abs(hours) > FAR_H:
        fault = f"{fact.on} is {abs(hours) / 24:.0f} days from the administration ({start})"
        yield Fault(fact.id, "on", fault, "correct the time, the cycle or the fraction")


def _given_once(fact: Any, known: Known) -> Iterator[Fault]:
    """An agent is given once in a cycle, or fraction: a second time is a correction of the first."""
    if fact.cycle is None:
        return
    plan = known.study.treatment
    fractions = 1 if plan is None else plan.fractions
    if fact.fraction is not None and fact.fraction > fractions:
        fault = f"fraction {fact.fraction} of cycle {fact.cycle} is not planned ({fractions} a cycle)"
        yield Fault(fact.id, "fraction", fault, "correct it, or leave it out")
    first = known.given.get((fact.subject, fact.agent, fact.cycle, fact.fraction or 1))
    if first is not None and first != fact.id:
        told = "" if fractions == 1 else f", fraction {fact.fraction or 1}"
        fault = f"cycle {fact.cycle}{told} of {fact.agent} is recorded as given already ({first})"
        wrong = "cycle" if fractions == 1 else "cycle or the fraction"
        yield Fault(fact.id, "cycle", fault, f"supersede {first} to correct it, or correct the {wrong}")


def _known_event(fact: Any, known: Known) -> Iterator[Fault]:
    if fact.event not in known.events:
        fault = f"there is no adverse event {fact.event!r}"
        yield Fault(fact.id, "event", fault, "write the id of the adverse_event fact, or record that first")
    elif known.events[fact.event] not in (None, fact.subject):
        fault = f"the adverse event {fact.event!r} is of {known.events[fact.event]}"
        yield Fault(fact.id, "event", fault, "write the subject, or the event, that it is of")


def _planned_level(fact: Any, known: Known) -> Iterator[Fault]:
    plan = known.study.treatment
    if plan is None or fact.level is None:
        return
    levels = [level.level for level in plan.levels]
    if fact.level not in levels:
        planned = ", ".join(f"{level.level} ({level})" for level in plan.levels)
        yield Fault(fact.id, "level", f"dose level {fact.level} is not planned", f"write one of {planned}")


def _measurable(fact: Any, known: Known) -> Iterator[Fault]:
    """A test and its unit are understood, and the value is one that a living person can have."""
    local = words_of(known.study).test_pairs
    found = unknown_words(fact.test, fact.unit, local)
    if found is None and fact.value is not None and fact.unit:
        found = implausible(fact.test, fact.value, fact.unit, local, known.ages_on(fact.subject, fact.on))
    if found is not None:
        yield Fault(fact.id, found.column, found.fault, found.remedy, found.word)


def _known_class(fact: Any, known: Known) -> Iterator[Fault]:
    if fact.therapy_class and therapy_class(fact.therapy_class) is None:
        near = nearest_classes(fact.therapy_class)
        fault = f"{fact.therapy_class!r} is no class of therapy"
        meant = "did you mean" if len(near) < len(therapy_classes()) else "write one of"
        yield Fault(fact.id, "therapy_class", fault, f"{meant} {', '.join(near)}", True)


def _known_category(fact: Any, _: Known) -> Iterator[Fault]:
    """A category is free, but what is written like a data item of eligibility is one."""
    written = fact.category
    if not written or written in ITEM_KEYS:
        return
    near = nearest(written, sorted(ITEM_KEYS))
    if "." in written or any(key(name) == key(written) for name in near):
        yield Fault(fact.id, "category", f"{written!r} is no item", _meant(near), True)


def _known_item(fact: Any, known: Known) -> Iterator[Fault]:
    """A judgement is of an atom, of a data item, or of dose-limiting toxicity."""
    plan, written = known.study.eligibility, fact.item.strip()
    atoms = () if plan is None else tuple(atom.id for atom in plan.atoms())
    names = (*atoms, *sorted(ITEM_KEYS), "dlt", "dlt-evaluable")
    if not atoms or written in names or written.startswith("dlt:"):
        return
    criterion = tuple(name for name in atoms if name.partition(".")[0].casefold() == written.casefold())
    yield Fault(
        fact.id, "item", f"{written!r} is no item", _meant(criterion or nearest(written, names)), True
    )


def _meant(near: tuple[str, ...]) -> str:
    if near:
        return f"did you mean {' or '.join(near)}?"
    return "write an item or atom of docs/reference/eligibility-items.md, or leave it out"


def _possible_mass(fact: Any, known: Known) -> Iterator[Fault]:
    plan = known.study.dosimetry
    region = next((r for r in plan.regions.value if r.name == fact.region), None) if plan else None
    if fact.mass_g is None or region is None or region.mass_g is None:
        return
    low, high = region.mass_g / MASS_MARGIN, region.mass_g * MASS_MARGIN
    if not low <= fact.mass_g <= high:
        fault = f"{fact.mass_g:g} g is no mass of {fact.region} ({low:.3g} to {high:.3g} g)"
        yield Fault(fact.id, "mass_g", fault, "was it kg or mg? write g")


def _possible_concentration(fact: Any, known: Known) -> Iterator[Fault]:
    key = key_of(fact, known.study)
    activity, _, volume = fact.unit.partition("/")
    size, millilitres = MBQ_PER_ACTIVITY_UNIT.get(activity), _VOLUMES_ML.get(volume.upper())
    if key is None or not fact.value or size is None or millilitres is None or fact.matrix.lower() == "urine":
        return
    drawn, possible = known.drawn.get(key), _range_mbq(key[1], known)
    limit = drawn[1] if drawn else possible[1] if possible else None
    if limit is not None and fact.value * size / millilitres * SMALLEST_BLOOD_VOLUME_ML > limit:
        fault = f"{fact.value:g} {fact.unit} in {fact.matrix} is more than {limit:g} MBq can give"
        yield Fault(fact.id, "unit", fault, "was it kBq/mL or Bq/mL? write the unit it was measured in")


_EVERY_KIND: Final[tuple[Check, ...]] = (
    _new_id,
    _keeps_its_target,
    _is_one_person,
    _possible_times,
    _exists_in_zone,
    _read_one_way,
)

#: Kind of fact to its checks. `therapy` has none on its end: its `on` may be the day it was reported.
_CHECKS: Final[dict[str, tuple[Check, ...]]] = {
    "decision": (_planned_level,),
    "visit": (_ends_after("on"),),
    "demographics": (_birth_not_after,),
    "history": (_ends_after("started"), _known_category),
    "prior_therapy": (_ends_after("started"), _known_class),
    "therapy": (_known_class,),
    "judgement": (_known_item,),
    "lab": (_measurable,),
    "vital": (_measurable,),
    "enrolment": (_planned_level,),
    "slot_step": (_planned_level,),
    "safety_report": (_known_event,),
    "order_step": (_known_order,),
    "activity_order": (_known_agent, _possible_activity("activity_mbq"), _names_its_fraction),
    "prescription": (_known_agent, _possible_activity("activity_mbq"), _names_its_fraction),
    "preparation_check": (_known_agent, _names_its_fraction),
    "receipt": (_known_agent,),
    "assay": (_known_agent,),
    "incident": (_known_agent, _ends_after("on")),
    "exposure_rate": (_known_agent, _after_administration_of_it),
    "release": (_known_agent, _after_administration_of_it),
    "dispensed": (
        _known_agent,
        _possible_activity("activity_mbq"),
        _names_its_fraction,
        _near_its_dose,
    ),
    "residual": (
        _known_agent,
        _not_more_than_given("activity_mbq"),
        _after_administration,
        _names_its_fraction,
        _near_its_dose,
    ),
    "administration": (
        _known_agent,
        _possible_activity("planned_activity_mbq"),
        _possible_activity("activity_mbq"),
        _ends_after("on"),
        _before_measurements,
        _names_its_fraction,
        _given_once,
    ),
    "scan": (_known_tracer, _after_administration),
    "region_activity": (
        _names_its_fraction,
        _known_agent,
        _not_more_than_given("activity_mbq"),
        _possible_mass,
        _after_administration,
    ),
    "sample": (_names_its_fraction, _possible_concentration, _after_administration),
    "urine_collection": (
        _names_its_fraction,
        _known_agent,
        _ends_after("on"),
        _not_more_than_given("activity_mbq"),
        _after_administration,
    ),
    "adverse_event": (_ends_after("on"),),
    "adverse_event_course": (_known_event,),
}
