"""`galu nca` on files: columns over options, windows, dosing intervals, units, what is refused."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from galu.cli.main import main
from galu.desk.nca import analyse
from galu.desk.nca_answers import json_of
from galu.desk.nca_single import Asked, each
from galu.desk.nca_table import NcaOptions, grouped, read_table
from galu.nuclides import nuclide
from galu.pharmacokinetics import Method, Route, Rules, parse_blq
from galu.pharmacokinetics.blq import DEFAULT

DATA = Path(__file__).resolve().parent.parent / "data" / "pharmacokinetics"
KEYS = {
    "subject", "matrix", "cycle", "decay_state", "method", "start", "end", "PPTESTCD", "value", "unit",
    "reason",
}  # fmt: skip


def _run(path: Path, *options: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["nca", str(path), *options, "--json"])
    return int(str(ended.value.code or 0))


@pytest.fixture
def answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Rows of the command for the text of a file."""

    def ask(text: str, *options: str) -> list[dict[str, Any]]:
        path = tmp_path / "in.csv"
        path.write_text(text, encoding="utf-8")
        assert _run(path, *options) == 0
        rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        assert all(set(row) == KEYS and (row["value"] is None) == bool(row["reason"]) for row in rows)
        return rows

    return ask


def _value(rows: list[dict[str, Any]], code: str, **where: Any) -> Any:
    (row,) = (
        r for r in rows if r["PPTESTCD"] == code and all(r[key] == value for key, value in where.items())
    )
    return row["value"]


FALLING = "".join(f"1,{t},{16.0 * 2.0**-t}\n" for t in range(7))


def test_lambda_z_by_window_times_points_and_start(answer: Any) -> None:
    text = "subject,time,conc\n" + FALLING + "1,7,0.2\n1,8,0.18\n"
    bolus = ("--route", "bolus", "--dose", "100")
    for options, lower, points in (
        (("--lambda-z-window", "1:6"), 1.0, 6),
        (("--lambda-z-times", "0,2,4"), 0.0, 3),
        (("--lambda-z-max-points", "3"), 6.0, 3),
        (("--lambda-z-not-before", "6"), 6.0, 3),
    ):
        rows = answer(text, *bolus, *options)
        assert (_value(rows, "LAMZLL"), _value(rows, "LAMZNPT")) == (lower, points), options
    window = answer(text, *bolus, "--lambda-z-window", "1:6")
    assert _value(window, "LAMZHL") == pytest.approx(1.0, rel=1e-12)


def test_partial_areas_stand_in_both_states(answer: Any) -> None:
    text = "subject,time,conc,dose\n" + FALLING.replace("\n", ",100\n")
    options = ("--route", "bolus", "--nuclide", "Lu-177", "--interval", "0:4")
    rows = answer(text, *options)
    measured = _value(rows, "AUCINT", decay_state="measured")
    assert measured == pytest.approx((16.0 - 1.0) / math.log(2.0), rel=1e-12)
    assert _value(rows, "AUCINT", decay_state="corrected") > measured


def test_dosing_intervals_and_accumulation(answer: Any) -> None:
    table = list(csv.DictReader(line for line in (DATA / "in_multidose.csv").open() if line[0] != "#"))
    text = "subject,time,conc\n" + "".join(f"{r['subject']},{r['time']},{r['conc']}\n" for r in table)
    rows = answer(text, "--route", "extravascular", "--dose", "100", "--tau", "24")
    assert {row["start"] for row in rows if row["PPTESTCD"] == "AUCTAU"} == {0.0, 144.0}
    assert _value(rows, "AUCTAU", start=144.0) == pytest.approx(62.0620868371923, rel=1e-8)
    assert _value(rows, "ARAUC") == pytest.approx(62.0620868371923 / 52.0995739004359, rel=1e-8)


def test_several_doses_leave_no_parameter_of_one(answer: Any) -> None:
    text = "subject,time,conc\n"
    for dose in (0, 12):
        for hours in (1, 2, 4, 8, 12):
            conc = sum(100.0 * math.exp(-0.1 * (dose + hours - n)) for n in (0, 12) if n < dose + hours)
            text += f"1,{dose + hours},{conc}\n"
    rows = answer(text, "--route", "bolus", "--dose", "100", "--tau", "12")
    assert {row["value"] for row in rows if row["PPTESTCD"] in ("CLO", "VZO", "VSSO", "MRTIVIFO")} == {None}
    assert _value(rows, "AUCTAU", start=12.0) == pytest.approx(909.282, abs=1e-3)
    assert _value(rows, "CLSS", start=0.0) == pytest.approx(100.0 / 698.8058, rel=1e-6)


def test_mass_units_by_specific_activity_leave_clearance_alone(answer: Any) -> None:
    text = "subject,time,conc,dose,dose_unit,conc_unit\n" + FALLING.replace("\n", ",7400,MBq,kBq/mL\n")
    bolus = ("--route", "bolus", "--nuclide", "Lu-177")
    plain = answer(text, *bolus)
    mass = answer(text, *bolus, "--specific-activity", "40 MBq/nmol")
    units = {(r["decay_state"], r["PPTESTCD"]): r["unit"] for r in mass}
    assert units["corrected", "CMAX"] == "nmol/mL"
    assert units["measured", "CMAX"] == "kBq/mL"
    assert _value(mass, "CMAX", decay_state="corrected") == pytest.approx(16.0 / 40_000.0)
    percent = answer(text, *bolus, "--percent-injected")
    assert _value(percent, "CMAX", decay_state="measured") == pytest.approx(16.0 / 7.4e6 * 100.0)
    clearance = _value(plain, "CLO", decay_state="corrected")
    for rows in (mass, percent):
        (row,) = (r for r in rows if r["PPTESTCD"] == "CLO" and r["value"] is not None)
        assert (row["unit"], row["value"]) == ("L/h", pytest.approx(clearance))


def test_intact_fraction_is_a_profile_of_its_own(answer: Any) -> None:
    text = "subject,time,conc,matrix,intact_fraction\n1,0,8,plasma,\n1,1,4,plasma,0.9\n"
    text += "1,2,2,plasma,\n1,3,1,plasma,0.5\n"
    rows = answer(text, "--route", "bolus", "--dose", "1")
    assert {row["matrix"] for row in rows} == {"plasma", "plasma (intact)"}
    assert _value(rows, "CLST", matrix="plasma (intact)") == pytest.approx(0.5)
    assert _value(rows, "AUCLST", matrix="plasma (intact)") < _value(rows, "AUCLST", matrix="plasma")


def test_urine_is_cleared_from_plasma_before_blood(answer: Any) -> None:
    blood = "".join(f"1,{t},{2 * c},whole blood,,\n1,{t},{c},plasma,,\n" for t, c in ((0, 4), (2, 2), (4, 1)))
    text = "subject,time,conc,matrix,volume,duration\n" + blood + "1,0,10,urine,100,4\n"
    rows = answer(text, "--route", "bolus", "--method", "linear", "--dose", "10")
    assert _value(rows, "RENALCL") == pytest.approx(1000.0 / 9.0)


def test_urine_stands_in_both_states(answer: Any) -> None:
    text = "subject,time,conc,matrix,volume,duration,conc_unit,dose_unit\n"
    text += "".join(f"1,{t},{c},plasma,,,MBq/mL,MBq\n" for t, c in ((0, 4), (2, 2), (4, 1)))
    text += "1,0,1,urine,100,4,MBq/mL,MBq\n1,4,0.5,urine,100,155.5,MBq/mL,MBq\n"
    half_life = nuclide("Lu-177").half_life_h
    given = ("--route", "bolus", "--dose", "1000", "--nuclide", "Lu-177")
    left = (0.5 ** (4.0 / half_life), 0.5 ** (159.5 / half_life))
    for state, measured, substance in (
        ("measured", (100.0, 150.0), (100.0 / left[0], 100.0 / left[0] + 50.0 / left[1])),
        ("corrected", (100.0 * left[0], 100.0 * left[0] + 50.0 * left[1]), (100.0, 150.0)),
    ):
        rows = answer(text, *given, "--decay-state", state)
        for end, *amounts in zip((4.0, 159.5), measured, substance, strict=True):
            for shown, amount in zip(("measured", "corrected"), amounts, strict=True):
                where = {"matrix": "urine", "decay_state": shown, "end": end}
                assert _value(rows, "RCAMINT", **where) == pytest.approx(amount)
                assert _value(rows, "RCPCINT", **where) == pytest.approx(amount / 10.0)
        assert _value(rows, "RENALCL", decay_state="measured", end=4.0) is None
        assert _value(rows, "RENALCL", decay_state="corrected", end=4.0) > 0.0


def test_samples_before_the_dose_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.csv"
    path.write_text("subject,time,conc\n1,-0.5,1\n1,0,8\n1,1,4\n1,2,2\n", encoding="utf-8")
    assert _run(path, "--route", "bolus") == 0
    captured = capsys.readouterr()
    assert captured.err == f"left out: {path} line 2: a sample at -0.5 h, before the dose\n"
    assert json.loads(captured.out)


def test_each_sample_has_its_own_limit(answer: Any) -> None:
    text = "subject,time,conc,lloq\n1,0,8,1\n1,1,4,1\n1,2,2,3\n1,3,1,0.5\n"
    dropped = "subject,time,conc\n1,0,8\n1,1,4\n1,3,1\n"
    options = ("--route", "bolus", "--dose", "1")
    assert _value(answer(text, *options), "AUCLST") == _value(answer(dropped, *options), "AUCLST")


def test_half_the_limit_moves_with_decay(answer: Any) -> None:
    text = "subject,time,conc,lloq\n1,0,8,0.5\n1,10,4,0.5\n1,20,2,0.5\n1,30,1,0.5\n1,159.5,0.1,0.5\n"
    rows = answer(text, "--route", "bolus", "--dose", "1", "--nuclide", "Lu-177", "--blq", "lloq/2")
    measured, corrected = (_value(rows, "CLST", decay_state=state) for state in ("measured", "corrected"))
    assert measured == pytest.approx(0.25)
    assert corrected == pytest.approx(0.5, rel=1e-3)


def test_counting_statistics_stand_beside_the_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(
        "subject,time,conc,sigma\n1,0,8,0.4\n1,1,4,0.2\n1,2,2,0.1\n1,3,1,0.05\n", encoding="utf-8"
    )
    assert _run(path, "--route", "bolus", "--nuclide", "Lu-177") == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(set(row) == KEYS | {"u"} for row in rows)
    last = {row["decay_state"]: row for row in rows if row["PPTESTCD"] == "CLST"}
    for row in last.values():
        assert row["u"] == pytest.approx(0.05 * row["value"], rel=1e-6)
    assert all(row["u"] is None for row in rows if row["value"] is None)


PLAIN = "subject,time,conc,dose\n1,0,8,9\n1,1,4,9\n1,2,2,9\n2,0,5,7\n2,1,,7\n2,3,1,7\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace("\n", "\n\n"),
        PLAIN.replace(",", " , "),
        PLAIN.replace("1,2,2,9", '"1",2,"2",9'),
        PLAIN.replace("1,2,2,9", "1,2,2,9,more"),
        PLAIN.replace("1,1,4,9", "1,1,4"),
        PLAIN.replace("1,2,2,9", "1,0.2e1,2.0,"),
        PLAIN.replace("2,1,,7", "2,1,NS,7"),
        "\ufeff" + PLAIN,
        PLAIN.replace("1,0,8,9\n", "").replace("2,0,5,7", "1,0,8,9\n2,0,5,7"),
        "conc,dose,time,subject\n8,9,0,1\n4,9,1,1\n2,9,2,1\n5,7,0,2\n,7,1,2\n1,7,3,2\n",
    ],
)
def test_however_a_table_is_written_its_answer_is_one(answer: Any, text: str) -> None:
    options = ("--route", "bolus", "--dose-unit", "mg", "--conc-unit", "mg/L")
    assert answer(text, *options) == answer(PLAIN, *options)


def test_profiles_together_and_one_by_one_are_told_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    lines = ["subject,matrix,cycle,time,conc,dose,dose_unit,conc_unit,lloq,sigma,intact_fraction"]
    for i in range(60):
        for t in sorted(rng.choice([-1, 0, 1, 2, 4, 8, 24, 48, 72], rng.integers(1, 9), replace=False)):
            conc = rng.choice(
                ["", "BLQ", "0", *[f"{9 * math.exp(-0.1 * t) * rng.uniform(0.7, 1.4):.4g}"] * 6]
            )
            extra = f"0.5,0.1,{1 / (1 + abs(int(t)))}" if i % 5 == 0 else "0.5,,"
            unit = "MBq,kBq/mL" if i % 2 else "mg,mg/L"
            lines.append(f"{i % 40},{'plasma' if i < 40 else ''},{i % 3 + 1},{t},{conc},100,{unit},{extra}")
    path = tmp_path / "in.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    for options in (
        NcaOptions(Method.LINUP_LOGDOWN, Route.BOLUS, tau_h=8.0),
        NcaOptions(Method.LINEAR, Route.INFUSION, duration_h=2.0, nuclide="Lu-177", intervals=((0.0, 9.0),)),
        NcaOptions(Method.LINLOG, Route.EXTRAVASCULAR, blq="lloq/2", percent_injected=True),
    ):
        together = json.loads("".join(json_of(analyse(path, options))))
        half_life_h = None if options.nuclide is None else nuclide(options.nuclide).half_life_h
        rules = Rules(parse_blq(options.blq or DEFAULT))
        apart = each(grouped(read_table(path)), Asked(path, options, half_life_h, rules))
        assert len(together) == len(apart) > 1000
        for one, other in zip(together, apart, strict=True):
            for name, rel in (("value", 1e-11), ("u", 1e-5)):
                value, expected = one.pop(name, None), other.pop(name, None)
                assert (value is None) == (expected is None), one
                assert value is None or value == pytest.approx(expected, rel=rel, abs=1e-13), one
            assert one == other


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("subject,time,conc\n,0,1\n", (), "line 2, subject"),
        ("subject,time,conc,cycle\n1,0,1,1.5\n", (), "line 2, cycle"),
        ("subject,time,conc,count_time\n1,0,1,3\n", (), "nuclide"),
        ("subject,time,conc\n1,0,1\n1,0,2\n", (), "in.csv line 3, time: two samples share one time, 0 h"),
        ("subject,time,conc,volume,duration\n1,0,1,9,4\n1,3,2,9,4\n", (), "in.csv from line 2, urine of 1"),
        ("subject,time,conc,dose\n1,0,1,-1\n", (), "in.csv from line 2, profile of 1 (cycle 1)"),
        ("subject,time,conc\n1,0,inf\n", (), "line 2, conc"),
        ("subject,time,conc\n1,0,1\n", ("--tau", "0"), "--tau"),
        ("subject,time,conc\n1,0,1\n", ("--tau", "24", "--nuclide", "Lu-177"), "own cycle"),
        ("subject,time,conc\n1,0,1\n", ("--specific-activity", "40"), "40 MBq/nmol"),
        ("subject,time,conc\n1,0,1\n", ("--specific-activity", "40 MBq/nmol"), "nuclide"),
        ("subject,time,conc\n1,0,1\n", ("--interval", "4"), "START:END"),
    ],
)
def test_bad_input_is_refused_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, options: tuple[str, ...], said: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(text, encoding="utf-8")
    assert _run(path, "--route", "bolus", *options) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
