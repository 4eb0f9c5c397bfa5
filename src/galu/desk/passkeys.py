"""Passkeys (WebAuthn level 2): registered by an account that is in, asserted to come in or to sign.

The authenticator must have verified its user (PIN or body): a passkey is then two things at once. A challenge
is a one-time token; the browser gets it inside the options, and its answer brings it back.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from galu.desk.credentials import installed
from galu.desk.identity import Identity, acts
from galu.desk.login import RefusedError, issue_proof
from galu.finding import InputError
from galu.store import Account, Accounts
from galu.store.accounts import Passkey

_LASTS: Final = timedelta(minutes=5)
#: A login that is not known yet: the passkey itself says whose it is.
_NOBODY: Final = ""


@dataclass(frozen=True, slots=True)
class Site:
    """Where browsers meet galu: host name and origin, such as `localhost` and `http://localhost:8000`."""

    host: str
    origin: str


@acts("compute")
def passkey_to_register(accounts: Accounts, site: Site, who: Identity) -> tuple[str, str]:
    """Options for the browser as JSON, and the ticket that its answer needs."""
    with installed("webauthn"):
        import webauthn
        from webauthn.helpers import structs

    ticket = accounts.issue(who.account, "passkey-register", _LASTS)
    known = [
        structs.PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one.id))
        for one in accounts.passkeys(who.account)
    ]
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="galu",
        user_id=hashlib.sha256(who.account.encode("utf-8")).digest(),
        user_name=who.account,
        user_display_name=who.name,
        challenge=_challenge(ticket),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=known,
    )
    return webauthn.options_to_json(options), ticket


def _challenge(ticket: str) -> bytes:
    """What the authenticator signs: bound to the ticket, of which only the hash is kept."""
    return hashlib.sha256(f"galu passkey|{ticket}".encode()).digest()


@acts("compute")
def register_passkey(
    accounts: Accounts, site: Site, who: Identity, ticket: str, answer: dict[str, Any]
) -> None:
    """Keep the passkey that a browser made.

    Raises
    ------
    InputError
        When the answer does not fit the options, or the user was not verified.
    """
    with installed("webauthn"):
        import webauthn
        from webauthn.helpers import bytes_to_base64url
        from webauthn.helpers.exceptions import WebAuthnException

    found = accounts.take(ticket, "passkey-register")
    if found is None or found[0] != who.account:
        raise InputError("passkey", "was not asked for, or too long ago", "begin again")
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=_challenge(ticket),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise InputError("passkey", f"cannot be used ({error})", "use one that asks for a PIN") from None
    label = str(answer.get("label", ""))[:60] or "passkey"
    passkey = Passkey(
        bytes_to_base64url(made.credential_id), who.account, made.credential_public_key, made.sign_count
    )
    accounts.add_passkey(passkey, label, who.account)


@acts("compute")
def passkey_to_assert(accounts: Accounts, site: Site, who: Identity | None = None) -> tuple[str, str]:
    """Options for the browser as JSON, and the ticket: to sign as `who`, or to come in as whoever it is."""
    with installed("webauthn"):
        import webauthn
        from webauthn.helpers import structs

    login = who.account if who else _NOBODY
    ticket = accounts.issue(login, "passkey-sign" if who else "passkey-login", _LASTS)
    allowed = [
        structs.PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one.id))
        for one in accounts.passkeys(login)
    ]
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=_challenge(ticket),
        allow_credentials=allowed,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options), ticket


@acts("compute")
def log_in_by_passkey(
    accounts: Accounts, site: Site, ticket: str, answer: dict[str, Any], came_from: str = ""
) -> str:
    """Let in whose passkey answered; gives the secret of the new session.

    Raises
    ------
    InputError
        When the answer is not one; it does not say why.
    """
    if accounts.take(ticket, "passkey-login") is None:
        raise RefusedError
    account = _asserted(accounts, site, ticket, answer, came_from)
    return accounts.begin_session(account.login, "browser", "passkey", came_from)


@acts("compute")
def prove_by_passkey(
    accounts: Accounts, site: Site, who: Identity, ticket: str, answer: dict[str, Any]
) -> str:
    """The same once more before a signature; gives a proof, see `galu.desk.login.prove`."""
    found = accounts.take(ticket, "passkey-sign")
    if found is None or found[0] != who.account:
        raise RefusedError
    if _asserted(accounts, site, ticket, answer, "").login != who.account:
        raise RefusedError
    return issue_proof(accounts, who.account, "passkey")


def _asserted(accounts: Accounts, site: Site, ticket: str, answer: dict[str, Any], came_from: str) -> Account:
    with installed("webauthn"):
        import webauthn
        from webauthn.helpers.exceptions import WebAuthnException

    passkey = accounts.passkey(str(answer.get("id", "")))
    account = accounts.account(passkey.login) if passkey else None
    try:
        if passkey is None or account is None or account.disabled:
            raise RefusedError
        shown = webauthn.verify_authentication_response(
            credential=json.dumps(answer),
            expected_challenge=_challenge(ticket),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.uses,
            require_user_verification=True,
        )
    except (WebAuthnException, RefusedError):
        accounts.failed(account.login if account else "", came_from, "passkey")
        raise RefusedError from None
    accounts.used_passkey(passkey.id, shown.new_sign_count)
    accounts.forgive(account.login)
    return account
