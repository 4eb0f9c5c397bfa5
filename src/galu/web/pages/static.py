"""Files that every page uses: styles, scripts, what is vendored. Nothing else of the package is reached."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Response

from galu.finding import NotThereError
from galu.web.door import open_to_all

router = APIRouter()
_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@cache
def _files() -> dict[str, bytes]:
    root = files("galu.web").joinpath("static")
    here = {one.name: one.read_bytes() for one in root.iterdir() if one.is_file()}
    vendored = {f"vendor/{one.name}": one.read_bytes() for one in root.joinpath("vendor").iterdir()}
    return {name: content for name, content in {**here, **vendored}.items() if _kind(name)}


def _kind(name: str) -> str:
    return _KINDS.get("." + name.rpartition(".")[2], "")


@router.get("/static/{name:path}", dependencies=[open_to_all("styles and scripts, the same for everybody")])
def static(name: str) -> Response:
    """One file by its name."""
    content = _files().get(name)
    if content is None:
        raise NotThereError(f"/static/{name}", "is not there", "open the page again")
    # What is vendored has its version in its name; the rest changes with galu.
    lasts = "public, max-age=31536000, immutable" if name.startswith("vendor/") else "no-cache"
    return Response(content, media_type=_kind(name), headers={"cache-control": lasts})
