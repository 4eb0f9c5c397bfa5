"""The application: routers behind one shield, every refusal a sentence, nothing fetched from elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.trustedhost import TrustedHostMiddleware

from galu import __version__
from galu.web.api import api
from galu.web.api.description import describe
from galu.web.door import Front
from galu.web.hub import Hub
from galu.web.jobs import Jobs
from galu.web.pages import pages, problem_page
from galu.web.problems import Shows, install_problems
from galu.web.shield import Shield


@asynccontextmanager
async def _ending(app: FastAPI) -> AsyncIterator[None]:
    """Let the imports end with the application."""
    yield
    await run_in_threadpool(app.state.jobs.close)


def create_app(
    hub: Hub,
    address: str = "http://localhost:8000",
    routers: Sequence[APIRouter] = (api, pages),
    problem_page: Shows | None = problem_page,
) -> FastAPI:
    """The application that serves the trials of a hub.

    Parameters
    ----------
    hub
        The trials; whoever made it closes it.
    address
        What people type to come here; with `https://`, cookies are for TLS alone.
    routers
        What is served.
    problem_page
        Shows a problem as a page, for what lies outside /api.
    """
    # The pages of FastAPI itself ask another host for scripts; what describes the API is a file.
    app = FastAPI(
        title="galu",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_ending,
    )
    front = Front(address)
    app.state.hub = hub
    app.state.front = front
    app.state.jobs = Jobs(hub.clock, hub.announce)
    app.state.problem_page = problem_page
    for router in routers:
        app.include_router(router)
    describe(app)
    install_problems(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(front.hosts), www_redirect=False)
    app.add_middleware(Shield, secure=front.secure)
    return app
