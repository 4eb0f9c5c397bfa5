"""`galu serve`: trials in the browser, and their interface for programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from galu.finding import InputError, OutOfReachError

if TYPE_CHECKING:
    import socket
    from types import FrameType

    import uvicorn

    from galu.web.hub import Hub


def serve(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="a trial folder, or a folder of them")],
    port: Annotated[int, typer.Option(help="where it listens", min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="name or number to listen on; a proxy with TLS for others")] = (
        "127.0.0.1"
    ),
    address: Annotated[
        str | None,
        typer.Option(help="what people type, such as https://galu.example.org behind a proxy with TLS"),
    ] = None,
    accounts: Annotated[
        str | None, typer.Option(help="where accounts are kept, if the trials do not say: a file or a server")
    ] = None,
) -> None:
    """Serve trials until stopped; prints the address, and how to become the first user."""
    try:
        import fastapi  # noqa: F401
        import uvicorn
    except ImportError:
        raise OutOfReachError(
            "galu serve", "what serves pages is not installed", "install galu[server]"
        ) from None
    from galu.web.app import create_app
    from galu.web.hub import Hub, folders_in

    shown = (address or f"http://localhost:{port}").rstrip("/")
    _require_address(shown)
    hub = Hub(folders_in(place), accounts)
    try:
        app = create_app(hub, shown)
        settings = uvicorn.Config(
            app, host, port, log_level="warning", access_log=False, server_header=False,
            timeout_graceful_shutdown=3, proxy_headers=shown.startswith("https://"),
        )  # fmt: skip
        _run(settings, hub, shown)
    finally:
        hub.close()


def _run(settings: uvicorn.Config, hub: Hub, address: str) -> None:
    """Run until stopped; streams that are open end first, or it would wait for those who read them."""
    import uvicorn

    class _Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                _tell(hub, address)

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            hub.stop_telling()
            super().handle_exit(sig, frame)

    server = _Server(settings)
    server.run()
    if not server.started:
        remedy = "name another --port, or stop what listens there"
        raise OutOfReachError(f"{settings.host}:{settings.port}", "cannot be listened on", remedy)


def _require_address(address: str) -> None:
    scheme, _, rest = address.partition("://")
    if scheme not in ("http", "https") or not rest or "/" in rest or " " in rest:
        raise InputError("--address", f"{address!r} is no address", "write https://galu.example.org")


def _tell(hub: Hub, address: str) -> None:
    print(f"galu: {address}", flush=True)
    for served in hub.trials.values():
        print(f"  {served.name}: {served.title}", flush=True)
        if not served.has_accounts:
            print("    nobody may come in yet; become its first user at another terminal:", flush=True)
            print(f'    galu user add {served.folder} LOGIN --name "YOUR NAME"', flush=True)
            print(f"    and open the link it prints behind {address}", flush=True)
    print("stop it with Ctrl-C", flush=True)
