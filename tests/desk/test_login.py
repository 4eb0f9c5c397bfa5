"""Who is let in, for how long, and that a refusal tells nothing."""

import os
import sqlite3
import stat
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from galu.access import Grant
from galu.desk import credentials
from galu.desk.login import IDLE, WHOLE, Shown, identity_of, log_in, log_out, prove, take_proof
from galu.finding import InputError
from galu.store import Accounts
from people import PASSWORD, add_account, code_of, counted_bytes

LOGIN = "ilse.vermeulen"


def shown(seed, clock, login=LOGIN, password=PASSWORD):
    return Shown(login, password, code_of(seed, clock))


def test_password_and_code_let_in_and_each_login_has_a_new_secret(accounts, clock):
    seed = add_account(accounts)
    first = log_in(accounts, shown(seed, clock))
    clock.pass_(seconds=30)
    second = log_in(accounts, shown(seed, clock), before=first)
    assert first != second and len(first) == 64
    assert identity_of(accounts, second).account == LOGIN
    with pytest.raises(InputError, match="session is over"):  # what was there before the login serves no more
        identity_of(accounts, first)


def test_a_secret_that_somebody_brings_along_is_never_made_a_session(accounts, clock):
    seed = add_account(accounts)
    planted = "f" * 64
    given = log_in(accounts, shown(seed, clock), before=planted)
    assert given != planted
    with pytest.raises(InputError, match="session is over"):
        identity_of(accounts, planted)


def test_no_secret_is_kept(accounts, clock, tmp_path):
    seed = add_account(accounts)
    secret = log_in(accounts, shown(seed, clock))
    token = accounts.issue(LOGIN, "password", timedelta(hours=1))
    accounts.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("accounts.sqlite*") if path.is_file())
    for one in (secret, token, PASSWORD):
        assert one.encode() not in kept
    assert stat.S_IMODE(os.stat(tmp_path / "accounts.sqlite").st_mode) == 0o600


@pytest.mark.parametrize(
    ("login", "password", "with_code"),
    [
        (LOGIN, "wrong-password-of-20", True),
        (LOGIN, PASSWORD, False),
        ("nobody.there", PASSWORD, True),
        ("", "", True),
        ("x" * 10_000, PASSWORD, True),
        ("'; DROP TABLE account; --", PASSWORD, True),
    ],
)
def test_every_refusal_is_the_same_sentence(accounts, clock, login, password, with_code):
    seed = add_account(accounts)
    code = code_of(seed, clock) if with_code else "000000"
    with pytest.raises(InputError) as told:
        log_in(accounts, Shown(login, password, code))
    assert str(told.value) == "galu: login, password or code is wrong; try again, or ask for a new link."
    assert [one.kind for one in accounts.log.entries()][-1] == "refused"


def test_a_disabled_account_and_one_without_a_password_are_refused_alike(accounts, clock):
    seed = add_account(accounts)
    accounts.add("fresh.account", "Fresh Account", "console")
    accounts.disable(LOGIN, True, "console")
    for login in (LOGIN, "fresh.account"):
        with pytest.raises(InputError, match="login, password or code is wrong"):
            log_in(accounts, shown(seed, clock, login))


def test_a_code_serves_once(accounts, clock):
    seed = add_account(accounts)
    once = shown(seed, clock)
    log_in(accounts, once)
    for _ in range(2):
        with pytest.raises(InputError, match="code is wrong"):
            log_in(accounts, once)
    clock.pass_(seconds=30)
    late = shown(seed, clock)
    clock.pass_(seconds=30)
    log_in(accounts, late)  # one step late is allowed
    clock.pass_(seconds=90)
    with pytest.raises(InputError, match="code is wrong"):
        log_in(accounts, late)


def test_an_earlier_code_does_not_serve_after_a_later_one(accounts, clock):
    seed = add_account(accounts)
    earlier = shown(seed, clock)
    clock.pass_(seconds=30)
    log_in(accounts, shown(seed, clock))
    with pytest.raises(InputError, match="code is wrong"):
        log_in(accounts, earlier)


def test_attempts_wait_longer_and_longer_for_logins_that_nobody_has_as_well(accounts, clock):
    seed = add_account(accounts)
    for login in ("nobody.there", LOGIN):
        waits = []
        for _ in range(12):
            while True:
                try:
                    log_in(accounts, Shown(login, "wrong-password-of-20"))
                except InputError as error:
                    if "too many" not in str(error):
                        break
                    clock.pass_(seconds=15)
                    waits.append(error)
        assert len(waits) > 100
    with pytest.raises(InputError, match="too many attempts"):
        log_in(accounts, shown(seed, clock))
    clock.pass_(minutes=15)
    log_in(accounts, shown(seed, clock))
    assert accounts.failures(LOGIN)[0] == 0


def test_an_unknown_login_takes_the_work_of_a_known_one(tmp_path, clock, monkeypatch):
    """The work is what takes time: one verification, by a digest of the same parameters, whoever it is."""
    told = []

    class Told(PasswordHasher):
        def verify(self, kept, password):
            told.append(kept.rsplit("$", 2)[0])
            return super().verify(kept, password)

    cheap = Told(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(credentials, "hasher", lambda: cheap)
    accounts = Accounts(str(tmp_path / "told.sqlite"), clock, counted_bytes(), create=True)
    add_account(accounts)
    work = {}
    for login in ("nobody.there", LOGIN):
        told.clear()
        with pytest.raises(InputError, match="is wrong"):
            log_in(accounts, Shown(login, "wrong-password-of-20"))
        work[login] = list(told)
    assert work["nobody.there"] == work[LOGIN] and len(work[LOGIN]) == 1


@pytest.mark.parametrize("way", ["browser", "terminal"])
def test_a_session_ends_when_idle_and_in_the_end(accounts, clock, way):
    seed = add_account(accounts)
    idle = log_in(accounts, shown(seed, clock), way)
    clock.now += IDLE[way]
    identity_of(accounts, idle)
    clock.now += IDLE[way] + timedelta(seconds=1)
    with pytest.raises(InputError, match="session is over"):
        identity_of(accounts, idle)
    busy = log_in(accounts, shown(seed, clock), way)
    begun = clock()
    while clock() - begun <= WHOLE[way] - IDLE[way]:
        identity_of(accounts, busy)
        clock.now += IDLE[way]
    identity_of(accounts, busy)
    clock.now = begun + WHOLE[way] + timedelta(seconds=1)
    with pytest.raises(InputError, match="session is over"):
        identity_of(accounts, busy)


@pytest.mark.parametrize(
    "end",
    [
        lambda accounts, secret: log_out(accounts, secret),
        lambda accounts, secret: accounts.disable(LOGIN, True, "admin"),
        lambda accounts, secret: accounts.end_sessions(LOGIN, "admin"),
        lambda accounts, secret: accounts.set_password(
            LOGIN, credentials.hash_password("another 9 otters"), LOGIN
        ),
    ],
)
def test_a_session_is_over_at_once(accounts, clock, end):
    secret = log_in(accounts, shown(add_account(accounts), clock))
    identity_of(accounts, secret)
    end(accounts, secret)
    with pytest.raises(InputError, match="session is over"):
        identity_of(accounts, secret)


def test_a_grant_taken_back_is_gone_from_the_next_request(accounts, clock):
    secret = log_in(accounts, shown(add_account(accounts, role="coordinator"), clock))
    ((trial, grant),) = identity_of(accounts, secret).granted
    assert trial is None and isinstance(grant, Grant)
    accounts.revoke(grant.id, "admin")
    assert identity_of(accounts, secret).granted == ()
    with pytest.raises(InputError, match="not in force"):
        accounts.revoke(grant.id, "admin")


def test_a_one_time_token_serves_once_for_its_purpose_in_its_time(accounts, clock):
    add_account(accounts)
    token = accounts.issue(LOGIN, "password", timedelta(hours=24), "x")
    assert accounts.take(token, "proof") is None
    assert accounts.look(token, "password") == (LOGIN, "x")
    assert accounts.take(token, "password") == (LOGIN, "x")
    assert accounts.take(token, "password") is None and accounts.look(token, "password") is None
    late = accounts.issue(LOGIN, "password", timedelta(hours=24))
    clock.pass_(hours=24)
    assert accounts.take(late, "password") is None
    assert accounts.take("", "password") is None


def test_a_proof_is_fresh_its_own_and_used_once(accounts, clock):
    seed = add_account(accounts)
    who = identity_of(accounts, log_in(accounts, shown(seed, clock)))
    clock.pass_(minutes=1)
    proof = prove(accounts, who, shown(seed, clock))
    assert take_proof(accounts, who, proof) == "password+totp"
    with pytest.raises(InputError, match="has not shown himself"):
        take_proof(accounts, who, proof)
    clock.pass_(minutes=1)
    old = prove(accounts, who, shown(seed, clock))
    clock.pass_(minutes=3)
    with pytest.raises(InputError, match="has not shown himself"):
        take_proof(accounts, who, old)
    other = add_account(accounts, "bo.lindqvist", "Dr Bo Lindqvist")
    with pytest.raises(InputError, match="is wrong"):
        prove(accounts, who, shown(other, clock, "bo.lindqvist"))


def test_a_signature_needs_a_second_thing(accounts, clock):
    add_account(accounts)
    accounts.set_totp(LOGIN, None, "admin")
    who = identity_of(accounts, log_in(accounts, Shown(LOGIN, PASSWORD)))
    with pytest.raises(InputError, match="has no authenticator"):
        prove(accounts, who, Shown(LOGIN, PASSWORD))


def test_two_logins_that_look_alike_are_refused(accounts):
    add_account(accounts)
    for login in (LOGIN, "ILSE.vermeulen", "ilsе.vermeulen"):
        with pytest.raises(InputError, match="is taken"):
            accounts.add(login, "Another", "console")


def test_the_log_tells_each_change_and_holds_together(accounts, clock):
    secret = log_in(accounts, shown(add_account(accounts, role="monitor"), clock))
    log_out(accounts, secret)
    kinds = [one.kind for one in accounts.log.entries()]
    assert kinds == ["added", "password-changed", "totp-set", "granted", "logged-in", "logged-out"]
    assert accounts.log.fault() is None


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE access_log SET payload = replace(payload, 'Dr', 'Mr') WHERE seq = 1",
        "UPDATE access_log SET kind = 'logged-out' WHERE seq = 3",
        "DELETE FROM access_log WHERE seq = 2",
        "DELETE FROM access_log WHERE seq = (SELECT max(seq) FROM access_log)",
        "INSERT OR REPLACE INTO access_log SELECT seq, recorded, 'added', payload, previous, digest "
        "FROM access_log WHERE seq = 2",
    ],
)
def test_a_log_that_was_changed_is_refused_or_seen(accounts, clock, tmp_path, harm):
    seed = add_account(accounts)
    log_in(accounts, shown(seed, clock))
    path = tmp_path / "accounts.sqlite"
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute(harm)
    assert accounts.log.fault() is None
    with sqlite3.connect(path) as connection:
        for name in ("never_updated", "never_deleted", "follows"):
            connection.execute(f"DROP TRIGGER access_log_{name}")
        connection.execute(harm)
    assert accounts.log.fault()
    if "max(seq)" in harm:  # a lost tail: nobody signs on
        clock.pass_(minutes=1)
        with pytest.raises(InputError, match="log of access was altered"):
            log_in(accounts, shown(seed, clock))
