"""Key numbers of a trial counted again from its exported facts alone, by plain reading: no code of galu."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

LU, GA = "177Lu-PSMA-0057", "68Ga-PSMA-0057"
#: Days after the last dose in which an event still is treatment-emergent, by the study file.
EMERGENT = 42
MONTH = 30.4375


class Recount:
    """What the CSV files of an export say."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        given = self.rows("administration")
        self.doses: dict[str, list[date]] = defaultdict(list)
        for row in given:
            if row["agent"] == LU:
                self.doses[row["subject"]].append(day(row["on"]))
        for own in self.doses.values():
            own.sort()
        self.imaged = {row["subject"] for row in given if row["agent"] == GA}
        self.level = {row["subject"]: int(row["level"]) for row in self.rows("enrolment")}
        self.died = {row["subject"]: day(row["on"]) for row in self.rows("death")}

    def rows(self, kind: str) -> list[dict[str, str]]:
        """Facts of a kind that no correction has taken the place of."""
        path = self._folder / f"{kind}.csv"
        found = list(csv.DictReader(path.open(encoding="utf-8-sig"))) if path.exists() else []
        replaced = {row["supersedes"] for row in found}
        return [row for row in found if row["id"] not in replaced]

    def newest(self, kind: str) -> dict[str, str]:
        """Of each id that was corrected the id that stands: a course names the event by any of them."""
        path = self._folder / f"{kind}.csv"
        after = {row["supersedes"]: row["id"] for row in csv.DictReader(path.open(encoding="utf-8-sig"))}
        found = {}
        for first in after:
            last = first
            while last in after:
                last = after[last]
            found[first] = last
        return found

    def events(self) -> list[tuple[str, dict[str, str], int]]:
        """Treatment-emergent events with the worst grade of their course."""
        worst: dict[str, int] = defaultdict(int)
        steps: dict[str, list[tuple[date, int]]] = defaultdict(list)
        newest = self.newest("adverse_event")
        for step in self.rows("adverse_event_course"):
            event_id = newest.get(step["event"], step["event"])
            worst[event_id] = max(worst[event_id], int(step["grade"]))
            steps[event_id].append((day(step["on"]), int(step["grade"])))
        found = []
        for event in self.rows("adverse_event"):
            doses = self.doses.get(event["subject"])
            onset = day(event["on"])
            if doses and onset < doses[0]:  # one that grew worse than it was at the first dose began then
                before = [grade for when, grade in steps[event["id"]] if when < doses[0]]
                was = max([int(event["grade"]) if not before else 0, *before])
                later = [when for when, grade in steps[event["id"]] if when >= doses[0] and grade > was]
                onset = min(later, default=onset)
            if doses and onset >= doses[0] and onset <= doses[-1] + timedelta(EMERGENT):
                found.append((event["subject"], event, max(worst[event["id"]], int(event["grade"]))))
        return found

    def baseline(self, kind: str, test: str) -> dict[str, float]:
        """Last value before the first dose."""
        last: dict[str, tuple[str, float]] = {}
        for row in self.rows(kind):
            doses = self.doses.get(row["subject"])
            if row["test"] == test and row["value"] and doses and day(row["on"]) <= doses[0]:
                before = (
                    day(row["on"]) < doses[0]
                    or "T08" in row["on"]
                    or "T09" in row["on"]
                    or "T" not in row["on"]
                )
                if before and row["on"] >= last.get(row["subject"], ("", 0.0))[0]:
                    last[row["subject"]] = row["on"], float(row["value"])
        return {name: value for name, (_, value) in last.items()}

    def median_survival_months(self) -> float:
        """Kaplan and Meier by hand: last sign of life of anybody who is not known to be dead."""
        signs: dict[str, date] = {}
        for path in self._folder.glob("*.csv"):
            for row in csv.DictReader(path.open(encoding="utf-8-sig")):
                name = row.get("subject", "")
                if name in self.doses and path.stem not in (
                    "death",
                    "enrolment",
                    "withdrawal",
                    "disposition",
                ):
                    signs[name] = max(signs.get(name, date.min), day(row["on"]))
        times = sorted(
            ((self.died.get(name) or signs[name]) - doses[0]).days + 1 for name, doses in self.doses.items()
        )
        ended = sorted(
            (
                ((self.died[name]) - doses[0]).days + 1
                for name, doses in self.doses.items()
                if name in self.died
            )
        )
        survival = 1.0
        for time in sorted(set(ended)):
            at_risk = sum(one >= time for one in times)
            survival *= 1.0 - ended.count(time) / at_risk
            if survival <= 0.5:
                return time / MONTH
        return float("nan")

    def ages(self) -> list[int]:
        """Completed years at consent."""
        consent = {row["subject"]: day(row["on"]) for row in self.rows("consent")}
        found = []
        for row in self.rows("demographics"):
            if row["subject"] in self.doses:
                year, month = map(int, row["birth_date"].split("-")[:2])
                on = consent[row["subject"]]
                found.append(on.year - year - (on.month < month))
        return found


def day(text: str) -> date:
    return date.fromisoformat(text[:10])
