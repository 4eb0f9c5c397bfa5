"""What is known so far, section by section, as the report has it; prepared once for each record."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from galu.desk.identity import acts
from galu.desk.pages.look import Look, look
from galu.finding import NotThereError
from galu.record import Record
from galu.report.blocks import Picture, Section
from galu.report.document import picture_file, points_of
from galu.report.figures.style import stamped
from galu.report.sections.dosimetry import dosimetry
from galu.report.sections.efficacy import efficacy
from galu.report.sections.exposure import exposure
from galu.report.sections.next_cycle import next_cycle
from galu.report.sections.pharmacokinetics import pharmacokinetics
from galu.report.sections.safety import safety
from galu.report.sections.watch import watch
from galu.trial.state import TrialState

Makes = Callable[[TrialState, Record], Section]
#: Name of a page to the sections of the report on it.
PAGES: Final[Mapping[str, tuple[Makes, ...]]] = {
    "safety": (lambda state, _: safety(state), lambda state, _: watch(state)),
    "exposure": (lambda state, _: exposure(state),),
    "dosimetry": (
        lambda state, known: dosimetry(state, points_of(state, known)),
        lambda state, _: next_cycle(state),
    ),
    "pharmacokinetics": (lambda state, _: pharmacokinetics(state),),
    "efficacy": (lambda state, _: efficacy(state),),
}
_Key = tuple[str, str, date]
#: So many pages are kept.
_MOST: Final = 20
_KEPT: Final[OrderedDict[_Key, tuple[Section, ...]]] = OrderedDict()
_PREPARING: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Results:
    """Sections of one page."""

    look: Look
    name: str
    sections: tuple[Section, ...]


@acts("read-report")
def results(folder: Path, name: str, as_of: date | None = None) -> Results:
    """One page of results on a day.

    Raises
    ------
    NotThereError
        When there is no such page.
    """
    if name not in PAGES:
        raise NotThereError(f"results {name!r}", "are not there", f"choose one of {', '.join(PAGES)}")
    seen = look(folder, as_of)
    return Results(seen, name, _prepared(seen, name))


def _prepared(seen: Look, name: str) -> tuple[Section, ...]:
    key = (name, seen.mark.digest, seen.day)
    with _PREPARING:
        if key not in _KEPT:
            known = seen.everything.as_of(seen.day)
            with stamped(seen.mark.banner):
                _KEPT[key] = tuple(make(seen.state, known) for make in PAGES[name])
        _KEPT.move_to_end(key)
        while len(_KEPT) > _MOST:
            _KEPT.popitem(last=False)
        return _KEPT[key]


@acts("read-report")
def result_picture(folder: Path, page: str, name: str, as_of: date | None = None) -> str:
    """One picture of a page, as a file of its own (SVG).

    Raises
    ------
    NotThereError
        When it is not there.
    """
    for section in results(folder, page, as_of).sections:
        for block in section.blocks:
            if isinstance(block, Picture) and block.name == name:
                return picture_file(block)
    raise NotThereError(f"picture {name!r}", "is not there", "open the page again")
