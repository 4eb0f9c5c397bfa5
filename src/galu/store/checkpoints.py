"""Signed heads kept outside the database: they show a lost tail, which no chain alone can see.

One file per UTC day holds the newest head of that day, so that the folder stays small and every older
day stays a witness. Which head is the newest is told by its entry, never by a clock: one that ran ahead
for a day leaves a file of tomorrow. A head is signed before its batch commits (``pending.json``) and
takes its day's place after, so a crash at any moment leaves neither an unsigned entry nor a head without
its entry.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from galu.finding import InputError
from galu.record.seal import GENESIS, Head

_KEY, _PUBLIC, _PENDING = "key.pem", "key.pub", "pending.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed head: Ed25519 over `seq`, `digest` and `time`; key and signature in hexadecimal."""

    seq: int
    digest: str
    time: str
    public_key: str
    signature: str

    @property
    def head(self) -> Head:
        """The head that was signed."""
        return Head(self.seq, self.digest)

    def is_signed(self) -> bool:
        """Whether the signature is that of the stated key."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
            key.verify(bytes.fromhex(self.signature), _message(self.head, self.time))
        except (InvalidSignature, ValueError):
            return False
        return True


def _message(head: Head, time: str) -> bytes:
    return f"galu head|{head.seq}|{head.digest}|{time}".encode()


class Checkpoints:
    """The folder of signed heads and its key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> Checkpoints:
        """A new folder with a new key, readable by its owner only."""
        folder.mkdir(parents=True)
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        descriptor = os.open(folder / _KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        (folder / _PUBLIC).write_text(_public_hex(key) + "\n", encoding="ascii")
        return cls(folder)

    def public_key(self) -> str:
        """The key by which heads are checked, in hexadecimal.

        Raises
        ------
        InputError
            When the folder or its key is missing.
        """
        try:
            return (self.folder / _PUBLIC).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise InputError(
                str(self.folder / _PUBLIC),
                "the key of the signed heads is missing or unreadable",
                "restore the checkpoints folder from a backup",
            ) from None

    def prepare(self, head: Head, time: str) -> None:
        """Sign the head that the open transaction is about to commit."""
        key = self._private_key()
        signature = key.sign(_message(head, time)).hex()
        self._write(_PENDING, Checkpoint(head.seq, head.digest, time, _public_hex(key), signature))

    def settle(self, head: Head) -> None:
        """Give a prepared head its day's place when its batch was committed, drop it when not.

        The caller holds the write lock of the database, so that no other batch comes between.
        """
        pending = self.pending()
        if pending is None:
            return
        if pending.head == head and self._is_ours(pending):
            os.replace(self.folder / _PENDING, self.folder / f"{pending.time[:10]}.json")
            self._sync()
        elif pending.seq > head.seq:
            (self.folder / _PENDING).unlink()

    def require(self, head: Head) -> None:
        """Refuse to go on from a head other than the last one signed: signing it would bless what was forged.

        Raises
        ------
        InputError
            When the record does not end where its newest signed head says.
        """
        newest = self.newest()
        signed = newest.head if newest else Head(0, GENESIS)
        if signed != head:
            raise InputError(
                str(self.folder.parent),
                f"the record ends with entry {head.seq}, its last signed head with another, {signed.seq}",
                "see `galu record verify`, and restore the record from a backup; nothing was written",
            )

    def require_key(self) -> None:
        """Refuse where the key that signs is missing, before anything is written."""
        self._private_key()

    def newest(self) -> Checkpoint | None:
        """The signed head of the last entry; None when nothing was signed yet.

        Raises
        ------
        InputError
            When the signature is not that of the key of this folder.
        """
        signed = self.signed()
        if not signed:
            return None
        name, checkpoint = signed[-1]
        if not self._is_ours(checkpoint):
            raise InputError(
                str(self.folder / name),
                "the signed head carries a false signature",
                "see `galu record verify`, and restore the trial from a backup",
            )
        return checkpoint

    def vouches(self, head: Head) -> bool:
        """Whether the record may end there: the newest signed head, or one prepared and committed since."""
        newest = self.newest()
        if head == (newest.head if newest else Head(0, GENESIS)):
            return True
        pending = self.pending()
        return pending is not None and pending.head == head and self._is_ours(pending)

    def _is_ours(self, checkpoint: Checkpoint) -> bool:
        return checkpoint.public_key == self.public_key() and checkpoint.is_signed()

    def pending(self) -> Checkpoint | None:
        """The prepared head whose place is not yet taken, if any."""
        path = self.folder / _PENDING
        return _read(path) if path.exists() else None

    def signed(self) -> tuple[tuple[str, Checkpoint], ...]:
        """File name and checkpoint of every day, in the order of the entries they sign.

        Raises
        ------
        InputError
            When a file is no checkpoint.
        """
        paths = sorted(path for path in self.folder.glob("*.json") if path.name != _PENDING)
        return tuple(sorted(((path.name, _read(path)) for path in paths), key=lambda one: one[1].seq))

    def _private_key(self) -> Ed25519PrivateKey:
        path = self.folder / _KEY
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError):
            raise InputError(
                str(path),
                "the key that signs the head is missing or unreadable",
                "restore it from a backup; nothing was written",
            ) from None
        if not isinstance(key, Ed25519PrivateKey) or _public_hex(key) != self.public_key():
            raise InputError(
                str(path),
                f"is not the key of {_PUBLIC}",
                "restore both from a backup; nothing was written",
            )
        return key

    def _write(self, name: str, checkpoint: Checkpoint) -> None:
        fresh = self.folder / f"{name}.new"
        with fresh.open("w", encoding="ascii") as file:
            json.dump(asdict(checkpoint), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.folder / name)
        self._sync()

    def _sync(self) -> None:
        if os.name != "posix":  # elsewhere a folder cannot be opened for syncing
            return
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _public_hex(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def _read(path: Path) -> Checkpoint:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        checkpoint = Checkpoint(**found)
        typed = isinstance(checkpoint.seq, int) and all(
            isinstance(text, str)
            for text in (checkpoint.digest, checkpoint.time, checkpoint.public_key, checkpoint.signature)
        )
        if not typed:
            raise TypeError
    except (OSError, ValueError, TypeError):
        raise InputError(str(path), "is no checkpoint", "restore it from a backup") from None
    return checkpoint
