"""Coming in through an issuer that the institution runs: OpenID Connect, code flow with PKCE and nonce.

An account is bound to (issuer, subject), never to an e-mail address, which the issuer may give to another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from galu.desk.credentials import installed
from galu.desk.identity import acts
from galu.desk.login import RefusedError
from galu.finding import InputError
from galu.store import Accounts

_LASTS: Final = timedelta(minutes=10)
_CLAIMS: Final = ("iss", "sub", "aud", "exp", "iat", "nonce")


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer as its operator registered galu there, and where it sends browsers back to."""

    address: str
    client_id: str
    client_secret: str
    returns_to: str


@acts("compute")
def oidc_begin(accounts: Accounts, issuer: Issuer) -> tuple[str, str]:
    """Where to send the browser, and the ticket that it keeps as a cookie of its own."""
    secrets = {name: accounts.secret() for name in ("state", "nonce", "verifier")}
    found = _configuration(issuer)
    with _client(issuer, found) as client:
        address, _ = client.create_authorization_url(
            found["authorization_endpoint"],
            state=secrets["state"],
            nonce=secrets["nonce"],
            code_verifier=secrets["verifier"],
        )
    return str(address), accounts.issue("", "oidc", _LASTS, json.dumps(secrets))


@acts("compute")
def oidc_finish(
    accounts: Accounts, issuer: Issuer, ticket: str, query: dict[str, str], came_from: str = ""
) -> str:
    """Let in whom the issuer sent back; gives the secret of the new session.

    Raises
    ------
    InputError
        When another browser began, it was used, the answer is none, or the subject is bound to no account.
    """
    found = accounts.take(ticket, "oidc")
    if found is None:
        raise RefusedError
    claims = _claims(issuer, json.loads(found[1]), query)
    login = accounts.bound(claims["iss"], claims["sub"])
    account = accounts.account(login) if login else None
    if account is None or account.disabled:
        accounts.failed(str(login or ""), came_from, f"nobody is bound to {claims['sub']!r}"[:200])
        raise InputError(
            issuer.address, "knows you, galu does not", "ask an administrator to bind your account"
        )
    return accounts.begin_session(account.login, "browser", f"oidc {claims['iss']}", came_from)


def _claims(issuer: Issuer, secrets: dict[str, str], query: dict[str, str]) -> dict[str, str]:
    """What the issuer says of whom it sent, its signature, audience, time and nonce checked."""
    with installed("authlib"):
        import httpx
        from authlib.common.errors import AuthlibBaseError
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

    if query.get("state") != secrets["state"] or not query.get("code"):
        raise RefusedError
    known = _configuration(issuer)
    try:
        with _client(issuer, known) as client:
            given = client.fetch_token(
                known["token_endpoint"], code=query["code"], code_verifier=secrets["verifier"]
            )
            keys = KeySet.import_key_set(httpx.get(known["jwks_uri"], timeout=10).json())
        token = jwt.decode(given["id_token"], keys, algorithms=["RS256", "ES256", "PS256"])
        wanted: dict[str, Any] = {name: {"essential": True} for name in _CLAIMS}
        wanted["iss"]["value"], wanted["nonce"]["value"] = known["issuer"], secrets["nonce"]
        jwt.JWTClaimsRegistry(leeway=60, **wanted).validate(token.claims)
    except (AuthlibBaseError, JoseError, httpx.HTTPError, KeyError, ValueError):
        raise RefusedError from None
    audience = token.claims["aud"]
    if issuer.client_id not in ([audience] if isinstance(audience, str) else audience):
        raise RefusedError
    return {"iss": str(token.claims["iss"]), "sub": str(token.claims["sub"])}


def _client(issuer: Issuer, known: dict[str, Any]) -> Any:
    with installed("authlib"):
        from authlib.integrations.httpx_client import OAuth2Client

    return OAuth2Client(
        issuer.client_id,
        issuer.client_secret,
        scope="openid",
        redirect_uri=issuer.returns_to,
        code_challenge_method="S256",
        token_endpoint_auth_method=_way(known),
    )


def _way(known: dict[str, Any]) -> str:
    ways = known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"


def _configuration(issuer: Issuer) -> dict[str, Any]:
    with installed("authlib"):
        import httpx

    address = f"{issuer.address.rstrip('/')}/.well-known/openid-configuration"
    try:
        found = httpx.get(address, timeout=10).raise_for_status().json()
        if str(found["issuer"]).rstrip("/") != issuer.address.rstrip("/"):
            raise ValueError
    except (httpx.HTTPError, KeyError, ValueError):
        raise InputError(issuer.address, "is no issuer that answers", "check its address") from None
    return dict(found)
