"""A trial that is served: two sites with one subject each, one account for each role, sessions over HTTP."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date, timedelta

from fastapi.testclient import TestClient

from galu.access import ROLES, Grant
from galu.desk.credentials import hash_password, new_seed
from galu.desk.folder import create_trial
from galu.desk.places import name_accounts
from galu.record.people import Consent, Demographics
from galu.store import Accounts
from galu.web.app import create_app
from galu.web.hub import Hub
from people import PASSWORD, SetClock, code_of, counted_bytes
from support import ROOT, weekly_counts

STUDY = ROOT / "studies" / "nct07310355"
ADDRESS = "http://localhost:8000"
HERE, THERE = "Wuhan", "Wuxi"
#: Subject of each site.
SUBJECTS = {HERE: "W-01", THERE: "X-01"}
TRIAL = "trial"
API = f"/api/v1/trials/{TRIAL}"


def facts_of(subject, site):
    first = date(2026, 6, 1)
    return [
        Demographics(id=f"{subject}-dm", subject=subject, on="2026-06-01", site=site, sex="M",
                     birth_date="1950-03-04"),
        Consent(id=f"{subject}-consent", subject=subject, on="2026-06-01"),
        *[one for one in weekly_counts(subject, first) if one.on <= "2026-06-14"],
    ]  # fmt: skip


class House:
    """The trial, its accounts, and whoever came in."""

    def __init__(self, folder, clock):
        self.clock = clock
        self.folder = folder / "trials" / TRIAL
        self.folder.parent.mkdir()
        begun = SetClock(clock() - timedelta(days=10))
        trial = create_trial(STUDY, self.folder, "observed", clock=begun)
        trial.store.append([one for site in (HERE, THERE) for one in facts_of(SUBJECTS[site], site)])
        self.id = trial.id
        trial.store.close()
        place = str(folder / "trials" / "accounts.sqlite")
        self.accounts = Accounts(place, clock, counted_bytes(), create=True)
        self.seeds = {}
        name_accounts(self.folder, place)

    def add(self, login, *roles, sites=None, totp=True, trial=None):
        """An account with roles at sites (None: every one)."""
        self.accounts.add(login, f"Dr {login.title()}", "console")
        self.accounts.set_password(login, hash_password(PASSWORD), login)
        if totp:
            self.seeds[login] = new_seed(self.accounts.random(20))
            self.accounts.set_totp(login, self.seeds[login], login)
        bounds = None if sites is None else frozenset(sites)
        for role in roles:
            grant = Grant(role, bounds, date(2026, 1, 1))
            self.accounts.grant(login, trial or self.id, grant, "console")

    def everybody(self):
        """One account for each role: at `HERE`, and at every site."""
        for role in ROLES:
            self.add(f"{role}.here", role, sites=[HERE], totp=False)
            self.add(f"{role}.all", role, totp=False)

    def code(self, login):
        """A code of the authenticator that was not used yet."""
        self.clock.pass_(seconds=30)
        return code_of(self.seeds[login], self.clock)

    @contextmanager
    def serving(self, **settings):
        """The application over the trial."""
        hub = Hub({TRIAL: self.folder}, clock=self.clock)
        try:
            yield create_app(hub, **{"address": ADDRESS, **settings})
        finally:
            hub.close()

    def anybody(self, app):
        """A browser that nobody came in with."""
        return TestClient(app, base_url=ADDRESS, raise_server_exceptions=True)

    def come_in(self, app, login):
        """A browser that has come in, and sends what its pages would."""
        client = self.anybody(app)
        code = self.code(login) if login in self.seeds else ""
        answer = client.post("/api/v1/session", json={"login": login, "password": PASSWORD, "code": code})
        assert answer.status_code == 201, answer.text
        client.headers["x-csrf-token"] = answer.json()["csrf"]
        return client
