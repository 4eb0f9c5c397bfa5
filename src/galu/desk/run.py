"""A report from a trial folder: the state on a day, written as a page, findings, tables and figures."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.outputs import require_outside_trial
from galu.desk.places import RECORD
from galu.desk.set_aside import read_set_aside
from galu.desk.status import day_of_report, mark_of
from galu.finding import InputError
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
    _require_ours(out)
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
    _replace(out, report, as_json(state, mark))
    return out / PAGE


def _require_ours(out: Path) -> None:
    """Refuse to write over a trial, or over anything that is not an earlier report and nothing else."""
    require_outside_trial(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    findings = out / FINDINGS
    if not out.is_dir() or not findings.is_file() or FORMAT not in findings.read_text(encoding="utf-8")[:200]:
        raise InputError(str(out), "holds something that is no report of galu", "name a new folder with -o")
    strange = [path for path in sorted(out.rglob("*")) if not _is_of_a_report(path.relative_to(out))]
    if strange:
        fault = f"holds {strange[0].relative_to(out)}, which is no part of a report"
        raise InputError(str(out), fault, "move it elsewhere, or name a new folder with -o")


def _is_of_a_report(path: Path) -> bool:
    if len(path.parts) == 1:
        return path.name in (PAGE, FINDINGS, *_FOLDERS)
    return len(path.parts) == 2 and path.suffix == _FOLDERS.get(path.parts[0])


def _replace(out: Path, report: Report, findings: str) -> None:
    """Write beside `out` and move into its place, so that no reader ever sees half a report."""
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        _write(fresh, report, findings)
        fresh.chmod(0o755)
        old = fresh.with_name(fresh.name + "-old")
        if out.exists():
            out.rename(old)
        fresh.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


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
