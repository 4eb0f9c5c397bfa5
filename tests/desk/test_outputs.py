"""A result never takes the place of a trial's file, nor of one that galu did not make."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from galu.desk.folder import create_trial
from galu.desk.outputs import write_output
from galu.desk.rows import write_rows
from galu.desk.run import run_trial
from galu.finding import InputError
from support import ROOT

PAGE = '<!doctype html>\n<meta charset="utf-8">\n<p>a page'


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    """A trial with nobody in it."""
    folder = tmp_path / "trial"
    begun = datetime(2026, 3, 2, 8, tzinfo=UTC)
    create_trial(ROOT / "studies" / "nct07310355", folder, "observed", clock=lambda: begun)
    (folder / "versions").mkdir()
    (folder / "versions" / "0123.yaml").write_text("a version")
    return folder


WRITERS: dict[str, Callable[[Path], object]] = {
    "page": lambda path: write_output(path, PAGE),
    "table": lambda path: write_rows(path, ("a", "b"), [{"a": "1", "b": "2"}]),
}


@pytest.mark.parametrize(
    "name",
    [
        "record.sqlite",
        "record.sqlite-wal",
        "study.yaml",
        "checkpoints/new.json",
        "versions/0123.yaml",
        "RECORD.SQLITE",
    ],
)
@pytest.mark.parametrize("writer", ["page", "table"])
def test_no_output_goes_where_a_trial_keeps_its_files(trial: Path, name: str, writer: str) -> None:
    target = trial / name
    before = {path: path.read_bytes() for path in trial.rglob("*") if path.is_file()}
    for path in (target, trial / ".." / "trial" / name):
        with pytest.raises(InputError, match="belongs to the trial"):
            WRITERS[writer](path)
    assert {path: path.read_bytes() for path in trial.rglob("*") if path.is_file()} == before


def test_a_link_to_a_trials_file_is_that_file(trial: Path, tmp_path: Path) -> None:
    link = tmp_path / "page.html"
    link.symlink_to(trial / "record.sqlite")
    with pytest.raises(InputError, match="belongs to the trial"):
        write_output(link, PAGE)


def test_a_page_beside_the_record_is_welcome(trial: Path) -> None:
    assert write_output(trial / "review.html", PAGE).is_file()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("my notes", PAGE),
        ("<!doctype html><p>of somebody else", PAGE),
        ("a,b,c\n1,2,3\n", "a,b\n1,2\n"),
        ('{"mine": 1}', '{"rows": []}'),
        ("no json", '{"rows": []}'),
        (PAGE, "a,b\n1,2\n"),
    ],
)
def test_a_foreign_file_stays(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "result"
    path.write_text(old)
    with pytest.raises(InputError, match="no earlier result"):
        write_output(path, new)
    assert path.read_text() == old
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("first", "second"), [(PAGE, PAGE + " again"), ("a,b\n1,2\n", "a,b\n3,4\n"),
                                                ('{"rows": [1]}', '{"rows": [2]}')])  # fmt: skip
def test_an_earlier_result_is_replaced_as_a_whole(tmp_path: Path, first: str, second: str) -> None:
    path = tmp_path / "result"
    write_output(path, first)
    held = tmp_path / "held"
    os.link(path, held)
    write_output(path, second)
    assert path.read_bytes() != held.read_bytes(), "written in place: a reader would have seen half of it"


def test_a_picture_names_its_maker(tmp_path: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.image import imread

    path = tmp_path / "picture.png"
    Figure(figsize=(1, 1)).savefig(path, dpi=20, metadata={"Software": None})
    plain = path.read_bytes()
    with pytest.raises(InputError, match="no earlier result"):
        write_output(path, plain)
    path.unlink()
    write_output(path, plain)
    write_output(path, plain)
    assert imread(path).shape == (20, 20, 4)


def test_a_report_does_not_take_other_peoples_files_along(trial: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    run_trial(trial, out)
    run_trial(trial, out)
    (out / "notes.docx").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.docx"):
        run_trial(trial, out)
    assert (out / "notes.docx").read_text() == "mine"
