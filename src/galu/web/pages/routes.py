"""Every page, in the order in which addresses are tried."""

from __future__ import annotations

from fastapi import APIRouter

from galu.web.pages import (
    board,
    committee,
    data,
    entry,
    facts,
    home,
    live,
    results,
    screening,
    session,
    static,
    subjects,
)

pages = APIRouter(include_in_schema=False)
for module in (
    static,
    session,
    home,
    board,
    screening,
    entry,
    subjects,
    facts,
    committee,
    data,
    results,
    live,
):
    pages.include_router(module.router)
