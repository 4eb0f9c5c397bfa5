"""A report from a trial folder: the state on a day, written as a page, findings, tables and figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.outputs import replace_folder, require_earlier_folder
from galu.desk.places import RECORD
from galu.desk.set_aside import read_set_aside
from galu.desk.status import day_of_report, mark_of
from galu.report.document import Report, build_report, render
from galu.report.findings import FORMAT, as_json

PAGE = "report.html"
FINDINGS = "findings.json"
#: Folders of a report, and what the files in them end with.
_FOLDERS: Final = {"tables": ".csv", "figures": ".png"}


@acts("read-report")
def run_trial(
    folder: Path,
    out: Path,
    as_of: date | None = None,
    cutoff: date | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the report of a trial folder and give the path of its page.

    Parameters
    ----------
    folder
        A trial folder.
    out
        A new folder, or one that holds an earlier report, which is replaced as a whole.
    as_of
        Day of the state; by default today for observations, else the day of the last fact.
    cutoff
        Leave out facts that happened later.
    tell
        Is told what is being worked on.

    Raises
    ------
    InputError
        When the folder is no trial, its record had not begun, or `out` holds something else.
    """
    require_earlier_folder(out, FINDINGS, FORMAT, _is_of_a_report)
    tell("reading the record")
    trial = open_trial(folder)
    record = trial.record
    day = day_of_report(record, as_of)
    mark = mark_of(trial, record, day, cutoff)
    tell("deriving the state")
    state = trial.state(day, cutoff)
    known = record.as_of(day)
    known = known if cutoff is None else known.occurred_by(cutoff)
    aside = [
        (one.imported[:10], one.file, one.row, one.why) for one in read_set_aside(folder, day, record.zone)
    ]
    aside += [("", RECORD, 0, f"left out, because it cannot be read: {one}") for one in record.unread]
    report = build_report(state, known, mark, aside, tell)
    tell("writing")
    replace_folder(out, lambda folder: _write(folder, report, as_json(state, mark)))
    return out / PAGE


def _is_of_a_report(path: Path) -> bool:
    if len(path.parts) == 1:
        return path.name in (PAGE, FINDINGS, *_FOLDERS)
    return len(path.parts) == 2 and path.suffix == _FOLDERS.get(path.parts[0])


def _write(folder: Path, report: Report, findings: str) -> None:
    (folder / PAGE).write_text(render(report), encoding="utf-8")
    (folder / FINDINGS).write_text(findings, encoding="utf-8")
    origin = report.mark.banner or report.mark.origin
    (folder / "tables").mkdir()
    for table in report.tables():
        (folder / "tables" / f"{table.name}.csv").write_text(table.csv(origin), encoding="utf-8")
    (folder / "figures").mkdir()
    for picture in report.pictures():
        (folder / "figures" / f"{picture.name}.png").write_bytes(picture.png)
