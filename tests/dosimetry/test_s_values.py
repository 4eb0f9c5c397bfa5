from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from galu.cli.main import main
from galu.dosimetry import (
    bladder_tia_mbq_h,
    effective_dose_msv,
    organ_doses,
    parse_s_list,
    parse_s_matrix,
    parse_saf,
    with_remainder,
)
from galu.dosimetry.effective import REMAINDER_TISSUES, WEIGHTS
from galu.finding import InputError
from galu.nuclides import emissions, nuclide
from galu.quantities import LN2
from support import shared

LU = nuclide("Lu-177")
# Made for these tests, in mGy/(MBq s): kidneys of 422 g, liver of 1800 g, a body of 73 kg.
MATRIX = """# Lu-177, synthetic
Target \\ Source,Kidneys,Liver,Total Body,mass_g
Kidneys,5.8e-5,1.0e-7,3.6e-7,422
Liver,1.0e-7,1.4e-5,3.7e-7,1800
Red Marrow,2.0e-7,9e-8,3.4e-7,1170
Total Body,3.5e-7,3.5e-7,3.54e-7,73000
"""


def test_self_dose_scales_by_radiation_and_cross_dose_not_at_all() -> None:
    s = parse_s_matrix(MATRIX, "Lu-177", "mGy/(MBq s)", "x.csv")
    kidneys, liver, marrow, _ = organ_doses(s, {"kidneys": 100.0, "liver": 50.0}, {"Kidneys": 211.0})
    electrons = LU.delta_electron() / 422.0
    photons = 5.8e-5 * 3.6 - electrons
    assert kidneys.self_gy == pytest.approx(100.0 * (2.0 * electrons + 2.0 ** (2 / 3) * photons))
    assert dict(kidneys.cross_gy) == {"liver": pytest.approx(50.0 * 1.0e-7 * 3.6)}
    assert liver.self_gy == pytest.approx(50.0 * 1.4e-5 * 3.6)
    assert marrow.self_gy == 0.0 and marrow.dose_gy() == pytest.approx(3.6 * (100 * 2e-7 + 50 * 9e-8))


def test_list_and_matrix_hold_the_same() -> None:
    rows = ["target,source,s,mass_g", "Kidneys,Kidneys,5.8e-5,422", "kidneys,Liver,1.0e-7,"]
    listed = parse_s_list("\n".join(rows), "Lu-177", "mGy/(MBq s)", "x.csv")
    matrix = parse_s_matrix(MATRIX, "Lu-177", "mGy/(MBq s)", "x.csv")
    assert all(matrix.pairs[pair] == value for pair, value in listed.pairs.items())


def test_units_are_the_same_number() -> None:
    one = parse_s_list("target,source,s\na,b,2e-14", "Lu-177", "Gy/(Bq s)", "x")
    for unit, value in (("mGy/(MBq s)", 2e-5), ("mGy/(MBq h)", 0.072), ("rad/(uCi h)", 2.664e-4)):
        other = parse_s_list(f"target,source,s\na,b,{value}", "Lu-177", unit, "x")
        assert other.pairs["a", "b"].total() == pytest.approx(one.pairs["a", "b"].total(), rel=1e-12)
    with pytest.raises(InputError, match="unit"):
        parse_s_list("target,source,s\na,b,1", "Lu-177", "Gy", "x")


def test_remainder_and_its_organs_are_the_whole_body() -> None:
    s = with_remainder(parse_s_matrix(MATRIX, "Lu-177", "mGy/(MBq s)", "x"), ["Kidneys", "liver"])
    rest = 73000.0 - 422.0 - 1800.0
    assert s.mass_g["remainder"] == rest
    # Activity spread evenly over the body gives the body's S, whatever it is divided into.
    even = {"kidneys": 422.0 / 73000.0, "liver": 1800.0 / 73000.0, "remainder": rest / 73000.0}
    for one in organ_doses(s, even, {}):
        assert one.dose_gy() == pytest.approx(s.pairs[one.target, "total body"].total(), rel=1e-9)


def test_absorbed_fractions_of_everything_give_the_emitted_energy() -> None:
    energies = "0.001,0.1,1,3"
    rows = ["radiation,target,source,energy_mev,saf_per_kg,mass_g"]
    rows += [
        f"{kind},liver,liver,{energy},{1 / 1.8},1800"
        for kind in ("electron", "photon")
        for energy in energies.split(",")
    ]
    for name in ("Lu-177", "Ga-68"):
        s = parse_saf("\n".join(rows), name, "saf.csv").pairs["liver", "liver"]
        assert s.electron == pytest.approx(nuclide(name).delta_electron() / 1800.0, rel=1e-9)
        assert s.photon == pytest.approx(nuclide(name).delta_photon() / 1800.0, rel=1e-9)
    assert emissions("Ga-68").positrons.per_decay.sum() > 0.8
    with pytest.raises(InputError, match="ends at"):
        parse_saf("\n".join(row for row in rows if ",1," not in row and ",3," not in row), "Ga-68", "saf.csv")


def test_alpha_and_recoil_are_a_part_of_their_own() -> None:
    """Actinium-225 absorbed whole, by fractions and by an S value of the same energy."""
    agent = nuclide("Ac-225")
    rows = ["radiation,target,source,energy_mev,saf_per_kg,mass_g"]
    rows += [
        f"{kind},liver,liver,{energy},{1 / 1.8},1800"
        for kind in ("electron", "photon", "alpha")
        for energy in ("0.001", "0.1", "1", "9")
    ]
    pair = parse_saf("\n".join(rows), "Ac-225", "saf.csv").pairs["liver", "liver"]
    assert pair.alpha == pytest.approx(agent.delta_alpha() / 1800.0, rel=1e-9)
    matrix = f"Target,Liver,mass_g\nLiver,{pair.total()},1800\n"
    dose = parse_s_matrix(matrix, "Ac-225", "Gy/(MBq h)", "s.csv").self_dose("liver", 900.0)
    assert dose.alpha_gy_per_mbq_h == pytest.approx(2.0 * agent.delta_alpha() / 1800.0, rel=1e-9)


def test_an_s_value_given_twice_and_organs_above_the_body_are_refused() -> None:
    with pytest.raises(InputError, match="stands twice"):
        parse_s_list("target,source,s\na,b,1e-5\nA,b,2e-5", "Lu-177", "mGy/(MBq s)", "x")
    small = MATRIX.replace("3.6e-7,422", "1.6e-7,422")
    with pytest.raises(InputError, match="more from the named organs"):
        with_remainder(parse_s_matrix(small, "Lu-177", "mGy/(MBq s)", "x"), ["Kidneys", "liver"])


@pytest.mark.parametrize(
    "text,what",
    [
        ("", "empty"),
        ("Target,a\nliver,x\n", "line 2"),
        ("Target,a\nliver,-1\n", "line 2"),
        ("t,a\n", "no S values"),
        ("Target,a,mass_g\na,1e-5,0\n", "not above zero"),
    ],
)
def test_bad_tables_are_refused(text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        parse_s_matrix(text, "Lu-177", "mGy/(MBq s)", "x.csv")


def test_bladder_is_the_integral_of_filling_and_voiding() -> None:
    half_life, phases, voiding = 1.13, ((0.3, 2.0), (0.1, 20.0)), 1.5
    step = 1e-4
    contents, total = np.zeros(2), 0.0
    body = np.array([100.0 * f for f, _ in phases])
    bio, physical = np.array([LN2 / t for _, t in phases]), LN2 / half_life
    for i in range(1, int(18.0 / step)):
        flow = body * bio * step
        body = (body - flow) * math.exp(-physical * step)
        contents = (contents + flow) * math.exp(-physical * step)
        total += contents.sum() * step
        if i % round(voiding / step) == 0:
            contents[:] = 0.0
    assert bladder_tia_mbq_h(100.0, phases, half_life, voiding) == pytest.approx(total, rel=1e-3)
    with pytest.raises(InputError, match="more"):
        bladder_tia_mbq_h(100.0, ((0.7, 1.0), (0.7, 2.0)), 1.0, 1.0)


def test_effective_dose_of_an_even_dose_is_that_dose() -> None:
    names = [names[0] for _, names in WEIGHTS] + [names[0] for names in REMAINDER_TISSUES]
    even, missing = effective_dose_msv(dict.fromkeys(names, 2.0))
    assert even == pytest.approx(2.0) and missing == ()
    kidneys, _ = effective_dose_msv(dict.fromkeys(names, 0.0) | {"Kidneys": 13.0})
    assert kidneys == pytest.approx(0.12)
    nothing, missing = effective_dose_msv({"kidneys": 1.0})
    assert nothing is None and "red marrow" in missing


def test_effective_dose_of_ga68_psma_stands_near_the_label() -> None:
    """The label's 0.0166 mSv/MBq has the weights of ICRP 60, which count the kidneys for more."""
    text = shared("public", "dosimetry", "reference_ranges.csv").read_text("utf-8")
    doses = {
        row["organ_or_item"]: float(row["value"])
        for row in csv.DictReader(text.splitlines())
        if row["quantity"] == "absorbed_dose_per_activity" and row["agent"].startswith("68Ga-gozetotide")
    }
    value, missing = effective_dose_msv(doses | {"Oesophagus": doses["Thymus"]})
    assert value is not None and 0.8 * 0.0166 < value < 0.0166
    assert "prostate" in missing


def test_command_line_gives_organs_and_remainder(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    table, s_file = tmp_path / "tia.csv", tmp_path / "s.csv"
    table.write_text("region,tia_mbq_h,mass_g\nKidneys,900,300\nTotal Body,9000,\n", "utf-8")
    s_file.write_text(MATRIX, "utf-8")
    words = ["organs", str(table), "--nuclide", "Lu-177", "--administered-mbq", "7400", "--json"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--s-values", str(s_file)])
    assert ended.value.code == 0
    result = json.loads(capsys.readouterr().out)
    kidneys = result["targets"][0]
    assert set(kidneys["cross_gy"]) == {"remainder"} and 0.25 < kidneys["dose_gy"] < 0.30
    assert result["effective_msv"] is None and "colon" in result["reason"]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2 and "total body" in capsys.readouterr().err
