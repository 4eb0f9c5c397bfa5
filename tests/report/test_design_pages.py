"""Pages of the design commands: made, self-contained, and their pictures say what the numbers say."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from galu.cli.design import app
from galu.report.figures.design import ACTIONS

PAGES = {
    "next-boin": 'next boin --levels 3 --outcomes "1NNN 2NTPX"',
    "next-crm": 'next crm --prior 0.1,0.2,0.35 --target 0.3 --levels 3 --outcomes "1NNN 2NTN"',
    "next-blrm": 'next blrm --levels 3 --switch doses=10,20,40 --outcomes "1NNN 2NTN"',
    "next-nobody": "next rolling-six --levels 2",
    "table-rolling-six": "table rolling-six",
    "table-boin": "table boin",
    "pathways": 'pathways rolling-six --outcomes "1NNN 2N"',
    "pathways-far": "pathways 3+3 --levels 3 --cohorts 3",
    "exact": "exact crm --prior 0.1,0.3 --target 0.3 --truth 0.1,0.3 --cohorts 3",
    "oc": "oc rolling-six --truth 0.1,0.3 --replicates 400",
    "oc-cohorts": "oc boin --truth 0.1,0.25,0.4 --replicates 200 --no-calendar",
    "simon": "simon --p0 0.1 --p1 0.3",
    "bop2": "bop2 --p0 0.2 --p1 0.4 --looks 10,20,30,40",
    "predictive": "predictive --n-max 36 --p0 0.2 --p1 0.4",
    "monitor": "monitor --looks 10,20,40 --p0 0.2 --truth-response 0.2,0.4 --truth-dlt 0.2,0.4",
}


def made(command: str, file: Path) -> tuple[str, dict]:
    import shlex

    done = CliRunner().invoke(app, [*shlex.split(command), "--json", "-o", str(file)])
    assert done.exit_code == 0, done.output
    return file.read_text(encoding="utf-8"), json.loads(done.stdout)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    return {name: made(command, folder / f"{name}.html") for name, command in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_self_contained_and_has_pictures_with_their_numbers(pages, name):
    page, _ = pages[name]
    assert "<svg" in page and 'class="table"' in page and "<figcaption>" in page
    assert not re.findall(r"https?://|<script|<link|src=\"(?!data:)", page)
    assert not re.search(r"\b(nan|None)\b", page)


@pytest.mark.parametrize("name", ["table-rolling-six", "table-boin"])
def test_each_square_has_the_colour_of_its_row(pages, name):
    page, answer = pages[name]
    drawn = dict(
        re.findall(r'id="decision-table-(cell-\d+-\d+-\d+)">\s*<path [^>]*?style="fill: (#\w+)', page)
    )
    wanted = {
        f"cell-{r['enrolled']}-{r['dlts']}-{r['pending']}": ACTIONS[r["decision"]][0] for r in answer["rows"]
    }
    assert drawn and drawn.items() <= wanted.items()
    above = {wanted[cell] for cell in wanted.keys() - drawn.keys()}
    assert len(above) <= 1 and (above == set() or "throughout" in page)


def test_a_picture_of_pathways_has_a_box_per_decision(pages):
    page, answer = pages["pathways"]

    def count(node):
        return 1 + sum(map(count, node["then"]))

    assert len(re.findall(r'id="pathways-node-', page)) == count(answer)


def test_a_course_has_the_patients_in_their_order(pages):
    page, _ = pages["next-boin"]
    assert "7 patients in order of enrolment; level 1: 0 DLT of 3, level 2: 1 DLT of 3" in page


def test_bands_say_the_limits_of_the_answer(pages):
    for name in ("next-crm", "next-blrm"):
        page, answer = pages[name]
        for row in answer["levels"]:
            assert 0.0 < row["lower"] < row["estimate"] < row["upper"] < 1.0
            assert f"{row['estimate']:.2f} ({row['lower']:.2f}–{row['upper']:.2f})" in page


def test_distributions_are_whole(pages):
    _, answer = pages["oc"]
    found = answer["distribution"]
    assert sum(row["probability"] for row in found["patients"]) == pytest.approx(1.0)
    mean = sum(row["patients"] * row["probability"] for row in found["patients"])
    assert mean == pytest.approx(answer["expected_n"])
    assert sum(found["duration_days"]["histogram"]["shares"]) == pytest.approx(1.0)
    assert pages["oc-cohorts"][1]["distribution"]["duration_days"] is None


def test_power_at_p0_and_p1_is_that_of_the_answer(pages):
    page, answer = pages["bop2"]
    assert f"rule: {answer['type1']:.3f} at 0.2; rule: {answer['power']:.3f} at 0.4" in page


def test_a_page_is_not_written_over_what_galu_did_not_make(tmp_path):
    file = tmp_path / "mine.html"
    file.write_text("<html>mine</html>")
    done = CliRunner().invoke(app, ["simon", "--p0", "0.1", "--p1", "0.3", "-o", str(file)])
    assert done.exit_code != 0 and file.read_text() == "<html>mine</html>"


def test_nested_values_print_as_lines():
    done = CliRunner().invoke(app, ["simon", "--p0", "0.1", "--p1", "0.3"])
    assert done.exit_code == 0 and "{" not in done.stdout and "  r1: 1" in done.stdout.splitlines()


def test_the_committee_sees_the_course_and_the_bands(tmp_path):
    file = tmp_path / "review.html"
    command = ["review", "crm", "--outcomes", "1NNN 2NTP", "--levels", "3", "-o", str(file)]
    command += ["--switch", "prior=0.1,0.2,0.35", "--switch", "target=0.3"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    page = file.read_text(encoding="utf-8")
    assert 'id="figure-escalation-course"' in page and 'id="figure-dose-toxicity"' in page
    assert "6 patients in order of enrolment; level 1: 0 DLT of 3, level 2: 1 DLT of 3" in page
    assert "against the target of 0.3" in page and 'id="table-dlt-rates"' in page
    assert not re.findall(r"https?://|<script", page)


def test_before_a_known_outcome_no_rate_is_drawn(tmp_path):
    file = tmp_path / "review.html"
    done = CliRunner().invoke(app, ["review", "boin", "--outcomes", "1PP", "-o", str(file)])
    assert done.exit_code == 0, done.output
    page = file.read_text(encoding="utf-8")
    assert "figure-escalation-course" in page and "figure-dose-toxicity" not in page
