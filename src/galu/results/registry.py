"""The results section of a registry record, in the shape of the ClinicalTrials.gov API v2.

Groups are those of the columns that do not overlap: each level in escalation and in expansion. What the study
file or the record does not tell stays empty and is named by the checker, never made up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from galu.record.people import Demographics
from galu.results.adverse import Event, emergent, grouped
from galu.results.columns import Column
from galu.results.lines import Facts
from galu.results.people import ages
from galu.results.populations import members_of
from galu.results.registry_outcomes import outcome_measures, time_frame
from galu.results.registry_parts import Node, arms, continuous, denominator, groups
from galu.safety.tables import is_serious
from galu.trial.flow import COMPLETED, ONGOING, end_of_treatment
from galu.trial.state import TrialState

#: Other events are reported where more than this share of any group had one [%] (42 CFR 11.48(a)(4)).
THRESHOLD_PERCENT: Final = 5
#: Reasons of the registry's own list, by what sites write; another is told in its own words.
_REASONS: Final[Mapping[str, str]] = {
    "adverse event": "Adverse Event", "death": "Death", "lack of efficacy": "Lack of Efficacy",
    "lost to follow-up": "Lost to Follow-up", "physician decision": "Physician Decision",
    "protocol violation": "Protocol Violation", "withdrawal by subject": "Withdrawal by Subject",
}  # fmt: skip


def results_section(state: TrialState) -> Node:
    """Participant flow, baseline, outcome measures and adverse events of a trial.

    Returns
    -------
    dict
        As `resultsSection` of the API: modules by name; numbers are text, those of events are numbers.
    """
    return {
        "participantFlowModule": _flow(state),
        "baselineCharacteristicsModule": _baseline(state),
        "outcomeMeasuresModule": {"outcomeMeasures": outcome_measures(state)},
        "adverseEventsModule": _events(state),
        "moreInfoModule": {},
    }


def _achieved(columns: Sequence[Column], who: Mapping[str, Facts] | frozenset[str], key: str) -> list[Node]:
    return [
        {"groupId": f"FG{n:03d}", key: str(sum(one in who for one in column.members))}
        for n, column in enumerate(columns)
    ]


def _flow(state: TrialState) -> Node:
    columns = arms(state, "enrolled")
    people = {one.id: one for one in state.subjects}
    enrolled = frozenset(members_of(state)["enrolled"])
    ends = {name: end_of_treatment(state.study, people[name]) for name in enrolled if people[name].therapy}
    ends |= {name: "not dosed" for name in enrolled if not people[name].therapy}
    done = frozenset(name for name, end in ends.items() if end == COMPLETED)
    reasons: dict[str, set[str]] = {}
    for name, end in ends.items():
        if end != COMPLETED:
            said = "Ongoing at the data cut" if end == ONGOING else _REASONS.get(end.casefold(), end)
            reasons.setdefault(said, set()).add(name)
    dosed = frozenset(members_of(state)["therapy-safety"])
    evaluable = frozenset(members_of(state)["dlt-evaluable"])
    milestones = [
        {"type": "STARTED", "achievements": _achieved(columns, enrolled, "numSubjects")},
        {"type": "Received the therapeutic agent", "achievements": _achieved(columns, dosed, "numSubjects")},
        {"type": "Evaluable for dose-limiting toxicity",
         "achievements": _achieved(columns, evaluable, "numSubjects")},
        {"type": "COMPLETED", "achievements": _achieved(columns, done, "numSubjects")},
        {"type": "NOT COMPLETED", "achievements": _achieved(columns, enrolled - done, "numSubjects")},
    ]  # fmt: skip
    counts = state.flow
    return {
        "preAssignmentDetails": f"{counts.screened} participants were screened; "
        f"{counts.screen_failed} failed screening and are in no group.",
        "groups": groups("FG", columns, state),
        "periods": [
            {
                "title": "Overall Study",
                "milestones": milestones,
                "dropWithdraws": [
                    {"type": said, "reasons": _achieved(columns, frozenset(reasons[said]), "numSubjects")}
                    for said in sorted(reasons)
                ],
            }
        ],
    }


def _baseline(state: TrialState) -> Node:
    columns = arms(state, "enrolled")
    total = Column("Total", tuple(one for column in columns for one in column.members))
    every = (*columns, total)
    told = {name: rows[-1].fact for name, rows in state.record.rows_by_subject(Demographics).items() if rows}
    known = ages(state)
    named = [
        *groups("BG", columns, state),
        {"id": f"BG{len(columns):03d}", "title": "Total", "description": ""},
    ]

    def categories(title: str, answers: Mapping[str, str], named: Sequence[str]) -> Node:
        return {
            "title": title,
            "paramType": "COUNT_OF_PARTICIPANTS",
            "unitOfMeasure": "Participants",
            "classes": [
                {
                    "categories": [
                        {
                            "title": name,
                            "measurements": [
                                {
                                    "groupId": f"BG{n:03d}",
                                    "value": str(
                                        sum(answers.get(one, "Unknown") == name for one in column.members)
                                    ),
                                }
                                for n, column in enumerate(every)
                            ],
                        }
                        for name in named
                    ]
                }
            ],
        }

    sexes = {"M": "Male", "F": "Female"}
    sex = {name: sexes[fact.sex] for name, fact in told.items() if fact.sex in sexes}
    race = {name: fact.race.capitalize() for name, fact in told.items() if fact.race}
    country = {name: fact.country for name, fact in told.items() if fact.country}
    measures = [continuous("Age, Continuous", "years", {n: v for n, (v, _) in known.items()}, every, "BG")]
    for title, answers, always in (
        ("Sex: Female, Male", sex, ("Female", "Male")),
        ("Race/Ethnicity, Customized", race, ()),
        ("Region of Enrollment", country, ()),
    ):
        members = total.members
        names = list(always) + sorted({answers[one] for one in members if one in answers} - set(always))
        unknown = ["Unknown"] if any(one not in answers for one in members) else []
        measures.append(categories(title, answers, [*names, *unknown]))
    return {
        "populationDescription": "Participants who got a slot at a dose level.",
        "groups": named,
        "denoms": [denominator("BG", [column.members for column in every])],
        "measures": measures,
    }


def _events(state: TrialState) -> Node:
    columns = arms(state, "therapy-safety")
    events = emergent(state)
    serious = [one for one in events if is_serious(one[1])]
    frequent = _over_threshold([one for one in events if not is_serious(one[1])], columns)
    dead = {one.id for one in state.subjects if one.dead}
    told = []
    for n, (group, column) in enumerate(zip(groups("EG", columns, state), columns, strict=True)):
        own = set(column.members)
        told.append(
            {
                **group,
                "id": f"EG{n:03d}",
                "deathsNumAffected": len(own & dead),
                "deathsNumAtRisk": len(own),
                "seriousNumAffected": len({name for name, _ in serious} & own),
                "seriousNumAtRisk": len(own),
                "otherNumAffected": len({name for name, _ in frequent} & own),
                "otherNumAtRisk": len(own),
            }
        )
    return {
        "frequencyThreshold": str(THRESHOLD_PERCENT),
        "timeFrame": time_frame(state),
        "description": "Treatment-emergent events; deaths of any cause from enrolment to the data cut.",
        "eventGroups": told,
        "seriousEvents": _terms(serious, columns),
        "otherEvents": _terms(frequent, columns),
    }


def _over_threshold(events: Sequence[Event], columns: Sequence[Column]) -> list[Event]:
    """Events whose term more than the threshold of any group had."""
    found: list[Event] = []
    for _, _, terms in grouped(events):
        for _, own in terms:
            names = {name for name, _ in own}
            if any(
                100 * len(names & set(column.members)) > THRESHOLD_PERCENT * len(column.members)
                for column in columns
                if column.members
            ):
                found += own
    return found


def _terms(events: Sequence[Event], columns: Sequence[Column]) -> list[Node]:
    def stats(own: Sequence[Event]) -> list[Node]:
        by = Counter(name for name, _ in own)
        return [
            {
                "groupId": f"EG{n:03d}",
                "numEvents": sum(by[one] for one in column.members),
                "numAffected": sum(one in by for one in column.members),
                "numAtRisk": len(column.members),
            }
            for n, column in enumerate(columns)
        ]

    return [
        {
            "term": term,
            "organSystem": soc,
            "assessmentType": "SYSTEMATIC_ASSESSMENT",
            "stats": stats(own),
        }
        for soc, _, terms in grouped(events)
        for term, own in terms
    ]
