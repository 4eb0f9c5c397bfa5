"""Imports as jobs: files are kept, read by a process with limits, and what came of it is told.

A job is of one server and of who sent it. Where the server ends before it is done, the record has all of the
batch or nothing; the file is sent again, and what is there already is passed over.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from galu.desk.identity import Identity
from galu.store import Accounts
from galu.store.sql import Clock
from galu.web.problems import RequestError
from galu.web.reading import told

StepState = Literal["done", "waiting", "running", "failed"]
#: From the best to the worst: a job is what the worst of its steps is.
STATES: Final[tuple[StepState, ...]] = ("done", "waiting", "running", "failed")
#: What reading may take: memory [byte], processor time [s], time [s].
_MEMORY_BYTE: Final = 2**31
_CPU_S: Final = 600
_WHOLE_S: Final = 1200
#: Jobs at a time, jobs that wait for one account, and finished ones that are remembered of it.
_AT_A_TIME: Final = 2
_WAITING: Final = 5
_REMEMBERED: Final = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job: what it is, where it is, and what came of it."""

    name: str
    state: StepState = "waiting"
    told: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be imported: which format, how CSVs are written, and whether it is only tried."""

    format: str = "csv"
    dialect: str = "comma"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """An import; `version` grows with each change of it."""

    id: str
    trial: str
    account: str
    begun: datetime
    files: tuple[str, ...]
    wish: Wish
    steps: tuple[Step, ...]
    faults: tuple[tuple[str, str, str], ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    known: int = 0
    version: int = 0

    @property
    def state(self) -> StepState:
        """That of the worst step; of a job under way, that of the step it is at."""
        found = {one.state for one in self.steps}
        if "failed" not in found and "running" not in found and "waiting" in found:
            return "waiting"
        return max(found, key=STATES.index)

    @property
    def over(self) -> bool:
        """Whether nothing of it will change any more."""
        return self.state in ("done", "failed")


class Jobs:
    """The jobs of a server.

    Parameters
    ----------
    clock
        Gives the present moment.
    announce
        Is called when something was written.
    """

    def __init__(self, clock: Clock, announce: Callable[[], None]) -> None:
        self._clock = clock
        self._announce = announce
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="galu import")
        self._children: set[subprocess.Popen[str]] = set()

    def begin(
        self, who: Identity, place: tuple[str, Path], files: Path, wish: Wish, accounts: Accounts
    ) -> Job:
        """Begin an import into the trial of that name and folder; `files` is a folder that is deleted.

        Raises
        ------
        RequestError
            When too many of this account wait.
        """
        trial, folder = place
        names = tuple(sorted(one.name for one in files.iterdir()))
        job = Job(
            secrets.token_hex(12), trial, who.account, self._clock(), names, wish,
            (Step("received", "done"), Step("read and checked"), Step("written")),
        )  # fmt: skip
        with self._lock:
            own = [one for one in self._jobs.values() if one.account == who.account]
            if sum(not one.over for one in own) >= _WAITING:
                shutil.rmtree(files, ignore_errors=True)
                raise RequestError(429, "imports", f"{_WAITING} of yours wait already", "wait for one")
            for old in [one for one in own if one.over][: -_REMEMBERED or None]:
                del self._jobs[old.id]
            self._jobs[job.id] = job
        self._pool.submit(self._run, job.id, who, folder, files, accounts)
        return job

    def of(self, account: str, trial: str) -> tuple[Job, ...]:
        """Jobs of an account in a trial, the newest first."""
        with self._lock:
            own = [one for one in self._jobs.values() if (one.account, one.trial) == (account, trial)]
        return tuple(reversed(own))

    def close(self) -> None:
        """End what runs: what it did not write yet is not written."""
        for child in tuple(self._children):
            child.kill()
        self._pool.shutdown(cancel_futures=True)

    def _change(self, name: str, steps: Sequence[Step], **more: Any) -> None:
        with self._lock:
            job = self._jobs[name]
            self._jobs[name] = replace(job, steps=tuple(steps), version=job.version + 1, **more)

    def _run(self, name: str, who: Identity, folder: Path, files: Path, accounts: Accounts) -> None:
        job = self._jobs[name]
        received, _, written = job.steps
        self._change(name, (received, Step("read and checked", "running"), written))
        try:
            answer = self._read(job, who, folder, files)
        except Exception as error:  # a fault of galu: whoever waits is told that it ended
            answer = {"refused": f"galu failed ({type(error).__name__})", "faults": []}
        finally:
            shutil.rmtree(files, ignore_errors=True)
        if "refused" in answer:
            steps = (received, Step("read and checked", "failed", answer["refused"]), written)
            why = answer["refused"][:300]
            accounts.note("import-refused", who.account, who.account, trial=job.trial, why=why)
            self._change(name, steps, faults=tuple(map(tuple, answer["faults"])))
            return
        done = answer["imported"]
        counts = dict(done["counts"])
        said = f"{sum(counts.values())} facts" + (", nothing was written" if job.wish.dry_run else "")
        steps = (received, Step("read and checked", "done", said), Step("written", "done"))
        if not job.wish.dry_run:
            accounts.note("imported", who.account, who.account, trial=job.trial, facts=sum(counts.values()))
            self._announce()
        self._change(name, steps, counts=counts, known=done["known"])

    def _read(self, job: Job, who: Identity, folder: Path, files: Path) -> dict[str, Any]:
        only = list(files.iterdir())
        asked = {
            "folder": str(folder.absolute()), "source": str(only[0] if len(only) == 1 else files),
            "who": told(who), "memory_byte": _MEMORY_BYTE, "cpu_s": _CPU_S,
            "format": job.wish.format, "dialect": job.wish.dialect, "dry_run": job.wish.dry_run,
        }  # fmt: skip
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "galu.web.reading"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True
        )  # fmt: skip
        self._children.add(child)
        try:
            out, _ = child.communicate(json.dumps(asked), timeout=_WHOLE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return _refused("took too long to read")
        finally:
            self._children.discard(child)
        try:
            answer: dict[str, Any] = json.loads(out.strip().split("\n")[-1])
        except ValueError:
            return _refused("needed more memory or processor time than reading may take")
        return answer


def _refused(why: str) -> dict[str, Any]:
    remedy = "split the file; nothing was written"
    return {"refused": f"the file {why}; {remedy}.", "faults": [["file", why, remedy]]}


def kept_files(files: Sequence[tuple[str, bytes]]) -> Path:
    """A folder of its own with these files, under the last part of their names.

    Raises
    ------
    RequestError
        When a name is none, or two are the same.
    """
    folder = Path(tempfile.mkdtemp(prefix="galu-import-"))
    try:
        for name, content in files:
            plain = name.replace("\\", "/").split("/")[-1]
            good = plain and not plain.startswith(".") and len(plain) <= 120 and plain.isprintable()
            if not good or (folder / plain).exists():
                told = f"{plain[:120]!r} is no name, or stands twice"
                raise RequestError(422, "files", told, "name each its own")
            (folder / plain).write_bytes(content)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder
