from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from galu.cli.main import main
from galu.transport import self_dose_s_gy_per_bq_s


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(list(words))
    out = capsys.readouterr()
    return int(stop.value.code or 0), out.out, out.err


def test_spheres_of_several_masses(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "sphere", "Lu-177", "--mass-g", "0.5,10", "--json")
    rows = json.loads(out)["rows"]
    assert code == 0
    assert [row["mass_g"] for row in rows] == [0.5, 10.0]
    assert rows[1]["density_g_ml"] == 1.04
    assert rows[1]["s_gy_per_bq_s"] == self_dose_s_gy_per_bq_s("Lu-177", 10.0)
    assert 0.0 < rows[1]["statistical_error"] < 0.002


def test_progeny_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = _run(capsys, "sphere", "Ac-225", "--mass-g", "1")
    assert "Bi-213" in out
    assert "stay with the parent" in out


def test_kernel_holds_its_certificate(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "lu.npz"
    code, out, _ = _run(
        capsys, "kernel", "Lu-177", "--voxel-mm", "2,2,3", "--radius-mm", "20", "-o", str(path)
    )
    assert code == 0
    assert "keV emitted" in out
    with np.load(path) as file:
        assert file["s_gy_per_bq_s"].shape == (21, 21, 15)
        assert bool(file["certificate_holds"])
        total = file["deposited_kev_per_decay"] + file["escaped_kev_per_decay"]
        assert float(total) == pytest.approx(float(file["emitted_kev_per_decay"]), rel=5e-3)
        deposited = file["s_gy_per_bq_s"].sum() * 12.0 * 1.04e-6 / 1.602176634e-16
        assert float(deposited) == pytest.approx(float(file["deposited_kev_per_decay"]), rel=1e-9)


@pytest.mark.parametrize(
    "words",
    [
        ("sphere", "Xx-9", "--mass-g", "1"),
        ("sphere", "Lu-177", "--mass-g", "0"),
        ("sphere", "Lu-177", "--mass-g", "1,two"),
        ("sphere", "Lu-177", "--mass-g", "1", "--density-g-ml", "-1"),
        ("kernel", "Lu-177", "--voxel-mm", "4,4", "-o", "{out}.npz"),
        ("kernel", "Lu-177", "--voxel-mm", "4,4,4000", "-o", "{out}.npz"),
        ("kernel", "Lu-177", "--voxel-mm", "0.1,0.1,0.1", "-o", "{out}.npz"),
        ("kernel", "Lu-177", "--voxel-mm", "4,4,4", "-o", "{out}.txt"),
        ("kernel", "Lu-177", "--voxel-mm", "4,4,4", "-o", "{out}/no/where.npz"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    code, out, err = _run(capsys, *(word.replace("{out}", str(tmp_path / "k")) for word in words))
    assert code == 2
    assert out == ""
    assert err.startswith("galu: ")
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())
