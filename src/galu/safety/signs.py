"""Signs of a dose-limiting toxicity: what each declared rule sees in one patient's facts.

Durations are counted on consecutive days; a laboratory run between visits is interval-censored: it is
proven from its first to its last value at the grade, and possible from the value before to the one after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from galu.safety.course import Episode, episodes, readings, worsened_since
from galu.safety.events import is_blood_count, is_one_of
from galu.safety.fatal import death_signs
from galu.safety.inputs import AdverseEventInput, DltPatient, LabInput
from galu.safety.joined import Joined, join_events
from galu.safety.leukocytes import implied_neutrophils
from galu.safety.notes import lab_note
from galu.safety.plan import DltRule, SafetyPlan
from galu.safety.runs import Graded, Run, lab_runs
from galu.safety.sign import Sign
from galu.safety.support import with_support
from galu.safety.values import grade_patient_labs
from galu.vocabulary.laboratory import DECLARED_OTHER, lab_code
from galu.vocabulary.results import kind_of_result
from galu.words import checked


def _judge_duration(sign: Sign, limit: int, least: int, most: int | None) -> Sign | None:
    """Judge a duration known to lie in [least, most] days; `most` None = still open."""
    said = f"{sign.reason} lasting {least} to {most if most is not None else 'an open number of'} days"
    if least > limit:
        return replace(sign, met=True, on=sign.on + timedelta(limit), reason=said)
    if most is not None and most <= limit:
        return None
    return replace(sign, met=None, reason=f"{said}, undecided")


def is_unknown_test(lab: LabInput) -> bool:
    """Whether a result is of a test of no known name: it may be a value of any."""
    said = lab.value is not None or kind_of_result(lab.text) == "unread"
    return said and lab.test != DECLARED_OTHER and lab_code(lab.test) is None


def _with_unread(signs: list[Sign], unread: list[LabInput], as_of: date) -> list[Sign]:
    """The signs; an undecided one asks where a value that nobody could read lies in the days it may span.

    A second dose settles how long a toxicity lasted only where every value of these days was read.
    """
    found = []
    for sign in signs:
        last = sign.span[1] or as_of
        inside = [lab for lab in unread if lab.day <= last and lab.last_day >= sign.on]
        if sign.met is None and inside:
            said = f"{sign.reason}; {inside[0].words} of {inside[0].day} cannot be read"
            refs = (*sign.facts, *(lab.ref for lab in inside))
            sign = replace(sign, reason=said, facts=refs, asks=True)
        found.append(sign)
    return found


def _said(rule: DltRule, run: list[LabInput], graded: tuple[Graded, ...], of: tuple[str, str]) -> str:
    """The first value of a run, with what its grade rests on; `of` is the term and the version."""
    first = run[0]
    grade = next(found for lab, found in graded if lab is first)
    note = lab_note(first, of[0], grade, of[1])
    said = f"{rule.clause}: {first.test} {first.bound}{first.value:g} {first.unit}"
    return f"{said} ({note})" if note else said


def _lab_signs(
    rule: DltRule, graded: tuple[Graded, ...], window: tuple[date, date], of: tuple[str, str]
) -> list[Sign]:
    signs: list[Sign] = []
    dated = tuple((lab, grade) for lab, grade in graded if lab.until is None)
    for run in lab_runs(dated, rule.min_grade):
        start = run.values[0].day
        earliest = max(run.before + timedelta(1), window[0]) if run.before else window[0]
        if start < window[0] or earliest > window[1]:
            continue
        latest = None if run.after is None else run.after - timedelta(1)
        said = _said(rule, run.values, dated, of)
        refs = tuple(lab.ref for lab in run.values)
        sign: Sign | None = Sign(True, start, rule.id, said, refs, (earliest, latest))
        if sign and rule.longer_than_days is not None:
            sign = _lasting(sign, run, rule.longer_than_days)
        if sign and start > window[1]:
            told = f"{sign.reason}; it began between {earliest} and {start}, perhaps inside the window"
            sign = replace(sign, met=None, reason=told, asks=True)
        if sign:
            signs.append(sign)
    return signs


def _lasting(sign: Sign, run: Run, limit: int) -> Sign | None:
    """The sign of a run that counts once it lasts; contrary values of one day ask for a judgement."""
    earliest, latest = sign.span
    most = None if latest is None else (latest - earliest).days + 1
    found = _judge_duration(sign, limit, run.sure_days, most)
    if found is None or found.met or not run.contrary:
        return found
    other = run.contrary[0]
    said = f"{found.reason}; {other.words} of the same day, {other.day}, contradicts it"
    return replace(found, reason=said, facts=(*found.facts, *(lab.ref for lab in run.contrary)), asks=True)


def _episode_sign(rule: DltRule, event: AdverseEventInput, episode: Episode, as_of: date) -> Sign | None:
    """Judge one run of days at the rule's grade; an exempt event counts once it lasts too long."""
    said = "" if event.attribution else ", attribution unknown counts as related"
    span = (episode.start, episode.end)
    reason = f"{rule.clause}: {event.term} grade {episode.grade}{said}"
    sign = Sign(True, episode.start, rule.id, reason, (event.ref,), span)
    if rule.longer_than_days is not None:
        days = episode.days(as_of)
        return _judge_duration(sign, rule.longer_than_days, days, days if episode.end else None)
    for exception in rule.exceptions:
        exempt = is_one_of(event, exception.terms, every=True)
        if exempt is False or episode.grade not in exception.grades:
            continue
        # Elapsed days, not calendar days touched: 72 h is three days after onset.
        elapsed = ((episode.end or as_of) - episode.start).days
        if elapsed <= exception.at_most_days:
            if exempt is None:
                return _unread(sign, event)
            return None if episode.end else replace(sign, met=None, reason=f"{event.term} may still resolve")
        if exempt:
            on = episode.start + timedelta(exception.at_most_days + 1)
            return replace(sign, on=on, reason=f"{rule.clause}: {event.term} {elapsed} days{said}")
    return sign


def _unread(sign: Sign, event: AdverseEventInput) -> Sign:
    """The sign of an event whose term nobody recognises: a person must say what it is."""
    grade = "of unknown grade" if event.grade is None else f"grade {event.grade}"
    said = f"{event.term!r}, {grade}, is no term that galu knows: correct it or add it to the study file"
    return replace(sign, met=None, reason=said, asks=True)


def _applies(rule: DltRule, event: AdverseEventInput) -> bool | None:
    """Whether a rule judges an event; None where that hangs on a term that is not recognised."""
    if event.attribution == "unrelated" and (rule.related_only or rule.evidence != "grade"):
        return False
    if rule.evidence == "grade":
        return is_one_of(event, rule.terms)
    if event.clinically_meaningful is False:
        return False
    blood = is_blood_count(event)
    return None if blood is None else not blood


def _event_signs(rule: DltRule, patient: DltPatient, window: tuple[date, date], as_of: date) -> list[Sign]:
    """Signs of events whose grade began inside the window, whenever the event itself began."""
    signs: list[Sign] = []
    last = min(window[1], as_of)
    for event in patient.events:
        applies = _applies(rule, event)
        if applies is False:
            continue
        read = [_signs_of(rule, one, (window[0], last), as_of) for one in readings(event, (window[0], last))]
        found = read[0] if len(read) == 1 else _agreed(rule, event, read, window[0])
        found = found or _told_again(rule, event, (window[0], last))
        found = found if applies else [_unread(sign, event) if sign.met else sign for sign in found]
        signs += [_unrelated(sign, event) for sign in found]
    return [*signs, *_joined_signs(rule, patient, (window[0], last), as_of)]


def _told_again(rule: DltRule, event: AdverseEventInput, window: tuple[date, date]) -> list[Sign]:
    """An event that was there before, and worse in the window, or called related or told of again in it."""
    if event.onset >= window[0] or (event.worst or 0) < rule.min_grade:
        return []
    worse = worsened_since(event, window[0])
    days = [day for day, grade in event.retold if grade >= rule.min_grade and window[0] <= day <= window[1]]
    days += [worse] if worse is not None and worse <= window[1] else []
    if not days:
        return []
    said = f"{rule.clause}: {event.term} grade {event.worst} began on {event.onset_text}, before the dose,"
    said += f" and was worse or told again on {min(days)}: is it a toxicity of the dose?"
    return [Sign(None, min(days), rule.id, said, (event.ref,), (min(days), event.ended), asks=True)]


def _unrelated(sign: Sign, event: AdverseEventInput) -> Sign:
    """A clause that does not speak of relation asks about an event that a site called unrelated.

    A value would count; the word of a site alone clears none.
    """
    if event.attribution != "unrelated":
        return sign
    said = f"{sign.reason}. It was called unrelated, of which this clause says nothing: to be judged"
    return replace(sign, met=None, reason=said, asks=True)


def _joined_signs(
    rule: DltRule, patient: DltPatient, window: tuple[date, date], as_of: date
) -> Iterator[Sign]:
    """Signs of rows that may be one event, where the rule counts how long one lasts."""
    judged = {event.ref for event in patient.events if _applies(rule, event) is not False}
    # A row of it that was called unrelated is asked about: it was no other disease for a day.
    events = [one for one in patient.events if _applies(rule, replace(one, attribution=None)) is not False]
    groups = [events] if rule.longer_than_days is not None else []
    terms = (term for exception in rule.exceptions for term in exception.terms)
    groups += [[event for event in events if is_one_of(event, (term,))] for term in terms]
    for joined in (one for own in groups for one in join_events(own, rule.min_grade, as_of)):
        before = joined.event.onset < window[0]
        again = any(window[0] <= start <= window[1] for start in joined.starts)
        if judged.isdisjoint(joined.facts) or (before and not again):
            continue
        reach = (joined.event.onset, window[1]) if before else window
        for sign in _signs_of(rule, joined.event, reach, as_of):
            if sign.met:
                yield (
                    replace(sign, facts=joined.facts)
                    if joined.sure and not before
                    else _perhaps(joined, sign)
                )


def _perhaps(joined: Joined, sign: Sign) -> Sign:
    """A toxicity that is one if its rows are: a person must say."""
    said = f"{sign.reason}, if what {len(joined.facts)} rows tell is one event since {joined.event.onset}"
    return replace(sign, met=None, reason=said, facts=joined.facts, asks=True)


def _signs_of(rule: DltRule, event: AdverseEventInput, window: tuple[date, date], as_of: date) -> list[Sign]:
    """Signs of one event whose days are known."""
    if event.grade is None:
        said, span = f"{rule.clause}: {event.term}, grade unknown", (event.onset, event.ended)
        inside = window[0] <= event.onset <= window[1]
        return [Sign(None, event.onset, rule.id, said, (event.ref,), span)] if inside else []
    if event.perhaps is not None and event.grade < rule.min_grade <= event.perhaps:
        return _contradicted(rule, event, window)
    found = (
        _episode_sign(rule, event, episode, as_of)
        for episode in episodes(event, rule.min_grade, as_of)
        if window[0] <= episode.start <= window[1]
    )
    return [sign for sign in found if sign]


def _contradicted(rule: DltRule, event: AdverseEventInput, window: tuple[date, date]) -> list[Sign]:
    """An event whose grade is milder than its other words: which holds?"""
    if not window[0] <= event.onset <= window[1]:
        return []
    said = f"{rule.clause}: {event.term} grade {event.grade}, told as grade {event.perhaps} in other words"
    span = (event.onset, event.ended)
    return [Sign(None, event.onset, rule.id, f"{said}: which holds?", (event.ref,), span, asks=True)]


def _agreed(rule: DltRule, event: AdverseEventInput, read: list[list[Sign]], first: date) -> list[Sign]:
    """What every reading of the partly known days gives; undecided where some give a sign and some none."""
    met = [min((sign for sign in signs if sign.met), key=lambda s: s.on, default=None) for signs in read]
    certain = [sign for sign in met if sign]
    if len(certain) == len(read):
        return [max(certain, key=lambda sign: sign.on)]
    if not any(read):
        return []
    said = f"{rule.clause}: {event.term} grade {event.grade or 'unknown'}, its day is known only in part"
    start = max(event.onset, first)
    return [Sign(None, start, rule.id, said, (event.ref,), (start, event.ended))]


@checked
def derive_signs(
    patient: DltPatient,
    plan: SafetyPlan,
    graded: Mapping[str, tuple[Graded, ...]],
    window: tuple[date, date],
    as_of: date,
) -> list[Sign]:
    """Every sign with its onset in the window (first and last day), as known at the end of a day; by day.

    `graded` are the patient's values by term, as `grades_by` gives them for that day.
    """
    signs: list[Sign] = []
    for rule in plan.dlt.rules:
        if rule.evidence == "death":
            signs += death_signs(rule, patient, window, as_of)
        if rule.evidence not in ("grade", "other-event"):
            continue
        found = _event_signs(rule, patient, window, as_of)
        if rule.evidence == "grade" and not rule.from_events_only:
            for term in rule.terms:
                values, of = graded.get(term, ()), (term, plan.ctcae_version.value)
                unread = [lab for lab, grade in values if grade is None]
                unread += [lab for lab in patient.labs if lab.day <= as_of and is_unknown_test(lab)]
                found += _with_unread(_lab_signs(rule, values, window, of), unread, as_of)
        if rule.with_bleeding_or_transfusion:
            found = with_support(found, patient, as_of)
        signs += found
    return sorted(signs, key=lambda s: (s.on, s.rule_id, s.facts))


def grades_by(patient: DltPatient, plan: SafetyPlan, as_of: date) -> Mapping[str, tuple[Graded, ...]]:
    """Grades of a patient's values known at the end of a day, by term."""
    labs = tuple(lab for lab in patient.labs if lab.day <= as_of)
    return grade_patient_labs((*labs, *implied_neutrophils(labs)), plan.ctcae_version.value)
