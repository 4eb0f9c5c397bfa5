"""The versions of the study that a record names, in the order in which they were brought into force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from galu.record.record import Record


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version: its fact, the file it names, since when and for whom it is in force, and why."""

    seq: int
    id: str
    recorded: datetime
    study_hash: str
    since: date
    sites: tuple[tuple[str, date], ...]
    reconsent: bool
    form: str | None
    amendment: str
    by: str

    @property
    def in_words(self) -> str:
        """Since when and for whom, as people say it."""
        said = [f"from {self.since}", *(f"{site}: from {day}" for site, day in self.sites)]
        if self.reconsent:
            form = f" on form {self.form}" if self.form else ""
            said.append(f"for those in the trial after a new consent{form}")
        return ", ".join(said)


def version_rows(record: Record) -> tuple[VersionRow, ...]:
    """Every version, oldest first; one that names the file in force already is none."""
    found: list[VersionRow] = []
    for row in record.facts("study_version").sort("seq").iter_rows(named=True):
        if not found or row["study_hash"] != found[-1].study_hash:
            found.append(_version(row))
    return tuple(found)


def version_on(record: Record, day: date) -> VersionRow:
    """The version in force on a day, where no site has another."""
    rows = version_rows(record)
    return next((row for row in reversed(rows[1:]) if row.since <= day), rows[0])


def _version(row: dict[str, Any]) -> VersionRow:
    day = row["effective"] or str(row["day"] or row["on"][:10])
    return VersionRow(
        seq=row["seq"],
        id=row["id"],
        recorded=row["recorded"],
        study_hash=row["study_hash"],
        since=date.fromisoformat(day),
        sites=parse_sites(row["site_days"]),
        reconsent=bool(row["reconsent"]),
        form=row["consent_form"],
        amendment=row["amendment"] or "",
        by=row["by"] or "",
    )


def parse_sites(text: str | None) -> tuple[tuple[str, date], ...]:
    """Sites with their days from the text of a fact."""
    pairs = (one.rsplit("=", 1) for one in text.split("; ")) if text else ()
    return tuple((site, date.fromisoformat(day)) for site, day in pairs)


def sites_as_text(sites: tuple[tuple[str, date], ...]) -> str | None:
    """Sites with their days as the text of a fact; None where there are none."""
    return "; ".join(f"{site}={day}" for site, day in sites) or None
