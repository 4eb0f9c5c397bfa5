"""Extract photon cross sections of the body's elements into src/galu/transport/photon.json.

python3 -m venv /tmp/x && /tmp/x/bin/pip install xraylib numpy
/tmp/x/bin/python tools/extract_photon_cross_sections.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import xraylib as xr

ELEMENTS = (1, 6, 7, 8, 11, 12, 15, 16, 17, 19, 20)
SOURCE = (
    "xraylib 4 (BSD; T. Schoonjans et al., Spectrochim. Acta B 2011;66:776): photoelectric and "
    "incoherent mass cross sections [cm2/g], 1 to 800 keV, and atomic weights"
)


def main() -> None:
    """Write the file."""
    energy = [float(f"{e:.6g}") for e in np.geomspace(1.0, 800.0, 120)]
    elements = {
        str(z): {
            "weight": float(f"{xr.AtomicWeight(z):.6g}"),
            "photoelectric": [float(f"{xr.CS_Photo(z, e):.5g}") for e in energy],
            "incoherent": [float(f"{xr.CS_Compt(z, e):.5g}") for e in energy],
        }
        for z in ELEMENTS
    }
    out = Path(__file__).parent.parent / "src" / "galu" / "transport" / "photon.json"
    rows = ",\n".join(f' "{z}": {json.dumps(row)}' for z, row in elements.items())
    head = f'{{"source": {json.dumps(SOURCE)},\n"energy_kev": {json.dumps(energy)},\n'
    out.write_text(f'{head}"elements": {{\n{rows}\n}}}}\n', "utf-8")


if __name__ == "__main__":
    main()
