"""Signed heads kept outside the database: they show a lost tail, which no chain alone can see.

One file per UTC day holds the newest head of that day, so that the folder stays small and every older
day stays a witness. Which head is the newest is told by its entry, never by a clock: one that ran ahead
for a day leaves a file of tomorrow. A head is signed before its batch commits (``pending.json``) and
takes its day's place after, so a crash at any moment leaves neither an unsigned entry nor a head without
its entry.

What this protects, and what not: whoever holds the folder with its key may write a new past and sign it, and
whoever deletes the last entries together with their head leaves a record that holds together. Against the
first the key is kept elsewhere or locked, and its public half is noted; against the second the heads are
mirrored to a second place, or copied, and compared (`galu record verify --key --against`).
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from galu.files import make_private, write_private
from galu.finding import InputError, OutOfReachError
from galu.record.seal import GENESIS, Head
from galu.store.custody import CUSTODY, Custody, load_key, make_key, public_hex, read_custody, write_key
from galu.store.mirrors import MIRRORED, Place, mirror_of, told

PUBLIC: Final = "key.pub"
_PENDING: Final = "pending.json"
#: After a mirror on the web did not answer, writers do not wait for it again so long [s].
_PAUSE_S: Final = 30.0


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
    """The folder of signed heads, and the custody of its key.

    Parameters
    ----------
    folder
        Where the heads and the public key lie.
    passphrase
        Unlocks a locked key; None where it is not locked, or nothing will be signed.
    token
        Opens a mirror on the web, where it asks for one.
    """

    def __init__(self, folder: Path, passphrase: str | None = None, token: str | None = None) -> None:
        self.folder = folder
        self._passphrase = passphrase
        self._token = token
        self._tries_again = 0.0

    @classmethod
    def create(
        cls,
        folder: Path,
        custody: Custody | None = None,
        passphrase: str | None = None,
        token: str | None = None,
    ) -> Checkpoints:
        """A new folder with a new key, readable by its owner only.

        Raises
        ------
        InputError
            When a key lies already where the custody wants it, or it cannot be written there.
        """
        make_private(folder)
        custody = custody or Custody()
        key = make_key(custody.key_of(folder), passphrase)
        write_private(folder / PUBLIC, f"{public_hex(key)}\n".encode("ascii"))
        if custody != Custody():
            write_private(folder / CUSTODY, custody.as_json())
        return cls(folder, passphrase, token)

    @property
    def custody(self) -> Custody:
        """Where the key lies and where heads are mirrored."""
        return read_custody(self.folder)

    def public_key(self) -> str:
        """The key by which heads are checked, in hexadecimal.

        Raises
        ------
        InputError
            When the folder or its key is missing.
        """
        try:
            return (self.folder / PUBLIC).read_text(encoding="ascii").strip()
        except PermissionError:
            raise _closed(self.folder / PUBLIC) from None
        except (OSError, UnicodeDecodeError):
            raise InputError(
                str(self.folder / PUBLIC),
                "the key of the signed heads is missing or unreadable",
                "restore the checkpoints folder from a backup",
            ) from None

    def prepare(self, head: Head, time: str) -> None:
        """Sign the head that the open transaction is about to commit."""
        key = self._private_key()
        signature = key.sign(_message(head, time)).hex()
        self._write(_PENDING, Checkpoint(head.seq, head.digest, time, public_hex(key), signature))

    def settle(self, head: Head) -> None:
        """Give a prepared head its day's place when its batch was committed, drop it when not.

        The caller holds the write lock of the database, so that no other batch comes between.
        """
        pending = self.pending()
        if pending is None:
            return
        if pending.head == head and self._is_ours(pending):
            # A power cut may undo the move: then the head is pending still, and vouches as before.
            os.replace(self.folder / _PENDING, self.folder / f"{pending.time[:10]}.json")
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
        pending = self.pending()  # read first: a writer that settles meanwhile moves it to the newest
        newest = self.newest()
        if head == (newest.head if newest else Head(0, GENESIS)):
            return True
        return pending is not None and pending.head == head and self._is_ours(pending)

    def _is_ours(self, checkpoint: Checkpoint) -> bool:
        return checkpoint.public_key == self.public_key() and checkpoint.is_signed()

    def pending(self) -> Checkpoint | None:
        """The prepared head whose place is not yet taken, if any."""
        try:
            return _read(self.folder / _PENDING)
        except FileNotFoundError:  # none, or a writer gave it its place just now
            return None

    def signed(self) -> tuple[tuple[str, Checkpoint], ...]:
        """File name and checkpoint of every day, in the order of the entries they sign.

        Raises
        ------
        InputError
            When a file is no checkpoint.
        """
        others = (_PENDING, CUSTODY, MIRRORED)
        paths = sorted(path for path in self.folder.glob("*.json") if path.name not in others)
        try:
            found = [(path.name, _read(path)) for path in paths]
        except FileNotFoundError as gone:
            raise _no_checkpoint(Path(gone.filename)) from None
        return tuple(sorted(found, key=lambda one: one[1].seq))

    def take_custody(self, key: Path | None, mirror: Place | None, passphrase: str | None) -> None:
        """Move the key to a new file, locked where a passphrase is given, and begin a mirror.

        Whatever breaks in between, a key that signs is where the custody says, or where it was.

        Raises
        ------
        InputError
            When a file lies already where the key is to go, or a place cannot be written.
        """
        if key is None and mirror is None:
            return
        before = self.custody
        after = Custody(key.absolute() if key else before.key, mirror or before.mirror)
        old = before.key_of(self.folder)
        if key is not None:
            write_key(key, self._private_key(), passphrase)
        write_private(self.folder / CUSTODY, after.as_json())
        if key is not None:
            old.unlink()
        self.mirror()
        fault = self.mirror_fault()
        if fault is not None:
            write_private(self.folder / CUSTODY, Custody(after.key, before.mirror).as_json())
            raise InputError(str(mirror), fault, "name a place that can be written; no mirror was begun")

    def mirror(self) -> None:
        """Copy to the second place whatever heads it lacks; what fails is tried again with a later batch."""
        place = self.custody.mirror
        if place is None or time.monotonic() < self._tries_again:
            return
        try:
            mirror_of(place, self.folder, self._token).catch_up(self._mirrored())
        except OSError:  # `mirror_fault` tells it
            self._tries_again = time.monotonic() + (0.0 if isinstance(place, Path) else _PAUSE_S)

    def mirror_fault(self) -> str | None:
        """What the second place lacks, as a sentence."""
        place = self.custody.mirror
        if place is None:
            return None
        try:
            lacking = mirror_of(place, self.folder, self._token).lacking(self._mirrored())
        except OSError as error:
            return f"the mirror of the signed heads in {place} cannot be reached ({told(error)})"
        if not lacking:
            return None
        return f"the mirror in {place} lacks {len(lacking)} of the newest heads, and could not be written"

    def _mirrored(self) -> tuple[str, ...]:
        """Files that a mirror holds, the newest head last."""
        return (PUBLIC, *(name for name, _ in self.signed()))

    def _private_key(self) -> Ed25519PrivateKey:
        path = self.custody.key_of(self.folder)
        key = load_key(path, self._passphrase)
        if public_hex(key) != self.public_key():
            raise InputError(
                str(path),
                f"is not the key of {PUBLIC}",
                "restore both from a backup; nothing was written",
            )
        return key

    def _write(self, name: str, checkpoint: Checkpoint) -> None:
        try:
            write_private(self.folder / name, json.dumps(asdict(checkpoint), indent=1).encode("ascii"))
        except OSError as error:
            fault = f"the head cannot be signed ({error.strerror})"
            raise OutOfReachError(str(self.folder), fault, "see to it; nothing was written") from None


def _closed(path: Path) -> OutOfReachError:
    return OutOfReachError(str(path), "may not be read", "ask whoever owns it")


def _no_checkpoint(path: Path) -> InputError:
    return InputError(str(path), "is no checkpoint", "restore it from a backup")


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
    except FileNotFoundError:
        raise
    except PermissionError:
        raise _closed(path) from None
    except (OSError, ValueError, TypeError):
        raise _no_checkpoint(path) from None
    return checkpoint
