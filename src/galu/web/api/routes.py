"""Everything under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter

from galu.web.api import session

api = APIRouter(prefix="/api/v1")
api.include_router(session.router)
