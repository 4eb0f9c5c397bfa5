"""Signatures: the text that is signed, signing it, and which still stand (21 CFR 11.50, 11.70, 11.200)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from galu.desk.sign import Saying, ToSign, shown_to_sign, sign, trial_signatures
from galu.web.api.models import WRITES, Asked, IfMatch
from galu.web.door import Visit, needs

router = APIRouter(tags=["signatures"])


class Wanted(Asked):
    """What is to be signed: a subject, a visit of it, or single facts."""

    subject: str | None = Field(default=None, max_length=200)
    visit: str | None = Field(default=None, max_length=200)
    facts: list[Annotated[str, Field(max_length=400)]] = Field(default=[], max_length=1000)

    @property
    def to_sign(self) -> ToSign:
        """The same for the desk."""
        return ToSign(self.subject, self.visit, tuple(self.facts))


class Signing(Wanted):
    """The same with what it means, the digest of the text that was read, and a proof of who signs."""

    meaning: str = Field(max_length=200)
    digest: str = Field(pattern="^[0-9a-f]{64}$")
    proof: str = Field(max_length=200, description="of POST /session/proofs, made within three minutes")


class Page(BaseModel):
    """The text that a signature would be over, with its digest."""

    text: str
    digest: str
    facts: list[str]
    entry: int


class SignatureShown(BaseModel):
    """A signature: by whom, when, what it means; whether everything signed is as it was."""

    id: str
    signer: str
    account: str | None
    on: str
    meaning: str | None
    digest: str
    subject: str | None
    visit: str | None
    means: str | None


class StandingShown(SignatureShown):
    """The same with what changed since."""

    recorded: datetime
    stands: bool
    changes: list[str]


@router.get("/trials/{trial}/signatures")
def signatures(visit: Annotated[Visit, needs("read-board")]) -> list[StandingShown]:
    """Every signature that the account may see, with what changed since."""
    return [
        StandingShown(
            **_fields(one.fact), recorded=one.recorded, stands=one.stands,
            changes=[str(change) for change in one.changes],
        )
        for one in visit.does(trial_signatures, visit.served.clock)
    ]  # fmt: skip


def _fields(fact: object) -> dict[str, object]:
    return {name: getattr(fact, name, None) for name in SignatureShown.model_fields}


@router.post("/trials/{trial}/signatures/shown")
def shown(visit: Annotated[Visit, needs("sign")], wanted: Wanted) -> Page:
    """The text that would be signed, as the record is now."""
    found = visit.does(shown_to_sign, wanted.to_sign, visit.served.clock)
    return Page(text=found.text, digest=found.digest, facts=list(found.facts), entry=found.seq)


@router.post("/trials/{trial}/signatures", status_code=201, responses=WRITES)
def make(
    visit: Annotated[Visit, needs("sign")], signing: Signing, if_match: IfMatch = None
) -> SignatureShown:
    """Sign what was shown; 409 where it is not what the record says any more."""
    said = Saying(signing.meaning, signing.digest)
    done = visit.writes(sign, signing.to_sign, said, signing.proof, visit.served.clock)
    return SignatureShown.model_validate(_fields(done))
