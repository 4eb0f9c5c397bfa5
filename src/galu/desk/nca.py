"""Use case of `galu nca`: a table of samples in, a list of parameters out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from galu import nuclides
from galu.desk.nca_answers import Answers, Stack
from galu.desk.nca_columns import Block, Groups, blocks_of, filled, groups_of
from galu.desk.nca_single import Asked, answers_of, cleared_from, each, intact_answers, urine_answers, windows
from galu.desk.nca_table import Key, NcaOptions, grouped, number, read_relative_sigma, read_table
from galu.desk.table import Rows, Table
from galu.finding import InputError
from galu.pharmacokinetics import DecayState, Profile, Rules, counting_uncertainty, parse_blq
from galu.pharmacokinetics.batch import Columns, Profiles, nca_many
from galu.pharmacokinetics.batch_states import (
    as_substance_many,
    both_states_many,
    in_states,
    percent_injected_many,
)
from galu.pharmacokinetics.codes import CODES, ONE_DOSE
from galu.pharmacokinetics.interval import SEVERAL_DOSES
from galu.pharmacokinetics.profile import Floats
from galu.pharmacokinetics.units import scale_of

States = dict[DecayState | None, Profiles]


def analyse(path: Path, options: NcaOptions) -> Answers:
    """Parameters of every profile of a file, in the file's order of profiles.

    Raises
    ------
    InputError
        When an option, the file, a cell or a profile is bad; it names the place.
    """
    half_life_h = None if options.nuclide is None else nuclides.half_life_h(options.nuclide)
    _check(options)
    rules = (
        Rules(parse_blq(options.blq), options.terminal) if options.blq else Rules(terminal=options.terminal)
    )
    asked = Asked(path, options, half_life_h, rules)
    table = read_table(path)
    try:
        return _together(table, asked)
    except InputError:
        # Columns know that something is wrong; where it stands, the rows tell.
        rows = each(grouped(table), asked)
        return Answers((), options.method, last=rows, left_out=_before_the_dose(table, groups_of(table)))


def _together(table: Table, asked: Asked) -> Answers:
    """The answer of a file in which nothing is wrong."""
    groups = groups_of(table)
    blood = [i for i in range(len(groups.keys)) if i not in groups.urine]
    keys = tuple(groups.keys[i] for i in blood)
    results = _Results(asked, len(keys))
    numbers = np.full(len(groups.keys), -1)
    numbers[blood] = np.arange(len(blood))
    for block in blocks_of(table, groups, asked.options, asked.half_life_h):
        results.add(numbers[block.groups], block)
    answers = Answers(keys, asked.options.method, results.stacks(), left_out=_before_the_dose(table, groups))
    _further(answers, results, table, groups)
    return answers


def _before_the_dose(table: Table, groups: Groups) -> tuple[str, ...]:
    """Samples of a file that precede the dose and enter no profile, a sentence each."""
    if not any(text[:1] == "-" for text in set(table.column("time"))):
        return ()
    early = [
        (int(groups.of_row[i]), i, float(text))
        for i, text in enumerate(table.column("time"))
        if text[:1] == "-" and int(groups.of_row[i]) not in groups.urine and float(text) < 0.0
    ]
    return tuple(
        f"{table.path} line {i + 2}: a sample at {time:g} h, before the dose" for _, i, time in sorted(early)
    )


class _Results:
    """Parameters of all profiles as their blocks come in, and the profiles themselves."""

    def __init__(self, asked: Asked, profiles: int) -> None:
        self.asked = asked
        self.codes = tuple(row.code for row in CODES if asked.options.route in row.routes)
        self.states: tuple[DecayState | None, ...] = (None,)
        if asked.half_life_h is not None:
            self.states = (DecayState.MEASURED, DecayState.CORRECTED)
        shape = (profiles, len(self.codes))
        self.values = {state: np.full(shape, np.nan) for state in self.states}
        self.why = {state: np.full(shape, "", object) for state in self.states}
        self.units: dict[DecayState | None, list[tuple[str, ...]]] = {
            state: [()] * profiles for state in self.states
        }
        self.where: list[tuple[Profiles, States, int]] = [()] * profiles  # type: ignore[list-item] # filled by add

    def add(self, numbers: np.ndarray[tuple[int], np.dtype[np.intp]], block: Block) -> None:
        """Analyse a block of profiles, whose numbers (n,) in the answer are given."""
        states = _in_states(block.profiles, self.asked)
        for state, columns in _parameters(states, self.asked).items():
            for j, code in enumerate(self.codes):
                self.values[state][numbers, j] = columns[code].value
                self.why[state][numbers, j] = columns[code].why
            units = states[state].units()
            for one in numbers.tolist():
                self.units[state][one] = units
        for i, one in enumerate(numbers.tolist()):
            self.where[one] = block.profiles, states, i

    def stacks(self) -> tuple[Stack, ...]:
        """Parameters in each decay state."""
        return tuple(
            Stack(state, self.codes, self.values[state], self.why[state], self.units[state])
            for state in self.states
        )

    def profile(self, number: int, key: Key) -> Profile:
        """One profile as the file gives it."""
        profiles, _, i = self.where[number]
        return profiles.one(i, key)

    def in_states(self, number: int, key: Key) -> dict[DecayState | None, Profile]:
        """One profile in each decay state, in the units asked for."""
        _, states, i = self.where[number]
        return {state: profiles.one(i, key) for state, profiles in states.items()}


def _in_states(profiles: Profiles, asked: Asked) -> States:
    """The profiles in each decay state that they have, in the units asked for."""
    if asked.options.percent_injected:
        profiles = percent_injected_many(profiles)
    if asked.half_life_h is None:
        return {None: profiles}
    measured, corrected = in_states(profiles, asked.half_life_h)
    if asked.options.specific_activity is not None:
        activity, unit, value = asked.options.specific_activity
        given, conc = scale_of(activity), scale_of(corrected.conc_unit.partition("/")[0])
        if given is None or given[0] != "activity" or conc is None:
            raise InputError("--specific-activity", "it does not go with the concentrations", "give activity")
        corrected = as_substance_many(corrected, value * given[1] / conc[1], unit)
    return {DecayState.MEASURED: measured, DecayState.CORRECTED: corrected}


def _parameters(states: States, asked: Asked) -> dict[DecayState | None, Columns]:
    method, rules, tau_h = asked.options.method, asked.rules, asked.options.tau_h
    if asked.half_life_h is None:
        profiles = states[None]
        columns = nca_many(profiles, method, rules)
        if tau_h is not None:
            several = profiles.time_h[:, -1] > tau_h * (1.0 + 1e-9)
            columns |= {
                code: columns[code].but(several, SEVERAL_DOSES) for code in columns if code in ONE_DOSE
            }
        return {None: columns}
    measured, corrected = states[DecayState.MEASURED], states[DecayState.CORRECTED]
    both = both_states_many(measured, corrected, asked.half_life_h, method, rules)
    return {DecayState.MEASURED: both[0], DecayState.CORRECTED: both[1]}


def _further(answers: Answers, results: _Results, table: Table, groups: Groups) -> None:
    """Uncertainties, windows and the intact compound, profile by profile; then urine."""
    asked = results.asked
    wanted = bool(asked.options.intervals) or asked.options.tau_h is not None
    told = {name: filled(table, name, groups.of_row) for name in ("sigma", "intact_fraction")}
    numbers = {key: i for i, key in enumerate(answers.keys)}
    rows_of = _rows_of(table, groups, told["sigma"] | told["intact_fraction"] | groups.urine)
    for group, key in enumerate(groups.keys):
        if group in groups.urine or not (wanted or group in rows_of):
            continue
        number = numbers[key]
        states = results.in_states(number, key)
        relative = read_relative_sigma(rows_of[group], asked.path) if group in told["sigma"] else None
        if relative is not None:
            _with_uncertainty(answers, number, states, (relative, asked))
        further = answers_of(key, windows(states, asked), answers.method, relative is not None)
        if group in told["intact_fraction"]:
            further += intact_answers(results.profile(number, key), rows_of[group], asked)
        answers.further[number] = further
    near: dict[tuple[str, int], list[Key]] = {}
    for key in answers.keys:
        near.setdefault((key[0], key[2]), []).append(key)
    for group in sorted(groups.urine):
        key = groups.keys[group]
        profiles = {one: results.profile(numbers[one], one) for one in near.get((key[0], key[2]), ())}
        answers.last += urine_answers(key, rows_of[group], cleared_from(profiles, key), asked)


def _with_uncertainty(
    answers: Answers,
    number: int,
    states: dict[DecayState | None, Profile],
    counted: tuple[Floats, Asked],
) -> None:
    """Give the parameters of a profile the uncertainty of its counted samples."""
    relative, asked = counted
    spread = {
        None if state is None else state.value: counting_uncertainty(
            one, relative, asked.options.method, asked.rules
        )
        for state, one in states.items()
    }
    answers.rows[number] = [
        row | {"u": None if row["value"] is None else spread[row["decay_state"]].get(row["PPTESTCD"])}
        for row in answers.of(number)
    ]


def _rows_of(table: Table, groups: Groups, wanted: set[int]) -> dict[int, Rows]:
    """Rows of some groups."""
    found: dict[int, list[int]] = {group: [] for group in wanted}
    if wanted:
        for i, group in enumerate(groups.of_row.tolist()):
            if group in wanted:
                found[group].append(i)
    return {group: table.rows(numbers) for group, numbers in found.items()}


def _check(options: NcaOptions) -> None:
    if options.tau_h is not None and not options.tau_h > 0.0:
        raise InputError("--tau", f"{options.tau_h:g} h is no dosing interval", "give hours above zero")
    if options.tau_h is not None and options.nuclide is not None:
        fault = "one decay correction cannot serve several doses"
        raise InputError("--tau", fault, "give each administration its own cycle")
    if options.specific_activity is not None and options.nuclide is None:
        raise InputError("--specific-activity", "it needs a nuclide", "add --nuclide, such as Lu-177")
    if options.specific_activity is not None and options.percent_injected:
        raise InputError("--percent-injected", "it excludes --specific-activity", "ask for one of them")


def read_interval(text: str, place: str) -> tuple[float, float]:
    """Read START:END [h]."""
    start, colon, end = text.partition(":")
    if not colon:
        raise InputError(place, f"{text!r} is no interval", "write START:END in hours")
    return number(start, place), number(end, place)


def read_times(text: str, place: str) -> tuple[float, ...]:
    """Read times [h] with commas between them."""
    return tuple(number(part, place) for part in text.split(","))


def read_specific_activity(text: str) -> tuple[str, str, float]:
    """Read a specific activity such as ``40 MBq/nmol``: activity unit, substance unit, value."""
    place = "--specific-activity"
    value, _, unit = text.strip().partition(" ")
    activity, slash, substance = unit.strip().partition("/")
    scale = scale_of(substance)
    if not slash or scale is None or scale[0] not in ("mass", "amount"):
        raise InputError(place, f"{text!r} is no specific activity", "write it as '40 MBq/nmol'")
    return activity, substance, number(value, place)
