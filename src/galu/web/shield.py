"""What every answer carries and every request must fit: headers, hosts, sizes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Nothing from elsewhere, nothing written into a page (OWASP ASVS 5.0, 3.4).
POLICY: Final = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
        "connect-src 'self'", "font-src 'self'", "manifest-src 'self'", "form-action 'self'",
        "frame-ancestors 'none'", "base-uri 'none'",
    )
)  # fmt: skip
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
#: What a browser keeps to for a year once it came over TLS.
_SECURE: Final = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
#: The largest body [byte]: of an import, and of anything else.
LARGEST_IMPORT: Final = 256 * 2**20
LARGEST: Final = 8 * 2**20


class Shield:
    """Refuses bodies that are too large as they come, and puts the headers on every answer.

    Parameters
    ----------
    app
        What is shielded.
    secure
        Whether browsers come over TLS.
    """

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self._app = app
        self._headers = {**HEADERS, **(_SECURE if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = LARGEST_IMPORT if scope["path"].endswith("/imports") else LARGEST
        begun, read, over = False, 0, False

        async def counted() -> Message:
            nonlocal read, over
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                over = True
                raise _TooLargeError
            return message

        async def dressed(message: Message) -> None:
            nonlocal begun
            if over:  # whatever the application makes of a body that was cut off
                return
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        said = Headers(scope=scope).get("content-length", "")
        if said.isdigit() and int(said) > limit:
            over = True
        else:
            try:
                await self._app(scope, counted, dressed)
            except _TooLargeError:
                over = True
        if over and not begun:
            over = False
            await _refuse(dressed, limit)


class _TooLargeError(Exception):
    """A body went on beyond the limit."""


async def _refuse(send: Send, limit: int) -> None:
    detail = f"request: its body is larger than {limit // 2**20} MiB; send less at a time."
    body = json.dumps({"type": "about:blank", "title": "Content Too Large", "status": 413, "detail": detail})
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
