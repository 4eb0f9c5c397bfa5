"""Work that reads foreign files runs in a process of its own, with limits; both shells call it here.

The child sets its limits before it reads a byte, so that nothing it reads can lift them. Where this process
has one thread the child is a fork of it, which costs next to nothing; elsewhere, as under a server, it is a
fresh interpreter, because locks that other threads hold would stay locked in a fork.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from galu.desk.identity import Identity, acting_as, telling
from galu.finding import (
    InputError,
    ManyFaultsError,
    NobodyError,
    NotAllowedError,
    NotThereError,
    OutOfReachError,
    OvertakenError,
)

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

R = TypeVar("R")
#: Memory of the child: so much, and so much more for each byte that it is to read, up to the highest [byte].
_BASE_BYTES: Final = 768 * 2**20
_PER_BYTE: Final = 64
_HIGHEST_GIB: Final = 8
#: Processor time likewise [s], [s/MiB]; by the clock it may take longer, as others use the machine.
_BASE_CPU_S: Final = 120
_CPU_S_PER_MIB: Final = 60
_HIGHEST_CPU_S: Final = 3600
#: Set in the environment of a child: it does its work itself.
_INSIDE: Final = "GALU_CONFINED"
_REMEDY: Final = "split the files, or set GALU_IMPORT_MEMORY_GIB; nothing was written"


class LimitError(InputError):
    """Work ran into one of its limits; a batch is written whole or not at all, so nothing was."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading may take: memory [byte], processor time [s] and time by the clock [s]."""

    memory_bytes: int
    cpu_s: int
    wall_s: int


def limits_for(size: int) -> Limits:
    """The limits for so many bytes of input: a small file gets little, whatever it unfolds to.

    Raises
    ------
    InputError
        When `GALU_IMPORT_MEMORY_GIB` is no memory.
    """
    cpu_s = min(_HIGHEST_CPU_S, _BASE_CPU_S + _CPU_S_PER_MIB * (size // 2**20))
    memory = min(_highest_bytes(), _BASE_BYTES + _PER_BYTE * size)
    return Limits(memory, cpu_s, 2 * cpu_s)


def confined(
    work: Callable[[], R],
    what: str,
    limits: Limits,
    who: Identity | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> R:
    """Do some work in a child within limits; gives its result.

    Parameters
    ----------
    work
        Its result, and under a server the work itself, must be such as can be pickled: a function of a
        module, or a `functools.partial` of one.
    what
        What is read, as an error names it.
    who
        The account that acts, for a fresh interpreter; a fork knows it from its parent, and may ask.
    say
        Told the account as soon as the child knows it, whatever becomes of the child.

    Raises
    ------
    InputError
        As the work raised it, with place, fault and remedy.
    LimitError
        When it ran into a limit, or its process ended by itself.
    """
    if os.name != "posix" or _INSIDE in os.environ:
        with acting_as(_said_before(who)) if who else nullcontext(), telling(say):
            return work()
    from multiprocessing import Pipe, get_context

    forks = can_fork()
    ours, theirs = Pipe(duplex=False)
    terminal = os.dup(0) if forks else None  # multiprocessing closes it, and a password may be asked for
    child = get_context("fork" if forks else "spawn").Process(  # type: ignore[attr-defined]
        target=_inside, args=(theirs, work, limits, who, terminal)
    )
    child.start()
    theirs.close()
    if terminal is not None:
        os.close(terminal)
    try:
        answer = _answer(ours, limits.wall_s, say)
        if answer is not None:
            child.join(10)
    finally:
        if child.is_alive():
            child.kill()
        child.join()
        ours.close()
    if answer is None:
        raise LimitError(what, _end(child.exitcode, limits), _REMEDY)
    found: R = _result(answer, what, limits)
    return found


def can_fork() -> bool:
    """Whether a fork takes everything along: with one thread, those of libraries counted as well."""
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def _answer(ours: Connection, wall_s: float, say: Callable[[str], None]) -> tuple[str, Any] | None:
    """What the child said; None where it ended or went on too long without a word."""
    ends = time.monotonic() + wall_s
    try:
        while ours.poll(max(0.0, ends - time.monotonic())):
            word, told = ours.recv()
            if word != "who":
                return word, told
            say(told)
    except EOFError:
        pass
    return None


def _result(answer: tuple[str, Any], what: str, limits: Limits) -> Any:
    word, told = answer
    if word == "done":
        return told
    if word == "memory":
        raise LimitError(what, _needed(limits), _REMEDY)
    if word in _ERRORS:
        raise _ERRORS[word]([InputError(*one) for one in told])
    raise RuntimeError(f"a fault of galu while it read {what}:\n{told}")


def _one(make: Callable[[str, str, str], InputError]) -> Callable[[Sequence[InputError]], InputError]:
    return lambda found: make(found[0].place, found[0].fault, found[0].remedy)


#: Errors by the name under which they cross from the child.
_ERRORS: Final[dict[str, Callable[[Sequence[InputError]], InputError]]] = {
    **{
        one.__name__: _one(one)
        for one in (InputError, OutOfReachError, OvertakenError, NotAllowedError, NotThereError, NobodyError)
    },
    "ManyFaultsError": ManyFaultsError,
}


def _crossing(error: InputError) -> tuple[str, list[tuple[str, str, str]]]:
    """An error as plain words; one of a kind that is not listed crosses as what it is at least."""
    name = next(one.__name__ for one in type(error).__mro__ if one.__name__ in _ERRORS)
    errors = error.errors if isinstance(error, ManyFaultsError) else (error,)
    return name, [(one.place, one.fault, one.remedy) for one in errors]


def _needed(limits: Limits) -> str:
    return f"needed more than {limits.memory_bytes / 2**30:.3g} GiB of memory"


def _end(code: int | None, limits: Limits) -> str:
    """Why a child ended without an answer, as a sentence."""
    told: dict[int, str] = {
        signal.SIGXCPU: f"needed more than {limits.cpu_s} s of processor time",
        signal.SIGKILL: f"took more than {limits.wall_s} s, or was killed for want of memory",
        signal.SIGABRT: _needed(limits),
    }
    number = -code if code is not None and code < 0 else 0
    how = f"signal {number}" if number else "itself"
    return told.get(number, f"ended by {how} without a word")


def _said_before(who: Identity) -> Callable[[str], Identity]:
    return lambda _: who


def _inside(
    theirs: Connection,
    work: Callable[[], object],
    limits: Limits,
    who: Identity | None,
    terminal: int | None,
) -> None:
    """What the child does: limits first, then the work; says one thing and ends."""
    import resource

    os.environ[_INSIDE] = "1"
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 10))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if terminal is not None:
        sys.stdin = open(terminal)  # noqa: SIM115  # for as long as the process lives
    said: tuple[str, object]
    try:
        tells = telling(lambda account: theirs.send(("who", account)))
        with acting_as(_said_before(who)) if who else nullcontext(), tells:
            said = ("done", work())
    except InputError as error:
        said = _crossing(error)
    except MemoryError:
        said = ("memory", None)
    except Exception:
        said = ("fault", traceback.format_exc())
    theirs.send(said)
    theirs.close()


def _highest_bytes() -> int:
    said = os.environ.get("GALU_IMPORT_MEMORY_GIB", str(_HIGHEST_GIB))
    try:
        memory = float(said)
    except ValueError:
        memory = 0.0
    if not 0.25 <= memory <= 4096:
        raise InputError("GALU_IMPORT_MEMORY_GIB", f"{said!r} is no memory", "give GiB, such as 8")
    return int(memory * 2**30)


def size_of(sources: Sequence[Path]) -> int:
    """Bytes of files, and of what lies directly in folders."""
    files = [one for path in sources for one in (path.iterdir() if path.is_dir() else (path,))]
    return sum(one.stat().st_size for one in files if one.is_file())
