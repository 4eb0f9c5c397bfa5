"""Results that leave the trial: the registry's record, written and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from galu.desk.folder import open_trial
from galu.desk.identity import acts
from galu.desk.outputs import write_output
from galu.desk.status import day_of_report
from galu.exchange.registry.results_check import Comment, check_results
from galu.exchange.registry.results_xml import as_xml
from galu.finding import InputError
from galu.results.registry import results_section
from galu.trial.state import derive_state

XML: Final = "results.xml"
JSON: Final = "results.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """Files written, and what the registry's review would say of them."""

    files: tuple[Path, ...]
    comments: tuple[Comment, ...]
    simulated: bool


@acts("read-report")
def export_registry(
    folder: Path, out: Path, as_of: date | None = None, cutoff: date | None = None
) -> Exported:
    """Write the results of a trial as the registry's upload and as its API shows them.

    Raises
    ------
    InputError
        When the folder is no trial, or `out` holds something that galu did not make.
    """
    trial = open_trial(folder)
    record = trial.record
    day = day_of_report(record, as_of)
    state = derive_state(trial.study_on(day), record, day, cutoff)
    section = results_section(state)
    told = {"resultsSection": section, "origin": record.origin, "asOf": day.isoformat()}
    out.mkdir(parents=True, exist_ok=True)
    files = (
        write_output(out / XML, as_xml(section)),
        write_output(out / JSON, json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"),
    )
    return Exported(files, check_results(section), record.origin == "simulated")


@acts("compute")
def check_registry_file(path: Path) -> tuple[Comment, ...]:
    """What the registry's review would say of a record in the shape of its API.

    Raises
    ------
    InputError
        When the file is no such record.
    """
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))
        section = told["resultsSection"]
        return check_results(section)
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})", "name another file") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        remedy = "give a record of the API (v2) that has a resultsSection"
        raise InputError(str(path), "is no record with results", remedy) from None
