"""Extract photon cross sections of the body's elements into src/galu/transport/photon.json.

python3 -m venv /tmp/x && /tmp/x/bin/pip install xraylib numpy
/tmp/x/bin/python tools/extract_photon_cross_sections.py
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xraylib as xr

#: Abridged standard atomic weights (IUPAC 2021). xraylib rounds them (1.01 for hydrogen), which would leave
#: tissue 0.04 % short of electrons, so its mass cross sections are put on these.
WEIGHTS = {
    1: 1.008, 6: 12.011, 7: 14.007, 8: 15.999, 11: 22.990, 12: 24.305, 15: 30.974, 16: 32.06, 17: 35.45,
    19: 39.098, 20: 40.078,
}  # fmt: skip
SOURCE = (
    "xraylib 4 (BSD; T. Schoonjans et al., Spectrochim. Acta B 2011;66:776): photoelectric and "
    "incoherent mass cross sections [cm2/g], 1 to 800 keV; atomic weights of IUPAC 2021"
)


def _mass_coefficients(
    cross_section: Callable[[int, float], float], z: int, energy: list[float]
) -> list[float]:
    scale = xr.AtomicWeight(z) / WEIGHTS[z]
    return [float(f"{scale * cross_section(z, e):.5g}") for e in energy]


def main() -> None:
    """Write the file."""
    energy = [float(f"{e:.6g}") for e in np.geomspace(1.0, 800.0, 120)]
    elements = {
        str(z): {
            "weight": weight,
            "photoelectric": _mass_coefficients(xr.CS_Photo, z, energy),
            "incoherent": _mass_coefficients(xr.CS_Compt, z, energy),
        }
        for z, weight in WEIGHTS.items()
    }
    out = Path(__file__).parent.parent / "src" / "galu" / "transport" / "photon.json"
    rows = ",\n".join(f' "{z}": {json.dumps(row)}' for z, row in elements.items())
    head = f'{{"source": {json.dumps(SOURCE)},\n"energy_kev": {json.dumps(energy)},\n'
    out.write_text(f'{head}"elements": {{\n{rows}\n}}}}\n', "utf-8")


if __name__ == "__main__":
    main()
