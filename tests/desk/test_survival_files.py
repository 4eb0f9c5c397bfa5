"""`galu survival km` and `galu binomial`: the JSON as promised, and faults by line."""

from __future__ import annotations

import json

import pytest

from galu.cli.main import main
from support import ROOT

DATA = ROOT / "tests" / "data" / "efficacy"


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def printed(capsys, *words):
    assert run(*words) == 0
    # A constant such as NaN would be no JSON.
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def test_km_json_has_the_promised_shape(capsys):
    found = printed(
        capsys, "survival", "km", DATA / "survdata_lung.csv", "--by", "group", "--ci", "log-log", "--json"
    )
    assert set(found) == {"groups", "logrank"} and set(found["logrank"]) == {"chi2", "df", "p"}
    assert found["logrank"]["chi2"] == pytest.approx(10.3267419548856, rel=1e-9)
    first = found["groups"][0]
    assert set(first) == {"group", "n", "events", "quantiles", "points", "reverse_median", "rmst"}
    assert [row["prob"] for row in first["quantiles"]] == [0.25, 0.5, 0.75]
    assert set(first["points"][0]) == {"time", "n_risk", "survival", "std_err", "lower", "upper"}
    assert first["reverse_median"] == {"estimate": 840.0, "lower": 806.0, "upper": None}
    assert first["rmst"]["tau"] == 817.6 and first["rmst"]["estimate"] == pytest.approx(317.616351022287)


@pytest.mark.parametrize("ci", ["log", "log-log", "plain"])
def test_what_is_not_reached_is_null(ci, capsys):
    found = printed(capsys, "survival", "km", DATA / "survdata_allcens.csv", "--ci", ci, "--json")
    (group,) = found["groups"]
    assert all(row["estimate"] is None for row in group["quantiles"])
    assert group["events"] == 0 and found["logrank"] is None


def test_times_of_zero_only(capsys, tmp_path):
    path = tmp_path / "zero.csv"
    path.write_text("time,event\n0,1\n0,0\n")
    (group,) = printed(capsys, "survival", "km", path, "--json")["groups"]
    assert group["rmst"] == {"tau": 0.0, "estimate": 0.0, "se": 0.0}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("1,1\n-2,1\n", "km.csv, line 3, column time: `-2`; give a time of 0 or more"),
        ("1,1\n,1\n", "line 3, column time: ``; give a time of 0 or more"),
        ("1,0.5\n", "line 2, column event: `0.5`; code an event as 1, a censoring as 0"),
        ("1,yes\n", "line 2, column event: `yes`"),
        ("", "no rows"),
    ],
)
def test_a_fault_names_its_line(rows, told, tmp_path, capsys):
    path = tmp_path / "km.csv"
    path.write_text("time,event\n" + rows)
    assert run("survival", "km", path) == 2
    assert told in capsys.readouterr().err
    assert run("survival", "km", path, "--time", "months") == 2
    assert "no column months" in capsys.readouterr().err


def test_binomial_json(capsys):
    found = printed(capsys, "binomial", 1, 2, "--level", "0.9", "--json")
    assert found == pytest.approx({"estimate": 0.5, "lower": 0.0253205655191036, "upper": 0.974679434480896})
    assert run("binomial", 3, 2) == 2


def test_a_restricted_mean_beyond_the_last_time_is_null_with_its_reason(capsys, tmp_path):
    path = tmp_path / "km.csv"
    path.write_text("time,event,g\n5,1,a\n8,0,a\n3,1,b\n6,1,b\n")
    alive, dead = printed(capsys, "survival", "km", path, "--by", "g", "--tau", 10, "--json")["groups"]
    assert alive["rmst"]["estimate"] is None and "last time is 8" in alive["rmst"]["reason"]
    assert dead["rmst"] == {"tau": 10.0, "estimate": 4.5, "se": pytest.approx(1.0606601717798212)}


def test_a_blank_group_and_an_absent_file_are_refused(capsys, tmp_path):
    path = tmp_path / "km.csv"
    path.write_text("time,event,g\n5,1,a\n8,0, \n")
    assert run("survival", "km", path, "--by", "g") == 2
    assert "km.csv, line 3, column g: ``; give the group of every row" in capsys.readouterr().err
    assert run("survival", "km", tmp_path / "none.csv") == 2
    assert "no such file" in capsys.readouterr().err
