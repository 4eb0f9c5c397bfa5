"""Facts about the conduct of the trial: study versions, visits, judgements, decisions, signatures."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

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
    about_subject = False
    decision: Literal[
        "open-level", "close-level", "declare-mtd", "rp2d", "open-expansion", "suspend", "resume", "stop"
    ]
    level: int | None = Field(default=None, ge=1)
    rests_on: tuple[str, ...] = ()
    comment: str | None = None


class Signature(Fact):
    """A person signed a fact, with meaning and the digest of what was signed."""

    kind = "signature"
    about_subject = False
    signs: Identifier = Field(min_length=1, description="id of the signed fact")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    meaning: str = Field(min_length=1)
    signer: str = Field(min_length=1)


class Retraction(Fact):
    """An earlier fact is withdrawn without a value in its place."""

    kind = "retraction"
    about_subject = False
    supersedes: Identifier = Field(min_length=1)


class Element(Fact):
    """An item of the source that has no kind of its own, kept verbatim so that nothing is lost."""

    kind = "element"
    about_subject = False
    name: str = Field(min_length=1)
    value: str | None = None
