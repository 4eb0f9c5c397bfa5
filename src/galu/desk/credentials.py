"""What an account shows: passwords by argon2id (RFC 9106), one-time codes by RFC 6238.

A login that nobody has costs as much time as one that somebody has: its password is checked against a hash
that fits nothing.
"""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from galu.access.passwords import folded
from galu.finding import InputError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

#: Length of a step of one-time codes [s], and how many steps a clock may be off.
_STEP_S: Final = 30
_OFF: Final = (0, -1, 1)


@contextlib.contextmanager
def installed(package: str) -> Iterator[None]:
    """Say in a sentence that a package of `galu[server]` is not there, where it is imported inside."""
    try:
        yield
    except ImportError:
        raise _missing(package) from None


def _missing(name: str) -> InputError:
    return InputError(f"the package {name}", "is not installed", "install galu[server]")


@cache
def hasher() -> PasswordHasher:
    """argon2id with the parameters of RFC 9106 for little memory: 64 MiB, three passes, four lanes."""
    try:
        from argon2 import PasswordHasher
        from argon2.profiles import RFC_9106_LOW_MEMORY
    except ImportError:
        raise _missing("argon2-cffi") from None
    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@cache
def _fits_nothing(by: PasswordHasher) -> str:
    return by.hash("no password is this one")


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return hasher().hash(folded(password))


def is_password(kept: str | None, password: str) -> bool:
    """Whether a password is the one of which this is kept; for None it takes as long to say no."""
    by = hasher()
    from argon2.exceptions import VerificationError

    try:
        by.verify(kept or _fits_nothing(by), folded(password))
    except VerificationError:
        return False
    return kept is not None


def is_weaker(kept: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return hasher().check_needs_rehash(kept)


def new_seed(random: bytes) -> str:
    """Seed of one-time codes from 20 random bytes, in base 32."""
    import base64

    return base64.b32encode(random).decode("ascii")


def seed_address(seed: str, login: str) -> str:
    """What an authenticator application reads, as text or as a picture of squares."""
    try:
        import pyotp
    except ImportError:
        raise _missing("pyotp") from None
    return str(pyotp.TOTP(seed).provisioning_uri(name=login, issuer_name="galu"))


def step_of_code(seed: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, one before and one after the present allowed; None for another."""
    try:
        import pyotp
    except ImportError:
        raise _missing("pyotp") from None
    totp, step = pyotp.TOTP(seed), int(now.timestamp()) // _STEP_S
    typed = "".join(code.split()).encode("utf-8")
    fitting = [step + off for off in _OFF if hmac.compare_digest(_code(totp, step + off), typed)]
    return fitting[0] if fitting else None


def _code(totp: object, step: int) -> bytes:
    return str(totp.generate_otp(step)).encode("ascii")  # type: ignore[attr-defined]
