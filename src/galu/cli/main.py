"""The `galu` command: one lazily loaded module per command, so that `galu --version` stays instant."""

from __future__ import annotations

import importlib
import sys
from functools import partial
from pathlib import Path
from typing import Final

import typer
from typer.exceptions import TyperException

from galu import __version__
from galu.cli.account import terminal_identity
from galu.cli.terminal import shielded
from galu.desk.confined import confined, limits_for, size_of
from galu.desk.identity import acting_as
from galu.finding import InputError

#: Command name to (module, attribute, help); a typer app is a group, a function a plain command.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "serve": ("galu.cli.serve", "serve", "Serve trials in the browser, with an interface for programs."),
    "user": ("galu.cli.user", "app", "Accounts of a trial: add, grant, revoke; the log of access."),
    "study": ("galu.cli.study", "app", "The study file: check, show, import a registry record."),
    "init": ("galu.cli.init", "init", "A new trial folder from a study file."),
    "amend": ("galu.cli.amend", "amend", "Bring an amended study file into force."),
    "review": ("galu.cli.decide", "review", "Write the page that the safety committee reads."),
    "decide": ("galu.cli.decide", "decide", "Enter a signed decision of the committee."),
    "sign": ("galu.cli.sign", "sign", "Sign what is shown, with an account."),
    "signatures": ("galu.cli.sign", "signatures", "Which signatures stand, and what changed since."),
    "record": ("galu.cli.record", "app", "The record: import, verify, export, kinds of facts."),
    "simulate": ("galu.cli.simulate", "simulate", "Simulate a trial into a new trial folder."),
    "status": ("galu.cli.status", "status", "Where a trial stands: board, windows, what is due, what next."),
    "worklist": ("galu.cli.worklist", "worklist", "What is to be done: doses, tasks, screening, questions."),
    "changes": ("galu.cli.worklist", "changes", "What is new in a trial since a day."),
    "history": ("galu.cli.worklist", "history", "Who wrote and corrected a fact, and what rests on it."),
    "query": ("galu.cli.query", "app", "Queries about the data: list, ask, answer, close, run the rules."),
    "lock": ("galu.cli.query", "lock", "Review, verify, freeze, lock or unlock data; add a note."),
    "run": ("galu.cli.run", "run", "Write the report of a trial: page, findings, tables, figures."),
    "report": ("galu.cli.report", "report", "Write tables and listings of a study report."),
    "export": ("galu.cli.export", "app", "Results as the files that registries take, and their check."),
    "design": ("galu.cli.design", "app", "Dose-escalation designs: decide, tabulate, simulate."),
    "eligibility": ("galu.cli.eligibility", "eligibility", "Judge the criteria of each subject."),
    "grade": ("galu.cli.grade", "grade", "Grade laboratory values by CTCAE."),
    "response": ("galu.cli.response", "app", "RECIST, PSA and PCWG3 responses from measurements."),
    "survival": ("galu.cli.survival", "app", "Kaplan-Meier estimates and log-rank tests."),
    "binomial": ("galu.cli.binomial", "binomial", "Exact binomial interval."),
    "tac": ("galu.cli.dosimetry", "tac", "Fit time-activity curves."),
    "dose": ("galu.cli.dosimetry", "dose", "Organ doses from activity measurements."),
    "organs": ("galu.cli.dosimetry", "organs", "Doses of all targets from S values."),
    "scan-times": ("galu.cli.dosimetry", "scan_times", "Which one or two scan times are best."),
    "bed": ("galu.cli.dosimetry", "bed", "Biologically effective dose."),
    "sphere": ("galu.cli.transport", "sphere", "Self-dose of spheres."),
    "kernel": ("galu.cli.transport", "kernel", "Voxel kernels."),
    "population": ("galu.cli.population", "population", "Population fit of concentration curves."),
    "nca": ("galu.cli.nca", "nca", "Non-compartmental analysis."),
}

#: Commands that read foreign files and open no trial: the whole command runs in a child with limits. Those
#: that bring something into a trial do so themselves, so that what is refused is noted there.
CONFINED: Final = (
    *((name,) for name in ("nca", "tac", "dose", "organs", "grade", "survival", "response")),
    *(("study", name) for name in ("check", "show", "import", "compare")),
    ("design", "decide"),
)


def _load(name: str) -> typer.Typer:
    module, attribute, _ = COMMANDS[name]
    loaded = getattr(importlib.import_module(module), attribute)
    if isinstance(loaded, typer.Typer):
        app = loaded
    else:
        app = typer.Typer(add_completion=False)
        app.command(name)(loaded)
    # Read as markup, a unit in brackets would vanish from the help, and tables would cut long words off.
    app.rich_markup_mode = None
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; bad input ends with one sentence and exit code 2."""
    words = sys.argv[1:] if arguments is None else arguments
    sys.stdout, sys.stderr = shielded(sys.stdout), shielded(sys.stderr)
    if words == ["--version"]:
        print(f"galu {__version__}")
        return
    if not words or words[0] in ("-h", "--help"):
        print("Usage: galu COMMAND …\n")
        for name, (_, _, purpose) in COMMANDS.items():
            print(f"  {name:<12} {purpose}")
        return
    if words[0] not in COMMANDS:
        print(f"galu: no command {words[0]!r}; `galu --help` lists them.", file=sys.stderr)
        sys.exit(2)
    if any(tuple(words[: len(one)]) == one for one in CONFINED):
        sys.exit(_confined(words))
    sys.exit(_performed(words))


def _performed(words: list[str]) -> int:
    """Run a command in this process; gives its exit code."""
    try:
        terminal_identity.cache_clear()
        with acting_as(terminal_identity):
            code = _load(words[0])(words[1:], prog_name=f"galu {words[0]}", standalone_mode=False)
    except InputError as error:
        print(f"galu: {error}", file=sys.stderr)
        return 2
    except TyperException as error:
        print(_told(error, f"galu {words[0]}"), file=sys.stderr)
        return 2
    except typer.Abort:
        return 1
    return code if isinstance(code, int) else 0


def _confined(words: list[str]) -> int:
    """The same in a child, whose limits follow from the files among the words."""
    try:
        size = size_of([Path(word.rpartition("=")[2]) for word in words])
        return confined(partial(_performed, words), " ".join(("galu", *words[:2])), limits_for(size))
    except InputError as error:
        print(f"galu: {error}", file=sys.stderr)
        return 2


def _told(error: TyperException, command: str) -> str:
    """One sentence for words that a command cannot read; its help where it was given none."""
    text = error.format_message()
    if text.startswith("Usage:"):
        return text
    path = getattr(getattr(error, "ctx", None), "command_path", command)
    said = " ".join(text.replace(": Value error, ", ": ").split()).rstrip(".")
    return f"galu: {said}; see `{path} --help`."


if __name__ == "__main__":
    main()
