"""Every page, in the order in which addresses are tried."""

from __future__ import annotations

from fastapi import APIRouter

from galu.web.pages import board, facts, home, live, screening, session, static, subjects

pages = APIRouter(include_in_schema=False)
for module in (static, session, home, board, screening, subjects, facts, live):
    pages.include_router(module.router)
