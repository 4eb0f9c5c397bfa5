"""Each notebook runs from its first cell to its last, and says what the commands that it names say."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from galu.cli.main import main
from support import ROOT, run

NOTEBOOKS = ROOT / "docs" / "notebooks"
CRAFTS = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
TASK = re.compile(
    r"^# %% \[markdown\]\n# ## (?P<number>\d)\. (?P<title>.*)\n"
    r"(?P<words>(?:#.*\n)*?)#     galu (?P<command>.*)\n(?P<after>(?:#.*\n)*)\n"
    r"# %%\n(?P<code>(?:(?!# %%).*\n?)*)",
    re.M,
)

#: Craft and task to what is compared: an expression of the notebook, and where the command says the same.
SAME: dict[tuple[str, int], tuple[tuple[str, str], ...]] = {
    ("statistician", 1): (
        ("decision.action.value", "decision"),
        ("decision.level", "level"),
        ("decision.reason", "reason"),
    ),
    ("statistician", 2): (
        ("exact.select[0]", "select.none"),
        ("list(exact.select[1:])", "select.levels"),
        ("list(exact.patients)", "patients.levels"),
    ),
    ("statistician", 3): (("[asdict(one) for one in boundaries]", "rows"),),
    ("statistician", 4): (("asdict(optimal)", "optimal"), ("asdict(minimax)", "minimax")),
    ("statistician", 5): (("rate.estimate", "estimate"), ("rate.lower", "lower"), ("rate.upper", "upper")),
    ("physicist", 1): (
        ("curve.tia_mbq_h", "regions.0.tia_mbq_h"),
        ("curve.u_tia_mbq_h", "regions.0.u_tia_mbq_h"),
        ("list(curve.interval_mbq_h)", "regions.0.interval_mbq_h"),
    ),
    ("physicist", 2): (
        ("course[0].dose.dose_gy", "doses.0.dose_gy"),
        ("course[1].u_dose_gy", "doses.1.u_dose_gy"),
        ("course[1].cumulative_bed_gy", "doses.1.cumulative_bed_gy"),
        ("[asdict(one) for one in course[1].limits]", "doses.1.limits"),
    ),
    ("physicist", 3): (("bed.bed_gy", "bed_gy"), ("bed.eqd2_gy", "eqd2_gy")),
    ("physicist", 4): (("sphere.s_gy_per_bq_s", "rows.0.s_gy_per_bq_s"),),
    ("physicist", 5): (("[time_h]", "times_h"), ("u_relative", "u_relative")),
    ("pharmacometrician", 1): (
        ("parameters['LAMZHL'].value", "PPTESTCD=LAMZHL.value"),
        ("parameters['AUCIFO'].value", "PPTESTCD=AUCIFO.value"),
        ("parameters['CLO'].value", "PPTESTCD=CLO.value"),
        ("parameters['CLO'].unit", "PPTESTCD=CLO.unit"),
    ),
    ("pharmacometrician", 2): (
        ("of_substance['LAMZHL'].value", "decay_state=corrected.PPTESTCD=LAMZHL.value"),
        ("of_substance['CLO'].value", "decay_state=corrected.PPTESTCD=CLO.value"),
    ),
    ("pharmacometrician", 3): (("first_day.value", "PPTESTCD=AUCINT.value"),),
    ("pharmacometrician", 4): (
        ("linear['AUCIFO'].value", "PPTESTCD=AUCIFO.value"),
        ("linear['LAMZHL'].value", "PPTESTCD=LAMZHL.value"),
    ),
    ("pharmacometrician", 5): (
        ("population.estimate", "estimate"),
        ("population.standard_error", "standard_error"),
    ),
    ("safety_physician", 1): (("[str(grade) for grade in grades]", "*GRADE"),),
    ("safety_physician", 2): (
        ("[slot.outcome for slot in state.board.slots]", "slots.*outcome"),
        ("[list(slot.decided_by) for slot in state.board.slots]", "slots.*decided_by"),
        ("[slot.reason for slot in state.board.slots]", "slots.*reason"),
    ),
    ("safety_physician", 3): (
        ("board.decision.action.value", "decision.action"),
        ("board.may_enrol", "may_enrol"),
        ("board.next_step", "next_step"),
    ),
    ("safety_physician", 4): (("[task.why for task in tasks]", "tasks.*why"),),
    ("safety_physician", 5): (("rate.lower", "lower"), ("rate.upper", "upper")),
    ("data_manager", 1): (("f'{found.total} facts would be written'", "text"),),
    ("data_manager", 2): (
        ("list(verdicts)", "*criterion"),
        ("list(verdicts.values())", "*verdict"),
    ),
    ("data_manager", 3): (
        ("[one.item for one in evidence]", "*item"),
        ("[str(one.expires) for one in evidence]", "*expires"),
    ),
    ("data_manager", 4): (("history.stands", "stands"), ("list(history.rests)", "rests")),
    ("data_manager", 5): (
        ("f'{checked.entries} entries hold together'", "text"),
        ("checked.public_key", "text"),
    ),
}


@dataclass(frozen=True)
class Task:
    """One task of a notebook: its code, and the command that gives the same."""

    number: int
    command: str
    code: str


def tasks(craft: str) -> list[Task]:
    text = (NOTEBOOKS / f"{craft}.py").read_text(encoding="utf-8")
    found = [Task(int(one["number"]), one["command"], one["code"]) for one in TASK.finditer(text)]
    assert sum(len(one.code.splitlines()) for one in found) > 20
    return found


def answer(command: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """What a command says: its JSON, the rows of the CSV that it writes, else its text."""
    capsys.readouterr()
    words = shlex.split(command)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert not ended.value.code, command
    said = capsys.readouterr().out
    if "--json" in words:
        return json.loads(said)
    if "-o" in words:
        with Path(words[words.index("-o") + 1]).open(encoding="utf-8") as file:
            return list(csv.DictReader(file))
    return said


def at(answered: Any, path: str) -> Any:
    """What stands at a path: keys, numbers, `key=value` (the rows that have it), `*key` (of each row)."""
    for step in path.split(".") if path else ():
        if step.startswith("*"):
            answered = [row[step[1:]] for row in answered]
        elif "=" in step:
            key, value = step.split("=")
            answered = [row for row in answered if row[key] == value]
        elif isinstance(answered, list) and step.isdigit():
            answered = answered[int(step)]
        else:
            answered = answered[0][step] if isinstance(answered, list) else answered[step]
    return answered


def flat(value: Any) -> list[Any]:
    """The leaves of a value, in order of key and place."""
    if isinstance(value, dict):
        return [(key, leaf) for key in sorted(value) for leaf in flat(value[key])]
    if isinstance(value, list | tuple):
        return [leaf for one in value for leaf in flat(one)]
    return [pytest.approx(value, rel=1e-9) if isinstance(value, float) else value]


@pytest.mark.parametrize("craft", CRAFTS)
def test_five_tasks_of_under_ten_lines(craft: str) -> None:
    found = tasks(craft)
    assert [one.number for one in found] == [1, 2, 3, 4, 5]
    for one in found:
        lines = [line for line in one.code.splitlines() if line.strip()]
        assert 0 < len(lines) < 10, (craft, one.number)
        assert SAME[craft, one.number]


@pytest.mark.parametrize("craft", CRAFTS)
def test_a_notebook_says_what_the_commands_say(
    craft: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("studies", "docs/notebooks", "docs/tutorial"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    if craft in ("safety_physician", "data_manager"):
        assert run("init", "studies/nct07310355", "-o", "trial") == 0
        for part in ("first", "week-4"):
            assert run("record", "import", "trial", f"docs/tutorial/{part}") == 0
    known: dict[str, Any] = {}
    exec("from dataclasses import asdict", known)
    for task in tasks(craft):
        exec(compile(task.code, f"{craft}, task {task.number}", "exec"), known)
        answered = answer(task.command, capsys)
        for expression, path in SAME[craft, task.number]:
            value = eval(expression, known)
            if path == "text":
                assert value in answered, (expression, answered)
            else:
                assert flat(value) == flat(json.loads(json.dumps(at(answered, path)))), expression
