"""The description of the interface (OpenAPI 3.1): routes, problems, and the two ways to say who asks."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from galu.web.api.models import Problem

_TELLS: Final = """Everything that people do in galu, for programs.

Send a token (`Authorization: Bearer …`) or a session (its cookie, and `X-CSRF-Token` with whatever changes
something), not both. Whatever a route refuses is a problem of RFC 9457 with a sentence for each fault. What
is not there and what is not for the account are told in the same words. Every answer of a trial has an
`ETag`, the head of its record; handed back as `If-Match`, nothing is written where the record has grown.
"""
_SCHEMES: Final[dict[str, Any]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "made by POST /api/v1/tokens"},
    "session": {"type": "apiKey", "in": "cookie", "name": "galu", "description": "__Host-galu over TLS"},
}


def describe(app: FastAPI) -> None:
    """Let the application describe its interface, once."""
    plain = app.openapi
    app.description = _TELLS

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = plain()
            parts = found.setdefault("components", {})
            told = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = parts.setdefault("schemas", {})
            schemas.update(told.pop("$defs", {}))
            schemas["Problem"] = told
            parts["securitySchemes"] = _SCHEMES
            found["security"] = [{"token": []}, {"session": []}]
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI documents it
