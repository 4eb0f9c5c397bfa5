"""The trials that are served: opened once, followed as they grow, whoever waits told of each change."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from galu.access import Grant
from galu.desk.accounts import World
from galu.desk.clock import utc_now
from galu.desk.folder import TrialFolder, opened
from galu.desk.kept import Kept, keeping
from galu.desk.pages.look import derive_board_today, prepare
from galu.desk.places import accounts_of, holds_record
from galu.finding import InputError, NotThereError, OutOfReachError
from galu.record.seal import Head
from galu.store import Accounts
from galu.store.sql import Clock

#: How often another process's writing is looked for [s]; this process's own is told at once.
_LOOKS_EVERY_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Served:
    """A trial that is served: the name it has in addresses, its folder, and what is kept of it."""

    name: str
    folder: Path
    kept: Kept
    clock: Clock = utc_now

    @property
    def id(self) -> str:
        """What names the trial among the grants of an account."""
        return self.kept.trial

    @property
    def head(self) -> Head:
        """The newest entry of its record."""
        return self.kept.store.head()

    def opened(self) -> TrialFolder:
        """The trial for what asks nobody; whoever shows something of it opens it through the desk."""
        return opened(self.folder, self.clock)

    @property
    def title(self) -> str:
        """What the study is called."""
        return self.opened().study.identity.title.value or self.name

    @property
    def today(self) -> date:
        """The present day in the zone of the trial."""
        return self.opened().today

    @property
    def has_accounts(self) -> bool:
        """Whether anybody can come in."""
        return accounts_of(self.folder) is not None


@dataclass(eq=False)
class _Waiting:
    """Somebody who waits for changes of a trial, in the loop that runs there."""

    trial: str
    loop: asyncio.AbstractEventLoop
    heads: asyncio.Queue[Head | None] = field(default_factory=asyncio.Queue)

    def tell(self, head: Head | None) -> None:
        with contextlib.suppress(RuntimeError):  # its loop is over
            self.loop.call_soon_threadsafe(self.heads.put_nowait, head)


class Hub:
    """The trials of one server, and the accounts that all of them share.

    Parameters
    ----------
    folders
        Trial folders by the name they have in addresses.
    place
        Where the accounts are; None: where the trials say.
    clock
        Gives the present moment.

    Raises
    ------
    InputError
        When one is no trial, or they keep their accounts in different places.
    """

    def __init__(self, folders: Mapping[str, Path], place: str | None = None, clock: Clock = utc_now) -> None:
        self.clock = clock
        self._place = place
        self._open = ExitStack()
        self._waiting: set[_Waiting] = set()
        self._told: dict[str, Head] = {}
        self._prepared: dict[str, Head] = {}
        self._look = threading.Event()
        self._closing = False
        self._lock = threading.Lock()
        self._accounts: Accounts | None = None
        try:
            self.trials = {name: self._serve(name, folder) for name, folder in sorted(folders.items())}
            self._require_one_place()
        except BaseException:
            self._open.close()
            raise
        self._follower = threading.Thread(target=self._follow, name="galu follower", daemon=True)
        self._follower.start()

    def _serve(self, name: str, folder: Path) -> Served:
        trial = opened(folder, self.clock)
        self._open.callback(trial.store.close)
        kept = self._open.enter_context(keeping(folder, trial.id, trial.store, trial.checkpoints))
        return Served(name, folder, kept, self.clock)

    def _require_one_place(self) -> None:
        found = {accounts_of(one.folder) for one in self.trials.values()} - {None}
        if self._place is not None:
            found.add(self._place)
        if len(found) > 1:
            places = ", ".join(sorted(map(str, found)))
            raise InputError(
                "galu serve", f"the trials keep accounts in different places ({places})",
                "serve those apart that do not share accounts",
            )  # fmt: skip

    def trial(self, name: str) -> Served:
        """The trial with this name.

        Raises
        ------
        NotThereError
            When there is none.
        """
        if name not in self.trials:
            raise no_trial(name)
        return self.trials[name]

    @property
    def accounts(self) -> Accounts:
        """The accounts of the trials.

        Raises
        ------
        OutOfReachError
            When no trial has accounts yet.
        """
        with self._lock:
            if self._accounts is None:
                told = (accounts_of(one.folder) for one in self.trials.values())
                place = self._place or next((one for one in told if one is not None), None)
                if place is None:
                    remedy = "add the first account on the console: galu user add DIR LOGIN --name NAME"
                    raise OutOfReachError("galu", "nobody has an account yet", remedy)
                self._accounts = Accounts(place, self.clock, World().random)
            return self._accounts

    # --- following

    def announce(self) -> None:
        """Something was written by this process: whoever waits is told at once."""
        self._look.set()

    def _follow(self) -> None:
        while not self._closing:
            self._look.wait(_LOOKS_EVERY_S)
            self._look.clear()
            for served in self.trials.values():
                # What hinders now is told to whoever asks for the trial; here the next look may succeed.
                with contextlib.suppress(InputError, OSError):
                    self._follow_one(served)

    def _follow_one(self, served: Served) -> None:
        head = served.head
        if self._closing:
            return
        if self._told.get(served.name) == head:
            if self._prepared.get(served.name) != head:  # whoever was told has asked by now
                self._prepared[served.name] = head
                prepare(served.opened())
            return
        before = served.name in self._told
        self._told[served.name] = head
        trial = served.opened()
        if before:
            for one in tuple(self._waiting):
                if one.trial == served.name:
                    one.tell(head)
        derive_board_today(trial)

    @contextlib.contextmanager
    def _waits(self, trial: str) -> Iterator[_Waiting]:
        one = _Waiting(trial, asyncio.get_running_loop())
        self._waiting.add(one)
        try:
            yield one
        finally:
            self._waiting.discard(one)

    async def heads(self, trial: str, every_s: float) -> AsyncIterator[Head | None]:
        """Heads of a trial as it grows, None where nothing came for a while; ends when the server does."""
        with self._waits(trial) as mine:
            while not self._closing:
                try:
                    head = await asyncio.wait_for(mine.heads.get(), every_s)
                except TimeoutError:
                    yield None
                    continue
                if self._closing:
                    return
                yield head

    @property
    def is_closing(self) -> bool:
        """Whether streams are to end."""
        return self._closing

    def stop_telling(self) -> None:
        """End every stream, so that the server can end."""
        self._closing = True
        self._look.set()
        for one in tuple(self._waiting):
            one.tell(None)

    def close(self) -> None:
        """Let go of everything."""
        self.stop_telling()
        self._follower.join(timeout=10)
        with self._lock:
            if self._accounts is not None:
                self._accounts.close()
        self._open.close()


def no_trial(name: str) -> NotThereError:
    """What is said of a trial that is not there, or is none of whoever asks."""
    return NotThereError(f"trial {name!r}", "is not there", "choose one of your trials")


def folders_in(place: Path) -> dict[str, Path]:
    """The trial folder, or those in a folder of trials, by name.

    Raises
    ------
    InputError
        When none is there.
    """
    if holds_record(place):
        return {place.resolve().name: place}
    inside = sorted(place.iterdir()) if place.is_dir() else []
    found = {one.name: one for one in inside if one.is_dir() and holds_record(one)}
    if not found:
        remedy = "give a trial folder made by `galu init`, or a folder of such folders"
        raise InputError(str(place), "holds no trial", remedy)
    return found


def of_trial(granted: tuple[tuple[str | None, Grant], ...], trial: str) -> tuple[Grant, ...]:
    """Grants of one trial, whether or not they are in force."""
    return tuple(grant for name, grant in granted if name in (None, trial))
