"""Who has not consented as an amendment asks: he is judged by the version before, until he does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from galu.protocol import Study
from galu.protocol.versions import Version, history_of
from galu.record import Record
from galu.record.people import Consent
from galu.trial.steps import Steps
from galu.trial.subjects import Subject


@dataclass(frozen=True, slots=True)
class ConsentLacking:
    """A subject of whom an amendment asks another consent.

    `since` is the day of the amendment at the site, `form` what it asks for, `given` the last consent with
    its form; `wrong_form` says that it was given since then, on another form.
    """

    subject: str
    since: date
    form: str | None
    given: date | None
    given_form: str | None
    facts: tuple[str, ...]

    @property
    def wrong_form(self) -> bool:
        """Whether the consent was given since the amendment, on another form."""
        return self.given is not None and self.given >= self.since

    def __str__(self) -> str:
        """As a sentence."""
        asked = f"on form {self.form}" if self.form else "again"
        if self.given is None:
            last = "no day of a consent is known"
        elif self.given_form:
            last = f"the last consent, of {self.given}, is on form {self.given_form}"
        else:
            last = (
                f"the last consent, of {self.given}, names no form"
                if self.form
                else f"consented {self.given}"
            )
        return (
            f"the amendment of {self.since} holds for who consents {asked}; {last}: "
            "the version before stays in force"
        )


def derive_consents_lacking(
    study: Study, record: Record, subjects: Iterable[Subject]
) -> Iterator[ConsentLacking]:
    """Everybody still in the trial of whom the newest amendment that asks for a consent has none."""
    history, steps = history_of(study), Steps.of(study, record)
    asking = [one for one in history.versions if one.reconsent] if history is not None else []
    if history is None or steps is None or not asking:
        return
    for subject in subjects:
        gone = subject.dead or subject.failed or subject.left("study") is not None
        way = steps.way(subject.id)
        begun = [one for one in asking if one.begins(way.site) <= history.today]
        if gone or subject.consent is None or not begun:
            continue
        newest: Version = begun[-1]
        last = max((day for day, _ in way.consents if day is not None), default=None)
        if newest.holds(way, max(history.today, last or history.today), None):
            continue
        form = next((form for day, form in reversed(way.consents) if day == last), None)
        facts = tuple(row.id for row in record.rows_by_subject(Consent).get(subject.id, ()))
        yield ConsentLacking(subject.id, newest.begins(way.site), newest.form, last, form, facts)
