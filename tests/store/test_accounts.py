"""Accounts behave alike in a file and on a server; many at once; a broken place is told in a sentence."""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from galu.access import Grant
from galu.desk.login import Shown, identity_of, log_in, log_out
from galu.finding import InputError
from galu.store import Accounts
from people import PASSWORD, add_account, code_of
from servers import OWNER, shared_cluster

LOGIN = "ilse.vermeulen"
_NUMBERS = itertools.count()


@pytest.fixture(params=["file", "server"])
def accounts(request, tmp_path, clock, quick_hashes):
    place = str(tmp_path / "accounts.sqlite")
    if request.param == "server":
        place = shared_cluster().address(OWNER, f"accounts_{os.getpid()}_{next(_NUMBERS)}")
    made = Accounts(place, clock, os.urandom, create=True)
    yield made
    made.close()


def test_a_life_of_an_account(accounts, clock):
    seed = add_account(accounts, role="coordinator", sites=["Wuhan", "西安"])
    typed = Shown(LOGIN, PASSWORD, code_of(seed, clock))
    secret = log_in(accounts, typed)
    with pytest.raises(InputError, match="code is wrong"):
        log_in(accounts, typed)
    ((trial, grant),) = identity_of(accounts, secret).granted
    assert (trial, grant.sites, grant.since) == (None, frozenset({"Wuhan", "西安"}), date(2026, 1, 1))
    accounts.revoke(grant.id, "ada")
    assert accounts.grants(LOGIN) == ()
    log_out(accounts, secret)
    with pytest.raises(InputError, match="session is over"):
        identity_of(accounts, secret)
    token = accounts.issue(LOGIN, "password", timedelta(hours=1))
    assert accounts.take(token, "password") and accounts.take(token, "password") is None
    accounts.bind("https://issuer/", "4711", LOGIN, "ada")
    assert accounts.bound("https://issuer", "4711") == LOGIN
    kinds = [one.kind for one in accounts.log.entries()]
    assert kinds == ["added", "password-changed", "totp-set", "granted", "logged-in", "refused", "revoked",
                     "logged-out", "bound"]  # fmt: skip
    assert accounts.log.fault() is None
    again = Accounts(accounts.place, clock, os.urandom)
    assert [one.login for one in again.accounts()] == [LOGIN] and again.log.fault() is None
    again.close()


def test_one_of_many_takes_a_token_and_every_change_is_in_the_log_once(accounts):
    add_account(accounts)
    token = accounts.issue(LOGIN, "proof", timedelta(minutes=3))
    with ThreadPoolExecutor(8) as many:
        taken = list(many.map(lambda _: accounts.take(token, "proof"), range(8)))
        list(
            many.map(
                lambda n: accounts.grant(LOGIN, None, Grant("monitor", None, date(2026, 1, n + 1)), "a"),
                range(16),
            )
        )
    assert sum(one is not None for one in taken) == 1
    granted = [one.told["what"] for one in accounts.log.entries() if one.kind == "granted"]
    assert len(set(granted)) == 16 and accounts.log.fault() is None


def test_one_of_many_uses_a_code(accounts, clock):
    seed = add_account(accounts)
    typed = Shown(LOGIN, PASSWORD, code_of(seed, clock))

    def tries(_):
        try:
            return log_in(accounts, typed)
        except InputError:
            return None

    with ThreadPoolExecutor(8) as many:
        assert sum(one is not None for one in many.map(tries, range(8))) == 1


@pytest.mark.parametrize("words", ["UPDATE access_log SET kind = 'x'", "DELETE FROM access_log"])
def test_the_log_takes_no_change_on_either(accounts, words):
    add_account(accounts)
    with pytest.raises(InputError, match="append-only"), accounts._engine.begin() as connection:
        connection.exec_driver_sql(words)
    assert len(list(accounts.log.entries())) == 3


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("/nowhere/at/all.sqlite", "cannot be made"),
        ("mysql://root@host/db", "is no address of a PostgreSQL server"),
        ("postgresql://role:secret@host/db", "holds a password"),
        ("postgresql://role@localhost:1/db", "cannot be read or written"),
    ],
)
def test_places_that_cannot_be(place, fault, clock):
    with pytest.raises(InputError, match=fault) as told:
        Accounts(place, clock, os.urandom, create=True)
    assert "secret" not in str(told.value)


def test_a_file_that_is_no_database_is_told(tmp_path, clock):
    path = tmp_path / "accounts.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="cannot be read or written"):
        Accounts(str(path), clock, os.urandom).account(LOGIN)
