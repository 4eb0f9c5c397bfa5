"""Which files belong together: a folder of data sets, or files named one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from galu.exchange.sdtm.domains import DOMAINS
from galu.exchange.sdtm.tables import SUFFIXES, base_and_set
from galu.finding import InputError

_REASONS: Final = {
    "PP": "galu derives pharmacokinetic parameters itself",
    "AD": "analysis data (ADaM) are results, not observations",
}
#: How much of a file is searched for the column DOMAIN, where its name says no domain.
_LOOKED_AT: Final = 2**18


@dataclass(frozen=True, slots=True)
class Choice:
    """Files to read, and files left out with the reason."""

    read: tuple[Path, ...]
    unread: tuple[tuple[Path, str], ...]


def why_unread(domain: str) -> str:
    """Why galu reads no such data set."""
    return (
        _REASONS.get(domain)
        or _REASONS.get(domain[:2] if len(domain) > 2 else "")
        or (f"galu has no home for {domain}")
    )


def choose_files(sources: Sequence[Path]) -> Choice:
    """Files of `sources`: each a file, read whatever its name, or a folder that holds one set.

    In a folder the column DOMAIN says what a file is, whatever its name: `lbch.csv` and `lbhe.xpt` are
    parts of LB. A name such as `tu_onco.csv` names a set beside the domain where several domains have
    that ending; a folder with other files is read without such a set.

    Raises
    ------
    InputError
        When there is no data set.
    """
    named = [source for source in sources if not source.is_dir()]
    read, unread = list(named), list[tuple[Path, str]]()
    for folder in (source for source in sources if source.is_dir()):
        choice = _choose_in(folder, {path.resolve() for path in named})
        read += choice.read
        unread += choice.unread
    if not read:
        raise InputError(
            ", ".join(map(str, sources)), "holds no SDTM data set", "give a folder with dm.csv, ae.xpt, …"
        )
    once = {path.resolve(): path for path in read}
    return Choice(tuple(once.values()), tuple(unread))


def _choose_in(folder: Path, named: set[Path]) -> Choice:
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.resolve() not in named)
    sets = _sets(files)
    read: list[Path] = []
    unread: list[tuple[Path, str]] = []
    beside: list[tuple[Path, str]] = []
    for path in files:
        reason, suffix = _why_not(path), base_and_set(path)[1]
        if reason:
            unread.append((path, reason))
        elif suffix in sets:
            beside.append((path, suffix))
        else:
            read.append(path)
    if not any(base_and_set(path)[1] == "" for path in read):
        read += [path for path, _ in beside]
    else:
        reason = "belongs to another set ({}): name the file as a source of its own to read it"
        unread += [(path, reason.format(suffix)) for path, suffix in beside]
    return Choice(tuple(read), tuple(sorted(unread)))


def _sets(files: Sequence[Path]) -> frozenset[str]:
    """Endings of names that several domains have: a set; one that a single domain has is a part of it."""
    domains: dict[str, set[str]] = {}
    for path in files:
        base, suffix = base_and_set(path)
        if suffix and len(base) <= 2:
            domains.setdefault(suffix, set()).add(base)
    return frozenset(suffix for suffix, bases in domains.items() if len(bases) > 1)


def _why_not(path: Path) -> str:
    """Why a file of a folder is no data set to read; nothing where it may be one."""
    if path.suffix.lower() not in SUFFIXES:
        return f"is none of {', '.join(SUFFIXES)}"
    base, _ = base_and_set(path)
    if base in DOMAINS or base.startswith("SUPP"):
        return ""
    if len(base) == 2 or base.startswith("AD") or not _names_a_domain(path):
        return why_unread(base)
    return ""


def _names_a_domain(path: Path) -> bool:
    """Whether the column DOMAIN or RDOMAIN is among the first bytes, in any encoding."""
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT).replace(b"\0", b"").upper()
    return b"DOMAIN" in head
