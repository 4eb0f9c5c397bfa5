"""``galu eligibility``: every criterion of every subject, with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from galu.eligibility.evidence import Gate
from galu.finding import InputError

if TYPE_CHECKING:
    from galu.desk.eligibility import Question
    from galu.eligibility import CriterionVerdict


#: How a verdict is marked where many stand together.
_MARKS: Final = {"satisfied": "", "violated": "×", "unknown": "?"}


def eligibility(
    study: Annotated[Path, typer.Argument(help="study.yaml or a folder that holds it")],
    record: Annotated[Path, typer.Argument(help="trial folder, a CSV of facts or a folder of them")],
    subject: Annotated[str | None, typer.Option(help="only this subject")] = None,
    gate: Annotated[Gate | None, typer.Option(help="this gate; else the next one of each subject")] = None,
    what_if: Annotated[
        list[str] | None, typer.Option(metavar="SWITCH=SETTING", help="judge by another reading; repeatable")
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="what was known on a day")
    ] = None,
    changes: Annotated[bool, typer.Option("--changes", help="what every other reading would change")] = False,
    expiry: Annotated[bool, typer.Option("--expiry", help="when each piece of evidence expires")] = False,
    json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Judge the criteria: satisfied, violated or unknown, with the facts and their expiry."""
    from galu.desk.eligibility import Question

    day = None if as_of is None else as_of.date()
    question = Question(subject, gate, day, dict(_setting(text) for text in what_if or ()))
    if changes:
        _print_changes(study, record, question, json)
    elif expiry:
        _print_expiry(study, record, question, json)
    else:
        _print_verdicts(study, record, question, json)


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name or not value:
        raise InputError("--what-if", f"{text!r} sets nothing", "write SWITCH=SETTING, such as mdrd=chinese")
    return name.strip(), value.strip()


def _print_verdicts(study: Path, record: Path, question: Question, json: bool) -> None:
    from galu.desk.eligibility import as_json, judge_eligibility

    judged = judge_eligibility(study, record, question)
    if json:
        _print_json(as_json(judged))
        return
    if not judged:
        typer.echo(f"nobody was in the record {'yet' if question.as_of is None else f'on {question.as_of}'}")
    for one in judged:
        rows = [
            (
                *_head(verdict, n),
                f"{_MARKS[verdict.verdict_of(atom)]} {atom.id}".strip(),
                atom.truth.value,
                _day(atom.expires),
                atom.reason,
                ", ".join(atom.facts),
            )
            for verdict in one.verdicts
            for n, atom in enumerate(verdict.atoms)
        ]
        columns = ("criterion", "verdict", "atom", "says", "expires", "why", "facts")
        _print_table(f"{one.subject}, gate {one.gate.value}: {_summary(one.verdicts)}", columns, rows)
    if judged:
        typer.echo("Atoms marked × speak against the subject, those marked ? are unknown.")


def _head(verdict: CriterionVerdict, row: int) -> tuple[str, str]:
    return (
        (f"{_MARKS[verdict.verdict]} {verdict.criterion}".strip(), verdict.verdict) if row == 0 else ("", "")
    )


def _summary(verdicts: Sequence[CriterionVerdict]) -> str:
    return ", ".join(f"{sum(one.verdict == word for one in verdicts)} {word}" for word in _MARKS)


def _print_changes(study: Path, record: Path, question: Question, json: bool) -> None:
    from dataclasses import asdict

    from galu.desk.eligibility import changes_of_reading

    changes = changes_of_reading(study, record, question)
    if json:
        _print_json([asdict(one) for one in changes])
        return
    columns = ("switch", "read as", "subject", "criterion", "verdict now", "then")
    rows = [(c.switch, c.setting, c.subject, c.criterion, c.before, c.after) for c in changes]
    _print_table("What another reading changes", columns, rows)


def _print_expiry(study: Path, record: Path, question: Question, json: bool) -> None:
    from dataclasses import asdict

    from galu.desk.eligibility import expiries

    rows = expiries(study, record, question)
    if json:
        _print_json([{**asdict(r), "on": _day(r.on) or None, "expires": _day(r.expires)} for r in rows])
        return
    columns = ("expires", "subject", "evidence", "of", "atom", "state", "facts")
    cells = [
        (_day(r.expires), r.subject, r.item, _day(r.on), r.atom, r.state, ", ".join(r.facts)) for r in rows
    ]
    _print_table("Evidence and its last day", columns, cells)


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _print_json(value: object) -> None:
    import json

    typer.echo(json.dumps(value, indent=1))


def _print_table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.table import Table

    from galu.cli.terminal import console

    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console().print(table)
