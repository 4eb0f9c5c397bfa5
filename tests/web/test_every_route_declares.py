"""A route that says neither what it does nor why it needs nobody fails here."""

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from galu.access import TABLE
from galu.web.door import Known, Needs, OpenToAll

#: What FastAPI itself serves: the description of the API.
OWN = {"/api/v1/openapi.json"}


def declared(route):
    """Declarations among all that a route depends on."""
    found, waiting = [], [getattr(route, "dependant", None)] if hasattr(route, "dependant") else []
    while waiting:
        one = waiting.pop()
        if isinstance(one.call, Needs | Known | OpenToAll):
            found.append(one.call)
        waiting += one.dependencies
    return list({id(one): one for one in found}.values())


def nothing() -> None:
    """A route, or a dependency, that declares nothing."""


def routes_of(app):
    return list(iter_route_contexts(app.routes))


def silent(app):
    for route in routes_of(app):
        if isinstance(route.original_route, Mount):
            if route.original_route.name != "static":
                yield route.path
        elif route.path not in OWN and len(declared(route)) != 1:
            yield route.path


def test_every_route_declares_its_action_once(app):
    assert list(silent(app)) == []
    assert len(routes_of(app)) > 5


def test_every_declared_action_is_one_of_the_table(app):
    for route in routes_of(app):
        for one in declared(route):
            if isinstance(one, OpenToAll):
                assert one.reason
            else:
                assert set(one.actions) <= set(TABLE), route.path
            assert not isinstance(one, Needs) or "{trial}" in route.path, route.path


@pytest.mark.parametrize("extra", [[], [Depends(nothing)]])
def test_a_route_that_declares_nothing_is_found(extra):
    router = APIRouter()
    router.add_api_route("/secret", nothing, dependencies=extra)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    assert list(silent(app)) == ["/secret"]
