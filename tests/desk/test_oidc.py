"""Coming in through an issuer that the test starts: only who began, once, and by (issuer, subject)."""

import warnings
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from galu.desk.login import identity_of
from galu.desk.oidc import Issuer, oidc_begin, oidc_finish
from galu.finding import InputError
from people import add_account

pytestmark = pytest.mark.filterwarnings("ignore")
LOGIN, SUBJECT = "ilse.vermeulen", "4711"


@pytest.fixture(scope="module")
def issuer():
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        from oidc_provider_mock import run_server_in_thread

        with run_server_in_thread(require_nonce=True) as server:
            address = f"http://localhost:{server.server_port}"
            yield Issuer(address, "galu", "a client secret", "http://localhost:8000/oidc")


def at_the_issuer(address, subject=SUBJECT):
    """What the browser brings back."""
    answer = httpx.post(address, data={"sub": subject})
    assert answer.status_code in (302, 303), answer.text
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


@pytest.fixture
def bound(accounts, issuer):
    add_account(accounts)
    accounts.bind(issuer.address, SUBJECT, LOGIN, "admin")
    return accounts


def test_who_is_bound_comes_in(bound, issuer):
    address, ticket = oidc_begin(bound, issuer)
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["nonce"] and asked["state"]
    secret = oidc_finish(bound, issuer, ticket, at_the_issuer(address))
    assert identity_of(bound, secret).account == LOGIN
    assert [one.told["means"] for one in bound.log.entries() if one.kind == "logged-in"] == [
        f"oidc {issuer.address}"
    ]


def test_an_answer_serves_once_and_only_the_browser_that_began(bound, issuer):
    address, ticket = oidc_begin(bound, issuer)
    _, another = oidc_begin(bound, issuer)
    brought = at_the_issuer(address)
    with pytest.raises(InputError, match="is wrong"):
        oidc_finish(bound, issuer, another, brought)
    oidc_finish(bound, issuer, ticket, brought)
    with pytest.raises(InputError, match="is wrong"):
        oidc_finish(bound, issuer, ticket, brought)


@pytest.mark.parametrize("change", [{"state": "x"}, {"code": "x"}, {"code": ""}, {"error": "x", "code": ""}])
def test_an_answer_that_was_changed_is_refused(bound, issuer, change):
    address, ticket = oidc_begin(bound, issuer)
    with pytest.raises(InputError, match="is wrong"):
        oidc_finish(bound, issuer, ticket, {**at_the_issuer(address), **change})


def test_the_token_must_carry_the_nonce_and_audience_that_were_asked_for(bound, issuer, monkeypatch):
    import galu.desk.oidc as module

    address, ticket = oidc_begin(bound, issuer)
    brought = at_the_issuer(address)
    take = bound.take
    monkeypatch.setattr(bound, "take", lambda *words: _other_nonce(take(*words)))
    with pytest.raises(InputError, match="is wrong"):
        oidc_finish(bound, issuer, ticket, brought)
    monkeypatch.undo()
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    claims = module._claims
    address, ticket = oidc_begin(bound, issuer)
    brought = at_the_issuer(address)
    other = Issuer(issuer.address, "another client", issuer.client_secret, issuer.returns_to)
    monkeypatch.setattr(module, "_claims", lambda _, secrets, query: claims(other, secrets, query))
    with pytest.raises(InputError, match="is wrong"):
        oidc_finish(bound, issuer, ticket, brought)


def _other_nonce(found):
    import json

    login, content = found
    return login, json.dumps({**json.loads(content), "nonce": "another"})


def test_a_subject_that_is_bound_to_nobody_is_refused_and_so_is_a_closed_account(bound, issuer):
    address, ticket = oidc_begin(bound, issuer)
    with pytest.raises(InputError, match="galu does not"):
        oidc_finish(bound, issuer, ticket, at_the_issuer(address, "ilse.vermeulen"))
    bound.disable(LOGIN, True, "admin")
    address, ticket = oidc_begin(bound, issuer)
    with pytest.raises(InputError, match="galu does not"):
        oidc_finish(bound, issuer, ticket, at_the_issuer(address))
    with pytest.raises(InputError, match=r"is ilse\.vermeulen already"):
        bound.bind(issuer.address, SUBJECT, "bo", "admin")


def test_an_address_where_no_issuer_answers(accounts):
    with pytest.raises(InputError, match="is no issuer that answers"):
        oidc_begin(accounts, Issuer("http://localhost:9", "galu", "x", "http://localhost:8000/oidc"))
