"""Who keeps the key that signs, and where a second copy of the heads goes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from galu.files import write_private
from galu.finding import InputError
from galu.store.mirrors import Place, place_named

#: In the folder of signed heads, where the key or a mirror lies elsewhere.
CUSTODY: Final = "custody.json"
KEY: Final = "key.pem"


@dataclass(frozen=True, slots=True)
class Custody:
    """Where the key lies (None: beside the heads) and where the heads are mirrored (None: nowhere)."""

    key: Path | None = None
    mirror: Place | None = None

    def key_of(self, folder: Path) -> Path:
        """Where the key of a folder of heads lies."""
        return self.key or folder / KEY

    def as_json(self) -> bytes:
        """As the file says it."""
        places = {"key": self.key, "mirror": self.mirror}
        named = {name: at.absolute() if isinstance(at, Path) else at for name, at in places.items() if at}
        return json.dumps({name: str(at) for name, at in named.items()}, indent=1).encode()


def read_custody(folder: Path) -> Custody:
    """Custody of a folder of heads.

    Raises
    ------
    InputError
        When the file is none.
    """
    path = folder / CUSTODY
    if not path.is_file():
        return Custody()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not set(found) <= {"key", "mirror"}:
            raise ValueError
        key, mirror = found.get("key"), found.get("mirror")
        return Custody(Path(key) if key else None, place_named(mirror) if mirror else None)
    except (OSError, ValueError, TypeError):
        remedy = "restore it from a backup, or write it anew with `galu record custody`"
        raise InputError(str(path), "does not say where the key lies", remedy) from None


def make_key(path: Path, passphrase: str | None) -> Ed25519PrivateKey:
    """Make a new key where none is, readable by its owner only, locked where there is a passphrase.

    Raises
    ------
    InputError
        When a file is there already, or the place cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    write_key(path, key, passphrase)
    return key


def write_key(path: Path, key: Ed25519PrivateKey, passphrase: str | None) -> None:
    """Write a key where no file is; see `make_key`."""
    if passphrase is not None and not passphrase.strip():
        raise InputError("the passphrase", "is empty", "give one, or leave the key unlocked")
    lock = (
        serialization.BestAvailableEncryption(passphrase.encode("utf-8"))
        if passphrase
        else serialization.NoEncryption()
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.close(descriptor)
        write_private(path, pem)
    except FileExistsError:
        raise InputError(str(path), "is there already", "name a new file for the key") from None
    except OSError as error:
        raise InputError(
            str(path), f"the key cannot be written there ({error.strerror})", "name another place"
        ) from None


def load_key(path: Path, passphrase: str | None) -> Ed25519PrivateKey:
    """The key that signs.

    Raises
    ------
    InputError
        When it is missing, locked, or no such key; nothing was written then.
    """
    try:
        pem = path.read_bytes()
        locked = b"ENCRYPTED" in pem.split(b"\n", 1)[0]
        if locked and not passphrase:
            raise InputError(
                str(path), "the key that signs is locked", "set GALU_PASSPHRASE; nothing was written"
            )
        key = serialization.load_pem_private_key(
            pem, password=passphrase.encode("utf-8") if locked and passphrase else None
        )
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError
    except (OSError, ValueError):
        raise InputError(
            str(path),
            "the key that signs the head is missing, unreadable or locked otherwise",
            "restore it from a backup or give its passphrase; nothing was written",
        ) from None
    return key


def public_hex(key: Ed25519PrivateKey) -> str:
    """The public half, by which heads are checked, in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()
