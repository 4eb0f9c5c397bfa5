"""Trials that one process keeps open: read once, followed as they grow, their states derived once.

A use case opens its trial anew; in a server that would read the whole record for each request. While a
folder is kept open here, opening it gives the same store, which reads on from where it was, and the states
derived of it. What is kept is of one process; another that writes into the record is followed, because every
look asks the record for what came since.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from galu.finding import OvertakenError
from galu.protocol import Study
from galu.record import Record
from galu.record.seal import Head
from galu.store import Checkpoints, SqlStore
from galu.trial.memory import Memory
from galu.trial.state import TrialState, derive_state

#: Head of the record, day, and the day of a clinical cut.
Moment = tuple[Head, date, date | None]
#: So many states are kept: those of today, and of some days that somebody looks at.
_STATES: Final = 12


class Kept:
    """What is kept of one trial; its parts may be asked for by any thread.

    Parameters
    ----------
    trial
        What names the trial.
    store, checkpoints
        Its record and signed heads, held open.
    """

    def __init__(self, trial: str, store: SqlStore, checkpoints: Checkpoints) -> None:
        self.trial = trial
        self.store = store
        self.checkpoints = checkpoints
        self._writing = threading.RLock()
        self._expected: str | None = None
        self._deriving = threading.Lock()
        self._states: OrderedDict[Moment, TrialState] = OrderedDict()
        self._memory: tuple[Moment, Memory] | None = None

    @contextlib.contextmanager
    def writes(self, expected: str | None = None) -> Iterator[None]:
        """Nobody else of this process writes; where a digest is given, it rests on the head that has it."""
        with self._writing:
            self._expected = expected
            try:
                yield
            finally:
                self._expected = None

    def require_expected(self, after: Head | None) -> Head | None:
        """The head after which to write, which must be the one that is expected.

        Raises
        ------
        OvertakenError
            When the record was read further than that; nothing was written.
        """
        if self._expected is None:
            return after
        head = after or self.store.head()
        if head.digest != self._expected:
            raise OvertakenError(
                self.store.place,
                f"somebody wrote entry {head.seq} meanwhile",
                "look again; nothing was written",
            )
        return head

    def state(self, moment: Moment, record: Record, study: Callable[[], Study]) -> TrialState:
        """The state at a moment of the record, derived when it is first asked for, its board with it."""
        with self._deriving:
            found = self._states.get(moment)
            if found is None:
                _, day, cutoff = moment
                found = derive_state(study(), record, day, cutoff, self._known(moment))
                _ = found.board
                self._states[moment] = found
                if cutoff is None and (self._memory is None or self._memory[0][0].seq <= moment[0].seq):
                    self._memory = (moment, found.memory)
            self._states.move_to_end(moment)
            while len(self._states) > _STATES:
                self._states.popitem(last=False)
            return found

    def _known(self, moment: Moment) -> Memory | None:
        """What was derived of the same record when it was shorter; of a cut nothing is of use."""
        return self._memory[1] if self._memory is not None and moment[2] is None else None


_KEPT: Final[dict[Path, Kept]] = {}


def kept_at(folder: Path) -> Kept | None:
    """What this process keeps of a trial folder; None where it does not keep it open."""
    return _KEPT.get(folder.absolute()) if _KEPT else None


@contextlib.contextmanager
def keeping(folder: Path, trial: str, store: SqlStore, checkpoints: Checkpoints) -> Iterator[Kept]:
    """Keep a trial open while the block lasts."""
    place = folder.absolute()
    with store.held():
        kept = _KEPT[place] = Kept(trial, store, checkpoints)
        try:
            yield kept
        finally:
            del _KEPT[place]
