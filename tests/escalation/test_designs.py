"""IQ rolling six, user tables, and what every design refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from galu.cli.design import app
from galu.escalation import DESIGNS, Action, Outcomes, design_named
from galu.finding import InputError


def decide(name: str, text: str, levels: int = 2, **switches: object) -> tuple[str, int | None]:
    decision = design_named(name, **switches).decide(Outcomes.from_string(text), levels)
    return decision.action.value, decision.level


def printed_rows() -> list[tuple[int, int, int, str]]:
    """Frankel 2020, Table 2: (total, evaluable, DLTs, decision) with its ranges written out."""
    ranges = [
        (range(6), [0], 0, "same"), ([6], [0], 0, "suspend"), (range(1, 6), [1], 0, "same"),
        ([6], [1], 0, "same"), ([7], [1], 0, "suspend"), (range(2, 6), [2], 0, "same"),
        ([6, 7], [2], 0, "same"), ([8], [2], 0, "suspend"), (range(3, 9), [3], 0, "escalate"),
        (range(4, 9), [4], 0, "escalate"), (range(5, 9), [5], 0, "escalate"),
        (range(1, 6), range(1, 6), 1, "same"), ([6], [1, 2, 3], 1, "suspend"), ([6], [4, 5], 1, "same"),
        ([7], [4], 1, "suspend"), ([7], [5], 1, "same"), (range(6, 9), range(6, 9), 1, "escalate"),
        (range(2, 9), range(2, 7), 2, "de-escalate"), ([7], [7], 2, "declare-mtd"), ([8], [7], 2, "suspend"),
        ([8], [8], 2, "declare-mtd"), (range(3, 9), range(3, 9), 3, "de-escalate"),
    ]  # fmt: skip
    return [(n, e, y, word) for ns, es, y, word in ranges for n in ns for e in es if y <= e <= n]


def test_iq_rolling_six_is_the_printed_table() -> None:
    answers = {
        (r.tally.enrolled, r.tally.enrolled - r.tally.pending, r.tally.dlts): r.action.value
        for r in design_named("iq-rolling-six").table()
    }
    for n, evaluable, dlts, word in printed_rows():
        assert answers[n, evaluable, dlts] == word, (n, evaluable, dlts)


def test_iq_rolling_six_walks_on_with_pending_patients() -> None:
    assert decide("iq-rolling-six", "1NNNPPP") == ("escalate", 2)
    assert decide("iq-rolling-six", "1NNNTPP 2N") == ("de-escalate", 1)
    assert decide("iq-rolling-six", "1NNN 2NNTNNTN") == ("declare-mtd", 2)
    assert decide("iq-rolling-six", "1NNN 2TT") == ("de-escalate", 1)
    assert decide("iq-rolling-six", "1NNNNN 2TT") == ("declare-mtd", 1)


def write_table(path: Path, name: str = "rolling-six") -> Path:
    answer = json.loads(CliRunner().invoke(app, ["table", name, "--json"]).stdout)
    keys = ("enrolled", "dlts", "pending", "decision")
    lines = [",".join(keys)] + [",".join(str(row[key]) for key in keys) for row in answer["rows"]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("outcomes", ["1NNN", "1NNNNNP", "1NNN 2TT", "1NNN 2NNNNNT", "1NTT", "1NNN 2NNNPPP"])
def test_a_written_table_decides_as_the_design_it_was_written_from(tmp_path: Path, outcomes: str) -> None:
    file = write_table(tmp_path / "mine.csv")
    arguments = ["--levels", "2", "--outcomes", outcomes, "--json"]
    written = json.loads(CliRunner().invoke(app, ["next", f"table:{file}", *arguments]).stdout)
    original = json.loads(CliRunner().invoke(app, ["next", "rolling-six", *arguments]).stdout)
    assert (written["decision"], written["level"]) == (original["decision"], original["level"])


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("3,0,0,escalate", "3,0,0,up", "line 15: `up` is no decision"),
        ("3,0,0,escalate\n", "", "3 enrolled, 0 DLTs, 0 pending"),
        ("3,0,0,escalate", "2,2,0,escalate", "line 15: the state has a row already"),
        ("3,0,0,escalate", "3,4,0,escalate", "do not fit"),
        ("3,0,0,escalate", "three,0,0,escalate", "not whole numbers"),
    ],
)
def test_a_wrong_table_names_file_and_row(tmp_path: Path, old: str, new: str, fault: str) -> None:
    file = write_table(tmp_path / "mine.csv")
    file.write_text(file.read_text().replace(old, new))
    result = CliRunner().invoke(app, ["table", f"table:{file}"])
    assert isinstance(result.exception, InputError)
    assert fault in str(result.exception)
    assert "mine.csv" in str(result.exception)


def test_every_design_starts_at_level_one() -> None:
    for name in DESIGNS:
        assert decide(name, "") == ("same", 1), name


@pytest.mark.parametrize("name", sorted(DESIGNS))
@pytest.mark.parametrize("text", ["3N", "1NNN 3N", "2NNN", "1NNQ"])
def test_every_design_refuses_levels_that_do_not_exist_or_are_skipped(name: str, text: str) -> None:
    with pytest.raises(InputError, match=";"):
        decide(name, text)


def test_an_inevaluable_patient_does_not_undo_a_deescalation() -> None:
    assert decide("boin", "1NNN 2NTT 1X", 3) == decide("boin", "1NNN 2NTT", 3) == ("de-escalate", 1)


def test_followup_decides_where_outcomes_are_pending() -> None:
    arguments = [
        "next",
        "tite-boin",
        "--levels",
        "3",
        "--outcomes",
        "1NNTPPP",
        "--window-days",
        "42",
        "--json",
    ]
    early = CliRunner().invoke(app, [*arguments, "--followup", "42,42,42,0,0,0"])
    late = CliRunner().invoke(app, [*arguments, "--followup", "42,42,42,41,41,41"])
    assert json.loads(early.stdout)["decision"] == "same"
    assert json.loads(late.stdout)["decision"] == "escalate"
    assert isinstance(CliRunner().invoke(app, arguments).exception, InputError)


def test_blrm_escalates_only_under_overdose_control() -> None:
    assert decide("blrm", "1NNNNNN") == ("escalate", 2)
    assert design_named("blrm").decide(Outcomes.from_string("1TTT"), 2).action is Action.STOP_NO_DOSE


@pytest.mark.parametrize(
    "arguments",
    [
        ["crm", "--prior", "0.1,1.3", "--target", "0.2", "--levels", "1", "--dlts", "0"],
        ["crm", "--prior", "0.3,0.1", "--target", "0.2", "--levels", "1", "--dlts", "0"],
        ["crm", "--prior", "0.1,0.3", "--target", "1.2", "--levels", "1", "--dlts", "0"],
        ["crm", "--prior", "0.1,0.3", "--target", "0.2", "--levels", "3", "--dlts", "0"],
        ["crm", "--prior", "0.1,0.3", "--target", "0.2", "--levels", "1,2", "--dlts", "0"],
        ["crm", "--prior", "0.1,0.3", "--target", "0.2", "--levels", "1", "--dlts", "2"],
        ["crm", "--prior", "0.1,0.3", "--target", "0.2", "--levels", "1", "--dlts", "0", "--weights", "2"],
        ["crm", "--prior", "0.1,0.3", "--target", "0.2", "--levels", "1", "--dlts", "0", "--method", "mle"],
        *(
            ["crm", "--prior", "0.1,0.3", "--target", "0.2", "--levels", "1", "--dlts", "0", *wrong]
            for wrong in (
                ["--scale", "0"],
                ["--scale", "nan"],
                ["--scale", "-1"],
                ["--scale", "inf"],
                ["--model", "logistic", "--intercept", "nan"],
            )
        ),
        ["next", "crm", "--levels", "2", "--switch", "scale=nan"],
        ["oc", "3+3", "--truth", "0.1,0.3", "--window-days", "nan"],
        ["oc", "3+3", "--truth", "0.1,0.3", "--gap-days", "inf"],
        ["next", "boin", "--levels", "2", "--target", "1.2"],
        ["next", "blrm", "--levels", "3"],
        ["next", "3+3", "--levels", "2", "--outcomes", "1NNNN"],
        ["monitor", "--looks", "10,nan"],
        ["bop2", "--p0", "0.1", "--p1", "0.3", "--looks", "10,inf"],
        ["next", "tite-crm", "--levels", "2", "--outcomes", "1P", "--followup", "nan", "--window-days", "42"],
        ["pathways", "3+3", "--levels", "2", "--outcomes", "1NNNP"],
        ["exact", "3+3", "--truth", "0.1,0.3", "--limit", "fast"],
        ["exact", "3+3", "--truth", "0.1,0.3", "--select", "next"],
        ["exact", "iq-rolling-six", "--truth", "0.1,0.3", "--limit", "fast"],
        ["review", "3+3", "-o", "none.html", "--day", "2026-13-45"],
        ["table", "crm"],
        ["oc", "rolling-six", "--truth", "0.3,0.1", "--replicates", "10"],
        ["oc", "rolling-six", "--truth", "0.3,1.1", "--replicates", "10"],
    ],
)
def test_bad_input_gets_a_sentence(arguments: list[str]) -> None:
    error = CliRunner().invoke(app, arguments).exception
    assert isinstance(error, InputError), error


def test_the_crm_command_gives_the_example_of_dfcrm() -> None:
    arguments = ["crm", "--prior", "0.05,0.10,0.20,0.35,0.50,0.70", "--target", "0.2", "--json"]
    patients = ["--levels", "3,4,4,3,3,4,3,2,2,2", "--dlts", "0,0,1,0,0,1,0,0,0,0"]
    answer = json.loads(CliRunner().invoke(app, arguments + patients).stdout)
    assert answer["estimate"] == pytest.approx(0.1108717, abs=1e-6)
    assert answer["recommended"] == 3


@pytest.mark.parametrize("name", ["rolling-six", "boin", "tite-crm", "blrm"])
def test_an_unknown_switch_is_named_beside_those_there_are(name: str) -> None:
    with pytest.raises(InputError, match=r"there is no switch `foo`; it has .*(largest|max_per_level)"):
        design_named(name, foo=1)


@pytest.mark.parametrize("outcomes", ["1NNN 2NNNN", "1NNX N".replace(" ", ""), "1NNTN", "1NNN 2NTT 1NN"])
def test_a_path_that_3_plus_3_takes_is_not_refused(outcomes: str) -> None:
    result = CliRunner().invoke(app, ["next", "3+3", "--levels", "2", "--outcomes", outcomes])
    assert result.exit_code == 0, result.exception


def exact_of(name: str, *options: str) -> dict[str, object]:
    arguments = ["exact", name, "--truth", "0.10,0.30", "--json", *options]
    answer: dict[str, object] = json.loads(CliRunner().invoke(app, arguments).stdout)
    return answer


@pytest.mark.parametrize("copied", ["rolling-six", "iq-rolling-six"])
def test_the_slow_limit_of_a_table_is_what_its_simulation_finds(copied: str, tmp_path: Path) -> None:
    """With a window far shorter than the gap between arrivals nobody is pending at a decision."""
    path = write_table(tmp_path / "copy.csv", copied)
    slowly = ["--replicates", "4000", "--window-days", "0.001", "--gap-days", "1000", "--json"]
    for name in (f"table:{path}", copied):
        found = exact_of(name)
        arguments = ["oc", name, "--truth", "0.10,0.30", *slowly]
        simulated = json.loads(CliRunner().invoke(app, arguments).stdout)
        assert found["limit"] == "slow"
        chances = [found["select"]["none"], *found["select"]["levels"]]  # type: ignore[index]
        seen = [simulated["select"]["none"], *simulated["select"]["levels"]]
        assert sum(chances) == pytest.approx(1.0)
        assert seen == pytest.approx(chances, abs=4.5 * (0.25 / 4000) ** 0.5)
        error = 4.5 * simulated["se"]["expected_n"]
        assert simulated["expected_n"] == pytest.approx(found["expected_n"], abs=error)


def test_answers_name_the_conventions_they_rest_on() -> None:
    assert exact_of("3+3")["switches"] == {"variant": "six_at_mtd_deescalate"}
    assert exact_of("rolling-six")["switches"]["top_level_rule"] == "six-complete"  # type: ignore[index]
    crm = exact_of("crm", "--target", "0.25", "--cohorts", "2")
    assert crm["target"] == 0.25 and len(crm["skeleton"]) == 2  # type: ignore[arg-type]
    arguments = ["oc", "3+3", "--truth", "0.1,0.3", "--replicates", "50", "--json", "--expansion", "3"]
    found = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert found["seed"] == 1 and found["assumptions"]["arrivals while accrual is suspended"] == "lost"
    assert "take 3 patients or more by themselves" in found["expansion"]["reason"]
    asked = json.loads(CliRunner().invoke(app, ["next", "crm", "--levels", "3", "--json"]).stdout)
    assert asked["target"] == 0.25 and len(asked["skeleton"]) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["next", "crm", "--levels", "3", "--switch", "scale=1e6"], "give a number from 0.05 to 5"),
        (["next", "crm", "--levels", "3", "--switch", "scale=1e-9"], "give a number from 0.05 to 5"),
        (["next", "boin", "--levels", "99999999"], "plan 30 at most"),
        (["next", "boin", "--levels", "3", "--switch", "name=x"], "there is no switch `name`"),
        (["next", "keyboard", "--levels", "3", "--target", "0.05"], "the interval from 0 to 0.1"),
        (["oc", "boin", "--truth", "0.1,0.3", "--replicates", "1"], "1 trials tell no spread"),
        (["oc", "boin", "--truth", "0.1,0.3", "--seed", "-5"], "-5 is no seed"),
        (["oc", "boin", "--truth", "0.1,0.3", "--seed", str(10**23)], "is no seed"),
        (["compare", "boin", "3+3", "--truth", "0.1,0.3", "--seed", "-1"], "-1 is no seed"),
        (["compare", "rolling-six", "3+3", "--truth", "0.1,0.3", "--target", "0.3"], "none of these designs"),
        (
            [
                "next",
                "boin",
                "--levels",
                "3",
                "--outcomes",
                "1NN",
                "--followup",
                "42,10",
                "--window-days",
                "42",
            ],
            "patient 2 is N after 10 of 42 days",
        ),
        (
            [
                "next",
                "boin",
                "--levels",
                "3",
                "--outcomes",
                "1NP",
                "--followup",
                "42,-1",
                "--window-days",
                "42",
            ],
            "patient 2 is followed for -1 days",
        ),
    ],
)
def test_out_of_range_says_where_and_what_to_write(arguments: list[str], said: str) -> None:
    found = CliRunner().invoke(app, arguments)
    assert isinstance(found.exception, InputError) and said in str(found.exception), found.exception


def test_a_level_closed_by_who_is_not_replaced_says_so() -> None:
    design = design_named("rolling-six", replace_inevaluable=False)
    found = design.decide(Outcomes.from_string("1NNTXXX"), 2)
    assert found.level is None and found.rule == "not-replaced" and "two DLTs" not in found.reason
    assert design.decide(Outcomes.from_string("1NTTXXX"), 2).rule == "two-dlts"
