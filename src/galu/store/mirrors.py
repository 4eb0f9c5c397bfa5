"""The second place of the signed heads: a folder, or an address on the web that takes what is PUT there.

An address keeps one file for each day and ``newest.json``, the head that was signed last: whoever cuts the
tail of a record together with its heads cannot name the days that he took away, and that one file tells.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from galu.files import make_private, write_private
from galu.finding import InputError, OutOfReachError

#: In the folder of heads: what an address has acknowledged.
MIRRORED: Final = "mirrored.json"
NEWEST: Final = "newest.json"
#: So long a writer waits for a mirror on the web [s].
_PATIENCE_S: Final = 3.0
_HERE: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Web:
    """An address under which files are PUT and read; it ends with a slash."""

    url: str

    def __str__(self) -> str:
        return self.url


Place: TypeAlias = Path | Web


def place_named(text: str) -> Place:
    """The place that a text names: a folder, or an address on the web.

    Raises
    ------
    InputError
        When the address holds a password, or is not encrypted on its way to another machine.
    """
    if "://" not in text:
        return Path(text)
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise InputError(text, "is no address that takes files", "write https://host/folder/")
    if parts.username is not None or parts.password is not None:
        raise InputError(f"{parts.scheme}://…", "holds a password", "give a token in GALU_MIRROR_TOKEN")
    if parts.scheme == "http" and parts.hostname not in _HERE:
        raise InputError(text, "is not encrypted", "write https://")
    return Web(text if text.endswith("/") else f"{text}/")


class FolderMirror:
    """Copies of the heads in another folder."""

    def __init__(self, place: Path, folder: Path) -> None:
        self._place = place
        self._folder = folder

    def lacking(self, names: Sequence[str]) -> tuple[str, ...]:
        """Files that the place lacks, or whose newest head it has in an earlier state."""
        there = {path.name for path in self._place.iterdir()}
        newest = [name for name in names[-1:] if name in there and not self._is_same(name)]
        return (*(name for name in names if name not in there), *newest)

    def catch_up(self, names: Sequence[str]) -> None:
        """Copy whatever is lacking."""
        make_private(self._place)
        for name in self.lacking(names):
            write_private(self._place / name, (self._folder / name).read_bytes())

    def _is_same(self, name: str) -> bool:
        return (self._place / name).read_bytes() == (self._folder / name).read_bytes()


class WebMirror:
    """Copies of the heads under an address; what it has acknowledged is noted beside them."""

    def __init__(self, place: Web, folder: Path, token: str | None) -> None:
        self._place = place
        self._folder = folder
        self._token = token

    def lacking(self, names: Sequence[str]) -> tuple[str, ...]:
        """Files that the address has not acknowledged as they are now."""
        known = self._acknowledged()
        return tuple(name for name in names if known.get(name) != self._digest(name))

    def catch_up(self, names: Sequence[str]) -> None:
        """Send whatever is lacking, the newest head once more under its own name."""
        known = self._acknowledged()
        for name in self.lacking(names):
            content = (self._folder / name).read_bytes()
            _ask("PUT", self._place.url + name, self._token, content)
            if name == names[-1] and name.endswith(".json"):
                _ask("PUT", self._place.url + NEWEST, self._token, content)
            known[name] = hashlib.sha256(content).hexdigest()
            noted = {"url": self._place.url, "files": known}
            write_private(self._folder / MIRRORED, json.dumps(noted, indent=1).encode())

    def _digest(self, name: str) -> str:
        return hashlib.sha256((self._folder / name).read_bytes()).hexdigest()

    def _acknowledged(self) -> dict[str, str]:
        try:
            found = json.loads((self._folder / MIRRORED).read_text(encoding="utf-8"))
            return dict(found["files"]) if found["url"] == self._place.url else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def mirror_of(place: Place, folder: Path, token: str | None) -> FolderMirror | WebMirror:
    """The mirror of a folder of heads at a place."""
    return FolderMirror(place, folder) if isinstance(place, Path) else WebMirror(place, folder, token)


@contextmanager
def heads_at(place: Place, names: Sequence[str], token: str | None) -> Iterator[Path]:
    """A folder with the signed heads that a place keeps; those of an address are fetched, where it has them.

    Raises
    ------
    OutOfReachError
        When the place is not there, or keeps none.
    """
    if isinstance(place, Path):
        if not any(place.glob("*.json")):
            remedy = "give a folder of signed heads, such as a mirror or a copy of checkpoints/"
            raise OutOfReachError(str(place), "holds no signed head", remedy)
        yield place
        return
    with TemporaryDirectory(prefix="galu-heads-") as scratch:
        try:
            for name in (NEWEST, *names):
                content = _ask("GET", place.url + name, token)
                if content is not None:
                    (Path(scratch) / name).write_bytes(content)
        except OSError as error:
            raise OutOfReachError(str(place), f"cannot be reached ({told(error)})", "connect it") from None
        if not (Path(scratch) / NEWEST).is_file():
            raise OutOfReachError(str(place), "holds no signed head", "give the address of a mirror")
        yield Path(scratch)


def told(error: OSError) -> str:
    """What an operating system or a server says of an error."""
    return str(error.strerror or getattr(error, "reason", "") or error)


class _Straight(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: a token is for the address that was named."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """No request to another place."""


def _ask(method: str, url: str, token: str | None, content: bytes | None = None) -> bytes | None:
    """Answer of a server; None where it has no such file."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, content, headers, method=method)
    try:
        with urllib.request.build_opener(_Straight).open(request, timeout=_PATIENCE_S) as answer:
            return bytes(answer.read(1_000_000))
    except urllib.error.HTTPError as error:
        if method == "GET" and error.code in (404, 410):
            return None
        raise OSError(f"{error.code} {error.reason}") from None
    except http.client.HTTPException as error:
        raise OSError(f"no answer of a server ({type(error).__name__})") from None
