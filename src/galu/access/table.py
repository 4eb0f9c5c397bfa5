"""Roles × actions × states of the data: one row for each action, and nothing else decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from galu.access.roles import ROLES, Role

#: What was done with data, from the loosest to the strictest.
State = Literal["open", "reviewed", "signed", "frozen", "locked"]
STATES: Final[tuple[State, ...]] = get_args(State)

#: `site`: of data of one site, which the grant must cover. `trial`: of the trial as a whole, a grant at any
#: site will do. `whole`: of every site's data at once, the grant must cover every site. `own`: needs an
#: account and no role.
Reach = Literal["site", "trial", "whole", "own"]

Action = Literal[
    "read",
    "read-personal",
    "read-board",
    "read-report",
    "read-history",
    "enter",
    "measure",
    "judge",
    "import",
    "correct",
    "note",
    "ask",
    "answer",
    "close",
    "review",
    "verify-source",
    "freeze",
    "unfreeze",
    "lock",
    "unlock",
    "sign",
    "decide",
    "amend",
    "export",
    "backup",
    "custody",
    "check-record",
    "manage-accounts",
    "read-access-log",
    "compute",
]


@dataclass(frozen=True, slots=True)
class Line:
    """Who may do one thing, where, and with data in which states."""

    action: Action
    does: str
    reach: Reach
    roles: frozenset[Role]
    states: frozenset[State]

    @property
    def is_never_stopped(self) -> bool:
        """Whether no state of the data stops it."""
        return self.states == frozenset(STATES)


_ALL: Final = frozenset(STATES)
_CHANGING: Final = frozenset({"open", "reviewed", "signed"})
_BEFORE_LOCK: Final = _CHANGING | {"frozen"}
_EVERYBODY: Final = frozenset(ROLES)
_READERS: Final = _EVERYBODY - {"administrator"}
_SITE: Final = frozenset({"coordinator", "investigator"})
_CHECKERS: Final = frozenset({"monitor", "medical-monitor", "data-manager"})


def _line(action: Action, does: str, reach: Reach, roles: str | Iterable[str], states: Iterable[str]) -> Line:
    named = roles.split() if isinstance(roles, str) else roles
    return Line(action, does, reach, frozenset(named), frozenset(states))  # type: ignore[arg-type]


#: Sources: ICH E6(R3) 2.12, 3.16.1 and 4.2.2 (who enters, corrects and sees), 21 CFR 11.10(d), (g) and (k).
#: After a freeze review goes on and values stay; after a lock only notes are taken.
TABLE: Final[dict[Action, Line]] = {
    line.action: line
    for line in (
        _line("read", "see the data of subjects", "site", _READERS - {"committee"}, _ALL),
        _line("read-personal", "see what identifies a person", "site",
              "coordinator investigator monitor medical-monitor data-manager auditor", _ALL),
        _line("read-board", "see the board, every slot by subject number", "trial", _READERS, _ALL),
        _line("read-report", "write the report, with every subject's data", "whole", _READERS, _ALL),
        _line("read-history", "see who wrote and changed a value, and why", "site",
              _READERS - {"committee"}, _ALL),
        _line("enter", "write what happened to a subject", "site", _SITE, _CHANGING),
        _line("measure", "write activity, doses given and scans", "site", _SITE | {"physicist"}, _CHANGING),
        _line("judge", "judge what no rule decides", "site", "investigator medical-monitor", _CHANGING),
        _line("import", "bring facts in from files", "site",
              _SITE | {"physicist", "data-manager"}, _CHANGING),
        _line("correct", "correct or take back a fact, with its reason", "site",
              _SITE | {"physicist", "medical-monitor", "data-manager"}, _CHANGING),
        _line("note", "add a note to a value", "site", _SITE | _CHECKERS | {"physicist"}, _ALL),
        _line("ask", "raise or reopen a query", "site",
              _CHECKERS | {"physicist", "statistician"}, _BEFORE_LOCK),
        _line("answer", "answer a query", "site", _SITE | {"physicist"}, _BEFORE_LOCK),
        _line("close", "close a query", "site", _CHECKERS, _BEFORE_LOCK),
        _line("review", "mark data as reviewed", "site", _CHECKERS, _BEFORE_LOCK),
        _line("verify-source", "mark data as compared with their source", "site", "monitor", _BEFORE_LOCK),
        _line("freeze", "stop changes of data", "site", "monitor data-manager", _CHANGING),
        _line("unfreeze", "allow changes again", "site", "data-manager", {"frozen"}),
        _line("lock", "close data for good", "site", "data-manager", _BEFORE_LOCK),
        _line("unlock", "open locked data, with a reason", "site", "data-manager", {"locked"}),
        _line("sign", "sign what is shown", "site",
              "investigator medical-monitor physicist statistician data-manager committee", _BEFORE_LOCK),
        _line("decide", "enter a decision of committee or sponsor", "trial",
              "investigator medical-monitor committee", _ALL),
        _line("amend", "bring a study file into force", "whole", "data-manager", _ALL),
        _line("export", "take the data of every site out", "whole",
              "statistician data-manager auditor", _ALL),
        _line("backup", "copy the whole trial", "whole", "data-manager administrator", _ALL),
        _line("custody", "say where the key that signs lies", "whole", "administrator", _ALL),
        _line("check-record", "check that the record holds together", "trial", _EVERYBODY, _ALL),
        _line("manage-accounts", "add, grant, revoke, reset and disable accounts", "whole",
              "administrator", _ALL),
        _line("read-access-log", "read who came in and who was granted what", "whole",
              "auditor administrator", _ALL),
        _line("compute", "use what reads no trial: designs, dosimetry, grading", "own", _EVERYBODY, _ALL),
    )
}  # fmt: skip


def strictest(states: Iterable[State]) -> State:
    """The state that counts of data in several; open where nothing was done with them.

    >>> strictest(["signed", "frozen"])
    'frozen'
    """
    return max(states, key=STATES.index, default="open")


def access_reference() -> str:
    """The table as Markdown."""
    head = ["action", "what it is", "reach", *STATES]
    rows = [
        [line.action, line.does, line.reach, *("yes" if state in line.states else "–" for state in STATES)]
        for line in TABLE.values()
    ]
    roles = [
        [line.action, *("yes" if role in line.roles else "–" for role in ROLES)] for line in TABLE.values()
    ]
    return (
        f"{_table(head, rows)}\n\nReach `site`: the grant must cover the site. `trial`: a grant at any site. "
        "`whole`: a grant for every site. `own`: any account.\n\n"
        f"## Roles\n\n{_table(['action', *ROLES], roles)}\n"
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)
