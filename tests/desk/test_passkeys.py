"""Passkeys: the user is verified, an answer serves once, for its site, its account and its purpose."""

import sys

import pytest

from galu.desk.identity import Identity
from galu.desk.login import identity_of, take_proof
from galu.desk.passkeys import (
    Site,
    log_in_by_passkey,
    passkey_to_assert,
    passkey_to_register,
    prove_by_passkey,
    register_passkey,
)
from galu.finding import InputError
from people import add_account
from soft_passkey import SoftPasskey

SITE = Site("localhost", "http://localhost:8000")
LOGIN = "ilse.vermeulen"
WHO = Identity(LOGIN, "Dr Ilse Vermeulen")


def registered(accounts, passkey, who=WHO):
    options, ticket = passkey_to_register(accounts, SITE, who)
    register_passkey(accounts, SITE, who, ticket, passkey.register(options))
    return passkey


@pytest.fixture
def passkey(accounts):
    add_account(accounts)
    return registered(accounts, SoftPasskey())


def test_a_passkey_lets_in_without_a_login(accounts, passkey):
    for _ in range(2):
        options, ticket = passkey_to_assert(accounts, SITE)
        secret = log_in_by_passkey(accounts, SITE, ticket, passkey.assert_(options))
        assert identity_of(accounts, secret).account == LOGIN
    assert [one.told["means"] for one in accounts.log.entries() if one.kind == "logged-in"] == ["passkey"] * 2


def test_one_that_never_counts_is_allowed(accounts):
    add_account(accounts)
    passkey = registered(accounts, SoftPasskey(counts=False))
    for _ in range(2):
        options, ticket = passkey_to_assert(accounts, SITE)
        assert log_in_by_passkey(accounts, SITE, ticket, passkey.assert_(options))


def test_without_verification_of_the_user_it_is_refused(accounts, passkey):
    options, ticket = passkey_to_register(accounts, SITE, WHO)
    with pytest.raises(InputError, match="cannot be used"):
        register_passkey(accounts, SITE, WHO, ticket, SoftPasskey(verifies=False).register(options))
    passkey.verifies = False
    options, ticket = passkey_to_assert(accounts, SITE)
    with pytest.raises(InputError, match="is wrong"):
        log_in_by_passkey(accounts, SITE, ticket, passkey.assert_(options))


def test_an_answer_serves_once(accounts, passkey):
    options, ticket = passkey_to_assert(accounts, SITE)
    answer = passkey.assert_(options)
    log_in_by_passkey(accounts, SITE, ticket, answer)
    with pytest.raises(InputError, match="is wrong"):
        log_in_by_passkey(accounts, SITE, ticket, answer)
    _, other = passkey_to_assert(accounts, SITE)
    with pytest.raises(InputError, match="is wrong"):  # an answer to another challenge
        log_in_by_passkey(accounts, SITE, other, answer)


@pytest.mark.parametrize(
    ("host", "origin"), [("evil.example", "http://localhost:8000"), ("localhost", "http://evil.example")]
)
def test_an_answer_for_another_site_is_refused(accounts, passkey, host, origin):
    options, ticket = passkey_to_assert(accounts, SITE)
    with pytest.raises(InputError, match="is wrong"):
        log_in_by_passkey(accounts, SITE, ticket, passkey.assert_(options, host, origin))
    assert [one.kind for one in accounts.log.entries()][-1] == "refused"


def test_a_copied_authenticator_is_noticed_by_its_counter(accounts, passkey):
    options, ticket = passkey_to_assert(accounts, SITE)
    log_in_by_passkey(accounts, SITE, ticket, passkey.assert_(options))
    passkey.uses -= 1
    options, ticket = passkey_to_assert(accounts, SITE)
    with pytest.raises(InputError, match="is wrong"):
        log_in_by_passkey(accounts, SITE, ticket, passkey.assert_(options))


def test_a_stranger_a_disabled_account_and_nonsense_are_refused(accounts, passkey):
    options, ticket = passkey_to_assert(accounts, SITE)
    with pytest.raises(InputError, match="is wrong"):
        log_in_by_passkey(accounts, SITE, ticket, SoftPasskey().assert_(options))
    for answer in ({}, {"id": "x"}, {"id": None, "response": []}):
        _, ticket = passkey_to_assert(accounts, SITE)
        with pytest.raises(InputError, match="is wrong"):
            log_in_by_passkey(accounts, SITE, ticket, answer)
    accounts.disable(LOGIN, True, "admin")
    options, ticket = passkey_to_assert(accounts, SITE)
    with pytest.raises(InputError, match="is wrong"):
        log_in_by_passkey(accounts, SITE, ticket, passkey.assert_(options))


def test_a_proof_to_sign_is_of_the_account_that_signs(accounts, passkey):
    options, ticket = passkey_to_assert(accounts, SITE, WHO)
    proof = prove_by_passkey(accounts, SITE, WHO, ticket, passkey.assert_(options))
    assert take_proof(accounts, WHO, proof) == "passkey"
    add_account(accounts, "bo.lindqvist", "Dr Bo Lindqvist")
    bo = Identity("bo.lindqvist", "Dr Bo Lindqvist")
    options, ticket = passkey_to_assert(accounts, SITE, bo)
    with pytest.raises(InputError, match="is wrong"):  # another's passkey
        prove_by_passkey(accounts, SITE, bo, ticket, passkey.assert_(options))
    options, ticket = passkey_to_assert(accounts, SITE)
    with pytest.raises(InputError, match="is wrong"):  # asked for to come in, not to sign
        prove_by_passkey(accounts, SITE, WHO, ticket, passkey.assert_(options))


def test_a_registration_is_asked_for_by_its_account_and_soon(accounts, clock, passkey):
    options, ticket = passkey_to_register(accounts, SITE, WHO)
    clock.pass_(minutes=6)
    with pytest.raises(InputError, match="too long ago"):
        register_passkey(accounts, SITE, WHO, ticket, SoftPasskey().register(options))
    options, ticket = passkey_to_register(accounts, SITE, WHO)
    with pytest.raises(InputError, match="was not asked for"):
        register_passkey(accounts, SITE, Identity("eve", "Eve"), ticket, SoftPasskey().register(options))


@pytest.mark.parametrize("package", ["webauthn", "authlib", "joserfc"])
def test_what_is_not_installed_is_told_in_a_sentence(accounts, monkeypatch, package):
    from galu.desk import oidc, passkeys

    monkeypatch.setitem(sys.modules, package, None)
    for name in [one for one in sys.modules if one.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(InputError, match=r"install galu\[server\]"):
        if package == "webauthn":
            passkeys.passkey_to_assert(accounts, passkeys.Site("localhost", "http://localhost"))
        else:
            oidc._claims(oidc.Issuer("https://i", "c", "s", "r"), {"state": "x"}, {"state": "x", "code": "y"})
