"""A simulated trial: a record written day by day by a random world.

Slots are given as the board of the real trial says (`galu.trial.board.derive_board`), asked each evening
on which somebody waits and every Monday of the escalation; the RP2D is a signed decision of the world's
committee. Facts become known with a lag, so the board sees what was known, not what was true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from galu.protocol import Study
from galu.record import Entry, fact_digest
from galu.record.conduct import Decision, Judgement, Signature, StudyVersion
from galu.record.people import Disposition
from galu.record.treatment import Enrolment
from galu.simulation.course import Course, Setting
from galu.simulation.draws import Draws
from galu.simulation.ledger import Ledger
from galu.simulation.pen import Line, Pen, at
from galu.simulation.people import Person, Screening, meet
from galu.simulation.scenario import Scenario
from galu.simulation.tumour import draw_lesions
from galu.trial.board import Board, derive_board
from galu.trial.memory import Memory

#: Local time at which the board is asked, after the day's entries.
BOARD_TIME = time(20, 0)
#: After this long nobody else is enrolled, whatever happened (assumed).
_MOST_DAYS = 2500
_COMMITTEE = "Safety review committee"
#: Investigators answer what the board asks so many days after a window (assumed).
_JUDGED_AFTER = timedelta(days=14)
Watch = Callable[[datetime, Board], None]


@dataclass(slots=True)
class _Candidate:
    person: Person
    pen: Pen
    ready: date


@dataclass(slots=True)
class _Committee:
    """Since when the board waits for a decision."""

    since: date | None = None
    enrolling: bool = True
    expanding: bool = False
    written: int = 0


@dataclass(slots=True)
class _World:
    setting: Setting
    study_hash: str
    ledger: Ledger
    draws: Draws
    watch: Watch | None
    waiting: list[_Candidate] = field(default_factory=list)
    committee: _Committee = field(default_factory=_Committee)
    consented: int = 0
    board: Board | None = None
    toxic: dict[str, bool] = field(default_factory=dict)
    judged: set[tuple[str, str]] = field(default_factory=set)
    memory: Memory = field(default_factory=Memory)


def simulate_trial(
    study: Study, scenario: Scenario, seed: int, study_hash: str, watch: Watch | None = None
) -> tuple[Entry, ...]:
    """Simulate a whole trial.

    Parameters
    ----------
    study, scenario
        The protocol, and the truth that patients are drawn from.
    seed
        The same seed gives the same record, whatever the machine.
    study_hash
        Digest of the study file, for the record's first fact.
    watch
        Called with the local time and the board whenever the world has asked for it.

    Returns
    -------
    tuple of Entry
        Facts in the order in which they became known.
    """
    world = _World(
        Setting(study, scenario, seed), study_hash, Ledger(study.zone), Draws(seed, "trial"), watch
    )
    day = _open(world)
    last = day + timedelta(days=_MOST_DAYS)
    arrival = scenario.accrual.first_consent
    while world.committee.enrolling and day < last:
        while arrival <= day:
            _arrive(world, arrival)
            arrival += timedelta(days=_gap(world, arrival))
        world.ledger.release(datetime.combine(day, BOARD_TIME))
        _evening(world, day)
        day += timedelta(days=1)
    end = day + timedelta(days=scenario.conduct.follow_up_days)
    world.ledger.release(datetime.combine(end, BOARD_TIME))
    return tuple(world.ledger.entries)


def _open(world: _World) -> date:
    """The record's first fact; returns the first day."""
    day = world.setting.scenario.accrual.first_consent
    moment = at(day, 8)
    fact = StudyVersion(
        id="trial.0",
        on=day.isoformat(),
        study=world.setting.study.identity.nct_id.value or "unregistered",
        study_hash=world.study_hash,
        origin="simulated",
        zone=world.setting.study.zone,
        by="galu simulate",
    )
    world.ledger.note([(moment, fact)])
    return day


def _gap(world: _World, day: date) -> int:
    mean = world.setting.scenario.accrual.mean_gap_days
    return 1 + int(world.draws.of("gap", day).exponential(mean - 0.5))


def _arrive(world: _World, day: date) -> None:
    """A candidate asks; who finds the list full goes elsewhere and leaves no trace."""
    setting = world.setting
    accrual = setting.scenario.accrual
    if len(world.waiting) >= accrual.most_waiting:
        return
    world.consented += 1
    site = 1 + world.draws.whole(0, len(accrual.sites) - 1, "site", day)
    subject = f"{site:02d}-{world.consented:03d}"
    draws = Draws(setting.seed, subject)
    person = meet(setting.scenario, draws, subject, day, draw_lesions(setting.scenario.disease, draws))
    pen = Screening(setting.study, setting.scenario, person, draws).write()
    world.ledger.note(pen.lines)
    if person.fails is None:
        world.waiting.append(_Candidate(person, pen, person.screened))


def _evening(world: _World, day: date) -> None:
    """Ask the board, give slots one by one, let the committee decide."""
    patience = timedelta(days=world.setting.scenario.accrual.patience_days)
    for candidate in [one for one in world.waiting if one.ready + patience < day]:
        _turn_away(world, candidate, datetime.combine(day, BOARD_TIME), "no slot in time")
    ready = [one for one in world.waiting if one.ready <= day]
    # Escalation is looked at every Monday even when nobody waits, so that its end is noticed.
    if not ready and (world.committee.expanding or day.weekday() != 0):
        return
    board = _ask(world, datetime.combine(day, BOARD_TIME))
    while _answer(world, board, day):
        board = _ask(world, datetime.combine(day, BOARD_TIME))
    minute = 0
    while ready and board.may_enrol and board.next_level is not None:
        minute += 1
        moment = datetime.combine(day, BOARD_TIME) + timedelta(minutes=minute)
        _enrol(world, ready.pop(0), board, moment)
        board = _ask(world, moment)
    _decide(world, board, day)


def _ask(world: _World, moment: datetime) -> Board:
    study, record = world.setting.study, world.ledger.board_record(world.setting.study, world.memory)
    board = derive_board(study, record, moment.date(), memory=world.memory)
    if world.watch is not None:
        world.watch(moment, board)
    return board


def _enrol(world: _World, candidate: _Candidate, board: Board, moment: datetime) -> None:
    assert board.next_level is not None
    world.waiting.remove(candidate)
    pen, person, day = candidate.pen, candidate.person, moment.date()
    before = len(pen.lines)
    phase = "expansion" if board.phase == "expansion" else "escalation"
    pen.write(Enrolment, day, moment, phase=phase, level=board.next_level)
    course = Course(world.setting, person, board.next_level, day, pen)
    world.toxic[person.subject] = course.dlt is not None
    course.write()
    world.ledger.note(pen.lines[before:])
    world.ledger.release(moment)


def _answer(world: _World, board: Board, day: date) -> bool:
    """Investigators judge, by what is true, who may have had a toxicity; unwatched windows are given up."""
    moment = datetime.combine(day, BOARD_TIME)
    lines: list[Line] = []
    for slot in board.slots:
        over = slot.window_ends is not None and day >= slot.window_ends + _JUDGED_AFTER
        if not (slot.suspect and over):
            continue
        # First whether it was a toxicity; who still cannot be judged is given up.
        item = next(
            (one for one in ("dlt", "dlt-evaluable") if (slot.subject, one) not in world.judged), None
        )
        if item is None:
            continue
        world.judged.add((slot.subject, item))
        toxic = item == "dlt" and world.toxic.get(slot.subject, False)
        name, by = f"{slot.subject}.{item}", f"Investigator of site {slot.subject[:2]}"
        judgement = Judgement(
            id=name,
            subject=slot.subject,
            on=day.isoformat(),
            item=item,
            value="yes" if toxic else "no",
            by=by,
        )
        lines.append((moment, judgement))
    world.ledger.note(lines)
    world.ledger.release(moment)
    return bool(lines)


def _turn_away(world: _World, candidate: _Candidate, told: datetime, why: str) -> None:
    world.waiting.remove(candidate)
    before = len(candidate.pen.lines)
    candidate.pen.write(Disposition, told.date(), told, term="SCREEN FAILURE", category=why)
    world.ledger.note(candidate.pen.lines[before:])
    world.ledger.release(told)


def _decide(world: _World, board: Board, day: date) -> None:
    """The committee meets some days after the board began to wait for the RP2D or a review of toxicity."""
    committee, conduct = world.committee, world.setting.scenario.conduct
    wait = timedelta(days=conduct.committee_days)
    if board.phase == "complete":
        for candidate in list(world.waiting):
            told = datetime.combine(day, BOARD_TIME) + timedelta(hours=1)
            _turn_away(world, candidate, told, "enrolment is complete")
        committee.enrolling = False
        return
    if board.phase not in ("awaiting RP2D", "stopped") and not board.held:
        committee.since = None
        return
    committee.since = committee.since or day
    if day - committee.since < wait:
        return
    if board.phase == "awaiting RP2D":
        _sign(world, board, day, "rp2d")
        committee.expanding = True
    elif board.held and conduct.after_review == "resume":
        _sign(world, board, day, "resume")
        committee.since = None
    else:
        _sign(world, board, day, "stop")
        committee.enrolling = False


def _sign(world: _World, board: Board, day: date, decision: str) -> None:
    """A decision and its signature; it rests on what the slots rest on."""
    world.committee.written += 1
    number = world.committee.written
    moment = datetime.combine(day, BOARD_TIME) + timedelta(minutes=30)
    fact = Decision(
        id=f"trial.{2 * number - 1}",
        on=day.isoformat(),
        by=_COMMITTEE,
        decision=decision,
        level=board.next_level if decision == "rp2d" else None,
        rests_on=tuple(dict.fromkeys(fact for slot in board.slots for fact in slot.facts)),
        comment=board.next_step if board.held else board.decision.reason if board.decision else None,
    )
    signature = Signature(
        id=f"trial.{2 * number}",
        on=day.isoformat(),
        by=_COMMITTEE,
        signs=fact.id,
        digest=fact_digest(fact),
        meaning="Approved by the committee",
        signer="Chair of the safety review committee",
    )
    world.ledger.note([(moment, fact), (moment, signature)])
    world.ledger.release(moment)
