"""The interface for programs: what it shows, writes once, refuses, and tells."""

import json

import pytest

from galu.desk.folder import opened
from people import PASSWORD
from served import API, HERE, SUBJECTS, THERE, TRIAL

MINE, OTHER = SUBJECTS[HERE], SUBJECTS[THERE]
LAB = {"kind": "lab", "subject": MINE, "on": "2026-06-15", "test": "NEUT", "value": 3.1, "unit": "10^9/L"}


def keyed(key="key-0000001", **more):
    return {"idempotency-key": key, **more}


@pytest.fixture
def coordinator(house, app):
    house.add("cora", "coordinator", sites=[HERE])
    return house.come_in(app, "cora")


def facts_in(house):
    return len(opened(house.folder, house.clock).store.record())


def test_what_is_read_of_a_trial(house, app, coordinator):
    assert coordinator.get("/api/v1/trials").json() == [
        {"name": TRIAL, "title": coordinator.get(API).json()["mark"]["title"]}
    ]
    for path in ("", "/board", "/worklist", "/data", "/subjects", "/facts", "/signatures"):
        answer = coordinator.get(API + path)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.headers["etag"].strip('"').split("-")[1] == house_head(house).digest
    own = [one["id"] for one in coordinator.get(f"{API}/subjects").json()["subjects"]]
    assert own == [MINE]
    assert {one["values"].get("subject") for one in coordinator.get(f"{API}/facts").json()["facts"]} == {
        None, MINE,
    }  # fmt: skip
    whole = coordinator.get(f"{API}/subjects/{MINE}").json()["subject"]
    assert whole["site"] == HERE and whole["consent"] == "2026-06-01"


def house_head(house):
    return opened(house.folder, house.clock).store.head()


def test_facts_are_paged_and_filtered(coordinator):
    first = coordinator.get(f"{API}/facts", params={"kind": "lab", "most": 1}).json()
    assert len(first["facts"]) == 1 and first["next"] == first["facts"][-1]["seq"]
    rest = coordinator.get(f"{API}/facts", params={"kind": "lab", "after": first["next"]}).json()
    assert rest["next"] is None
    assert not {one["id"] for one in first["facts"]} & {one["id"] for one in rest["facts"]}
    assert coordinator.get(f"{API}/facts", params={"kind": "laboratory"}).status_code == 422
    assert coordinator.get(f"{API}/facts", params={"knid": "lab"}).status_code == 422


def test_a_retry_writes_once_and_answers_the_same(house, coordinator):
    before = facts_in(house)
    first = coordinator.post(
        f"{API}/facts", json=[LAB, {**LAB, "test": "PLAT", "value": 200}], headers=keyed()
    )
    again = coordinator.post(
        f"{API}/facts", json=[LAB, {**LAB, "test": "PLAT", "value": 200}], headers=keyed()
    )
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["facts"] == again.json()["facts"]
    assert [first.json()["replayed"], again.json()["replayed"]] == [False, True]
    assert facts_in(house) == before + 2
    other = coordinator.post(f"{API}/facts", json=[LAB], headers=keyed())
    assert other.status_code == 409 and facts_in(house) == before + 2
    assert coordinator.post(f"{API}/facts", json=[LAB], headers=keyed("key-0000002")).status_code == 201
    assert facts_in(house) == before + 3


def test_a_retry_is_known_after_a_restart(house):
    house.add("cora", "coordinator", sites=[HERE])
    with house.serving() as one:
        first = house.come_in(one, "cora").post(f"{API}/facts", json=[LAB], headers=keyed())
    before = facts_in(house)
    with house.serving() as two:
        again = house.come_in(two, "cora").post(f"{API}/facts", json=[LAB], headers=keyed())
    assert again.status_code == 200 and again.json()["facts"] == first.json()["facts"]
    assert facts_in(house) == before


def test_one_key_of_two_accounts_is_two_keys(house, app, coordinator):
    house.add("dora", "coordinator", sites=[HERE])
    assert coordinator.post(f"{API}/facts", json=[LAB], headers=keyed()).status_code == 201
    assert house.come_in(app, "dora").post(f"{API}/facts", json=[LAB], headers=keyed()).status_code == 201


def test_a_batch_is_whole_or_nothing(house, coordinator):
    before = facts_in(house)
    for wrong in (
        {**LAB, "value": "much"}, {**LAB, "kind": "labs"}, {**LAB, "on": "soon"}, {**LAB, "unit": "nonsense"},
        {**LAB, "account": "cora"}, {**LAB, "test": None}, {**LAB, "colour": 1}, {**LAB, "id": f"{MINE}-dm"},
        {"kind": "signature", "subject": MINE}, {**LAB, "source": "x" * 500},
        {**LAB, "supersedes": "nothing"},
    ):  # fmt: skip
        answer = coordinator.post(f"{API}/facts", json=[LAB, wrong], headers=keyed())
        assert answer.status_code in (404, 409, 422), (wrong, answer.text)
        assert "facts.1" in answer.text or answer.status_code == 404, answer.text
    assert facts_in(house) == before


def test_a_dry_run_writes_nothing(house, coordinator):
    before = facts_in(house)
    done = coordinator.post(f"{API}/facts/check", json=[LAB], headers=keyed())
    assert done.status_code == 200 and done.json()["checked"] == 1 and done.json()["facts"] == []
    assert (
        coordinator.post(f"{API}/facts/check", json=[{**LAB, "on": "x"}], headers=keyed()).status_code == 422
    )
    assert facts_in(house) == before


def test_what_rests_on_an_older_head_is_not_written(house, coordinator):
    head = coordinator.get(API).headers["etag"]
    first = coordinator.post(f"{API}/facts", json=[LAB], headers=keyed(**{"if-match": head}))
    assert first.status_code == 201 and first.headers["etag"] != head
    before = facts_in(house)
    stale = coordinator.post(f"{API}/facts", json=[LAB], headers=keyed("key-0000002", **{"if-match": head}))
    assert stale.status_code == 412 and facts_in(house) == before
    assert (
        coordinator.post(
            f"{API}/facts/{MINE}-dm/notes", json={"text": "seen"}, headers={"if-match": head}
        ).status_code
        == 412
    )
    assert (
        coordinator.post(f"{API}/facts", json=[LAB], headers=keyed(**{"if-match": head})).status_code == 200
    )
    assert facts_in(house) == before


@pytest.mark.parametrize("said", ["1", "W/x", '"1-abc"', "*x"])
def test_an_if_match_that_is_none_is_412(coordinator, said):
    answer = coordinator.post(f"{API}/facts", json=[LAB], headers=keyed(**{"if-match": said}))
    assert answer.status_code == 412


def test_the_key_must_be_given(coordinator):
    assert coordinator.post(f"{API}/facts", json=[LAB]).status_code == 422
    assert coordinator.post(f"{API}/facts", json=[LAB], headers=keyed("short")).status_code == 422


def test_the_past_is_shown_as_it_was_known(house, app, coordinator):
    yesterday = house.clock().date().isoformat()
    house.clock.pass_(days=1)
    house.clock.pass_(minutes=1)
    coordinator = house.come_in(app, "cora")
    coordinator.post(f"{API}/facts", json=[LAB], headers=keyed())
    now = coordinator.get(f"{API}/facts", params={"kind": "lab"}).json()["facts"]
    then = coordinator.get(f"{API}/facts", params={"kind": "lab", "as_of": yesterday}).json()["facts"]
    assert len(now) == len(then) + 1
    for path in ("", "/board", "/worklist", "/data", "/subjects", f"/subjects/{MINE}"):
        answer = coordinator.get(API + path, params={"as_of": yesterday})
        assert answer.status_code == 200 and answer.json()["mark"]["as_of"] == yesterday
        assert coordinator.get(API + path, params={"as_of": "2027-01-01"}).status_code == 422
    told = coordinator.get(f"{API}/changes", params={"since": yesterday}).json()
    assert told["facts"] == {"lab": 1}


def test_a_query_is_asked_answered_and_closed_by_those_who_may(house, app, coordinator):
    house.add("mona", "monitor", sites=[HERE])
    monitor = house.come_in(app, "mona")
    asked = monitor.post(f"{API}/queries", json={"about": f"{MINE}-dm", "text": "sex?"})
    assert asked.status_code == 201
    query = f"{API}/queries/{asked.json()['id']}"
    assert coordinator.post(f"{query}/close", json={}).status_code == 403
    assert coordinator.post(f"{query}/answer", json={"text": "male"}).status_code == 201
    assert monitor.post(f"{query}/close", json={"text": "thanks"}).status_code == 201
    assert monitor.post(f"{query}/reopen", json={"text": "again"}).status_code == 201
    states = [one["state"] for one in monitor.get(f"{API}/data").json()["queries"]]
    assert states == ["open"]
    assert monitor.post(f"{API}/queries/nothing/close", json={}).status_code == 404


def test_what_is_locked_takes_notes_only(house, app, coordinator):
    house.add("dana", "data-manager")
    manager = house.come_in(app, "dana")
    assert manager.post(f"{API}/marks/lock", json={"subject": MINE}).status_code == 201
    assert coordinator.post(f"{API}/facts", json=[LAB], headers=keyed()).status_code == 422
    assert coordinator.post(f"{API}/facts/{MINE}-dm/notes", json={"text": "seen"}).status_code == 201
    assert manager.get(f"{API}/facts/{MINE}-dm/standing").json()["state"] == "locked"
    assert manager.post(f"{API}/marks/unlock", json={"subject": MINE}).status_code == 422  # without a reason
    opened_again = manager.post(f"{API}/marks/unlock", json={"subject": MINE, "comment": "typed wrong"})
    assert opened_again.status_code == 201
    assert coordinator.post(f"{API}/facts", json=[LAB], headers=keyed()).status_code == 201


def test_what_is_signed_is_what_was_shown(house, app):
    house.add("ines", "investigator", sites=[HERE])
    client = house.come_in(app, "ines")
    shown = client.post(f"{API}/signatures/shown", json={"subject": MINE}).json()
    signing = {"subject": MINE, "meaning": "Approved", "digest": shown["digest"]}
    assert client.post(f"{API}/signatures", json={**signing, "proof": "none"}).status_code == 401
    wrong = client.post("/api/v1/session/proofs", json={"password": "wrong", "code": house.code("ines")})
    assert wrong.status_code == 401

    def proof():
        again = {"password": PASSWORD, "code": house.code("ines")}
        return client.post("/api/v1/session/proofs", json=again).json()["proof"]

    once = proof()
    done = client.post(f"{API}/signatures", json={**signing, "proof": once})
    assert done.status_code == 201, done.text
    assert done.json()["signer"] == "Dr Ines" and done.json()["account"] == "ines"
    assert client.post(f"{API}/signatures", json={**signing, "proof": once}).status_code in (401, 409)
    assert [one["stands"] for one in client.get(f"{API}/signatures").json()] == [True]
    client.post(f"{API}/facts", json=[LAB], headers=keyed())
    assert client.post(f"{API}/signatures", json={**signing, "proof": proof()}).status_code == 409
    (told,) = client.get(f"{API}/signatures").json()
    assert not told["stands"] and "lab-" in told["changes"][0]


def test_a_token_reaches_no_further_than_it_was_made_for(house, app):
    house.add("cora", "coordinator", "monitor")
    client = house.come_in(app, "cora")
    end = house.clock().replace(year=2026, month=9).isoformat()
    wanted = {
        "label": "lab import",
        "trial": TRIAL,
        "roles": ["coordinator"],
        "sites": [HERE],
        "expires": end,
    }
    made = client.post("/api/v1/tokens", json=wanted)
    assert made.status_code == 201, made.text
    secret = made.json()["token"]
    program = house.anybody(app)
    program.headers["authorization"] = f"Bearer {secret}"
    assert program.post(f"{API}/facts", json=[LAB], headers=keyed()).status_code == 201
    assert (
        program.post(f"{API}/facts", json=[{**LAB, "subject": OTHER}], headers=keyed("k" * 9)).status_code
        == 403
    )
    assert program.get(f"{API}/subjects/{OTHER}").status_code == 404
    assert program.post(f"{API}/queries", json={"subject": MINE, "text": "?"}).status_code == 403
    assert program.post("/api/v1/tokens", json=wanted).status_code == 403
    assert program.get("/api/v1/session").json()["csrf"] == ""
    # Whoever brings a session as well is judged as a browser.
    program.cookies.set("galu", "anything")
    assert program.get(API).status_code == 400
    program.cookies.clear()
    (listed,) = client.get("/api/v1/tokens").json()
    assert secret not in json.dumps(listed) and not listed["ended"]
    assert client.delete(f"/api/v1/tokens/{listed['name']}").status_code == 204
    assert program.get(API).status_code == 401
    assert client.delete(f"/api/v1/tokens/{listed['name']}").status_code == 404


def test_a_token_ends_with_its_day_and_with_its_account(house, app):
    house.add("cora", "coordinator", totp=False)
    client = house.come_in(app, "cora")
    end = house.clock().replace(day=16).isoformat()
    wanted = {"label": "lab import", "trial": TRIAL, "roles": ["coordinator"], "expires": end}
    tokens = [client.post("/api/v1/tokens", json=wanted).json()["token"] for _ in range(2)]
    program = house.anybody(app)
    program.headers["authorization"] = f"Bearer {tokens[0]}"
    assert program.get(API).status_code == 200
    house.accounts.disable("cora", True, "console")
    assert program.get(API).status_code == 401
    house.accounts.disable("cora", False, "console")
    house.clock.pass_(days=2)
    program.headers["authorization"] = f"Bearer {tokens[1]}"
    assert program.get(API).status_code == 401


@pytest.mark.parametrize(
    "change", [{"roles": ["data-manager"]}, {"roles": ["king"]}, {"expires": "2026-06-14T00:00:00Z"},
               {"expires": "2030-01-01T00:00:00Z"}, {"label": " "}, {"trial": "another"}, {"sites": [" "]}]
)  # fmt: skip
def test_a_token_that_may_not_be_is_not_made(house, app, change):
    house.add("cora", "coordinator")
    wanted = {"label": "x y", "trial": TRIAL, "roles": ["coordinator"], "expires": "2026-07-01T00:00:00Z"}
    answer = house.come_in(app, "cora").post("/api/v1/tokens", json={**wanted, **change})
    assert answer.status_code in (404, 422)


def test_an_import_is_a_job_that_writes_all_or_nothing(house, app, coordinator):
    header = "id,subject,on,test,value,unit\n"
    rows = [f"i-{n},{MINE},2026-06-1{n},NEUT,3.{n},10^9/L\n" for n in range(1, 5)]

    def done(content, **form):
        files = [("files", ("lab.csv", content.encode(), "text/csv"))]
        begun = coordinator.post(f"{API}/imports", files=files, data=form)
        assert begun.status_code == 202, begun.text
        path = f"{API}/imports/{begun.json()['id']}"
        events = coordinator.get(f"{path}/events").text  # ends with the job
        assert '"state":"running"' in events or '"running"' in events
        return coordinator.get(path).json()

    before = facts_in(house)
    tried = done(header + "".join(rows), dry_run="true")
    assert tried["state"] == "done" and tried["counts"] == {"lab": 4} and facts_in(house) == before
    wrong = done(header + rows[0] + f"i-9,{MINE},soon,NEUT,1,10^9/L\n")
    assert wrong["state"] == "failed" and wrong["faults"] and facts_in(house) == before
    foreign = done(header + f"i-9,{OTHER},2026-06-10,NEUT,1,10^9/L\n")
    assert foreign["state"] == "failed" and facts_in(house) == before
    assert done(header + "".join(rows))["state"] == "done" and facts_in(house) == before + 4
    again = done(header + "".join(rows))
    assert again["known"] == 4 and facts_in(house) == before + 4
    listed = coordinator.get(f"{API}/imports").json()
    assert [one["state"] for one in listed] == ["done", "done", "failed", "failed", "done"]
    house.add("dana", "data-manager")
    assert house.come_in(app, "dana").get(f"{API}/imports/{listed[0]['id']}").status_code == 404
    log = [one.kind for one in house.accounts.log.entries()]
    assert log.count("import-refused") == 2 and log.count("imported") == 2
