"""Everything under /api/v1."""

from __future__ import annotations

from fastapi import APIRouter

from galu.web.api import data, events, facts, imports, session, signatures, tokens, trials
from galu.web.api.models import FAULTS

api = APIRouter(prefix="/api/v1", responses=FAULTS)
for _part in (session, tokens, trials, events, facts, data, signatures, imports):
    api.include_router(_part.router)
