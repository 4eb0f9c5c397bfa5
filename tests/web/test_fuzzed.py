"""schemathesis over the description of the interface: no crash, no answer that is not described."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks

from served import TRIAL, House


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    """A trial whose one user may do nearly everything, and the description of what serves it."""
    with pytest.MonkeyPatch.context() as patch:
        from argon2 import PasswordHasher

        from galu.desk import credentials
        from galu.web.hub import Hub
        from galu.web.jobs import Jobs
        from people import SetClock

        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(credentials, "hasher", lambda: quick)

        async def silence(*_):
            return
            yield

        patch.setattr(Hub, "heads", silence)
        patch.setattr(Jobs, "_read", lambda *_: {"refused": "no", "faults": []})
        house = House(tmp_path_factory.mktemp("fuzzed"), SetClock())
        house.add("ada", "coordinator", "investigator", "monitor", "data-manager", totp=False)
        with house.serving() as app:
            client = house.come_in(app, "ada")
            token = client.post("/api/v1/tokens", json={
                "label": "fuzz", "trial": TRIAL, "expires": "2026-12-01T00:00:00Z",
                "roles": ["coordinator", "investigator", "monitor", "data-manager"],
            }).json()["token"]  # fmt: skip
            yield app, token
        house.accounts.close()


CHECKS = [
    checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_schema_conformance,
]  # fmt: skip


def test_nothing_crashes_and_nothing_is_answered_that_is_not_described(fuzzed):
    app, token = fuzzed
    headers = {"authorization": f"Bearer {token}", "host": "localhost"}
    described = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers={"host": "localhost"})
    asked = 0
    for found in described.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=10, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def holds(case):
            if "trial" in case.path_parameters:
                case.path_parameters["trial"] = TRIAL
            case.call_and_validate(headers=headers, checks=CHECKS)

        holds()
        asked += 1
    assert asked > 40


def test_the_description_is_whole(fuzzed):
    app, _ = fuzzed
    told = app.openapi()
    assert told["openapi"].startswith("3.1")
    for path, ways in told["paths"].items():
        for method, one in ways.items():
            assert one.get("summary") and "422" in one["responses"], (method, path)
            assert any(code.startswith("2") for code in one["responses"]), (method, path)
    assert "Problem" in told["components"]["schemas"]
