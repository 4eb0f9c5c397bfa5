from __future__ import annotations

import pytest

from galu.vocabulary.regions import place, region_name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Kidneys", "kidneys"), ("KIDNEY", "kidneys"), ("renal", "kidneys"), ("Nieren", "kidneys"),
        ("reins", "kidneys"), ("双肾", "kidneys"), ("left and right kidneys", "kidneys"),
        ("both kidneys", "kidneys"), ("kidney_L", "left kidney"), ("Kidney (right)", "right kidney"),
        ("Lt. kidney", "left kidney"), ("Niere links", "left kidney"), ("rein droit", "right kidney"),
        ("左肾", "left kidney"), ("solitary kidney", "single kidney"), ("bone marrow", "red marrow"),
        ("Red (active) marrow", "red marrow"), ("Knochenmark", "red marrow"), ("RM", "red marrow"),
        ("Parotid", "parotid glands"), ("parotid L", "left parotid gland"), ("Esophagus", "oesophagus"),
        ("whole-body", "total body"), ("Submaxillary glands", "submandibular glands"), ("Milz", "spleen"),
        ("Urinary bladder wall", "bladder wall"), ("lung", "lungs"), ("hepatic", "liver"),
    ],
)  # fmt: skip
def test_a_region_is_known_as_people_write_it(written: str, meant: str) -> None:
    assert region_name(written) == meant


@pytest.mark.parametrize(
    "written",
    ["lesion A", "lesion left kidney", "left liver lobe", "stomach", "target", "", "kidney 1", "左"],
)
def test_what_is_no_organ_stays_as_it_was_written(written: str) -> None:
    assert place(written) is None and region_name(written) == written.lower()


def test_one_side_is_half_the_parts() -> None:
    kidneys, left = place("kidneys"), place("left kidney")
    assert kidneys is not None and left is not None
    assert (kidneys.parts(), left.parts()) == (2, 1)
    salivary = place("Speicheldrüsen")
    assert salivary is not None and salivary.parts() == 6
