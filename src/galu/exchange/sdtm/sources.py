"""Which files belong together: a folder of data sets, or files named one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from galu.exchange.sdtm.domains import DOMAINS
from galu.exchange.sdtm.tables import base_and_set
from galu.finding import InputError

SUFFIXES = (".csv", ".xpt", ".json")
_REASONS = {
    "PP": "galu derives pharmacokinetic parameters itself",
    "AD": "analysis data (ADaM) are results, not observations",
}


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

    In a folder the name says the domain: `ae.csv`, `AE.xpt`, `prefix__tu_onco.csv` (domain TU of the set
    `onco`). A folder with plain names is read without its other sets.

    Raises
    ------
    InputError
        When a folder holds several files of one domain, so that somebody must choose.
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
    return Choice(tuple(read), tuple(unread))


def _choose_in(folder: Path, named: set[Path]) -> Choice:
    sets: dict[str, list[Path]] = {}
    unread: list[tuple[Path, str]] = []
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.resolve() not in named)
    for path in files:
        base, suffix = base_and_set(path)
        if path.suffix.lower() not in SUFFIXES:
            unread.append((path, "is no CSV, XPT or JSON file"))
        elif base in DOMAINS or base.startswith("SUPP"):
            sets.setdefault(suffix, []).append(path)
        else:
            unread.append((path, why_unread(base)))
    plain = sets.pop("", None)
    if plain is None:
        plain = [path for paths in sets.values() for path in paths]
    else:
        for suffix, paths in sets.items():
            reason = f"belongs to another set ({suffix}): name the file as a source of its own to read it"
            unread += [(path, reason) for path in paths]
    _refuse_rivals(folder, plain)
    return Choice(tuple(plain), tuple(sorted(unread)))


def _refuse_rivals(folder: Path, paths: Iterable[Path]) -> None:
    by_domain: dict[str, list[str]] = {}
    for path in paths:
        by_domain.setdefault(base_and_set(path)[0], []).append(path.name)
    rivals = {domain: names for domain, names in by_domain.items() if len(names) > 1}
    if rivals:
        shown = "; ".join(f"{domain}: {', '.join(names)}" for domain, names in rivals.items())
        remedy = "choose the files that belong together and name each as a source in place of the folder"
        raise InputError(str(folder), f"holds several files of one domain ({shown})", remedy)
