"""Routes × roles × own or other site × state of the data: each cell is what the access table says.

Nothing is written: whatever passes every check ends where it would be. A route that is not listed fails.
"""

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from galu.access import ROLES, TABLE
from galu.desk import sign
from galu.desk.folder import opened
from galu.record.conduct import Signature
from galu.record.review import DataMark, Query, QueryStep
from galu.store.sql import SqlStore
from galu.trial.signatures import Scope, show
from galu.web.hub import Hub
from galu.web.jobs import Jobs
from galu.web.problems import RequestError
from people import PASSWORD, SetClock
from served import ADDRESS, HERE, SUBJECTS, THERE, House

T = "/api/v1/trials/{trial}"
#: Routes that no role bounds, and why.
OPEN = {
    ("GET", "/api/v1/health"): "says that it answers",
    ("POST", "/api/v1/session"): "comes in",
    ("GET", "/api/v1/session"): "of one's own",
    ("DELETE", "/api/v1/session"): "of one's own",
    ("POST", "/api/v1/invitations/{token}"): "the link shows who",
    ("PUT", "/api/v1/session/password"): "of one's own",
    ("POST", "/api/v1/session/authenticator"): "of one's own",
    ("PUT", "/api/v1/session/authenticator"): "of one's own",
    ("POST", "/api/v1/session/proofs"): "of one's own",
    ("GET", "/api/v1/tokens"): "of one's own",
    ("POST", "/api/v1/tokens"): "no further than one's own roles",
    ("DELETE", "/api/v1/tokens/{name}"): "of one's own",
    ("GET", "/api/v1/trials"): "those one has a role in",
    ("GET", "/api/v1/kinds"): "nothing of a trial",
}
#: What only lists: whoever may do it at some site is answered, with what is of his sites.
LISTS = {
    ("GET", T): "read-board",
    ("GET", f"{T}/board"): "read-board",
    ("GET", f"{T}/worklist"): "read-board",
    ("GET", f"{T}/changes"): "read-history",
    ("GET", f"{T}/data"): "read-board",
    ("GET", f"{T}/subjects"): "read",
    ("GET", f"{T}/events"): "read-board",
    ("GET", f"{T}/facts"): "read",
    ("GET", f"{T}/signatures"): "read-board",
    ("POST", f"{T}/queries/rules"): "ask",
    ("POST", f"{T}/imports"): "import",
    ("GET", f"{T}/imports"): "import",
    ("GET", f"{T}/imports/{{job}}"): "import",
    ("GET", f"{T}/imports/{{job}}/events"): "import",
}
#: The board names every subject by its number, whoever looks.
NAMES_EVERYBODY = {("GET", T), ("GET", f"{T}/board")}


def lab(subject):
    return {
        "kind": "lab",
        "subject": subject,
        "on": "2026-06-15",
        "test": "NEUT",
        "value": 3,
        "unit": "10^9/L",
    }


def given(subject):
    return {
        "kind": "administration", "subject": subject, "on": "2026-06-15T10:00", "agent": "177Lu-PSMA-0057",
        "cycle": 1, "planned_activity_mbq": 3700, "activity_mbq": 3700,
    }  # fmt: skip


def judged(subject):
    return {
        "kind": "history", "subject": subject, "on": "2026-06-15", "term": "hypertension",
        "supersedes": f"{subject}-history", "reason": "typed wrong",
    }  # fmt: skip


def mark(subject):
    return {"subject": subject, "comment": "why"}


#: What is done to data of one subject: the actions it is, and what is sent (None: nothing).
DONE = {
    ("GET", f"{T}/subjects/{{subject}}"): [(("read",), None)],
    ("GET", f"{T}/facts/{{fact}}/history"): [(("read-history",), None)],
    ("GET", f"{T}/facts/{{fact}}/standing"): [(("read",), None)],
    ("POST", f"{T}/facts"): [
        (("enter",), lambda s: [lab(s)]),
        (("measure",), lambda s: [given(s)]),
        (("correct", "enter"), lambda s: [judged(s)]),
    ],
    ("POST", f"{T}/facts/check"): [(("enter",), lambda s: [lab(s)])],
    ("POST", f"{T}/queries"): [(("ask",), lambda s: {"about": f"{s}-dm", "text": "sure?"})],
    ("POST", f"{T}/queries/{{query}}/answer"): [(("answer",), lambda _: {"text": "yes"})],
    ("POST", f"{T}/queries/{{query}}/close"): [(("close",), lambda _: {"text": "yes"})],
    ("POST", f"{T}/queries/{{query}}/reopen"): [(("ask",), lambda _: {"text": "no"})],
    **{
        ("POST", f"{T}/marks/{name}"): [((name,), mark)]
        for name in ("review", "verify-source", "freeze", "unfreeze", "lock", "unlock")
    },
    ("POST", f"{T}/facts/{{fact}}/notes"): [(("note",), lambda _: {"text": "seen"})],
    ("POST", f"{T}/signatures/shown"): [(("sign", "read"), lambda s: {"subject": s})],
    ("POST", f"{T}/signatures"): [(("sign", "read"), None)],
}  # fmt: skip
CELLS = [(route, number) for route, ways in DONE.items() for number in range(len(ways))]
HELD = ("open", "frozen", "locked", "signed")


class WouldWriteError(RequestError):
    def __init__(self):
        super().__init__(418, "record", "would be written", "it is not, in this test")


def test_every_route_of_the_interface_is_listed(tmp_path, clock, quick_hashes):
    house = House(tmp_path, clock)
    with house.serving() as app:
        found = {
            (method, one.path)
            for one in iter_route_contexts(app.routes)
            if one.path and one.path.startswith("/api/") and one.path != "/api/v1/openapi.json"
            for method in one.methods - {"HEAD"}
        }
    house.accounts.close()
    assert found == set(OPEN) | set(LISTS) | set(DONE)


def holding(house, state):
    """Both subjects with queries, in a state."""
    from galu.record.people import History

    trial = opened(house.folder, house.clock)
    for subject in SUBJECTS.values():
        common = {"on": "2026-06-14", "by": "Mona"}
        batch = [
            History(id=f"{subject}-history", subject=subject, on="2026-06-01", term="diabetes"),
            *(Query(id=f"{subject}-q{n}", about=f"{subject}-dm", text="?", **common) for n in (1, 2)),
            QueryStep(id=f"{subject}-step", query=f"{subject}-q2", step="closed", **common),
        ]
        if state in ("frozen", "locked"):
            batch.append(DataMark(id=f"{subject}-mark", subject=subject, step=state, **common))
        trial.store.append(batch)
        if state == "signed":
            shown = show(trial.store.record(), Scope(subject))
            trial.store.append([
                Signature(id=f"{subject}-signature", subject=subject, digest=shown.digest, meaning="Approved",
                          signer="Dr Who", rests_on=shown.facts, **common)
            ])  # fmt: skip
    trial.store.close()


@pytest.fixture(scope="module", params=HELD)
def cells(request, tmp_path_factory):
    """A trial in one state with somebody of each role at one site, where nothing is ever written."""
    with pytest.MonkeyPatch.context() as patch:
        from argon2 import PasswordHasher

        from galu.desk import credentials

        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(credentials, "hasher", lambda: quick)
        house = House(tmp_path_factory.mktemp("matrix"), SetClock())
        holding(house, request.param)
        for role in ROLES:
            house.add(f"{role}.here", role, sites=[HERE], totp=False)

        def refuse(*_, **__):
            raise WouldWriteError

        async def silence(*_):
            return
            yield

        patch.setattr(SqlStore, "append", refuse)
        patch.setattr(Jobs, "begin", refuse)
        patch.setattr(Hub, "heads", silence)
        patch.setattr(sign, "proven", lambda *_: "password+totp")
        with house.serving() as app:
            people = {role: TestClient(app, base_url=ADDRESS) for role in ROLES}
            for role, client in people.items():
                shown = {"login": f"{role}.here", "password": PASSWORD}
                client.headers["x-csrf-token"] = client.post("/api/v1/session", json=shown).json()["csrf"]
            yield request.param, people, opened(house.folder, house.clock).record
        house.accounts.close()


def asks(client, route, subject, sent, record):
    method, path = route
    query = f"{subject}-q2" if path.endswith("reopen") else f"{subject}-q1"
    parts = {
        "{trial}": "trial",
        "{subject}": subject,
        "{fact}": f"{subject}-dm",
        "{query}": query,
        "{job}": "j",
    }
    for name, value in parts.items():
        path = path.replace(name, value)
    if path.endswith("/signatures") and method == "POST":
        digest = show(record, Scope(subject)).digest
        sent = {"subject": subject, "meaning": "Approved", "digest": digest, "proof": "x"}
    if path.endswith("/imports") and method == "POST":
        return client.post(path, files=[("files", ("lab.csv", b"id\n"))])
    params = {"since": "2026-06-05"} if path.endswith("/changes") else None
    headers = {"idempotency-key": "matrix-0001"}
    return client.request(method, path, json=sent, headers=headers, params=params)


@pytest.mark.parametrize(
    ("route", "number"), CELLS, ids=lambda one: one if isinstance(one, int) else " ".join(one)
)
def test_what_is_done_to_data_is_what_the_table_allows(cells, route, number):
    state, people, record = cells
    actions, makes = DONE[route][number]
    wrong = []
    for role, client in people.items():
        for site in (HERE, THERE):
            subject = SUBJECTS[site]
            answer = asks(client, route, subject, makes(subject) if makes else None, record)
            # A signature, and review of what is signed, leave the data as they are for the table.
            allowed = site == HERE and all(
                role in TABLE[one].roles and state in TABLE[one].states for one in actions
            )
            passed = answer.status_code in (200, 201, 418)
            refused = answer.status_code in (403, 404, 409, 422)
            if passed != allowed or not (passed or refused):
                wrong.append((role, site, state, answer.status_code, answer.text[:300]))
    assert wrong == []


@pytest.mark.parametrize("route", LISTS, ids=" ".join)
def test_what_lists_answers_whoever_may_and_with_his_sites_alone(cells, route):
    _, people, record = cells
    for role, client in people.items():
        answer = asks(client, route, SUBJECTS[HERE], None, record)
        allowed = role in TABLE[LISTS[route]].roles
        passes = {200, 201, 418} | ({404} if "{job}" in route[1] else set())
        assert (answer.status_code in passes) == allowed, (role, answer.status_code, answer.text[:300])
        assert allowed or answer.status_code == 403
        if route not in NAMES_EVERYBODY:
            assert SUBJECTS[THERE] not in answer.text, (role, answer.text[:500])


@pytest.mark.parametrize(
    ("route", "number"), CELLS, ids=lambda one: one if isinstance(one, int) else " ".join(one)
)
def test_another_site_looks_like_nothing(cells, route, number):
    """Whether a subject, fact or query is there at another site is not told."""
    state, people, record = cells
    if state != "open" or (route[0] == "POST" and route[1].endswith("/signatures")):
        return
    _, makes = DONE[route][number]
    for role, client in people.items():
        told = [
            asks(client, route, subject, makes(subject) if makes else None, record)
            for subject in (SUBJECTS[THERE], "Y-01")
        ]
        texts = [one.text.replace(SUBJECTS[THERE], "?").replace("Y-01", "?") for one in told]
        assert told[0].status_code == told[1].status_code and texts[0] == texts[1], (role, texts)
