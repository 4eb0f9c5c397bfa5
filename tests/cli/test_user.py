"""Accounts at the terminal: from the first administrator to a locked-out one, and what each may do."""

import json
import os
import sqlite3
import stat

import pyotp
import pytest

from galu.desk import accounts as desk_accounts
from galu.desk.folder import opened
from people import PASSWORD, SetClock, counted_bytes
from support import ROOT, run

WORLD_CLOCK = SetClock()


@pytest.fixture
def trial(tmp_path, monkeypatch, quick_hashes):
    for name in ("GALU_ACCOUNT", "GALU_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "trials" / "one"
    folder.parent.mkdir()
    assert run("init", ROOT / "studies" / "nct07310355", "-o", folder) == 0
    return folder


class Terminal:
    """What people type and read; a code is never used twice, so the authenticator runs ahead."""

    def __init__(self, trial, monkeypatch, capsys):
        self.trial, self.monkeypatch, self.capsys = trial, monkeypatch, capsys
        self.seeds = {}

    def type(self, *lines):
        import io

        self.monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    def run(self, *words, typed=(), login=None, token=None):
        for name, value in (("GALU_ACCOUNT", login), ("GALU_TOKEN", token)):
            if value is None:
                self.monkeypatch.delenv(name, raising=False)
            else:
                self.monkeypatch.setenv(name, value)
        self.type(*typed)
        code = run(*words)
        out = self.capsys.readouterr()
        return code, out.out, out.err

    def join(self, login, invitation, password=PASSWORD):
        code, _, err = self.run(
            "user", "password", self.trial, login, "--token", typed=(invitation, password, password)
        )
        assert code == 0, err

    def invite(self, login, name, by=None):
        typed = (PASSWORD, "") if by else ()
        code, out, err = self.run("user", "add", self.trial, login, "--name", name, login=by, typed=typed)
        assert code == 0, err
        return out.split("/invitation/")[1].split()[0]


@pytest.fixture
def terminal(trial, monkeypatch, capsys):
    return Terminal(trial, monkeypatch, capsys)


@pytest.fixture
def admin(terminal):
    """The first account, with its password set."""
    terminal.join("ada.berg", terminal.invite("ada.berg", "Ada Berg"))
    return "ada.berg"


def with_role(terminal, login, name, role, *where, by="ada.berg"):
    terminal.join(login, terminal.invite(login, name, by))
    words = ("user", "grant", terminal.trial, login, role, *(where or ("--every-site",)))
    code, out, err = terminal.run(*words, login=by, typed=(PASSWORD, ""))
    assert code == 0, err
    return out.split()[0]


FACTS = "id,subject,on,by\nc{0},S-0{0},2026-01-10,nurse\n"
PEOPLE = "id,subject,on,site\nd{0},S-0{0},2026-01-10,{1}\n"


def facts(tmp_path, number, site, name="in"):
    folder = tmp_path / f"{name}{number}"
    folder.mkdir()
    (folder / "consent.csv").write_text(FACTS.format(number))
    (folder / "demographics.csv").write_text(PEOPLE.format(number, site))
    return folder


def test_a_trial_without_accounts_works_as_ever(trial, tmp_path):
    assert run("record", "import", trial, facts(tmp_path, 1, "Wuhan")) == 0
    assert all(row["account"] is None for row in opened(trial).record.facts("consent").iter_rows(named=True))


def test_no_fact_brings_an_account(trial, tmp_path, capsys):
    path = tmp_path / "consent.csv"
    path.write_text("id,subject,on,account\nc1,S-01,2026-01-10,ada.berg\n")
    assert run("record", "import", trial, path) == 2
    assert "galu sets it" in capsys.readouterr().err


def test_the_first_account_is_made_on_the_console_and_nothing_is_known_before(terminal, trial):
    code, out, _ = terminal.run("user", "add", trial, "ada.berg", "--name", "Ada Berg")
    place = trial.parent / "accounts.sqlite"
    assert code == 0 and stat.S_IMODE(os.stat(place).st_mode) == 0o600
    assert json.loads((trial / "accounts.json").read_text()) == {"accounts": "../accounts.sqlite"}
    token = out.split("/invitation/")[1].split()[0]
    with sqlite3.connect(place) as connection:
        assert connection.execute("SELECT password FROM account").fetchall() == [(None,)]
        assert token not in str(connection.execute("SELECT * FROM token").fetchall())
    code, _, err = terminal.run("status", trial, login="ada.berg", typed=("", ""))
    assert code == 2 and "is wrong" in err
    code, _, err = terminal.run("user", "add", trial, "eve", "--name", "Eve Stone")
    assert code == 2 and "nobody has said who acts" in err


def test_an_invitation_serves_once_and_bad_passwords_do_not_use_it_up(terminal):
    token = terminal.invite("ada.berg", "Ada Berg")
    for bad in ("short", "password1234", "ada.berg-is-here"):
        code, _, err = terminal.run(
            "user", "password", terminal.trial, "ada.berg", "--token", typed=(token, bad, bad)
        )
        assert code == 2 and "the new password" in err
    terminal.join("ada.berg", token)
    code, _, err = terminal.run(
        "user", "password", terminal.trial, "ada.berg", "--token", typed=(token, PASSWORD, PASSWORD)
    )
    assert code == 2 and "was used or is too old" in err


def test_an_invitation_is_too_old_after_a_day(terminal, monkeypatch):
    clock = SetClock()
    world = desk_accounts.World(clock, counted_bytes())
    invited = desk_accounts.add_user(terminal.trial, "ada.berg", "Ada Berg", world=world)
    clock.pass_(hours=24)
    with (
        desk_accounts.accounts_at(invited.place, world) as accounts,
        pytest.raises(Exception, match="too old"),
    ):
        desk_accounts.set_password(accounts, invited.token, PASSWORD)


def test_a_fact_carries_the_account_and_a_client_cannot_choose_another(terminal, admin, trial, tmp_path):
    with_role(terminal, "wu.li", "Wu Li", "coordinator", "--site", "Wuhan")
    source = facts(tmp_path, 1, "Wuhan")
    code, _, err = terminal.run("record", "import", trial, source, login="wu.li", typed=(PASSWORD, ""))
    assert code == 0, err
    row = opened(trial).record.facts("consent").row(0, named=True)
    assert (row["account"], row["by"]) == ("wu.li", "nurse")
    (source / "consent.csv").write_text("id,subject,on,account\nc2,S-01,2026-01-10,ada.berg\n")
    code, _, err = terminal.run("record", "import", trial, source, login="wu.li", typed=(PASSWORD, ""))
    assert code == 2 and "galu sets it" in err
    code, out, _ = terminal.run("history", trial, "c1", "--json", login="wu.li", typed=(PASSWORD, ""))
    assert json.loads(out)["steps"][0]["account"] == "wu.li"


def test_another_site_is_neither_written_nor_seen(terminal, admin, trial, tmp_path):
    with_role(terminal, "wu.li", "Wu Li", "coordinator", "--site", "Wuhan")
    with_role(terminal, "chen.yu", "Chen Yu", "coordinator", "--site", "Chengdu")
    code, _, err = terminal.run(
        "record", "import", trial, facts(tmp_path, 1, "Wuhan"), login="chen.yu", typed=(PASSWORD, "")
    )
    assert code == 2 and "at Wuhan is not granted" in err
    code, _, err = terminal.run(
        "record", "import", trial, facts(tmp_path, 1, "Wuhan", "b"), login="wu.li", typed=(PASSWORD, "")
    )
    assert code == 0, err
    code, _, err = terminal.run("history", trial, "c1", login="chen.yu", typed=(PASSWORD, ""))
    absent = terminal.run("history", trial, "c9", login="chen.yu", typed=(PASSWORD, ""))[2]
    assert code == 2 and err.replace("c1", "c9").split(";")[0] == absent.split(";")[0]
    code, out, _ = terminal.run("worklist", trial, "--json", login="chen.yu", typed=(PASSWORD, ""))
    assert code == 0 and "S-01" not in out
    moved = tmp_path / "demographics.csv"
    moved.write_text("id,subject,on,site,supersedes,reason\nd1b,S-01,2026-01-10,Chengdu,d1,moved\n")
    for login in ("chen.yu", "wu.li"):  # it needs both sites
        code, _, err = terminal.run("record", "import", trial, moved, login=login, typed=(PASSWORD, ""))
        assert code == 2 and "is not granted" in err
    lost = tmp_path / "contact.csv"
    lost.write_text("id,subject,on\nk1,S-77,2026-01-11\n")
    code, _, err = terminal.run("record", "import", trial, lost, login="wu.li", typed=(PASSWORD, ""))
    assert code == 2 and "a site that is not known" in err and "demographics" in err


def test_roles_end_and_are_taken_back(terminal, admin, trial):
    with_role(terminal, "old.role", "Olda Role", "monitor", "--every-site", "--since", "2020-01-01",
              "--until", "2020-12-31")  # fmt: skip
    code, _, err = terminal.run("status", trial, login="old.role", typed=(PASSWORD, ""))
    assert code == 2 and "does not hold on" in err
    grant = with_role(terminal, "mo.nitor", "Mona Itor", "monitor")
    assert terminal.run("status", trial, login="mo.nitor", typed=(PASSWORD, ""))[0] == 0
    token = terminal.run("user", "token", trial, login="mo.nitor", typed=(PASSWORD, ""))[1].strip()
    assert terminal.run("status", trial, login="mo.nitor", token=token)[0] == 0
    assert terminal.run("user", "revoke", trial, grant, login=admin, typed=(PASSWORD, ""))[0] == 0
    code, _, err = terminal.run("status", trial, login="mo.nitor", token=token)
    assert code == 2 and "is for" in err
    assert terminal.run("user", "disable", trial, "mo.nitor", login=admin, typed=(PASSWORD, ""))[0] == 0
    code, _, err = terminal.run("status", trial, login="mo.nitor", token=token)
    assert code == 2 and "session is over" in err


@pytest.mark.parametrize(
    "words", [("user", "grant", "eve", "administrator", "--every-site"), ("user", "list"), ("user", "log"),
              ("user", "reset", "ada.berg"), ("user", "disable", "ada.berg"), ("amend", "x", "--reason", "r",
              "--by", "b"), ("record", "backup", "-o", "x.zip"), ("record", "export", "-o", "x")],
)  # fmt: skip
def test_a_coordinator_administers_nothing(terminal, admin, trial, words):
    with_role(terminal, "wu.li", "Wu Li", "coordinator")
    split = 2 if words[0] in ("user", "record") else 1
    code, _, err = terminal.run(*words[:split], trial, *words[split:], login="wu.li", typed=(PASSWORD, ""))
    assert code == 2 and " is for " in err


def test_the_administrator_sees_no_data_and_keeps_at_least_one_of_his_kind(terminal, admin, trial):
    for words in (("status",), ("worklist",), ("history", "x")):
        code, _, err = terminal.run(words[0], trial, *words[1:], login=admin, typed=(PASSWORD, ""))
        assert code == 2 and " is for " in err
    listed = terminal.run("user", "list", trial, login=admin, typed=(PASSWORD, ""))[1]
    grant = next(word for word in listed.split() if word.startswith("grant-"))
    code, _, err = terminal.run("user", "revoke", trial, grant, login=admin, typed=(PASSWORD, ""))
    assert code == 2 and "last administrator" in err
    code, _, err = terminal.run("user", "disable", trial, admin, login=admin, typed=(PASSWORD, ""))
    assert code == 2 and "your own" in err


def test_who_is_locked_out_is_let_in_by_the_owner_of_the_files_and_the_log_says_so(terminal, admin, trial):
    code, out, _ = terminal.run("user", "reset", trial, admin, "--console")
    assert code == 0
    assert terminal.run("user", "list", trial, login=admin, typed=(PASSWORD, ""))[0] == 2
    terminal.join(admin, out.split("/invitation/")[1].split()[0], "another 9 otters sing")
    out = terminal.run("user", "log", trial, login=admin, typed=("another 9 otters sing", ""))[1]
    assert "password-forgotten" in out and "by console" in out and "holds together" in out


def test_the_administrator_of_one_trial_has_no_power_over_another(terminal, admin, trial, tmp_path):
    other = trial.parent / "two"
    assert run("init", ROOT / "studies" / "nct07310355", "-o", other) == 0
    mine, terminal.trial = terminal.trial, other
    terminal.join("bo.strand", terminal.invite("bo.strand", "Bo Strand"))
    assert json.loads((other / "accounts.json").read_text()) == {"accounts": "../accounts.sqlite"}
    for words in (("reset", "ada.berg"), ("disable", "ada.berg"), ("bind", "ada.berg", "https://i", "s")):
        code, _, err = terminal.run(
            "user", words[0], other, *words[1:], login="bo.strand", typed=(PASSWORD, "")
        )
        assert code == 2 and "that you do not administer" in err
    code, _, err = terminal.run("user", "list", mine, login="bo.strand", typed=(PASSWORD, ""))
    assert code == 2 and " is for " in err
    out = terminal.run("user", "log", other, login="bo.strand", typed=(PASSWORD, ""))[1]
    assert "bo.strand" in out and "ada.berg" not in out


def test_an_authenticator_is_set_up_and_asked_for(terminal, admin, trial, monkeypatch):
    from galu.desk import credentials

    seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    monkeypatch.setattr("galu.desk.accounts.new_seed", lambda _: seed)
    code, out, err = terminal.run(
        "user", "totp", trial, login=admin, typed=(PASSWORD, "", pyotp.TOTP(seed).now())
    )
    assert code == 0 and "otpauth://" in out, err
    assert terminal.run("user", "list", trial, login=admin, typed=(PASSWORD, ""))[0] == 2
    monkeypatch.setattr(
        "galu.desk.login.step_of_code", lambda seed, code, now: 10**9 if code == "1" else None
    )
    assert terminal.run("user", "list", trial, login=admin, typed=(PASSWORD, "1"))[0] == 0
    assert credentials.new_seed(b"x" * 20).isalnum()


def test_where_the_accounts_are_is_never_guessed(terminal, admin, trial):
    (trial / "accounts.json").write_text("{}")
    code, _, err = terminal.run("status", trial, login=admin, typed=(PASSWORD, ""))
    assert code == 2 and "does not say where" in err
    (trial / "accounts.json").write_text('{"accounts": "elsewhere.sqlite"}')
    code, _, err = terminal.run("status", trial, login=admin, typed=(PASSWORD, ""))
    assert code == 2 and "are not there" in err


def test_once_facts_carry_accounts_a_trial_is_not_written_without(terminal, admin, trial, tmp_path):
    with_role(terminal, "wu.li", "Wu Li", "coordinator", "--site", "Wuhan")
    source = facts(tmp_path, 1, "Wuhan")
    assert terminal.run("record", "import", trial, source, login="wu.li", typed=(PASSWORD, ""))[0] == 0
    (trial / "accounts.json").unlink()
    code, _, err = terminal.run("record", "import", trial, facts(tmp_path, 2, "Wuhan"))
    assert code == 2 and "accounts.json" in err


@pytest.mark.parametrize("login", ["", "a b", "x" * 65, "console", "a\u200bb", "\x1b[31m"])
def test_logins_that_cannot_be(terminal, login):
    code, _, err = terminal.run("user", "add", terminal.trial, login, "--name", "Ada Berg")
    assert code == 2 and "LOGIN" in err
    assert not (terminal.trial / "accounts.json").exists()


def test_nobody_is_no_name(terminal):
    for name in ("admin", "?", "Dr."):
        assert terminal.run("user", "add", terminal.trial, "ada", "--name", name)[0] == 2
