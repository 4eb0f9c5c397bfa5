"""Who comes in, from which page, with what, and for how long."""

import pytest

from galu.web.shield import HEADERS
from people import PASSWORD
from served import ADDRESS

SESSION = "/api/v1/session"


def cookie_of(answer):
    return answer.headers["set-cookie"].split(";")[0].split("=")[1]


def test_a_session_brought_along_is_never_the_one_that_comes_in(house, app):
    house.add("ada", "coordinator")
    client = house.anybody(app)
    client.cookies.set("galu", "chosen-by-somebody-else")
    first = client.post(SESSION, json={"login": "ada", "password": PASSWORD, "code": house.code("ada")})
    assert cookie_of(first) != "chosen-by-somebody-else"
    before = client.cookies["galu"] if len(client.cookies) == 1 else cookie_of(first)
    other = house.anybody(app)
    other.cookies.set("galu", before)
    again = other.post(SESSION, json={"login": "ada", "password": PASSWORD, "code": house.code("ada")})
    assert again.status_code == 201 and cookie_of(again) != before
    stale = house.anybody(app)
    stale.cookies.set("galu", before)
    assert stale.get(SESSION).status_code == 401  # it ended when another began in its place


def test_the_cookie_is_for_galu_alone(house, app):
    house.add("ada", "coordinator")
    answer = house.anybody(app).post(
        SESSION, json={"login": "ada", "password": PASSWORD, "code": house.code("ada")}
    )
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said and "samesite=strict" in said and "path=/" in said and "domain" not in said


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"origin": ADDRESS, "sec-fetch-site": "same-origin"}, 204),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:8001"}, 403),
        ({"origin": "https://localhost:8000"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"x-csrf-token": "wrong"}, 403),
        ({"x-csrf-token": ""}, 403),
    ],
)
def test_what_a_foreign_page_sends_changes_nothing(house, app, headers, status):
    house.add("ada", "coordinator")
    client = house.come_in(app, "ada")
    assert client.delete(SESSION, headers=headers).status_code == status
    assert client.get(SESSION).status_code == (401 if status == 204 else 200)


def test_a_login_from_a_foreign_page_is_refused(house, app):
    house.add("ada", "coordinator")
    shown = {"login": "ada", "password": PASSWORD, "code": house.code("ada")}
    answer = house.anybody(app).post(SESSION, json=shown, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403 and "set-cookie" not in answer.headers


def test_a_code_serves_once(house, app):
    house.add("ada", "coordinator")
    shown = {"login": "ada", "password": PASSWORD, "code": house.code("ada")}
    assert house.anybody(app).post(SESSION, json=shown).status_code == 201
    assert house.anybody(app).post(SESSION, json=shown).status_code == 401


def test_unknown_wrong_and_closed_are_told_in_the_same_words(house, app):
    for login in ("ada", "closed"):
        house.add(login, "coordinator", totp=False)
    house.accounts.disable("closed", True, "console")
    told = [
        house.anybody(app).post(SESSION, json={"login": login, "password": password})
        for login, password in (("ada", "wrong"), ("nobody", PASSWORD), ("closed", PASSWORD))
    ]
    assert {one.status_code for one in told} == {401}
    assert len({one.text for one in told}) == 1


def test_a_session_ends_when_idle_and_when_the_account_is_closed(house, app):
    house.add("ada", "coordinator", totp=False)
    client = house.come_in(app, "ada")
    assert client.get(SESSION).status_code == 200
    house.accounts.disable("ada", True, "console")
    assert client.get(SESSION).status_code == 401
    house.accounts.disable("ada", False, "console")
    client = house.come_in(app, "ada")
    house.clock.pass_(minutes=31)
    assert client.get(SESSION).status_code == 401


def test_another_host_is_not_answered(house, app):
    assert house.anybody(app).get("/api/v1/health", headers={"host": "evil.example"}).status_code == 400


def test_every_answer_carries_the_headers(house, app):
    for path in ("/api/v1/health", SESSION, "/nowhere", "/api/v1/openapi.json"):
        answer = house.anybody(app).get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (path, name)
    assert house.anybody(app).get("/docs").status_code == 404


def test_a_body_beyond_the_limit_is_refused(house, app):
    client = house.anybody(app)
    assert client.post(SESSION, content=b"x" * (9 * 2**20)).status_code == 413

    def endless():
        for _ in range(9 * 16):
            yield b"x" * 2**16

    assert client.post(SESSION, content=endless()).status_code == 413


def test_what_is_no_json_is_400_and_what_lacks_a_part_422(house, app):
    client = house.anybody(app)
    kind = {"content-type": "application/json"}
    assert client.post(SESSION, content=b"{", headers=kind).status_code == 400
    answer = client.post(SESSION, json={"login": "ada"})
    assert answer.status_code == 422 and "password" in answer.json()["place"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_authenticator_is_replaced_by_who_shows_himself_again(house, app):
    house.add("ada", "coordinator")
    client = house.come_in(app, "ada")
    path = f"{SESSION}/authenticator"
    assert client.post(path, json={"password": PASSWORD}).status_code == 401
    assert client.post(path, json={"password": "wrong", "code": house.code("ada")}).status_code == 401
    made = client.post(path, json={"password": PASSWORD, "code": house.code("ada")})
    assert made.status_code == 201, made.text
    house.seeds["ada"] = made.json()["seed"]
    first = {"ticket": made.json()["ticket"], "code": house.code("ada")}
    assert client.put(path, json={**first, "code": "000000"}).status_code == 422
    assert client.put(path, json=first).status_code == 204
    assert house.come_in(app, "ada").get(SESSION).status_code == 200


def test_an_invitation_serves_once(house, app):
    house.accounts.add("newcomer", "Dr New Comer", "console")
    from datetime import timedelta

    token = house.accounts.issue("newcomer", "password", timedelta(hours=1))
    path = f"/api/v1/invitations/{token}"
    client = house.anybody(app)
    assert client.post(path, json={"password": "short"}).status_code == 422
    assert client.post(path, json={"password": PASSWORD}).json() == {"account": "newcomer"}
    assert client.post(path, json={"password": PASSWORD}).status_code == 422
    shown = {"login": "newcomer", "password": PASSWORD}
    assert client.post(SESSION, json=shown).status_code == 201
