"""Who the subjects were: demography, disease at baseline, prior and concomitant therapy (ICH E3, 11.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, Final

from galu.record import Row
from galu.record.disease import Lesion
from galu.record.people import Demographics, History, PriorTherapy, Therapy
from galu.record.treatment import Transfusion
from galu.record.when import days_of
from galu.results.baseline import Known, ecog_baseline, lab_baseline, sign_baseline
from galu.results.lines import Counted, Facts, Heading, Line, Measured, Statistic
from galu.results.populations import members_of
from galu.results.table import Table
from galu.trial.state import TrialState

_FULL: Final[tuple[Statistic, ...]] = ("n", "mean (SD)", "median", "Q1, Q3", "min, max")
_YEAR: Final = 365.25
#: Lower ends of the age groups [years], usual in registries.
_AGES: Final = (18, 65, 75, 85)
#: Laboratory values that describe the disease at baseline, with their titles.
_DISEASE: Final[Mapping[str, str]] = {
    "PSA": "PSA", "ALP": "Alkaline phosphatase", "LDH": "Lactate dehydrogenase", "HGB": "Haemoglobin",
    "TESTOS": "Testosterone", "ALB": "Albumin",
}  # fmt: skip


def demography(state: TrialState) -> Table:
    """T-14.1.4. Who has no value of a characteristic is a row of its own, and stays in the percentages."""
    treated = members_of(state)["therapy-safety"]
    told = _latest(state)
    known_ages = ages(state)
    weight, height = sign_baseline(state, "WEIGHT"), sign_baseline(state, "HEIGHT")
    lines: list[Line] = [
        Measured("Age [years]", known_ages, _FULL, 0),
        *_groups(
            "Age group [years]",
            {one: (_age_group(age), facts) for one, (age, facts) in known_ages.items()},
            treated,
        ),
        *(
            line
            for title, key in (
                ("Sex", "sex"),
                ("Race", "race"),
                ("Ethnicity", "ethnicity"),
                ("Country", "country"),
                ("Site", "site"),
            )
            for line in _groups(title, _stated(told, key), treated)
        ),
        Measured(f"Weight [{weight[0]}]", weight[1], _FULL),
        Measured(f"Height [{height[0]}]", height[1], _FULL),
        Measured("Body mass index [kg/m²]", _bmi(weight, height), _FULL, 1),
        *_groups(
            "ECOG performance status",
            {one: (f"{score:g}", facts) for one, (score, facts) in ecog_baseline(state).items()},
            treated,
        ),
    ]
    notes = (
        "Age at consent, in completed years; of a birth date known in part, from its first possible day.",
        "Weight, height and ECOG are the last before the first therapeutic dose.",
    )
    return Table("14.1.4", "Demography", "therapy-safety", tuple(lines), notes)


def _latest(state: TrialState) -> dict[str, Row[Demographics]]:
    rows = state.record.rows_by_subject(Demographics)
    return {subject: own[-1] for subject, own in rows.items() if own}


def ages(state: TrialState) -> dict[str, Known]:
    """Completed years at consent, or at the first dose."""
    told = _latest(state)
    found: dict[str, Known] = {}
    for one in state.subjects:
        row, day = told.get(one.id), one.consent or one.first_dose
        if row is None:
            continue
        if row.fact.age_years is not None:
            found[one.id] = float(int(row.fact.age_years)), (row.id,)
        elif row.fact.birth_date is not None and day is not None:
            found[one.id] = float(_years(days_of(row.fact.birth_date)[0], day)), (row.id,)
    return found


def _years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _age_group(age: float) -> str:
    later = [edge for edge in _AGES if age >= edge]
    if not later:
        return f"< {_AGES[0]}"
    following = [edge for edge in _AGES if age < edge]
    return f"{later[-1]}–{following[0] - 1}" if following else f"≥ {later[-1]}"


def _stated(told: Mapping[str, Row[Demographics]], key: str) -> dict[str, tuple[str, Facts]]:
    values: dict[str, Any] = {one: getattr(row.fact, key) for one, row in told.items()}
    return {one: (str(value), (told[one].id,)) for one, value in values.items() if value}


def _groups(title: str, of: Mapping[str, tuple[str, Facts]], everybody: Iterable[str]) -> list[Line]:
    """A row for each answer, and one for those without, where there are any."""
    own = {one: of[one] for one in everybody if one in of}
    if not own:
        return []
    by: dict[str, dict[str, Facts]] = {}
    for one, (answer, facts) in own.items():
        by.setdefault(answer, {})[one] = facts
    lines: list[Line] = [Heading(title), *(Counted(answer, by[answer], 1) for answer in sorted(by))]
    lacking: dict[str, Facts] = {one: () for one in everybody if one not in of}
    return [*lines, Counted("not known", lacking, 1)] if lacking else lines


def _bmi(
    weight: tuple[str, Mapping[str, Known]], height: tuple[str, Mapping[str, Known]]
) -> dict[str, Known]:
    if (weight[0], height[0]) != ("kg", "cm"):
        return {}
    return {
        one: (kilograms / (height[1][one][0] / 100.0) ** 2, (*facts, *height[1][one][1]))
        for one, (kilograms, facts) in weight[1].items()
        if one in height[1] and height[1][one][0] > 0
    }


def baseline_disease(state: TrialState) -> Table:
    """T-14.1.5. The disease before the first dose; sites are several of one subject."""
    treated = members_of(state)["therapy-safety"]
    lines: list[Line] = []
    for test, title in _DISEASE.items():
        unit, values = lab_baseline(state, test)
        if values:
            lines.append(Measured(f"{title} [{unit}]", values, _FULL))
    sites = _sites(state)
    if sites:
        lines.append(Heading("Site of disease (several of one subject)"))
        lines += [Counted(site.lower(), who, 1) for site, who in sorted(sites.items())]
    targets = {one.subject: () for one in state.efficacy.readers if one.targets_at_baseline}
    if state.efficacy.readers:
        lines += _groups(
            "Target lesions at baseline",
            {one: ("yes" if one in targets else "no", ()) for one in treated},
            treated,
        )
    notes = ("Baseline is the last value before the first therapeutic dose; of its day the times decide.",)
    return Table("14.1.5", "Disease at baseline", "therapy-safety", tuple(lines), notes)


def _sites(state: TrialState) -> dict[str, dict[str, Facts]]:
    first = {one.id: one.first_dose for one in state.subjects}
    found: dict[str, dict[str, Facts]] = {}
    for row in state.record.rows(Lesion):
        dose = first.get(row.subject)
        before = row.day is not None and dose is not None and row.day <= dose
        if before and row.fact.role != "new":
            site = "bone" if row.fact.role == "bone" else row.fact.site or "site not stated"
            own = found.setdefault(site, {})
            own[row.subject] = (*own.get(row.subject, ()), row.id)
    return found


def prior_therapy(state: TrialState) -> Table:
    """T-14.1.7. Prior therapies by class and agent; of several of one class a subject counts once."""
    rows = [
        (row.subject, row.fact.therapy_class, row.fact.agent, row.id)
        for row in state.record.rows(PriorTherapy)
    ]
    lines = _by_class(rows, "Any prior therapy", members_of(state)["therapy-safety"])
    return Table(
        "14.1.7",
        "Prior anticancer therapy",
        "therapy-safety",
        lines,
        ("n (%) [therapies]. A subject counts once in a row, and in several rows.",),
    )


def concomitant(state: TrialState) -> Table:
    """T-14.1.9. Concomitant therapies, transfusions and growth factors from the first dose on."""
    first = {one.id: one.first_dose for one in state.subjects}

    def overlaps(row: Row[Therapy]) -> bool:
        dose = first.get(row.subject)
        return dose is not None and (row.fact.ended is None or days_of(row.fact.ended)[1] >= dose)

    rows = [
        (row.subject, row.fact.therapy_class or "class not stated", row.fact.agent, row.id)
        for row in state.record.rows(Therapy)
        if overlaps(row)
    ]
    for given in state.record.rows(Transfusion):
        dose = first.get(given.subject)
        if dose is not None and given.day is not None and given.day >= dose:
            rows.append((given.subject, "transfusion and growth factor", given.fact.product, given.id))
    lines = _by_class(rows, "Any concomitant therapy", members_of(state)["therapy-safety"])
    return Table(
        "14.1.9",
        "Concomitant and supportive therapy",
        "therapy-safety",
        lines,
        ("What was not ended before the first therapeutic dose; n (%) [therapies].",),
    )


def history(state: TrialState) -> Table:
    """T-14.1.8. Medical history by category and term."""
    rows = [
        (row.subject, row.fact.category or "not categorised", row.fact.term, row.id)
        for row in state.record.rows(History)
    ]
    return Table(
        "14.1.8",
        "Medical history",
        "therapy-safety",
        _by_class(rows, "Any entry", members_of(state)["therapy-safety"]),
        ("Terms as the sites wrote them; n (%) [entries].",),
    )


def _by_class(
    rows: Iterable[tuple[str, str, str, str]], title: str, members: Collection[str]
) -> tuple[Line, ...]:
    """Any, each class, and its agents: subjects, and how many entries they have."""
    told = tuple(one for one in rows if one[0] in members)
    if not told:
        return ()
    lines: list[Line] = [_having(title, told, 0)]
    for name in sorted({one[1] for one in told}):
        own = [one for one in told if one[1] == name]
        lines.append(_having(name, own, 0))
        agents = sorted({one[2] for one in own}, key=lambda agent: (-sum(r[2] == agent for r in own), agent))
        lines += [_having(agent, [one for one in own if one[2] == agent], 1) for agent in agents]
    return tuple(lines)


def _having(label: str, rows: Iterable[tuple[str, str, str, str]], indent: int) -> Counted:
    facts: dict[str, Facts] = {}
    for subject, _, _, fact in rows:
        facts[subject] = (*facts.get(subject, ()), fact)
    return Counted(label, facts, indent, {one: len(own) for one, own in facts.items()}, heads=indent == 0)
