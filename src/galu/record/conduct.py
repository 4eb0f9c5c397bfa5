"""Facts about the conduct of the trial: study versions, visits, judgements, decisions, signatures."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from galu.record.fact import Fact
from galu.record.identifiers import Identifier
from galu.record.when import DayWhen, When

_SITE_DAY: Final = r"[^=;]+=\d{4}-\d{2}-\d{2}"
#: Sites with their days, as text: galu writes them, one cell holds them.
SITE_DAYS: Final = rf"^{_SITE_DAY}(; {_SITE_DAY})*$"


class StudyVersion(Fact):
    """The study file in force from here on; the first fact of a record, and each amendment.

    An amendment holds for what happens from `effective` on, or from the day of the site in `site_days`; with
    `reconsent` only for who consented on that day or later, with `consent_form` on that form.
    """

    kind = "study_version"
    act = "amend"
    about_subject = False
    study: str = Field(min_length=1)
    study_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    origin: Literal["observed", "imported", "simulated"] = "observed"
    zone: str = "UTC"
    amendment: str | None = None
    effective: DayWhen | None = Field(
        default=None, description="first day on which it is in force; empty: the day of `on`"
    )
    site_days: str | None = Field(
        default=None,
        pattern=SITE_DAYS,
        description="sites at which that is another day, such as Wuhan=2026-03-01; Xi'an=2026-04-15",
    )
    reconsent: bool | None = Field(
        default=None, description="whether it holds for those in the trial once they consented again"
    )
    consent_form: str | None = Field(
        default=None, description="`form_version` of the consent that is meant, where one is"
    )


class Visit(Fact):
    """A planned or unplanned visit took place or was missed."""

    kind = "visit"
    visit: str = Field(min_length=1)
    status: Literal["done", "missed", "partial"] = "done"
    ended: When | None = None


class Judgement(Fact):
    """A named person judged an item that no rule can decide."""

    kind = "judgement"
    act = "judge"
    speaker = "by"
    item: str = Field(
        min_length=1,
        description="the id of an eligibility atom; dlt (of the patient) or dlt:<event> (of that event); "
        "dlt-evaluable (whether a window with gaps can be judged)",
    )
    value: Literal["yes", "no", "unknown"]
    comment: str | None = None


class Decision(Fact):
    """A committee or sponsor decided; it names the facts it rests on."""

    kind = "decision"
    act = "decide"
    about_subject = False
    decision: Literal[
        "open-level", "close-level", "declare-mtd", "rp2d", "open-expansion", "suspend", "resume", "stop"
    ]
    level: int | None = Field(default=None, ge=1)
    rests_on: tuple[str, ...] = ()
    comment: str | None = None


#: What a signature through an account can mean (21 CFR 11.50(a)(3)).
MEANINGS: Final = {
    "Authored": "what is shown was written by me, or under my eyes",
    "Reviewed": "I have looked at all that is shown, and found nothing to object to",
    "Approved": "I agree with what is shown, and it may be acted upon",
    "Responsible": "I answer for what is shown",
}


class Signature(Fact):
    """A person signed a fact, or what was shown of a subject, with meaning and the digest of it.

    Through an account, `rests_on` names every fact that was shown, `shown_to` the last entry of the record
    that was known, and `first_day` to `last_day` the days of the subject that it is about, where not all.
    """

    kind = "signature"
    act = "sign"
    speaker = "signer"
    about_subject = False
    signs: Identifier | None = Field(
        default=None, min_length=1, description="id of the signed fact; empty where a page was signed"
    )
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the fact, or of the text shown")
    meaning: str = Field(min_length=1)
    signer: str = Field(min_length=1)
    rests_on: tuple[str, ...] = ()
    visit: str | None = None
    first_day: DayWhen | None = None
    last_day: DayWhen | None = None
    shown_to: int | None = Field(default=None, ge=1)
    means: str | None = Field(default=None, description="how the signer showed himself, such as passkey")

    @model_validator(mode="after")
    def _signs_something(self) -> Signature:
        if not self.signs and not self.rests_on:
            raise ValueError("a signature needs the id of what it signs")
        return self


class Retraction(Fact):
    """An earlier fact is withdrawn without a value in its place."""

    kind = "retraction"
    act = "correct"
    about_subject = False
    supersedes: Identifier = Field(min_length=1)


class Element(Fact):
    """An item of the source that has no kind of its own, kept verbatim so that nothing is lost."""

    kind = "element"
    act = "import"
    personal = frozenset({"value"})
    about_subject = False
    name: str = Field(min_length=1)
    value: str | None = None
