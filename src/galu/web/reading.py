"""Reads foreign files in a process of its own, with limits, as the account that sent them.

Started by `galu.web.jobs`; what is to be done comes as JSON on standard input, what came of it leaves as one
line of JSON. What is read here cannot lift the limits, and a batch is written whole or not at all.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from galu.access import Grant
from galu.desk.identity import Identity, acting_as
from galu.finding import InputError, ManyFaultsError, NotAllowedError


def told(who: Identity) -> dict[str, Any]:
    """An account, as its process is told of it."""
    return {
        "account": who.account,
        "name": who.name,
        "granted": [
            [trial, grant.role, None if grant.sites is None else sorted(grant.sites), grant.since.isoformat(),
             grant.until.isoformat() if grant.until else None, grant.id]
            for trial, grant in who.granted
        ],
    }  # fmt: skip


def identity_told(said: dict[str, Any]) -> Identity:
    """The account that the process was told of."""
    granted = tuple(
        (
            trial,
            Grant(
                role,
                None if sites is None else frozenset(sites),
                date.fromisoformat(since),
                date.fromisoformat(until) if until else None,
                name,
            ),
        )
        for trial, role, sites, since, until, name in said["granted"]
    )
    return Identity(said["account"], said["name"], granted)


def main() -> None:
    """Do what standard input says."""
    asked = json.load(sys.stdin)
    _limit(asked["memory_byte"], asked["cpu_s"])
    who = identity_told(asked["who"])
    try:
        with acting_as(lambda _: who):
            answer = _import(asked)
    except InputError as error:
        errors = error.errors if isinstance(error, ManyFaultsError) else (error,)
        faults = [[one.place, one.fault, one.remedy] for one in errors[: ManyFaultsError.SHOWN]]
        answer = {
            "refused": str(error), "faults": faults, "allowed": not isinstance(error, NotAllowedError)
        }  # fmt: skip
    print(json.dumps(answer, default=str), flush=True)


def _import(asked: dict[str, Any]) -> dict[str, Any]:
    from galu.desk.record import import_csv, import_sdtm
    from galu.exchange.dialect import dialect_named

    folder, source = Path(asked["folder"]), Path(asked["source"])
    if asked["format"] == "sdtm":
        done, _ = import_sdtm(folder, [source], asked["dry_run"])
    else:
        done = import_csv(folder, source, asked["dry_run"], dialect_named(asked["dialect"]))
    return {"imported": asdict(done)}


def _limit(memory_byte: int, cpu_s: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (memory_byte, memory_byte))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 10))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
